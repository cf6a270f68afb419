//! The order of the modules: each imports only what stands in rows below its own.

mod imports;
mod tokens;

use std::fs;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// The modules of the crate from the bottom up. Modules of one row do not know each other.
///
/// The row that every other needs is two here: `code` gives codes to the errors beside it.
const ROWS: &[&[&str]] = &[
    &["file_error", "interrupt", "nearest", "pool", "printable", "progress"],
    &["code", "limits"],
    &["oci"],
    &["rootfs"],
    &["layer"],
    &["http", "image", "package"],
    &["registry", "spec", "store"],
    &["plan", "repositories"],
    &["contents"],
    &["emulate", "provision"],
    &["assemble"],
    &["ops"],
    &["cli"],
];

#[test]
fn every_module_imports_only_rows_below_its_own() {
    let sources = sources();
    assert!(sources.len() > 50, "{} files are not all of them", sources.len());
    let faults: Vec<_> = sources.iter().flat_map(|(path, source)| faults(path, source)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_module_of_the_crate_stands_in_one_row() {
    let library = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let mut declared = imports::declared(&library);
    let mut placed = ROWS.concat();
    declared.sort_unstable();
    placed.sort_unstable();
    assert_eq!(declared, placed);
}

#[test]
fn an_import_that_does_not_stand_below_is_a_fault_with_its_line() {
    for (path, source, expected) in [
        ("src/oci/platform.rs", "use crate::plan::Plan;", "src/oci/platform.rs:1: `plan` is not below"),
        ("src/oci/mod.rs", "\nuse super::{limits, store};", "src/oci/mod.rs:2: `store` is not below"),
        ("src/spec/tag.rs", "use crate::{oci, store};", "src/spec/tag.rs:1: `store` is not below"),
        ("src/limits.rs", "use super::oci;", "src/limits.rs:1: `oci` is not below"),
        (
            "src/store/write/tar_file.rs",
            "use super::super::super::cli;",
            "src/store/write/tar_file.rs:1: `cli` is not below",
        ),
        ("src/cli/build.rs", "use crate::unknown;", "src/cli/build.rs:1: `unknown` is not below"),
        ("src/unknown.rs", "use crate::oci;", "src/unknown.rs:1: `oci` is not below"),
    ] {
        assert_eq!(faults(Path::new(path), source), [expected], "{path}");
    }
}

#[test]
fn an_import_of_its_own_module_or_of_one_below_is_no_fault() {
    for (path, source) in [
        ("src/plan/resolve.rs", "use crate::plan::Plan;\nuse crate::{code, oci, spec, store};"),
        ("src/plan/resolve.rs", "/// Not [`crate::cli`].\nmod tests { use super::super::Plan; }"),
        ("src/code.rs", "impl Coded for crate::interrupt::Interrupted {}"),
    ] {
        assert_eq!(faults(Path::new(path), source), Vec::<String>::new(), "{path}");
    }
}

/// What one source file imports and should not, as ``src/oci/platform.rs:1: `plan` is not below``.
fn faults(path: &Path, source: &str) -> Vec<String> {
    let within = modules(path);
    let own = within[0];
    let imports = imports::imports(&within, source).into_iter();
    let faults = imports.filter(|import| import.module != own && !stands_below(import.module, own));
    faults
        .map(|import| format!("{}:{}: `{}` is not below", path.display(), import.line, import.module))
        .collect()
}

fn stands_below(lower: &str, upper: &str) -> bool {
    let row = |module| ROWS.iter().position(|row| row.contains(&module));
    matches!((row(lower), row(upper)), (Some(lower), Some(upper)) if lower < upper)
}

/// The modules a file lies in: `oci` and `platform` for `src/oci/platform.rs`, `oci` for `src/oci/mod.rs`.
fn modules(path: &Path) -> Vec<&str> {
    let path = path.to_str().expect("names of sources are text");
    let modules = path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    modules.split('/').collect()
}

/// All source files of the library, by their path from the root of the repository.
fn sources() -> Vec<(PathBuf, String)> {
    let files = WalkDir::new(root().join("src")).sort_by_file_name().into_iter();
    let files = files.map(|file| file.expect("`src` can be listed").into_path());
    let sources = files.filter(|file| file.extension().is_some_and(|extension| extension == "rs"));
    let sources = sources.filter(|file| !file.ends_with("src/lib.rs") && !file.ends_with("src/main.rs"));
    let read = |file: PathBuf| {
        let source = fs::read_to_string(&file).expect("sources are readable text");
        (file.strip_prefix(root()).expect("sources lie in the repository").to_owned(), source)
    };
    sources.map(read).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
