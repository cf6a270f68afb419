//! Several platforms, each on its own, that have to come to the same.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::rules::Rules;
use super::stock::Stock;
use super::{Problem, Request, Solution, SolveError, Unsolved, diagnose, solve_by};
use crate::package::description::SourcePackage;

/// Whether platforms have to get the same packages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lockstep {
    /// The same names, built from the same versions of their sources.
    #[default]
    Required,
    /// Each may get what is best for it.
    Off,
}

/// Solves for several platforms, in their order. Where they come to different versions, only those count that all have.
///
/// # Errors
/// What one platform has no solution for, or what they differ in.
pub fn solve_alike(problems: &[Problem<'_>], lockstep: Lockstep) -> Result<Vec<Solution>, SolveError> {
    let stock = |problem| match lockstep {
        Lockstep::Required => Stock::new(problem).mentioned_as(&problems[0]),
        Lockstep::Off => Stock::new(problem),
    };
    let stocks: Vec<Stock<'_>> = problems.iter().map(stock).collect();
    let each = || problems.iter().zip(&stocks);
    for (problem, stock) in each() {
        diagnose::impossible(problem, stock, &Rules::new(problem))?;
    }
    let apart = each().map(|(problem, stock)| solve_by(problem, stock, Rules::new(problem)));
    let apart = apart.collect::<Result<Vec<_>, _>>()?;
    let found = differences(problems, &stocks, &apart);
    if lockstep == Lockstep::Off || found.is_empty() {
        return Ok(apart);
    }
    let known: RefCell<BTreeMap<String, Rc<BTreeSet<SourcePackage>>>> = RefCell::default();
    let alike = |name: &str| {
        let sources = || Rc::new(sources_of_all(&stocks, name));
        Rc::clone(known.borrow_mut().entry(name.to_owned()).or_insert_with(sources))
    };
    let together = each().map(|(problem, stock)| {
        let rules = Rules { alike: Some(&alike), ..Rules::new(problem) };
        diagnose::impossible(problem, stock, &rules)?;
        solve_by(problem, stock, rules)
    });
    let together = together.collect::<Result<Vec<_>, _>>();
    match together.map(|solutions| (differences(problems, &stocks, &solutions), solutions)) {
        Ok((still, solutions)) if still.is_empty() => Ok(solutions),
        Ok((differences, _)) => Err(SolveError::new("", Vec::new(), Unsolved::Platforms { differences })),
        Err(_) => Err(SolveError::new("", Vec::new(), Unsolved::Platforms { differences: found })),
    }
}

/// The sources of a name that every platform has.
fn sources_of_all(stocks: &[Stock<'_>], name: &str) -> BTreeSet<SourcePackage> {
    let each = stocks.iter().map(|stock| stock.sources(name).into_iter().collect::<BTreeSet<_>>());
    each.reduce(|a, b| a.intersection(&b).cloned().collect()).unwrap_or_default()
}

/// What is added to one platform and neither added to another nor there, by name.
fn differences(problems: &[Problem<'_>], stocks: &[Stock<'_>], solutions: &[Solution]) -> Vec<String> {
    let names: BTreeSet<&str> =
        solutions.iter().flat_map(|solution| &solution.added).map(|choice| &*choice.package.name).collect();
    let differing = names.into_iter().filter_map(|name| {
        let mut sources: BTreeMap<Option<SourcePackage>, Vec<&str>> = BTreeMap::new();
        for ((problem, stock), solution) in problems.iter().zip(stocks).zip(solutions) {
            let source = source_of(stock, solution, name);
            // A name that a platform does not know at all, such as that of its own compiler, cannot be the same on all.
            if source.is_some() || stock.knows(name) || is_asked_for(problem, name) {
                sources.entry(source).or_default().push(problem.architecture);
            }
        }
        (sources.len() > 1).then(|| spelled(name, sources))
    });
    differing.collect()
}

fn is_asked_for(problem: &Problem<'_>, wanted: &str) -> bool {
    let is_it = |request: &Request| matches!(request, Request::Install { atom, .. } if atom.name == wanted);
    problem.requests.iter().any(is_it)
}

fn source_of(stock: &Stock<'_>, solution: &Solution, name: &str) -> Option<SourcePackage> {
    let added = solution.added.iter().find(|choice| choice.package.name == name);
    let added = added.map(|choice| choice.package.source.clone());
    added.or_else(|| stock.installed(name).map(|id| stock.package(id).source.clone()))
}

fn spelled(name: &str, sources: BTreeMap<Option<SourcePackage>, Vec<&str>>) -> String {
    let some = sources.into_iter().filter_map(|(source, on)| Some((source?.version, on.join(" and "))));
    let some: Vec<_> = some.collect();
    match &*some {
        [(_, on)] => format!("{name} on {on} only"),
        several => {
            let several: Vec<_> = several.iter().map(|(version, on)| format!("{version} on {on}")).collect();
            format!("{name} {}", several.join(", "))
        }
    }
}
