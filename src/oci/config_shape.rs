//! What the fields of an image config have to look like.

use serde_json::{Map, Value};

use super::config::ConfigError;
use super::json;

/// Checks an image config: field names in their own letters, and every field that is known of its own type.
///
/// Null stands for an absent field, as in Go. A history is not looked at: bases with odd ones run all the same.
pub(super) fn check(document: &Map<String, Value>) -> Result<(), ConfigError> {
    object(document, DOCUMENT)?;
    if let Some(run) = document.get("config").and_then(Value::as_object) {
        object(run, RUN)?;
    }
    let Some(rootfs) = document.get("rootfs").and_then(Value::as_object) else {
        return Err(ConfigError::Field { field: "rootfs", problem: "is missing" });
    };
    object(rootfs, ROOTFS)?;
    match rootfs.get("type").and_then(Value::as_str) {
        Some("layers") | None => Ok(()),
        Some(_) => Err(ConfigError::Field { field: "type", problem: "is not `layers`" }),
    }
}

/// The type of a field.
#[derive(Clone, Copy)]
enum Shape {
    Text,
    Texts,
    Object,
    /// An object of strings.
    TextMap,
    Any,
}

const DOCUMENT: &[(&str, Shape)] = &[
    ("created", Shape::Text),
    ("author", Shape::Text),
    ("architecture", Shape::Text),
    ("os", Shape::Text),
    ("os.version", Shape::Text),
    ("os.features", Shape::Texts),
    ("variant", Shape::Text),
    ("config", Shape::Object),
    ("rootfs", Shape::Object),
    ("history", Shape::Any),
];

const RUN: &[(&str, Shape)] = &[
    ("User", Shape::Text),
    ("ExposedPorts", Shape::Object),
    ("Env", Shape::Texts),
    ("Entrypoint", Shape::Texts),
    ("Cmd", Shape::Texts),
    ("Volumes", Shape::Object),
    ("WorkingDir", Shape::Text),
    ("Labels", Shape::TextMap),
    ("StopSignal", Shape::Text),
    ("ArgsEscaped", Shape::Any),
    ("Memory", Shape::Any),
    ("MemorySwap", Shape::Any),
    ("CpuShares", Shape::Any),
    ("Healthcheck", Shape::Any),
    ("OnBuild", Shape::Texts),
    ("Shell", Shape::Texts),
];

const ROOTFS: &[(&str, Shape)] = &[("type", Shape::Text), ("diff_ids", Shape::Texts)];

fn object(object: &Map<String, Value>, fields: &[(&'static str, Shape)]) -> Result<(), ConfigError> {
    json::exact_keys(object, fields.iter().map(|(name, _)| *name))?;
    for (field, shape) in fields {
        let value = object.get(*field).filter(|value| !value.is_null());
        if let Some(problem) = value.and_then(|value| shape.problem(value)) {
            return Err(ConfigError::Field { field, problem });
        }
    }
    Ok(())
}

impl Shape {
    fn problem(self, value: &Value) -> Option<&'static str> {
        let texts = |list: &Vec<Value>| list.iter().all(Value::is_string);
        let text_map = |map: &Map<String, Value>| map.values().all(Value::is_string);
        let (fits, problem) = match self {
            Self::Text => (value.is_string(), "is no string"),
            Self::Texts => (value.as_array().is_some_and(texts), "is no list of strings"),
            Self::Object => (value.is_object(), "is no object"),
            Self::TextMap => (value.as_object().is_some_and(text_map), "is no object of strings"),
            Self::Any => (true, ""),
        };
        (!fits).then_some(problem)
    }
}
