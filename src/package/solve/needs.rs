//! What one package or request needs: the packages that would do, the preferred first.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::Note;
use super::rules::Rules;
use super::stock::{By, Id, Match, Stock};
use crate::package::family::Family;
use crate::package::relation::{Atom, Group};

/// What a group of alternatives comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// One of these, the preferred first.
    OneOf(Vec<Fit>),
    /// Nothing: it is assumed, kept out, or the package itself.
    Met(Option<Note>),
    /// A name that several packages provide, none of which may be chosen for it alone (apk): one of these has to be there
    /// for another reason.
    Open(Vec<Id>),
    /// What there is not.
    Nothing,
}

/// A package that meets a group of alternatives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fit {
    pub(super) id: Id,
    /// The place of the alternative that means it.
    pub(super) place: usize,
    /// Whether it may be chosen for this alone, or counts only where it is there for another reason (apk).
    pub(super) may_be_chosen: bool,
}

/// Whose need it is.
#[derive(Clone, Copy)]
pub(super) enum Whose<'a> {
    /// A request's, and the tag or suite that it may be met from.
    Request(Option<&'a str>),
    /// A package's.
    Package(Id),
}

/// What meets a group of alternatives.
pub(super) fn need(stock: &Stock<'_>, rules: &Rules<'_>, whose: Whose<'_>, group: &Group) -> Need {
    let mut choices = Choices::default();
    for (place, atom) in group.0.iter().enumerate() {
        if rules.assumed.contains(&*atom.name) {
            return Need::Met(note(stock, whose, |package| Note::Assumed {
                package,
                name: atom.name.clone(),
            }));
        }
        let mut matches = stock.matching(atom);
        matches.retain(|found| rules.has_base || !stock.is_base(found.id));
        match whose {
            Whose::Package(own) if matches.iter().any(|found| found.id == own) => return Need::Met(None),
            Whose::Package(own) => {
                let name = &stock.package(own).name;
                matches.retain(|found| stock.package(found.id).name != *name);
            }
            Whose::Request(Some(suite)) if stock.family == Family::Deb => {
                matches.retain(|found| stock.is_in(found.id, suite));
            }
            Whose::Request(_) => {}
        }
        choices.add(stock, rules, atom, place, matches);
    }
    choices.ordered(stock, rules, whose)
}

/// What there is to choose from, as it is found.
#[derive(Default)]
struct Choices {
    found: Vec<(Match, usize)>,
    open: Vec<Fit>,
    kept_out: Option<String>,
}

impl Choices {
    fn add(&mut self, stock: &Stock<'_>, rules: &Rules<'_>, atom: &Atom, place: usize, matches: Vec<Match>) {
        if rules.kept_out.contains(&*atom.name) && !matches.iter().any(|found| stock.is_base(found.id)) {
            self.kept_out.get_or_insert_with(|| atom.name.clone());
            return;
        }
        for found in matches {
            let name = &stock.package(found.id).name;
            if stock.is_base(found.id) {
                self.take(found, place);
            } else if rules.kept_out.contains(&**name) {
                self.kept_out.get_or_insert_with(|| name.clone());
            } else if !rules.allows(stock, found.id) {
                // Of another tag, or not there on all platforms.
            } else if rules.may_be_chosen(stock, &found) {
                self.take(found, place);
            } else if !rules.is_stray(found.id) {
                self.open.push(Fit { id: found.id, place, may_be_chosen: false });
            }
        }
    }

    fn take(&mut self, found: Match, place: usize) {
        if !self.found.iter().any(|(other, _)| other.id == found.id) {
            self.found.push((found, place));
        }
    }

    fn ordered(mut self, stock: &Stock<'_>, rules: &Rules<'_>, whose: Whose<'_>) -> Need {
        if self.found.is_empty() {
            return match self.kept_out {
                Some(name) => Need::Met(note(stock, whose, |package| Note::KeptOut { package, name })),
                None if self.open.is_empty() => Need::Nothing,
                None => Need::Open(self.open.into_iter().map(|fit| fit.id).collect()),
            };
        }
        match stock.family {
            Family::Apk => sort_apk(stock, rules, whose, &mut self.found),
            Family::Deb => sort_deb(stock, &mut self.found),
        }
        let found = self.found.into_iter();
        let found = found.map(|(found, place)| Fit { id: found.id, place, may_be_chosen: true });
        Need::OneOf(found.chain(self.open).collect())
    }
}

fn note(stock: &Stock<'_>, whose: Whose<'_>, make: impl FnOnce(String) -> Note) -> Option<Note> {
    match whose {
        Whose::Package(id) => Some(make(stock.package(id).name.clone())),
        Whose::Request(_) => None,
    }
}

/// What the base has, then alternatives as they are declared, what everyone may have before what a tag
/// lets in, the package of the name before those that provide it, these by their priority and name; of one package the
/// newest version.
fn sort_deb(stock: &Stock<'_>, found: &mut [(Match, usize)]) {
    found.sort_by_cached_key(|(one, place)| {
        let package = stock.package(one.id);
        let name = match one.by {
            By::Name => None,
            By::Provide(_) => Some((Reverse(package.priority), package.name.clone())),
        };
        let version = stock.named(&package.name).iter().position(|id| *id == one.id);
        (!stock.is_base(one.id), *place, stock.tag(one.id).is_some(), name, version)
    });
}

/// As apk chooses: the tag that is asked for, none, another one; what the base has, the newest version of the name that is
/// asked for, then package by package (the newest first): priority, the earliest repository, one of the same source as what
/// needs it, the name.
fn sort_apk(stock: &Stock<'_>, rules: &Rules<'_>, whose: Whose<'_>, found: &mut [(Match, usize)]) {
    let standing = |one: &Match| {
        let tag = match (stock.tag(one.id), whose) {
            (Some(tag), Whose::Request(Some(wanted))) if tag == wanted => 0,
            (None, _) => 1,
            (Some(_), _) => 2,
        };
        let is_new = !(stock.is_base(one.id) && one.by != By::Provide(None));
        (tag, !rules.is_named_by_request(stock, one.id), is_new)
    };
    let version = |one: &Match| match &one.by {
        By::Name => Some(stock.package(one.id).version.clone()),
        By::Provide(version) => version.clone(),
    };
    let newer = |a: &Match, b: &Match| match (version(a), version(b)) {
        (Some(a), Some(b)) => stock.order(&b, &a),
        (a, b) => b.is_some().cmp(&a.is_some()),
    };
    let rank = |a: &Match, b: &Match| standing(a).cmp(&standing(b)).then_with(|| newer(a, b));
    found.sort_by(|(a, _), (b, _)| rank(a, b));
    for equal in found.chunk_by_mut(|(a, _), (b, _)| rank(a, b).is_eq()) {
        sort_by_package(stock, whose, equal);
    }
}

/// Keeps the versions of one package together; each package stands where its newest one does.
fn sort_by_package(stock: &Stock<'_>, whose: Whose<'_>, found: &mut [(Match, usize)]) {
    let source = match whose {
        Whose::Package(id) => Some(stock.package(id).source.clone()),
        Whose::Request(_) => None,
    };
    let names: BTreeSet<String> = found.iter().map(|(one, _)| stock.package(one.id).name.clone()).collect();
    let mut names: Vec<_> = names
        .into_iter()
        .map(|name| {
            let of_name = stock.named(&name);
            let newest = of_name.iter().find(|id| found.iter().any(|(one, _)| one.id == **id));
            let newest = *newest.expect("what was found has its name");
            let package = stock.package(newest);
            let is_akin = source.as_ref() == Some(&package.source);
            (Reverse(package.priority), !stock.is_base(newest), stock.repository(newest), !is_akin, name)
        })
        .collect();
    names.sort();
    found.sort_by_cached_key(|(one, _)| {
        let name = &stock.package(one.id).name;
        let package = names.iter().position(|(.., other)| other == name);
        let version = stock.named(name).iter().position(|id| *id == one.id);
        (package, version)
    });
}
