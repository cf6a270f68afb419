//! From requests that nothing meets to what is wrong with them.

use std::collections::{BTreeMap, BTreeSet};

use super::needs::{Fit, Need, Whose, need};
use super::provider::exclusions;
use super::rules::{Newer, Rules};
use super::search::{Present, attempt};
use super::stock::{By, Id, Match, Stock};
use super::{Problem, SolveError, Unsolved, Upgrade, newer};
use crate::nearest::nearest;
use crate::package::family::Family;
use crate::package::relation::{Atom, Group};

/// The first request that nothing can meet, whatever else is asked for.
pub(super) fn impossible(
    problem: &Problem<'_>,
    stock: &Stock<'_>,
    rules: &Rules<'_>,
) -> Result<(), SolveError> {
    if let Some(error) = wrong(problem, stock, rules) {
        return Err(error);
    }
    let Upgrade::Names(names) = problem.upgrade else { return Ok(()) };
    let Some(name) = names.iter().find(|name| stock.installed(name).is_none()) else { return Ok(()) };
    let installed = problem.installed.iter().map(|package| &*package.name);
    let nearest = nearest(name, installed).map(str::to_owned);
    let kind = Unsolved::NotInBase { name: name.clone(), nearest };
    Err(SolveError::new(problem.architecture, Vec::new(), kind))
}

/// The first request that is wrong by itself.
fn wrong(problem: &Problem<'_>, stock: &Stock<'_>, rules: &Rules<'_>) -> Option<SolveError> {
    rules.requests.iter().find_map(|&place| {
        let (atom, from) = problem.install(place)?;
        let kind = wrong_by_itself(stock, rules, atom, from)?;
        Some(SolveError::new(problem.architecture, vec![place], kind))
    })
}

/// What is wrong with one request.
fn wrong_by_itself(
    stock: &Stock<'_>,
    rules: &Rules<'_>,
    atom: &Atom,
    from: Option<&str>,
) -> Option<Unsolved> {
    let name = atom.name.clone();
    match need(stock, rules, Whose::Request(from), &Group(vec![atom.clone()])) {
        Need::OneOf(found) => ambiguous(stock, rules, &name, &found),
        Need::Met(_) if rules.assumed.contains(&*name) => None,
        Need::Met(_) => Some(Unsolved::KeptOut { name }),
        Need::Open(_) => None,
        Need::Nothing => Some(nothing(stock, atom, from)),
    }
}

/// A name that is no package's, and that several provide: who asks for one says which (apt's rule).
fn ambiguous(stock: &Stock<'_>, rules: &Rules<'_>, name: &str, found: &[Fit]) -> Option<Unsolved> {
    let is_chosen = |id: Id| stock.is_base(id) || stock.package(id).name == name;
    // What the base has of a name stays as it is.
    let may_be_had = |name: &String| stock.installed(name).is_none() || rules.may_become_newer(name);
    let names = found.iter().map(|fit| stock.package(fit.id).name.clone());
    let names: BTreeSet<String> = names.filter(may_be_had).collect();
    let is_open =
        stock.family == Family::Deb && names.len() > 1 && !found.iter().any(|fit| is_chosen(fit.id));
    is_open.then(|| Unsolved::Virtual {
        name: name.to_owned(),
        by: None,
        providers: names.into_iter().collect(),
    })
}

/// Why nothing is meant by a request.
fn nothing(stock: &Stock<'_>, atom: &Atom, from: Option<&str>) -> Unsolved {
    let name = Atom { name: atom.name.clone(), qualifier: None, version: None };
    let all = stock.matching(&name);
    if all.is_empty() {
        let nearest = nearest(&atom.name, stock.names()).map(str::to_owned);
        return Unsolved::Unknown { name: atom.name.clone(), nearest };
    }
    let untagged = Atom { qualifier: None, ..atom.clone() };
    let request = untagged.written(stock.family).to_string();
    let of_version = stock.matching(&untagged);
    if of_version.is_empty() {
        return Unsolved::Version { request, there: versions(stock, &all) };
    }
    let there: BTreeSet<&str> = of_version.iter().filter_map(|found| stock.tag(found.id)).collect();
    let from = from.unwrap_or_default().to_owned();
    Unsolved::From { request, from, there: there.into_iter().map(str::to_owned).collect() }
}

/// The versions of a name, the newest first.
fn versions(stock: &Stock<'_>, found: &[Match]) -> Vec<String> {
    let version = |one: &Match| match &one.by {
        By::Name => Some(stock.package(one.id).version.clone()),
        By::Provide(version) => version.clone(),
    };
    let mut versions: Vec<String> = found.iter().filter_map(version).collect();
    versions.sort_by(|a, b| stock.order(b, a).then_with(|| a.cmp(b)));
    versions.dedup();
    versions
}

/// Why requests that could each be meant have no solution.
pub(super) fn unsolvable(problem: &Problem<'_>, stock: &Stock<'_>, rules: &Rules<'_>) -> SolveError {
    if let Some(error) = wrong(problem, stock, rules) {
        return error;
    }
    let (rules, trace) = least(problem, stock, rules);
    let diagnosis = Diagnosis { problem, stock, rules: &rules };
    let kind = diagnosis
        .too_old()
        .or_else(|| diagnosis.missing())
        .or_else(|| diagnosis.against_base())
        .or_else(|| diagnosis.against_each_other())
        .unwrap_or(Unsolved::Conflict);
    SolveError { trace, ..SolveError::new(problem.architecture, rules.requests.clone(), kind) }
}

/// As few requests as have no solution, the first ones, and how that comes about.
fn least<'a>(problem: &Problem<'_>, stock: &Stock<'_>, rules: &Rules<'a>) -> (Rules<'a>, String) {
    let mut rules = rules.clone();
    rules.completing.clear();
    let mut trace = match attempt(problem, stock, &rules) {
        Ok(_) => return (rules, String::new()),
        Err(unsolvable) => unsolvable.0,
    };
    for place in rules.requests.clone().into_iter().rev() {
        let mut fewer = rules.clone();
        fewer.requests.retain(|other| *other != place);
        if let Err(unsolvable) = attempt(problem, stock, &fewer) {
            (rules, trace) = (fewer, unsolvable.0);
        }
    }
    (rules, trace)
}

struct Diagnosis<'d, 'a> {
    problem: &'d Problem<'a>,
    stock: &'d Stock<'a>,
    rules: &'d Rules<'d>,
}

impl Diagnosis<'_, '_> {
    /// Whether newer packages of the base would do.
    fn too_old(&self) -> Option<Unsolved> {
        let (rules, present) = newer::where_they_must(self.problem, self.stock, self.rules)?;
        let Newer::Where(names) = rules.newer else { return None };
        let names = names.into_iter().filter_map(|name| {
            let has = self.stock.package(self.stock.installed(&name)?).version.clone();
            let newer = self.stock.named(&name).iter().copied().find(|id| present.contains(id))?;
            Some((name, has, self.stock.package(newer).version.clone()))
        });
        Some(Unsolved::TooOld { names: names.collect() })
    }

    /// What there is not although something needs it.
    fn missing(&self) -> Option<Unsolved> {
        let mut known = BTreeMap::new();
        for (atom, from) in self.rules.requests.iter().filter_map(|place| self.problem.install(*place)) {
            let Need::OneOf(found) =
                need(self.stock, self.rules, Whose::Request(from), &Group(vec![atom.clone()]))
            else {
                continue;
            };
            let ways: Option<Vec<_>> =
                found.iter().map(|fit| self.lacks(fit.id, &mut known, DEPTH)).collect();
            if let Some((id, group)) = ways.and_then(|ways| ways.into_iter().next()) {
                let package = self.stock.package(id);
                return Some(Unsolved::Missing {
                    package: format!("{}={}", package.name, package.version),
                    needs: group.written(self.stock.family).to_string(),
                    name: group.0.first().map(|atom| atom.name.clone()).unwrap_or_default(),
                });
            }
        }
        None
    }

    /// The package, and its need, that keeps one from being added whatever is chosen.
    fn lacks(
        &self,
        id: Id,
        known: &mut BTreeMap<Id, Option<(Id, Group)>>,
        depth: usize,
    ) -> Option<(Id, Group)> {
        if depth == 0 || self.stock.is_base(id) {
            return None;
        }
        if let Some(known) = known.get(&id) {
            return known.clone();
        }
        known.insert(id, None);
        let package = self.stock.package(id);
        let found = package.depends.iter().find_map(|group| {
            match need(self.stock, self.rules, Whose::Package(id), group) {
                Need::Nothing => Some((id, group.clone())),
                Need::OneOf(found) => {
                    let ways: Option<Vec<_>> =
                        found.iter().map(|fit| self.lacks(fit.id, known, depth - 1)).collect();
                    ways?.into_iter().next()
                }
                Need::Met(_) | Need::Open(_) => None,
            }
        });
        known.insert(id, found.clone());
        found
    }

    /// What excludes a package of the base, or wants another version of it.
    fn against_base(&self) -> Option<Unsolved> {
        let present =
            attempt(self.problem, self.stock, &Rules { has_base: false, ..self.rules.clone() }).ok()?;
        for id in present {
            let package = self.stock.package(id);
            if let Some(has) = self.stock.installed(&package.name) {
                let has = self.stock.package(has).version.clone();
                return Some(Unsolved::Fixed {
                    name: package.name.clone(),
                    has,
                    needs: package.version.clone(),
                });
            }
            if let Some(other) = self.stock.base().find(|other| excludes(self.stock, id, *other)) {
                let other = self.stock.package(other).name.clone();
                return Some(Unsolved::Exclude { one: package.name.clone(), other, is_base: true });
            }
        }
        None
    }

    /// Two packages that the requests need each on its own.
    fn against_each_other(&self) -> Option<Unsolved> {
        let alone = |place: &usize| {
            attempt(self.problem, self.stock, &Rules { requests: vec![*place], ..self.rules.clone() }).ok()
        };
        let each: Vec<Present> = self.rules.requests.iter().filter_map(alone).collect();
        let all = each.into_iter().flatten().map(|id| (self.stock.package(id).name.clone(), id));
        let all: BTreeSet<(String, Id)> = all.collect();
        let mut pairs = all.iter().flat_map(|one| all.iter().map(move |other| (one, other)));
        let ((one, _), (other, _)) =
            pairs.find(|((_, one), (_, other))| excludes(self.stock, *one, *other))?;
        Some(Unsolved::Exclude { one: one.clone(), other: other.clone(), is_base: false })
    }
}

/// How far needs are followed in search of what is missing.
const DEPTH: usize = 200;

fn excludes(stock: &Stock<'_>, one: Id, other: Id) -> bool {
    let excludes = |one, other| exclusions(stock, one).iter().any(|(id, _)| *id == other);
    excludes(one, other) || excludes(other, one)
}
