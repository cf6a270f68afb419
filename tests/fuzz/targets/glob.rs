//! Any lines as includes, excludes and paths: the first empty line ends the includes, the second the excludes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use overcoat::rootfs::{Pattern, PatternError, RootPath, Selection};
use overcoat_fuzz::pattern::{is_well_formed, matches};

fuzz_target!(|data: &[u8]| {
    let mut lines = data.split(|byte| *byte == b'\n');
    let mut patterns = || -> Vec<Pattern> {
        let texts = lines.by_ref().take_while(|line| !line.is_empty());
        texts.filter_map(|text| std::str::from_utf8(text).ok()).filter_map(checked).collect()
    };
    let selection = Selection::new(patterns(), patterns());
    let paths: Vec<RootPath> = lines.filter_map(|line| RootPath::parse(line).ok()).collect();
    // Once more from the end, so that a cursor goes up and down.
    let mut cursor = selection.cursor();
    for path in paths.iter().chain(paths.iter().rev()) {
        let places = |patterns: &[Pattern]| -> Vec<usize> {
            (0..patterns.len()).filter(|place| takes(&patterns[*place], path)).collect()
        };
        let includes = places(selection.includes());
        let is_taken = !includes.is_empty() && places(selection.excludes()).is_empty();
        assert_eq!(cursor.takes(path), is_taken, "{path}");
        let mut found = cursor.included_by(path).to_vec();
        found.sort_unstable();
        assert_eq!((found, selection.included_by(path)), (includes.clone(), includes), "{path}");
        assert_eq!(selection.takes(path), is_taken, "{path}");
    }
});

/// A pattern, unless both refuse it.
fn checked(text: &str) -> Option<Pattern> {
    let pattern = Pattern::parse(text);
    let slow = cleaned(text).filter(|cleaned| is_well_formed(&cleaned.chars().collect::<Vec<_>>()));
    match (pattern, slow) {
        (Ok(pattern), Some(_)) => {
            assert_eq!(pattern.as_str(), text);
            Some(pattern)
        }
        (Err(PatternError::TooLong { .. }), _) if text.len() > Pattern::LIMIT => None,
        (Err(_), None) => None,
        (own, slow) => panic!("{text:?} is {own:?}, expected {slow:?}"),
    }
}

/// A pattern without white space around it and with its dots resolved, as Go's `filepath.Clean` has it.
fn cleaned(text: &str) -> Option<String> {
    let mut cleaned: Vec<&str> = Vec::new();
    for component in text.trim().split('/').filter(|component| !matches!(*component, "" | ".")) {
        match component {
            ".." => _ = cleaned.pop()?,
            component => cleaned.push(component),
        }
    }
    let cleaned = cleaned.join("/");
    (!cleaned.is_empty() && !cleaned.starts_with('!')).then_some(cleaned)
}

/// Whether a pattern matches a path or a directory above it, which is checked for each of them.
fn takes(pattern: &Pattern, path: &RootPath) -> bool {
    let cleaned = cleaned(pattern.as_str()).expect("it was read");
    let on = |path: &RootPath| {
        let is_matched = !path.is_root() && matches(&cleaned, path.as_bytes());
        assert_eq!(pattern.matches(path), is_matched, "{pattern} on {path}");
        assert!(!is_matched || path.is_in(&pattern.anchor()), "{pattern} on {path}, above its anchor");
        is_matched
    };
    let above = path.ancestors().filter(on).count();
    above > 0 || on(path)
}
