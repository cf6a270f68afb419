//! A manifest or an index, told apart by type and body alike.

use serde_json::{Map, Value};

use super::json::{self, JsonError};
use super::{Descriptor, Index, Manifest, MediaType, PlatformFields};

/// What a descriptor of an image leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "taken apart where it is made, never stored")]
pub enum Document {
    /// Several platforms.
    Index(Index),
    /// One platform.
    Manifest(Manifest),
}

/// A document that is none, or two at once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// It is no strict JSON of the expected shape.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// Its body can be read as another type than the one it was promised as.
    #[error("document of type `{expected}` {found}")]
    Ambiguous {
        /// The type the descriptor promises.
        expected: MediaType,
        /// What the body says instead.
        found: String,
    },
}

impl Document {
    /// The type that a document has by its own body: what it says, or else what its shape is.
    pub fn own_type(bytes: &[u8]) -> Option<MediaType> {
        let document = json::parse(bytes).ok()?;
        let said = document.get("mediaType").and_then(Value::as_str).map(MediaType::parse);
        let by_shape = || match (document.get("manifests"), document.get("layers")) {
            (Some(_), None) => Some(MediaType::Index),
            (None, Some(_)) => Some(MediaType::Manifest),
            _ => None,
        };
        said.filter(|said| said.is_index() || said.is_manifest()).or_else(by_shape)
    }

    /// Reads a document that its descriptor gives the type `expected`.
    pub fn parse(expected: &MediaType, bytes: &[u8]) -> Result<Self, DocumentError> {
        let value = json::parse(bytes)?;
        let ambiguous =
            |found: &str| DocumentError::Ambiguous { expected: expected.clone(), found: found.to_owned() };
        let object = value.as_object().ok_or_else(|| ambiguous("is no object"))?;
        exact_keys(object)?;
        if let Some(found) = object.get("mediaType").and_then(Value::as_str)
            && found != expected.as_str()
        {
            return Err(ambiguous(&format!("says it is `{found}`")));
        }
        let (manifests, layers) = (
            object.contains_key("manifests"),
            object.contains_key("layers") || object.contains_key("config"),
        );
        match (expected.is_index(), expected.is_manifest(), manifests, layers) {
            (true, _, true, false) => Ok(Self::Index(Index::from_value(value)?)),
            (_, true, false, true) => Ok(Self::Manifest(Manifest::from_value(value)?)),
            (_, _, true, true) => Err(ambiguous("has both manifests and layers")),
            (_, _, true, false) => Err(ambiguous("has manifests")),
            (_, _, false, true) => Err(ambiguous("has layers")),
            (_, _, false, false) => Err(ambiguous("has neither manifests nor layers")),
        }
    }
}

/// Refuses names of fields in other letters, in the document and in every descriptor of it.
fn exact_keys(document: &Map<String, Value>) -> Result<(), JsonError> {
    let known = |keys: &'static [&str]| keys.iter().copied();
    json::exact_keys(document, known(Manifest::KEYS).chain(known(Index::KEYS)))?;
    let single = ["config", "subject"].into_iter().filter_map(|key| document.get(key));
    let listed =
        ["layers", "manifests"].into_iter().filter_map(|key| document.get(key)?.as_array()).flatten();
    for descriptor in single.chain(listed).filter_map(Value::as_object) {
        json::exact_keys(descriptor, known(Descriptor::KEYS))?;
        if let Some(platform) = descriptor.get("platform").and_then(Value::as_object) {
            json::exact_keys(platform, known(PlatformFields::KEYS))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oci::Annotations;

    #[test]
    fn a_manifest_prints_as_it_was_parsed() {
        let config = Descriptor::of(MediaType::Config, b"{}");
        let bytes = json::to_bytes(&Manifest::new(config, Vec::new(), Annotations::new()));
        let Document::Manifest(manifest) = Document::parse(&MediaType::Manifest, &bytes).unwrap() else {
            panic!("not a manifest")
        };
        assert_eq!(json::to_bytes(&manifest), bytes);
    }

    #[test]
    fn r03_a_document_of_two_meanings_is_refused() {
        for (expected, body) in [
            (MediaType::Manifest, r#"{"schemaVersion":2,"manifests":[]}"#),
            (MediaType::Index, r#"{"schemaVersion":2,"manifests":[],"layers":[]}"#),
            (
                MediaType::Index,
                r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","manifests":[]}"#,
            ),
            (MediaType::Config, r#"{"schemaVersion":2,"manifests":[]}"#),
            (MediaType::Index, "[]"),
        ] {
            let error = Document::parse(&expected, body.as_bytes()).unwrap_err();
            assert!(matches!(error, DocumentError::Ambiguous { .. }), "{body}: {error}");
        }
        assert!(Document::parse(&MediaType::Index, br#"{"schemaVersion":2,"manifests":[]}"#).is_ok());
    }

    #[test]
    fn r04_a_field_in_other_letters_is_refused_at_any_depth() {
        let config = Descriptor::of(MediaType::Config, b"{}");
        let manifest = Manifest::new(config.clone(), vec![config.clone()], Annotations::new());
        let manifest = String::from_utf8(json::to_bytes(&manifest)).unwrap();
        let entry = crate::oci::IndexEntry::new(config, &"linux/arm64/v8".parse().unwrap());
        let index = String::from_utf8(json::to_bytes(&Index::new(vec![entry], Annotations::new()))).unwrap();
        for (text, media_type) in [(manifest, MediaType::Manifest), (index, MediaType::Index)] {
            assert!(Document::parse(&media_type, text.as_bytes()).is_ok());
            for field in ["schemaVersion", "digest", "size", "architecture"] {
                let other = format!("\"{}\":1,\"{field}\"", field.to_uppercase());
                for (at, _) in text.match_indices(&format!("\"{field}\"")) {
                    let changed = format!("{}{other}{}", &text[..at], &text[at + field.len() + 2..]);
                    let error = Document::parse(&media_type, changed.as_bytes()).unwrap_err();
                    assert!(matches!(error, DocumentError::Json(_)), "{changed}: {error}");
                }
            }
        }
    }
}
