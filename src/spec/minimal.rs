//! The least specification there is, for tests that are about something else.

use super::{Customization, Parsed, SpecFile, Specification, parse};
use crate::code::{Code, Coded};

const REQUIRED: &str = "\
name: golang with git
targets: [{destination: acme/golang, tag_definition_id: golang/alpine-3.23/1.25}]
platforms: [linux/amd64, linux/arm64]
";

/// The least specification, with further keys.
pub(super) fn file(more: &str) -> SpecFile {
    of(&format!("{REQUIRED}{more}"))
}

/// A specification of this text.
pub(super) fn of(text: &str) -> SpecFile {
    SpecFile { name: "x.yaml".to_owned(), dir: "/specs".into(), text: text.to_owned() }
}

/// What the least specification says with further keys.
pub(super) fn parsed(more: &str) -> Parsed {
    parse(&file(more)).unwrap_or_else(|errors| panic!("{more}: {errors:#?}"))
}

/// The image customization of the least specification with further keys.
pub(super) fn image(more: &str) -> Customization {
    match parsed(more).specification {
        Specification::Image(customization) => customization,
        Specification::Chart(chart) => panic!("{chart:#?}"),
    }
}

/// What is wrong with the least specification once it has further keys.
pub(super) fn errors(more: &str) -> Vec<String> {
    let errors = parse(&file(more)).expect_err(more);
    errors.iter().map(ToString::to_string).collect()
}

/// The codes of what is wrong with the least specification once it has further keys.
pub(super) fn codes(more: &str) -> Vec<Code> {
    parse(&file(more)).expect_err(more).iter().map(Coded::code).collect()
}
