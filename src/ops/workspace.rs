//! What all builds of a process share: the store, the registries, and what was read of inputs.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::build::BuildError;
use crate::assemble::Shared;
use crate::oci::Digest;
use crate::plan::Remotes;
use crate::registry::{Known, Registries};
use crate::repositories::Repositories;
use crate::store::Store;

/// The places that builds work with; builds at the same time share one.
pub struct Workspace {
    /// What builds keep for those after them; the bytes are the same without.
    pub store: Option<Arc<Store>>,
    /// The images in registries.
    pub remotes: Remotes,
    /// The repositories that packages come from.
    pub repositories: Repositories,
    /// Where blobs are made that are written to no output on this machine's disks.
    pub scratch: PathBuf,
    /// How many blobs are sent at a time.
    pub transfers: usize,
    /// What was learned of the repositories that are pushed to.
    pub(super) known: Known,
    /// What the builds wrote by now, by its full name.
    claims: Mutex<HashMap<String, Digest>>,
    /// What was read of inputs, where several builds use it.
    pub(super) shared: Option<Shared>,
    pub(super) pool: rayon::ThreadPool,
    pub(super) jobs: usize,
}

/// Threads that cannot be started.
#[derive(Debug, thiserror::Error)]
#[error("threads cannot be started: {0}")]
pub struct ThreadsError(String);

impl Workspace {
    /// A workspace where `jobs` threads work at a time; at least one.
    pub fn new(
        jobs: usize,
        store: Option<Arc<Store>>,
        registries: Registries,
        scratch: PathBuf,
    ) -> Result<Self, ThreadsError> {
        let client = registries.http().clone();
        let spool = scratch.clone();
        let spool = Box::new(move || tempfile::tempfile_in(&spool));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build();
        Ok(Self {
            repositories: Repositories::new(client, store.clone(), spool),
            remotes: Remotes::new(registries, store.clone()),
            store,
            scratch,
            transfers: TRANSFERS,
            known: Known::default(),
            claims: Mutex::default(),
            shared: None,
            pool: pool.map_err(|error| ThreadsError(error.to_string()))?,
            jobs,
        })
    }

    /// Takes a full name for an index, unless another build of this process gave it to another one.
    pub(super) fn claim(&self, name: &str, index: &[u8]) -> Result<(), BuildError> {
        let index = Digest::of(index);
        let mut claims = self.claims.lock().unwrap_or_else(PoisonError::into_inner);
        match *claims.entry(name.to_owned()).or_insert(index) {
            first if first == index => Ok(()),
            _ => Err(BuildError::NameTwice { name: name.to_owned() }),
        }
    }

    /// The same for several builds: what they read of inputs stays in memory for the next.
    pub fn for_several(self) -> Self {
        Self { shared: Some(Shared::default()), ..self }
    }
}

/// Enough to fill a line, few enough for any registry.
const TRANSFERS: usize = 4;
