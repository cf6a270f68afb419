//! Packages of Alpine's kind, version 2: the container, signatures, control sections, and the database of what is installed.

mod checksum;
mod container;
mod control;
mod data;
mod database;
mod error;
mod fragment;
mod index;
mod installed;
mod key;
mod ownership;
mod repositories;
#[cfg(test)]
mod sample;
mod scripts;
mod signature;
mod tap;
mod triggers;
mod unpack;
mod world;

pub use database::{Changes, DatabaseError, database};
pub use error::{ApkError, FormatError, PromiseError};
pub use index::{SignedIndex, verify_index};
pub use installed::{
    Access, Added, Directory, Installed, InstalledError, InstalledFault, InstalledFile, NameError, Record,
};
pub use ownership::{Claim, Verdict, order_of_directories, verdict, verdict_among};
pub use repositories::{RepositoriesError, RepositoriesFault, architectures, is_key, repositories};
pub use scripts::{Scripts, ScriptsError};
pub use signature::Signer;
pub use triggers::triggers;
pub use unpack::{Proof, is_dropped, open_data, unpack};
pub use world::world;
