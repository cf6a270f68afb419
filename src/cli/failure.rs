//! Every error of the library to a code, words, a hint and an exit code.

use std::io::{self, Write};

use serde::Serialize;

use crate::assemble::{AccountsError, Fault};
use crate::code::{Code, Coded, Exit};
use crate::contents::{ArtifactError, Conflict, StateError};
use crate::nearest::nearest;
use crate::ops::build::BuildError;
use crate::ops::validate::Finding;
use crate::plan::{PlanError, Problem};
use crate::printable::escaped;
use crate::rootfs::AccountError;
use crate::spec::{self, Place, Severity, SpecFile};
use crate::store::WriteError;

/// Why a command did not do what it was asked to: one or more messages.
#[derive(Default)]
pub(super) struct Failure {
    errors: Vec<Diagnostic>,
    notes: Vec<Diagnostic>,
}

/// One message.
#[derive(Clone, Serialize)]
pub(super) struct Diagnostic {
    /// The stable code of an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip)]
    exit: Exit,
    severity: &'static str,
    message: String,
    /// File, line and column.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// The message with its source line.
    #[serde(skip)]
    snippet: Option<String>,
}

impl Failure {
    /// Standard output cannot be written.
    pub(super) fn output(error: &io::Error) -> Self {
        Self::of(Code::Io, format!("standard output: {error}"), None)
    }

    /// A failure of one message.
    pub(super) fn of(code: Code, message: String, hint: Option<String>) -> Self {
        Self { errors: vec![Diagnostic::new(code, message, hint)], notes: Vec::new() }
    }

    /// The failure of a build of `file`.
    pub(super) fn of_build(file: &SpecFile, error: &BuildError) -> Self {
        match error {
            // Who asked for it needs not know what was being read just then.
            error if error.code() == Code::Interrupted => {
                Self::of(Code::Interrupted, "stopped by SIGINT".to_owned(), None)
            }
            error if error.code() == Code::Terminated => {
                Self::of(Code::Terminated, "stopped by SIGTERM".to_owned(), None)
            }
            BuildError::Plan(errors) => {
                Self { errors: errors.iter().map(|one| of_plan(file, one)).collect(), notes: Vec::new() }
            }
            BuildError::Assemble(error) => {
                let message = format!("{}: {}: {}", error.platform, error.subject, error.fault);
                let diagnostic = Diagnostic::new(error.code(), message, fault_hint(&error.fault));
                Self { errors: vec![diagnostic.at(file, error.place)], notes: Vec::new() }
            }
            BuildError::Privileged { place, .. } => {
                let diagnostic = Diagnostic::new(error.code(), error.to_string(), build_hint(error));
                Self { errors: vec![diagnostic.at(file, *place)], notes: Vec::new() }
            }
            error => Self::of(error.code(), error.to_string(), build_hint(error)),
        }
    }

    pub(super) fn add(&mut self, error: Diagnostic) {
        self.errors.push(error);
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.errors.extend(other.errors);
        self.notes.extend(other.notes);
    }

    pub(super) fn extend_notes(&mut self, notes: Vec<Diagnostic>) {
        self.notes.extend(notes);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// What the process exits with: the first error decides.
    pub(super) fn exit(&self) -> Exit {
        self.errors.first().map_or(Exit::Usage, |error| error.exit)
    }

    /// Prints it: for machines to standard output, for people to standard error.
    pub(super) fn print(&self, json: bool) {
        let all: Vec<Diagnostic> = self.notes.iter().chain(&self.errors).cloned().collect();
        let text = Diagnostic::list(&all, json);
        // There is nowhere left to complain.
        let _ = if json {
            io::stdout().write_all(text.as_bytes())
        } else {
            io::stderr().write_all(text.as_bytes())
        };
    }
}

impl Diagnostic {
    fn new(code: Code, message: String, hint: Option<String>) -> Self {
        Self {
            code: Some(code.as_str()),
            exit: code.exit(),
            severity: "error",
            message: escaped(&message),
            place: None,
            hint,
            snippet: None,
        }
    }

    /// What `validate` found.
    pub(super) fn of_finding(file: &SpecFile, finding: &Finding) -> Self {
        let code = finding.code.unwrap_or(Code::SpecValue);
        let diagnostic = Self::new(code, finding.message.clone(), finding.hint.clone());
        let severity = if finding.severity == Severity::Error { "error" } else { "note" };
        let code = finding.code.map(Code::as_str);
        Self { severity, code, ..diagnostic }.at_severity(file, Some(finding.place), finding.severity)
    }

    fn at(self, file: &SpecFile, place: Option<Place>) -> Self {
        self.at_severity(file, place, Severity::Error)
    }

    fn at_severity(mut self, file: &SpecFile, place: Option<Place>, severity: Severity) -> Self {
        let Some(place) = place else { return self };
        self.place = Some(format!("{}:{}:{}", file.name, place.line, place.column));
        let snippet = spec::snippet(file, place, severity, &self.message, self.hint.as_deref());
        self.snippet = Some(match self.code {
            Some(code) => snippet.replacen("error:", &format!("error[{code}]:"), 1),
            None => snippet,
        });
        self
    }

    /// Messages one after another, or as a document for machines.
    pub(super) fn list(all: &[Self], json: bool) -> String {
        if json {
            let document = serde_json::json!({"version": 1, "diagnostics": all});
            return format!("{document:#}\n");
        }
        all.iter().map(Self::text).collect()
    }

    fn text(&self) -> String {
        if let Some(snippet) = &self.snippet {
            return snippet.clone();
        }
        let code = self.code.map(|code| format!("[{code}]")).unwrap_or_default();
        let mut text = format!("{}{code}: {}\n", self.severity, self.message);
        if let Some(hint) = &self.hint {
            text.push_str(&format!("hint: {}\n", escaped(hint)));
        }
        text
    }
}

fn of_plan(file: &SpecFile, error: &PlanError) -> Diagnostic {
    Diagnostic::new(error.code(), error.to_string(), plan_hint(&error.problem)).at(file, error.place)
}

fn plan_hint(problem: &Problem) -> Option<String> {
    Some(match problem {
        Problem::Unsupported { what: "packages" } => "remove them from the file to build the rest".to_owned(),
        Problem::Image { error, .. } => return error.hint(),
        Problem::Definition { id, candidates, others, .. } if candidates.is_empty() && !others.is_empty() => {
            const SHOWN: usize = 8;
            match nearest(&id.to_string(), others.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are images of {}", others[..others.len().min(SHOWN)].join(", ")),
            }
        }
        Problem::Definition { candidates, .. } if candidates.is_empty() => {
            "pass --source or --registry-map with a layout that has the image, or name the base by `base`"
                .to_owned()
        }
        Problem::Definition { candidates, .. } => {
            format!(
                "name the base by `base` instead; of the definition are the tags {}",
                candidates.join(", ")
            )
        }
        Problem::NoTags { .. } => "name the tags to suffix by `tags` of the target".to_owned(),
        Problem::Collision(_) => "give one of them another destination or other `tags`".to_owned(),
        _ => return None,
    })
}

fn build_hint(error: &BuildError) -> Option<String> {
    Some(match error {
        BuildError::NoOutput => "pass -o oci:DIR, -o oci-archive:FILE or -o docker-archive:FILE".to_owned(),
        BuildError::OutputHoldsOne { thing: "platform", .. } => "choose one with --platform".to_owned(),
        BuildError::OutputHoldsOne { .. } => {
            "write to oci:DIR, where every image has a name of its own".to_owned()
        }
        BuildError::Privileged { .. } => "leave it out, or build without --deny setuid".to_owned(),
        BuildError::Write(error) => return write_hint(error),
        error if error.code() == Code::IoNoSpace => "make room on the output's file system".to_owned(),
        _ => return None,
    })
}

fn write_hint(error: &WriteError) -> Option<String> {
    match error {
        WriteError::Output(error) => error.hint().map(str::to_owned),
        error if error.code() == Code::IoNoSpace => Some("make room on the output's file system".to_owned()),
        _ => None,
    }
}

fn fault_hint(fault: &Fault) -> Option<String> {
    Some(match fault {
        Fault::Artifact(ArtifactError::Nothing { physical: Some(physical), .. }) => {
            format!("it leads through a symbolic link; include `{physical}`")
        }
        Fault::Artifact(ArtifactError::Nothing { nearest: Some(nearest), .. }) => {
            format!("the artifact has `{nearest}`")
        }
        Fault::Artifact(ArtifactError::Conflict(conflict)) => conflict_hint(conflict)?,
        Fault::State(StateError::Conflict { .. }) => {
            "choose another path, or pass --allow replace if it is meant to go".to_owned()
        }
        Fault::State(StateError::Missing { .. }) => {
            "remove the entry, or limit it by `platforms` to those that have the path".to_owned()
        }
        Fault::Accounts(AccountsError::Root { .. }) => "set `accounts.root: true` to allow it".to_owned(),
        Fault::Accounts(AccountsError::NoUser { name }) => {
            format!("add `{name}` to `accounts.users`, or name a user of the base")
        }
        Fault::Accounts(AccountsError::Merge(AccountError::NoGroup { gid, .. })) => {
            format!("add a group with gid {gid} to `accounts.groups`")
        }
        Fault::Layers { .. } => "squash the base or merge artifacts".to_owned(),
        fault if fault.code().exit() == Exit::Verification => {
            "the image is damaged; copy it again from where it came".to_owned()
        }
        fault if fault.code() == Code::TarType => "exclude it, or pass --allow devices".to_owned(),
        fault if fault.code() == Code::IoNoSpace => "make room on the output's file system".to_owned(),
        _ => return None,
    })
}

fn conflict_hint(conflict: &Conflict) -> Option<String> {
    match conflict {
        Conflict::OverDirectory { path, .. } | Conflict::OverLink { path, .. } => {
            Some(format!("exclude `{path}`, or pass --allow replace if it is meant to go"))
        }
        Conflict::Twice { first, second, .. } => Some(format!("exclude `{first}` or `{second}`")),
        Conflict::Loop(_) => None,
    }
}
