//! Packages that are there: verified, read and laid out.

use std::io::Read;
use std::sync::Arc;

use super::base::Database;
use super::fragments::Fragment;
use super::installed::Base;
use super::records::Record;
use crate::contents::Payload;
use crate::layer::Reading;
use crate::oci::Digest;
use crate::package::{Choice, Family, Note, Unpacked};
use crate::repositories::{Fetched, RepositoryError, Sources};

/// The packages that an image gets.
pub struct Provision {
    pub(super) base: Base,
    /// The packages, in the order of their names.
    pub packages: Vec<Provided>,
    /// What their layer holds.
    pub payload: Payload,
    /// What the database becomes.
    pub records: Vec<Record>,
    /// What packages say of the config.
    pub fragments: Vec<Fragment>,
    /// What people want to know of the choice.
    pub notes: Vec<Note>,
    /// The repositories they were chosen from.
    pub sources: Arc<Sources>,
}

/// A package that an image gets.
pub struct Provided {
    /// What it is and why it is there.
    pub choice: Choice,
    pub(super) file: Fetched,
    /// What it holds.
    pub unpacked: Arc<Unpacked>,
    /// The tag of its repository (apk).
    pub tag: Option<String>,
    /// What the repository is called that it comes from.
    pub repository: String,
}

impl Provision {
    /// Whose packages they are.
    pub fn family(&self) -> Family {
        self.base.database.kind.family()
    }

    /// The database they are entered in.
    pub fn database(&self) -> &Database {
        &self.base.database
    }
}

impl Provided {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.choice.package.name
    }

    /// The digest of its file.
    pub fn digest(&self) -> Digest {
        *self.file.digest()
    }

    /// Bytes of its file.
    pub fn size(&self) -> u64 {
        self.file.size()
    }

    /// Its data tar, decoded; whoever reads it to its end has verified it.
    pub fn open_data<'a>(&'a self, how: &Reading<'a>) -> Result<Box<dyn Read + Send + 'a>, RepositoryError> {
        self.file.open_data(how)
    }
}
