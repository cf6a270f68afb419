use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::layer::raw::{RawTar, artifact};
use crate::package::deb::made::{CONTROL, Made, data, made, promised};
use crate::package::sample::{fixture, fixtures};

/// A package as it is unpacked.
fn unpacked(made: &Made) -> Unpacked {
    made.read(&made.bytes(), &artifact()).unwrap()
}

fn named(name: &str, version: &str, architecture: &str) -> Unpacked {
    let control = format!("Package: {name}\nVersion: {version}\nArchitecture: {architecture}\n");
    unpacked(&made(&control, &[], data()))
}

/// The content of a file of the database.
fn content<'a>(files: &'a [DatabaseFile], path: &str) -> Option<&'a str> {
    let path = RootPath::parse(path).unwrap();
    let file = files.iter().find(|file| file.path == path)?;
    Some(std::str::from_utf8(&file.bytes).unwrap())
}

fn written(base: &str, added: &[&Unpacked]) -> String {
    let files = files(DatabaseKind::Status, base.as_bytes(), added).unwrap();
    content(&files, "status").unwrap().to_owned()
}

/// The packages that dpkg has installed in the golden answers.
fn of_trixie(architecture: &str) -> Option<Vec<Unpacked>> {
    let dir = fixtures()?.join(format!("deb/debs/trixie-{architecture}"));
    let mut packages: Vec<_> = fs::read_dir(dir).unwrap().map(|file| file.unwrap().path()).collect();
    packages.sort();
    // Whatever their order, the database has the one of their names.
    packages.reverse();
    let unpacked = |path: &PathBuf| promised(path).read(&fs::read(path).unwrap(), &artifact()).unwrap();
    Some(packages.iter().map(unpacked).collect())
}

#[test]
fn dpkg_writes_the_same_database_byte_for_byte() {
    for architecture in ["amd64", "arm64"] {
        let Some(packages) = of_trixie(architecture) else { return };
        let base = fixture(&format!("deb/db/tx-chrootless-{architecture}.status")).unwrap();
        let golden = fixture(&format!("golden/db/dpkg-{architecture}.status")).unwrap();
        let written = files(DatabaseKind::Status, &base, &packages.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!(content(&written, "status").unwrap(), std::str::from_utf8(&golden).unwrap());
        let info = fixtures().unwrap().join(format!("golden/db/dpkg-{architecture}.info"));
        for file in fs::read_dir(info).unwrap() {
            let file = file.unwrap();
            let name = file.file_name().into_string().unwrap();
            let golden = fs::read_to_string(file.path()).unwrap();
            assert_eq!(content(&written, &format!("info/{name}")), Some(&*golden), "{name}");
        }
        assert_eq!(content(&written, "info/format"), Some("1\n"));
        let sums = content(&written, &format!("info/libcap2:{architecture}.md5sums")).unwrap();
        assert_eq!(sums.lines().count(), 6);
    }
}

#[test]
fn stanzas_of_a_base_stay_as_they_are() {
    let odd = "\nPackage: b\nStatus: hold ok installed\nVersion:  1 \nArchitecture: all\nX: \n y\n \n\n";
    let last = "Package: d\nVersion: 1\nArchitecture: all";
    let (a, c) = (named("a", "1", "amd64"), named("c", "1", "amd64"));
    let stanza = |name: &str| {
        format!("Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n")
    };
    let base = format!("{odd}{last}");
    let expected = format!("\n{}{}\n{}{last}", stanza("a"), &odd[1..], stanza("c"));
    assert_eq!(written(&base, &[&c, &a]), expected.replace("\n \n\n\n", "\n \n\n"));
    let e = named("e", "1", "amd64");
    assert_eq!(written(&base, &[&e]), format!("{base}\n\n{}", stanza("e")));
    assert_eq!(written("", &[&a, &c]), stanza("a") + &stanza("c"));
    assert_eq!(written(&base, &[]), base);
}

#[test]
fn a_stanza_of_the_same_package_is_replaced() {
    let of = |name: &str, version: &str, architecture: &str| {
        format!(
            "Package: {name}\nStatus: install ok installed\nArchitecture: {architecture}\nVersion: {version}\n\n"
        )
    };
    let base =
        [of("a", "1", "amd64"), of("b", "1", "amd64"), of("b", "1", "i386"), of("c", "1", "all")].concat();
    let newer = [named("b", "2", "amd64"), named("c", "2", "amd64")];
    let expected =
        [of("a", "1", "amd64"), of("b", "2", "amd64"), of("b", "1", "i386"), of("c", "2", "amd64")];
    assert_eq!(written(&base, &[&newer[0], &newer[1]]), expected.concat());
    let left = "Package: b\nStatus: deinstall ok config-files\nVersion: 0\nArchitecture: amd64\n\n";
    assert_eq!(written(left, &[&newer[0]]), of("b", "2", "amd64"));
}

#[test]
fn fields_stand_in_the_order_of_dpkg() {
    let control = "\
Package: made
version: 1
Architecture: all
Homepage: https://example.com
Built-Using: x (= 1)
Filename: pool/made.deb
SHA256: 00
Size: 3
Essential: no
Multi-Arch: no
Description: made
 .
 here
Depends: b|c,
 d(>=1)
Pre-Depends: a
Section: misc
Priority: optional
Installed-Size: 5
Origin: here
Maintainer: Nobody <nobody@example.com>
Source: other (2)
Enhances:
Protected: yes
";
    let made = made(&control.replace("version", "Version"), &[], data());
    let expected = "\
Package: made
Protected: yes
Status: install ok installed
Priority: optional
Section: misc
Installed-Size: 5
Origin: here
Maintainer: Nobody <nobody@example.com>
Architecture: all
Source: other (2)
Version: 1
Depends: b | c, d (>= 1)
Pre-Depends: a
Description: made
 .
 here
Homepage: https://example.com
Built-Using: x (= 1)

";
    assert_eq!(written("", &[&unpacked(&made)]), expected);
}

#[test]
fn conffiles_have_the_sums_they_come_with() {
    let data =
        data().dir("./etc/").file("./etc/a", b"a").file("./etc/b", b"").link("./etc/c", b'1', "./etc/a");
    let conffiles = "/etc/b\n/etc/a\n/etc/c\nremove-on-upgrade /etc/old\n/etc/gone\n";
    let package = unpacked(&made(CONTROL, &[("conffiles", conffiles)], data));
    let files = files(DatabaseKind::Status, b"", &[&package]).unwrap();
    let lines = "Conffiles:
 /etc/b d41d8cd98f00b204e9800998ecf8427e
 /etc/a 0cc175b9c0f1b6a831c399e269772661
 /etc/c 0cc175b9c0f1b6a831c399e269772661
Description: nothing
";
    assert!(content(&files, "status").unwrap().contains(lines));
    assert_eq!(content(&files, "info/made.conffiles"), Some(conffiles));
}

#[test]
fn members_of_the_control_section_stand_beside_the_list() {
    let members = [("postinst", "#!"), ("config", "#!"), ("triggers", "t"), ("conffiles", "")];
    let same = CONTROL.replace("Maintainer", "Multi-Arch: same\nMaintainer");
    let package = unpacked(&made(&same, &members, data()));
    let files = files(DatabaseKind::Status, b"", &[&package]).unwrap();
    let listed: Vec<_> = files.iter().map(|file| format!("{} {:o}", file.path, file.mode.bits())).collect();
    assert_eq!(
        listed,
        [
            "info/format 644",
            "info/made:amd64.config 755",
            "info/made:amd64.list 644",
            "info/made:amd64.md5sums 644",
            "info/made:amd64.postinst 755",
            "info/made:amd64.triggers 644",
            "status 644",
        ]
    );
    let list = "/.\n/usr\n/usr/bin\n/usr/bin/made\n/usr/bin/same\n/usr/bin/other\n";
    assert_eq!(content(&files, "info/made:amd64.list"), Some(list));
    let md5 = "a9c449d4fa44e9e5a41c574ae55ce4d9";
    let made = format!("{md5}  usr/bin/made\n{md5}  usr/bin/same\n");
    assert_eq!(content(&files, "info/made:amd64.md5sums"), Some(&*made));
}

#[test]
fn a_directory_of_stanzas_has_no_status_and_no_lists() {
    let sums = "a9c449d4fa44e9e5a41c574ae55ce4d9  usr/bin/made\n";
    let control = CONTROL.replace("Maintainer", "Status: x\nMaintainer");
    let package = unpacked(&made(&control, &[("md5sums", sums), ("postinst", "")], data()));
    let files = files(DatabaseKind::StatusDirectory, b"", &[&package]).unwrap();
    assert_eq!(files.len(), 2);
    assert_eq!(content(&files, "status.d/made"), Some(CONTROL));
    assert_eq!(content(&files, "status.d/made.md5sums"), Some(sums));
    let read = status::read(content(&files, "status.d/made").unwrap().as_bytes()).unwrap();
    assert_eq!(read[0].state, status::State::Installed);
}

#[test]
fn files_of_a_replaced_version_are_stale_unless_they_are_written_again() {
    let package = named("lib", "2", "amd64");
    let written = files(DatabaseKind::Status, b"", &[&package]).unwrap();
    let present = [
        "format",
        "lib.list",
        "lib.postinst",
        "lib:amd64.list",
        "lib:i386.list",
        "lib.2.list",
        "lib2.list",
        "lib-x.postinst",
    ];
    let found = stale(DatabaseKind::Status, present, &[&package], &written);
    assert_eq!(found, ["lib.postinst", "lib:amd64.list"]);
    let written = files(DatabaseKind::StatusDirectory, b"", &[&package]).unwrap();
    let present = ["lib", "lib.md5sums", "lib.x", "libx"];
    assert!(stale(DatabaseKind::StatusDirectory, present, &[&package], &written).is_empty());
}

#[test]
fn a_list_loses_what_others_took() {
    let list = b"/.\n/etc\n/etc/a\n/etc/b\n";
    let lost = |paths: &[&str]| paths.iter().map(|path| RootPath::parse(path).unwrap()).collect();
    assert_eq!(without(list, &lost(&["etc/a"])).unwrap(), b"/.\n/etc\n/etc/b\n");
    assert_eq!(without(list, &lost(&["etc/c"])), None);
}

#[test]
fn what_is_not_read_back_is_refused() {
    let base = b"Package: a\nVersion: 1\nArchitecture: all\n\nPackage: z\nVersion: 1\nArchitecture: all\n\n";
    let ours = named("m", "1", "amd64");
    let right = status(base, &[&ours]).unwrap();
    let right = std::str::from_utf8(&right).unwrap();
    let verify = |written: &str| verify::verify(base, written.as_bytes(), &[&ours]);
    assert_eq!(verify(right), Ok(()));
    let stanza = |name: &str| right.split_inclusive("\n\n").find(|stanza| stanza.contains(name)).unwrap();
    let (a, m, z) = (stanza("e: a"), stanza("e: m"), stanza("e: z"));
    for (written, error) in [
        (format!("{a}{m}"), Mismatch::Kept("z".to_owned())),
        (format!("{z}{m}{a}"), Mismatch::Kept("a".to_owned())),
        (right.replace("all", "any"), Mismatch::Kept("a".to_owned())),
        (format!("{a}{z}"), Mismatch::Added("m".to_owned())),
        (format!("{a}{m}{m}{z}"), Mismatch::Added("m".to_owned())),
        (right.replace("install ok", "hold ok"), Mismatch::Added("m".to_owned())),
        (format!("{right}{}", a.replace("e: a", "e: b")), Mismatch::Unknown("b".to_owned())),
    ] {
        assert_eq!(verify(&written), Err(error), "{written}");
    }
}

#[test]
fn a_base_that_cannot_be_read_is_not_extended() {
    let error = files(DatabaseKind::Status, b"Package\n", &[]).unwrap_err();
    assert_eq!(error.code(), Code::PackageDatabase);
    let empty = RawTar::default();
    let package = unpacked(&made(CONTROL, &[], empty));
    let files = files(DatabaseKind::Status, b"", &[&package]).unwrap();
    assert_eq!(content(&files, "info/made.list"), Some("/.\n"), "a package without files");
}

/// Bases and added packages, by name, version and architecture.
fn databases() -> impl Strategy<Value = (Vec<String>, Vec<[String; 3]>)> {
    let identity = || ("[a-c]{1,2}", "[1-3]", "amd64|i386|all").prop_map(|(a, b, c)| [a, b, c]);
    let status = prop_oneof![
        Just("Status: install ok installed\n"),
        Just("Status: deinstall ok config-files\n"),
        Just("")
    ];
    let stanza = (identity(), status, "\n{1,3}").prop_map(|([name, version, architecture], status, end)| {
        format!("Package: {name}\n{status}Version: {version}\nArchitecture: {architecture}\nX-Y:  z \n{end}")
    });
    let added = proptest::collection::btree_map("[a-c]{1,2}", ("[1-3]", "amd64|all"), 0..4);
    let added =
        added.prop_map(|map| map.into_iter().map(|(name, (version, arch))| [name, version, arch]).collect());
    (proptest::collection::vec(stanza, 0..6), added)
}

proptest! {
    #[test]
    fn a_base_keeps_what_is_not_replaced_and_gets_each_package_once((base, added) in databases()) {
        let packages: Vec<_> =
            added.iter().map(|[name, version, architecture]| named(name, version, architecture)).collect();
        let packages: Vec<_> = packages.iter().collect();
        let base = base.concat();
        let after = written(&base, &packages);
        let read = status::read(after.as_bytes()).unwrap();
        for [name, version, architecture] in &added {
            let ours = read.iter().filter(|record| record.package.name == *name).filter(|record| {
                record.package.version == *version && record.package.architecture == *architecture
            });
            prop_assert!(ours.count() >= 1, "{name}");
        }
        // Adding what is there already changes nothing.
        prop_assert_eq!(written(&after, &packages), after.clone());
        let kept = status::read(base.as_bytes()).unwrap();
        let kept = kept.iter().filter(|record| !is_replaced(record, &packages)).count();
        prop_assert_eq!(read.len(), kept + added.len());
    }
}
