//! What several repositories offer together.

use std::sync::{Arc, OnceLock};

use super::Index;
use super::mentions::Mentions;
use super::names::{Names, NamesBuilder};
use super::record::Outline;
use crate::package::description::Package;
use crate::package::family::Family;
use crate::package::relation::{apk_atoms, apk_provides, deb_provides};
use crate::package::solve::Offers;

/// A repository: its indexes for one architecture.
#[derive(Clone, Debug)]
pub struct Repository {
    /// The tag (apk), or the suite (deb: NotAutomatic), of one that serves only who asks for it.
    pub tag: Option<String>,
    /// Its indexes, in the order of its components.
    pub indexes: Vec<Arc<Index>>,
}

/// The packages of several repositories, in the order of their configuration.
///
/// A version that several have is taken from the first. Repositories with a tag stand apart, as not everyone may have what
/// they offer.
#[derive(Debug)]
pub struct Market {
    repositories: Vec<Repository>,
    packages: Vec<Offered>,
    names: Names,
    provided: Names,
    completing: Names,
    /// Once somebody asked.
    mentions: OnceLock<Mentions>,
}

/// One package on offer.
#[derive(Debug)]
struct Offered {
    /// Its repository, that one's index, and the place in it.
    repository: usize,
    index: usize,
    record: usize,
    /// What it says, once somebody asked.
    package: OnceLock<Arc<Package>>,
}

impl Market {
    /// What these repositories offer.
    pub fn new(repositories: Vec<Repository>) -> Self {
        let count =
            repositories.iter().flat_map(|repository| &repository.indexes).map(|index| index.len()).sum();
        let mut market = Building {
            repositories: &repositories,
            packages: Vec::with_capacity(count),
            names: NamesBuilder::with_capacity(count),
            provided: NamesBuilder::with_capacity(count),
            completing: NamesBuilder::default(),
        };
        for (at, repository) in repositories.iter().enumerate() {
            for (place, index) in repository.indexes.iter().enumerate() {
                for record in 0..index.len() {
                    market.add(Offered { repository: at, index: place, record, package: OnceLock::new() });
                }
            }
        }
        let (packages, names, provided, completing) =
            (market.packages, market.names.finish(), market.provided.finish(), market.completing.finish());
        Self { repositories, packages, names, provided, completing, mentions: OnceLock::new() }
    }

    /// How many packages there are.
    pub fn len(&self) -> usize {
        self.packages.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.packages.is_empty()
    }
}

impl Offers for Market {
    fn named(&self, name: &str) -> &[u32] {
        self.names.get(name)
    }

    fn providing(&self, name: &str) -> &[u32] {
        self.provided.get(name)
    }

    fn completing(&self, name: &str) -> &[u32] {
        self.completing.get(name)
    }

    fn package(&self, number: u32) -> Arc<Package> {
        let offered = &self.packages[number as usize];
        let read = || Arc::new(offered.index(&self.repositories).package(offered.record));
        offered.package.get_or_init(read).clone()
    }

    fn repository(&self, number: u32) -> usize {
        self.packages[number as usize].repository
    }

    fn tag(&self, repository: usize) -> Option<&str> {
        self.repositories[repository].tag.as_deref()
    }

    fn mention(&self, name: &str) -> Option<u32> {
        let indexes = self.repositories.iter().flat_map(|repository| &repository.indexes);
        let read = || Mentions::new(&self.names, indexes.map(|index| &**index));
        self.mentions.get_or_init(read).place(&self.names, name)
    }

    fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        Box::new(self.names.iter())
    }
}

/// A market while packages come in.
struct Building<'a> {
    repositories: &'a [Repository],
    packages: Vec<Offered>,
    names: NamesBuilder,
    provided: NamesBuilder,
    completing: NamesBuilder,
}

impl Building<'_> {
    /// Adds a package, unless its version is there.
    fn add(&mut self, offered: Offered) {
        let Self { repositories, packages, names, provided, completing } = self;
        let outline = offered.outline(repositories);
        let tag = |offered: &Offered| &repositories[offered.repository].tag;
        let is_same = |number: u32| {
            let other = &packages[number as usize];
            tag(other) == tag(&offered) && other.outline(repositories).version == outline.version
        };
        let number = u32::try_from(packages.len()).expect("so many packages are in no memory");
        if !names.add_unless(outline.name, number, is_same) {
            return;
        }
        let provides = match offered.index(repositories).family {
            Family::Apk => apk_provides(outline.provides),
            Family::Deb => deb_provides(outline.provides),
        };
        for provide in provides {
            provided.add(&provide.name, number);
        }
        for atom in apk_atoms(outline.install_if) {
            completing.add(&atom.name, number);
        }
        packages.push(offered);
    }
}

impl Offered {
    fn index<'a>(&self, repositories: &'a [Repository]) -> &'a Index {
        &repositories[self.repository].indexes[self.index]
    }

    fn outline<'a>(&self, repositories: &'a [Repository]) -> Outline<'a> {
        self.index(repositories).outline(self.record)
    }
}

#[cfg(test)]
mod tests;
