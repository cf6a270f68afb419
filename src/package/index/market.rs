//! What several repositories offer together.

use std::sync::{Arc, OnceLock};

use super::Index;
use super::names::{Names, NamesBuilder};
use crate::package::description::{Package, Stanza};
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
        let mut market = Building {
            repositories: &repositories,
            packages: Vec::new(),
            names: NamesBuilder::default(),
            provided: NamesBuilder::default(),
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
        Self { repositories, packages, names, provided, completing }
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
        let index = &self.repositories[offered.repository].indexes[offered.index];
        offered.package.get_or_init(|| Arc::new(index.package(offered.record))).clone()
    }

    fn repository(&self, number: u32) -> usize {
        self.packages[number as usize].repository
    }

    fn tag(&self, repository: usize) -> Option<&str> {
        self.repositories[repository].tag.as_deref()
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

impl<'a> Building<'a> {
    fn index(&self, offered: &Offered) -> &'a Index {
        &self.repositories[offered.repository].indexes[offered.index]
    }

    fn stanza(&self, offered: &Offered) -> Stanza<'a> {
        self.index(offered).record(offered.record).stanza
    }

    /// Adds a package, unless its version is there.
    fn add(&mut self, offered: Offered) {
        let stanza = self.stanza(&offered);
        let tag = |offered: &Offered| &self.repositories[offered.repository].tag;
        let is_same = |number: u32| {
            let other = &self.packages[number as usize];
            tag(other) == tag(&offered) && self.stanza(other).version == stanza.version
        };
        if self.names.so_far(stanza.name).any(is_same) {
            return;
        }
        let number = u32::try_from(self.packages.len()).expect("so many packages are in no memory");
        self.names.add(stanza.name, number);
        let provides = match self.index(&offered).family {
            Family::Apk => apk_provides(stanza.provides),
            Family::Deb => deb_provides(stanza.provides),
        };
        for provide in provides {
            self.provided.add(&provide.name, number);
        }
        for atom in apk_atoms(stanza.install_if) {
            self.completing.add(&atom.name, number);
        }
        self.packages.push(offered);
    }
}

#[cfg(test)]
mod tests;
