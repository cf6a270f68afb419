//! dpkg's database with more packages in it: the files below `var/lib/dpkg`, as bytes.

mod entry;
mod info;
mod triggers;
mod verify;

use std::collections::BTreeSet;

pub use triggers::triggers;
pub use verify::Mismatch;

use super::stanza::print;
use super::status::{self, Record, StatusError};
use crate::code::{Code, Coded};
use crate::package::{Family, Package, Unpacked};
use crate::rootfs::{Mode, RootPath};

/// What form a base's database has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DatabaseKind {
    /// One file `status`, and lists of each package in `info`, as dpkg writes them.
    Status,
    /// A file for each package in `status.d`, with its sums beside it.
    StatusDirectory,
}

/// A file of the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseFile {
    /// Where it is below `var/lib/dpkg`.
    pub path: RootPath,
    /// Its content.
    pub bytes: Vec<u8>,
    /// Its mode: scripts can be run.
    pub mode: Mode,
}

/// A database that cannot be extended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    /// The base's cannot be read.
    #[error("`var/lib/dpkg/status` cannot be read: {0}")]
    Status(#[from] StatusError),
    /// What was written is not read back as what it should be.
    #[error("`var/lib/dpkg/status` is not read back as it was written: {0}")]
    Mismatch(#[from] Mismatch),
}

impl Coded for DatabaseError {
    fn code(&self) -> Code {
        Code::PackageDatabase
    }
}

impl DatabaseFile {
    fn new(path: &str, bytes: Vec<u8>) -> Self {
        let path = RootPath::parse(path).expect("names of packages and members are components of paths");
        Self { path, bytes, mode: Mode::new(0o644) }
    }
}

/// The files that a database has once packages are added to it, or take the place of others of their names. Each is
/// whole; other files of the database stay as they are, but for those that [`stale`] names.
///
/// `base` is the content of `status`, which only one kind of database has; nothing for the other kind. What is written there
/// was read back.
pub fn files(
    kind: DatabaseKind,
    base: &[u8],
    added: &[&Unpacked],
) -> Result<Vec<DatabaseFile>, DatabaseError> {
    let mut files = match kind {
        DatabaseKind::Status => {
            let written = status(base, added)?;
            verify::verify(base, &written, added)?;
            vec![DatabaseFile::new("status", written), DatabaseFile::new("info/format", b"1\n".to_vec())]
        }
        DatabaseKind::StatusDirectory => Vec::new(),
    };
    for package in added {
        match kind {
            DatabaseKind::Status => files.extend(info::files(package)),
            DatabaseKind::StatusDirectory => files.extend(info::of_directory(package)),
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// The names of files, out of those in `info` or `status.d`, that tell of packages which others took the place of and that
/// are not written again.
pub fn stale<'a>(
    kind: DatabaseKind,
    present: impl IntoIterator<Item = &'a str>,
    added: &[&Unpacked],
    written: &[DatabaseFile],
) -> Vec<&'a str> {
    let written: BTreeSet<&[u8]> = written.iter().map(|file| file.path.name()).collect();
    let is_of_added = |name: &str| added.iter().any(|package| info::is_of(kind, name, package));
    let stale = |name: &&str| is_of_added(name) && !written.contains(name.as_bytes());
    present.into_iter().filter(stale).collect()
}

/// The list of a package's files without those that another took over; nothing where it keeps all.
pub fn without(list: &[u8], lost: &BTreeSet<RootPath>) -> Option<Vec<u8>> {
    let is_lost = |line: &&[u8]| {
        RootPath::parse(line.strip_suffix(b"\n").unwrap_or(line)).is_ok_and(|path| lost.contains(&path))
    };
    let lines = || list.split_inclusive(|byte| *byte == b'\n');
    lines()
        .any(|line| is_lost(&line))
        .then(|| lines().filter(|line| !is_lost(line)).flatten().copied().collect())
}

/// The bytes of `status` with these packages: the base's as they are but for stanzas of those that are replaced, and ours
/// where their names belong in order.
fn status(base: &[u8], added: &[&Unpacked]) -> Result<Vec<u8>, StatusError> {
    let records = status::read(base)?;
    let mut ours: Vec<_> = added.to_vec();
    ours.sort_by(|a, b| a.package.name.cmp(&b.package.name));
    let mut ours = ours.into_iter().peekable();
    let start = |record: Option<&Record>| record.map_or(base.len(), |record| record.range.start);
    let mut written = base[..start(records.first())].to_vec();
    for (at, record) in records.iter().enumerate() {
        while let Some(package) = ours.next_if(|ours| ours.package.name <= record.package.name) {
            push(&mut written, package);
        }
        if !is_replaced(record, added) {
            written.extend_from_slice(&base[record.range.start..start(records.get(at + 1))]);
        }
    }
    ours.for_each(|package| push(&mut written, package));
    Ok(written)
}

/// Adds a stanza, and the empty line after it.
fn push(written: &mut Vec<u8>, package: &Unpacked) {
    // A base's last stanza may lack the empty line after it, or even the end of its last line.
    let is_separate = |written: &[u8]| written.is_empty() || written == b"\n" || written.ends_with(b"\n\n");
    while !is_separate(written) {
        written.push(b'\n');
    }
    written.extend_from_slice(print(&entry::installed(package)).as_bytes());
    written.push(b'\n');
}

/// Whether one of these packages takes the place of a record's.
fn is_replaced(record: &Record, added: &[&Unpacked]) -> bool {
    added.iter().any(|added| is_same(&added.package, &record.package))
}

/// Whether there is room for one of both alone: packages of one name may be installed for several architectures.
fn is_same(a: &Package, b: &Package) -> bool {
    let any = ["", Family::Deb.any_architecture()];
    let is_any = |package: &Package| any.contains(&&*package.architecture);
    a.name == b.name && (a.architecture == b.architecture || is_any(a) || is_any(b))
}

#[cfg(test)]
mod dpkg;
#[cfg(test)]
mod tests;
