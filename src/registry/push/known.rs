//! What the pushes of a process know together: which repository has what, and what is on its way there.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::interrupt::{Interrupt, Interrupted};
use crate::layer::Home;
use crate::oci::Digest;
use crate::registry::repository::Repository;

/// Which repositories have which blobs and manifests, as pushes that run at a time or one after the other found out.
#[derive(Default)]
pub struct Known {
    holders: Mutex<HashMap<(String, Digest), Holders>>,
    changed: Condvar,
}

/// The repositories of one registry that have a blob or manifest, or get it.
#[derive(Default)]
struct Holders {
    having: BTreeSet<String>,
    getting: BTreeSet<String>,
}

/// How long a wait takes no notice of an interrupt.
const NOTICE: Duration = Duration::from_millis(50);

impl Known {
    /// Notes that a repository has a blob or manifest.
    pub fn add(&self, repository: &Repository, digest: Digest) {
        let mut holders = self.lock();
        let holders = holders.entry((repository.host().to_owned(), digest)).or_default();
        holders.having.insert(repository.name().to_owned());
    }

    /// Whether a repository is known to have a blob or manifest.
    pub fn has(&self, repository: &Repository, digest: Digest) -> bool {
        let holders = self.lock();
        let holders = holders.get(&(repository.host().to_owned(), digest));
        holders.is_some_and(|holders| holders.having.contains(repository.name()))
    }

    /// Forgets that a repository has a blob or manifest.
    pub(super) fn forget(&self, repository: &Repository, digest: Digest) {
        if let Some(holders) = self.lock().get_mut(&(repository.host().to_owned(), digest)) {
            holders.having.remove(repository.name());
        }
    }

    /// Leaves it to the caller to get a blob into a repository; nothing where the repository has it.
    ///
    /// Waits while another push does the same, and, where the registry may mount, while its first repository gets a blob that
    /// the next ones can take over from there.
    pub(super) fn claim<'a>(
        &'a self,
        repository: &'a Repository,
        digest: Digest,
        home: Option<Home<'_>>,
        interrupt: &Interrupt,
    ) -> Result<Option<Claim<'a>>, Interrupted> {
        let (host, name) = (repository.host(), repository.name());
        let mounts = repository.abilities().mount != Some(false);
        let mut all = self.lock();
        loop {
            interrupt.check()?;
            let holders = all.entry((host.to_owned(), digest)).or_default();
            if holders.having.contains(name) {
                return Ok(None);
            }
            let at_home = home.filter(|home| home.host == host).map(|home| home.repository.to_owned());
            let mountable = at_home.or_else(|| holders.having.first().cloned());
            let is_coming = mounts && mountable.is_none() && !holders.getting.is_empty();
            if !is_coming && !holders.getting.contains(name) {
                holders.getting.insert(name.to_owned());
                return Ok(Some(Claim { known: self, repository, digest, mountable, is_done: false }));
            }
            let waited = self.changed.wait_timeout(all, NOTICE);
            all = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(String, Digest), Holders>> {
        self.holders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A blob that one push gets into a repository, while the others wait.
pub(super) struct Claim<'a> {
    known: &'a Known,
    repository: &'a Repository,
    digest: Digest,
    /// A repository of the same registry that has it.
    pub(super) mountable: Option<String>,
    is_done: bool,
}

impl Claim<'_> {
    /// The repository has it now.
    pub(super) fn done(mut self) {
        self.is_done = true;
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let mut all = self.known.lock();
        let holders = all.entry((self.repository.host().to_owned(), self.digest)).or_default();
        holders.getting.remove(self.repository.name());
        if self.is_done {
            holders.having.insert(self.repository.name().to_owned());
        }
        drop(all);
        self.known.changed.notify_all();
    }
}
