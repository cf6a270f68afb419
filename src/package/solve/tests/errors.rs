//! What is said of requests that cannot be met.

use super::world::{apk, deb};
use crate::code::{Code, Coded};
use crate::package::solve::Unsolved;

#[test]
fn an_unknown_name_comes_with_the_nearest() {
    let world = deb("nginx 1\ncurl 8");
    let error = world.error("curl ngnix");
    assert_eq!(error.kind, Unsolved::Unknown { name: "ngnix".into(), nearest: Some("nginx".into()) });
    assert_eq!((error.requests.as_slice(), error.request()), (&[1][..], Some(1)));
    assert_eq!(error.hint().as_deref(), Some("did you mean `nginx`?"));
    assert_eq!(error.to_string(), "there is no package `ngnix` (amd64)");
    assert_eq!(error.code(), Code::PackageUnknown);
    assert_eq!(world.error("something-else").hint(), None);
}

#[test]
fn a_version_that_there_is_not_comes_with_those_there_are() {
    let error = deb("curl 8\ncurl 10\ncurl 9").error("curl=7");
    let there: Vec<String> = ["10", "9", "8"].map(str::to_owned).into();
    assert_eq!(error.kind, Unsolved::Version { request: "curl (= 7)".into(), there });
    assert_eq!(error.to_string(), "there is no `curl (= 7)`; the versions are `10`, `9`, `8` (amd64)");
    assert_eq!(error.hint().as_deref(), Some("ask for `=10`"));
    assert_eq!(error.code(), Code::PackageUnsatisfied);
}

#[test]
fn a_need_that_nothing_meets_is_named_with_its_package_however_deep() {
    let world = deb("a 1; depends: b\nb 1; depends: c | d\nc 1; depends: bash\nd 1; depends: zsh");
    let error = world.error("a");
    let kind = Unsolved::Missing { package: "c=1".into(), needs: "bash".into(), name: "bash".into() };
    assert_eq!(error.kind, kind);
    assert!(error.hint().unwrap().contains("`!bash`"));
    assert!(error.trace.contains("bash"), "{}", error.trace);
}

#[test]
fn what_has_no_name_of_a_package_can_be_assumed() {
    let error = apk("a 1; depends: /bin/sh").error("a");
    let hint = error.hint().unwrap();
    assert!(hint.contains("wants a shell") && hint.contains("`/bin/sh` to `contents.assume`"), "{hint}");
    let hint = apk("a 1; depends: so:x.so.1").error("a").hint().unwrap();
    assert!(hint.contains("`so:x.so.1` to `contents.assume`"), "{hint}");
}

#[test]
fn requests_that_exclude_each_other_are_both_named() {
    let world = deb("x 1\na 1; depends: c\nb 1; depends: d\nc 1; conflicts: d\nd 1\ny 1");
    let error = world.error("x a y b");
    assert_eq!(error.requests, [1, 3]);
    assert_eq!(error.kind, Unsolved::Exclude { one: "c".into(), other: "d".into(), is_base: false });
    let trace = "The following packages are incompatible
├─ b can be installed with any of the following options:
│  └─ b 1 would require
│     └─ d, which can be installed with any of the following options:
│        └─ d 1
└─ a cannot be installed because there are no viable options:
   └─ a 1 would require
      └─ c, which cannot be installed because there are no viable options:
         └─ c 1 would constrain
            └─ d other than d, which conflicts with any installable versions previously reported
";
    assert_eq!(error.trace, trace);
}

#[test]
fn two_versions_of_one_package_do_not_go_together() {
    let error = deb("c 1\nc 2\na 1; depends: c (= 1)\nb 1; depends: c (= 2)").error("a b");
    assert_eq!((error.kind.clone(), error.requests.as_slice()), (Unsolved::Conflict, &[0, 1][..]));
    assert!(error.trace.contains("c (= 1)") && error.trace.contains("c (= 2)"), "{}", error.trace);
}

#[test]
fn a_name_is_not_asked_for_and_kept_out_at_once() {
    let error = deb("a 1").error("a !a");
    assert_eq!(error.kind, Unsolved::KeptOut { name: "a".into() });
    assert!(error.hint().is_some());
}

#[test]
fn needs_that_go_in_a_circle_or_very_deep_are_no_trouble() {
    assert_eq!(deb("a 1; depends: b\nb 1; depends: a").adds("a"), "a=1 b=1");
    let mut packages: String = (0..1000).map(|n| format!("p{n} 1; depends: p{}\n", n + 1)).collect();
    assert!(deb(&packages).solve("p0").is_err());
    packages.push_str("p1000 1");
    assert_eq!(deb(&packages).solve("p0").unwrap().added.len(), 1001);
}

#[test]
fn the_trace_of_packages_that_need_each_other_has_an_end() {
    let world = deb("a 1; depends: b, c
        b 1; depends: a | d, c
        c 1; depends: a | b, d
        d 1; depends: b | c
        x 1; depends: a; conflicts: y
        y 1; depends: d");
    let error = world.error("a x y");
    assert!(error.trace.len() <= (8 << 10) + "…".len(), "{}", error.trace);
    assert!(!error.trace.is_empty());
}
