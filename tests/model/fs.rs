//! A root filesystem as a map, in which applying layers is as plain as the specification says it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The time of what nobody describes: 1980-01-01.
pub(crate) const GENERATED: i64 = 315_532_800;

/// Names and the inodes they stand for; a hard link is one more name of an inode. The root is `""`.
#[derive(Clone, Debug)]
pub(crate) struct Fs {
    names: BTreeMap<String, usize>,
    inodes: Vec<Inode>,
}

/// Everything about a thing but its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Inode {
    pub(crate) kind: Kind,
    pub(crate) attributes: Attributes,
    /// Whether it is a directory that no entry describes.
    pub(crate) is_implied: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Directory,
    File(Vec<u8>),
    Symlink(String),
    Fifo,
    /// Major and minor of a character device.
    Device(u32, u32),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attributes {
    pub(crate) mode: u32,
    pub(crate) owner: (u32, u32),
    pub(crate) mtime: i64,
    pub(crate) xattrs: BTreeMap<String, Vec<u8>>,
}

/// Why something cannot be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Links lead to each other.
    Loop,
    /// A path leads through something that is no directory.
    NoDirectory,
    /// A hard link names nothing that it may name.
    NoTarget,
}

/// The most links on one way.
const HOPS: usize = 40;

impl Default for Fs {
    fn default() -> Self {
        let root = Inode { kind: Kind::Directory, attributes: Attributes::implied(), is_implied: true };
        Self { names: BTreeMap::from([(String::new(), 0)]), inodes: vec![root] }
    }
}

impl Attributes {
    pub(crate) fn implied() -> Self {
        Self { mode: 0o755, owner: (0, 0), mtime: GENERATED, xattrs: BTreeMap::new() }
    }
}

/// The paths above a path, from the root down, the root left out.
pub(crate) fn above(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

pub(crate) fn name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

pub(crate) fn join(dir: &str, name: &str) -> String {
    if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") }
}

/// Whether `path` lies below `dir`.
pub(crate) fn is_below(path: &str, dir: &str) -> bool {
    path != dir && (dir.is_empty() || path.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/')))
}

impl Fs {
    pub(crate) fn get(&self, path: &str) -> Option<&Inode> {
        self.names.get(path).map(|inode| &self.inodes[*inode])
    }

    pub(crate) fn is_directory(&self, path: &str) -> bool {
        self.get(path).is_some_and(|inode| inode.kind == Kind::Directory)
    }

    pub(crate) fn is_symlink(&self, path: &str) -> bool {
        self.get(path).is_some_and(|inode| matches!(inode.kind, Kind::Symlink(_)))
    }

    pub(crate) fn has_below(&self, path: &str) -> bool {
        self.paths().any(|other| is_below(other, path))
    }

    /// Every path but the root, parents first.
    pub(crate) fn paths(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.names.keys().map(String::as_str).filter(|path| !path.is_empty())
    }

    /// The number of the inode that a path stands for.
    pub(crate) fn inode(&self, path: &str) -> Option<usize> {
        self.names.get(path).copied()
    }

    /// Where a path leads, all links above it followed, and with `end` one at its end too.
    pub(crate) fn resolve(&self, path: &str, end: bool) -> Result<String, Fault> {
        let mut place = String::new();
        let mut rest: Vec<String> = path.rsplit('/').map(str::to_owned).collect();
        let mut hops = 0;
        while let Some(name) = rest.pop() {
            match name.as_str() {
                "" | "." => continue,
                ".." => {
                    place = parent(&place).to_owned();
                    continue;
                }
                _ => {}
            }
            let next = join(&place, &name);
            match self.get(&next).map(|inode| &inode.kind) {
                Some(Kind::Symlink(target)) if end || !rest.is_empty() => {
                    hops += 1;
                    if hops > HOPS {
                        return Err(Fault::Loop);
                    }
                    if target.starts_with('/') {
                        place.clear();
                    }
                    rest.extend(target.rsplit('/').map(str::to_owned));
                }
                _ => place = next,
            }
        }
        Ok(place)
    }

    /// Puts a new thing at a place, whatever was there; a directory over a directory keeps what is below.
    pub(crate) fn create(&mut self, place: &str, inode: Inode) {
        if !(inode.kind == Kind::Directory && self.is_directory(place)) {
            self.remove(place);
        }
        self.inodes.push(inode);
        self.names.insert(place.to_owned(), self.inodes.len() - 1);
    }

    /// Gives an inode one more name, in place of whatever was there.
    pub(crate) fn link(&mut self, place: &str, inode: usize) {
        self.remove(place);
        self.names.insert(place.to_owned(), inode);
    }

    /// Makes the directories above a place that are missing.
    pub(crate) fn imply_above(&mut self, place: &str) {
        for dir in above(place) {
            if self.get(dir).is_none() {
                let attributes = Attributes::implied();
                self.create(dir, Inode { kind: Kind::Directory, attributes, is_implied: true });
            }
        }
    }

    pub(crate) fn remove(&mut self, path: &str) {
        self.names.retain(|other, _| other != path && !is_below(other, path));
    }

    pub(crate) fn remove_below(&mut self, dir: &str) {
        self.names.retain(|other, _| !is_below(other, dir));
    }

    /// What there is, in a form in which equal filesystems are equal, without times.
    pub(crate) fn rows(&self) -> BTreeMap<String, Row> {
        let mut first: BTreeMap<usize, &str> = BTreeMap::new();
        let mut shared = BTreeSet::new();
        for path in self.paths() {
            let inode = self.names[path];
            if *first.entry(inode).or_insert(path) != path {
                shared.insert(inode);
            }
        }
        let row = |path: &str| {
            let number = self.names[path];
            let Inode { kind, attributes, .. } = &self.inodes[number];
            let is_symlink = matches!(kind, Kind::Symlink(_));
            Row {
                kind: kind.clone(),
                mode: if is_symlink { 0o777 } else { attributes.mode },
                owner: attributes.owner,
                xattrs: attributes.xattrs.clone(),
                // What an artifact brings of a symbolic link by a second name is a second link.
                same_as: (shared.contains(&number) && !is_symlink).then(|| first[&number].to_owned()),
            }
        };
        self.paths().map(|path| (path.to_owned(), row(path))).collect()
    }

    /// The time of each thing.
    pub(crate) fn times(&self) -> BTreeMap<String, i64> {
        let inodes = self.names.iter().filter(|(path, _)| !path.is_empty());
        inodes.map(|(path, inode)| (path.clone(), self.inodes[*inode].attributes.mtime)).collect()
    }
}

/// What is at a path.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) kind: Kind,
    pub(crate) mode: u32,
    pub(crate) owner: (u32, u32),
    pub(crate) xattrs: BTreeMap<String, Vec<u8>>,
    /// The first name of what has several.
    pub(crate) same_as: Option<String>,
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::File(content) => write!(f, "file of {}", String::from_utf8_lossy(content))?,
            kind => write!(f, "{kind:?}")?,
        }
        write!(f, " {:04o} {}:{}", self.mode, self.owner.0, self.owner.1)?;
        if !self.xattrs.is_empty() {
            write!(f, " {:?}", self.xattrs)?;
        }
        self.same_as.as_ref().map_or(Ok(()), |first| write!(f, " = {first}"))
    }
}

/// Fails, and says by path what differs, where two filesystems are not equal.
pub(crate) fn assert_same(
    what: &str,
    found: &BTreeMap<String, Row>,
    expected: &BTreeMap<String, Row>,
) -> Result<(), String> {
    let paths: BTreeSet<&String> = found.keys().chain(expected.keys()).collect();
    let differ = paths.into_iter().filter(|path| found.get(*path) != expected.get(*path));
    let lines: Vec<_> = differ
        .map(|path| format!("  {path}: {:?}, expected {:?}", found.get(path), expected.get(path)))
        .collect();
    if lines.is_empty() { Ok(()) } else { Err(format!("{what}:\n{}", lines.join("\n"))) }
}
