//! Validating: a specification to everything wrong with it.

use crate::code::{Code, Coded};
use crate::spec::{self, Place, SpecFile, hosted};

pub use crate::spec::Severity;

/// Something that a specification says, and what to think of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// Its code, for an error.
    pub code: Option<Code>,
    /// Where it stands.
    pub place: Place,
    /// What it is, in one line.
    pub message: String,
    /// How to mend it.
    pub hint: Option<String>,
}

/// Everything there is to say of a specification, in the order of its lines; with `hosted` also what the hosted service
/// would refuse.
pub fn validate(file: &SpecFile, hosted: bool) -> Vec<Finding> {
    let parsed = match spec::parse(file) {
        Ok(parsed) => parsed,
        Err(errors) => {
            let finding = |error: spec::SpecError| Finding {
                severity: Severity::Error,
                code: Some(error.code()),
                place: error.place,
                message: error.to_string(),
                hint: error.hint(),
            };
            return errors.into_iter().map(finding).collect();
        }
    };
    let notes = parsed.notes.iter().map(|note| Finding {
        severity: Severity::Note,
        code: None,
        place: note.place,
        message: note.to_string(),
        hint: None,
    });
    let mut findings: Vec<Finding> = notes.collect();
    if hosted {
        findings.extend(hosted::check(&parsed).into_iter().map(|error| Finding {
            severity: Severity::Error,
            code: Some(error.code()),
            place: error.place,
            message: error.to_string(),
            hint: None,
        }));
    }
    findings.sort_by_key(|finding| finding.place);
    findings
}
