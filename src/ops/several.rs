//! Several specifications in one call, which share what they read, make and send.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::build::{BuildError, Options, Wanted, build};
use super::report::Report;
use super::workspace::Workspace;
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::spec::{Base, SpecFile, Specification};

/// A specification and the file it is in.
pub struct Item {
    /// The file.
    pub file: SpecFile,
    /// What it says.
    pub specification: Specification,
}

/// What all builds of a call have in common.
pub struct Several<'a> {
    /// Where images go.
    pub wanted: &'a Wanted,
    /// How to build.
    pub options: &'a Options,
    /// What the builds share.
    pub workspace: &'a Workspace,
    /// How many are built at a time.
    pub at_a_time: usize,
    /// Who is told how it goes.
    pub progress: &'a dyn Progress,
    /// Whether to stop.
    pub interrupt: &'a Interrupt,
    /// Told of each, by its number, as soon as it is done.
    pub done: &'a (dyn Fn(usize, &Result<Report, BuildError>) + Sync),
}

impl Several<'_> {
    /// Builds all; the results in the order of the items. A failure of one does not stop the others.
    ///
    /// Of those with the same inputs the first is built before the others, so that nobody reads or makes what another is
    /// about to know.
    pub fn build(&self, items: &[Item]) -> Vec<Result<Report, BuildError>> {
        let (first, rest) = leaders(items);
        let results: Vec<_> = items.iter().map(|_| Mutex::new(None)).collect();
        let run = |number: usize| {
            let item = &items[number];
            let (file, specification) = (&item.file, &item.specification);
            let Self { wanted, options, workspace, progress, interrupt, .. } = *self;
            let built = build(file, specification, wanted, options, workspace, progress, interrupt);
            (self.done)(number, &built);
            *results[number].lock().unwrap_or_else(PoisonError::into_inner) = Some(built);
        };
        first.into_iter().for_each(run);
        let next = AtomicUsize::new(0);
        let work = || {
            while let Some(number) = rest.get(next.fetch_add(1, Ordering::Relaxed)) {
                run(*number);
            }
        };
        thread::scope(|scope| (0..self.at_a_time.min(rest.len())).for_each(|_| drop(scope.spawn(work))));
        let result = |one: Mutex<Option<_>>| one.into_inner().unwrap_or_else(PoisonError::into_inner);
        results.into_iter().map(|one| result(one).expect("every item was built")).collect()
    }
}

/// The first of all items with the same inputs, and the others.
fn leaders(items: &[Item]) -> (Vec<usize>, Vec<usize>) {
    let mut seen = HashSet::new();
    (0..items.len()).partition(|number| seen.insert(inputs(&items[*number].specification)))
}

/// The names of all images that a specification takes something from.
fn inputs(specification: &Specification) -> Vec<String> {
    let Specification::Image(customization) = specification else { return Vec::new() };
    let base = |base: &Base| match base {
        Base::Image(locator) => locator.value.to_string(),
        Base::Definition(id) => id.value.to_string(),
    };
    let bases = customization.targets.iter().map(|target| base(&target.base));
    let artifacts = customization.artifacts.iter().map(|artifact| artifact.source.value.to_string());
    bases.chain(artifacts).collect()
}
