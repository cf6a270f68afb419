//! Any bytes as a package of Debian's.

#![no_main]

use std::collections::BTreeSet;
use std::io::Read;

use libfuzzer_sys::fuzz_target;
use overcoat::code::{Code, Coded, Exit};
use overcoat::layer::{ItemKind, Reading, Trust};
use overcoat::limits::{Budget, Limits};
use overcoat::oci::Digest;
use overcoat::package::Unpacked;
use overcoat::package::deb::database::{DatabaseKind, files};
use overcoat::package::deb::{Archive, Expected, Member, UnpackError, open_data, unpack};
use overcoat::rootfs::Kind;
use overcoat_fuzz::ar;

fuzz_target!(|bytes: &[u8]| {
    let is_package = check_archive(bytes);
    let limits = Limits {
        layer_bytes: 256 << 10,
        control_bytes: 32 << 10,
        xz_memory_bytes: 16 << 20,
        zstd_window_log: 20,
        ..Limits::default()
    };
    let budget = Budget::of(&limits);
    let interrupt = Default::default();
    let how = &Reading {
        trust: Trust::Base,
        allow_devices: true,
        limits: &limits,
        budget: &budget,
        interrupt: &interrupt,
    };
    // Who asks knows what it is called; here the package says.
    let mut named = [String::new(), String::new(), String::new()];
    for _ in 0..4 {
        let asked = named.clone();
        let expected = expected(bytes, &asked);
        match unpack(bytes, &expected, how) {
            Err(UnpackError::Identity { field, found, .. }) => {
                let place = ["Package", "Version", "Architecture"].iter().position(|known| *known == field);
                named[place.expect("it is one of these")] = found.into();
            }
            Err(error) => {
                assert!(
                    matches!(error.code().exit(), Exit::Input | Exit::Limit | Exit::Verification),
                    "{error}"
                );
                assert!(is_package || error.code() != Code::PackageDigest, "{error}");
                return;
            }
            Ok(unpacked) => {
                assert!(is_package, "what is no archive of a package is none");
                check_unpacked(&unpacked);
                check_data(&unpacked, bytes, &expected, how);
                check_database(&unpacked);
                return;
            }
        }
    }
    panic!("what a package says of itself does not change");
});

/// What an index says of these bytes.
fn expected<'a>(bytes: &[u8], [name, version, architecture]: &'a [String; 3]) -> Expected<'a> {
    let Digest::Sha256(sha256) = Digest::of(bytes) else { unreachable!("it is a sha256") };
    Expected { name, version, architecture, size: bytes.len() as u64, sha256 }
}

/// Whether the bytes are an archive of a package, about which the slow reference and the engine agree.
fn check_archive(bytes: &[u8]) -> bool {
    let expected = ar::members(bytes).filter(|members| ar::package(members).is_some());
    let read = || {
        let mut archive = Archive::open(bytes)?;
        let mut contents = Vec::new();
        for member in [Member::Control, Member::Data] {
            archive.enter(member)?;
            let mut content = Vec::new();
            archive.read_to_end(&mut content)?;
            contents.push(content);
        }
        archive.finish().map(|()| contents)
    };
    let found = read().ok();
    let contents = expected.map(|members| members.into_iter().skip(1).map(|(_, content)| content));
    assert_eq!(found, contents.map(Iterator::collect::<Vec<_>>));
    found.is_some()
}

/// Nothing of a package is what no package may bring, and every file has a sum.
fn check_unpacked(unpacked: &Unpacked) {
    assert!(unpacked.index.faults.is_empty());
    for (ordinal, item) in (0..).zip(unpacked.index.items.iter()) {
        let ItemKind::Entry(entry) = &item.kind else { panic!("{item:?} is a deletion") };
        assert!(!entry.kind.is_special());
        let path = entry.path.as_bytes();
        assert!(!path.iter().any(u8::is_ascii_control));
        assert!(!["dev/", "proc/", "sys/"].iter().any(|dir| path.starts_with(dir.as_bytes())));
        let is_file = matches!(entry.kind, Kind::File(_) | Kind::Hardlink(_));
        assert_eq!(unpacked.sums.contains_key(&ordinal), is_file, "{}", entry.path);
    }
}

/// Its tar read again is the same.
fn check_data(unpacked: &Unpacked, bytes: &[u8], expected: &Expected<'_>, how: &Reading<'_>) {
    let mut tar = Vec::new();
    let mut data = open_data(bytes, expected, how).expect("it was read before");
    data.read_to_end(&mut tar).expect("it was read before");
    assert_eq!(Digest::of(&tar), unpacked.index.diff_id);
}

/// A database takes it, under names that no other file has, and reads it back.
fn check_database(unpacked: &Unpacked) {
    for kind in [DatabaseKind::Status, DatabaseKind::StatusDirectory] {
        let files = files(kind, b"", &[unpacked]).expect("what is written is read back");
        let paths: BTreeSet<_> = files.iter().map(|file| file.path.to_string()).collect();
        assert_eq!(paths.len(), files.len());
        for path in paths {
            let is_below = ["info/", "status.d/"].iter().any(|dir| path.starts_with(dir));
            assert!(path == "status" || is_below && path.matches('/').count() == 1, "{path}");
        }
    }
}
