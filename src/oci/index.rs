//! Image indexes: one manifest per platform.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::json::{self, JsonError};
use super::manifest::Two;
use super::{Annotations, Descriptor, MediaType, Platform};

/// Manifests, each with the platform it is for.
///
/// See the [index specification](https://github.com/opencontainers/image-spec/blob/main/image-index.md).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    schema_version: Two,
    /// The type of this document, where it says one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<MediaType>,
    /// The manifests; readers take the first that fits.
    pub manifests: Vec<IndexEntry>,
    /// Annotations of the index.
    #[serde(default, skip_serializing_if = "Annotations::is_empty")]
    pub annotations: Annotations,
}

/// A manifest within an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexEntry {
    /// The manifest.
    #[serde(flatten)]
    pub descriptor: Descriptor,
    /// The platform it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<PlatformFields>,
}

/// A platform as an index spells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlatformFields {
    pub(super) architecture: String,
    pub(super) os: String,
    #[serde(default, rename = "os.version", skip_serializing_if = "Option::is_none")]
    pub(super) os_version: Option<String>,
    #[serde(default, rename = "os.features", skip_serializing_if = "Vec::is_empty")]
    pub(super) os_features: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) variant: Option<String>,
}

impl PlatformFields {
    pub(super) const KEYS: &[&str] = &["architecture", "os", "os.version", "os.features", "variant"];
}

impl From<&Platform> for PlatformFields {
    /// The platform in its normal form.
    fn from(platform: &Platform) -> Self {
        Self {
            architecture: platform.architecture().to_owned(),
            os: platform.os().to_owned(),
            os_version: None,
            os_features: Vec::new(),
            variant: platform.variant().map(str::to_owned),
        }
    }
}

impl Index {
    /// An OCI index of these manifests.
    pub fn new(manifests: Vec<IndexEntry>, annotations: Annotations) -> Self {
        Self { schema_version: Two, media_type: Some(MediaType::Index), manifests, annotations }
    }

    pub(super) const KEYS: &[&str] =
        &["schemaVersion", "mediaType", "artifactType", "manifests", "subject", "annotations"];

    pub(super) fn from_value(value: Value) -> Result<Self, JsonError> {
        json::typed(value)
    }
}

impl IndexEntry {
    /// An entry for a platform.
    pub fn new(descriptor: Descriptor, platform: impl Into<PlatformFields>) -> Self {
        Self { descriptor, platform: Some(platform.into()) }
    }

    /// The platform in its normal form, where the entry names one.
    pub fn platform(&self) -> Option<Platform> {
        let fields = self.platform.as_ref()?;
        Platform::new(&fields.os, &fields.architecture, fields.variant.as_deref()).ok()
    }
}
