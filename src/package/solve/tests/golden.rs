//! The answers of the real tools to real worlds.

use std::collections::BTreeSet;
use std::io::Read;

use super::world::{Shelf, set};
use crate::package::description::{MultiArch, Package, SourcePackage};
use crate::package::family::Family;
use crate::package::relation::{apk_atoms, apk_depends, apk_provides, deb_atoms, deb_groups, deb_provides};
use crate::package::sample::fixture;
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

fn deb(offers: &str, architecture: &str, answers: &str, base: Option<&str>, differing: &[&str]) {
    let Some(packages) = fixture(&format!("golden/solve/{offers}.Packages.xz")) else { return };
    let mut text = String::new();
    liblzma::read::XzDecoder::new(&*packages).read_to_string(&mut text).unwrap();
    let mut shelf = Shelf::default();
    shelf.add(None, deb_packages(&text));
    let base = base.and_then(|base| fixture(&format!("deb/db/{base}.status")));
    let base = base.map(|status| deb_packages(&String::from_utf8(status).unwrap())).unwrap_or_default();
    let answers = String::from_utf8(fixture(&format!("golden/solve/{answers}.tsv")).unwrap()).unwrap();
    let mut different = Vec::new();
    for line in answers.lines() {
        let (world, answer) = line.split_once('\t').unwrap();
        let found = solved(Family::Deb, architecture, &shelf, &base, world);
        if found != answer.split_whitespace().map(str::to_owned).collect() {
            different.push((world, difference(&found, answer)));
        }
    }
    let names: BTreeSet<&str> = different.iter().map(|(world, _)| *world).collect();
    assert_eq!(names, differing.iter().copied().collect(), "{different:#?}");
}

fn solved(
    family: Family,
    architecture: &str,
    shelf: &Shelf,
    base: &[Package],
    world: &str,
) -> BTreeSet<String> {
    let requests: Vec<_> = world.split_whitespace().map(|word| super::world::request(family, word)).collect();
    let problem = Problem {
        family,
        architecture,
        offers: shelf,
        installed: base,
        requests: &requests,
        upgrade: &Upgrade::No,
        assume: &[],
    };
    match solve(&problem) {
        Ok(solution) => set(&solution).into_iter().collect(),
        Err(error) => BTreeSet::from([format!("ERROR {error}\n{}", error.trace)]),
    }
}

fn difference(found: &BTreeSet<String>, answer: &str) -> String {
    let answer: BTreeSet<String> = answer.split_whitespace().map(str::to_owned).collect();
    let more: Vec<_> = found.difference(&answer).cloned().collect();
    let fewer: Vec<_> = answer.difference(found).cloned().collect();
    format!("+ {} - {}", more.join(" "), fewer.join(" "))
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

fn apk(answers: &str, differing: &[&str]) {
    let Some(index) = fixture("apk/alpine-3.16-x86_64/APKINDEX.tar.gz") else { return };
    let mut shelf = Shelf::default();
    shelf.add(None, apk_packages(&apkindex(&index)));
    let answers = String::from_utf8(fixture(&format!("golden/solve/{answers}.tsv")).unwrap()).unwrap();
    let mut different = Vec::new();
    for line in answers.lines() {
        let (world, answer) = line.split_once('\t').unwrap();
        let found = solved(Family::Apk, "x86_64", &shelf, &[], world);
        let is_error = answer == "ERROR" && found.iter().any(|line| line.starts_with("ERROR"));
        if !is_error && found != answer.split_whitespace().map(str::to_owned).collect() {
            different.push((world, difference(&found, answer)));
        }
    }
    let names: BTreeSet<&str> = different.iter().map(|(world, _)| *world).collect();
    assert_eq!(names, differing.iter().copied().collect(), "{different:#?}");
}

fn apkindex(archive: &[u8]) -> String {
    let mut tar = tar::Archive::new(flate2::read::MultiGzDecoder::new(archive));
    let mut entries = tar.entries().unwrap().map(Result::unwrap);
    let mut index = entries.find(|entry| &*entry.path_bytes() == b"APKINDEX").unwrap();
    let mut text = String::new();
    index.read_to_string(&mut text).unwrap();
    text
}

fn apk_packages(text: &str) -> Vec<Package> {
    let records = text.split("\n\n").filter(|record| !record.trim().is_empty());
    let packages = records.map(|record| {
        let field = |key: &str| {
            let mut lines = record.lines().filter_map(|line| line.split_once(':'));
            lines.find(|(name, _)| *name == key).map(|(_, value)| value).unwrap_or_default()
        };
        let (depends, conflicts) = apk_depends(field("D"));
        Package {
            name: field("P").to_owned(),
            version: field("V").to_owned(),
            architecture: field("A").to_owned(),
            source: SourcePackage { name: field("o").to_owned(), version: field("V").to_owned() },
            depends,
            conflicts,
            provides: apk_provides(field("p")),
            install_if: apk_atoms(field("i")),
            priority: field("k").parse().unwrap_or(0),
            ..Package::default()
        }
    });
    packages.collect()
}

fn deb_packages(text: &str) -> Vec<Package> {
    let stanzas = text.split("\n\n").filter(|stanza| !stanza.trim().is_empty());
    let packages = stanzas.map(|stanza| {
        let field = |key: &str| {
            let mut lines = stanza.lines().filter_map(|line| line.split_once(": "));
            lines.find(|(name, _)| *name == key).map(|(_, value)| value).unwrap_or_default()
        };
        let both = |a: &str, b: &str| {
            [field(a), field(b)].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(", ")
        };
        Package {
            name: field("Package").to_owned(),
            version: field("Version").to_owned(),
            architecture: field("Architecture").to_owned(),
            depends: deb_groups(&both("Pre-Depends", "Depends")),
            conflicts: deb_atoms(&both("Conflicts", "Breaks")),
            provides: deb_provides(field("Provides")),
            priority: match field("Priority") {
                "required" => 4,
                "important" => 3,
                "standard" => 2,
                "optional" => 1,
                _ => 0,
            },
            multi_arch: match field("Multi-Arch") {
                "same" => MultiArch::Same,
                "foreign" => MultiArch::Foreign,
                "allowed" => MultiArch::Allowed,
                _ => MultiArch::No,
            },
            ..Package::default()
        }
    });
    packages.collect()
}
