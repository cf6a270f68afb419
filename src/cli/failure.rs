//! Why a command did not do what it was asked to, and what the process exits with.

use std::io;

use super::hint;
use super::message::{self, Message};
use crate::code::{Code, Coded, Exit};
use crate::ops::build::BuildError;
use crate::ops::diagnostic::Diagnostic;
use crate::ops::validate::{Severity, validate};
use crate::spec::SpecFile;

/// One or more errors, and what else there is to say.
#[derive(Default)]
pub(super) struct Failure {
    errors: Vec<Message>,
    notes: Vec<Message>,
    /// What the process exits with where people know why.
    told: Option<Exit>,
}

impl Failure {
    /// A failure of one error.
    pub(super) fn of(code: Code, message: &str, hint: Option<&str>) -> Self {
        Self { errors: vec![Message::error(code, message, hint)], ..Self::default() }
    }

    /// A failure that was told already.
    pub(super) fn told(exit: Exit) -> Self {
        Self { told: Some(exit), ..Self::default() }
    }

    /// Standard output cannot be written.
    pub(super) fn output(error: &io::Error) -> Self {
        Self::of(Code::Io, &format!("standard output: {error}"), None)
    }

    /// Everything that is wrong with a specification that cannot be read.
    pub(super) fn of_specification(file: &SpecFile) -> Self {
        let mut failure = Self::default();
        failure.add_findings(file, false);
        failure
    }

    /// The failure of a build of `file`.
    pub(super) fn of_build(file: &SpecFile, error: &BuildError) -> Self {
        let errors = match error {
            // Who asked for it needs not know what was being read just then.
            error if error.code() == Code::Interrupted => {
                vec![Message::error(Code::Interrupted, "stopped by SIGINT", None)]
            }
            error if error.code() == Code::Terminated => {
                vec![Message::error(Code::Terminated, "stopped by SIGTERM", None)]
            }
            BuildError::Plan(errors) => errors
                .iter()
                .map(|one| {
                    let hint = hint::of_problem(&one.problem);
                    Message::error(one.code(), &one.to_string(), hint.as_deref()).at(file, one.place)
                })
                .collect(),
            error => {
                let place = match error {
                    BuildError::Assemble(error) => error.place,
                    BuildError::Privileged { place, .. } => *place,
                    _ => None,
                };
                let hint = hint::of_build(error);
                vec![Message::error(error.code(), &error.to_string(), hint.as_deref()).at(file, place)]
            }
        };
        Self { errors, ..Self::default() }
    }

    /// Adds what there is to say of a specification.
    pub(super) fn add_findings(&mut self, file: &SpecFile, hosted: bool) {
        for finding in validate(file, hosted) {
            let message = Message::of_finding(file, &finding);
            match finding.severity {
                Severity::Error => self.errors.push(message),
                Severity::Note | Severity::Warning => self.notes.push(message),
            }
        }
    }

    /// Adds the errors of another.
    pub(super) fn extend(&mut self, other: Self) {
        self.errors.extend(other.errors);
        self.notes.extend(other.notes);
    }

    /// What machines are told of it.
    pub(super) fn diagnostics(&self) -> Vec<Diagnostic> {
        self.notes.iter().chain(&self.errors).map(Message::diagnostic).collect()
    }

    /// Whether it is none: notes do not count.
    pub(super) fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// The notes, where there are no errors.
    pub(super) fn notes(&self) -> &[Message] {
        &self.notes
    }

    /// What the process exits with: the first error decides.
    pub(super) fn exit(&self) -> Exit {
        self.told.unwrap_or_else(|| self.errors.first().map_or(Exit::Usage, Message::exit))
    }

    /// All messages for people, notes first.
    pub(super) fn text(&self) -> String {
        self.notes.iter().chain(&self.errors).map(Message::text).collect()
    }

    /// Prints it: for machines to standard output, for people to standard error.
    pub(super) fn print(&self, json: bool) {
        if self.told.is_some() {
            return;
        }
        if json {
            let all: Vec<Message> = self.notes.iter().chain(&self.errors).cloned().collect();
            // The failure itself counts, whether it can be printed or not.
            let _ = super::print(&message::document(&all));
        } else {
            super::tell(&self.text());
        }
    }
}
