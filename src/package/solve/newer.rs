//! Packages of the base that become newer because what is asked for does not go with them as they are.

use std::collections::BTreeSet;

use super::Problem;
use super::rules::{Newer, Rules};
use super::search::{Present, search};
use super::stock::Stock;

/// As few of them as will do, and what is there then; nothing where that is no help.
pub(super) fn where_they_must<'a>(
    problem: &Problem<'_>,
    stock: &Stock<'_>,
    rules: &Rules<'a>,
) -> Option<(Rules<'a>, Present)> {
    let mut rules = Rules { newer: Newer::All, ..rules.clone() };
    let mut present = search(problem, stock, &mut rules).ok()?;
    for name in changed(stock, &present) {
        let mut names = changed(stock, &present);
        if !names.remove(&name) {
            continue;
        }
        let mut fewer = Rules { newer: Newer::Where(names), ..rules.clone() };
        if let Ok(with_fewer) = search(problem, stock, &mut fewer) {
            (rules, present) = (fewer, with_fewer);
        }
    }
    rules.newer = Newer::Where(changed(stock, &present));
    Some((rules, present))
}

/// The names of which the base's package is not there any more.
fn changed(stock: &Stock<'_>, present: &Present) -> BTreeSet<String> {
    let gone = stock.base().filter(|id| !present.contains(id));
    gone.map(|id| stock.package(id).name.clone()).collect()
}
