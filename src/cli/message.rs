//! One message of a command, for people and for machines.

use crate::code::{Code, Exit};
use crate::ops::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::ops::validate::Finding;
use crate::printable::escaped;
use crate::spec::{self, Place, SpecFile};

use super::json;

/// A message.
#[derive(Clone)]
pub(super) struct Message {
    /// What machines are told.
    diagnostic: Diagnostic,
    /// What the process exits with where it is the first error.
    exit: Exit,
    /// The message with its line of the specification.
    snippet: Option<String>,
}

impl Message {
    /// An error.
    pub(super) fn error(code: Code, message: &str, hint: Option<&str>) -> Self {
        let diagnostic = Diagnostic {
            severity: Severity::Error,
            code: Some(code.to_string()),
            message: escaped(message),
            place: None,
            hint: hint.map(escaped),
        };
        Self { diagnostic, exit: code.exit(), snippet: None }
    }

    /// A warning that is about no place.
    pub(super) fn warning(code: &str, message: &str, hint: Option<&str>) -> Self {
        let diagnostic = Diagnostic {
            severity: Severity::Warning,
            code: Some(code.to_owned()),
            message: escaped(message),
            place: None,
            hint: hint.map(escaped),
        };
        Self { diagnostic, exit: Exit::Usage, snippet: None }
    }

    /// What a specification says, and what to think of it.
    pub(super) fn of_finding(file: &SpecFile, finding: &Finding) -> Self {
        let diagnostic = Diagnostic {
            severity: finding.severity.into(),
            code: finding.code.map(|code| code.to_string()),
            message: escaped(&finding.message),
            place: None,
            hint: finding.hint.as_deref().map(escaped),
        };
        let exit = finding.code.map_or(Exit::Usage, Code::exit);
        Self { diagnostic, exit, snippet: None }.at_severity(file, finding.place, finding.severity)
    }

    /// The error as one about a place of a specification.
    pub(super) fn at(self, file: &SpecFile, place: Option<Place>) -> Self {
        match place {
            Some(place) => self.at_severity(file, place, spec::Severity::Error),
            None => self,
        }
    }

    fn at_severity(mut self, file: &SpecFile, place: Place, severity: spec::Severity) -> Self {
        let Diagnostic { code, message, hint, .. } = &self.diagnostic;
        let snippet = spec::snippet(file, place, severity, message, hint.as_deref());
        let head = severity.to_string();
        let rest = snippet.strip_prefix(&head).expect("a snippet begins with its severity");
        self.snippet = Some(format!("{head}{}{rest}", bracketed(code.as_deref())));
        self.diagnostic.place = Some(format!("{}:{}:{}", escaped(&file.name), place.line, place.column));
        self
    }

    /// What machines are told.
    pub(super) fn diagnostic(&self) -> Diagnostic {
        self.diagnostic.clone()
    }

    /// What the process exits with.
    pub(super) fn exit(&self) -> Exit {
        self.exit
    }

    /// The message for people, in whole lines.
    pub(super) fn text(&self) -> String {
        if let Some(snippet) = &self.snippet {
            return snippet.clone();
        }
        let Diagnostic { severity, code, message, hint, .. } = &self.diagnostic;
        let head = match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let mut text = format!("{head}{}: {message}\n", bracketed(code.as_deref()));
        if let Some(hint) = hint {
            text.push_str(&format!("hint: {hint}\n"));
        }
        text
    }
}

/// Messages as a document for machines.
pub(super) fn document(messages: &[Message]) -> String {
    let diagnostics = messages.iter().map(|message| message.diagnostic.clone()).collect();
    json::document(&Diagnostics::of(diagnostics))
}

fn bracketed(code: Option<&str>) -> String {
    code.map(|code| format!("[{code}]")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_whatever_it_quotes() {
        let message = Message::error(Code::TarPath, "entry `\u{1b}[2J\n`", Some("exclude `\u{202e}`"));
        assert_eq!(message.text(), "error[E_TAR_PATH]: entry `\\u{1b}[2J\\n`\nhint: exclude `\\u{202e}`\n");
        assert_eq!(message.exit(), Exit::Input);
    }

    #[test]
    fn a_message_about_a_place_shows_its_line_and_code() {
        let file =
            SpecFile::from_bytes("a\u{7}.yaml".to_owned(), "".as_ref(), b"name: x\n".to_vec()).unwrap();
        let place = Place { line: 1, column: 7, length: 1 };
        let message = Message::error(Code::SpecValue, "error: not x", None).at(&file, Some(place));
        let text =
            "error[E_SPEC_VALUE]: error: not x\n --> a\\u{7}.yaml:1:7\n  |\n1 | name: x\n  |       ^\n";
        assert_eq!(message.text(), text);
        assert!(document(&[message]).contains(r#""where": "a\\u{7}.yaml:1:7""#));
    }
}
