//! What one attempt may choose.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::stock::{By, Id, Match, Stock};
use super::{Problem, Request, Upgrade};
use crate::package::description::{Package, SourcePackage};
use crate::package::family::Family;
use crate::package::locked::Locked;

/// What an attempt has to meet, and what it may choose for that.
#[derive(Clone)]
pub(super) struct Rules<'a> {
    /// The requests, by their place.
    pub(super) requests: Vec<usize>,
    /// Names that are never added.
    pub(super) kept_out: BTreeSet<&'a str>,
    /// Names that count as present.
    pub(super) assumed: BTreeSet<&'a str>,
    /// Which packages of the base may become newer.
    pub(super) newer: Newer,
    /// The base; without one all of it is left out of account.
    pub(super) has_base: bool,
    /// Packages that come by themselves once what they wait for is there.
    pub(super) completing: Vec<Id>,
    /// Packages that would come by themselves, but with which nothing holds.
    pub(super) declined: BTreeSet<Id>,
    /// Tags that requests name.
    pub(super) tags: BTreeSet<&'a str>,
    /// Packages that an attempt chose although nothing that may have them needs them: offers of a tag which nothing that
    /// names it pulls in, and packages that count for a name only where they are there for another reason.
    pub(super) strays: BTreeSet<Id>,
    /// The sources that every platform has, by the name of the package; others are never added. Nothing where each platform
    /// is on its own.
    pub(super) alike: Option<&'a Alike<'a>>,
    /// The packages that may be added, where only some may.
    pub(super) locked: Option<&'a Locked>,
    /// Names of requests: what they name is there for sure.
    pub(super) named: BTreeSet<&'a str>,
}

/// The sources of a name that every platform has.
pub(super) type Alike<'a> = dyn Fn(&str) -> Rc<BTreeSet<SourcePackage>> + 'a;

/// Which packages of the base may become newer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Newer {
    /// These, where they have to.
    Where(BTreeSet<String>),
    /// All, where they have to.
    All,
    /// These, as new as there are.
    Latest(BTreeSet<String>),
}

impl<'a> Rules<'a> {
    /// What a problem says.
    pub(super) fn new(problem: &'a Problem<'a>) -> Self {
        let installs = || {
            let places = 0..problem.requests.len();
            places.filter_map(|place| problem.install(place).map(|(atom, from)| (place, atom, from)))
        };
        let kept_out = problem.requests.iter().filter_map(|request| match request {
            Request::KeepOut(name) => Some(&**name),
            Request::Install { .. } => None,
        });
        Self {
            requests: installs().map(|(place, ..)| place).collect(),
            kept_out: kept_out.collect(),
            assumed: problem.assume.iter().map(|name| &**name).collect(),
            newer: match problem.upgrade {
                Upgrade::No | Upgrade::Auto => Newer::Where(BTreeSet::new()),
                Upgrade::Names(names) => Newer::Latest(names.iter().cloned().collect()),
            },
            has_base: true,
            completing: Vec::new(),
            declined: BTreeSet::new(),
            tags: installs().filter_map(|(_, _, from)| from).collect(),
            strays: BTreeSet::new(),
            alike: None,
            locked: problem.locked,
            named: installs().map(|(_, atom, _)| &*atom.name).collect(),
        }
    }

    /// Whether a package may be part of a solution at all.
    pub(super) fn allows(&self, stock: &Stock<'_>, id: Id) -> bool {
        if stock.is_base(id) {
            return self.has_base;
        }
        let package = stock.package(id);
        !self.kept_out.contains(&*package.name)
            && stock.tag(id).is_none_or(|tag| self.tags.contains(tag) && !self.is_stray(id))
            && self.locked.is_none_or(|locked| locked.allows(&package.name, &package.version))
            && self.is_alike(&package)
            && self.is_new_enough(stock, &package)
    }

    fn is_alike(&self, package: &Package) -> bool {
        self.alike.is_none_or(|alike| alike(&package.name).contains(&package.source))
    }

    /// Nothing becomes older.
    fn is_new_enough(&self, stock: &Stock<'_>, package: &Package) -> bool {
        match stock.installed(&package.name).filter(|_| self.has_base && self.may_become_newer(&package.name))
        {
            Some(id) => stock.order(&package.version, &stock.package(id).version).is_gt(),
            None => true,
        }
    }

    /// Whether a package of the base may become newer.
    pub(super) fn may_become_newer(&self, name: &str) -> bool {
        match &self.newer {
            Newer::Where(names) | Newer::Latest(names) => names.contains(name),
            Newer::All => true,
        }
    }

    /// Whether an attempt chose a package that it should not have.
    pub(super) fn is_stray(&self, id: Id) -> bool {
        self.strays.contains(&id)
    }

    /// Whether a package may be chosen for a name alone: of those that provide one without a version, apk takes only those
    /// that have a priority, or that are asked for by their own names.
    pub(super) fn may_be_chosen(&self, stock: &Stock<'_>, found: &Match) -> bool {
        stock.family == Family::Deb
            || found.by != By::Provide(None)
            || stock.package(found.id).priority > 0
            || self.is_named_by_request(stock, found.id)
    }

    /// Whether a request names a package: one of the name will be there.
    pub(super) fn is_named_by_request(&self, stock: &Stock<'_>, id: Id) -> bool {
        self.named.contains(&*stock.package(id).name)
    }
}
