//! Patterns against BuildKit's own matcher, which `tests/oracles/patterns` asks.
//!
//! `OVERCOAT_CASES` is how many patterns are tried; 256 by default.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use overcoat::rootfs::{Pattern, PatternError, RootPath, Selection};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

/// A pattern and paths to try it on.
#[derive(Debug)]
struct Case {
    pattern: String,
    paths: Vec<String>,
}

#[test]
fn buildkit_takes_the_same_paths_and_refuses_the_same_patterns() {
    let cases = cases();
    let Some(answers) = ask_buildkit(&cases) else { return };
    assert_eq!(answers.len(), cases.len());
    let (mut taken, mut left, mut refused) = (0, 0, 0);
    for (case, answer) in cases.iter().zip(&answers) {
        let own = match Pattern::parse(&case.pattern) {
            Ok(pattern) => Selection::new(vec![pattern], Vec::new()),
            Err(PatternError::Malformed(_)) => {
                assert!(answer.get("refused").is_some(), "`{}` is refused, yet {answer}", case.pattern);
                refused += 1;
                continue;
            }
            // The root, what leaves it and negation: BuildKit takes them, and then they select nothing.
            Err(_) => continue,
        };
        let takes = answer.get("takes").unwrap_or_else(|| panic!("`{}`: {answer}", case.pattern));
        for (path, expected) in case.paths.iter().zip(takes.as_array().unwrap()) {
            let found = own.takes(&RootPath::parse(path).unwrap());
            assert_eq!(Value::Bool(found), *expected, "`{}` and {path}", case.pattern);
            *(if found { &mut taken } else { &mut left }) += 1;
        }
    }
    eprintln!("{taken} paths taken, {left} left, {refused} patterns refused");
    assert!(taken > 100 && left > 100 && refused > 10, "{taken} {left} {refused}");
}

fn cases() -> Vec<Case> {
    let count = std::env::var("OVERCOAT_CASES").map_or(256, |count| count.parse().unwrap());
    let any = r"[ab*?\[\]\\^!{}./-]{1,10}";
    let pieces = prop::sample::select(PIECES).prop_map(str::to_owned);
    let built = prop::collection::vec(pieces, 1..8).prop_map(|pieces| pieces.concat());
    let paths = prop::collection::vec(r"[ab.*?^{}|é\[\]\\!+-]{1,2}(/[ab]{1,2}){0,3}", 6);
    let strategy = (prop_oneof![1 => any, 3 => built], paths);
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).map(case).collect()
}

const PIECES: &[&str] = &[
    "a", "b", "ab", "/", "/", "*", "?", "**", "**/", "/**", "[ab]", "[^a]", "[a-b]", "[é-ü]", "[*]", "[^/]",
    "[^^]", r"[\]-a]", r"\*", r"\a", r"\d", r"\é", "{", "}", "{2}", "|", "^", "$", ".", "+", "(", ")", "é",
    "-", "]", "a b",
];

fn case((pattern, mut paths): (String, Vec<String>)) -> Case {
    // Random paths seldom meet a pattern, so some are made from it.
    for (stars, star, one) in [("", "", "a"), ("a/b/", "b", "é"), ("/ab", "ab", "/")] {
        let path = pattern.replace("**/", stars).replace("**", stars).replace('*', star).replace('?', one);
        paths.push(
            path.replace("[ab]", "a")
                .replace("[^a]", "b")
                .replace("[a-b]", "b")
                .replace(['[', ']', '\\'], ""),
        );
        paths.push(path);
    }
    let tidy = |path: &String| {
        let clean = RootPath::parse(path).ok().filter(|path| !path.is_root())?;
        String::from_utf8(clean.as_bytes().to_vec()).ok()
    };
    Case { paths: paths.iter().filter_map(tidy).collect(), pattern }
}

/// The answers of BuildKit's matcher, or nothing where it is not to be had.
fn ask_buildkit(cases: &[Case]) -> Option<Vec<Value>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/patterns");
    let go = |arguments: &[&str]| {
        let mut command = Command::new("go");
        command.args(arguments).current_dir(&directory).stdin(Stdio::piped()).stdout(Stdio::piped());
        command
    };
    if !go(&["mod", "download"]).output().is_ok_and(|output| output.status.success()) {
        eprintln!("not tested: Go or the module github.com/moby/patternmatcher is missing");
        return None;
    }
    let questions: String = cases.iter().map(|case| question(case).to_string() + "\n").collect();
    let output = run(go(&["run", "."]), questions);
    assert!(output.status.success(), "{output:?}");
    let answers = serde_json::Deserializer::from_slice(&output.stdout).into_iter();
    Some(answers.map(Result::unwrap).collect())
}

fn run(mut command: Command, input: String) -> Output {
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn question(case: &Case) -> Value {
    let pattern = match Pattern::parse(&case.pattern) {
        Ok(_) => respell(&case.pattern),
        Err(_) => case.pattern.clone(),
    };
    json!({"pattern": pattern, "paths": case.paths})
}

/// The same pattern with nothing in it that would slip into BuildKit's regular expression as syntax of that.
///
/// BuildKit writes characters of a pattern into an expression, and forgets to escape some: `a{2}*` takes `aa`, `\d` a digit,
/// and `[*]` no star. Those mean themselves to us, for which BuildKit wants another spelling.
fn respell(pattern: &str) -> String {
    let mut cleaned = Vec::new();
    for component in pattern.split('/').filter(|component| !matches!(*component, "" | ".")) {
        match component {
            ".." => cleaned.truncate(cleaned.len() - 1),
            component => cleaned.push(component),
        }
    }
    let pattern = cleaned.join("/");
    // Such patterns are compared as they are, never made an expression.
    let body = pattern.strip_prefix("**").unwrap_or_else(|| pattern.strip_suffix("**").unwrap_or(&pattern));
    if !body.contains(['*', '?', '[', ']', '\\']) {
        return pattern;
    }
    let mut text = String::new();
    let mut rest = pattern.chars().peekable();
    while let Some(char) = rest.next() {
        match char {
            '\\' => {
                let escaped = rest.next().unwrap();
                text += &if is_word(escaped) { format!("[{escaped}]") } else { format!("\\{escaped}") };
            }
            '{' | '}' | '|' | '^' => text.extend(['\\', char]),
            '[' => {
                text.push('[');
                text.extend(rest.next_if_eq(&'^'));
                loop {
                    match rest.next().unwrap() {
                        ']' => break,
                        '-' => text.push('-'),
                        '\\' => push_class_char(&mut text, rest.next().unwrap()),
                        char => push_class_char(&mut text, char),
                    }
                }
                text.push(']');
            }
            char => text.push(char),
        }
    }
    text
}

fn push_class_char(text: &mut String, char: char) {
    if !is_word(char) {
        text.push('\\');
    }
    text.push(char);
}

fn is_word(char: char) -> bool {
    char.is_ascii_alphanumeric() || !char.is_ascii()
}
