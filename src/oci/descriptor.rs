//! Descriptors: media type, digest and size of a blob.

use serde::{Deserialize, Serialize};

use super::{Annotations, Digest, MediaType};

/// What a blob is called, what it is and how large.
///
/// See the [descriptor specification](https://github.com/opencontainers/image-spec/blob/main/descriptor.md).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// The type of the bytes.
    pub media_type: MediaType,
    /// The digest of the bytes.
    pub digest: Digest,
    /// The number of bytes.
    pub size: u64,
    /// Other places that hold the bytes; copied, never contacted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<String>,
    /// Annotations of the descriptor.
    #[serde(default, skip_serializing_if = "Annotations::is_empty")]
    pub annotations: Annotations,
}

impl Descriptor {
    /// The descriptor of `bytes`.
    pub fn of(media_type: MediaType, bytes: &[u8]) -> Self {
        Self::new(media_type, Digest::of(bytes), bytes.len() as u64)
    }

    pub(super) const KEYS: &[&str] =
        &["mediaType", "digest", "size", "urls", "annotations", "data", "artifactType", "platform"];

    /// A descriptor without annotations.
    pub fn new(media_type: MediaType, digest: Digest, size: u64) -> Self {
        Self { media_type, digest, size, urls: Vec::new(), annotations: Annotations::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_negative_size_is_no_descriptor() {
        let text = format!(r#"{{"mediaType":"a/b","digest":"{}","size":-1}}"#, Digest::of(b""));
        assert!(serde_json::from_str::<Descriptor>(&text).is_err());
    }

    #[test]
    fn empty_fields_are_not_written() {
        let text = serde_json::to_string(&Descriptor::of(MediaType::Config, b"{}")).unwrap();
        assert!(!text.contains("urls") && !text.contains("annotations"), "{text}");
    }
}
