use std::sync::Arc;

use super::*;
use crate::contents::sample::{index, path, view_of_files};
use crate::contents::{Allow, Outcome, Parcel, Payload, PayloadError, Taken, payload};
use crate::interrupt::Interrupt;
use crate::package::{Fields, SourcePackage, apk_atoms, deb_atoms};
use crate::provision::base::Database;

mod real;

const LIBRARY: &str = "Package: lib\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.5\n\n";

fn status(text: &str) -> (&'static str, String) {
    ("var/lib/dpkg/status", text.to_owned())
}

/// A base with these small files, and links.
fn base(files: &[(&str, &str)], links: &[(&str, &str)]) -> (View, Base) {
    let view = view_of_files(files, links);
    let database = Database::find(&view, None).unwrap();
    let base = Base::read(&view, database, "amd64").unwrap();
    (view, base)
}

fn added(family: Family, name: &str, replaces: &str, lines: &[&str]) -> Unpacked {
    let replaces = match family {
        Family::Apk => apk_atoms(replaces),
        Family::Deb => deb_atoms(replaces),
    };
    let source = SourcePackage { name: name.to_owned(), version: "2.0".to_owned() };
    Unpacked {
        family,
        package: Package {
            name: name.to_owned(),
            version: "2.0".to_owned(),
            source,
            replaces,
            ..Package::default()
        },
        fields: Fields::default(),
        members: Default::default(),
        index: Arc::new(index(lines)),
        sums: Default::default(),
        owners: Default::default(),
    }
}

fn deb(name: &str, replaces: &str, lines: &[&str]) -> Unpacked {
    added(Family::Deb, name, replaces, lines)
}

fn apk(name: &str, replaces: &str, lines: &[&str]) -> Unpacked {
    added(Family::Apk, name, replaces, lines)
}

/// Lays packages out on a base whose packages `replaced` they take the place of.
fn lay(
    (view, base): &(View, Base),
    packages: &[Unpacked],
    replaced: &[&str],
) -> Result<(Payload, Vec<String>), PayloadError> {
    let ownership =
        Ownership::among(base, view, packages.iter().collect(), replaced.iter().copied().collect());
    let parcels = packages.iter().map(|one| Parcel { name: &one.package.name, index: &one.index });
    let parcels: Vec<_> = parcels.collect();
    let gone = ownership.gone();
    let laid = payload(&parcels, view, &ownership, &gone, Allow::default(), None, &Interrupt::default())?;
    let mut after = view.clone();
    after.apply_contents(&laid.contents);
    let names = after.iter().filter(|(_, node)| !node.is_directory() && node.layer() == view.layers());
    let names = names.map(|(at, _)| at.to_string()).collect();
    Ok((laid, names))
}

fn lost(at: &str, to: &str) -> Outcome {
    Outcome::Lost { at: path(at), to: crate::contents::Claimant::Base(to.to_owned()) }
}

#[test]
fn replaces_of_debian_takes_over_files_of_the_versions_it_names() {
    let status = status(LIBRARY);
    let files =
        [(status.0, &*status.1), ("var/lib/dpkg/info/lib:amd64.list", "/.\n/usr\n/usr/x\n"), ("usr/x", "1")];
    let base = base(&files, &[]);
    for (replaces, is_taken) in
        [("lib", true), ("lib (<< 2)", true), ("lib (<< 1.5)", false), ("other", false)]
    {
        let laid = lay(&base, &[deb("new", replaces, &["usr/", "usr/x=2"])], &[]);
        match laid {
            Ok((payload, names)) => {
                assert!(is_taken, "{replaces}");
                assert_eq!(names, ["usr/x"]);
                assert_eq!(payload.taken, [Taken { at: path("usr/x"), from: "lib".into(), by: 0 }]);
            }
            Err(error) => {
                assert!(!is_taken, "{replaces}: {error}");
                let (package, owner) = ("new".to_owned(), "lib".to_owned());
                assert_eq!(error, PayloadError::OfBase { path: path("usr/x"), package, owner });
            }
        }
    }
}

#[test]
fn a_package_of_the_base_that_replaces_the_one_that_comes_keeps_its_files() {
    let status = status(&LIBRARY.replace("Version", "Replaces: new\nVersion"));
    let files = [(status.0, &*status.1), ("var/lib/dpkg/info/lib.list", "/usr/x\n"), ("usr/x", "1")];
    let (payload, names) = lay(&base(&files, &[]), &[deb("new", "", &["usr/x=2", "usr/y"])], &[]).unwrap();
    assert_eq!((names, &payload.outcomes[0][0]), (vec!["usr/y".to_owned()], &lost("usr/x", "lib")));
}

#[test]
fn of_two_debian_packages_the_one_that_replaces_the_other_has_the_file() {
    let status = status(LIBRARY);
    let base = base(&[(status.0, &*status.1)], &[]);
    for (a, b, winner) in [("b", "", 0), ("", "a", 1), ("b", "a", 1)] {
        let packages = [deb("a", a, &["x=1"]), deb("b", b, &["x=2"])];
        let (payload, _) = lay(&base, &packages, &[]).unwrap();
        assert_eq!(payload.outcomes[winner][0], Outcome::Placed(path("x")), "{a} {b}");
    }
    assert!(lay(&base, &[deb("a", "", &["x=1"]), deb("b", "", &["x=2"])], &[]).is_err());
}

#[test]
fn files_that_lists_spell_through_links_are_those_where_they_lead() {
    let status = status(LIBRARY);
    for list in [
        ("var/lib/dpkg/info/lib.list", "/lib\n/lib/x\n"),
        ("var/lib/dpkg/status.d/lib.md5sums", "0123456789abcdef0123456789abcdef  lib/x\n"),
    ] {
        let files = [(status.0, &*status.1), list, ("usr/lib/x", "1")];
        let base = base(&files, &[("lib", "usr/lib")]);
        assert!(lay(&base, &[deb("new", "", &["usr/lib/x=2"])], &[]).is_err(), "{list:?}");
        assert!(lay(&base, &[deb("new", "", &["lib/x=2"])], &[]).is_err());
        assert!(lay(&base, &[deb("new", "", &["lib/", "lib/y=2"])], &[]).is_ok());
    }
}

#[test]
fn a_path_that_the_base_diverts_is_its_packages_alone() {
    let status = status(LIBRARY);
    let files = [
        (status.0, &*status.1),
        ("var/lib/dpkg/diversions", "/bin/x\n/bin/x.other\nlib\n/bin/y\n/bin/y.real\n:\n"),
        ("var/lib/dpkg/info/lib.list", "/bin/x\n/bin/y\n"),
        ("usr/bin/x", "1"),
        ("usr/bin/y.real", "1"),
    ];
    let base = base(&files, &[("bin", "usr/bin")]);
    let (_, names) = lay(&base, &[deb("new", "", &["bin/", "bin/x=2"])], &[]).unwrap();
    assert_eq!(names, ["usr/bin/x.other"]);
    let error = lay(&base, &[deb("new", "", &["bin/y=2"])], &[]).unwrap_err();
    assert!(matches!(error, PayloadError::OfBase { path: at, .. } if at == path("usr/bin/y.real")));
}

#[test]
fn an_upgrade_in_debian_takes_old_files_along_but_not_configuration_that_was_changed() {
    let conffiles = "Conffiles:\n /etc/same 0cc175b9c0f1b6a831c399e269772661\n /etc/changed \
                     0cc175b9c0f1b6a831c399e269772661\n /etc/old 0cc175b9c0f1b6a831c399e269772661 obsolete\n";
    let status = status(&LIBRARY.replace("Version", &format!("{conffiles}Version")));
    let files = [
        (status.0, &*status.1),
        ("var/lib/dpkg/info/lib.list", "/etc\n/etc/same\n/etc/changed\n/etc/old\n/usr/a\n/usr/b\n"),
        ("etc/same", "a"),
        ("etc/changed", "b"),
        ("etc/old", "b"),
        ("usr/a", "1"),
        ("usr/b", "1"),
    ];
    let base = base(&files, &[]);
    let mut new = deb("lib", "", &["etc/", "etc/same=2", "etc/changed=2", "usr/a=2"]);
    new.members.insert(
        "conffiles".into(),
        Arc::from(&b"/etc/same\n/etc/changed \nremove-on-upgrade /etc/old\n"[..]),
    );
    let (payload, names) = lay(&base, &[new], &["lib"]).unwrap();
    assert_eq!(names, ["etc/same", "usr/a"]);
    assert_eq!(payload.outcomes[0][2], Outcome::Kept(path("etc/changed")));
    let mut after = base.0.clone();
    after.apply_contents(&payload.contents);
    assert!(after.get(&path("usr/b")).is_none(), "what the new version no longer has goes");
    assert!(after.get(&path("etc/old")).is_some(), "but no configuration that was changed");
}

const INSTALLED: &str = "P:layout\nV:1\no:layout\nF:\nF:etc\nR:os-release\nZ:Q1NWoZK3kTsExUV00Ywo1G5jlUKKs=\nF:usr\nF:usr/lib\nM:0:0:711\nR:x\n\n";

fn apk_base() -> (View, Base) {
    // The SHA-1 of `1` is what the database says of os-release.
    let files = [("lib/apk/db/installed", INSTALLED), ("etc/os-release", "1"), ("usr/lib/x", "1")];
    base(&files, &[])
}

#[test]
fn a_file_of_apk_goes_to_whom_replaces_and_origin_say() {
    let base = apk_base();
    let lines: &[&str] = &["usr/", "usr/lib/", "usr/lib/x=2"];
    assert!(lay(&base, &[apk("new", "", lines)], &[]).is_err());
    let (payload, names) = lay(&base, &[apk("new", "layout", lines)], &[]).unwrap();
    assert_eq!((names, payload.taken.len()), (vec!["usr/lib/x".to_owned()], 1));
    let mut sibling = apk("layout-doc", "", lines);
    sibling.package.source.name = "layout".to_owned();
    assert_eq!(lay(&base, &[sibling], &[]).unwrap().1, ["usr/lib/x"]);
}

#[test]
fn configuration_of_apk_that_nobody_changed_goes_to_whom_replaces_it() {
    let base = apk_base();
    let (payload, names) =
        lay(&base, &[apk("new", "layout", &[".PKGINFO", "etc/", "etc/os-release=2"])], &[]).unwrap();
    assert_eq!(names, ["etc/os-release"]);
    assert_eq!(payload.outcomes[0][0], Outcome::Dropped);
    let files = [("lib/apk/db/installed", INSTALLED), ("etc/os-release", "changed")];
    let changed = self::base(&files, &[]);
    let (payload, names) =
        lay(&changed, &[apk("new", "layout", &["etc/", "etc/os-release=2"])], &[]).unwrap();
    assert_eq!((names.len(), &payload.outcomes[0][1]), (0, &Outcome::Kept(path("etc/os-release"))));
}

#[test]
fn a_directory_of_apk_is_as_the_first_of_all_its_packages_has_it() {
    let base = apk_base();
    let mode = |packages: &[Unpacked], replaced: &[&str]| {
        let (payload, _) = lay(&base, packages, replaced).unwrap();
        let mut after = base.0.clone();
        after.apply_contents(&payload.contents);
        after.get(&path("usr/lib")).unwrap().attributes().mode.to_string()
    };
    let lines: &[&str] = &["usr/", "usr/lib/ 0700", "usr/lib/new"];
    assert_eq!(mode(&[apk("zzz", "", lines)], &[]), "0755", "the base's own has the smaller name");
    assert_eq!(mode(&[apk("aaa", "", lines)], &[]), "0700");
    let mut high = apk("zzz", "", lines);
    high.fields = Fields::new(vec![("replaces_priority".into(), "7".into())]);
    assert_eq!(mode(&[high], &[]), "0700");
    assert_eq!(mode(&[apk("layout", "", lines)], &["layout"]), "0755", "with nobody else the base has it");
}
