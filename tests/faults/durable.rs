//! What a disk still has if the power goes, by the calls of a build that nothing else happens to.
//!
//! The least that may be there are bytes that a file's `fsync` has put down, and names that a directory's has; the most is
//! everything. What readers find has to be the old output or the whole new one for both, and for any mixture.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::calls::Call;
use super::case::{Prepared, Tree, is_of_store};

/// A file or directory, whatever names it has.
type Inode = usize;

/// A directory and what is below it, as the system shows it and as the disk has it.
struct Disk {
    root: PathBuf,
    shown: BTreeMap<PathBuf, Inode>,
    lasting: BTreeMap<PathBuf, Inode>,
    /// Files all of whose bytes are on the disk.
    synced: BTreeSet<Inode>,
    inodes: Inode,
}

impl Disk {
    /// A disk that lacks nothing of what lies in `root` under these names.
    fn new<'a>(root: PathBuf, names: impl Iterator<Item = &'a PathBuf>) -> Self {
        let shown: BTreeMap<_, _> = names.enumerate().map(|(inode, name)| (root.join(name), inode)).collect();
        let inodes = shown.len();
        Self { root, lasting: shown.clone(), shown, synced: (0..inodes).collect(), inodes }
    }

    /// What a call does; `cwd` is the directory in which it is made.
    fn apply(&mut self, call: &Call, cwd: &Path) {
        let paths: Vec<PathBuf> = call.paths(cwd);
        match (call.name.as_str(), paths.as_slice()) {
            ("write", _) => {
                _ = call.descriptor().and_then(|path| self.shown.get(path)).map(|i| self.synced.remove(i))
            }
            ("fsync", _) => self.sync(call.descriptor().expect("strace knows its path")),
            ("copy_file_range", _) => {
                let to = call.args.split(", ").nth(2).and_then(super::calls::path_of);
                _ = to.and_then(|path| self.shown.get(path)).map(|i| self.synced.remove(i));
            }
            ("flock" | "utimensat", _) => {}
            ("open" | "openat" | "mkdir" | "mkdirat", [path]) => self.make(path),
            ("unlinkat" | "rmdir", [path]) => _ = self.shown.remove(path),
            ("linkat", [from, to]) => _ = self.shown.insert(to.clone(), self.shown[from]),
            ("renameat2", [one, other]) if call.args.contains("RENAME_EXCHANGE") => {
                let inodes = [self.shown[one], self.shown[other]];
                self.shown.extend([(one.clone(), inodes[1]), (other.clone(), inodes[0])]);
            }
            ("renameat", [from, to]) => {
                let inode = self.shown.remove(from).expect("what is renamed is there");
                self.shown.insert(to.clone(), inode);
            }
            _ => panic!("what does {}({}) do to a disk?", call.name, call.args),
        }
    }

    fn make(&mut self, path: &Path) {
        if path.starts_with(&self.root) && !self.shown.contains_key(path) {
            self.synced.insert(self.inodes);
            self.shown.insert(path.to_owned(), self.inodes);
            self.inodes += 1;
        }
    }

    /// Puts down a file's bytes or a directory's names.
    fn sync(&mut self, path: &Path) {
        self.synced.extend(self.shown.get(path));
        self.lasting.retain(|name, _| name.parent() != Some(path));
        let names = self.shown.iter().filter(|(name, _)| name.parent() == Some(path));
        self.lasting.extend(names.map(|(name, inode)| (name.clone(), *inode)));
    }

    /// Whether nothing takes this away any more.
    fn keeps(&self, name: &Path) -> bool {
        self.lasting.get(&self.root.join(name)).is_some_and(|inode| self.synced.contains(inode))
    }
}

/// Replays a build, and fails where readers could find anything but the old output or the new one if the power went, or
/// where the new one could still go when the build has ended; gives the calls after which that was looked at.
pub(super) fn replay(prepared: &Prepared) -> usize {
    let calls = prepared.undisturbed();
    let cwd = prepared.path("").canonicalize().expect("the sandbox is there");
    let key = prepared.key();
    let mut disk = Disk::new(cwd.join("undisturbed"), prepared.before.keys());
    let old = disk.shown.get(&disk.root.join(&key)).copied();
    let changes: Vec<&Call> = calls.iter().filter(|call| call.succeeded && call.is_mutating()).collect();
    for call in &changes {
        disk.apply(call, &cwd);
        for name in output_of(&prepared.before).filter(|name| **name != key) {
            assert!(disk.keeps(name), "{} may be lost after {call:?}", name.display());
        }
        // Without its marker, what is there would be no layout to the next build.
        let (marker, blobs) = (key.with_file_name("oci-layout"), disk.root.join(key.with_file_name("blobs")));
        assert!(
            disk.keeps(&marker) || !disk.shown.contains_key(&blobs),
            "the marker may be lost after {call:?}"
        );
        // Nor would a store. What it holds may be lost and cut short.
        let made = ["new", "blobs", "indexes", "layers"].map(|name| disk.root.join("store").join(name));
        assert!(
            disk.keeps(Path::new("store/CACHEDIR.TAG"))
                || !made.iter().any(|name| disk.shown.contains_key(name)),
            "the store's marker may be lost after {call:?}"
        );
        for found in [&disk.shown, &disk.lasting].map(|names| names.get(&disk.root.join(&key)).copied()) {
            let Some(inode) = found.filter(|_| found != old) else { continue };
            assert!(disk.synced.contains(&inode), "{} may be lost after {call:?}", key.display());
            for name in output_of(&prepared.after).filter(|name| **name != key) {
                assert!(disk.keeps(name), "{} may be missing after {call:?}", name.display());
            }
        }
    }
    let found = disk.lasting.get(&disk.root.join(&key)).copied();
    assert!(disk.keeps(&key) && found != old, "{} may be lost in the end", key.display());
    changes.len()
}

/// The names of a tree that are not of the store.
fn output_of(tree: &Tree) -> impl Iterator<Item = &PathBuf> {
    tree.keys().filter(|name| !is_of_store(name))
}
