//! Repositories and packages that are not what they should be: rows P01 to P04, and that nothing is left of a failure.

use std::fs;

use super::scene::{Scene, index, repository, warnings};
use crate::support::Zeros;
use crate::support::packages::Filled;
use crate::support::packages::base::{Database, DebBase};
use crate::support::packages::deb::{Compression, Deb, DebRepository, Key, Member, now};

const DAY: i64 = 86_400;

fn scene(repository: &DebRepository) -> Scene {
    let scene = Scene::new(&DebBase::new(Database::Status), repository);
    scene.wants("greet", "");
    scene
}

impl Scene {
    /// Builds what failed before, once the repository is well: what the store has kept does no harm.
    fn recovers(&self, repository: &DebRepository) {
        self.offer(repository);
        let args = ["--allow", "rollback"];
        let stored = index(&self.report(&[&args[..], &["--store", "store"]].concat()));
        assert_eq!(stored, index(&self.report(&["--no-store"])));
    }
}

#[test]
fn p01_a_repository_that_nobody_trusted_has_signed_is_refused() {
    let good = repository();
    let scene = scene(&good);
    let suite = scene.path("repo/dists/test");
    // Nobody.
    fs::remove_file(suite.join("InRelease")).unwrap();
    let signature = fs::read(suite.join("Release.gpg")).unwrap();
    fs::remove_file(suite.join("Release.gpg")).unwrap();
    insta::assert_snapshot!(scene.fails_with(7, "E_PKG_SIG", &[]), @"
    error[E_PKG_SIG]: linux/amd64: packages: file:/sandbox/repo test: no signature counts: there is none
     --> x.yaml:6:14
      |
    6 |   packages: [greet]
      |              ^^^^^
    hint: add the repository's key to `contents.keyring`, after comparing its fingerprint
    ");
    // Beside it.
    fs::write(suite.join("Release.gpg"), signature).unwrap();
    scene.report(&[]);
    fs::remove_dir_all(scene.path("out")).unwrap();
    // Other bytes.
    let release = fs::read_to_string(suite.join("Release")).unwrap();
    fs::write(suite.join("Release"), release.replace("Origin: Tests", "Origin: Others")).unwrap();
    scene.fails_with(7, "E_PKG_SIG", &[]);
    scene.offer(&good);
    let signed = fs::read_to_string(suite.join("InRelease")).unwrap();
    fs::write(suite.join("InRelease"), signed.replace("Origin: Tests", "Origin: Others")).unwrap();
    let complaint = scene.fails_with(7, "E_PKG_SIG", &[]);
    insta::assert_snapshot!(complaint.replace(&good.key.fingerprint(), "FINGERPRINT"), @"
    error[E_PKG_SIG]: linux/amd64: packages: file:/sandbox/repo test: no signature counts: FINGERPRINT: it is of other bytes
     --> x.yaml:6:14
      |
    6 |   packages: [greet]
      |              ^^^^^
    ");
    // Bytes around what is signed.
    for around in [format!("Origin: Others\n{signed}"), format!("{signed}\nOrigin: Others\n")] {
        fs::write(suite.join("InRelease"), around).unwrap();
        scene.fails_with(7, "E_PKG_SIG", &[]);
    }
    // Another key.
    scene.offer(&DebRepository { key: Key::other(), ..good.clone() });
    scene.fails_with(7, "E_PKG_SIG", &[]);
    scene.recovers(&good);
}

#[test]
fn p02_a_package_or_index_that_was_swapped_is_refused() {
    let good = repository();
    let scene = scene(&good);
    let package = scene.path("repo/pool/main/libgreet1_1.2-1_arm64.deb");
    let bytes = fs::read(&package).unwrap();
    let mut swapped = bytes.clone();
    *swapped.last_mut().unwrap() ^= 1;
    for other in [swapped, bytes[..bytes.len() - 1].to_vec(), [&bytes[..], b"x"].concat(), Vec::new()] {
        fs::write(&package, other).unwrap();
        scene.fails_with(7, "E_PKG_DIGEST", &[]);
    }
    fs::write(&package, bytes).unwrap();
    let indexes = scene.path("repo/dists/test/main/binary-amd64/by-hash/SHA256");
    for file in fs::read_dir(&indexes).unwrap().map(|file| file.unwrap().path()) {
        fs::write(file, Compression::Xz.compress(b"Package: greet\n")).unwrap();
    }
    let complaint = scene.fails_with(7, "E_PKG_DIGEST", &[]);
    assert!(complaint.contains("/repo test: it is not what was promised: "), "{complaint}");
    scene.recovers(&good);
}

#[test]
fn p03_a_repository_older_than_one_that_was_seen_is_refused() {
    let good = repository();
    let scene = scene(&good);
    let expected = index(&scene.report(&["--store", "store"]));
    let older = DebRepository { date: good.date - DAY, ..good.clone() };
    scene.offer(&older);
    let complaint = scene.complaint(7, &["--store", "store"]);
    assert!(complaint.starts_with("error[E_PKG_ROLLBACK]: "), "{complaint}");
    assert!(complaint.contains("--allow rollback"), "{complaint}");
    for args in [&["--store", "store", "--allow", "rollback"][..], &["--store", "other"], &["--no-store"]] {
        assert_eq!(index(&scene.report(args)), expected, "{args:?}");
    }
    // What was allowed once is refused again.
    scene.complaint(7, &["--store", "store"]);
    scene.recovers(&good);
}

#[test]
fn p03_a_repository_that_was_not_renewed_is_told_of_or_refused() {
    let old = DebRepository { date: now() - 30 * DAY, ..repository() };
    let expired = DebRepository { date: now() - 8 * DAY, valid_until: Some(now() - DAY), ..repository() };
    for stale in [&old, &expired] {
        let scene = scene(stale);
        let warnings = warnings(&scene.report(&[]));
        assert!(matches!(&*warnings, [one] if one.starts_with("W_PKG_STALE: ")), "{warnings:?}");
        fs::remove_dir_all(scene.path("out")).unwrap();
        let complaint = scene.fails_with(7, "E_PKG_STALE", &["--deny", "stale"]);
        assert!(complaint.contains("this machine's clock says"), "{complaint}");
        scene.recovers(&repository());
    }
    let lasting = DebRepository { date: now() - 30 * DAY, valid_until: Some(now() + DAY), ..repository() };
    assert_eq!(warnings(&scene(&lasting).report(&["--deny", "stale"])), [""; 0]);
    assert_eq!(warnings(&scene(&old).report(&["--deny", "stale", "--stale-days", "31"])), [""; 0]);
    scene(&DebRepository { date: now() + DAY, ..repository() }).fails_with(7, "E_PKG_STALE", &[]);
}

#[test]
fn p04_a_package_of_other_members_than_it_should_have_is_refused() {
    let twice = |members: &mut Vec<Member>| members.push(members[2].clone());
    for alter in [
        (|members| members.swap(1, 2)) as fn(&mut Vec<Member>),
        twice,
        |members| members.insert(1, ("_extra".to_owned(), b"x".to_vec())),
        |members| members.push(("extra".to_owned(), b"x".to_vec())),
        |members| _ = members.pop(),
        |members| members[0].1 = b"3.0\n".to_vec(),
        |members| members[2].0 = "data.tar.bz2".to_owned(),
        |members| _ = members[2].1.pop(),
    ] {
        let broken = Deb::new("greet", "1-1").file("usr/bin/greet", "a program").altered(alter);
        scene(&DebRepository::new(vec![broken])).fails_with(3, "E_DEB_FORMAT", &[]);
    }
}

#[test]
fn p04_a_package_without_end_ends_at_the_limit() {
    let bomb = Deb::new("greet", "1-1").altered(|members| {
        let zeros = Zeros { head: Vec::new(), zeros: 4 << 30 };
        members[2] = ("data.tar.zst".to_owned(), zeros.zstd(20));
    });
    let scene = scene(&DebRepository::new(vec![bomb]));
    let complaint = scene.fails_with(5, "E_LIMIT_BYTES", &["--limit", "layer-bytes=10M"]);
    assert!(complaint.contains("layer-bytes"), "{complaint}");
}
