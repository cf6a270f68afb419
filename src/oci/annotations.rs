//! Annotations, and the well-known keys among them.

use std::collections::BTreeMap;

/// Annotations or labels, in the order of their keys.
pub type Annotations = BTreeMap<String, String>;

/// The tag of a manifest in an image layout's `index.json`.
pub const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// When the image was made, RFC 3339.
pub const CREATED: &str = "org.opencontainers.image.created";
/// The reference of the base image.
pub const BASE_NAME: &str = "org.opencontainers.image.base.name";
/// The digest of the base's platform manifest.
pub const BASE_DIGEST: &str = "org.opencontainers.image.base.digest";
/// The label by which an image names its catalog definition.
pub const DEFINITION: &str = "com.docker.dhi.definition";
