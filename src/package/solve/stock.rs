//! Everything there is to choose from, numbered: the packages of the base first, then the offers as they are reached.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use super::{Offers, Problem};
use crate::package::description::{MultiArch, Package, SourcePackage};
use crate::package::family::Family;
use crate::package::relation::Atom;
use crate::package::version::compare;

/// A package of a [`Stock`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Id(pub(super) u32);

/// The packages of one platform. Offers are asked for once each, and only those that something names.
pub(super) struct Stock<'a> {
    pub(super) family: Family,
    pub(super) architecture: &'a str,
    offers: &'a dyn Offers,
    mentions: &'a dyn Offers,
    base: Vec<Arc<Package>>,
    base_named: BTreeMap<&'a str, Id>,
    base_providing: BTreeMap<&'a str, Vec<Id>>,
    met: RefCell<Met>,
}

/// The offers that something has named.
#[derive(Default)]
struct Met {
    offers: Vec<(u32, Arc<Package>)>,
    ids: HashMap<u32, Id>,
    named: HashMap<String, Rc<[Id]>>,
}

/// A package that an atom means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Match {
    /// The package.
    pub(super) id: Id,
    /// How it has the name.
    pub(super) by: By,
}

/// How a package has a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// It is its own.
    Name,
    /// It provides it, with a version or without.
    Provide(Option<String>),
}

impl<'a> Stock<'a> {
    /// What a problem has to choose from.
    pub(super) fn new(problem: &Problem<'a>) -> Self {
        let mut stock = Self {
            family: problem.family,
            architecture: problem.architecture,
            offers: problem.offers,
            mentions: problem.offers,
            base: Vec::new(),
            base_named: BTreeMap::new(),
            base_providing: BTreeMap::new(),
            met: RefCell::default(),
        };
        for package in problem.installed {
            stock.add_to_base(package);
        }
        stock
    }

    /// The same, which goes by another platform's order of mentions, so that both choose alike.
    pub(super) fn mentioned_as(self, problem: &Problem<'a>) -> Self {
        Self { mentions: problem.offers, ..self }
    }

    /// Packages of other architectures serve only where they say so; the first of a name counts.
    fn add_to_base(&mut self, package: &'a Package) {
        let is_native =
            [self.architecture, self.family.any_architecture(), ""].contains(&&*package.architecture);
        if (!is_native && package.multi_arch != MultiArch::Foreign)
            || self.base_named.contains_key(&*package.name)
        {
            return;
        }
        let id = Id(u32::try_from(self.base.len()).expect("a base has fewer than 2^32 packages"));
        self.base_named.insert(&package.name, id);
        for provide in &package.provides {
            let providers = self.base_providing.entry(&provide.name).or_default();
            if providers.last() != Some(&id) {
                providers.push(id);
            }
        }
        self.base.push(Arc::new(package.clone()));
    }

    /// Every package of the base.
    pub(super) fn base(&self) -> impl Iterator<Item = Id> + use<> {
        (0..self.base.len() as u32).map(Id)
    }

    /// The package of the base that has a name.
    pub(super) fn installed(&self, name: &str) -> Option<Id> {
        self.base_named.get(name).copied()
    }

    /// Whether there are packages of a name, in the base or to choose from.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.installed(name).is_some() || !self.offers.named(name).is_empty()
    }

    pub(super) fn is_base(&self, id: Id) -> bool {
        (id.0 as usize) < self.base.len()
    }

    pub(super) fn package(&self, id: Id) -> Arc<Package> {
        match self.base.get(id.0 as usize) {
            Some(package) => Arc::clone(package),
            None => Arc::clone(&self.met.borrow().offers[id.0 as usize - self.base.len()].1),
        }
    }

    /// The number of an offer; nothing for a package of the base.
    pub(super) fn offer(&self, id: Id) -> Option<u32> {
        let at = (id.0 as usize).checked_sub(self.base.len())?;
        Some(self.met.borrow().offers[at].0)
    }

    /// The repository of an offer; nothing for a package of the base.
    pub(super) fn repository(&self, id: Id) -> Option<usize> {
        self.offer(id).map(|offer| self.offers.repository(offer))
    }

    /// The tag of an offer's repository.
    pub(super) fn tag(&self, id: Id) -> Option<&'a str> {
        self.repository(id).and_then(|repository| self.offers.tag(repository))
    }

    /// Whether an offer is of a tag or suite; what the base has is, where there is the same version.
    pub(super) fn is_in(&self, id: Id, tag: &str) -> bool {
        let package = self.package(id);
        let is_of = |offer: &u32| self.offers.tag(self.offers.repository(*offer)) == Some(tag);
        match self.is_base(id) {
            false => self.tag(id) == Some(tag),
            true => self.offers.named(&package.name).iter().any(|offer| {
                is_of(offer) && self.order(&self.offers.package(*offer).version, &package.version).is_eq()
            }),
        }
    }

    /// The packages of a name: the one of the base, those without a tag, then those with one, the newest first; of one
    /// version that of the earliest repository. An offer that is what the base has is not among them.
    pub(super) fn named(&self, name: &str) -> Rc<[Id]> {
        if let Some(known) = self.met.borrow().named.get(name) {
            return Rc::clone(known);
        }
        let installed = self.installed(name);
        let mut ids: Vec<Id> = self.offers.named(name).iter().map(|offer| self.meet(*offer)).collect();
        let has = installed.map(|id| self.package(id).version.clone());
        ids.retain(|id| has.as_ref().is_none_or(|has| self.order(&self.package(*id).version, has).is_ne()));
        ids.sort_by(|a, b| {
            let newer = || self.order(&self.package(*b).version, &self.package(*a).version);
            let tag = self.tag(*a).is_some().cmp(&self.tag(*b).is_some());
            tag.then_with(newer).then_with(|| self.place(*a).cmp(&self.place(*b)))
        });
        let named: Rc<[Id]> = installed.into_iter().chain(ids).collect();
        self.met.borrow_mut().named.insert(name.to_owned(), Rc::clone(&named));
        named
    }

    /// Where an offer stands among those of one version.
    fn place(&self, id: Id) -> (Option<usize>, Option<u32>) {
        (self.repository(id), self.offer(id))
    }

    /// The packages that provide a name, whatever version it has; those of the base first.
    fn providing(&self, name: &str) -> Vec<Id> {
        let mut ids = self.base_providing.get(name).cloned().unwrap_or_default();
        let offers: Vec<Id> = self.offers.providing(name).iter().map(|offer| self.meet(*offer)).collect();
        ids.extend(offers.into_iter().filter(|id| self.named(&self.package(*id).name).contains(id)));
        ids
    }

    /// The packages that an atom means.
    pub(super) fn matching(&self, atom: &Atom) -> Vec<Match> {
        let mut matches = Vec::new();
        for &id in &*self.named(&atom.name) {
            let package = self.package(id);
            if atom.accepts(self.family, Some(&package.version)) && self.serves(&package, atom) {
                matches.push(Match { id, by: By::Name });
            }
        }
        for id in self.providing(&atom.name) {
            let package = self.package(id);
            let provides = package.provides.iter().filter(|provide| {
                provide.name == atom.name && atom.accepts(self.family, provide.version.as_deref())
            });
            let provide = provides.max_by_key(|provide| provide.version.is_some());
            if let Some(provide) = provide
                && self.serves(&package, atom)
                && !matches.iter().any(|other: &Match| other.id == id)
            {
                matches.push(Match { id, by: By::Provide(provide.version.clone()) });
            }
        }
        matches
    }

    /// Whether a package serves the architecture that an atom asks for (deb).
    fn serves(&self, package: &Package, atom: &Atom) -> bool {
        match (self.family, atom.qualifier.as_deref()) {
            (Family::Apk, _) | (Family::Deb, None | Some("native")) => true,
            (Family::Deb, Some("any")) => package.multi_arch == MultiArch::Allowed,
            (Family::Deb, Some(architecture)) => {
                architecture == package.architecture
                    || (architecture == self.architecture
                        && package.architecture == self.family.any_architecture())
            }
        }
    }

    /// The place of a name in the order in which lists name packages first.
    pub(super) fn mention(&self, name: &str) -> Option<u32> {
        self.mentions.mention(name)
    }

    /// The offers that come by themselves where a name is there.
    pub(super) fn completing(&self, name: &str) -> Vec<Id> {
        self.offers.completing(name).iter().map(|offer| self.meet(*offer)).collect()
    }

    /// How two versions stand to each other.
    pub(super) fn order(&self, a: &str, b: &str) -> Ordering {
        compare(self.family, a, b)
    }

    /// The sources that the packages of a name are built from.
    pub(super) fn sources(&self, name: &str) -> Vec<SourcePackage> {
        self.named(name).iter().map(|id| self.package(*id).source.clone()).collect()
    }

    /// All names of packages.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.offers.names().chain(self.base_named.keys().copied())
    }

    fn meet(&self, offer: u32) -> Id {
        let mut met = self.met.borrow_mut();
        if let Some(id) = met.ids.get(&offer) {
            return *id;
        }
        let number = self.base.len() + met.offers.len();
        let id = Id(u32::try_from(number).expect("offers are numbered by u32"));
        met.offers.push((offer, self.offers.package(offer)));
        met.ids.insert(offer, id);
        id
    }
}
