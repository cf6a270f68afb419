//! `overcoat validate`

use super::args::Validate;
use super::failure::{Diagnostic, Failure};
use crate::ops::validate::{Severity, validate};

pub(super) fn run(args: &Validate) -> Result<(), Failure> {
    let mut failure = Failure::default();
    let mut notes = Vec::new();
    for path in &args.files {
        let file = match super::build::read(path) {
            Ok(file) => file,
            Err(error) => {
                failure.extend(error);
                continue;
            }
        };
        for finding in validate(&file, args.hosted) {
            let diagnostic = Diagnostic::of_finding(&file, &finding);
            match finding.severity {
                Severity::Error => failure.add(diagnostic),
                Severity::Note | Severity::Warning => notes.push(diagnostic),
            }
        }
    }
    if failure.is_empty() {
        super::print(&Diagnostic::list(&notes, args.json))?;
        if !args.json {
            super::print(&match args.files.len() {
                1 => "1 customization is valid\n".to_owned(),
                n => format!("{n} customizations are valid\n"),
            })?;
        }
        return Ok(());
    }
    failure.extend_notes(notes);
    Err(failure)
}
