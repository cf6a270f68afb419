//! What holds in every world, judged by a checker that knows nothing of the solver.

use proptest::prelude::*;

use super::world::{World, apk, deb, set};
use crate::package::description::Package;
use crate::package::family::Family;
use crate::package::relation::Atom;
use crate::package::solve::{Offers, Request, Solution, Unsolved, solve};

/// How many names there are; few, so that they meet.
const NAMES: u8 = 8;

fn atom(family: Family) -> impl Strategy<Value = String> {
    (0..NAMES, 0..6_u8, 1..4_u8).prop_map(move |(name, relation, version)| {
        let name = format!("p{name}");
        match (family, relation) {
            (Family::Apk, 0) => format!("{name}>={version}"),
            (Family::Apk, 1) => format!("{name}<{version}"),
            (Family::Deb, 0) => format!("{name} (>= {version})"),
            (Family::Deb, 1) => format!("{name} (<< {version})"),
            _ => name,
        }
    })
}

fn line(family: Family) -> impl Strategy<Value = String> {
    let atoms = move |most| prop::collection::vec(atom(family), 0..=most);
    let provides = prop::collection::vec((0..NAMES, 0..4_u8), 0..2);
    (0..NAMES, 1..4_u8, atoms(3), atoms(1), provides, 0..3_u8).prop_map(
        move |(name, version, depends, conflicts, provides, priority)| {
            let provides = provides.into_iter().map(|(name, version)| match (family, version) {
                (_, 0) => format!("p{name}"),
                (Family::Apk, version) => format!("p{name}={version}"),
                (Family::Deb, version) => format!("p{name} (= {version})"),
            });
            let provides: Vec<_> = provides.collect();
            let mut line = format!("p{name} {version}; priority: {priority}");
            match family {
                Family::Apk => {
                    let not = conflicts.iter().map(|atom| format!("!{atom}"));
                    let all: Vec<_> = depends.iter().cloned().chain(not).collect();
                    line += &format!("; depends: {}; provides: {}", all.join(" "), provides.join(" "));
                    if let ([first, .., last], 2) = (&depends[..], priority) {
                        line += &format!("; install_if: {first} {last}");
                    }
                }
                Family::Deb => {
                    // Of three the last two are alternatives.
                    let depends = depends.join(", ");
                    let depends = match depends.rfind(", ") {
                        Some(at) if depends.matches(", ").count() == 2 => {
                            format!("{} | {}", &depends[..at], &depends[at + 2..])
                        }
                        _ => depends,
                    };
                    line += &format!("; depends: {depends}; conflicts: {}", conflicts.join(", "));
                    line += &format!("; provides: {}", provides.join(", "));
                }
            }
            line
        },
    )
}

fn world(family: Family) -> impl Strategy<Value = (World, String)> {
    let packages = prop::collection::vec(line(family), 4..24);
    let base = prop::collection::btree_set(0..NAMES, 0..3);
    let requests = prop::collection::btree_set(0..NAMES, 1..4);
    (packages, base, requests, any::<bool>()).prop_map(move |(packages, base, requests, is_auto)| {
        let base: Vec<_> = base.into_iter().map(|name| format!("p{name} 1")).collect();
        let world = if family == Family::Apk { apk(&packages.join("\n")) } else { deb(&packages.join("\n")) };
        let world = world.base(&base.join("\n"));
        let requests: Vec<_> = requests.into_iter().map(|name| format!("p{name}")).collect();
        (if is_auto { world.auto() } else { world }, requests.join(" "))
    })
}

/// Everything that is there in the end.
fn present(world: &World, solution: &Solution) -> Vec<Package> {
    let added: Vec<Package> = solution.added.iter().map(|choice| (*choice.package).clone()).collect();
    let kept = world.base.iter().filter(|base| !added.iter().any(|package| package.name == base.name));
    added.iter().chain(kept).cloned().collect()
}

fn is_meant(family: Family, atom: &Atom, package: &Package) -> bool {
    (package.name == atom.name && atom.accepts(family, Some(&package.version)))
        || package
            .provides
            .iter()
            .any(|provide| provide.name == atom.name && atom.accepts(family, provide.version.as_deref()))
}

/// What is wrong with a solution.
fn faults(world: &World, requests: &[Request], solution: &Solution) -> Vec<String> {
    let (family, present) = (world.family, present(world, solution));
    let is_met = |atom: &Atom| present.iter().any(|package| is_meant(family, atom, package));
    let is_added = |package: &Package| !world.base.contains(package);
    let mut faults = Vec::new();
    for package in &present {
        let others = present.iter().filter(|other| other.name != package.name);
        if is_added(package) {
            let open = package.depends.iter().filter(|group| !group.0.iter().any(is_met));
            faults.extend(open.map(|group| format!("{} needs {group:?}", package.name)));
        }
        for other in others.filter(|other| is_added(package) || is_added(other)) {
            let conflicts = package.conflicts.iter().filter(|atom| is_meant(family, atom, other));
            faults.extend(conflicts.map(|atom| format!("{} conflicts with {atom:?}", package.name)));
            let names = package.provides.iter().filter(|provide| provide.version.is_some());
            let mut names = names.map(|provide| &provide.name).chain([&package.name]);
            let has = |name: &String| {
                other.name == *name || other.provides.iter().any(|provide| provide.name == *name)
            };
            if family == Family::Apk && names.any(has) {
                faults.push(format!("{} and {} have one name", package.name, other.name));
            }
        }
    }
    for request in requests {
        match request {
            Request::Install { atom, .. } if !is_met(atom) => faults.push(format!("{atom:?} is not met")),
            _ => {}
        }
    }
    faults
}

/// Whether any set of packages at all meets the requests on the base as it is: by trying them all.
fn has_solution(world: &World, requests: &[Request]) -> bool {
    let offers: Vec<Package> = (0_u8..NAMES)
        .flat_map(|name| world.shelf.named(&format!("p{name}")).to_vec())
        .map(|number| (*world.shelf.package(number)).clone())
        .filter(|package| !world.base.iter().any(|base| base.name == package.name))
        .collect();
    let mut sets: Vec<Vec<Package>> = vec![Vec::new()];
    for package in offers {
        let more = sets.iter().filter(|set| set.iter().all(|other| other.name != package.name));
        let more: Vec<_> = more.map(|set| set.iter().cloned().chain([package.clone()]).collect()).collect();
        sets.extend(more);
    }
    sets.into_iter().any(|set| {
        let added = set.into_iter().map(|package| crate::package::solve::Choice {
            offer: 0,
            package: package.into(),
            replaces: None,
            why: crate::package::solve::Why::Upgrade,
        });
        let solution = Solution { added: added.collect(), notes: Vec::new() };
        faults(world, requests, &solution).is_empty()
    })
}

fn check(world: &World, words: &str) -> Result<(), TestCaseError> {
    let requests = world.requests(words);
    let found = solve(&world.problem(&requests));
    if let Ok(solution) = &found {
        prop_assert_eq!(faults(world, &requests, solution), [""; 0]);
        for name in &world.base {
            let replaced = solution.added.iter().find(|choice| choice.package.name == name.name);
            prop_assert_eq!(replaced.is_some_and(|choice| choice.replaces.is_none()), false);
        }
    }
    prop_assert_eq!(found, solve(&world.problem(&requests)), "the same twice");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_deb_packages_need_is_there_and_nothing_that_they_exclude((world, words) in world(Family::Deb)) {
        check(&world, &words)?;
    }

    #[test]
    fn what_apk_packages_need_is_there_and_nothing_that_they_exclude((world, words) in world(Family::Apk)) {
        check(&world, &words)?;
    }

    #[test]
    fn whether_there_is_a_solution_does_not_depend_on_the_order_of_requests((world, words) in world(Family::Deb)) {
        let mut turned = world.requests(&words);
        turned.reverse();
        let (one, other) = (world.solve(&words), solve(&world.problem(&turned)));
        prop_assert_eq!(one.is_ok(), other.is_ok());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_has_a_solution_is_solved(
        packages in prop::collection::vec(line(Family::Deb), 4..10),
        requests in prop::collection::btree_set(0..NAMES, 1..3),
    ) {
        let world = deb(&packages.join("\n")).base("p0 1");
        let words: Vec<_> = requests.into_iter().map(|name| format!("p{name}=1")).collect();
        let requests = world.requests(&words.join(" "));
        let solved = solve(&world.problem(&requests));
        // Who asks for what several provide has to say which, whether there is a solution or not.
        if !matches!(&solved, Err(error) if matches!(error.kind, Unsolved::Virtual { .. })) {
            prop_assert_eq!(solved.is_ok(), has_solution(&world, &requests));
        }
    }

    #[test]
    fn requests_in_another_order_get_the_same_where_nothing_is_to_choose(
        needs in prop::collection::vec(prop::collection::btree_set(0..20_u8, 0..4), 20),
        requests in prop::collection::vec(0..20_u8, 1..6),
    ) {
        let lines = needs.iter().enumerate().map(|(name, needs)| {
            let needs: Vec<_> = needs.iter().map(|need| format!("q{need}")).collect();
            format!("q{name} 1; depends: {}", needs.join(", "))
        });
        let world = deb(&lines.collect::<Vec<_>>().join("\n"));
        let words: Vec<_> = requests.iter().map(|name| format!("q{name}")).collect();
        let turned: Vec<_> = words.iter().rev().cloned().collect();
        let solved = |words: &[String]| set(&world.solve(&words.join(" ")).unwrap());
        prop_assert_eq!(solved(&words), solved(&turned));
    }
}
