//! Packages, made and real, right and broken in every way.

use std::collections::BTreeMap;
use std::io;

use super::*;
use crate::code::{Code, Coded};
use crate::layer::raw::{RawTar, artifact, gzip, listing};
use crate::package::apk::sample::{asked, members, package, package_with, promise};
use crate::package::sample::fixture;
use crate::package::{OwnerNames, Sum};

fn read(file: &[u8], expected: &PackageFile) -> Result<Unpacked, ApkError> {
    read_as(file, &asked("x", "1-r0"), expected, &Keyring::default(), false)
}

fn read_as(
    file: &[u8],
    asked: &Package,
    expected: &PackageFile,
    keyring: &Keyring,
    is_required: bool,
) -> Result<Unpacked, ApkError> {
    let reader = artifact();
    unpack(file, asked, expected, &Proof { keyring, is_required }, &reader.how())
}

/// The code and the words of a refusal.
fn refusal(file: &[u8], expected: &PackageFile) -> (Code, String) {
    let error = read(file, expected).unwrap_err();
    (error.code(), error.to_string())
}

fn some_data() -> Vec<u8> {
    RawTar::default().dir("usr").dir("usr/bin").file("usr/bin/x", b"x").link("usr/bin/y", b'2', "x").end()
}

#[test]
fn a_package_is_read_with_all_it_says() {
    let lines = "# made\npkgdesc = a = b\nsize = 12\ndepend = so:a.so.1 !c\ndepend = d>1\nprovides = e=2\nreplaces = f\n";
    let data = some_data();
    let (file, expected) =
        package_with(lines, &[(".post-install", b"#!/bin/sh\n"), (".melange.yaml", b"x")], &gzip(&data));
    let unpacked = read(&file, &expected).unwrap();
    let package = &unpacked.package;
    assert_eq!((&*package.name, &*package.version, &*package.architecture), ("x", "1-r0", "x86_64"));
    assert_eq!((package.depends.len(), package.conflicts.len(), package.provides.len()), (2, 1, 1));
    assert_eq!((package.replaces[0].name.as_str(), package.installed_bytes), ("f", 12));
    assert_eq!(unpacked.fields.get("pkgdesc"), Some("a = b"));
    assert_eq!(unpacked.fields.all("depend").collect::<Vec<_>>(), ["so:a.so.1 !c", "d>1"]);
    assert_eq!(unpacked.members.keys().collect::<Vec<_>>(), [".post-install"]);
    assert_eq!(listing(&unpacked.index), ["usr/", "usr/bin/", "usr/bin/x", "usr/bin/y -> x"]);
    assert_eq!(unpacked.index.diff_id, Digest::of(&data));
    let sum = Sum::Sha1(Sha1::digest(b"x").into());
    assert_eq!(unpacked.sums, BTreeMap::from([(2, sum), (3, sum)]));
    let mut again = Vec::new();
    open_data(&*file, &expected, &artifact().how()).unwrap().read_to_end(&mut again).unwrap();
    assert_eq!(again, data);
}

#[test]
fn a_hard_link_has_the_sum_of_its_file_and_owners_have_their_names() {
    let named = |block: &mut [u8; 512]| block[265..268].copy_from_slice(b"www");
    let tar = RawTar::default().member(b"a", b'0', b"a", named).link("b", b'1', "a").link("c", b'1', "b");
    let (file, expected) = package("", tar.end());
    let unpacked = read(&file, &expected).unwrap();
    let sum = Sum::Sha1(Sha1::digest(b"a").into());
    assert_eq!(unpacked.sums, BTreeMap::from([(0, sum), (1, sum), (2, sum)]));
    let www = OwnerNames { user: Some("www".to_owned()), group: None };
    assert_eq!(unpacked.owners, BTreeMap::from([(0, www)]));
}

#[test]
fn real_packages_are_read() {
    for (name, package, version, signed, files) in [
        ("single/libcap-2.69-r0.apk", "libcap", "2.69-r0", true, 5),
        ("single/ruby3.2-base64-0.2.0-r2.apk", "ruby3.2-base64", "0.2.0-r2", true, 5),
        ("single/wolfi-base-1-r1.apk", "wolfi-base", "1-r1", true, 1),
        ("single/hello-0.1.0-r0.apk", "hello", "0.1.0-r0", false, 1),
        ("single/replaces-0.0.1-r0.apk", "replaces", "0.0.1-r0", false, 2),
        ("single/ld-so-conf-d-test-1-r1.apk", "ld-so-conf-d-test", "1-r1", false, 2),
        ("repo/x86_64/custom-ca-certs-1-1.0.0-r0.apk", "custom-ca-certs-1", "1.0.0-r0", true, 3),
        ("repo/aarch64/replayout-1.0.0-r0.apk", "replayout", "1.0.0-r0", true, 2),
    ] {
        let Some(file) = fixture(&format!("apk/{name}")) else { return };
        let expected = promise(&file, &members(&file)[usize::from(signed)]);
        let unpacked =
            read_as(&file, &asked(package, version), &expected, &Keyring::default(), false).unwrap();
        assert_eq!(unpacked.index.files(), files, "{name}");
        // What each of its files says it has the sum of is what was found.
        assert_eq!(unpacked.sums.len(), files, "{name}");
    }
}

#[test]
fn sums_are_those_that_real_packages_say() {
    let Some(file) = fixture("apk/single/libcap-2.69-r0.apk") else { return };
    let expected = promise(&file, &members(&file)[1]);
    let unpacked =
        read_as(&file, &asked("libcap", "2.69-r0"), &expected, &Keyring::default(), false).unwrap();
    let sum = |name: &str| {
        let ordinal = unpacked.index.items.iter().position(
            |item| matches!(item.kind, ItemKind::Entry(entry) if entry.path.as_bytes() == name.as_bytes()),
        );
        match unpacked.sums[&(ordinal.unwrap() as u32)] {
            Sum::Sha1(sum) => hex::encode(sum),
            Sum::Md5(_) => unreachable!(),
        }
    };
    assert_eq!(sum("usr/lib/libcap.so.2"), "32a9390352c3622f0c920bb22b07f5a82d33c0dc");
    assert_eq!(sum("usr/lib/libcap.so.2.69"), "9243f92e21180e1fd30f18924cea09f2075e1802");
}

#[test]
fn version_3_is_recognised_and_refused() {
    let expected =
        PackageFile { location: String::new(), size: 678, identity: Identity::ControlSha1([0; 20]) };
    for magic in [&b"ADB."[..], b"ADBd", b"ADBc\x02\x03"] {
        let (code, words) = refusal(&[magic, b"pckg"].concat(), &expected);
        assert_eq!(code, Code::PackageFormat);
        assert!(words.contains("version 3") && words.contains("not supported"), "{words}");
    }
    let Some(file) = fixture("apk/v3/hi-1.0-r0.apk") else { return };
    assert_eq!(refusal(&file, &expected).0, Code::PackageFormat);
}

#[test]
fn p02_another_package_than_promised_is_refused() {
    let (file, expected) = package("", some_data());
    let (other, of_other) = package("size = 1\n", some_data());
    assert!(read(&file, &expected).is_ok() && read(&other, &of_other).is_ok());
    let swapped = PackageFile { size: other.len() as u64, ..expected.clone() };
    for (what, file, expected) in [
        ("another package", &other, &swapped),
        ("another of another size", &other, &expected),
        ("no package", &b"<html>".to_vec(), &expected),
        ("nothing", &Vec::new(), &expected),
    ] {
        assert_eq!(refusal(file, expected).0, Code::PackageDigest, "{what}");
    }
    let identity = Identity::ControlSha256(Sha256::digest(&members(&file)[0]).into());
    assert!(read(&file, &PackageFile { identity, ..expected.clone() }).is_ok());
    let identity = Identity::ControlSha256([0; 32]);
    assert_eq!(refusal(&file, &PackageFile { identity, ..expected.clone() }).0, Code::PackageDigest);
    let error = read_as(&file, &asked("x", "2-r0"), &expected, &Keyring::default(), false).unwrap_err();
    assert_eq!(error.to_string(), "it is x-1-r0 by its own word, and x-2-r0 by its index");
    assert_eq!(error.code(), Code::PackageDigest);
}

#[test]
fn p02_a_package_cut_or_changed_anywhere_is_refused() {
    let (file, expected) = package("", some_data());
    for length in 0..file.len() {
        assert_eq!(refusal(&file[..length], &expected).0, Code::PackageDigest, "cut at {length}");
    }
    for at in 0..file.len() {
        let mut changed = file.clone();
        changed[at] ^= 0x10;
        let code = refusal(&changed, &expected).0;
        assert_eq!(code, Code::PackageDigest, "changed at {at}");
        let again = open_data(&*changed, &expected, &artifact().how());
        let code = match again.map(|mut data| io::copy(&mut data, &mut io::sink())) {
            Err(error) => error.code(),
            Ok(result) => crate::code::of_io(&result.unwrap_err()),
        };
        assert_eq!(code, Code::PackageDigest, "changed at {at}");
    }
}

#[test]
fn p02_data_of_another_hash_is_refused() {
    let Some(file) = fixture("apk/single/aws-c-s3-0.4.9-r0.apk") else { return };
    let expected = promise(&file, &members(&file)[1]);
    let error =
        read_as(&file, &asked("aws-c-s3", "0.4.9-r0"), &expected, &Keyring::default(), false).unwrap_err();
    assert_eq!(error.code(), Code::PackageDigest);
    assert!(
        error.to_string().contains("854d0f04211d3eb0160111839e64c90bca94ed804a599423b4cfacddc9b2437f"),
        "{error}"
    );
}

#[test]
fn p02_what_a_promise_cannot_cover_is_refused_all_the_same() {
    let data = gzip(&some_data());
    let more = |more: &[u8]| {
        let (mut file, mut expected) = package_with("", &[], &data);
        file.extend_from_slice(more);
        expected.size = file.len() as u64;
        refusal(&file, &expected)
    };
    assert_eq!(more(&gzip(b"")).1, "another gzip member follows its data");
    assert_eq!(more(b"x").1, "bytes follow its last gzip member");
    assert_eq!(more(&[0; 512]), (Code::PackageFormat, "bytes follow its last gzip member".to_owned()));
    // The hash is of a member that is cut.
    let (file, expected) = package_with("", &[], &data[..data.len() - 3]);
    assert_eq!(
        refusal(&file, &expected),
        (Code::PackageFormat, "gzip member 1 is broken: it is cut".to_owned())
    );
    let (file, expected) = package("", some_data()[..1600].to_vec());
    assert_eq!(refusal(&file, &expected).0, Code::TarTruncated);
}

#[test]
fn a_control_section_that_is_none_is_refused() {
    let of = |tar: RawTar| {
        let control = gzip(&tar.0);
        let file = [control.clone(), gzip(&some_data())].concat();
        refusal(&file, &promise(&file, &control)).1
    };
    let info = |lines: &str| of(RawTar::default().file(".PKGINFO", lines.as_bytes()));
    let hash = hex::encode([0; 32]);
    let whole = format!("pkgname = x\npkgver = 1-r0\narch = noarch\ndatahash = {hash}\n");
    assert_eq!(of(RawTar::default().file(".melange.yaml", b"")), "it has no .PKGINFO");
    assert!(info("pkgname = x\npkgver = 1-r0\narch = noarch\n").contains("no datahash"));
    assert_eq!(
        info(&whole.replace("00", "0x")),
        "`datahash` of its .PKGINFO: it is no sha256 in hexadecimal"
    );
    assert_eq!(
        info(&whole.replace("pkgver = 1-r0\n", "")),
        "`pkgver` of its .PKGINFO: it is empty or missing"
    );
    assert!(info(&whole.replace("= x\n", "= ../x\n")).starts_with("`pkgname` of its .PKGINFO: it has char"));
    assert_eq!(info("pkgname\n"), "line 1 of its .PKGINFO: expected `key = value`");
    assert_eq!(info("pkgname = x\x1b[2J"), "line 1 of its .PKGINFO: it holds control characters");
    let whole = RawTar::default().file(".PKGINFO", whole.as_bytes());
    assert!(of(whole.clone().file(".INSTALL", b"")).contains("`.INSTALL`, which does not belong"));
    assert!(of(whole.clone().file("usr", b"")).contains("`usr`, which does not belong"));
    assert!(of(whole.clone().dir(".pre-install")).contains("`.pre-install`, which does not belong"));
    assert!(of(whole.clone().file(".trigger", &[b'x'; (256 << 10) + 1])).contains("more than 262144 bytes"));
    assert!(of(whole.clone().file(".PKGINFO", b"")).contains("more than once"));
    let cut = RawTar(whole.0[..600].to_vec());
    assert!(of(cut).ends_with("archive ends inside an entry"));
}

#[test]
fn large_control_sections_end_at_their_limit() {
    let (file, expected) = package_with("", &[(".melange.yaml", &vec![b'x'; 11 << 20])], &gzip(&some_data()));
    assert!(file.len() < 1 << 20);
    assert_eq!(refusal(&file, &expected).0, Code::LimitBytes);
    // Blocks that hold nothing: no output, however many there are.
    let blocks = [&gzip(b"")[..10], &[0, 0, 0, 0xff, 0xff].repeat(3 << 20)].concat();
    let expected = PackageFile { size: blocks.len() as u64, ..expected };
    assert_eq!(refusal(&blocks, &expected).0, Code::LimitBytes);
}

#[test]
fn data_that_packages_must_not_bring_is_refused() {
    let of = |tar: RawTar| {
        let (file, expected) = package("", tar.end());
        refusal(&file, &expected)
    };
    let tar = RawTar::default;
    let usr = tar().dir("usr");
    assert_eq!(
        of(usr.clone().file("usr/bin/x", b"")).1,
        "it holds `usr/bin/x`, but not the directory above before it"
    );
    assert_eq!(of(tar().file("usr/x", b"").dir("usr")).0, Code::PackageFormat, "the directory comes after");
    assert_eq!(of(usr.clone().file("usr/.wh.x", b"")).1, "it holds a whiteout for `usr/x`");
    assert_eq!(of(usr.clone().member(b"usr/x", b'3', b"", |_| {})).0, Code::TarType);
    assert_eq!(of(usr.clone().member(b"usr/x", b'6', b"", |_| {})).0, Code::TarType);
    assert_eq!(of(usr.clone().file("../x", b"")).0, Code::TarPath);
    assert_eq!(of(usr.clone().link("a", b'2', "usr").file("a/x", b"")).0, Code::TarThroughSymlink);
    assert_eq!(of(usr.clone().link("usr/a", b'1', "etc/passwd")).0, Code::TarLinkTarget);
    assert_eq!(of(usr.clone().file("usr/a", b"").file("usr/a", b"")).0, Code::TarDuplicate);
    for top in ["proc", "sys", "dev"] {
        let path = format!("{top}/x");
        assert_eq!(
            of(tar().dir(top).link(&path, b'2', "y")).1,
            format!("it holds `{path}`: only directories can be there")
        );
    }
    for fine in [tar().dir("dev").dir("dev/pts"), tar().file(".melange.yaml", b""), tar().file(".x/y", b"")] {
        let (file, expected) = package("", fine.end());
        assert!(read(&file, &expected).is_ok());
    }
}

#[test]
fn p01_a_package_s_own_signature_has_to_be_right_where_its_key_is_known() {
    let Some(file) = fixture("apk/repo/x86_64/replayout-1.0.0-r0.apk") else { return };
    let pem = fixture("apk/repo/melange.rsa.pub").unwrap();
    let other = fixture("apk/keys/dhi-apk@docker-0F81AD7700D99184.rsa.pub").unwrap();
    let [signature, control, data] = &members(&file)[..] else { panic!("three members") };
    let expected = promise(&file, control);
    let keyring = |name: &str, pem: &[u8]| {
        let mut keyring = Keyring::default();
        keyring.add(name, pem.to_vec()).unwrap();
        keyring
    };
    let read = |file: &[u8], keyring: &Keyring, is_required| {
        let expected = PackageFile { size: file.len() as u64, ..expected.clone() };
        read_as(file, &asked("replayout", "1.0.0-r0"), &expected, keyring, is_required)
            .err()
            .map(|error| error.code())
    };
    let (right, wrong) = (keyring("melange.rsa.pub", &pem), keyring("melange.rsa.pub", &other));
    let unknown = keyring("other.rsa.pub", &other);
    let unsigned = [&**control, data].concat();
    let Some(second) = fixture("apk/repo/x86_64/pretend-baselayout-1.0.0-r0.apk") else { return };
    let of_another = [&*members(&second)[0], control, data].concat();
    let climbing = [&*gzip(&RawTar::default().file(".SIGN.RSA256.../k", b"x").0), control, data].concat();
    for (what, file, keyring, plain, required) in [
        ("right", &file, &right, None, None),
        ("wrong key", &file, &wrong, Some(Code::PackageSignature), Some(Code::PackageSignature)),
        ("unknown key", &file, &unknown, None, Some(Code::PackageSignature)),
        ("unsigned", &unsigned, &right, None, Some(Code::PackageSignature)),
        (
            "signature over other bytes",
            &of_another,
            &right,
            Some(Code::PackageSignature),
            Some(Code::PackageSignature),
        ),
        (
            "a key that is a path",
            &climbing,
            &right,
            Some(Code::PackageSignature),
            Some(Code::PackageSignature),
        ),
    ] {
        assert_eq!(read(file, keyring, false), plain, "{what}");
        assert_eq!(read(file, keyring, true), required, "{what}");
    }
    assert_eq!([&**signature, control, data].concat(), file);
}
