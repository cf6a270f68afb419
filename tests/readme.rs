//! The README shows only files that are there and commands that were run, with what they printed.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::registry::{Behaviour, Options, Registry};

/// How the README calls the registry that its commands push to.
const SHOWN: &str = "localhost:5000";
/// The settings that the README shows.
const SETTINGS: &str = "fixtures/demo/registries.toml";

/// A fenced block: the word behind the fence, and its lines.
struct Block {
    language: String,
    text: String,
}

#[test]
fn every_command_in_the_readme_prints_what_stands_below_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let mut shown = 0;
    let mut mended = readme.clone();
    let registry = Registry::with(Options { behaviour: Behaviour::docker_registry(), ..Options::default() });
    for block in blocks(&readme).into_iter().filter(|block| block.language == "console") {
        let Some((command, expected)) = block.text.split_once('\n') else { continue };
        let words: Vec<&str> = command.trim_start_matches("$ ").split_whitespace().collect();
        let arguments = match words.as_slice() {
            ["cargo", "run", "--release", "--", rest @ ..] | ["overcoat", rest @ ..] => rest,
            _ => continue,
        };
        shown += 1;
        let printed = run(root, arguments, &registry.host());
        mended = mended.replace(&block.text, &format!("{command}\n{printed}"));
        if std::env::var_os("UPDATE_README").is_none() {
            assert_eq!(
                printed, expected,
                "`{command}` prints something else; UPDATE_README=1 mends the README"
            );
        }
    }
    assert!(shown >= 3, "the README shows how it is used");
    if mended != readme {
        fs::write(root.join("README.md"), mended).unwrap();
    }
}

#[test]
fn every_customization_in_the_readme_is_a_fixture() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let fixtures: Vec<String> =
        ["hello.yaml", "broken.yaml", "demo.yaml", "mapped.yaml", "packages.yaml", "registries.toml"]
            .map(|name| fs::read_to_string(root.join("fixtures/demo").join(name)).unwrap())
            .into();
    let shown: Vec<Block> = blocks(&readme)
        .into_iter()
        .filter(|block| matches!(block.language.as_str(), "yaml" | "toml"))
        .collect();
    assert!(!shown.is_empty());
    for block in shown {
        assert!(fixtures.contains(&block.text), "no fixture has this text:\n{}", block.text);
    }
}

/// What a command prints to standard output and standard error; what it writes to goes before and after, the store of a
/// build only before.
///
/// `localhost:5000` is the registry `host`.
fn run(root: &Path, arguments: &[&str], host: &str) -> String {
    let settings = root.join("target/readme-registries.toml");
    let text = fs::read_to_string(root.join(SETTINGS)).unwrap().replace(SHOWN, host);
    fs::write(&settings, text).unwrap();
    let there = |argument: &&str| match *argument {
        SETTINGS => settings.to_str().unwrap().to_owned(),
        other => other.replace(SHOWN, host),
    };
    let real: Vec<String> = arguments.iter().map(there).collect();
    let store = arguments.iter().skip_while(|argument| **argument != "--store").nth(1);
    if let (Some(store), Some(&"build")) = (store, arguments.first()) {
        drop(fs::remove_dir_all(root.join(store)));
    }
    let outputs: Vec<&str> = arguments.iter().filter_map(|argument| argument.strip_prefix("oci:")).collect();
    outputs.iter().for_each(|dir| drop(fs::remove_dir_all(root.join(dir))));
    let mut command = Command::new(env!("CARGO_BIN_EXE_overcoat"));
    let output = command.args(real).current_dir(root).env_clear().stdin(Stdio::null()).output().unwrap();
    outputs.iter().for_each(|dir| drop(fs::remove_dir_all(root.join(dir))));
    let printed = String::from_utf8([output.stderr, output.stdout].concat()).unwrap();
    printed.replace(host, SHOWN)
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => {
                open = Some(Block { language: language.to_owned(), text: String::new() })
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => block.text.extend([line, "\n"]),
            (None, None) => {}
        }
    }
    blocks
}
