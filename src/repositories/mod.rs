//! Repositories of packages: indexes and packages, fetched and verified at every hop, and kept in the store.
//!
//! What an index says is trusted as far as somebody has signed it who is trusted with it, and as long as it is not older than
//! what was seen before; what a package holds, as far as its index promises it. What the store has is held against the same
//! promises each time it is read.

mod apk;
mod deb;
mod download;
mod error;
mod fetched;
mod finding;
mod freshness;
mod memo;
mod opened;
mod place;
mod policy;
mod record;
#[cfg(test)]
mod sample;
mod suite;

use std::fmt;
use std::fs::File;
use std::io;
use std::sync::Arc;

pub use error::{Problem, RepositoryError};
pub use fetched::Fetched;
pub use finding::Finding;
pub use opened::{Opened, Repository, Sources};
pub use policy::{Policy, Stale};

use crate::http::Client;
use crate::interrupt::Interrupt;
use crate::layer::{Reading, Trust};
use crate::limits::{Budget, Limits};
use crate::oci::Digest;
use crate::package::{Family, Keyring, SignedBy, Source, Unpacked};
use crate::pool;
use crate::progress::Progress;
use crate::store::Store;
use memo::Memo;
use opened::OpenedSource;
use place::Place;
use suite::Suite;

/// The repositories that the builds of a process share: each index is fetched once, and all builds see the same.
#[derive(Clone)]
pub struct Repositories(Arc<Shared>);

/// Makes a file without a name, for packages where there is no store.
pub type Spool = Box<dyn Fn() -> io::Result<File> + Send + Sync>;

struct Shared {
    client: Client,
    store: Option<Arc<Store>>,
    spool: Spool,
    suites: Memo<(String, String, Vec<SignedBy>, Digest, Policy), Suite>,
    sources: Memo<(Source, String, Digest, Policy), OpenedSource>,
    opened: Memo<(Vec<Source>, String, Digest, Policy), Opened>,
    fetched: Memo<opened::FileKey, Fetched>,
}

/// What is to be opened.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Whose packages.
    pub family: Family,
    /// The architecture, as the family spells it.
    pub architecture: &'a str,
    /// Where they come from, in the order in which they count; all are of the family.
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
    /// What the build may still read.
    pub budget: &'a Budget,
    /// Shows how far it is.
    pub progress: &'a dyn Progress,
    /// A request to stop.
    pub interrupt: &'a Interrupt,
}

/// Requests to servers at a time.
const AT_A_TIME: usize = 8;

impl Repositories {
    /// Repositories that `client` reaches; what is fetched stays in `store`, where there is one, else in files of `spool`.
    pub fn new(client: Client, store: Option<Arc<Store>>, spool: Spool) -> Self {
        let (suites, sources, opened, fetched) =
            (Memo::default(), Memo::default(), Memo::default(), Memo::default());
        Self(Arc::new(Shared { client, store, spool, suites, sources, opened, fetched }))
    }

    /// The bytes of a key at a URL.
    pub fn key(&self, url: &str, work: &Work<'_>) -> Result<Vec<u8>, RepositoryError> {
        let place = Place::parse(url).map_err(|problem| problem.of("`contents.keyring`"))?;
        let limit = ("document-bytes", work.limits.document_bytes);
        let bytes = place.read(&self.0.client, limit).and_then(|bytes| bytes.ok_or(Problem::Absent));
        bytes.map_err(|problem| problem.of(&place))
    }

    /// The indexes of all sources for one architecture: fetched some at a time, verified and parsed. What was opened before
    /// is the same.
    pub fn open(&self, wanted: &Wanted<'_>, work: &Work<'_>) -> Result<Arc<Opened>, RepositoryError> {
        let Wanted { architecture, sources, keyring, policy, .. } = *wanted;
        let key = (sources.to_vec(), architecture.to_owned(), keyring.digest(), policy.clone());
        self.0.opened.get(key, || {
            let numbered: Vec<_> = sources.iter().enumerate().collect();
            let sources =
                pool::each(AT_A_TIME, &numbered, |(at, source)| self.source(*at, source, wanted, work))?;
            Ok(Opened::new(wanted, &sources))
        })
    }

    /// Forgets what was opened, so that it is asked for anew: for those who find that it has changed meanwhile
    /// ([`RepositoryError::is_superseded`]).
    pub fn forget(&self) {
        self.release();
        self.0.suites.clear();
    }

    /// Lets go of all indexes: for those who have chosen, and after whom nobody will.
    pub fn release(&self) {
        self.0.opened.clear();
        self.0.sources.clear();
    }

    /// The files of packages by their numbers among the offers, in that order: those that the store lacks are fetched, some at
    /// a time, and verified.
    pub fn fetch(
        &self,
        opened: &Arc<Opened>,
        numbers: &[u32],
        work: &Work<'_>,
    ) -> Result<Vec<Fetched>, RepositoryError> {
        pool::each(AT_A_TIME, numbers, |number| {
            let key = opened.key(*number);
            let fetched = self.0.fetched.get(key, || Fetched::get(&self.0, opened, *number, work))?;
            Ok(Fetched::clone(&fetched))
        })
    }

    /// What a package holds: as the store remembers it, else as its bytes say, which are verified once more.
    pub fn unpack(&self, fetched: &Fetched, how: &Reading<'_>) -> Result<Arc<Unpacked>, RepositoryError> {
        fetched.unpack(how)
    }

    fn source(
        &self,
        at: usize,
        source: &Source,
        wanted: &Wanted<'_>,
        work: &Work<'_>,
    ) -> Result<Arc<OpenedSource>, RepositoryError> {
        let (keyring, policy) = (wanted.keyring.digest(), wanted.policy.clone());
        let key = (source.clone(), wanted.architecture.to_owned(), keyring, policy);
        self.0.sources.get(key, || match source {
            Source::Apk { url, tag, index } => {
                let (tag, index) = (tag.as_deref(), index.as_deref());
                apk::open(apk::Configured { at, source, url, tag, index }, wanted, &self.0, work)
            }
            Source::Deb { url, suite, components, architectures, signed_by } => {
                let configured =
                    deb::Configured { at, source, url, suite, components, architectures, signed_by };
                deb::open(configured, wanted, &self.0, work)
            }
        })
    }
}

impl<'a> Work<'a> {
    /// How packages and indexes are read: as artifacts are.
    fn reading(&self) -> Reading<'a> {
        let Self { limits, budget, interrupt, .. } = *self;
        Reading { trust: Trust::Artifact, allow_devices: false, limits, budget, interrupt }
    }
}

impl fmt::Debug for Repositories {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Repositories")
    }
}

#[cfg(test)]
mod tests;
