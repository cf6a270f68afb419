//! A store after what else may happen to it: power that is lost, and a prune that is killed.

use std::fs;
use std::path::{Path, PathBuf};

use super::calls::{may_trace, strace};
use super::case::{Case, Prepared, is_of_store};
use crate::support::tree;

/// What the disk has of a file whose name or bytes were not put down.
#[derive(Clone, Copy, Debug)]
enum Left {
    Nothing,
    Empty,
    Half,
    Zeros,
}

const LEFT: [Left; 4] = [Left::Nothing, Left::Empty, Left::Half, Left::Zeros];

impl Left {
    fn apply(self, file: &Path) {
        let bytes = fs::read(file).expect("it is there");
        match self {
            Self::Nothing => fs::remove_file(file),
            Self::Empty => fs::write(file, ""),
            Self::Half => fs::write(file, &bytes[..bytes.len() / 2]),
            Self::Zeros => fs::write(file, vec![0; bytes.len()]),
        }
        .expect("the sandbox can be written");
    }
}

impl Prepared {
    /// The entries of the store after the build.
    fn entries(&self) -> Vec<PathBuf> {
        let is_entry = |path: &&PathBuf| {
            is_of_store(path) && !path.ends_with("CACHEDIR.TAG") && self.path("after").join(path).is_file()
        };
        self.after.keys().filter(is_entry).cloned().collect()
    }

    /// Makes a directory with the store after the build, and no output.
    fn make_kept(&self, dir: &str) {
        self.make_from("after", dir);
        fs::remove_file(self.path(dir).join("x.tar")).expect("the build wrote it");
    }

    /// Builds, and holds that nothing is missing, neither of the output nor of the store.
    fn assert_mended(&self, dir: &str, what: &str) {
        self.rebuild(dir);
        assert_eq!(tree(&self.path(dir)), self.after, "{what}");
        fs::remove_dir_all(self.path(dir)).expect("the sandbox can be written");
    }
}

#[test]
fn c03_a_store_that_lost_power_is_mended() {
    let prepared = Prepared::new(Case::STORES[0]);
    let entries = prepared.entries();
    assert!(entries.len() > 8);
    let single = entries.iter().map(std::slice::from_ref);
    let mut trials = 0;
    for lost in single.chain([&entries[..]]) {
        for left in LEFT {
            prepared.make_kept("lost");
            lost.iter().for_each(|entry| left.apply(&prepared.path("lost").join(entry)));
            prepared.assert_mended("lost", &format!("{left:?} of {lost:?}"));
            trials += 1;
        }
    }
    println!("mended {trials} times");
}

#[test]
fn c03_a_prune_killed_at_any_call_leaves_a_sound_store() {
    if !may_trace() {
        return;
    }
    let prepared = Prepared::new(Case::STORES[0]);
    let entries = prepared.entries().len();
    for removed in 0..entries {
        prepared.make_kept("pruned");
        let inject = format!("inject=unlinkat:signal=SIGKILL:when={}", removed + 1);
        let log = prepared.path("pruned.log");
        let mut command = strace(&log, &["-e", "trace=unlinkat", "-e", &inject]).expect("it is there");
        command.arg(env!("CARGO_BIN_EXE_overcoat")).args([
            "store",
            "prune",
            "--all",
            "--store",
            "pruned/store",
        ]);
        let output = command.current_dir(prepared.path("")).output().expect("strace can be run");
        assert_eq!(output.status.code(), None, "{output:?}");
        let mut left = tree(&prepared.path("pruned"));
        left.retain(|path, content| prepared.after.get(path) == Some(content));
        assert_eq!(left, tree(&prepared.path("pruned")), "an entry is not whole");
        let gone = prepared.entries().iter().filter(|entry| !left.contains_key(*entry)).count();
        assert_eq!(gone, removed);
        prepared.assert_mended("pruned", &format!("{removed} of {entries} were removed"));
    }
    println!("killed at {entries} removals");
}
