//! Any bytes as an apk package, and as a signed index.

#![no_main]

use std::io::{self, Read};

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use overcoat::code::{Code, Coded};
use overcoat::interrupt::Interrupt;
use overcoat::layer::{IndexOnly, ItemKind, Reading, Trust, replay_tar};
use overcoat::limits::{Budget, Limits};
use overcoat::oci::Digest;
use overcoat::package::apk::{ApkError, Proof, is_dropped, open_data, unpack, verify_index};
use overcoat::package::{Identity, Keyring, Package, PackageFile, Unpacked};
use overcoat::rootfs::Kind;
use overcoat_fuzz::gunzip::{TRAILER, unchecked_member};
use overcoat_fuzz::sealed;
use sha2::{Digest as _, Sha256};

fuzz_mutator!(|file: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let size = fuzzer_mutate(file, size, max_size);
    if !seed.is_multiple_of(4) {
        sealed::gzip(&mut file[..size]);
    }
    size
});

fuzz_target!(|file: &[u8]| {
    assert!(read(|how| verify_index(file, &Keyring::default(), how)).is_err(), "nobody is trusted");
    let members = members(file);
    for control in [0, 1] {
        let Some(member) = members.get(control) else { break };
        let identity = Identity::ControlSha256(Sha256::digest(member).into());
        let expected = PackageFile { location: String::new(), size: file.len() as u64, identity };
        check(file, &members, control, &expected);
    }
});

/// A package is what was promised, or an error that says so.
fn check(file: &[u8], members: &[&[u8]], control: usize, expected: &PackageFile) {
    let open = || read(|how| open_data(file, expected, how).and_then(all));
    match unpacked(file, expected) {
        Ok(unpacked) => {
            assert_eq!(members.len(), control + 2, "control section and data, and nothing else");
            check_entries(&unpacked);
            let tar = open().expect("it was read before");
            assert_eq!(Digest::of(&tar), unpacked.index.diff_id);
            let (name, diff_id) = (Digest::of(b""), unpacked.index.diff_id);
            read(|how| replay_tar(Box::new(&*tar), name, diff_id, how, &mut IndexOnly))
                .expect("it was read before");
            let less = PackageFile { size: expected.size - 1, ..expected.clone() };
            let other = PackageFile { identity: Identity::ControlSha1([0; 20]), ..expected.clone() };
            for expected in [less, other] {
                let refused = unpacked_of(file, &unpacked.package, &expected).unwrap_err();
                // What should be signatures may be none.
                assert!(matches!(refused, Code::PackageDigest | Code::PackageSignature), "{refused}");
            }
        }
        Err(error) => {
            let code = error.code();
            assert!(
                !matches!(code, Code::Io | Code::Usage | Code::PackageSignature) || is_form(&error),
                "{error}"
            );
            assert!(!error.to_string().contains(char::is_control), "{error}");
        }
    }
}

/// A signature whose name is none is refused, whoever is trusted.
fn is_form(error: &ApkError) -> bool {
    matches!(error, ApkError::Signature(_))
}

fn check_entries(unpacked: &Unpacked) {
    for (ordinal, item) in unpacked.index.items.ordinals().zip(unpacked.index.items.iter()) {
        let ItemKind::Entry(entry) = item.kind else { panic!("a whiteout") };
        assert!(!entry.kind.is_special());
        let has_sum = matches!(entry.kind, Kind::File(_) | Kind::Symlink(_) | Kind::Hardlink(_));
        assert_eq!(unpacked.sums.contains_key(&ordinal), has_sum, "{}", entry.path);
        if !is_dropped(&entry.path) {
            assert!(!entry.path.as_bytes().iter().any(u8::is_ascii_control));
        }
    }
}

fn unpacked_of(file: &[u8], asked: &Package, expected: &PackageFile) -> Result<(), Code> {
    let proof = Proof { keyring: &Keyring::default(), is_required: false };
    read(|how| unpack(file, asked, expected, &proof, how)).map(drop).map_err(|error| error.code())
}

/// Reads a package under the name that seeds have.
fn unpacked(file: &[u8], expected: &PackageFile) -> Result<Unpacked, ApkError> {
    let proof = Proof { keyring: &Keyring::default(), is_required: false };
    let asked = Package { name: "x".to_owned(), version: "1-r0".to_owned(), ..Package::default() };
    read(|how| unpack(file, &asked, expected, &proof, how))
}

fn all(mut data: impl Read) -> Result<Vec<u8>, ApkError> {
    let mut tar = Vec::new();
    data.read_to_end(&mut tar).map(|_| tar).map_err(|error: io::Error| ApkError::Io(error))
}

/// The compressed members, by another decoder; nothing after one that is broken.
fn members(file: &[u8]) -> Vec<&[u8]> {
    let (mut members, mut rest) = (Vec::new(), file);
    while let Some(member) = unchecked_member(rest) {
        let Some((own, after)) = rest.split_at_checked(member.trailer + TRAILER) else { break };
        members.push(own);
        rest = after;
    }
    members
}

/// Limits that small inputs reach.
fn read<T>(read: impl FnOnce(&Reading<'_>) -> T) -> T {
    let limits = Limits {
        layer_bytes: 64 << 10,
        control_bytes: 16 << 10,
        apk_index_bytes: 16 << 10,
        ..Limits::default()
    };
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
