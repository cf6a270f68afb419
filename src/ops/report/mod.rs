//! What a build did, for people and machines; `schemas/build-report.schema.json` describes it.

mod compile;
mod findings;
pub mod lock;
mod packages;
mod pushed;
pub mod several;
mod warnings;

pub use packages::{GeneratedReport, PackageReport, PackagesReport, RepositoryReport};
pub use several::{BuiltReport, SeveralReport};

use schemars::JsonSchema;
use serde::Serialize;

/// The version of the report's form; it grows when a field changes its meaning or goes.
pub const VERSION: u32 = 1;

/// What a build did.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "Report of overcoat build")]
pub struct Report {
    /// The version of this form: 1.
    pub version: u32,
    /// The customization's name.
    pub name: String,
    /// The images that were made, in the order of the customization's targets.
    pub targets: Vec<TargetReport>,
    /// What is probably not meant so.
    pub warnings: Vec<WarningReport>,
    /// Where the images were written to, as it was asked for.
    pub outputs: Vec<String>,
    /// What went over the network, where this was the only build of its process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traffic: Option<TrafficReport>,
    /// What was loaded into a container engine, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loaded: Option<LoadedReport>,
    /// How much work it was. All else follows from the inputs; this depends on what the store had.
    pub work: WorkReport,
}

/// Images that were loaded into a container engine of this machine.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoadedReport {
    /// The engine: `docker` or `podman`.
    pub engine: String,
    /// The platform whose images were loaded.
    pub platform: String,
    /// The names that they have there.
    pub names: Vec<String>,
}

/// How much work a build was.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkReport {
    /// Layers of inputs whose bytes were read to know or to take what they hold.
    pub read: TallyReport,
    /// Layers that were written.
    pub written: TallyReport,
    /// Layers that the store had from earlier builds.
    pub reused: TallyReport,
}

/// What went over the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrafficReport {
    /// Requests to registries, token servers and repositories of packages, each time they were sent.
    pub requests: u64,
    /// Bytes of blobs, package indexes and packages that were received.
    pub blob_bytes_in: u64,
    /// Bytes of blobs that were sent.
    pub blob_bytes_out: u64,
}

/// Where the image of a target was pushed to.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PushReport {
    /// The registry and the repository.
    pub repository: String,
    /// The tags.
    pub tags: Vec<PushedTagReport>,
    /// Blobs that were sent.
    pub uploaded: TallyReport,
    /// Blobs that the registry took from another repository.
    pub mounted: TallyReport,
    /// Blobs that were there.
    pub present: TallyReport,
}

/// A tag that was pushed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PushedTagReport {
    /// The tag.
    pub tag: String,
    /// What was done to it.
    pub outcome: TagReport,
    /// The digest that it led to before, where it was moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
}

/// What was done to a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TagReport {
    /// Nothing: it led to the image already.
    Unchanged,
    /// It is new.
    Created,
    /// It led to something else.
    Moved,
}

/// Some layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TallyReport {
    /// How many.
    pub layers: u64,
    /// Their bytes, as they are stored.
    pub bytes: u64,
}

/// The image of one target.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TargetReport {
    /// The repository it is for.
    pub destination: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// The base as the customization names it.
    pub base: String,
    /// The image index.
    pub index: BlobReport,
    /// The image of each platform.
    pub platforms: Vec<PlatformReport>,
    /// The digests that a signer signs: the index, then each platform's manifest.
    pub sign: Vec<String>,
    /// Where it was pushed to, where it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pushed: Option<PushReport>,
}

/// A blob's name and size.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BlobReport {
    /// Its media type.
    pub media_type: String,
    /// Its digest.
    pub digest: String,
    /// Its size in bytes.
    pub size: u64,
}

/// The image of one platform.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlatformReport {
    /// The platform, such as `linux/amd64`.
    pub platform: String,
    /// The manifest.
    pub manifest: BlobReport,
    /// The config.
    pub config: BlobReport,
    /// The execution parameters of the config, as they came out.
    pub run: serde_json::Value,
    /// The layers, base first.
    pub layers: Vec<LayerReport>,
    /// The packages that were added, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packages: Option<PackagesReport>,
    /// What was overwritten, and by whom.
    pub overwritten: Vec<OverwriteReport>,
    /// Directories of the layers below that got other attributes.
    pub directories: Vec<PathReport>,
    /// Files that run with the rights of their owner or group, or with capabilities.
    pub privileged: Vec<PrivilegedReport>,
    /// Symbolic links that lead nowhere.
    pub dangling: Vec<DanglingReport>,
}

/// A layer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LayerReport {
    /// Where it comes from.
    pub source: SourceReport,
    /// The artifact's name, for a layer of an artifact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact: Option<String>,
    /// Its media type.
    pub media_type: String,
    /// Its digest.
    pub digest: String,
    /// The digest of its tar.
    pub diff_id: String,
    /// Files, links and devices in it.
    pub files: usize,
    /// Bytes of its tar.
    pub size: u64,
    /// Bytes as it is stored.
    pub compressed: u64,
}

/// Where a layer comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SourceReport {
    /// The base, byte for byte as it was.
    Base,
    /// Packages of the base's distribution.
    Packages,
    /// An artifact.
    Artifact,
    /// The customization itself: the package database, accounts, homes, what scripts would have made, paths and scripts.
    State,
}

/// A file that took another's place.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OverwriteReport {
    /// Where.
    pub path: String,
    /// What was there: `file`, `directory`, `symbolic link` and so on.
    pub was: String,
    /// What is there now.
    pub is: String,
    /// The place of the layer that had brought it, the lowest being 0.
    pub from_layer: u32,
    /// The place of the layer that overwrote it.
    pub by_layer: usize,
    /// Whether content, mode, owner and extended attributes stayed the same.
    pub same: bool,
    /// What it is, where it is one of the files that break images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named: Option<String>,
    /// The exclude that would avoid it, where an artifact overwrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclude: Option<String>,
}

/// A path and the layer that is about.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PathReport {
    /// Where.
    pub path: String,
    /// The place of the layer.
    pub by_layer: usize,
}

/// A file with privileges.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrivilegedReport {
    /// Where.
    pub path: String,
    /// The place of the layer that brings it.
    pub by_layer: usize,
    /// What gives it privileges: `setuid`, `setgid` or `security.capability`.
    pub by: String,
}

/// A symbolic link that leads nowhere.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DanglingReport {
    /// The link.
    pub path: String,
    /// Its target as written.
    pub target: String,
    /// The place of the layer that brings it.
    pub by_layer: usize,
}

/// Something that is probably not meant so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WarningReport {
    /// A stable name, such as `W_OVERWRITES_ACCOUNTS`.
    pub code: String,
    /// The platforms it is about; none where it is about the whole build.
    pub platforms: Vec<String>,
    /// What, in one line.
    pub message: String,
    /// How to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// The JSON Schema of a report.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Report).to_value()
}
