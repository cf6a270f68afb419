//! The script that makes real images does so from any tars, again and again to the same bytes.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::{scratch, tool, tree, workload};

#[test]
fn images_are_made_of_the_tars_that_are_there_and_always_the_same() {
    if tool("python3").is_none() {
        return;
    }
    let [from, one, other] = [scratch(), scratch(), scratch()];
    write_tars(from.path()).unwrap();
    assert_succeeds(&make(one.path(), from.path()));
    let made = tree(one.path());
    assert_eq!(tags(&one.path().join("base")), ["13", "13-patched"]);
    assert_eq!(tags(&one.path().join("artifacts")), ["ca", "tools"]);
    assert_succeeds(&make(one.path(), from.path()));
    assert_eq!(tree(one.path()), made, "a second run changes something");
    assert_succeeds(&make(other.path(), from.path()));
    assert_eq!(tree(other.path()), made, "another run makes something else");
}

#[test]
fn a_run_that_fails_leaves_no_half_file_and_the_next_one_goes_on() {
    if tool("python3").is_none() {
        return;
    }
    let [from, dir] = [scratch(), scratch()];
    write_tars(from.path()).unwrap();
    let tools = from.path().join("tars/tools-arm64.tar");
    fs::remove_file(&tools).unwrap();
    fs::create_dir(&tools).unwrap();
    assert!(!make(dir.path(), from.path()).status.success());
    assert_eq!(tags(&dir.path().join("artifacts")), ["ca"]);
    let half = tree(dir.path()).into_keys().find(|path| path.extension().is_some_and(|end| end == "tmp"));
    assert_eq!(half, None);
    fs::remove_dir(&tools).unwrap();
    write_tars(from.path()).unwrap();
    assert_succeeds(&make(dir.path(), from.path()));
    assert_eq!(tags(&dir.path().join("artifacts")), ["ca", "tools"]);
}

#[test]
fn the_images_that_were_made_are_whole() {
    let (Some(workload), Some(skopeo)) = (workload(), tool("skopeo")) else { return };
    let copies = scratch();
    for layout in ["base", "artifacts"] {
        for tag in tags(&workload.join(layout)) {
            let copied = Command::new(&skopeo)
                .args(["--insecure-policy", "copy", "--all", "--quiet"])
                .arg(format!("oci:{}:{tag}", workload.join(layout).display()))
                .arg(format!("oci:{}:{tag}", copies.path().join(layout).display()))
                .output();
            assert_succeeds(&copied.unwrap());
        }
    }
}

/// Runs the script without the jre, and without the chance to fetch packages.
fn make(dir: &Path, from: &Path) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workload/make");
    let mut command = Command::new(script);
    command.arg(dir).arg("--small").arg("--from").arg(from);
    command.output().expect("the script can be run")
}

/// A tiny tar for each name that the script looks for.
fn write_tars(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir.join("tars"))?;
    for name in ["base-amd64", "base-arm64", "patch", "ca", "tools-amd64", "tools-arm64"] {
        let mut tar = tar::Builder::new(File::create(dir.join(format!("tars/{name}.tar")))?);
        let mut header = tar::Header::new_ustar();
        header.set_size(name.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, "name", name.as_bytes())?;
        tar.finish()?;
    }
    Ok(())
}

/// The tags of a layout, in its order.
fn tags(layout: &Path) -> Vec<String> {
    let index = fs::read(layout.join("index.json")).expect("the layout has an index");
    let index: Value = serde_json::from_slice(&index).expect("the index is JSON");
    let entries = index["manifests"].as_array().expect("the index has manifests").iter();
    let tags = entries.map(|entry| &entry["annotations"]["org.opencontainers.image.ref.name"]);
    tags.map(|tag| tag.as_str().expect("each entry has a tag").to_owned()).collect()
}

fn assert_succeeds(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
