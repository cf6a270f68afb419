//! Layers: entries as bytes, with nothing but `std::io` below.

mod archive;
mod blob;
mod compress;
mod elf;
mod error;
mod extension;
mod gzip;
mod header;
mod index;
mod index_file;
mod item;
mod items;
mod judge;
mod kept;
mod measure;
mod pax;
#[cfg(test)]
pub(crate) mod raw;
mod read;
mod record;
mod source;
mod stream;
mod uncompressed;
mod ustar;
mod verify;
mod write;
mod xattr;
mod zstd;

pub use compress::Codec;
pub use elf::Elf;
pub use error::{DiffIdError, HeaderError, LimitError, ReadError, ReadErrorKind};
pub use index::{Item, ItemKind, LayerIndex, Warning};
pub use index_file::INDEX_VERSION;
pub use items::Items;
pub use judge::{Fault, LinkFault};
pub use pax::PaxError;
pub use read::{IndexOnly, LayerBlob, Reading, Survey, Trust, Visitor, read, read_tar, replay, replay_tar};
pub use source::{BlobSource, Home, SourceError};
pub use uncompressed::Uncompressed;
pub use verify::{DocumentReadError, VerifiedReader, VerifyError, read_document};
pub use write::{EMITTER_VERSION, LayerWriter, WrittenLayer};
