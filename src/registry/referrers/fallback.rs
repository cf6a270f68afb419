//! The index under a fallback tag, changed without losing what others wrote into it.

use serde_json::{Value, json as value};

use crate::oci::{Descriptor, Digest, DocumentError, MediaType, json};

/// An index that lists nothing yet.
pub(super) fn empty() -> Value {
    value!({ "schemaVersion": 2, "mediaType": MediaType::Index.as_str(), "manifests": [] })
}

/// The entries of an index.
pub(super) fn entries(index: &mut Value) -> Option<&mut Vec<Value>> {
    index.get_mut("manifests")?.as_array_mut()
}

/// Whether an entry is of a digest.
pub(super) fn is_of(entry: &Value, digest: &Digest) -> bool {
    let named = entry.get("digest").and_then(Value::as_str);
    named.and_then(|named| named.parse().ok()) == Some(*digest)
}

/// A manifest that refers to another, and how it is listed.
pub(super) struct Attached {
    pub(super) descriptor: Descriptor,
    pub(super) subject: Digest,
    pub(super) entry: Value,
}

impl Attached {
    /// Reads a manifest with a subject.
    pub(super) fn parse(bytes: &[u8], media_type: MediaType) -> Result<Self, DocumentError> {
        let document = json::parse(bytes)?;
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let subject = document.get("subject").and_then(|subject| text(subject, "digest"));
        let subject = subject.and_then(|digest| digest.parse().ok());
        let subject = subject.ok_or_else(|| DocumentError::Ambiguous {
            expected: media_type.clone(),
            found: "refers to no other".to_owned(),
        })?;
        let of_config = || text(document.get("config")?, "mediaType");
        let artifact_type = text(&document, "artifactType").or_else(of_config);
        let descriptor = Descriptor::of(media_type, bytes);
        let mut entry = value!({
            "mediaType": descriptor.media_type, "digest": descriptor.digest, "size": descriptor.size,
        });
        if let Some(artifact_type) = artifact_type {
            entry["artifactType"] = artifact_type.into();
        }
        if let Some(annotations) = document.get("annotations") {
            entry["annotations"] = annotations.clone();
        }
        Ok(Self { descriptor, subject, entry })
    }
}
