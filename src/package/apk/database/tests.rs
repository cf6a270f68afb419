//! Databases written, and held against those that apk writes.

use std::collections::BTreeSet;

use super::*;
use crate::layer::raw::{RawTar, artifact};
use crate::package::apk::sample::{asked, members, package, promise};
use crate::package::apk::{Proof, unpack};
use crate::package::sample::fixture;
use crate::package::{Keyring, PackageFile, Unpacked};
use crate::rootfs::Owner;

struct Made {
    unpacked: Unpacked,
    file: PackageFile,
}

impl Made {
    fn read(name: &str, version: &str, bytes: &[u8], file: PackageFile) -> Self {
        let proof = Proof { keyring: &Keyring::default(), is_required: false };
        let unpacked = unpack(bytes, &asked(name, version), &file, &proof, &artifact().how()).unwrap();
        Self { unpacked, file }
    }

    fn of(lines: &str, data: RawTar) -> Self {
        let (bytes, file) = package(lines, data.end());
        Self::read("x", "1-r0", &bytes, file)
    }

    fn real(arch: &str, name: &str) -> Option<Self> {
        let bytes = fixture(&format!("apk/repo/{arch}/{name}-1.0.0-r0.apk"))?;
        let file = promise(&bytes, &members(&bytes)[1]);
        Some(Self::read(name, "1.0.0-r0", &bytes, file))
    }
}

fn write(
    base: &str,
    changes: &Changes,
    made: &[&Made],
    lost: &BTreeSet<u32>,
) -> Result<String, DatabaseError> {
    let base = Installed::parse(base.as_bytes()).unwrap();
    let is_lost = |ordinal: u32| lost.contains(&ordinal);
    let owners: Vec<_> = made
        .iter()
        .map(|made| {
            let index = made.unpacked.index.clone();
            move |ordinal: u32| index.items.inodes().attributes(ordinal).owner
        })
        .collect();
    let added: Vec<_> = made
        .iter()
        .zip(&owners)
        .map(|(made, owner)| Added {
            unpacked: &made.unpacked,
            file: &made.file,
            tag: None,
            owner,
            is_lost: &is_lost,
        })
        .collect();
    database(&base, changes, &added).map(|bytes| String::from_utf8(bytes).unwrap())
}

/// A database's records, by name: apk writes all in this order, whichever were there before.
fn sorted(text: &str) -> Vec<String> {
    let name = |record: &str| record.lines().find_map(|line| line.strip_prefix("P:").map(str::to_owned));
    let mut records: Vec<_> =
        text.split_inclusive("\n\n").map(|record| (name(record), record.to_owned())).collect();
    records.sort();
    records.into_iter().map(|(_, record)| record).collect()
}

#[test]
fn databases_are_those_that_apk_writes_but_for_the_order_of_records() {
    for arch in ["x86_64", "aarch64"] {
        let names = ["pretend-baselayout", "replayout", "custom-ca-certs-1"];
        let Some(made) = names.iter().map(|name| Made::real(arch, name)).collect::<Option<Vec<_>>>() else {
            return;
        };
        let golden = |name: &str| {
            String::from_utf8(fixture(&format!("golden/db/apk/{arch}.{name}")).unwrap()).unwrap()
        };
        let base = write("", &Changes::default(), &[&made[0]], &BTreeSet::new()).unwrap();
        assert_eq!(base, golden("base.installed"));
        let taken = BTreeSet::from([RootPath::parse("etc/os-release").unwrap()]);
        let changes = Changes {
            taken: BTreeMap::from([("pretend-baselayout".to_owned(), taken)]),
            ..Changes::default()
        };
        let written = write(&base, &changes, &[&made[1], &made[2]], &BTreeSet::new()).unwrap();
        assert_eq!(sorted(&written), sorted(&golden("replayout-custom-ca-certs-1.installed")));
        assert!(
            written.find("P:pretend").unwrap() < written.find("P:custom").unwrap(),
            "the base's come first"
        );
        assert!(written.find("P:custom").unwrap() < written.find("P:replay").unwrap(), "ours by name");
    }
}

#[test]
fn the_base_s_bytes_stay_but_for_what_is_gone_or_taken() {
    for name in [
        "wolfi-base",
        "redis-operator-compat",
        "bad-top-level-perms",
        "base",
        "single",
        "extra-file-attributes",
    ] {
        let Some(text) = fixture(&format!("apk/installed/{name}")) else { return };
        let text = String::from_utf8(text).unwrap();
        let made = Made::of("", RawTar::default().file("x", b""));
        let written = write(&text, &Changes::default(), &[&made], &BTreeSet::new()).unwrap();
        assert!(written.starts_with(&text), "{name}");
        let between = written[text.len()..].find("C:").unwrap();
        assert!(
            written[text.len()..].starts_with(&"\n".repeat(between))
                && written[..text.len() + between].ends_with("\n\n"),
            "{name}"
        );
        let base = Installed::parse(text.as_bytes()).unwrap();
        let gone = base.records.iter().map(|record| record.package.name.clone()).collect();
        let written =
            write(&text, &Changes { gone, ..Changes::default() }, &[&made], &BTreeSet::new()).unwrap();
        assert_eq!(Installed::parse(written.as_bytes()).unwrap().records.len(), 1, "{name}");
    }
    let base = "P:a\nF:d\nR:x\na:1:1:600\nZ:Q1CAgICAgICAgICAgICAgICAgICAg=\nR:y\nM:0:0:700\na:0:0:755\nF:e\nR:x\n\nP:b\nF:d\nR:x\n\n";
    let taken = BTreeSet::from(["d/x", "d/y"].map(|path| RootPath::parse(path).unwrap()));
    let changes = Changes { taken: BTreeMap::from([("a".to_owned(), taken)]), ..Changes::default() };
    let written = write(base, &changes, &[], &BTreeSet::new()).unwrap();
    assert_eq!(written, "P:a\nF:d\nM:0:0:700\nF:e\nR:x\n\nP:b\nF:d\nR:x\n\n");
    let changes = Changes { gone: BTreeSet::from(["a".to_owned()]), ..Changes::default() };
    assert_eq!(write(base, &changes, &[], &BTreeSet::new()).unwrap(), "P:b\nF:d\nR:x\n\n");
}

#[test]
fn a_record_is_as_apk_writes_it() {
    let mode = |mode: &'static [u8; 7]| move |block: &mut [u8; 512]| block[100..107].copy_from_slice(mode);
    let owned = |block: &mut [u8; 512]| block[108..115].copy_from_slice(b"0000065");
    let data = RawTar::default()
        .dir("./")
        .file(".melange.yaml", b"")
        .file("top", b"")
        .member(b"usr", b'5', b"", mode(b"0000755"))
        .member(b"usr/b", b'0', b"", mode(b"0004755"))
        .member(b"tmp", b'5', b"", mode(b"0001777"))
        .link("usr/a", b'2', "b")
        .link("usr/c", b'1', "usr/b")
        .pax(&[("SCHILY.xattr.user.x", b"1")])
        .member(b"usr/d", b'0', b"d", owned);
    let lines =
        "builddate = 0\nprovider_priority = 5\nreplaces = r\nreplaces_priority = 7\ntriggers = /usr\n";
    let made = Made::of(lines, data);
    let written = write("", &Changes::default(), &[&made], &BTreeSet::from([4])).unwrap();
    let identity = crate::package::apk::checksum::written(&made.file.identity);
    let sum = |text: &str| {
        crate::package::apk::checksum::sha1(
            &sha1::Digest::finalize(sha1::Digest::chain_update(<sha1::Sha1 as sha1::Digest>::new(), text))
                .into(),
        )
    };
    let xattrs = sum("\0\0\0\x06user.x\0\0\0\x011");
    let (empty, b, d, size) = (sum(""), sum("b"), sum("d"), made.file.size);
    assert_eq!(
        written,
        format!(
            "C:{identity}\nP:x\nV:1-r0\nA:x86_64\nS:{size}\nI:0\nT:\nU:\nL:\nk:5\nr:r\nq:7\n\
             F:\nR:top\nZ:{empty}\nF:tmp\nM:0:0:1777\nF:usr\nR:a\na:0:0:777\nZ:{b}\n\
             R:c\na:0:0:4755\nZ:{empty}\nR:d\na:53:0:644:{xattrs}\nZ:{d}\n\n"
        )
    );
}

#[test]
fn names_that_no_line_can_hold_are_refused() {
    let (bytes, file) = package("", RawTar::default().file("a\nP:evil", b"").end());
    let proof = Proof { keyring: &Keyring::default(), is_required: false };
    let error = unpack(&*bytes, &asked("x", "1-r0"), &file, &proof, &artifact().how()).unwrap_err();
    assert_eq!(error.to_string(), r"it holds `a\nP:evil`, whose name holds control characters");
    let _ = Owner::ROOT;
}
