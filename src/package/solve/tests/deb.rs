//! The rules of deb, and those of the base.

use super::world::{deb, set};
use crate::package::solve::{Note, Request, Unsolved, Why, solve};

#[test]
fn the_first_alternative_that_there_is_is_taken() {
    let world = deb("a 1; depends: x | b | c\nb 1\nc 1");
    assert_eq!(world.adds("a"), "a=1 b=1");
    let note = Note::Alternative { package: "a".into(), group: "x | b | c".into(), by: "b".into() };
    assert_eq!(world.solve("a").unwrap().notes, [note]);
}

#[test]
fn an_alternative_of_the_base_goes_before_the_first() {
    let world = deb("a 1; depends: b | c\nb 1\nc 1").base("c 1");
    assert_eq!(world.adds("a"), "a=1");
}

#[test]
fn a_package_goes_before_what_provides_its_name_and_these_by_priority_and_mention() {
    let world = deb("a 1; depends: v\nv 1\np 1; provides: v; priority: 4");
    assert_eq!(world.adds("a"), "a=1 v=1");
    let world = deb("a 1; depends: v\nq 1; provides: v; priority: 2\np 1; provides: v; priority: 1");
    assert_eq!(world.adds("a"), "a=1 q=1");
    let world = deb("a 1; depends: v\nq 1; provides: v\np 1; provides: v");
    assert_eq!(world.adds("a"), "a=1 p=1", "as the lists name it last");
    let world = deb("a 1; depends: v\np 1; provides: v\nq 1; provides: v");
    assert_eq!(world.adds("a"), "a=1 q=1");
}

#[test]
fn what_is_there_when_a_need_is_looked_at_meets_it() {
    let packages = "v 1\np 1; provides: v\n";
    let world = deb(&format!("{packages}a 1; depends: b, v\nb 1; depends: p"));
    assert_eq!(world.adds("a"), "a=1 b=1 p=1", "what b needs comes before v");
    let world = deb(&format!("{packages}a 1; depends: v, b\nb 1; depends: p"));
    assert_eq!(world.adds("a"), "a=1 b=1 p=1 v=1", "and here after it");
    assert_eq!(world.adds("a p"), "a=1 b=1 p=1", "requests are there before all needs");
}

#[test]
fn of_what_provides_a_request_only_what_may_be_added_counts() {
    let world = deb("p 1; provides: v (= 1)\nq 2; provides: v (= 1)");
    assert!(world.adds("v").starts_with("ERROR several packages provide `v`"));
    assert_eq!(world.base("q 1").adds("v=1"), "p=1", "q stays as old as it is");
}

#[test]
fn a_versioned_need_is_met_by_versioned_provides_alone() {
    let world = deb("a 1; depends: v (>= 2)\np 9; provides: v\nq 1; provides: v (= 2)");
    assert_eq!(world.adds("a"), "a=1 q=1");
}

#[test]
fn the_newest_version_of_a_provider_is_taken() {
    let world = deb("a 1; depends: v\np 1; provides: v\np 3; provides: v\np 2; provides: v");
    assert_eq!(world.adds("a"), "a=1 p=3");
}

#[test]
fn any_architecture_serves_where_the_package_allows_it() {
    let world = deb(
        "a 1; depends: py:any\nb 1; depends: tool:any\npy 3; multi-arch: allowed\ntool 1; multi-arch: foreign",
    );
    assert_eq!(world.adds("a"), "a=1 py=3");
    assert!(matches!(world.error("b").kind, Unsolved::Missing { .. }));
}

#[test]
fn a_named_architecture_has_to_be_the_one_solved_for() {
    let world = deb(
        "a 1; depends: x:amd64, y:amd64, z:native\nb 1; depends: x:arm64\nx 1\ny 1; architecture: all\nz 1",
    );
    assert_eq!(world.adds("a"), "a=1 x=1 y=1 z=1");
    assert!(matches!(world.error("b").kind, Unsolved::Missing { .. }));
}

#[test]
fn conflicts_count_against_provided_names_but_not_against_oneself() {
    let world = deb("exim 1; provides: mta; conflicts: mta\npostfix 1; provides: mta; conflicts: mta");
    assert_eq!(world.adds("exim"), "exim=1");
    assert!(matches!(world.error("exim postfix").kind, Unsolved::Exclude { .. }));
}

#[test]
fn a_conflict_makes_an_older_version_or_another_alternative_be_taken() {
    let world = deb("a 1; conflicts: b (>> 1)\nb 1\nb 2\nc 1; depends: b | d\nd 1");
    assert_eq!(world.adds("a c"), "a=1 b=1 c=1");
    let world = deb("a 1; conflicts: b\nb 1\nc 1; depends: b | d\nd 1");
    assert_eq!(world.adds("a c"), "a=1 c=1 d=1");
}

#[test]
fn a_package_that_the_base_has_is_not_added() {
    let world = deb("a 2\nb 1; depends: a").base("a 1");
    assert_eq!(world.adds("b a"), "b=1");
}

#[test]
fn the_base_keeps_its_conflicts_and_loses_its_needs() {
    let world = deb("a 1\nopenssl 3\nbad 1").base("ca 1; depends: openssl, perl; conflicts: bad");
    assert_eq!(world.adds("a"), "a=1");
    let error = world.error("a bad");
    assert_eq!(error.kind, Unsolved::Exclude { one: "bad".into(), other: "ca".into(), is_base: true });
    assert_eq!(error.requests, [1]);
}

#[test]
fn a_package_that_conflicts_with_the_base_is_refused_with_both_names() {
    let world = deb("new 1; conflicts: old\na 1; depends: new").base("old 1");
    let error = world.error("a");
    assert_eq!(error.to_string(), "`new` and `old` exclude each other (amd64)");
    assert!(error.hint().unwrap().contains("`old`"));
    assert_eq!(
        deb("a 1; depends: new | other\nnew 1; conflicts: old\nother 1").base("old 1").adds("a"),
        "a=1 other=1"
    );
}

#[test]
fn a_base_that_conflicts_with_itself_is_as_it_is() {
    let world = deb("c 1").base("a 1; conflicts: b\nb 1");
    assert_eq!(world.adds("c"), "c=1");
}

#[test]
fn a_package_of_the_base_stays_and_the_error_says_what_could_become_newer() {
    let world = deb("libc 2\ngcc 1; depends: libc (>= 2)").base("libc 1");
    let error = world.error("gcc");
    let names = vec![("libc".to_owned(), "1".to_owned(), "2".to_owned())];
    assert_eq!(error.kind, Unsolved::TooOld { names });
    assert!(error.hint().unwrap().contains("upgrade: [libc]"));
    assert!(matches!(world.error("libc=2").kind, Unsolved::TooOld { .. }));
}

#[test]
fn nothing_becomes_older() {
    let world = deb("libc 1\na 1; depends: libc (<< 2)").base("libc 2");
    for world in [world, deb("libc 1\na 1; depends: libc (<< 2)").base("libc 2").auto()] {
        let kind = Unsolved::Fixed { name: "libc".into(), has: "2".into(), needs: "1".into() };
        assert_eq!(world.error("a").kind, kind);
    }
}

#[test]
fn an_older_version_goes_before_a_newer_base() {
    let world = deb("gcc 1\ngcc 2; depends: libc (>= 2)\nlibc 2").base("libc 1");
    assert_eq!(world.adds("gcc"), "gcc=1");
}

#[test]
fn automatic_upgrades_are_as_few_as_will_do() {
    let world = deb("libc 2\nlibz 2\nlibx 2\ngcc 1; depends: libc (>= 2), libz")
        .base("libc 1\nlibz 1\nlibx 1")
        .auto();
    let solution = world.solve("gcc").unwrap();
    assert_eq!(set(&solution), ["gcc=1", "libc=2"]);
    assert_eq!(solution.added[1].replaces.as_deref(), Some("1"));
    let why = Why::Required { by: "gcc".into(), atom: "libc (>= 2)".into() };
    assert_eq!(solution.added[1].why, why);
}

#[test]
fn an_upgrade_keeps_what_the_base_met() {
    let world = deb("libc 2\nlibc-bin 2\ngcc 1; depends: libc (>= 2)")
        .base("libc 1\nlibc-bin 1; depends: libc (<< 2), missing")
        .auto();
    assert_eq!(world.adds("gcc"), "gcc=1 libc=2 libc-bin=2");
}

#[test]
fn named_packages_become_as_new_as_there_are() {
    let world = deb("libc 2\nlibc 3\nlibz 2\na 1").base("libc 1\nlibz 1").upgrade("libc");
    let solution = world.solve("a").unwrap();
    assert_eq!(set(&solution), ["a=1", "libc=3"]);
    assert_eq!(solution.added[1].why, Why::Upgrade);
    assert_eq!(solution.added[1].replaces.as_deref(), Some("1"));
}

#[test]
fn a_package_that_is_as_new_as_there_is_stays() {
    let world = deb("libc 1\na 1").base("libc 2").upgrade("libc");
    assert_eq!(world.adds("a"), "a=1");
}

#[test]
fn only_a_package_of_the_base_can_become_newer() {
    let world = deb("a 1").base("libc 2").upgrade("libd");
    let error = world.error("a");
    assert_eq!(error.kind, Unsolved::NotInBase { name: "libd".into(), nearest: Some("libc".into()) });
    assert_eq!(error.requests, [0; 0]);
}

#[test]
fn a_suite_that_is_not_automatic_serves_only_who_names_it() {
    let world =
        deb("a 1\nb 1").repository(Some("backports"), "a 2; depends: b (>= 1)\nb 2\nc 2; depends: b (>= 2)");
    assert_eq!(world.adds("a"), "a=1");
    assert_eq!(world.adds("a/backports"), "a=2 b=1");
    assert_eq!(world.adds("c/backports"), "b=2 c=2");
    let there = vec!["backports".to_owned()];
    let kind = Unsolved::From { request: "c".into(), from: "sid".into(), there };
    assert_eq!(world.error("c/sid").kind, kind);
}

#[test]
fn what_is_kept_out_is_dropped_from_every_group() {
    let world =
        deb("a 1; depends: x | y\nb 1; depends: x\nc 1; depends: awk\nx 1\ny 1\nmawk 1; provides: awk");
    assert_eq!(world.adds("a !x"), "a=1 y=1");
    assert_eq!(world.adds("b !x"), "b=1");
    assert_eq!(world.adds("c !mawk"), "c=1");
    assert_eq!(world.adds("c !awk"), "c=1");
    let note = Note::KeptOut { package: "c".into(), name: "mawk".into() };
    assert_eq!(world.solve("c !mawk").unwrap().notes, [note]);
}

#[test]
fn what_is_kept_out_but_in_the_base_meets_needs() {
    let world = deb("b 1; depends: x\nx 2").base("x 1");
    let solution = world.solve("b !x").unwrap();
    assert_eq!(set(&solution), ["b=1"]);
    assert_eq!(solution.notes, []);
}

#[test]
fn a_name_that_no_package_has_and_several_provide_is_not_chosen_for_a_request() {
    let world = deb("mawk 1; provides: awk\ngawk 1; provides: awk\nexim 1; provides: mta");
    let providers = vec!["gawk".to_owned(), "mawk".to_owned()];
    assert_eq!(world.error("awk").kind, Unsolved::Virtual { name: "awk".into(), by: None, providers });
    assert_eq!(world.adds("mta"), "exim=1");
}

#[test]
fn the_shortest_reason_is_told() {
    let world = deb("a 1; depends: b\nb 1; depends: c\nc 1\nd 1; depends: c\ne 1");
    let solution = world.solve("a d e b").unwrap();
    let why: Vec<_> = solution.added.iter().map(|choice| choice.to_string()).collect();
    let expected = ["a=1: requested", "b=1: requested", "c=1: d needs c", "d=1: requested", "e=1: requested"];
    assert_eq!(why, expected);
}

#[test]
fn foreign_packages_of_the_base_serve_only_where_they_say_so() {
    let world = deb("a 1; depends: x\nb 1; depends: y\nx 1\ny 1")
        .base("x 1; architecture: i386\ny 1; architecture: i386; multi-arch: foreign");
    assert_eq!(world.adds("a"), "a=1 x=1");
    assert_eq!(world.adds("b"), "b=1");
}

#[test]
fn a_qualifier_of_a_request_is_an_architecture_and_no_suite() {
    let world = deb("py 3; multi-arch: allowed\ntool 1");
    let mut requests = world.requests("py tool");
    for (request, qualifier) in requests.iter_mut().zip(["any", "amd64"]) {
        let Request::Install { atom, .. } = request else { panic!("{request:?}") };
        atom.qualifier = Some(qualifier.to_owned());
    }
    assert_eq!(set(&solve(&world.problem(&requests)).unwrap()), ["py=3", "tool=1"]);
}
