//! Packages of Alpine's kind, version 2: the container, signatures, control sections, and the database of what is installed.

mod container;
mod control;
mod data;
mod error;
mod fragment;
mod index;
mod key;
mod signature;
mod tap;
mod unpack;

pub use error::{ApkError, FormatError, PromiseError};
pub use index::{SignedIndex, verify_index};
pub use signature::Signer;
pub use unpack::{Proof, is_dropped, open_data, unpack};
