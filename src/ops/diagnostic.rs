//! What commands tell machines of errors, notes and warnings; `schemas/diagnostics.schema.json` describes it.

use schemars::JsonSchema;
use serde::Serialize;

/// The version of the form; it grows when a field changes its meaning or goes.
pub const VERSION: u32 = 1;

/// Everything that is wrong, as every command prints it with `--json` when it fails; `validate` also when it does not.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "Diagnostics of overcoat")]
pub struct Diagnostics {
    /// The version of this form: 1.
    pub version: u32,
    /// One for each problem. The first error decides what the process exits with.
    pub diagnostics: Vec<Diagnostic>,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: Severity,
    /// The stable name of an error, such as `E_TAR_PATH`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What it is, in one line whose control characters are escaped.
    pub message: String,
    /// Where the specification says what it is about: file, line and column, from 1, with colons between them.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// How to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// How much a message matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It ended the run.
    Error,
    /// It is to be looked at.
    Warning,
    /// There is nothing to do.
    Note,
}

impl From<crate::spec::Severity> for Severity {
    fn from(severity: crate::spec::Severity) -> Self {
        match severity {
            crate::spec::Severity::Error => Self::Error,
            crate::spec::Severity::Warning => Self::Warning,
            crate::spec::Severity::Note => Self::Note,
        }
    }
}

impl Diagnostics {
    /// These messages in the form of this version.
    pub fn of(diagnostics: Vec<Diagnostic>) -> Self {
        Self { version: VERSION, diagnostics }
    }
}

/// The JSON Schema of diagnostics.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Diagnostics).to_value()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn the_schema_beside_the_sources_is_the_one_they_make() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/diagnostics.schema.json");
        let made = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            fs::write(&path, &made).unwrap();
        }
        assert!(fs::read_to_string(&path).unwrap() == made, "UPDATE_SCHEMAS=1 rewrites {}", path.display());
    }
}
