//! Layers: entries as bytes, with nothing but `std::io` below.

mod index;
mod source;
mod verify;

pub use index::{Item, ItemKind, LayerIndex, Warning};
pub use source::{BlobSource, SourceError};
pub use verify::{DocumentReadError, VerifiedReader, VerifyError, read_document};
