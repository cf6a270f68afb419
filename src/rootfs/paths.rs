//! Many paths, held compactly.

use std::cmp::Ordering;
use std::hash::{BuildHasher, Hasher, RandomState};

use hashbrown::HashTable;

use super::RootPath;
use super::blocks::{Blocks, TextAt, Texts};

/// Paths by number, in the order in which they were added; one may stand in it more than once.
///
/// A path costs its last component and 12 bytes, as the directories are shared.
#[derive(Clone, Debug, Default)]
pub struct PathList {
    rows: Blocks<Row>,
    names: Texts,
    dirs: Dirs,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    dir: u32,
    name: TextAt,
    length: u8,
}

impl PathList {
    /// Adds a path and gives its number.
    pub fn push(&mut self, path: &RootPath) -> u32 {
        let (dir, name) = path.split();
        let length = u8::try_from(name.len()).expect("a component of a path has at most 255 bytes");
        self.rows.push(Row { dir: self.dirs.number(dir), name: self.names.push(name), length })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The path of a number.
    pub fn get(&self, number: u32) -> RootPath {
        let parts = [self.dir(number), self.name(number)];
        RootPath::of_components(parts.into_iter().filter(|part| !part.is_empty()))
    }

    /// The last component of a path.
    pub fn name(&self, number: u32) -> &[u8] {
        let Row { name, length, .. } = self.rows[number];
        self.names.get(name, length.into())
    }

    /// Whether the path of a number is this one.
    pub fn is(&self, number: u32, path: &RootPath) -> bool {
        self.parts(number) == path.split()
    }

    /// How two paths are ordered.
    pub fn compare(&self, a: u32, b: u32) -> Ordering {
        if self.rows[a].dir == self.rows[b].dir {
            return self.name(a).cmp(self.name(b));
        }
        // A component that ends comes before one that goes on; no path holds a NUL.
        let bytes = |number| {
            let (dir, name) = self.parts(number);
            let slash = if dir.is_empty() { &b""[..] } else { b"/" };
            dir.iter().chain(slash).chain(name).map(|byte| if *byte == b'/' { 0 } else { *byte })
        };
        bytes(a).cmp(bytes(b))
    }

    fn dir(&self, number: u32) -> &[u8] {
        self.dirs.get(self.rows[number].dir)
    }

    fn parts(&self, number: u32) -> (&[u8], &[u8]) {
        (self.dir(number), self.name(number))
    }
}

/// Numbers of a [`PathList`] by their paths.
#[derive(Clone, Debug, Default)]
pub struct PathTable {
    numbers: HashTable<u32>,
    hashes: RandomState,
}

impl PathTable {
    /// The number that a path has.
    pub fn get(&self, paths: &PathList, path: &RootPath) -> Option<u32> {
        self.numbers.find(hash(&self.hashes, path.split()), |number| paths.is(*number, path)).copied()
    }

    /// Gives a path, which the list has under `number`, that number, and tells the one it had before.
    pub fn insert(&mut self, paths: &PathList, number: u32) -> Option<u32> {
        let Self { numbers, hashes } = self;
        let wanted = paths.parts(number);
        let hashed = hash(hashes, wanted);
        if let Some(known) = numbers.find_mut(hashed, |known| paths.parts(*known) == wanted) {
            return Some(std::mem::replace(known, number));
        }
        numbers.insert_unique(hashed, number, |number| hash(hashes, paths.parts(*number)));
        None
    }

    /// Whether no path has a number.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// The numbers, in no order.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.numbers.iter().copied()
    }
}

fn hash(hashes: &RandomState, (dir, name): (&[u8], &[u8])) -> u64 {
    let mut hasher = hashes.build_hasher();
    hasher.write(dir);
    hasher.write(name);
    hasher.finish()
}

/// Distinct paths by number.
#[derive(Clone, Debug, Default)]
pub struct PathSet {
    list: PathList,
    table: PathTable,
}

impl PathSet {
    /// The number of a path, which is added where it is new.
    pub fn insert(&mut self, path: &RootPath) -> u32 {
        self.find(path).unwrap_or_else(|| {
            let number = self.list.push(path);
            self.table.insert(&self.list, number);
            number
        })
    }

    /// The number of a path.
    pub fn find(&self, path: &RootPath) -> Option<u32> {
        self.table.get(&self.list, path)
    }

    /// The path of a number.
    pub fn get(&self, number: u32) -> RootPath {
        self.list.get(number)
    }

    /// Whether a path lies right in a directory.
    pub fn has_in(&self, dir: &RootPath) -> bool {
        self.list.dirs.find(dir.as_bytes()).is_some()
    }
}

/// The distinct directories of paths.
#[derive(Clone, Debug, Default)]
struct Dirs {
    rows: Blocks<(TextAt, u16)>,
    texts: Texts,
    numbers: HashTable<u32>,
    hashes: RandomState,
    last: Option<u32>,
}

impl Dirs {
    fn get(&self, number: u32) -> &[u8] {
        let (at, length) = self.rows[number];
        self.texts.get(at, length.into())
    }

    fn find(&self, dir: &[u8]) -> Option<u32> {
        self.numbers.find(self.hashes.hash_one(dir), |number| self.get(*number) == dir).copied()
    }

    fn number(&mut self, dir: &[u8]) -> u32 {
        // Neighbours mostly lie in one directory.
        let last = self.last.filter(|last| self.get(*last) == dir);
        let number = last.or_else(|| self.find(dir)).unwrap_or_else(|| self.add(dir));
        self.last = Some(number);
        number
    }

    fn add(&mut self, dir: &[u8]) -> u32 {
        let Self { rows, texts, numbers, hashes, .. } = self;
        let length = u16::try_from(dir.len()).expect("a path has at most 4096 bytes");
        let number = rows.push((texts.push(dir), length));
        let hash = |number: &u32| {
            let (at, length) = rows[*number];
            hashes.hash_one(texts.get(at, length.into()))
        };
        numbers.insert_unique(hashes.hash_one(dir), number, hash);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATHS: [&str; 8] = ["", "a", "a/b", "a/b/c", "a/c", "b", "a/b/d", "ab"];

    fn list() -> (PathList, Vec<RootPath>) {
        let paths: Vec<_> = PATHS.iter().map(|text| RootPath::parse(text).unwrap()).collect();
        let mut list = PathList::default();
        (0..).zip(&paths).for_each(|(number, path)| assert_eq!(list.push(path), number));
        (list, paths)
    }

    #[test]
    fn a_list_gives_back_its_paths_and_their_order() {
        let (list, paths) = list();
        assert_eq!((0..8).map(|number| list.get(number)).collect::<Vec<_>>(), paths);
        for (a, one) in (0..).zip(&paths) {
            assert_eq!(list.name(a), one.name());
            for (b, other) in (0..).zip(&paths) {
                assert_eq!(list.compare(a, b), one.cmp(other), "{one} {other}");
                assert_eq!(list.is(a, other), one == other);
            }
        }
    }

    #[test]
    fn a_table_finds_the_last_number_of_a_path() {
        let (mut list, paths) = list();
        let mut table = PathTable::default();
        (0..8).for_each(|number| assert_eq!(table.insert(&list, number), None));
        let again = list.push(&paths[3]);
        assert_eq!(table.insert(&list, again), Some(3));
        assert_eq!(table.get(&list, &paths[3]), Some(again));
        assert_eq!(table.get(&list, &paths[4]), Some(4));
        assert_eq!(table.get(&list, &RootPath::parse("a/d").unwrap()), None);
        assert_eq!(table.iter().count(), 8);
    }

    #[test]
    fn a_set_has_each_path_once() {
        let (_, paths) = list();
        let mut set = PathSet::default();
        let numbers: Vec<_> = paths.iter().chain(&paths).map(|path| set.insert(path)).collect();
        assert_eq!(numbers[..8], numbers[8..]);
        assert_eq!(numbers[..8].iter().map(|number| set.get(*number)).collect::<Vec<_>>(), paths);
        for (text, expected) in [("", true), ("a", true), ("a/b", true), ("a/b/c", false), ("x", false)] {
            assert_eq!(set.has_in(&RootPath::parse(text).unwrap()), expected, "{text}");
        }
    }
}
