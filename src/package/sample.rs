//! Real packages, indexes and answers of real tools, for tests; they lie beside the project.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::index::Index;
use crate::limits::Limits;

/// A file of the package fixtures; says that a test is skipped where they are not there.
pub(crate) fn fixture(path: &str) -> Option<Vec<u8>> {
    let Some(dir) = fixtures() else {
        println!("skipped: there are no package fixtures");
        return None;
    };
    Some(fs::read(dir.join(path)).unwrap_or_else(|error| panic!("{path}: {error}")))
}

/// Where the package fixtures are.
pub(crate) fn fixtures() -> Option<PathBuf> {
    let shared = std::env::var_os("OVERCOAT_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    Some(shared.join("data/packages")).filter(|dir| dir.is_dir())
}

/// The text in a file of xz.
pub(crate) fn unpacked_xz(xz: &[u8]) -> String {
    let mut text = String::new();
    liblzma::read::XzDecoder::new(xz).read_to_string(&mut text).expect("it is xz of a text");
    text
}

/// The records in an index of apk of the fixtures, which nothing is verified of.
pub(crate) fn apk_index(path: &str) -> Option<String> {
    let mut tar = Vec::new();
    MultiGzDecoder::new(fixture(path)?.as_slice()).read_to_end(&mut tar).expect("it is gzip");
    let mut archive = tar::Archive::new(tar.as_slice());
    let mut text = String::new();
    for entry in archive.entries().expect("it is a tar") {
        let mut entry = entry.expect("it is a tar");
        if entry.path_bytes().as_ref() == b"APKINDEX" {
            entry.read_to_string(&mut text).expect("records are text");
        }
    }
    Some(text)
}

/// An index of the fixtures that has only what a solver needs: each package gets a file that nobody fetches.
pub(crate) fn reduced_index(path: &str, architecture: &str) -> Option<Index> {
    let digest = "0".repeat(64);
    let file = format!("Filename: none\nSize: 0\nSHA256: {digest}\nPackage:");
    let text = unpacked_xz(&fixture(path)?).replace("Package:", &file);
    Some(Index::deb(text.as_bytes(), architecture, &Limits::default()).expect("it is an index"))
}
