//! Repositories of packages: indexes and packages, fetched and verified at every hop, and kept in the store.

mod error;
mod fetch;
mod fetched;
mod finding;
mod opened;
mod policy;

use std::fs::File;
use std::io;
use std::sync::Arc;

pub use error::{Problem, RepositoryError};
pub use fetch::{Body, Fetch, FetchError};
pub use fetched::Fetched;
pub use finding::Finding;
pub use opened::{Opened, Repository};
pub use policy::{Policy, Stale};

use crate::interrupt::Interrupt;
use crate::layer::Reading;
use crate::limits::Limits;
use crate::package::{Family, Keyring, Source, Unpacked};
use crate::progress::Progress;
use crate::store::Store;

/// The repositories that the builds of a process share: each index is fetched once, and all builds see the same.
pub struct Repositories {
    client: Arc<dyn Fetch>,
    store: Option<Arc<Store>>,
    spool: Spool,
}

/// Makes a file without a name, for packages where there is no store.
pub type Spool = Box<dyn Fn() -> io::Result<File> + Send + Sync>;

/// What is to be opened.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Whose packages.
    pub family: Family,
    /// The architecture, as the family spells it.
    pub architecture: &'a str,
    /// Where they come from, in the order in which they count.
    pub sources: &'a [Source],
    /// Who has to have signed them.
    pub keyring: &'a Keyring,
    /// What is tolerated.
    pub policy: &'a Policy,
}

/// What work under way needs to know.
#[derive(Clone, Copy)]
pub struct Work<'a> {
    /// The limits on inputs.
    pub limits: &'a Limits,
    /// Shows how far it is.
    pub progress: &'a dyn Progress,
    /// A request to stop.
    pub interrupt: &'a Interrupt,
}

impl Repositories {
    /// Repositories that `client` reaches; what is fetched stays in `store`, where there is one, else in files of `spool`.
    pub fn new(client: Arc<dyn Fetch>, store: Option<Arc<Store>>, spool: Spool) -> Self {
        Self { client, store, spool }
    }

    /// The bytes of a key at a URL.
    pub fn key(&self, url: &str, work: &Work<'_>) -> Result<Vec<u8>, RepositoryError> {
        let _ = (&self.client, &self.store, &self.spool, url, work);
        unimplemented!()
    }

    /// The indexes of all sources for one architecture: fetched at a time, verified and parsed.
    pub fn open(&self, wanted: &Wanted<'_>, work: &Work<'_>) -> Result<Arc<Opened>, RepositoryError> {
        let _ = (wanted, work);
        unimplemented!()
    }

    /// The files of packages by their numbers among the offers, in that order: those that the store lacks are fetched, some at
    /// a time, and verified.
    pub fn fetch(
        &self,
        opened: &Arc<Opened>,
        numbers: &[u32],
        work: &Work<'_>,
    ) -> Result<Vec<Fetched>, RepositoryError> {
        let _ = (opened, numbers, work);
        unimplemented!()
    }

    /// What a package holds: as the store remembers it, else as its bytes say, which are verified once more.
    pub fn unpack(&self, fetched: &Fetched, how: &Reading<'_>) -> Result<Arc<Unpacked>, RepositoryError> {
        let _ = (fetched, how);
        unimplemented!()
    }
}
