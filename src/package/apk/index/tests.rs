//! Indexes of real repositories, and what becomes of them.

use super::*;
use crate::code::{Code, Coded};
use crate::layer::raw::{RawTar, artifact, gzip};
use crate::package::apk::sample::members;
use crate::package::sample::fixture;

const ALPINE: &str = "alpine-devel@lists.alpinelinux.org-6165ee59.rsa.pub";

/// An index, the name of the key that signed it, and that key.
fn signed() -> Option<(Vec<u8>, &'static str, Vec<u8>)> {
    let index = fixture("apk/repo/x86_64/APKINDEX.tar.gz")?;
    Some((index, "melange.rsa.pub", fixture("apk/repo/melange.rsa.pub")?))
}

fn keyring(keys: &[(&str, &[u8])]) -> Keyring {
    let mut keyring = Keyring::default();
    keys.iter().for_each(|(name, pem)| keyring.add(&format!("etc/apk/keys/{name}"), pem.to_vec()).unwrap());
    keyring
}

fn verify(index: &[u8], keyring: &Keyring) -> Result<SignedIndex, ApkError> {
    verify_index(index, keyring, &artifact().how())
}

fn refusal(index: &[u8], keyring: &Keyring) -> (Code, String) {
    let error = verify(index, keyring).unwrap_err();
    (error.code(), error.to_string())
}

/// The bytes of the only signature of an index.
fn signature(index: &[u8]) -> Vec<u8> {
    let mut decoder = flate2::bufread::GzDecoder::new(index);
    let mut tar = Vec::new();
    decoder.read_to_end(&mut tar).unwrap();
    tar[512..1024].to_vec()
}

#[test]
fn real_indexes_are_verified() {
    let Some(pem) = fixture(&format!("apk/keys/{ALPINE}")) else { return };
    let index = fixture("apk/alpine-3.16-x86_64/APKINDEX.tar.gz").unwrap();
    let found = verify(&index, &keyring(&[(ALPINE, &pem)])).unwrap();
    assert_eq!(found.by, Signer { key: ALPINE.to_owned(), is_sha1: true });
    assert!(found.description.starts_with("v3.16"), "{}", found.description);
    let records = String::from_utf8(found.text).unwrap();
    assert_eq!(records.lines().filter(|line| line.starts_with("P:")).count(), 4929);
    for (index, key) in [
        ("repo/x86_64", "repo/melange"),
        ("repo/aarch64", "repo/melange"),
        ("rsa256-index", "rsa256-index/test-rsa256"),
    ] {
        let index = fixture(&format!("apk/{index}/APKINDEX.tar.gz")).unwrap();
        let name = format!("{}.rsa.pub", key.rsplit('/').next().unwrap());
        let pem = fixture(&format!("apk/{key}.rsa.pub")).unwrap();
        let found = verify(&index, &keyring(&[(&name, &pem)])).unwrap();
        assert_eq!(found.by, Signer { key: name, is_sha1: false });
        assert!(found.text.starts_with(b"C:Q1"));
    }
}

#[test]
fn p01_an_index_that_nobody_trusted_signed_is_refused() {
    let Some((index, name, pem)) = signed() else { return };
    let other = fixture("apk/keys/dhi-apk@docker-0F81AD7700D99184.rsa.pub").unwrap();
    let right = keyring(&[(name, &pem)]);
    let [first, signed] = &members(&index)[..] else { panic!("two members") };
    let expect = |what: &str, index: &[u8], keyring: &Keyring, words: &str| {
        let (code, found) = refusal(index, keyring);
        assert_eq!((code, found.contains(words)), (Code::PackageSignature, true), "{what}: {found}");
    };
    expect("unsigned", signed, &right, "there is none");
    expect("wrong key", &index, &keyring(&[(name, &other)]), "melange.rsa.pub: it is of other bytes");
    expect("unknown key", &index, &keyring(&[("other.rsa.pub", &pem)]), "the key is not in the keyring");
    expect("no key", &index, &Keyring::default(), "the key is not in the keyring");
    let second = fixture("apk/repo/aarch64/APKINDEX.tar.gz").unwrap();
    expect(
        "signature over other bytes",
        &[&**first, &members(&second)[1]].concat(),
        &right,
        "it is of other bytes",
    );
    expect("more than was signed", &[&*index, &gzip(b"")].concat(), &right, "it is of other bytes");
    let made = |tar: RawTar| [gzip(&tar.0), signed.clone()].concat();
    let climbing = made(RawTar::default().file(".SIGN.RSA256.x/../k", &signature(&index)));
    expect("a key that climbs", &climbing, &right, "leaves the image");
    for name in [".SIGN.RSA256.../k", ".SIGN.RSA256.a/melange.rsa.pub", ".SIGN.RSA256.", ".SIGN.RSA256"] {
        let nameless = made(RawTar::default().file(name, &signature(&index)));
        expect("a key that is a path", &nameless, &right, "names no key");
    }
    let (code, words) =
        refusal(&made(RawTar::default().file(".SIGN.RSA256.x", b"").file("APKINDEX", b"")), &right);
    assert_eq!(
        (code, &*words),
        (Code::PackageFormat, "its signature holds `APKINDEX`, which does not belong there")
    );
}

#[test]
fn p01_every_byte_that_is_signed_counts() {
    let Some((index, name, pem)) = signed() else { return };
    let keyring = keyring(&[(name, &pem)]);
    let first = members(&index)[0].len();
    for at in first..index.len() {
        let mut changed = index.clone();
        changed[at] ^= 1;
        assert_eq!(refusal(&changed, &keyring).0, Code::PackageSignature, "changed at {at}");
    }
    for length in first..index.len() {
        assert_eq!(refusal(&index[..length], &keyring).0, Code::PackageSignature, "cut at {length}");
    }
    for length in 0..first {
        assert!(verify(&index[..length], &keyring).is_err(), "cut at {length}");
    }
}

#[test]
fn one_valid_signature_is_enough() {
    let Some((index, name, pem)) = signed() else { return };
    let keyring = keyring(&[(name, &pem)]);
    let (bytes, signed) = (signature(&index), members(&index)[1].clone());
    let tar = RawTar::default()
        .file(".SIGN.DSA.melange.rsa.pub", b"x")
        .file(".SIGN.RSA512.other.rsa.pub", b"x")
        .file(".SIGN.RSA.melange.rsa.pub", &vec![0; (64 << 10) + 1])
        .file(".SIGN.RSA256.melange.rsa.pub", &bytes);
    let found = verify(&[gzip(&tar.0), signed.clone()].concat(), &keyring).unwrap();
    assert_eq!(found.by, Signer { key: name.to_owned(), is_sha1: false });
    // The same bytes are no signature by another algorithm.
    let tar = RawTar::default()
        .file(".SIGN.RSA.melange.rsa.pub", &bytes)
        .file(".SIGN.RSA512.melange.rsa.pub", &bytes)
        .file(".SIGN.DSA.melange.rsa.pub", &bytes);
    let (code, words) = refusal(&[gzip(&tar.0), signed].concat(), &keyring);
    assert_eq!(code, Code::PackageSignature);
    let of_key = |why: &str| format!("melange.rsa.pub: {why}");
    let expected =
        [of_key("it is of other bytes"), of_key("it is of other bytes"), of_key("its form is not supported")];
    assert_eq!(words, format!("no signature counts: {}", expected.join("; ")));
}

#[test]
fn version_3_is_recognised_and_refused() {
    let (code, words) = refusal(b"ADBdindx", &Keyring::default());
    assert_eq!(code, Code::PackageFormat);
    assert!(words.contains("version 3") && words.contains("not supported"), "{words}");
    assert_eq!(refusal(b"<html>", &Keyring::default()).0, Code::PackageFormat);
}

#[test]
fn the_parts_of_an_index_come_in_either_order() {
    let reader = artifact();
    let how = reader.how();
    let parts = |tar: RawTar| parts(&gzip(&tar.end()), &how).map_err(|error| error.to_string());
    let (text, version) = (&b"P:a\n\n"[..], &b"v1\n"[..]);
    let expected = Ok(("v1".to_owned(), text.to_vec()));
    assert_eq!(parts(RawTar::default().file("APKINDEX", text).file("DESCRIPTION", version)), expected);
    assert_eq!(parts(RawTar::default().file("DESCRIPTION", version).file("APKINDEX", text)), expected);
    assert_eq!(parts(RawTar::default().file("DESCRIPTION", version)), Err("it has no APKINDEX".to_owned()));
    let stray = parts(RawTar::default().file("APKINDEX", text).file("x", b""));
    assert_eq!(stray, Err("its index holds `x`, which does not belong there".to_owned()));
}

#[test]
fn large_indexes_end_at_their_limit() {
    let mut reader = artifact();
    reader.limits.apk_index_bytes = 1 << 20;
    let tar = RawTar::default().file("APKINDEX", &vec![b'\n'; 1 << 20]).end();
    let error = parts(&gzip(&tar), &reader.how()).unwrap_err();
    assert_eq!(
        (error.code(), &*error.to_string()),
        (Code::LimitBytes, "its index has more than 1048576 bytes")
    );
}
