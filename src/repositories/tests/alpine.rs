//! Repositories of Alpine's kind.

use std::fs;
use std::path::Path;

use super::super::Finding;
use super::super::sample::{User, tree};
use super::{code, store};
use crate::code::{Code, Coded, Failure};
use crate::package::sample::{fixture, fixtures};
use crate::package::{Family, Keyring, Source};

/// The signed repository of apk among the fixtures, and who trusts its key.
fn alpine(store: Option<&Path>) -> Option<(User, Source)> {
    let root = fixtures()?.join("apk/repo");
    let mut user = User::of(store);
    user.keyring = Keyring::default();
    user.keyring.add("/etc/apk/keys/melange.rsa.pub", fixture("apk/repo/melange.rsa.pub")?).unwrap();
    Some((user, Source::Apk { url: format!("file:{}", root.display()), tag: None, index: None }))
}

#[test]
fn packages_of_a_signed_repository_of_apk_are_read_for_both_architectures() {
    let (_root, path) = store();
    for _ in 0..2 {
        for architecture in ["x86_64", "aarch64"] {
            let Some((user, source)) = alpine(Some(&path)) else { return };
            let files = user.read(Family::Apk, architecture, &source, "replayout").unwrap();
            assert!(files.iter().any(|file| file.contains("etc/os-release")), "{files:?}");
            let opened = user.open_for(Family::Apk, architecture, &[source]).unwrap();
            let repository = opened.sources().repositories().next().unwrap();
            assert_eq!(repository.signed_by, ["melange.rsa.pub"]);
            assert_eq!(opened.sources().findings().count(), 0);
        }
    }
    let Some((user, source)) = alpine(None) else { return };
    let (code, text) = code(user.open_for(Family::Apk, "riscv64", &[source]));
    assert_eq!(code, Code::PackageRepository);
    assert!(text.ends_with("/riscv64: it has no index for architecture `riscv64`"), "{text}");
}

#[test]
fn p02_a_package_of_apk_is_held_against_its_index_from_network_and_store() {
    let Some((_, source)) = alpine(None) else { return };
    let Source::Apk { url, .. } = source else { panic!() };
    let root = tempfile::tempdir().unwrap();
    let copy = root.path().join("x86_64");
    fs::create_dir(&copy).unwrap();
    for file in fs::read_dir(Path::new(&url["file:".len()..]).join("x86_64")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), copy.join(file.file_name())).unwrap();
    }
    let source = Source::Apk { url: format!("file:{}", root.path().display()), tag: None, index: None };
    let (_store, path) = store();
    let read = || alpine(Some(&path)).unwrap().0.read(Family::Apk, "x86_64", &source, "replayout");
    let files = || fs::read_dir(&copy).unwrap().map(|file| file.unwrap().path());
    let file = files().find(|file| file.to_str().unwrap().contains("/replayout")).unwrap();
    let sound = fs::read(&file).unwrap();
    for place in [sound.len() / 2, sound.len() - 9] {
        let mut broken = sound.clone();
        broken[place] ^= 1;
        fs::write(&file, broken).unwrap();
        let (code, text) = code(read());
        assert_eq!((code, code.exit() as u8), (Code::PackageDigest, 7), "{text}");
        assert_eq!((tree(&path.join("blobs")), tree(&path.join("new"))), (Vec::new(), Vec::new()));
    }
    fs::write(&file, &sound).unwrap();
    let first = read().unwrap();
    let [(blob, _)] = &tree(&path.join("blobs"))[..] else { panic!() };
    let mut broken = sound.clone();
    broken[sound.len() / 2] ^= 1;
    fs::write(blob, broken).unwrap();
    assert_eq!(read().unwrap(), first);
    assert_eq!(fs::read(blob).unwrap(), sound);
}

#[test]
fn an_index_that_is_signed_with_sha1_alone_is_told_of_or_refused() {
    let Some(root) = fixtures() else { return };
    let at = root.join("apk/alpine-3.16-x86_64");
    let mut user = User::of(None);
    user.keyring = Keyring::default();
    for file in fs::read_dir(root.join("apk/keys")).unwrap() {
        let file = file.unwrap().path();
        user.keyring.add(file.to_str().unwrap(), fs::read(&file).unwrap()).unwrap();
    }
    let index = Some(format!("file:{}/APKINDEX.tar.gz", at.display()));
    let source = Source::Apk { url: format!("file:{}", at.display()), tag: Some("edge".to_owned()), index };
    let opened = user.open_for(Family::Apk, "x86_64", std::slice::from_ref(&source)).unwrap();
    assert_eq!(opened.sources().findings().map(Finding::code).collect::<Vec<_>>(), ["W_PKG_SHA1"]);
    assert_eq!(opened.offers().tag(0), Some("edge"));
    assert!(!opened.offers().named("busybox").is_empty());
    user.policy.deny_sha1 = true;
    let error = user.open_for(Family::Apk, "x86_64", &[source]).unwrap_err();
    assert_eq!((error.code(), error.code().exit() as u8), (Code::Denied, 9));
    assert!(error.hint().is_none());
}
