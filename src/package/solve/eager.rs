//! How apt settles needs: each at once and with all that follows from it, before the next is looked at.
//!
//! Where several packages meet a need, which of them is there already when its turn comes decides whether another one is
//! added. The walk here says so; it knows no conflicts, and only puts first what the solver tries first.

use std::collections::BTreeMap;

use super::Problem;
use super::needs::{Fit, Need, Whose, need};
use super::rules::Rules;
use super::search::Present;
use super::stock::{Id, Stock};
use crate::package::family::Family;
use crate::package::relation::Group;

/// What meets needs of packages, by the package and the place of the need, where it is not the first that could.
#[derive(Default)]
pub(super) struct Eager {
    met: BTreeMap<(Id, usize), Id>,
}

impl Eager {
    /// A walk from the requests, which are there before anything that they need. apk has no such order.
    pub(super) fn new(problem: &Problem<'_>, stock: &Stock<'_>, rules: &Rules<'_>) -> Self {
        let mut eager = Self::default();
        if stock.family == Family::Apk {
            return eager;
        }
        let mut present = Present::new();
        let requests = rules.requests.iter().filter_map(|place| problem.install(*place));
        let roots: Vec<Id> = requests
            .filter_map(|(atom, from)| {
                let group = Group(vec![atom.clone()]);
                fits(stock, rules, Whose::Request(from), &group)?.first().map(|fit| fit.id)
            })
            .collect();
        present.extend(&roots);
        for root in roots {
            eager.walk(stock, rules, &mut present, root);
        }
        eager
    }

    fn walk(&mut self, stock: &Stock<'_>, rules: &Rules<'_>, present: &mut Present, root: Id) {
        let mut open = vec![(root, 0)];
        while let Some((id, place)) = open.pop() {
            let package = stock.package(id);
            let Some(group) = package.depends.get(place).filter(|_| !stock.is_base(id)) else { continue };
            open.push((id, place + 1));
            let Some(found) = fits(stock, rules, Whose::Package(id), group) else { continue };
            let is_there = |fit: &&Fit| stock.is_base(fit.id) || present.contains(&fit.id);
            let there = found.iter().find(is_there).map(|fit| fit.id);
            let met = there.unwrap_or_else(|| preferred(stock, group, &found));
            if met != found[0].id {
                self.met.insert((id, place), met);
            }
            if present.insert(met) {
                open.push((met, 0));
            }
        }
    }

    /// Puts what the walk met a need with before the others.
    pub(super) fn prefer(&self, id: Id, place: usize, found: &mut [Fit]) {
        let met = self.met.get(&(id, place));
        if let Some(at) = met.and_then(|met| found.iter().position(|fit| fit.id == *met)) {
            found[..=at].rotate_right(1);
        }
    }
}

fn fits(stock: &Stock<'_>, rules: &Rules<'_>, whose: Whose<'_>, group: &Group) -> Option<Vec<Fit>> {
    match need(stock, rules, whose, group) {
        Need::OneOf(found) => Some(found),
        Need::Met(_) | Need::Open(_) | Need::Nothing => None,
    }
}

/// The first that could meet a need; of packages that only provide what it names, and that are alike in all else, the one
/// that the lists named last.
fn preferred(stock: &Stock<'_>, group: &Group, found: &[Fit]) -> Id {
    let kind = |fit: &Fit| {
        let package = stock.package(fit.id);
        let is_named = package.name == group.0[fit.place].name;
        (fit.place, is_named, package.priority, stock.tag(fit.id).is_some())
    };
    let first = kind(&found[0]);
    let mut alike: Vec<Id> = found.iter().take_while(|fit| kind(fit) == first).map(|fit| fit.id).collect();
    // The versions of one package stand together, the newest first.
    alike.dedup_by_key(|id| stock.package(*id).name.clone());
    match &*alike {
        [only] => *only,
        several => {
            let last = several.iter().max_by_key(|id| stock.mention(&stock.package(**id).name));
            *last.expect("it is not empty")
        }
    }
}
