//! The database of what is installed: `lib/apk/db/installed`.

mod parse;
mod print;

use std::ops::Range;
use std::sync::Arc;

use crate::code::{Code, Coded};
use crate::package::{Identity, Package, Sum};
use crate::rootfs::{Mode, Owner, RootPath};

pub use print::{Added, NameError};

/// What is installed, and where each record stands in the file.
#[derive(Clone, Debug)]
pub struct Installed {
    pub(super) text: Arc<[u8]>,
    /// The packages, in the order of the file.
    pub records: Vec<Record>,
}

/// A package that is installed.
#[derive(Clone, Debug)]
pub struct Record {
    /// What it is; `file` is nothing.
    pub package: Package,
    /// What its control section was known by.
    pub identity: Option<Identity>,
    /// How far its `replaces` goes.
    pub replaces_priority: u32,
    /// Its directories, each with the files right in it.
    pub directories: Vec<Directory>,
    /// Its bytes, the empty line after it included.
    pub(super) range: Range<usize>,
}

/// A directory of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    /// Where it is.
    pub path: RootPath,
    /// Who may do what with it.
    pub access: Access,
    /// The files and links right in it.
    pub files: Vec<InstalledFile>,
}

/// A file or link of a package.
#[derive(Clone, Debug)]
pub struct InstalledFile {
    /// Where it is.
    pub path: RootPath,
    /// Who may do what with it.
    pub access: Access,
    /// What its content, or its target, is known by.
    pub sum: Option<Sum>,
    /// The bytes of its lines.
    pub(super) lines: Vec<Range<usize>>,
}

/// Who may do what with a file or directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// Whose it is.
    pub owner: Owner,
    /// What they may do.
    pub mode: Mode,
    /// The SHA-1 of its extended attributes, where it has any.
    pub xattrs: Option<[u8; 20]>,
}

/// A database that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of apk's database: {fault}")]
pub struct InstalledError {
    /// Which line, from 1.
    pub line: usize,
    /// What is wrong.
    pub fault: InstalledFault,
}

/// What is wrong with a line of a database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InstalledFault {
    /// It has another form.
    #[error("expected a letter, `:` and a value")]
    Form,
    /// A text is no UTF-8.
    #[error("the value is no UTF-8")]
    Text,
    /// A record names no package.
    #[error("the record that ends here names no package")]
    NoName,
    /// A file or its attributes come before what they belong to.
    #[error("`{0}:` belongs to nothing before it")]
    Astray(char),
    /// A path cannot be one.
    #[error("`{0}` is no path of an image")]
    Path(String),
    /// Owner and mode are none.
    #[error("`{0}` is no owner and mode, such as `0:0:755`")]
    Access(String),
}

impl Coded for InstalledError {
    fn code(&self) -> Code {
        Code::PackageFormat
    }
}

impl Access {
    /// What a directory without an `M:` has.
    pub const DIRECTORY: Self = Self { owner: Owner::ROOT, mode: Mode::new(0o755), xattrs: None };
    /// What a file without an `a:` has.
    pub const FILE: Self = Self { owner: Owner::ROOT, mode: Mode::new(0o644), xattrs: None };
}

impl Installed {
    /// Reads a database. Keys that are not known are passed over, and what apko alone writes is understood.
    pub fn parse(text: impl Into<Arc<[u8]>>) -> Result<Self, InstalledError> {
        let text = text.into();
        let records = parse::records(&text)?;
        Ok(Self { text, records })
    }

    /// The record of a package.
    pub fn get(&self, name: &str) -> Option<&Record> {
        self.records.iter().find(|record| record.package.name == name)
    }
}

impl Record {
    /// All files and links, by directory.
    pub fn files(&self) -> impl Iterator<Item = &InstalledFile> {
        self.directories.iter().flat_map(|directory| &directory.files)
    }

    /// Whether two records say the same, wherever they stand.
    pub(super) fn says_as(&self, other: &Self) -> bool {
        self.package == other.package
            && self.identity == other.identity
            && self.replaces_priority == other.replaces_priority
            && self.directories == other.directories
    }
}

impl PartialEq for InstalledFile {
    fn eq(&self, other: &Self) -> bool {
        (&self.path, self.access, self.sum) == (&other.path, other.access, other.sum)
    }
}

impl Eq for InstalledFile {}

#[cfg(test)]
mod tests;
