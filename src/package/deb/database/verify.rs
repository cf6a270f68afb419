//! A `status` that was written, read again and compared with what it should be.

use super::{entry, is_replaced, is_same};
use crate::package::Unpacked;
use crate::package::deb::status::{self, Record, State, StatusError};

/// What a `status` that was written does not hold as it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// It cannot be read.
    #[error(transparent)]
    Status(#[from] StatusError),
    /// A stanza of the base is missing, or another one.
    #[error("stanza of `{0}` in the base is not there as it was")]
    Kept(String),
    /// The stanza of a package that was added is missing, there twice, or another one.
    #[error("stanza of `{0}` is not there once as it was added")]
    Added(String),
    /// A stanza comes from nowhere.
    #[error("stanza of `{0}` comes from nowhere")]
    Unknown(String),
}

/// Compares: all of the base's stanzas but the replaced ones in their order, byte for byte, and each of ours once.
pub(super) fn verify(base: &[u8], written: &[u8], added: &[&Unpacked]) -> Result<(), Mismatch> {
    let (before, after) = (status::read(base)?, status::read(written)?);
    let mut kept = before.iter().filter(|record| !is_replaced(record, added));
    let (ours, others): (Vec<&Record>, _) = after.iter().partition(|record| is_replaced(record, added));
    for record in others {
        let unknown = || Mismatch::Unknown(record.package.name.clone());
        let expected = kept.next().ok_or_else(unknown)?;
        if base[expected.range.clone()].trim_ascii_end() != written[record.range.clone()].trim_ascii_end() {
            return Err(Mismatch::Kept(expected.package.name.clone()));
        }
    }
    if let Some(missing) = kept.next() {
        return Err(Mismatch::Kept(missing.package.name.clone()));
    }
    let is_right = |package: &Unpacked| {
        let mut found = ours.iter().filter(|record| is_same(&record.package, &package.package));
        let is_itself =
            |record: &&Record| record.state == State::Installed && record.fields == entry::installed(package);
        found.next().is_some_and(is_itself) && found.next().is_none()
    };
    match added.iter().find(|package| !is_right(package)) {
        Some(package) => Err(Mismatch::Added(package.package.name.clone())),
        None => Ok(()),
    }
}
