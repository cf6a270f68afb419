//! Image configs, whose unknown fields survive.

use serde_json::{Map, Value};

use super::json::{self, JsonError};
use super::{Digest, Platform, PlatformFields, config_shape};

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
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl ImageConfig {
    /// Reads a config.
    pub fn parse(bytes: &[u8]) -> Result<Self, ConfigError> {
        let Value::Object(document) = json::parse(bytes)? else {
            return Err(JsonError { reason: "a config is an object".to_owned() }.into());
        };
        config_shape::check(&document)?;
        let platform = platform(&document)?;
        let diff_ids = diff_ids(&document)?;
        Ok(Self { document, platform, diff_ids })
    }

    /// A config for a platform, without layers.
    pub fn empty(platform: &Platform) -> Self {
        let mut document = Map::new();
        document.insert("architecture".into(), platform.architecture().into());
        document.insert("os".into(), platform.os().into());
        if let Some(variant) = platform.variant() {
            document.insert("variant".into(), variant.into());
        }
        document.insert("config".into(), Value::Object(Map::new()));
        document.insert("rootfs".into(), serde_json::json!({"type": "layers", "diff_ids": []}));
        document.insert("history".into(), Value::Array(Vec::new()));
        Self { document, platform: platform.clone(), diff_ids: Vec::new() }
    }

    /// The platform it is for.
    pub fn platform(&self) -> &Platform {
        &self.platform
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

    /// Makes it say another platform than it did.
    pub fn set_platform(&mut self, platform: &Platform) {
        for (key, value) in [
            ("architecture", Some(platform.architecture())),
            ("os", Some(platform.os())),
            ("variant", platform.variant()),
        ] {
            match value {
                Some(value) => drop(self.document.insert(key.into(), value.into())),
                None => drop(self.document.shift_remove(key)),
            }
        }
        self.platform = platform.clone();
    }

    /// The platform as an index has to spell it for this config.
    pub fn platform_fields(&self) -> PlatformFields {
        let text = |key| self.document.get(key).and_then(Value::as_str).map(str::to_owned);
        let features = self.document.get("os.features").and_then(Value::as_array);
        let features = features.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
        PlatformFields {
            architecture: text("architecture").expect("parsed with an architecture"),
            os: text("os").expect("parsed with an operating system"),
            os_version: text("os.version"),
            os_features: features.collect(),
            variant: text("variant"),
        }
    }

    /// Fills in what the specification asks for and readers do without: the type of the root filesystem, and a history
    /// of one entry per layer, empty ones in place of a history that does not fit.
    pub fn complete(&mut self) {
        let layers = self.diff_ids.len();
        if !self.document.get("history").is_some_and(|history| has_one_per_layer(history, layers)) {
            let empty = vec![Value::Object(Map::new()); layers];
            self.document.insert("history".into(), Value::Array(empty));
        }
        let diff_ids = self.diff_ids.iter().map(|id| Value::String(id.to_string())).collect();
        let rootfs = self.document.get_mut("rootfs").and_then(Value::as_object_mut);
        let rootfs = rootfs.expect("parsed with a root filesystem");
        rootfs.insert("type".into(), "layers".into());
        rootfs.insert("diff_ids".into(), Value::Array(diff_ids));
    }

    /// Adds a layer on top and its history entry.
    pub fn push_layer(&mut self, diff_id: Digest, created: &str, created_by: &str) {
        self.complete();
        self.diff_ids.push(diff_id);
        let diff_ids = self.document.get_mut("rootfs").and_then(|rootfs| rootfs.get_mut("diff_ids"));
        let diff_ids = diff_ids.and_then(Value::as_array_mut).expect("completed above");
        diff_ids.push(diff_id.to_string().into());
        let history = self.document.get_mut("history").and_then(Value::as_array_mut);
        let entry = serde_json::json!({"created": created, "created_by": created_by});
        history.expect("completed above").push(entry);
    }

    /// The bytes of the config.
    pub fn to_bytes(&self) -> Vec<u8> {
        json::to_bytes(&self.document)
    }
}

fn platform(document: &Map<String, Value>) -> Result<Platform, ConfigError> {
    let text = |field| document.get(field).and_then(Value::as_str);
    let needed = |field| text(field).ok_or(ConfigError::Field { field, problem: "is missing" });
    let platform = Platform::new(needed("os")?, needed("architecture")?, text("variant"));
    platform.map_err(|_| ConfigError::Field { field: "architecture", problem: "is no word" })
}

fn diff_ids(document: &Map<String, Value>) -> Result<Vec<Digest>, ConfigError> {
    let list = document.get("rootfs").and_then(|rootfs| rootfs.get("diff_ids"));
    let texts = list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let wrong = ConfigError::Field { field: "diff_ids", problem: "holds what is no digest" };
    texts.map(|text| text.parse().map_err(|_| wrong.clone())).collect()
}

/// Whether a history, as far as it is one, has an entry for each layer.
fn has_one_per_layer(history: &Value, layers: usize) -> bool {
    let Some(entries) = history.as_array() else { return false };
    let fills = entries.iter().filter(|entry| entry.get("empty_layer") != Some(&Value::Bool(true)));
    entries.iter().all(Value::is_object) && fills.count() == layers
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
    fn numbers_keep_their_value() {
        for number in ["1.2345678901234567e+30", "0.30000000000000004", "18446744073709551615", "-0.1"] {
            let text = CONFIG.replace("30000000000", number);
            assert_eq!(ImageConfig::parse(text.as_bytes()).unwrap().to_bytes(), text.as_bytes(), "{number}");
        }
    }

    #[test]
    fn a_history_that_does_not_fit_gets_empty_entries() {
        for history in ["[]", "null", "{}", "[{},{}]", "[1]", r#"[{"empty_layer":true}]"#] {
            let text = CONFIG.replace(r#""history":[]"#, &format!(r#""history":{history}"#));
            let mut config = ImageConfig::parse(text.as_bytes()).unwrap();
            config.push_layer(Digest::of(b"x"), "1980-01-01T00:00:00Z", "x");
            let text = String::from_utf8(config.to_bytes()).unwrap();
            assert!(text.contains(r#""history":[{},{"created":"1980"#), "{text}");
            assert_eq!(config.diff_ids().len(), 2);
        }
        let fitting = r#""history":[{"created_by":"a"},{"empty_layer":true}]"#;
        let mut config = ImageConfig::parse(CONFIG.replace(r#""history":[]"#, fitting).as_bytes()).unwrap();
        config.complete();
        assert!(String::from_utf8(config.to_bytes()).unwrap().contains(fitting));
    }

    #[test]
    fn what_readers_do_without_is_filled_in() {
        let text = r#"{"os":"linux","architecture":"amd64","rootfs":{"diff_ids":null}}"#;
        let mut config = ImageConfig::parse(text.as_bytes()).unwrap();
        config.complete();
        let complete =
            r#"{"os":"linux","architecture":"amd64","rootfs":{"diff_ids":[],"type":"layers"},"history":[]}"#;
        assert_eq!(config.to_bytes(), complete.as_bytes());
    }

    #[test]
    fn an_index_spells_the_platform_as_the_config_does() {
        let text =
            CONFIG.replace(r#""variant":"v8""#, r#""variant":"v8","os.version":"1","os.features":["a"]"#);
        let config = ImageConfig::parse(text.as_bytes()).unwrap();
        let fields = serde_json::to_string(&config.platform_fields()).unwrap();
        let spelled =
            r#"{"architecture":"arm64","os":"linux","os.version":"1","os.features":["a"],"variant":"v8"}"#;
        assert_eq!(fields, spelled);
    }

    #[test]
    fn another_platform_replaces_every_field_of_the_first() {
        let mut config = ImageConfig::parse(CONFIG.as_bytes()).unwrap();
        config.set_platform(&"linux/amd64".parse().unwrap());
        let read = ImageConfig::parse(&config.to_bytes()).unwrap();
        assert_eq!((read.platform().to_string(), read), ("linux/amd64".to_owned(), config));
    }

    #[test]
    fn a_field_of_another_type_is_refused_and_null_is_none() {
        for (field, wrong) in [
            (r#""os":"linux""#, r#""os":1"#),
            (r#""os":"linux""#, r#""os":null"#),
            (r#""architecture":"arm64""#, r#""architecture":"""#),
            (r#""variant":"v8""#, r#""variant":8"#),
            (r#"["A=1"]"#, r#""A=1""#),
            (r#"["A=1"]"#, "[1]"),
            (r#""Env""#, r#""Labels":{"a":1},"Env""#),
            (r#""Env""#, r#""Volumes":[],"Env""#),
            (r#""type":"layers""#, r#""type":"other""#),
            (r#"["sha256:e3b0"#, r#"["sha256:E3B0"#),
        ] {
            let text = CONFIG.replace(field, wrong);
            assert_ne!(text, CONFIG);
            assert!(matches!(ImageConfig::parse(text.as_bytes()), Err(ConfigError::Field { .. })), "{wrong}");
        }
        for (field, null) in [(r#""variant":"v8""#, r#""variant":null"#), (r#"["A=1"]"#, "null")] {
            assert!(ImageConfig::parse(CONFIG.replace(field, null).as_bytes()).is_ok(), "{null}");
        }
    }

    #[test]
    fn r04_a_key_in_other_letters_is_refused() {
        let text = CONFIG.replace("\"Env\"", "\"env\"");
        assert!(matches!(ImageConfig::parse(text.as_bytes()), Err(ConfigError::Json(_))));
    }
}
