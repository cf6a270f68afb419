//! What is made here is what the engine takes for it, and, where openssl is installed, what openssl does.

use std::fs;
use std::process::Command;

use overcoat::code::Coded;
use overcoat::interrupt::Interrupt;
use overcoat::layer::{Reading, Trust};
use overcoat::limits::{Budget, Limits};
use overcoat::package::apk::{ApkError, Proof, SignedIndex, unpack, verify_index};
use overcoat::package::{Family, Identity, Keyring, Package, PackageFile, Unpacked};

use super::*;
use crate::support::{scratch, succeed, tool};

fn reading<T>(read: impl FnOnce(&Reading<'_>) -> T) -> T {
    let limits = Limits::default();
    let (budget, interrupt) = (Budget::of(&limits), Interrupt::default());
    let how = Reading {
        trust: Trust::Artifact,
        allow_devices: false,
        limits: &limits,
        budget: &budget,
        interrupt: &interrupt,
    };
    read(&how)
}

fn keyring(key: &Key) -> Keyring {
    let mut keyring = Keyring::default();
    keyring.add(&format!("etc/apk/keys/{}", key.file_name()), key.pem().into_bytes()).unwrap();
    keyring
}

fn verified(repository: &ApkRepository, architecture: &str, key: &Key) -> Result<SignedIndex, ApkError> {
    reading(|how| verify_index(&repository.index(architecture), &keyring(key), how))
}

/// Reads a package by what the record of an index says.
fn read(built: &BuiltApk, key: &Key) -> Result<Unpacked, ApkError> {
    let value =
        |letter: &str| built.record.lines().find_map(|line| line.strip_prefix(letter)).unwrap().to_owned();
    let asked = Package { name: value("P:"), version: value("V:"), ..Package::default() };
    let identity = Identity::of_apk(&value("C:")).unwrap();
    let expected =
        PackageFile { location: built.file_name.clone(), size: value("S:").parse().unwrap(), identity };
    let proof = Proof { keyring: &keyring(key), is_required: true };
    reading(|how| unpack(&*built.bytes, &asked, &expected, &proof, how))
}

#[test]
fn what_is_made_is_read_by_every_algorithm() {
    for algorithm in [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512] {
        let repository = ApkRepository { algorithm, ..ApkRepository::sample() };
        for architecture in ApkRepository::ARCHITECTURES {
            let index = verified(&repository, architecture, &Key::test()).unwrap();
            assert_eq!(
                (index.by.is_sha1, index.description.as_str()),
                (algorithm == Algorithm::Sha1, "tests 1")
            );
            for built in repository.built(architecture) {
                let unpacked =
                    read(&built, &Key::test()).unwrap_or_else(|error| panic!("{}: {error}", built.file_name));
                assert_eq!(unpacked.family, Family::Apk);
            }
        }
    }
}

#[test]
fn p01_what_another_key_signed_is_refused() {
    let repository =
        ApkRepository { key: Key::other().named("overcoat-test.rsa.pub"), ..ApkRepository::sample() };
    let error = verified(&repository, "x86_64", &Key::test()).unwrap_err();
    assert_eq!(error.code().as_str(), "E_PKG_SIG");
    let error = read(&repository.built("x86_64")[0], &Key::test()).unwrap_err();
    assert_eq!(error.code().as_str(), "E_PKG_SIG");
}

#[test]
fn the_same_is_made_every_time() {
    for architecture in ApkRepository::ARCHITECTURES {
        let (one, other) = (ApkRepository::sample(), ApkRepository::sample());
        assert_eq!(one.index(architecture), other.index(architecture));
    }
    assert_ne!(ApkRepository::sample().index("x86_64"), ApkRepository::sample().index("aarch64"));
}

#[test]
fn a_repository_is_written_as_servers_have_it() {
    let (dir, repository) = (scratch(), ApkRepository::sample());
    repository.write(dir.path());
    for architecture in ApkRepository::ARCHITECTURES {
        let dir = dir.path().join(architecture);
        assert_eq!(fs::read(dir.join("APKINDEX.tar.gz")).unwrap(), repository.index(architecture));
        for built in repository.built(architecture) {
            assert_eq!(fs::read(dir.join(&built.file_name)).unwrap(), built.bytes);
        }
        assert_eq!(fs::read_dir(dir).unwrap().count(), repository.packages.len() + 1);
    }
}

#[test]
fn openssl_agrees_on_signatures() {
    let Some(openssl) = tool("openssl") else { return };
    let dir = scratch();
    let path = |name: &str| dir.path().join(name);
    let key = Key::test();
    fs::write(path("key"), key.pem()).unwrap();
    fs::write(path("text"), "text").unwrap();
    for (algorithm, name) in
        [(Algorithm::Sha1, "-sha1"), (Algorithm::Sha256, "-sha256"), (Algorithm::Sha512, "-sha512")]
    {
        fs::write(path("signature"), key.sign(algorithm, b"text")).unwrap();
        let mut command = Command::new(&openssl);
        command
            .args(["dgst", name, "-verify"])
            .arg(path("key"))
            .arg("-signature")
            .arg(path("signature"))
            .arg(path("text"));
        assert_eq!(succeed(&mut command), "Verified OK\n");
    }
}
