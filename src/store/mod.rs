//! Images on this machine's disks: found in OCI layouts and archives, and written to them.
//!
//! Nothing is ever unpacked: archives are read where their bytes lie, and written as a stream. [`Store`] keeps what builds
//! know and make for those after them.

mod cache;
mod dir;
mod docker_archive;
mod found;
mod image_name;
mod layout;
mod members;
mod oci_archive;
mod output;
#[cfg(test)]
mod sample;
mod staging;
mod write;

pub use cache::{Held, Incoming, Inventory, Keeping, KeptBlob, Key, Pruned, Room, Store, StoreError};
pub use found::{find, referrers, root, tags};
pub use output::{Output, OutputError, OutputParseError};
pub use staging::{StagedFile, Staging};
pub use write::{Copying, WriteError, write};
