//! Several platforms that have to come to the same.

use super::world::{World, deb, set};
use crate::code::{Code, Coded};
use crate::package::solve::{Lockstep, SolveError, Unsolved, solve_alike};

fn both(amd64: &World, arm64: &World, world: &str, lockstep: Lockstep) -> Result<[String; 2], SolveError> {
    let requests = amd64.requests(world);
    let problems = [
        amd64.problem(&requests),
        crate::package::solve::Problem { architecture: "arm64", ..arm64.problem(&requests) },
    ];
    let solutions = solve_alike(&problems, lockstep)?;
    Ok([set(&solutions[0]).join(" "), set(&solutions[1]).join(" ")])
}

#[test]
fn platforms_get_the_newest_version_that_all_have() {
    let (amd64, arm64) = (deb("a 1\na 2\na 3"), deb("a 1\na 2"));
    assert_eq!(both(&amd64, &arm64, "a", Lockstep::Required).unwrap(), ["a=2", "a=2"]);
    assert_eq!(both(&amd64, &arm64, "a", Lockstep::Off).unwrap(), ["a=3", "a=2"]);
}

#[test]
fn rebuilds_of_one_source_are_the_same() {
    let (amd64, arm64) = (deb("a 1+b1; source: a 1"), deb("a 1+b2; source: a 1"));
    assert_eq!(both(&amd64, &arm64, "a", Lockstep::Required).unwrap(), ["a=1+b1", "a=1+b2"]);
}

#[test]
fn what_differs_is_named() {
    let (amd64, arm64) = (deb("a 2\nb 1; depends: q\nq 1"), deb("a 1\nb 1\nq 1"));
    let error = both(&amd64, &arm64, "a", Lockstep::Required).unwrap_err();
    assert_eq!(error.kind, Unsolved::Platforms { differences: vec!["a 1 on arm64, 2 on amd64".into()] });
    assert_eq!(error.code(), Code::PackagePlatforms);
    assert!(error.hint().is_some());
    let error = both(&amd64, &arm64, "b", Lockstep::Required).unwrap_err();
    assert_eq!(error.kind, Unsolved::Platforms { differences: vec!["q on amd64 only".into()] });
}

#[test]
fn a_name_that_a_platform_does_not_know_is_no_difference() {
    let amd64 = deb("gcc 1; depends: gcc-x86-64\ngcc-x86-64 1");
    let arm64 = deb("gcc 1; depends: gcc-aarch64\ngcc-aarch64 1");
    let alike = both(&amd64, &arm64, "gcc", Lockstep::Required).unwrap();
    assert_eq!(alike, ["gcc=1 gcc-x86-64=1", "gcc=1 gcc-aarch64=1"]);
}

#[test]
fn what_the_base_of_one_platform_has_is_no_difference() {
    let (amd64, arm64) = (deb("a 1; depends: b\nb 1"), deb("a 1; depends: b\nb 1").base("b 1"));
    assert_eq!(both(&amd64, &arm64, "a", Lockstep::Required).unwrap(), ["a=1 b=1", "a=1"]);
}

#[test]
fn another_alternative_is_taken_where_one_platform_lacks_the_first() {
    let (amd64, arm64) = (deb("a 1; depends: b | c\nb 1\nc 1"), deb("a 1; depends: b | c\nc 1"));
    assert_eq!(both(&amd64, &arm64, "a", Lockstep::Required).unwrap(), ["a=1 c=1", "a=1 c=1"]);
}

#[test]
fn a_request_that_one_platform_cannot_meet_says_which() {
    let (amd64, arm64) = (deb("a 1"), deb("b 1"));
    let error = both(&amd64, &arm64, "a", Lockstep::Required).unwrap_err();
    assert_eq!((error.architecture.as_str(), error.requests.as_slice()), ("arm64", &[0][..]));
    assert_eq!(both(&amd64, &arm64, "", Lockstep::Required).unwrap(), ["", ""]);
}

#[test]
fn of_providers_that_are_alike_all_platforms_take_the_one_of_the_first() {
    let (amd64, arm64) = (
        deb("a 1; depends: v\np 1; provides: v\nq 1; provides: v"),
        deb("a 1; depends: v\nq 1; provides: v\np 1; provides: v"),
    );
    assert_eq!(both(&amd64, &arm64, "a", Lockstep::Required).unwrap(), ["a=1 q=1", "a=1 q=1"]);
    assert_eq!(both(&arm64, &amd64, "a", Lockstep::Required).unwrap(), ["a=1 p=1", "a=1 p=1"]);
    assert_eq!(both(&amd64, &arm64, "a", Lockstep::Off).unwrap(), ["a=1 q=1", "a=1 p=1"]);
}
