//! Attempts, until one holds: what comes by itself, and what a tag lets in, is known only once there is a solution.

use std::collections::BTreeSet;
use std::fmt::{self, Write};

use resolvo::{ConditionalRequirement, Solver, UnsolvableOrCancelled};

use super::Problem;
use super::eager::Eager;
use super::links::{link, links};
use super::needs::Whose;
use super::provider::Provider;
use super::rules::{Newer, Rules};
use super::stock::{Id, Stock};
use crate::package::family::Family;
use crate::package::relation::{Atom, Group};

/// Everything that is there in the end, the base among it.
pub(super) type Present = BTreeSet<Id>;

/// No set of packages does: how that comes about, line by line; nothing where packages that come by themselves count.
#[derive(Debug)]
pub(super) struct Unsolvable(pub(super) String);

/// The packages that meet what the rules ask for; the rules become those of the last attempt.
pub(super) fn search(
    problem: &Problem<'_>,
    stock: &Stock<'_>,
    rules: &mut Rules<'_>,
) -> Result<Present, Unsolvable> {
    let mut present = attempt(problem, stock, rules)?;
    loop {
        let strays = strays(problem, stock, rules, &present);
        if !strays.is_empty() {
            rules.strays.extend(strays);
            present = attempt(problem, stock, rules)?;
            continue;
        }
        let new = complete(stock, rules, &present);
        if new.is_empty() {
            return Ok(present);
        }
        present = added(problem, stock, rules, present, new);
    }
}

/// One run of the solver.
pub(super) fn attempt(
    problem: &Problem<'_>,
    stock: &Stock<'_>,
    rules: &Rules<'_>,
) -> Result<Present, Unsolvable> {
    let provider = Provider::new(stock, rules, Eager::new(problem, stock, rules));
    let requirements = requirements(problem, stock, rules, &provider)?;
    let mut solver = Solver::new(provider);
    match solver.solve(resolvo::Problem::new().requirements(requirements)) {
        Ok(chosen) => Ok(chosen.into_iter().map(Provider::id).collect()),
        // What the solver draws of a conflict does not know conditions: it panics where one is part of it.
        Err(UnsolvableOrCancelled::Unsolvable(_)) if !rules.completing.is_empty() => {
            Err(Unsolvable(String::new()))
        }
        Err(UnsolvableOrCancelled::Unsolvable(conflict)) => {
            Err(Unsolvable(drawn(conflict.display_user_friendly(&solver))))
        }
        Err(UnsolvableOrCancelled::Cancelled(_)) => unreachable!("nothing cancels it"),
    }
}

/// A drawing of a conflict, as far as it is of use: one of packages that need each other has no end.
fn drawn(conflict: impl fmt::Display) -> String {
    let mut page = Page(String::new());
    if write!(page, "{conflict}").is_err() {
        let lines = page.0.rfind('\n').map_or(0, |end| end + 1);
        page.0.truncate(lines);
        page.0.push('…');
    }
    page.0
}

/// Text up to a length; writing more is an error.
struct Page(String);

/// Bytes of a drawing that are kept.
const LONGEST_DRAWING: usize = 8 << 10;

impl Write for Page {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > LONGEST_DRAWING {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

/// The base, then the requests, those with a tag first, what is to become newer, and what comes by itself.
fn requirements(
    problem: &Problem<'_>,
    stock: &Stock<'_>,
    rules: &Rules<'_>,
    provider: &Provider<'_>,
) -> Result<Vec<ConditionalRequirement>, Unsolvable> {
    let newest = match &rules.newer {
        Newer::Latest(names) => names.clone(),
        Newer::Where(_) | Newer::All => BTreeSet::new(),
    };
    let base = stock.base().filter(|id| rules.has_base && !newest.contains(&stock.package(*id).name));
    let mut requirements: Vec<_> = base.map(|id| provider.kept(id)).collect();
    let mut requests: Vec<_> = rules.requests.iter().filter_map(|place| problem.install(*place)).collect();
    requests.sort_by_key(|(_, from)| from.is_none());
    for (atom, from) in requests {
        requirements.extend(provider.requested(atom, from)?);
    }
    let newest = newest.iter().filter(|name| rules.has_base && stock.installed(name).is_some());
    requirements.extend(newest.map(|name| provider.newest(name)));
    requirements.extend(rules.completing.iter().filter_map(|id| provider.completed(*id)));
    Ok(requirements)
}

/// Packages that should not have been chosen: those of a tag's repository that nothing pulls in which names the tag, and
/// those that are there only for a name that they may not be chosen for.
fn strays(problem: &Problem<'_>, stock: &Stock<'_>, rules: &Rules<'_>, present: &Present) -> Vec<Id> {
    let added = || present.iter().copied().filter(|id| !stock.is_base(*id) && !rules.is_stray(*id));
    let mut strays = Vec::new();
    for tag in &rules.tags {
        let roots = roots(problem, stock, rules, present, |from| from == Some(tag));
        let reached = reached(stock, rules, present, roots);
        strays.extend(added().filter(|id| stock.tag(*id) == Some(tag) && !reached.contains(id)));
    }
    if stock.family == Family::Apk {
        let mut roots = roots(problem, stock, rules, present, |_| true);
        roots.extend(&rules.completing);
        roots.extend(present.iter().filter(|id| stock.installed(&stock.package(**id).name).is_some()));
        let reached = reached(stock, rules, present, roots);
        strays.extend(added().filter(|id| !reached.contains(id)));
    }
    strays
}

/// What of the packages that are there meets requests.
fn roots(
    problem: &Problem<'_>,
    stock: &Stock<'_>,
    rules: &Rules<'_>,
    present: &Present,
    is_meant: impl Fn(Option<&str>) -> bool,
) -> Vec<Id> {
    let requests = rules.requests.iter().filter_map(|place| problem.install(*place));
    let meant = requests.filter(|(_, from)| is_meant(*from));
    let links = meant
        .map(|(atom, from)| link(stock, rules, present, Whose::Request(from), Group(vec![atom.clone()])));
    links.flat_map(|link| link.by).map(|fit| fit.id).collect()
}

/// What packages need and may be chosen for that, and what that needs, as far as it is there.
fn reached(stock: &Stock<'_>, rules: &Rules<'_>, present: &Present, mut open: Vec<Id>) -> BTreeSet<Id> {
    let mut reached = BTreeSet::new();
    while let Some(id) = open.pop() {
        if reached.insert(id) {
            let met = links(stock, rules, present, id).into_iter().flat_map(|link| link.by);
            open.extend(met.filter(|fit| fit.may_be_chosen).map(|fit| fit.id));
        }
    }
    reached
}

/// Packages that come by themselves with what is there: of each name the newest.
fn complete(stock: &Stock<'_>, rules: &Rules<'_>, present: &Present) -> Vec<Id> {
    let is_there = |name: &str| stock.named(name).iter().any(|id| present.contains(id));
    let mut names = BTreeSet::new();
    let mut waiting = BTreeSet::new();
    for id in present {
        let package = stock.package(*id);
        names.insert(package.name.clone());
        names.extend(package.provides.iter().map(|provide| provide.name.clone()));
    }
    for id in names.iter().flat_map(|name| stock.completing(name)) {
        let name = stock.package(id).name.clone();
        let is_known = rules.completing.contains(&id) || rules.declined.contains(&id);
        if !is_known && rules.allows(stock, id) && !is_there(&name) && is_complete(stock, present, id) {
            waiting.insert(name);
        }
    }
    let newest = waiting.iter().filter_map(|name| {
        let mut ids = stock.named(name).iter().copied().collect::<Vec<_>>().into_iter();
        ids.find(|id| {
            !rules.declined.contains(id) && rules.allows(stock, *id) && is_complete(stock, present, *id)
        })
    });
    newest.filter(|id| !rules.completing.contains(id)).collect()
}

/// Whether all that a package waits for is there, and nothing that keeps it away.
fn is_complete(stock: &Stock<'_>, present: &Present, id: Id) -> bool {
    let package = stock.package(id);
    let is_there = |atom: &Atom| stock.matching(atom).iter().any(|found| present.contains(&found.id));
    !package.install_if.is_empty()
        && package.install_if.iter().all(is_there)
        && !package.install_unless.iter().any(is_there)
}

/// What is there with packages that come by themselves; without those that do not go with the rest.
fn added(
    problem: &Problem<'_>,
    stock: &Stock<'_>,
    rules: &mut Rules<'_>,
    mut present: Present,
    new: Vec<Id>,
) -> Present {
    let before = rules.completing.len();
    rules.completing.extend(&new);
    if let Ok(with_all) = attempt(problem, stock, rules) {
        return with_all;
    }
    rules.completing.truncate(before);
    for id in new {
        rules.completing.push(id);
        match attempt(problem, stock, rules) {
            Ok(with_it) => present = with_it,
            Err(Unsolvable(_)) => {
                rules.completing.pop();
                rules.declined.insert(id);
            }
        }
    }
    present
}
