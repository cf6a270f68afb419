//! Row P06: worlds of the shapes that the tests of apk-tools' solver have. Where we differ on purpose, the test says so.

use super::world::{World, apk};
use crate::package::solve::Unsolved;

fn basic() -> World {
    apk("a 2; depends: b c\nb 2; depends: d>1.5\nc 1; depends: d<2.0\nd 1.5\nd 1.8\nd 2.0\ne 1")
}

#[test]
fn p06_a_version_in_the_middle_meets_constraints_from_both_sides() {
    assert_eq!(basic().adds("a"), "a=2 b=2 c=1 d=1.8");
}

#[test]
fn p06_an_older_version_of_what_needs_it_is_taken_before_there_is_no_solution() {
    let world = apk("a 1; depends: b=1\na 2; depends: b=2\nb 1\nb 2\nc 1; depends: b<2");
    assert_eq!(world.adds("a c"), "a=1 b=1 c=1");
}

#[test]
fn p06_what_is_there_stays_although_there_is_newer() {
    let world = apk("a 2; depends: b\nb 2").base("b 1");
    assert_eq!(world.adds("a"), "a=2");
}

#[test]
fn p06_upgrades_take_what_they_need_with_them() {
    // apk upgrades all of the world; here the names are given.
    let world = apk("a 2; depends: b>=2\nb 2\nc 2").base("a 1; depends: b\nb 1\nc 1").upgrade("a b");
    assert_eq!(world.adds(""), "a=2 b=2");
    let world = apk("a 2; depends: b>=2\nb 2").base("a 1\nb 1").upgrade("a");
    assert_eq!(world.adds(""), "", "what may not become newer keeps back what would need it");
}

#[test]
fn p06_conflicts() {
    let world = apk("a 1; depends: !b>1\nb 1\nb 2\nc 1; depends: b>1");
    assert_eq!(world.adds("a b"), "a=1 b=1");
    assert!(matches!(world.error("a b>1").kind, Unsolved::Exclude { .. }));
    assert!(matches!(world.error("a c").kind, Unsolved::Exclude { .. }));
}

#[test]
fn p06_what_the_world_excludes_is_not_installed() {
    let world = apk("a 1; depends: virt\np 1; provides: virt=1; priority: 2\nq 1; provides: virt=1");
    assert_eq!(world.adds("a !p"), "a=1 q=1");
    // apk refuses; `!name` takes what needs it as met here.
    assert_eq!(world.adds("a !p !q"), "a=1");
    assert!(matches!(world.error("a !a").kind, Unsolved::KeptOut { .. }));
}

#[test]
fn p06_install_if_goes_on_to_a_fixpoint() {
    let world = apk(
        "a 1\nb 1\na-b 1; install_if: a b; depends: c\nc 1\nc-a 1; install_if: c a\nd 1; install_if: c e",
    );
    assert_eq!(world.adds("a"), "a=1");
    assert_eq!(world.adds("a b"), "a=1 a-b=1 b=1 c=1 c-a=1");
    assert_eq!(world.adds("a c"), "a=1 c=1 c-a=1");
}

#[test]
fn p06_install_if_counts_provided_names() {
    let world = apk("init 1; provides: openrc=1\nnginx 1\nnginx-rc 1; install_if: nginx=1 openrc");
    assert_eq!(world.adds("nginx init"), "init=1 nginx=1 nginx-rc=1");
}

fn providers() -> World {
    apk("libfoo 1; provides: so:foo.so.1=1.0
        libfoo 2; provides: so:foo.so.2=1.0
        app 2; depends: so:foo.so.1
        app2 2; depends: so:foo.so.2
        reader 0.1
        reader 1; provides: mail; priority: 1
        reader-plus 1; provides: mail; priority: 2
        solo 1; provides: mail; depends: !mail; priority: 1
        server-a 1; provides: service=1
        server-b 1; provides: service=2
        twice 1; provides: own=2 own=3
        bare-a 1; provides: bare
        bare-b 1; provides: bare
        needs-bare 1; depends: bare
        itself 1; provides: itself
        pulse 1; priority: 10
        pulse-alsa 1; priority: 10
        pipewire 1; provides: pulse=1 pulse-alsa=1; priority: 1")
}

#[test]
fn p06_provides() {
    for (world, added) in [
        ("app", "app=2 libfoo=1"),
        ("app2", "app2=2 libfoo=2"),
        ("mail", "reader-plus=1"),
        ("reader", "reader=1"),
        ("reader reader-plus", "reader=1 reader-plus=1"),
        ("service", "server-b=1"),
        ("service=1", "server-a=1"),
        ("twice", "twice=1"),
        ("needs-bare bare-b", "bare-b=1 needs-bare=1"),
        ("bare-a bare", "bare-a=1"),
        ("itself", "itself=1"),
        ("pulse pulse-alsa", "pulse=1 pulse-alsa=1"),
        ("pipewire pulse", "pipewire=1"),
    ] {
        assert_eq!(providers().adds(world), added, "{world}");
    }
}

#[test]
fn p06_provides_that_cannot_be() {
    assert_eq!(providers().error("app app2").kind, Unsolved::Conflict);
    assert!(matches!(providers().error("server-a server-b").kind, Unsolved::Exclude { .. }));
    assert!(matches!(providers().error("solo reader-plus").kind, Unsolved::Exclude { .. }));
    assert!(matches!(providers().error("bare").kind, Unsolved::Virtual { by: None, .. }));
    assert!(matches!(providers().error("needs-bare").kind, Unsolved::Virtual { by: Some(_), .. }));
    assert!(matches!(providers().error("service=3").kind, Unsolved::Version { .. }));
}

#[test]
fn p06_pinning() {
    let world =
        || apk("a 1; depends: b\nb 2\nc 1").repository(Some("testing"), "a 3\nb 3\nc 3; depends: a>=3 b");
    assert_eq!(world().adds("a"), "a=1 b=2");
    assert_eq!(world().adds("c@testing"), "a=3 b=2 c=3");
    assert_eq!(world().adds("a@testing"), "a=3");
    assert_eq!(world().adds("a c@testing"), "a=3 b=2 c=3");
    assert!(matches!(
        world().error("a@testing c>=3").kind,
        Unsolved::From { .. } | Unsolved::Missing { .. } | Unsolved::Conflict
    ));
}
