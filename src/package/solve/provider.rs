//! The packages as the solver sees them: names with their versions, what each needs and what it excludes.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Display;
use std::rc::Rc;

use resolvo::{
    Candidates, Condition, ConditionId, ConditionalRequirement, Dependencies, DependencyProvider, Interner,
    KnownDependencies, NameId, Requirement, SolvableId, SolverCache, StringId, VersionSetId,
    VersionSetUnionId,
};

use super::eager::Eager;
use super::needs::{Fit, Need, Whose, need};
use super::rules::{Newer, Rules};
use super::search::Unsolvable;
use super::sets::{Set, Sets};
use super::stock::{Id, Stock};
use crate::package::family::Family;
use crate::package::relation::{Atom, Group};

/// One attempt's view of a stock.
pub(super) struct Provider<'a> {
    stock: &'a Stock<'a>,
    rules: &'a Rules<'a>,
    eager: Eager,
    sets: RefCell<Sets>,
    candidates: RefCell<HashMap<String, Rc<[Id]>>>,
    names: RefCell<HashMap<Id, NameId>>,
}

impl<'a> Provider<'a> {
    pub(super) fn new(stock: &'a Stock<'a>, rules: &'a Rules<'a>, eager: Eager) -> Self {
        Self {
            stock,
            rules,
            eager,
            sets: RefCell::default(),
            candidates: RefCell::default(),
            names: RefCell::default(),
        }
    }

    /// That a package of the base, or a newer one in its place, is there.
    pub(super) fn kept(&self, id: Id) -> ConditionalRequirement {
        let package = self.stock.package(id);
        let ids = self.candidates(&package.name).to_vec();
        self.set(ids, format!("{} of the base", package.version)).into()
    }

    /// That a package of the base is as new as can be.
    pub(super) fn newest(&self, name: &str) -> ConditionalRequirement {
        self.set(self.candidates(name).to_vec(), "as new as there is".to_owned()).into()
    }

    /// What a request asks for; nothing where that is left to what is there for other reasons.
    pub(super) fn requested(
        &self,
        atom: &Atom,
        from: Option<&str>,
    ) -> Result<Option<ConditionalRequirement>, Unsolvable> {
        let group = Group(vec![atom.clone()]);
        match need(self.stock, self.rules, Whose::Request(from), &group) {
            Need::OneOf(found) => Ok(Some(self.requirement(&found, &group).into())),
            Need::Met(_) | Need::Open(_) => Ok(None),
            Need::Nothing => {
                Err(Unsolvable(format!("there is no {} to choose", group.written(self.stock.family))))
            }
        }
    }

    /// That a package which comes by itself is there where all that it waits for is.
    pub(super) fn completed(&self, id: Id) -> Option<ConditionalRequirement> {
        let package = self.stock.package(id);
        let groups = package.install_if.iter().map(|atom| {
            let is_possible = |id: &Id| self.rules.allows(self.stock, *id);
            let found = self.stock.matching(atom).into_iter().map(|one| one.id).filter(is_possible);
            let found: Vec<Fit> = found.map(|id| Fit { id, place: 0, may_be_chosen: true }).collect();
            self.runs(&found, &Group(vec![atom.clone()]))
        });
        let groups = groups.collect();
        let condition = self.sets.borrow_mut().all_of(groups)?;
        let set = self.set(vec![id], "that comes by itself".to_owned());
        Some(Requirement::Single(set).with_condition(condition))
    }

    /// The packages of a name that may be chosen.
    fn candidates(&self, name: &str) -> Rc<[Id]> {
        if let Some(known) = self.candidates.borrow().get(name) {
            return Rc::clone(known);
        }
        let may = |id: &Id| self.rules.allows(self.stock, *id);
        let mut ids: Vec<Id> = self.stock.named(name).iter().copied().filter(may).collect();
        if matches!(&self.rules.newer, Newer::Latest(names) if names.contains(name)) {
            ids.sort_by_key(|id| self.stock.is_base(*id));
        }
        let ids: Rc<[Id]> = ids.into();
        self.candidates.borrow_mut().insert(name.to_owned(), Rc::clone(&ids));
        ids
    }

    /// A set of packages of one name.
    fn set(&self, ids: Vec<Id>, text: String) -> VersionSetId {
        let mut sets = self.sets.borrow_mut();
        let package = self.stock.package(*ids.first().expect("a set has a package"));
        let name = sets.name(&package.name);
        sets.set(Set { name, ids, text })
    }

    fn requirement(&self, found: &[Fit], group: &Group) -> Requirement {
        let runs = self.runs(found, group);
        self.sets.borrow_mut().requirement(runs)
    }

    /// Packages cut into sets of one name, each in the order in which the solver tries versions.
    fn runs(&self, found: &[Fit], group: &Group) -> Vec<VersionSetId> {
        let rank = |id: Id| {
            let name = &self.stock.package(id).name;
            self.candidates(name).iter().position(|other| *other == id)
        };
        let is_run = |a: &Fit, b: &Fit| {
            self.stock.package(a.id).name == self.stock.package(b.id).name && rank(a.id) < rank(b.id)
        };
        let runs = found.chunk_by(is_run).map(|run| {
            let atom = &group.0[run[0].place];
            let ids: Vec<Id> = run.iter().map(|fit| fit.id).collect();
            let written = atom.written(self.stock.family).to_string();
            let text = match self.stock.package(ids[0]).name == atom.name {
                true => written[atom.name.len()..].trim_start().to_owned(),
                false => format!("for {written}"),
            };
            self.set(ids, text)
        });
        runs.collect()
    }

    fn needs(&self, id: Id) -> Result<Vec<ConditionalRequirement>, String> {
        let package = self.stock.package(id);
        let mut requirements = Vec::new();
        for (place, group) in package.depends.iter().enumerate() {
            match need(self.stock, self.rules, Whose::Package(id), group) {
                Need::OneOf(mut found) => {
                    self.eager.prefer(id, place, &mut found);
                    requirements.push(self.requirement(&found, group).into());
                }
                Need::Met(_) | Need::Open(_) => {}
                Need::Nothing => {
                    return Err(format!("it needs {}, which there is not", group.written(self.stock.family)));
                }
            }
        }
        Ok(requirements)
    }

    /// What the base met by packages that may become newer stays met; nothing else of what packages of the base need counts.
    fn needs_of_base(&self, id: Id) -> Vec<ConditionalRequirement> {
        let package = self.stock.package(id);
        let may_change = |found: &[Fit]| {
            let of_base = || found.iter().filter(|fit| self.stock.is_base(fit.id));
            of_base().next().is_some()
                && of_base().all(|fit| self.rules.may_become_newer(&self.stock.package(fit.id).name))
        };
        let kept = package.depends.iter().filter_map(|group| {
            match need(self.stock, self.rules, Whose::Package(id), group) {
                Need::OneOf(found) if may_change(&found) => Some(self.requirement(&found, group).into()),
                _ => None,
            }
        });
        kept.collect()
    }

    /// What must not be there with a package, by its name; the rest of that name may.
    fn excluded(&self, id: Id) -> BTreeMap<String, (BTreeSet<Id>, String)> {
        let mut excluded: BTreeMap<String, (BTreeSet<Id>, String)> = BTreeMap::new();
        for (other, text) in exclusions(self.stock, id) {
            let name = self.stock.package(other).name.clone();
            excluded.entry(name).or_insert_with(|| (BTreeSet::new(), text)).0.insert(other);
        }
        excluded
    }

    fn constraints(&self, id: Id) -> Vec<VersionSetId> {
        let constraints = self.excluded(id).into_iter().filter_map(|(name, (others, text))| {
            let all = self.candidates(&name);
            let rest: Vec<Id> = all.iter().copied().filter(|other| !others.contains(other)).collect();
            let mut sets = self.sets.borrow_mut();
            let name = sets.name(&name);
            (rest.len() < all.len()).then(|| sets.set(Set { name, ids: rest, text }))
        });
        constraints.collect()
    }

    pub(super) fn id(id: SolvableId) -> Id {
        Id(id.into_raw())
    }
}

/// The packages that must not be there with one, and why: those it conflicts with, and for apk all that have a name which
/// it has with a version. Never those of its own name; and the base is as it is.
pub(super) fn exclusions(stock: &Stock<'_>, id: Id) -> Vec<(Id, String)> {
    let package = stock.package(id);
    let mut exclusions = Vec::new();
    for atom in &package.conflicts {
        let text = format!("other than {}", atom.written(stock.family));
        exclusions.extend(stock.matching(atom).into_iter().map(|found| (found.id, text.clone())));
    }
    if stock.family == Family::Apk {
        let provided = package.provides.iter().filter(|provide| provide.version.is_some());
        for name in provided.map(|provide| &provide.name).chain([&package.name]) {
            let atom = Atom { name: name.clone(), qualifier: None, version: None };
            let text = format!("that does not have the name {name}");
            exclusions.extend(stock.matching(&atom).into_iter().map(|found| (found.id, text.clone())));
        }
    }
    exclusions.retain(|(other, _)| {
        stock.package(*other).name != package.name && !(stock.is_base(id) && stock.is_base(*other))
    });
    exclusions
}

impl Interner for Provider<'_> {
    type NameId = NameId;
    type SolvableId = SolvableId;

    fn display_solvable(&self, solvable: SolvableId) -> impl Display + '_ {
        let package = self.stock.package(Self::id(solvable));
        format!("{}={}", package.name, package.version)
    }

    fn display_merged_solvables(&self, solvables: &[SolvableId]) -> impl Display + '_ {
        let Some(first) = solvables.first() else { return String::new() };
        let mut versions: Vec<_> =
            solvables.iter().map(|id| self.stock.package(Self::id(*id)).version.clone()).collect();
        versions.dedup();
        format!("{} {}", self.stock.package(Self::id(*first)).name, versions.join(" | "))
    }

    fn display_name(&self, name: NameId) -> impl Display + '_ {
        self.sets.borrow().name_of(name).to_owned()
    }

    fn display_version_set(&self, set: VersionSetId) -> impl Display + '_ {
        self.sets.borrow().set_of(set).text.clone()
    }

    fn display_string(&self, string: StringId) -> impl Display + '_ {
        self.sets.borrow().reason_of(string).to_owned()
    }

    fn version_set_name(&self, set: VersionSetId) -> NameId {
        self.sets.borrow().set_of(set).name
    }

    fn solvable_name(&self, solvable: SolvableId) -> NameId {
        let id = Self::id(solvable);
        let name = || self.sets.borrow_mut().name(&self.stock.package(id).name);
        *self.names.borrow_mut().entry(id).or_insert_with(name)
    }

    fn version_sets_in_union(&self, union: VersionSetUnionId) -> impl Iterator<Item = VersionSetId> {
        self.sets.borrow().union_of(union).to_vec().into_iter()
    }

    fn resolve_condition(&self, condition: ConditionId) -> Condition {
        self.sets.borrow().condition_of(condition)
    }
}

impl DependencyProvider for Provider<'_> {
    async fn filter_candidates(
        &self,
        candidates: &[SolvableId],
        set: VersionSetId,
        inverse: bool,
    ) -> Vec<SolvableId> {
        let sets = self.sets.borrow();
        let ids = &sets.set_of(set).ids;
        candidates.iter().copied().filter(|id| ids.contains(&Self::id(*id)) != inverse).collect()
    }

    async fn get_candidates(&self, name: NameId) -> Option<Candidates> {
        let name = self.sets.borrow().name_of(name).to_owned();
        let installed = self.stock.installed(&name).filter(|_| self.rules.has_base);
        let installed = installed.map(|id| SolvableId::from_raw(id.0));
        Some(Candidates {
            candidates: self.candidates(&name).iter().map(|id| SolvableId::from_raw(id.0)).collect(),
            locked: installed.filter(|_| !self.rules.may_become_newer(&name)),
            ..Candidates::default()
        })
    }

    async fn sort_candidates(&self, _: &SolverCache<Self>, solvables: &mut [SolvableId]) {
        let Some(first) = solvables.first() else { return };
        let order = self.candidates(&self.stock.package(Self::id(*first)).name);
        solvables.sort_by_key(|id| order.iter().position(|other| *other == Self::id(*id)));
    }

    async fn get_dependencies(&self, solvable: SolvableId) -> Dependencies {
        let id = Self::id(solvable);
        let requirements = match self.stock.is_base(id) {
            true => Ok(self.needs_of_base(id)),
            false => self.needs(id),
        };
        match requirements {
            Ok(requirements) => {
                Dependencies::Known(KnownDependencies { requirements, constrains: self.constraints(id) })
            }
            Err(reason) => Dependencies::Unknown(self.sets.borrow_mut().reason(reason)),
        }
    }
}
