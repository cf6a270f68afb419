//! Blobs and manifests into a repository.

mod blob;
mod chunks;
mod manifest;
mod mount;
mod outgoing;
mod session;
mod small;

pub use manifest::{Accepted, ManifestName};
pub use mount::Mount;
pub use session::Upload;
