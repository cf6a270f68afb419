//! The fixtures that are made by a script are what the script makes.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use overcoat::oci::Digest;

/// Every file below a directory, by its path from there.
fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = walkdir::WalkDir::new(root).into_iter().map(Result::unwrap);
    entries
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let path = entry.path().strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            (path, std::fs::read(entry.path()).unwrap())
        })
        .collect()
}

fn fixtures() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"))
}

#[test]
fn the_demo_is_what_its_script_makes() {
    if !Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success()) {
        eprintln!("not tested: python3 is missing");
        return;
    }
    let made = tempfile::tempdir().unwrap();
    // The second run has to replace what the first one left.
    for _ in 0..2 {
        let status = Command::new(fixtures().join("make.sh")).arg(made.path()).status().unwrap();
        assert!(status.success());
    }
    let mut kept = files(&fixtures().join("demo"));
    kept.retain(|path, _| !path.ends_with(".yaml") && !path.ends_with(".toml"));
    let made = files(made.path());
    assert_eq!(made.keys().collect::<Vec<_>>(), kept.keys().collect::<Vec<_>>());
    assert!(made == kept, "the same files have other bytes");
}

#[test]
fn every_blob_of_the_demo_has_the_digest_it_is_named_by() {
    let demo = files(&fixtures().join("demo"));
    let mut blobs =
        demo.iter().filter_map(|(path, bytes)| Some((path.split_once("/blobs/sha256/")?.1, bytes)));
    assert!(blobs.clone().count() > 10);
    assert!(blobs.all(|(name, bytes)| Digest::of(bytes).hex() == name));
}
