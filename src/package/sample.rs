//! Real packages, indexes and answers of real tools, for tests; they lie beside the project.

use std::fs;
use std::path::{Path, PathBuf};

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
