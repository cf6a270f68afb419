//! Blobs and manifests into a repository.

mod blob;
mod chunks;
mod closure;
mod error;
mod known;
mod manifest;
mod mount;
mod order;
mod outgoing;
mod publish;
mod session;
mod small;
#[cfg(test)]
mod tests;
mod transfer;

pub use error::PushError;
pub use known::Known;
pub use manifest::{Accepted, ManifestName};
pub use mount::Mount;
pub use publish::{Amount, Pushed, Pushing, TagOutcome, push};
pub use session::Upload;
