//! Image configs, whose unknown fields survive.

use serde_json::{Map, Value};

use super::json::{self, JsonError};
use super::{Digest, Platform};

/// The config of an image: read strictly, changed in place, written in the order it was read.
///
/// See the [config specification](https://github.com/opencontainers/image-spec/blob/main/config.md).
#[derive(Clone, Debug, PartialEq)]
pub struct ImageConfig {
    document: Map<String, Value>,
    platform: Platform,
    diff_ids: Vec<Digest>,
}

/// A document that is no image config.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// It is no strict JSON of the expected shape.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A field is missing or has the wrong form.
    #[error("config field `{field}` {problem}")]
    Field {
        /// The field's path.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

impl ImageConfig {
    /// Reads a config.
    pub fn parse(bytes: &[u8]) -> Result<Self, ConfigError> {
        let Value::Object(document) = json::parse(bytes)? else {
            return Err(field("", "is no object"));
        };
        json::exact_keys(&document, KEYS)?;
        if let Some(run) = document.get("config") {
            let empty = Map::new();
            let run = if run.is_null() {
                &empty
            } else {
                run.as_object().ok_or_else(|| field("config", "is no object"))?
            };
            json::exact_keys(run, RUN_KEYS)?;
        }
        let platform = platform(&document)?;
        let diff_ids = diff_ids(&document)?;
        Ok(Self { document, platform, diff_ids })
    }

    /// A config for a platform, without layers.
    pub fn empty(platform: &Platform) -> Self {
        let mut document = Map::new();
        write_platform(&mut document, platform);
        document.insert("config".into(), Value::Object(Map::new()));
        document.insert("rootfs".into(), serde_json::json!({"type": "layers", "diff_ids": []}));
        document.insert("history".into(), Value::Array(Vec::new()));
        Self { document, platform: platform.clone(), diff_ids: Vec::new() }
    }

    /// The platform it is for.
    pub fn platform(&self) -> &Platform {
        &self.platform
    }

    /// Makes it a config for `platform`; one that is so already keeps its spelling.
    pub fn set_platform(&mut self, platform: &Platform) {
        if self.platform != *platform {
            write_platform(&mut self.document, platform);
            self.platform = platform.clone();
        }
    }

    /// The digests of the uncompressed layers, base first.
    pub fn diff_ids(&self) -> &[Digest] {
        &self.diff_ids
    }

    /// When the image was made, as it was written.
    pub fn created(&self) -> Option<&str> {
        self.document.get("created").and_then(Value::as_str)
    }

    /// The environment, as `NAME=value` each.
    pub fn environment(&self) -> Vec<String> {
        self.run_list("Env")
    }

    /// A list of strings in the execution parameters, such as `Entrypoint`; empty where it is absent.
    pub fn run_list(&self, key: &str) -> Vec<String> {
        let items = self.run(key).and_then(Value::as_array);
        items.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// A text in the execution parameters, such as `User`.
    pub fn run_text(&self, key: &str) -> Option<&str> {
        self.run(key).and_then(Value::as_str)
    }

    /// A label.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.run("Labels").and_then(|labels| labels.get(key)).and_then(Value::as_str)
    }

    /// A value in the execution parameters.
    pub fn run(&self, key: &str) -> Option<&Value> {
        self.document.get("config").and_then(|run| run.get(key))
    }

    /// The execution parameters: an object, or null where there are none.
    pub fn run_parameters(&self) -> Value {
        self.document.get("config").cloned().unwrap_or(Value::Null)
    }

    /// Sets a value in the execution parameters.
    pub fn set_run(&mut self, key: &str, value: Value) {
        let run = self.document.entry("config").or_insert_with(|| Value::Object(Map::new()));
        if !run.is_object() {
            *run = Value::Object(Map::new());
        }
        run.as_object_mut().expect("made an object above").insert(key.to_owned(), value);
    }

    /// Sets when the image was made, RFC 3339.
    pub fn set_created(&mut self, created: &str) {
        self.document.insert("created".into(), created.into());
    }

    /// Makes the history have one entry per layer: a history that does not is replaced by empty entries.
    pub fn align_history(&mut self) {
        let entries = self.document.get("history").and_then(Value::as_array);
        let layers = entries.map(|entries| {
            entries.iter().filter(|e| e.get("empty_layer") != Some(&Value::Bool(true))).count()
        });
        if layers != Some(self.diff_ids.len()) {
            let empty = vec![Value::Object(Map::new()); self.diff_ids.len()];
            self.document.insert("history".into(), Value::Array(empty));
        }
    }

    /// Adds a layer on top and its history entry; the history has to be aligned.
    pub fn push_layer(&mut self, diff_id: Digest, created: &str, created_by: &str) {
        self.diff_ids.push(diff_id);
        let diff_ids = self.diff_ids.iter().map(|id| Value::String(id.to_string())).collect();
        let rootfs =
            self.document.get_mut("rootfs").and_then(Value::as_object_mut).expect("parsed with a rootfs");
        rootfs.insert("diff_ids".into(), Value::Array(diff_ids));
        let entry = serde_json::json!({"created": created, "created_by": created_by});
        let history =
            self.document.get_mut("history").and_then(Value::as_array_mut).expect("the history is aligned");
        history.push(entry);
    }

    /// The bytes of the config.
    pub fn to_bytes(&self) -> Vec<u8> {
        json::to_bytes(&self.document)
    }
}

const KEYS: &[&str] = &[
    "created",
    "author",
    "architecture",
    "os",
    "os.version",
    "os.features",
    "variant",
    "config",
    "rootfs",
    "history",
];
const RUN_KEYS: &[&str] = &[
    "User",
    "ExposedPorts",
    "Env",
    "Entrypoint",
    "Cmd",
    "Volumes",
    "WorkingDir",
    "Labels",
    "StopSignal",
    "ArgsEscaped",
    "Memory",
    "MemorySwap",
    "CpuShares",
    "Healthcheck",
    "OnBuild",
    "Shell",
];

fn field(field: &'static str, problem: impl Into<String>) -> ConfigError {
    ConfigError::Field { field, problem: problem.into() }
}

fn platform(document: &Map<String, Value>) -> Result<Platform, ConfigError> {
    let text = |key: &'static str| match document.get(key) {
        Some(Value::String(text)) => Ok(text.as_str()),
        Some(_) => Err(field(key, "is no string")),
        None => Err(field(key, "is missing")),
    };
    let variant = document.get("variant").and_then(Value::as_str);
    Platform::new(text("os")?, text("architecture")?, variant)
        .map_err(|error| field("architecture", error.to_string()))
}

fn write_platform(document: &mut Map<String, Value>, platform: &Platform) {
    document.insert("architecture".into(), platform.architecture().into());
    document.insert("os".into(), platform.os().into());
    match platform.variant() {
        Some(variant) => document.insert("variant".into(), variant.into()),
        None => document.shift_remove("variant"),
    };
}

fn diff_ids(document: &Map<String, Value>) -> Result<Vec<Digest>, ConfigError> {
    let rootfs =
        document.get("rootfs").and_then(Value::as_object).ok_or_else(|| field("rootfs", "is missing"))?;
    json::exact_keys(rootfs, &["type", "diff_ids"])?;
    let list = match rootfs.get("diff_ids") {
        Some(Value::Array(list)) => list.as_slice(),
        Some(Value::Null) | None => &[],
        Some(_) => return Err(field("rootfs.diff_ids", "is no list")),
    };
    list.iter()
        .map(|id| {
            id.as_str()
                .and_then(|text| text.parse().ok())
                .ok_or_else(|| field("rootfs.diff_ids", "holds no digest"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = r#"{"moby.buildkit.x":{"a":1},"os":"linux","architecture":"arm64","variant":"v8","config":{"Healthcheck":{"Interval":30000000000},"Env":["A=1"]},"rootfs":{"type":"layers","diff_ids":["sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]},"history":[]}"#;

    #[test]
    fn unknown_fields_and_order_survive() {
        let mut config = ImageConfig::parse(CONFIG.as_bytes()).unwrap();
        assert_eq!(config.to_bytes(), CONFIG.as_bytes());
        config.set_run("User", "app".into());
        let changed = String::from_utf8(config.to_bytes()).unwrap();
        assert!(changed.starts_with(r#"{"moby.buildkit.x":{"a":1},"os""#), "{changed}");
        assert!(changed.contains(r#""Healthcheck":{"Interval":30000000000}"#), "{changed}");
    }

    #[test]
    fn a_platform_keeps_its_spelling_until_it_is_another() {
        let mut config = ImageConfig::parse(CONFIG.as_bytes()).unwrap();
        config.set_platform(&"linux/arm64".parse().unwrap());
        assert_eq!(config.to_bytes(), CONFIG.as_bytes());
        config.set_platform(&"linux/amd64".parse().unwrap());
        let text = String::from_utf8(config.to_bytes()).unwrap();
        assert!(text.contains(r#""os":"linux","architecture":"amd64","config""#), "{text}");
        assert_eq!(config.platform().to_string(), "linux/amd64");
    }

    #[test]
    fn a_history_that_does_not_fit_gets_empty_entries() {
        let mut config = ImageConfig::parse(CONFIG.as_bytes()).unwrap();
        config.align_history();
        config.push_layer(Digest::of(b"x"), "1980-01-01T00:00:00Z", "x");
        let text = String::from_utf8(config.to_bytes()).unwrap();
        assert!(text.contains(r#""history":[{},{"created":"1980"#), "{text}");
        assert_eq!(config.diff_ids().len(), 2);
    }

    #[test]
    fn r04_a_key_in_other_letters_is_refused() {
        let text = CONFIG.replace("\"Env\"", "\"env\"");
        assert!(matches!(ImageConfig::parse(text.as_bytes()), Err(ConfigError::Json(_))));
    }
}
