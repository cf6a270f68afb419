//! Image manifests.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::json::{self, JsonError};
use super::{Annotations, Descriptor, MediaType};

/// What a platform's image is made of.
///
/// See the [manifest specification](https://github.com/opencontainers/image-spec/blob/main/manifest.md).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    schema_version: Two,
    /// The type of this document, where it says one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<MediaType>,
    /// The type of what is no image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<MediaType>,
    /// The image's config.
    pub config: Descriptor,
    /// The layers, base first.
    pub layers: Vec<Descriptor>,
    /// The manifest this one is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Descriptor>,
    /// Annotations of the manifest.
    #[serde(default, skip_serializing_if = "Annotations::is_empty")]
    pub annotations: Annotations,
}

impl Manifest {
    /// An OCI manifest of these parts.
    pub fn new(config: Descriptor, layers: Vec<Descriptor>, annotations: Annotations) -> Self {
        Self {
            schema_version: Two,
            media_type: Some(MediaType::Manifest),
            artifact_type: None,
            config,
            layers,
            subject: None,
            annotations,
        }
    }

    pub(super) const KEYS: &[&str] =
        &["schemaVersion", "mediaType", "artifactType", "config", "layers", "subject", "annotations"];

    pub(super) fn from_value(value: Value) -> Result<Self, JsonError> {
        json::typed(value)
    }
}

/// The number two: the only schema version there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Two;

impl Serialize for Two {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(2)
    }
}

impl<'de> Deserialize<'de> for Two {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u64::deserialize(deserializer)? {
            2 => Ok(Self),
            other => Err(serde::de::Error::custom(format_args!("schemaVersion is {other}, expected 2"))),
        }
    }
}
