//! Packages of Debian's kind: the archive, its two tars, control files, and the database of what is installed.

mod archive;
mod control;
pub mod database;
mod decode;
mod describe;
pub mod diversions;
mod error;
mod files;
#[cfg(test)]
pub(crate) mod made;
mod md5sums;
mod release;
pub mod sources;
mod stanza;
pub mod status;
mod unpack;

pub use archive::{Archive, ArchiveError, Member};
pub use control::ControlError;
pub use decode::{Compression, DecodeError, Decoder};
pub use describe::DescribeError;
pub use error::UnpackError;
pub use files::FileFault;
pub use md5sums::SumsError;
pub use release::{Release, ReleaseError, ReleaseFile, ReleaseIndex};
pub use stanza::{StanzaError, StanzaProblem};
pub use unpack::{Expected, open_data, unpack};
