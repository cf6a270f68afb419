//! Packages and indexes for tests: made in memory, or real ones.

use sha1::{Digest as _, Sha1};
use sha2::Sha256;

use super::{Proof, unpack};
use crate::layer::raw::{RawTar, artifact, gzip};
use crate::package::{Identity, Keyring, Package, PackageFile, Unpacked};

/// The compressed members of a file.
pub(super) fn members(mut file: &[u8]) -> Vec<Vec<u8>> {
    let mut members = Vec::new();
    while !file.is_empty() {
        let mut decoder = flate2::bufread::GzDecoder::new(file);
        std::io::copy(&mut decoder, &mut std::io::sink()).unwrap();
        let rest = decoder.into_inner();
        members.push(file[..file.len() - rest.len()].to_vec());
        file = rest;
    }
    members
}

/// What an index says of a package whose control section is this member.
pub(super) fn promise(file: &[u8], control: &[u8]) -> PackageFile {
    let identity = Identity::ControlSha1(Sha1::digest(control).into());
    PackageFile { location: "x.apk".to_owned(), size: file.len() as u64, identity }
}

/// A package that is asked for by name and version.
pub(super) fn asked(name: &str, version: &str) -> Package {
    Package { name: name.to_owned(), version: version.to_owned(), ..Package::default() }
}

/// A control section of these lines, and these scripts.
pub(super) fn control(lines: &str, scripts: &[(&str, &[u8])]) -> Vec<u8> {
    let tar = RawTar::default().file(".PKGINFO", lines.as_bytes());
    gzip(&scripts.iter().fold(tar, |tar, (name, content)| tar.file(name, content)).0)
}

/// An unsigned package of this data, and what an index says of it; `lines` come besides those that each has.
pub(super) fn package(lines: &str, data: Vec<u8>) -> (Vec<u8>, PackageFile) {
    package_with(lines, &[], &gzip(&data))
}

/// As [`package`], of scripts and a data member as it is stored.
pub(super) fn package_with(lines: &str, scripts: &[(&str, &[u8])], data: &[u8]) -> (Vec<u8>, PackageFile) {
    let hash = hex::encode(Sha256::digest(data));
    let lines = format!("pkgname = x\npkgver = 1-r0\narch = x86_64\n{lines}datahash = {hash}\n");
    let control = control(&lines, scripts);
    let file = [&*control, data].concat();
    let promise = promise(&file, &control);
    (file, promise)
}

/// A package of these lines and scripts, and one file, as it was read.
pub(super) fn unpacked(lines: &str, scripts: &[(&str, &[u8])]) -> (Unpacked, PackageFile) {
    let (bytes, file) = package_with(lines, scripts, &gzip(&RawTar::default().file("x", b"").end()));
    let proof = Proof { keyring: &Keyring::default(), is_required: false };
    let unpacked = unpack(&*bytes, &asked("x", "1-r0"), &file, &proof, &artifact().how()).unwrap();
    (unpacked, file)
}
