//! The answers of the real tools to real worlds.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::world::{request, set};
use crate::limits::Limits;
use crate::package::description::{Package, Stanza};
use crate::package::family::Family;
use crate::package::index::{Index, Market, Repository};
use crate::package::sample::{apk_index, fixture, reduced_index};
use crate::package::solve::{Problem, Upgrade, solve};

/// Worlds in which apt takes the first of alternatives although a later one is there anyway, so that fewer packages do.
const MET_BY_A_LATER_ALTERNATIVE: [&str; 3] = ["python3-django", "budgie-dropby-applet", "389-ds"];

#[test]
fn bookworm_on_nothing_is_solved_as_apt_does() {
    deb("bookworm-amd64", "amd64", "bookworm-amd64.empty", None, &MET_BY_A_LATER_ALTERNATIVE);
}

#[test]
fn bookworm_on_its_minimal_base_is_solved_as_apt_does() {
    let base = "bw-minbase-amd64";
    deb("bookworm-amd64", "amd64", "bookworm-amd64.minbase", Some(base), &MET_BY_A_LATER_ALTERNATIVE);
}

#[test]
fn trixie_on_a_base_with_certificates_is_solved_as_apt_does() {
    for architecture in ["amd64", "arm64"] {
        let offers = format!("trixie-{architecture}");
        let base = format!("tx-chrootless-ca-{architecture}");
        deb(&offers, architecture, &format!("{offers}.base-ca"), Some(&base), &[]);
    }
}

#[test]
fn alpine_worlds_are_solved_as_apk_does() {
    apk("alpine-3.16-x86_64", &[]);
}

#[test]
fn special_worlds_of_alpine_are_solved_as_apk_does() {
    // What is kept out counts as met here; apk calls it an error.
    apk("alpine-3.16-special", &["busybox curl !nghttp2-libs"]);
}

/// What the lists named before all else: the reduced ones do not, and of packages that provide the same apt takes the one
/// that is named last.
const NAMED_FIRST: &str = "\
Package: aardvark-dns
Version: 1
Architecture: all
Depends: netavark
Filename: none
Size: 0
SHA256: 0000000000000000000000000000000000000000000000000000000000000000
";

fn deb(offers: &str, architecture: &str, answers: &str, base: Option<&str>, differing: &[&str]) {
    let path = format!("golden/solve/{offers}.Packages.xz");
    let Some(index) = reduced_index(&path, architecture) else { return };
    let base = base.and_then(|base| fixture(&format!("deb/db/{base}.status")));
    let base = base.map(|status| installed(&String::from_utf8(status).unwrap())).unwrap_or_default();
    let named_first = Index::deb(NAMED_FIRST.as_bytes(), architecture, &Limits::default()).unwrap();
    compare(Family::Deb, architecture, vec![named_first, index], &base, answers, differing);
}

fn apk(answers: &str, differing: &[&str]) {
    let Some(text) = apk_index("apk/alpine-3.16-x86_64/APKINDEX.tar.gz") else { return };
    let index = Index::apk(text.as_bytes(), "x86_64", &Limits::default()).unwrap();
    compare(Family::Apk, "x86_64", vec![index], &[], answers, differing);
}

/// Solves each world, and asserts that those which differ from the answers are those that are known to.
fn compare(
    family: Family,
    architecture: &str,
    indexes: Vec<Index>,
    installed: &[Package],
    answers: &str,
    differing: &[&str],
) {
    let offers =
        Market::new(vec![Repository { tag: None, indexes: indexes.into_iter().map(Arc::new).collect() }]);
    let answers = String::from_utf8(fixture(&format!("golden/solve/{answers}.tsv")).unwrap()).unwrap();
    let mut different = Vec::new();
    for line in answers.lines() {
        let (world, answer) = line.split_once('\t').unwrap();
        let requests: Vec<_> = world.split_whitespace().map(|word| request(family, word)).collect();
        let problem = Problem {
            family,
            architecture,
            offers: &offers,
            installed,
            requests: &requests,
            upgrade: &Upgrade::No,
            assume: &[],
            locked: None,
        };
        let found = solve(&problem).map_or(["ERROR".to_owned()].into(), |found| set(&found));
        let found: BTreeSet<String> = found.into_iter().collect();
        let answer: BTreeSet<String> = answer.split_whitespace().map(str::to_owned).collect();
        if found != answer {
            let only = |a: &BTreeSet<String>, b| a.difference(b).cloned().collect::<Vec<_>>().join(" ");
            let (ours, theirs) = (only(&found, &answer), only(&answer, &found));
            different.push((world, format!("ours alone has {ours}; theirs alone has {theirs}")));
        }
    }
    let names: BTreeSet<&str> = different.iter().map(|(world, _)| *world).collect();
    assert_eq!(names, differing.iter().copied().collect(), "{different:#?}");
}

/// The packages of a status file, as far as solving goes.
fn installed(status: &str) -> Vec<Package> {
    let stanzas = status.split("\n\n").filter(|stanza| !stanza.trim().is_empty());
    let packages = stanzas.map(|stanza| {
        let field = |name: &str| {
            let lines = stanza.lines().filter_map(|line| line.split_once(": "));
            lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        };
        Stanza::deb(field).package(Family::Deb)
    });
    packages.collect()
}
