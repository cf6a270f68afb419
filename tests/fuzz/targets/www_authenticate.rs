//! Any text as what a registry wants to see.

#![no_main]

use libfuzzer_sys::fuzz_target;
use overcoat::registry::Challenge;
use overcoat_fuzz::challenge::{Slow, challenges};

fuzz_target!(|text: &str| {
    let found = Challenge::parse(text);
    for challenge in &found {
        assert!(!challenge.scheme.is_empty() && challenge.scheme == challenge.scheme.to_ascii_lowercase());
        assert!(
            challenge.parameters.keys().all(|name| !name.is_empty() && *name == name.to_ascii_lowercase())
        );
    }
    let printed: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(Challenge::parse(&printed.join(", ")), found, "what is printed is parsed");
    // What the grammar allows is read as the grammar says, to the last challenge.
    if let Some(slow) = challenges(text) {
        let own: Vec<Slow> = found.into_iter().map(|one| (one.scheme, one.parameters)).collect();
        assert_eq!(own, slow);
    }
});
