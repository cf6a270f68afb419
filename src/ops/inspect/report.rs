//! What there is to see of an image; `schemas/inspect-report.schema.json` describes it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::oci::Annotations;

/// The version of the report's form; it grows when a field changes its meaning or goes.
pub const VERSION: u32 = 1;

/// What there is to see of an image.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "Report of overcoat inspect")]
pub struct InspectReport {
    /// The version of this form: 1.
    pub version: u32,
    /// The image as it was named, in full.
    pub reference: String,
    /// The index; absent where the name leads to one image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<DocumentReport>,
    /// The images, in the order of the index.
    pub platforms: Vec<InspectedPlatform>,
    /// What else the index lists, such as attestations; with a platform, what is about that.
    pub others: Vec<OtherReport>,
    /// What refers to the index.
    pub referrers: Vec<ReferrerReport>,
}

/// A blob's name and size.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DescriptorReport {
    /// Its media type.
    pub media_type: String,
    /// Its digest.
    pub digest: String,
    /// Its size in bytes.
    pub size: u64,
}

/// An index or manifest.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DocumentReport {
    /// Its name and size.
    #[serde(flatten)]
    pub descriptor: DescriptorReport,
    /// Its own annotations.
    pub annotations: Annotations,
}

/// The image of one platform.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InspectedPlatform {
    /// The platform by the index, such as `linux/amd64`.
    pub platform: String,
    /// The platform by the config, where it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_platform: Option<String>,
    /// The manifest; absent in a docker archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest: Option<DocumentReport>,
    /// The config; absent in a docker archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<DescriptorReport>,
    /// When the image was made, as its config says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// The execution parameters of the config: `User`, `Entrypoint`, `Env`, `Labels` and the others as they stand there.
    pub run: serde_json::Value,
    /// The layers, base first.
    pub layers: Vec<InspectedLayer>,
    /// Bytes of all layers as they are stored.
    pub size: u64,
    /// What refers to the manifest.
    pub referrers: Vec<ReferrerReport>,
}

/// A layer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InspectedLayer {
    /// Its name and size.
    #[serde(flatten)]
    pub descriptor: DescriptorReport,
    /// The digest of its tar.
    pub diff_id: String,
    /// How the tar is compressed by its media type: `none`, `gzip` or `zstd`; absent where that does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compression: Option<&'static str>,
    /// Foreign addresses that are said to hold it; they are never contacted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<String>,
    /// The annotations of its descriptor.
    #[serde(default, skip_serializing_if = "Annotations::is_empty")]
    pub annotations: Annotations,
}

/// An entry of an index that is no image that could be taken from it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OtherReport {
    /// Its name and size.
    #[serde(flatten)]
    pub descriptor: DescriptorReport,
    /// Its platform by the index; `unknown/unknown` for attestations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// What it is, such as `attestation-manifest`, where its annotations say it.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The manifest that it is about, where its annotations say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The annotations of its descriptor.
    pub annotations: Annotations,
}

/// A manifest that refers to another.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReferrerReport {
    /// Its name and size.
    #[serde(flatten)]
    pub descriptor: DescriptorReport,
    /// What it is, such as `application/vnd.in-toto+json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// Its annotations, as the list of referrers repeats them.
    pub annotations: Annotations,
}

/// The JSON Schema of a report.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(InspectReport).to_value()
}
