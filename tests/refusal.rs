//! A command that fails leaves everything as it was.

use std::ffi::OsStr;
use std::fs;

use crate::support::{overcoat, scratch, tree};

#[test]
fn a_customization_that_is_wrong_changes_nothing() {
    let dir = scratch();
    let file = dir.path().join("wrong.yaml");
    fs::write(&file, "name: wrong\nenviroment: {}\n").unwrap();
    fs::create_dir(dir.path().join("out")).unwrap();
    fs::write(dir.path().join("out/kept"), "as it was").unwrap();
    let before = tree(dir.path());
    for output in ["out", "new"] {
        let output = format!("oci:{}", dir.path().join(output).display());
        let failed = overcoat([OsStr::new("build"), file.as_os_str(), OsStr::new("-o"), OsStr::new(&output)]);
        assert_eq!(failed.status.code(), Some(2), "{}", String::from_utf8_lossy(&failed.stderr));
        assert_eq!(tree(dir.path()), before);
    }
}
