//! Manifests and blobs out of a repository.

mod blob;
mod manifest;
mod resume;

pub(super) use blob::has_blob;
pub(super) use manifest::{has_manifest, manifest, open_manifest, resolve, tagged};
pub(super) use resume::{find_blob, open_blob};
