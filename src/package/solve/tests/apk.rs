//! The rules of apk.

use super::world::apk;
use crate::package::solve::{Note, Unsolved, Why};

#[test]
fn a_request_brings_what_it_needs_and_nothing_else() {
    let world = apk("curl 8-r0; depends: so:libcurl.so.4
        libcurl 8-r0; provides: so:libcurl.so.4=4.8.0; depends: zlib
        zlib 1.3-r0
        git 2-r0");
    assert_eq!(world.adds("curl"), "curl=8-r0 libcurl=8-r0 zlib=1.3-r0");
}

#[test]
fn the_newest_version_that_is_meant_is_taken() {
    let world = apk("a 1\na 3\na 2");
    for (request, added) in [("a", "a=3"), ("a<3", "a=2"), ("a=1", "a=1"), ("a~2", "a=2"), ("a>=2", "a=3")] {
        assert_eq!(world.adds(request), added, "{request}");
    }
}

#[test]
fn a_version_is_compared_with_the_one_provided_and_not_with_the_package() {
    let world = apk("a 1; depends: so:x>=2\nx 9; provides: so:x=1\ny 1; provides: so:x=2");
    assert_eq!(world.adds("a"), "a=1 y=1");
}

#[test]
fn a_name_provided_without_a_version_meets_no_version() {
    let world = apk("a 1; depends: mta>=1\nmail 2; provides: mta; priority: 9");
    assert!(matches!(world.error("a").kind, Unsolved::Missing { .. }));
}

#[test]
fn one_owner_of_a_versioned_name_excludes_every_other() {
    let world = apk("a 1; provides: service=1
        b 1; provides: service=2
        c 1; provides: service
        service 1");
    for pair in ["a b", "a c", "b c"] {
        assert!(matches!(world.error(pair).kind, Unsolved::Exclude { .. }), "{pair}");
    }
    assert_eq!(world.adds("a service"), "a=1", "it is the package of that name");
}

#[test]
fn those_that_provide_a_name_without_a_version_go_together() {
    let world = apk("a 1; provides: shell\nb 1; provides: shell");
    assert_eq!(world.adds("a b"), "a=1 b=1");
}

#[test]
fn a_bare_name_that_several_provide_has_to_be_chosen() {
    let world = apk("curl 8; depends: /bin/sh\nbusybox 1; provides: /bin/sh\ndash 1; provides: /bin/sh");
    let error = world.error("curl");
    assert_eq!(
        error.kind,
        Unsolved::Virtual {
            name: "/bin/sh".to_owned(),
            by: Some("curl".to_owned()),
            providers: vec!["busybox".to_owned(), "dash".to_owned()],
        }
    );
    assert_eq!(error.requests, [0]);
    let hint = error.hint().unwrap();
    assert!(hint.contains("`busybox`, `dash`") && hint.contains("contents.assume"), "{hint}");
    assert_eq!(world.adds("curl dash"), "curl=8 dash=1");
    assert_eq!(world.adds("dash curl"), "curl=8 dash=1");
}

#[test]
fn a_bare_name_is_met_by_the_base_first() {
    let world =
        apk("curl 8; depends: /bin/sh\nbusybox 1; provides: /bin/sh").base("dash 1; provides: /bin/sh");
    assert_eq!(world.adds("curl"), "curl=8");
}

#[test]
fn a_provider_with_a_priority_may_be_chosen_the_highest_first() {
    let world = apk("a 1; depends: sh
        low 9; provides: sh; priority: 1
        high 1; provides: sh; priority: 2
        none 9; provides: sh");
    assert_eq!(world.adds("a"), "a=1 high=1");
}

#[test]
fn a_provider_that_is_there_anyway_meets_a_name_that_it_is_not_chosen_for() {
    let world = apk("a 1; depends: sh b
        b 1; depends: none
        high 1; provides: sh; priority: 2
        none 9; provides: sh");
    assert_eq!(world.adds("a none"), "a=1 b=1 none=9");
}

#[test]
fn among_providers_the_newest_version_of_the_name_counts_before_priority() {
    let world = apk("a 1; depends: cmd:x
        old 9; provides: cmd:x=1; priority: 100
        new 1; provides: cmd:x=2");
    assert_eq!(world.adds("a"), "a=1 new=1");
}

#[test]
fn among_equal_versions_priority_counts_then_the_repository_then_the_name() {
    let world = apk("a 1; depends: cmd:x\nz 1; provides: cmd:x=1\nlow 1; provides: cmd:x=1; priority: 1");
    assert_eq!(world.adds("a"), "a=1 low=1");
    let world = apk("a 1; depends: cmd:x\nz 1; provides: cmd:x=1").repository(None, "b 1; provides: cmd:x=1");
    assert_eq!(world.adds("a"), "a=1 z=1");
    let world = apk("a 1; depends: cmd:x\nz 1; provides: cmd:x=1\ny 1; provides: cmd:x=1");
    assert_eq!(world.adds("a"), "a=1 y=1");
}

#[test]
fn a_provider_of_the_same_source_as_what_needs_it_goes_before_one_by_name() {
    let world =
        apk("a 1; depends: cmd:x; source: s 1\nb 1; provides: cmd:x=1\nc 1; provides: cmd:x=1; source: s 1");
    assert_eq!(world.adds("a"), "a=1 c=1");
}

#[test]
fn a_superseded_build_with_a_priority_is_not_picked_for_ever() {
    // apko #469, #2271: each build provides the name with its own version.
    let world = apk("app 1; depends: runtime
        runtime-8 8.0-r0; provides: runtime=8.0-r0; priority: 10
        runtime-8 8.1-r0; provides: runtime=8.1-r0; priority: 10
        runtime-8 8.2-r0; provides: runtime=8.2-r0");
    assert_eq!(world.adds("app"), "app=1 runtime-8=8.2-r0");
}

#[test]
fn a_package_comes_by_itself_once_all_that_it_waits_for_is_there() {
    let world = apk("docs 1
        curl 8
        curl-doc 8; install_if: docs curl=8
        curl-doc-extra 8; install_if: curl-doc");
    assert_eq!(world.adds("curl"), "curl=8");
    assert_eq!(world.adds("curl docs"), "curl=8 curl-doc=8 curl-doc-extra=8 docs=1");
    let solution = world.solve("curl docs").unwrap();
    assert_eq!(solution.added[1].why, Why::Completes(vec!["docs".to_owned(), "curl".to_owned()]));
}

#[test]
fn what_comes_by_itself_needs_its_version_and_comes_with_its_needs() {
    let world = apk("docs 1
        curl 8
        curl 9
        curl-doc 8; install_if: docs curl=8
        curl-doc 9; install_if: docs curl=9; depends: man
        man 1");
    assert_eq!(world.adds("docs curl=8"), "curl=8 curl-doc=8 docs=1");
    assert_eq!(world.adds("docs curl"), "curl=9 curl-doc=9 docs=1 man=1");
}

#[test]
fn a_package_can_wait_for_something_not_to_be_there() {
    let world = apk("bar 1\nbaz 1\nfoo 1; install_if: bar=1 !baz");
    assert_eq!(world.adds("bar"), "bar=1 foo=1");
    assert_eq!(world.adds("bar baz"), "bar=1 baz=1");
}

#[test]
fn what_the_base_has_counts_for_what_comes_by_itself() {
    let world = apk("curl 8\ncurl-doc 8; install_if: docs curl=8").base("docs 1");
    assert_eq!(world.adds("curl"), "curl=8 curl-doc=8");
}

#[test]
fn what_would_come_by_itself_but_does_not_go_with_the_rest_stays_away() {
    let world = apk("docs 1\ncurl 8\ncurl-doc 8; install_if: docs curl; depends: !git\ngit 2");
    assert_eq!(world.adds("curl docs git"), "curl=8 docs=1 git=2");
}

#[test]
fn what_is_kept_out_does_not_come_by_itself() {
    let world = apk("docs 1\ncurl 8\ncurl-doc 8; install_if: docs curl");
    assert_eq!(world.adds("curl docs !curl-doc"), "curl=8 docs=1");
}

#[test]
fn a_conflict_keeps_packages_apart_but_never_from_themselves() {
    let world = apk("a 1; depends: !b\nb 1\nc 1; provides: b=2; depends: !b");
    assert!(matches!(world.error("a b").kind, Unsolved::Exclude { is_base: false, .. }));
    assert_eq!(world.adds("c"), "c=1");
    assert_eq!(world.adds("a"), "a=1");
}

#[test]
fn a_conflict_with_some_versions_leaves_the_others() {
    let world = apk("a 1; depends: !b>1\nb 1\nb 2\nc 1; depends: b");
    assert_eq!(world.adds("a c"), "a=1 b=1 c=1");
}

#[test]
fn a_tag_serves_only_requests_with_it_and_what_those_pull_in() {
    let world =
        apk("a 1; depends: b\nb 1").repository(Some("edge"), "a 3; depends: b\nb 3\nc 3; depends: b>=3\nd 3");
    assert_eq!(world.adds("a"), "a=1 b=1");
    assert_eq!(world.adds("a@edge"), "a=3 b=1", "what satisfies without a tag wins");
    assert_eq!(world.adds("c@edge"), "b=3 c=3");
    let error = world.error("d");
    let there = vec!["edge".to_owned()];
    assert_eq!(error.kind, Unsolved::From { request: "d".to_owned(), from: String::new(), there });
    assert!(matches!(world.error("a@edge d").kind, Unsolved::From { .. } | Unsolved::Conflict));
}

#[test]
fn a_tag_lets_nothing_into_what_another_request_needs() {
    let world = apk("x 1; depends: b>=3").repository(Some("edge"), "a 3\nb 3");
    assert!(world.solve("x").is_err());
    assert!(world.solve("a@edge x").is_err());
    assert_eq!(world.adds("a@edge"), "a=3");
}

#[test]
fn a_request_with_a_tag_takes_what_has_none_where_the_tag_has_it_not() {
    let world = apk("a 1").repository(Some("edge"), "b 1");
    assert_eq!(world.adds("a@edge"), "a=1");
}

#[test]
fn what_is_kept_out_counts_as_met_and_is_noted() {
    let world = apk("curl 8; depends: so:nghttp2 zlib\nnghttp2-libs 1; provides: so:nghttp2=1\nzlib 1");
    let solution = world.solve("curl !nghttp2-libs").unwrap();
    assert_eq!(super::world::set(&solution), ["curl=8", "zlib=1"]);
    let note = Note::KeptOut { package: "curl".to_owned(), name: "nghttp2-libs".to_owned() };
    assert_eq!(solution.notes, [note]);
}

#[test]
fn what_is_assumed_counts_as_met_and_is_noted() {
    let world = apk("curl 8; depends: /bin/sh\nbusybox 1; provides: /bin/sh").assume("/bin/sh");
    let solution = world.solve("curl").unwrap();
    assert_eq!(super::world::set(&solution), ["curl=8"]);
    let note = Note::Assumed { package: "curl".to_owned(), name: "/bin/sh".to_owned() };
    assert_eq!(solution.notes, [note]);
}

#[test]
fn a_version_that_is_none_makes_its_package_uninstallable() {
    let world = apk("a 2; depends: b>=x.y\na 1\nb 1");
    assert_eq!(world.adds("a"), "a=1");
}

#[test]
fn packages_of_one_source_at_two_versions_are_noted() {
    let world = apk("liba 2; source: s 2\nlibb 1; source: s 1");
    let packages = vec![("liba".to_owned(), "2".to_owned()), ("libb".to_owned(), "1".to_owned())];
    assert_eq!(world.solve("liba libb").unwrap().notes, [Note::Skew { source: "s".to_owned(), packages }]);
    assert_eq!(world.solve("liba").unwrap().notes, []);
}
