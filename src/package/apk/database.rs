//! The database of an image to which packages are added.

use std::collections::{BTreeMap, BTreeSet};

use super::installed::{Added, NameError};
use super::{Installed, InstalledError, Record};
use crate::code::{Code, Coded};
use crate::rootfs::RootPath;

/// What becomes of the packages that a base has.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Those that are gone, or of which another version is added.
    pub gone: BTreeSet<String>,
    /// Files that stay in the image, but are another package's now, by the package they were of.
    pub taken: BTreeMap<String, BTreeSet<RootPath>>,
}

/// A database that cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    /// It cannot hold a path.
    #[error(transparent)]
    Name(#[from] NameError),
    /// What was written cannot be read.
    #[error("what was written cannot be read: {0}")]
    Unreadable(#[from] InstalledError),
    /// What was written is read as something else.
    #[error("apk's database does not say of {0} what was written")]
    Differs(String),
}

impl Coded for DatabaseError {
    fn code(&self) -> Code {
        Code::PackageFormat
    }
}

/// The bytes of a database with packages added: those of the base as they are, but for what is gone or taken, then the records
/// of the packages in the order of their names. It was read again, and says what it has to say.
pub fn database(base: &Installed, changes: &Changes, added: &[Added<'_>]) -> Result<Vec<u8>, DatabaseError> {
    let mut out = Vec::with_capacity(base.text.len());
    let mut expected = Vec::new();
    keep(base, changes, &mut out, &mut expected);
    // A record needs an empty line before it.
    while !out.is_empty() && !out.ends_with(b"\n\n") {
        out.push(b'\n');
    }
    let mut added: Vec<_> = added.iter().collect();
    added.sort_by(|a, b| a.unpacked.package.name.cmp(&b.unpacked.package.name));
    for package in added {
        let (record, read_as) = package.record()?;
        out.extend_from_slice(&record);
        expected.push(read_as);
    }
    let written = Installed::parse(&*out)?;
    compare(&written.records, &expected)?;
    Ok(out)
}

/// Writes what stays of the base, and what that has to be read as.
fn keep(base: &Installed, changes: &Changes, out: &mut Vec<u8>, expected: &mut Vec<Record>) {
    let mut at = 0;
    for record in &base.records {
        let name = &record.package.name;
        if changes.gone.contains(name) {
            out.extend_from_slice(&base.text[at..record.range.start]);
            at = record.range.end;
            continue;
        }
        let mut record = record.clone();
        if let Some(taken) = changes.taken.get(name) {
            for file in record.files().filter(|file| taken.contains(&file.path)) {
                for lines in &file.lines {
                    out.extend_from_slice(&base.text[at..lines.start]);
                    at = lines.end;
                }
            }
            for directory in &mut record.directories {
                directory.files.retain(|file| !taken.contains(&file.path));
            }
        }
        expected.push(record);
    }
    out.extend_from_slice(&base.text[at..]);
}

fn compare(written: &[Record], expected: &[Record]) -> Result<(), DatabaseError> {
    for at in 0..written.len().max(expected.len()) {
        match (written.get(at), expected.get(at)) {
            (Some(written), Some(expected)) if written.says_as(expected) => {}
            (written, expected) => {
                let record = expected.or(written).expect("one of the lists is that long");
                return Err(DatabaseError::Differs(record.package.name.clone()));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
