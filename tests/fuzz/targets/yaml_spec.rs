//! Any bytes as a specification.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use overcoat::code::Coded;
use overcoat::spec::{Parsed, Place, SpecError, SpecFile, SpecFileError, Specification, parse};

fuzz_target!(|bytes: &[u8]| {
    let lines = bytes.split(|byte| *byte == b'\n').count();
    let file = match SpecFile::from_bytes("spec.yaml".to_owned(), Path::new("/specs"), bytes.to_vec()) {
        Ok(file) => file,
        Err(SpecFileError::Encoding { line, .. }) => {
            assert!((1..=lines).contains(&line) && std::str::from_utf8(bytes).is_err());
            return;
        }
        Err(error) => panic!("{error}"),
    };
    let parsed = parse(&file);
    assert_eq!(parse(&file), parsed, "the same text says the same");
    match parsed {
        Ok(parsed) => check_parsed(&parsed, &file),
        Err(errors) => check_errors(&errors, &file),
    }
});

/// Something is said, in the order of the file, and it can be shown.
fn check_errors(errors: &[SpecError], file: &SpecFile) {
    assert!(!errors.is_empty() && errors.is_sorted_by_key(|error| (error.place.line, error.place.column)));
    for error in errors {
        check_place(error.place, file);
        let (message, shown) = (error.to_string(), error.snippet(file));
        assert!(!message.is_empty() && message.len() < 4096, "{message}");
        check_shown(&message, &shown);
        check_shown(&error.hint().unwrap_or_default(), &shown);
        assert!(error.code().as_str().starts_with("E_"));
    }
}

fn check_parsed(parsed: &Parsed, file: &SpecFile) {
    for note in &parsed.notes {
        check_place(note.place, file);
        check_shown(&note.to_string(), &note.snippet(file));
    }
    let (name, targets) = match &parsed.specification {
        Specification::Image(image) => {
            assert!(!image.platforms.is_empty());
            let places = image.platforms.values().chain(image.files.iter().map(|file| &file.path.place));
            places.for_each(|place| check_place(*place, file));
            for artifact in &image.artifacts {
                assert!(!artifact.includes.is_empty());
            }
            (&image.name, &image.targets)
        }
        Specification::Chart(chart) => {
            assert!(!chart.mappings.is_empty());
            (&chart.name, &chart.targets)
        }
    };
    assert!(!name.value.is_empty() && !targets.is_empty());
    check_place(name.place, file);
}

/// A place is on a line of the file, or right behind its end.
fn check_place(place: Place, file: &SpecFile) {
    let text = file.text.strip_prefix('\u{feff}').unwrap_or(&file.text);
    let text = text.replace("\r\n", "\n");
    let lines: Vec<&str> = text.split(['\n', '\r']).collect();
    assert!(place.line >= 1 && place.column >= 1 && place.length >= 1, "{place:?}");
    let line =
        lines.get(place.line as usize - 1).unwrap_or_else(|| panic!("{place:?} of {} lines", lines.len()));
    assert!(place.column as usize <= line.chars().count() + 1, "{place:?} on {line:?}");
}

/// A text for people is one line that does no harm to a terminal, as is every line that shows its place.
fn check_shown(text: &str, snippet: &str) {
    let is_harmless = |text: &str| !text.chars().any(char::is_control);
    assert!(is_harmless(text), "{text:?}");
    assert!(snippet.lines().all(is_harmless), "{snippet:?}");
}
