//! The store, the registries and the directories that a build works with.

use std::env;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use super::args::Build;
use super::failure::Failure;
use super::store;
use crate::code::Code;
use crate::interrupt::Interrupt;
use crate::ops::build::Options;
use crate::ops::remembered::Remembered;
use crate::ops::workspace::Workspace;
use crate::registry::{Registries, Settings};
use crate::store::Store;

/// What the arguments and the environment say.
pub(super) fn workspace(
    args: &Build,
    options: &Options,
    settings: Settings,
    interrupt: &Interrupt,
) -> Result<Workspace, Failure> {
    let store = store::open(&args.store, |warning| {
        if !args.json && !args.quiet {
            super::tell(warning);
        }
    })?;
    let store = store.map(Arc::new);
    let remembered = Box::new(Remembered::by(store.clone()));
    let registries = Registries::new(settings, remembered, &options.limits, interrupt);
    let scratch = scratch(store.as_deref());
    Workspace::new(jobs(args), store, registries, scratch)
        .map_err(|error| Failure::of(Code::Io, &error.to_string(), None))
}

/// Threads that work at a time.
pub(super) fn jobs(args: &Build) -> usize {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    args.jobs.map_or(processors, usize::from)
}

/// Where blobs are made that go to no output on this machine's disks: beside the store's, else where large files may lie for
/// a while, which `/tmp` is not where it is in memory.
fn scratch(store: Option<&Store>) -> PathBuf {
    if let Some(store) = store {
        return store.path().to_owned();
    }
    let large = PathBuf::from("/var/tmp");
    match env::var_os("TMPDIR").filter(|dir| !dir.is_empty()) {
        None if large.is_dir() => large,
        _ => env::temp_dir(),
    }
}
