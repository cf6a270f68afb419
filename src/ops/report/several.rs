//! What several builds of one call did; `schemas/builds-report.schema.json` describes it.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Report, TrafficReport};
use crate::ops::diagnostic::Diagnostic;

/// What several builds of one call did.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "Report of overcoat build with several files")]
pub struct SeveralReport {
    /// The version of this form: 1.
    pub version: u32,
    /// A build for each file, in their order.
    pub builds: Vec<BuiltReport>,
    /// How many succeeded.
    pub succeeded: usize,
    /// How many failed.
    pub failed: usize,
    /// What went over the network for all of them.
    pub traffic: TrafficReport,
}

/// What came of one file.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BuiltReport {
    /// The file, as it was named.
    pub file: String,
    /// What the build did, where it succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<Report>,
    /// Why it failed, where it did.
    pub diagnostics: Vec<Diagnostic>,
}

/// The JSON Schema of the report.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(SeveralReport).to_value()
}
