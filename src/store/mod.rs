//! Images on this machine's disks: found in OCI layouts and archives, and written to them.
//!
//! Nothing is ever unpacked: archives are read where their bytes lie, and written as a stream. [`Store`] keeps what builds
//! know and make for those after them.

mod cache;
mod dir;
mod docker_archive;
mod found;
mod image;
mod image_error;
mod image_name;
mod layout;
mod members;
mod oci_archive;
mod output;
mod publication;
#[cfg(test)]
mod sample;
mod select;
mod staging;
mod write;

pub use cache::{Held, Inventory, KeptBlob, Key, Pruned, Room, Store, StoreError};
pub use found::{Found, PlatformMismatch, find, tags};
pub use image::{Image, ImageLayer};
pub use image_error::{FormatProblem, ImageError};
pub use output::{Output, OutputError, OutputParseError};
pub use publication::{Publication, PublishedImage, PublishedLayer};
pub use staging::{StagedFile, Staging};
pub use write::{Copying, WriteError, write};
