//! Why each package is there, by a walk from the requests: the shortest way counts.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::links::{Link, link, links};
use super::needs::Whose;
use super::rules::{Newer, Rules};
use super::search::Present;
use super::stock::{Id, Stock};
use super::{Choice, Note, Problem, Solution, SolveError, Unsolved, Why};
use crate::package::description::SourcePackage;
use crate::package::family::Family;
use crate::package::relation::Group;

/// What is there, as people want to know it; what nothing leads to is left out.
pub(super) fn solution(
    problem: &Problem<'_>,
    stock: &Stock<'_>,
    rules: &Rules<'_>,
    present: &Present,
) -> Result<Solution, SolveError> {
    let mut walk =
        Walk { stock, rules, present, why: BTreeMap::new(), open: VecDeque::new(), notes: BTreeMap::new() };
    walk.requests(problem)?;
    walk.upgrades();
    loop {
        walk.needs(problem)?;
        if !walk.completions() {
            break;
        }
    }
    Ok(walk.finish())
}

struct Walk<'w, 'a> {
    stock: &'w Stock<'a>,
    rules: &'w Rules<'a>,
    present: &'w Present,
    why: BTreeMap<Id, Why>,
    open: VecDeque<Id>,
    notes: BTreeMap<String, Vec<Note>>,
}

impl Walk<'_, '_> {
    fn reach(&mut self, id: Id, why: impl FnOnce() -> Why) {
        if !self.stock.is_base(id) && !self.why.contains_key(&id) {
            self.why.insert(id, why());
            self.open.push_back(id);
        }
    }

    fn requests(&mut self, problem: &Problem<'_>) -> Result<(), SolveError> {
        for &place in &self.rules.requests {
            let Some((atom, from)) = problem.install(place) else { continue };
            let group = Group(vec![atom.clone()]);
            let link = link(self.stock, self.rules, self.present, Whose::Request(from), group);
            if let Some(open) = &link.open {
                return Err(unmet(problem, self.stock, vec![place], None, &link, open));
            }
            if let Some(fit) = link.by.first() {
                self.reach(fit.id, || Why::Requested(place));
            }
        }
        Ok(())
    }

    fn upgrades(&mut self) {
        let Newer::Latest(names) = &self.rules.newer else { return };
        for name in names {
            let newer = self.stock.named(name).iter().copied().find(|id| self.present.contains(id));
            if let Some(id) = newer {
                self.reach(id, || Why::Upgrade);
            }
        }
    }

    fn needs(&mut self, problem: &Problem<'_>) -> Result<(), SolveError> {
        while let Some(id) = self.open.pop_front() {
            let package = self.stock.package(id);
            for link in links(self.stock, self.rules, self.present, id) {
                if let Some(open) = &link.open {
                    let requests = self.origin(id).into_iter().collect();
                    return Err(unmet(problem, self.stock, requests, Some(id), &link, open));
                }
                self.note(&package.name, &link);
                let is_met_by_base = link.by.iter().any(|fit| self.stock.is_base(fit.id));
                for fit in link.by.iter().filter(|_| !is_met_by_base) {
                    let atom = link.group.0[fit.place].written(self.stock.family).to_string();
                    self.reach(fit.id, || Why::Required { by: package.name.clone(), atom });
                }
            }
        }
        Ok(())
    }

    fn note(&mut self, name: &str, link: &Link) {
        let alternative = match link.by.iter().map(|fit| (fit.place, fit.id)).min() {
            Some((place, id)) if place > 0 => Some(Note::Alternative {
                package: name.to_owned(),
                group: link.group.written(self.stock.family).to_string(),
                by: self.stock.package(id).name.clone(),
            }),
            _ => None,
        };
        for note in alternative.into_iter().chain(link.note.clone()) {
            let notes = self.notes.entry(name.to_owned()).or_default();
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
    }

    /// Packages that come by themselves and wait for nothing else than what was reached; whether there was one.
    fn completions(&mut self) -> bool {
        let rest: Vec<Id> = self.present.iter().copied().filter(|id| !self.stock.is_base(*id)).collect();
        let rest: BTreeSet<(String, Id)> =
            rest.into_iter().map(|id| (self.stock.package(id).name.clone(), id)).collect();
        for (_, id) in rest.into_iter().filter(|(_, id)| !self.why.contains_key(id)) {
            if let Some(names) = self.completes(id) {
                self.reach(id, || Why::Completes(names));
                return true;
            }
            if self.takes_the_place_of_base(id) {
                self.reach(id, || Why::Upgrade);
                return true;
            }
        }
        false
    }

    fn takes_the_place_of_base(&self, id: Id) -> bool {
        self.rules.has_base && self.stock.installed(&self.stock.package(id).name).is_some()
    }

    fn completes(&self, id: Id) -> Option<Vec<String>> {
        if !self.rules.completing.contains(&id) {
            return None;
        }
        let is_reached = |id: &Id| self.stock.is_base(*id) || self.why.contains_key(id);
        let package = self.stock.package(id);
        let names = package.install_if.iter().map(|atom| {
            let mut there = self.stock.matching(atom).into_iter().map(|found| found.id);
            let id = there.find(|id| self.present.contains(id) && is_reached(id))?;
            Some(self.stock.package(id).name.clone())
        });
        names.collect()
    }

    /// The request that led to a package.
    fn origin(&self, mut id: Id) -> Option<usize> {
        for _ in 0..=self.why.len() {
            match self.why.get(&id)? {
                Why::Requested(place) => return Some(*place),
                Why::Required { by, .. } => id = self.reached(by)?,
                Why::Completes(names) => id = self.reached(names.first()?)?,
                Why::Upgrade => return None,
            }
        }
        None
    }

    fn reached(&self, name: &str) -> Option<Id> {
        self.why.keys().copied().find(|id| self.stock.package(*id).name == name)
    }

    fn finish(self) -> Solution {
        let mut added: Vec<Choice> = Vec::new();
        for (id, why) in self.why {
            let package = self.stock.package(id);
            let replaced = self.stock.installed(&package.name).filter(|_| self.rules.has_base);
            added.push(Choice {
                offer: self.stock.offer(id).expect("packages of the base are not reached"),
                replaces: replaced.map(|id| self.stock.package(id).version.clone()),
                package,
                why,
            });
        }
        added.sort_by(|a, b| a.package.name.cmp(&b.package.name));
        let mut notes: Vec<Note> = self.notes.into_values().flatten().collect();
        notes.extend(skews(self.stock, &added));
        Solution { added, notes }
    }
}

/// Sources whose packages have different versions once all is there, where one of them is added.
fn skews(stock: &Stock<'_>, added: &[Choice]) -> Vec<Note> {
    let names: BTreeSet<&str> = added.iter().map(|choice| &*choice.package.name).collect();
    let base = stock.base().map(|id| stock.package(id)).filter(|package| !names.contains(&*package.name));
    let all = added.iter().map(|choice| choice.package.clone()).chain(base);
    let mut sources: BTreeMap<String, BTreeMap<String, SourcePackage>> = BTreeMap::new();
    for package in all {
        let packages = sources.entry(package.source.name.clone()).or_default();
        packages.insert(package.name.clone(), package.source.clone());
    }
    let skewed = sources.into_iter().filter(|(source, packages)| {
        let versions: BTreeSet<_> = packages.values().collect();
        !source.is_empty() && versions.len() > 1 && packages.keys().any(|name| names.contains(&**name))
    });
    let notes = skewed.map(|(source, packages)| Note::Skew {
        source,
        packages: packages.into_iter().map(|(name, source)| (name, source.version)).collect(),
    });
    notes.collect()
}

/// Something that nothing which is there meets.
fn unmet(
    problem: &Problem<'_>,
    stock: &Stock<'_>,
    requests: Vec<usize>,
    by: Option<Id>,
    link: &Link,
    open: &[Id],
) -> SolveError {
    debug_assert!(stock.family == Family::Apk || !open.is_empty(), "the solver met all that can be met");
    let names: BTreeSet<String> = open.iter().map(|id| stock.package(*id).name.clone()).collect();
    let kind = Unsolved::Virtual {
        name: link.group.0.first().map(|atom| atom.name.clone()).unwrap_or_default(),
        by: by.map(|id| stock.package(id).name.clone()),
        providers: names.into_iter().collect(),
    };
    SolveError::new(problem.architecture, requests, kind)
}
