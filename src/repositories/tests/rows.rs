//! What is refused, or fetched once more: the rows of packages.

use std::fs;

use super::super::sample::{Archive, DATE, User, fields, location, package, tree};
use super::super::{Finding, Policy, Stale};
use super::{code, store};
use crate::code::{Code, Coded};
use crate::package::signature::openpgp::sample::{Key, Signing};
use crate::package::{Family, Keyring};

#[test]
fn p01_a_suite_that_nobody_signed_who_is_trusted_is_refused() {
    let (_root, path) = store();
    let archive = Archive::new();
    archive.write();
    let refused = |archive: &Archive| {
        let (code, text) = code(User::of(Some(&path)).open(&[archive.source()]));
        assert_eq!((code, code.exit() as u8), (Code::PackageSignature, 7), "{text}");
        text
    };
    // Another key, another text, no signature, and nobody who is trusted.
    let other = Archive { key: Key::new(2), ..Archive::new() };
    other.write();
    assert!(refused(&other).contains("the key is not in the keyring"));
    let release = archive.path().join("dists/test/InRelease");
    let signed = fs::read_to_string(&release).unwrap();
    fs::write(&release, signed.replace("Suite: stable", "Suite: stabil")).unwrap();
    assert!(refused(&archive).contains("it is of other bytes"));
    fs::write(&release, "Suite: stable\n").unwrap();
    refused(&archive);
    fs::remove_file(&release).unwrap();
    archive.put("dists/test/Release", b"Suite: stable\n");
    assert!(refused(&archive).contains("there is none"));
    archive.write();
    let nobody = User { keyring: Keyring::default(), ..User::of(None) };
    assert_eq!(code(nobody.open(&[archive.source()])).0, Code::PackageSignature);
    assert_eq!(tree(&path.join("packages")), [], "nothing is kept of what was refused");
}

#[test]
fn p02_an_index_that_is_not_what_its_release_promises_is_refused() {
    let (_root, path) = store();
    let index = "dists/test/main/binary-amd64/Packages.xz";
    for change in [
        |bytes: &mut Vec<u8>| bytes[20] ^= 1,
        |bytes: &mut Vec<u8>| bytes.truncate(bytes.len() - 1),
        |bytes: &mut Vec<u8>| bytes.push(0),
        |bytes: &mut Vec<u8>| bytes.clear(),
    ] {
        let archive = Archive::new();
        archive.write();
        let mut bytes = fs::read(archive.path().join(index)).unwrap();
        change(&mut bytes);
        archive.put(index, &bytes);
        let (_server, served) = archive.serve();
        for source in [archive.source(), served] {
            let (code, text) = code(User::of(Some(&path)).open(&[source]));
            assert_eq!((code, code.exit() as u8), (Code::PackageDigest, 7), "{text}");
        }
    }
    let kept = tree(&path.join("packages"));
    assert!(kept.iter().all(|(_, bytes)| bytes.len() < 4096), "no index is kept");
}

#[test]
fn p02_an_index_that_decompresses_to_something_else_is_refused() {
    let archive = Archive::new();
    archive.write();
    let release = archive.path().join("dists/test/InRelease");
    let text = fs::read_to_string(&release).unwrap();
    let line = text.lines().find(|line| line.ends_with("binary-amd64/Packages")).unwrap().trim();
    let list: Vec<_> = text.lines().filter(|line| line.ends_with(".xz")).collect();
    let changed = line.replacen(&line[..4], "0000", 1);
    let archive =
        Archive { fields: format!("{}\nSHA256:\n {changed}\n{}\nX:", archive.fields, list[0]), ..archive };
    let signed = archive.key.clearsigned(archive.fields.trim_end_matches("\nX:"), &Signing::at(DATE));
    archive.put("dists/test/InRelease", signed.as_bytes());
    assert_eq!(code(User::of(None).open(&[archive.source()])).0, Code::PackageDigest);
}

#[test]
fn p02_a_package_that_is_not_what_its_index_promises_is_refused_and_not_kept() {
    let archive = Archive::new();
    archive.write();
    let at = location(&archive.packages[0]);
    let sound = fs::read(archive.path().join(&at)).unwrap();
    let (_server, served) = archive.serve();
    let swapped = package("other", "1.0-1").bytes();
    let longer = [&sound[..], b"x"].concat();
    let mut flipped = sound.clone();
    flipped[200] ^= 1;
    for bytes in [&swapped[..], &longer, &sound[..sound.len() - 1], &flipped, b""] {
        archive.put(&at, bytes);
        for source in [&archive.source(), &served] {
            let (_root, path) = store();
            for user in [User::of(Some(&path)), User::of(None)] {
                let (code, text) = code(user.read(Family::Deb, "amd64", source, "made"));
                assert_eq!((code, code.exit() as u8), (Code::PackageDigest, 7), "{text}");
            }
            assert_eq!((tree(&path.join("blobs")), tree(&path.join("new"))), (Vec::new(), Vec::new()));
        }
    }
    archive.put(&at, &sound);
    User::of(None).read(Family::Deb, "amd64", &served, "made").unwrap();
}

#[test]
fn p02_a_package_of_the_store_that_is_broken_is_set_aside_and_fetched_again() {
    let (_root, path) = store();
    let archive = Archive::new();
    archive.write();
    let (server, source) = archive.serve();
    let first = User::of(Some(&path)).read(Family::Deb, "amd64", &source, "made").unwrap();
    let [(blob, sound)] = &tree(&path.join("blobs"))[..] else { panic!() };
    for forgets in [false, true] {
        for place in [0, 1, sound.len() / 2, sound.len() - 1] {
            let mut broken = sound.clone();
            broken[place] ^= 0x40;
            fs::write(blob, &broken).unwrap();
            if forgets {
                // What it holds is not remembered either.
                tree(&path.join("packages")).iter().for_each(|(file, _)| fs::remove_file(file).unwrap());
            }
            let before = server.lines().len();
            assert_eq!(User::of(Some(&path)).read(Family::Deb, "amd64", &source, "made").unwrap(), first);
            assert_eq!(server.lines()[before..].iter().filter(|line| line.ends_with(".deb")).count(), 1);
            assert_eq!(&fs::read(blob).unwrap(), sound);
        }
    }
}

#[test]
fn p02_what_is_kept_of_packages_is_never_used_with_any_bit_flipped() {
    let (_root, path) = store();
    let archive = Archive::new();
    archive.write();
    let source = archive.source();
    let first = User::of(Some(&path)).read(Family::Deb, "amd64", &source, "made").unwrap();
    for (file, sound) in tree(&path.join("packages")) {
        for place in (0..sound.len()).step_by(sound.len() / 20 + 1) {
            let mut broken = sound.clone();
            broken[place] ^= 1;
            fs::write(&file, broken).unwrap();
            assert_eq!(User::of(Some(&path)).read(Family::Deb, "amd64", &source, "made").unwrap(), first);
            fs::write(&file, &sound).unwrap();
        }
    }
}

#[test]
fn p03_an_older_release_than_was_seen_is_refused_unless_that_is_allowed() {
    let (_root, path) = store();
    let archive = Archive::new();
    archive.write();
    let old = fs::read(archive.path().join("dists/test/InRelease")).unwrap();
    let newer = Archive { fields: fields("Fri, 20 Nov 2026 00:12:43 UTC"), ..archive };
    newer.write();
    let source = newer.source();
    User::of(Some(&path)).open(std::slice::from_ref(&source)).unwrap();
    newer.put("dists/test/InRelease", &old);
    let (code, text) = code(User::of(Some(&path)).open(std::slice::from_ref(&source)));
    assert_eq!((code, code.exit() as u8), (Code::PackageRollback, 7));
    assert!(
        text.ends_with(
            "it is of 2026-11-20T00:12:42Z, and one of 2026-11-20T00:12:43Z was seen there before"
        ),
        "{text}"
    );
    let mut user = User::of(Some(&path));
    user.policy.allow_rollback = true;
    user.open(std::slice::from_ref(&source)).unwrap();
    User::of(None).open(&[source]).unwrap();
}

#[test]
fn p03_a_release_of_thirty_days_ago_is_told_of_or_refused() {
    let archive = Archive::new();
    archive.write();
    let at = |days: i64, stale| {
        let mut user = User::of(None);
        user.policy = Policy { stale, ..Policy::at(DATE.after(days * 86_400)) };
        let opened =
            user.open(&[archive.source()]).map_err(|error| (error.code(), error.code().exit() as u8))?;
        Ok::<_, (Code, u8)>(opened.sources().findings().map(Finding::code).collect::<Vec<_>>())
    };
    assert_eq!(at(13, Stale::Refuse), Ok(vec![]));
    assert_eq!(at(30, Stale::Warn), Ok(vec!["W_PKG_STALE"]));
    assert_eq!(at(30, Stale::Refuse), Err((Code::PackageStale, 7)));
    assert_eq!(at(-1, Stale::Warn), Err((Code::PackageStale, 7)));
}
