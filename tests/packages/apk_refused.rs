//! Repositories and packages of apk that are not what they should be: rows P01 to P03.

use std::fs;
use std::io::Read;
use std::path::PathBuf;

use super::scene::{Scene, index, warnings};
use crate::support::packages::Filled;
use crate::support::packages::apk::{Algorithm, Apk, ApkRepository, Key};

fn scene(repository: &ApkRepository) -> Scene {
    let scene = Scene::apk(repository);
    scene.wants_apk("greet");
    scene
}

impl Scene {
    /// A file of the repository for amd64.
    fn of_repository(&self, name: &str) -> PathBuf {
        self.path("repo/x86_64").join(name)
    }
}

/// What comes after the first gzip member.
fn unsigned(bytes: &[u8]) -> Vec<u8> {
    let mut first = flate2::bufread::GzDecoder::new(bytes);
    first.read_to_end(&mut Vec::new()).unwrap();
    first.into_inner().to_vec()
}

#[test]
fn p01_an_index_of_apk_that_nobody_trusted_has_signed_is_refused() {
    let scene = scene(&ApkRepository::sample());
    let expected = index(&scene.report(&[]));
    fs::remove_dir_all(scene.path("out")).unwrap();
    let file = scene.of_repository("APKINDEX.tar.gz");
    let signed = fs::read(&file).unwrap();
    let other = ApkRepository::new(vec![Apk::new("greet", "9-r0").file("usr/bin/greet", "another")]);
    let signature = &signed[..signed.len() - unsigned(&signed).len()];
    let of_other_bytes = [signature, &unsigned(&other.index("x86_64"))].concat();
    for bytes in [unsigned(&signed), of_other_bytes] {
        fs::write(&file, bytes).unwrap();
        scene.fails_with(7, "E_PKG_SIG", &[]);
    }
    for key in [
        Key::other(),
        // A key is known by the name of its file, which no other can take.
        Key::other().named("overcoat-test.rsa.pub"),
        Key::test().named("../overcoat-test.rsa.pub"),
    ] {
        ApkRepository { key, ..ApkRepository::sample() }.write(&scene.path("repo"));
        scene.fails_with(7, "E_PKG_SIG", &[]);
    }
    ApkRepository::sample().write(&scene.path("repo"));
    assert_eq!(index(&scene.report(&["--store", "store"])), expected);
}

#[test]
fn p01_sha1_is_told_of_or_refused() {
    let scene = scene(&ApkRepository { algorithm: Algorithm::Sha1, ..ApkRepository::sample() });
    let found = warnings(&scene.report(&[]));
    assert!(!found.is_empty() && found.iter().all(|one| one.starts_with("W_PKG_SHA1: ")), "{found:?}");
    fs::remove_dir_all(scene.path("out")).unwrap();
    scene.fails_with(9, "E_DENIED", &["--deny", "sha1"]);
}

#[test]
fn p02_a_package_of_apk_that_was_swapped_is_refused() {
    let scene = scene(&ApkRepository::sample());
    let file = scene.of_repository("greet-1.2-r0.apk");
    let bytes = fs::read(&file).unwrap();
    let flipped = |at: usize| {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1;
        bytes
    };
    // The sums at the ends of the members of control and of data: what they hold is the same.
    let rest = unsigned(&bytes);
    let data = bytes.len() - unsigned(&rest).len();
    for other in [flipped(bytes.len() - 6), flipped(data - 6), bytes[..bytes.len() - 1].to_vec()] {
        fs::write(&file, other).unwrap();
        scene.fails_with(7, "E_PKG_DIGEST", &[]);
    }
    // Another version under the name of the one that the index means, signed by the same key.
    let [old] = &ApkRepository::new(vec![Apk::new("greet", "1.1-r0").file("usr/bin/greet", "old")])
        .built("x86_64")[..]
    else {
        unreachable!("it is one package")
    };
    fs::write(&file, &old.bytes).unwrap();
    scene.fails_with(7, "E_PKG_DIGEST", &[]);
}

#[test]
fn p03_an_index_of_apk_older_than_one_that_was_seen_is_refused() {
    let of = |time: &str| {
        let mut repository = ApkRepository::sample();
        repository.packages.push(Apk::new("newest", "1-r0").says("builddate", time));
        repository
    };
    let scene = scene(&of("1750000000"));
    let expected = index(&scene.report(&["--store", "store"]));
    of("1740000000").write(&scene.path("repo"));
    let complaint = scene.complaint(7, &["--store", "store"]);
    assert!(complaint.starts_with("error[E_PKG_ROLLBACK]: "), "{complaint}");
    assert_eq!(index(&scene.report(&["--store", "store", "--allow", "rollback"])), expected);
    assert_eq!(index(&scene.report(&["--no-store"])), expected);
}
