//! Specifications as files: what is right is read, and what is wrong is said as it stands in the file beside it.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use overcoat::spec::{DefinitionId, SpecFile, Specification, parse};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The specifications of a directory of fixtures, each under its file name.
pub(crate) fn fixtures(kind: &str) -> Vec<SpecFile> {
    yaml_files(&Path::new(ROOT).join("fixtures/spec").join(kind))
}

fn yaml_files(dir: &Path) -> Vec<SpecFile> {
    let mut paths: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    assert!(!paths.is_empty(), "{}", dir.display());
    paths
        .iter()
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            SpecFile { name, ..SpecFile::open(path).unwrap() }
        })
        .collect()
}

/// Compares `found` with a file, or writes it there if `UPDATE_FIXTURES` is set.
fn check_beside(file: &SpecFile, found: &str) {
    let path = file.dir.join(&file.name).with_extension("stderr");
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        match found {
            "" if path.exists() => fs::remove_file(&path).unwrap(),
            "" => {}
            found => fs::write(&path, found).unwrap(),
        }
    }
    let expected = if path.exists() { fs::read_to_string(&path).unwrap() } else { String::new() };
    assert_eq!(found, expected, "{}; UPDATE_FIXTURES=1 rewrites it", path.display());
}

#[test]
fn valid_files_are_read_with_the_notes_beside_them() {
    for file in fixtures("valid") {
        let parsed = parse(&file).unwrap_or_else(|errors| panic!("{}: {errors:#?}", file.name));
        let notes: Vec<_> = parsed.notes.iter().map(|note| note.snippet(&file)).collect();
        check_beside(&file, &notes.join("\n"));
    }
}

#[test]
fn invalid_files_are_refused_with_the_words_beside_them() {
    for file in fixtures("invalid") {
        let errors = parse(&file).map(|parsed| parsed.specification).expect_err(&file.name);
        let shown: Vec<_> = errors.iter().map(|error| error.snippet(&file)).collect();
        assert!(shown.iter().flat_map(|text| text.chars()).all(|c| c == '\n' || !c.is_control()));
        check_beside(&file, &shown.join("\n"));
    }
}

/// The directory of public example data, where this machine has it.
fn shared() -> Option<PathBuf> {
    let dir = std::env::var_os("OVERCOAT_SHARED")
        .map_or_else(|| Path::new(ROOT).join("../shared"), PathBuf::from)
        .join("data/dhi");
    if !dir.exists() {
        eprintln!("skipped: {} is not there", dir.display());
        return None;
    }
    Some(dir)
}

#[test]
fn public_examples_are_read_unchanged() {
    let Some(dir) = shared() else { return };
    let mut charts = 0;
    for mut file in yaml_files(&dir.join("customizations")) {
        let required = [
            ("name:", "name: example\n"),
            ("targets:", "targets: [{destination: acme/app, tag_definition_id: golang/alpine-3.23/1.25}]\n"),
            ("platforms:", "platforms: [linux/amd64]\n"),
        ];
        let is_chart = file.text.contains("\nreference_mappings:");
        for (key, line) in required {
            let is_there = file.text.lines().any(|line| line.starts_with(key));
            if !is_there && !is_chart {
                file.text.insert_str(0, line);
            }
        }
        let parsed = parse(&file).unwrap_or_else(|errors| panic!("{}: {errors:#?}", file.name));
        assert_eq!(parsed.notes, [], "{}", file.name);
        charts += usize::from(matches!(parsed.specification, Specification::Chart(_)));
    }
    assert_eq!(charts, 1);
}

#[test]
fn every_public_definition_id_is_one() {
    let Some(dir) = shared() else { return };
    let ids = fs::read_to_string(dir.join("tag-definition-ids.txt")).unwrap();
    let mut count = 0;
    for id in ids.lines() {
        assert_eq!(id.parse::<DefinitionId>().unwrap().to_string(), id);
        count += 1;
    }
    assert!(count > 2_000);
}

/// One change of a text: a stretch of it replaced by something that means something in YAML.
fn change() -> impl Strategy<Value = (prop::sample::Index, usize, String)> {
    let pieces = prop::sample::select(vec![
        "", "\n", "  ", "- ", ": ", "{", "}", "[", "]", "\"", "'", "!", "&a ", "*a", "#", "|", ">", "~",
        "..", "/", "0", "-1", "1.5", "true", "\t", "\u{1b}", "\u{202e}", "é", "日", "?", ",", "<<: ",
        "---\n", "%", "\\", "\0",
    ]);
    (
        any::<prop::sample::Index>(),
        0_usize..12,
        prop::collection::vec(pieces, 0..4).prop_map(|list| list.concat()),
    )
}

proptest! {
    #[test]
    fn no_text_is_refused_without_a_reason(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec(change(), 1..6),
    ) {
        let mut file = which.get(&fixtures("valid")).clone();
        for (at, length, piece) in changes {
            let mut chars: Vec<char> = file.text.chars().collect();
            let start = at.index(chars.len() + 1);
            let end = (start + length).min(chars.len());
            chars.splice(start..end, piece.chars());
            file.text = chars.into_iter().collect();
        }
        if let Err(errors) = parse(&file) {
            prop_assert!(!errors.is_empty());
            for error in errors {
                prop_assert!(error.place.line >= 1 && error.place.column >= 1 && error.place.length >= 1);
                let shown = error.snippet(&file);
                prop_assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
            }
        }
    }
}
