//! What the tests of the whole command share.

mod archive;
mod blob;
mod failure;
mod image;
mod layout;
mod many;
pub(crate) mod packages;
pub(crate) mod process;
pub(crate) mod registry;
mod sandbox;

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use sha2::{Digest, Sha256};
use tempfile::TempDir;
use walkdir::WalkDir;

pub(crate) use archive::Tar;
pub(crate) use blob::{Zeros, gzip};
pub(crate) use image::Image;
pub(crate) use layout::{Layout, blob_path, digest};
pub(crate) use many::{ZSTD_LAYER, many};
pub(crate) use sandbox::{LAYER, Sandbox};

/// Runs `overcoat` with nothing in its environment and no input.
pub(crate) fn overcoat<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Output {
    overcoat_in(Path::new("."), args).output().expect("overcoat was built for this test")
}

/// The command `overcoat` in a working directory, with nothing in its environment and no input.
pub(crate) fn overcoat_in<A: AsRef<OsStr>>(dir: &Path, args: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_overcoat"));
    command.args(args).env_clear().current_dir(dir).stdin(Stdio::null());
    command
}

/// Where a program is installed; says that the test is skipped where it is not.
pub(crate) fn tool(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).map(|dir| dir.join(name)).find(|program| program.is_file());
    if found.is_none() {
        println!("skipped: {name} is not installed");
    }
    found
}

/// Runs another program, which has to succeed, and gives what it prints.
pub(crate) fn succeed(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().expect("the program can be run");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {words}");
    String::from_utf8(output.stdout).expect("programs print text")
}

/// Whether root runs the tests; says that the test is skipped where somebody else does.
pub(crate) fn root() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        println!("skipped: only root can do this");
    }
    is_root
}

/// The directory that `tests/workload/make` has filled; says that the test is skipped where there is none.
pub(crate) fn workload() -> Option<PathBuf> {
    let found = env::var_os("OVERCOAT_WORKLOAD").map(PathBuf::from);
    if found.is_none() {
        println!("skipped: OVERCOAT_WORKLOAD does not say where real images are (tests/run makes them)");
    }
    found
}

/// An empty directory on the disk that `target` is on, until it is dropped.
pub(crate) fn scratch() -> TempDir {
    TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("the target directory can be written")
}

/// What lies in a directory: each path below it, and the digest of a file, the target of a link or `/` for a directory.
///
/// Two trees of one directory are equal if nothing in it has changed but for times, owners and modes.
pub(crate) fn tree(dir: &Path) -> BTreeMap<PathBuf, String> {
    let found = WalkDir::new(dir).min_depth(1).into_iter().map(|found| {
        let found = found.expect("the directory can be listed");
        let path = found.path().strip_prefix(dir).expect("what is found lies in the directory");
        (path.to_owned(), content(found.file_type(), found.path()))
    });
    found.collect()
}

fn content(kind: fs::FileType, path: &Path) -> String {
    if kind.is_dir() {
        "/".to_owned()
    } else if kind.is_symlink() {
        fs::read_link(path).expect("the link is still there").display().to_string()
    } else {
        hex::encode(Sha256::digest(fs::read(path).expect("the file is still there")))
    }
}
