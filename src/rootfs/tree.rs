//! Trees: values by path.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

use super::RootPath;
use super::blocks::{Blocks, TextAt, Texts};

/// Values by path, everything below a directory following it.
///
/// Knows nothing of kinds: who inserts decides what a file over a directory removes. Made for millions of paths: each holds
/// its last component and about 40 bytes beside its value, however deep it lies.
#[derive(Clone, Debug)]
pub struct Tree<T> {
    /// Node 0 is the root; each other node has a value, or something below it that has one.
    nodes: Blocks<Node<T>>,
    /// Places of nodes that are no longer in the tree.
    free: Vec<u32>,
    names: Texts,
    /// The nodes by the hashes of their paths.
    table: HashTable<u32>,
    hashes: RandomState,
    values: usize,
}

#[derive(Clone, Debug)]
struct Node<T> {
    hash: u32,
    parent: u32,
    /// The children are a list in no order, linked both ways.
    first_child: u32,
    next: u32,
    previous: u32,
    name: TextAt,
    length: u8,
    value: Option<T>,
}

const ROOT: u32 = 0;
/// In place of a node that is not there.
const NONE: u32 = u32::MAX;

impl<T> Default for Tree<T> {
    fn default() -> Self {
        let mut names = Texts::default();
        let root = Node {
            hash: 0,
            parent: NONE,
            first_child: NONE,
            next: NONE,
            previous: NONE,
            name: names.push(b""),
            length: 0,
            value: None,
        };
        Self {
            nodes: [root].into_iter().collect(),
            free: Vec::new(),
            names,
            table: HashTable::new(),
            hashes: RandomState::new(),
            values: 0,
        }
    }
}

impl<T> Tree<T> {
    /// The value at a path.
    pub fn get(&self, path: &RootPath) -> Option<&T> {
        self.node(self.find(path.as_bytes())?).value.as_ref()
    }

    /// Whether a path has a value.
    pub fn contains(&self, path: &RootPath) -> bool {
        self.get(path).is_some()
    }

    /// Sets the value at a path and gives back the one before.
    pub fn insert(&mut self, path: &RootPath, value: T) -> Option<T> {
        let at = self.make(path.as_bytes());
        let before = self.node_mut(at).value.replace(value);
        self.values += usize::from(before.is_none());
        before
    }

    /// Takes out everything below a path.
    pub fn remove_below(&mut self, path: &RootPath) {
        if let Some(at) = self.find(path.as_bytes()) {
            self.clear_below(at);
            self.prune(at);
        }
    }

    /// Takes out a path and everything below it.
    pub fn remove_all(&mut self, path: &RootPath) {
        if let Some(at) = self.find(path.as_bytes()) {
            self.clear_below(at);
            self.values -= usize::from(self.node_mut(at).value.take().is_some());
            self.prune(at);
        }
    }

    /// Everything below a path, in order.
    pub fn below(&self, path: &RootPath) -> impl Iterator<Item = (RootPath, &T)> {
        let mut walk = Walk { tree: self, path: path.as_bytes().to_vec(), pending: Vec::new() };
        if let Some(at) = self.find(path.as_bytes()) {
            walk.push_children(at);
        }
        walk
    }

    /// Everything right in a directory, in order.
    pub fn within(&self, dir: &RootPath) -> impl Iterator<Item = (RootPath, &T)> {
        let mut children: Vec<u32> =
            self.find(dir.as_bytes()).into_iter().flat_map(|at| self.children(at)).collect();
        children.sort_unstable_by(|a, b| self.name(*a).cmp(self.name(*b)));
        children.into_iter().filter_map(move |at| Some((self.path(at), self.node(at).value.as_ref()?)))
    }

    /// Everything below a path, in no order.
    pub fn values_below(&self, path: &RootPath) -> impl Iterator<Item = (RootPath, &T)> {
        let mut pending: Vec<u32> =
            self.find(path.as_bytes()).into_iter().flat_map(|at| self.children(at)).collect();
        std::iter::from_fn(move || {
            loop {
                let at = pending.pop()?;
                pending.extend(self.children(at));
                if let Some(value) = &self.node(at).value {
                    return Some((self.path(at), value));
                }
            }
        })
    }

    /// Whether anything is below a path.
    pub fn has_below(&self, path: &RootPath) -> bool {
        self.find(path.as_bytes()).is_some_and(|at| self.node(at).first_child != NONE)
    }

    /// Everything, in order.
    pub fn iter(&self) -> impl Iterator<Item = (RootPath, &T)> {
        let root = self.node(ROOT).value.as_ref().map(|value| (RootPath::root(), value));
        let mut walk = Walk { tree: self, path: Vec::new(), pending: Vec::new() };
        walk.push_children(ROOT);
        root.into_iter().chain(walk)
    }

    /// How many paths have a value.
    pub fn len(&self) -> usize {
        self.values
    }

    /// Whether no path has a value.
    pub fn is_empty(&self) -> bool {
        self.values == 0
    }

    fn node(&self, at: u32) -> &Node<T> {
        &self.nodes[at]
    }

    fn node_mut(&mut self, at: u32) -> &mut Node<T> {
        &mut self.nodes[at]
    }

    fn name(&self, at: u32) -> &[u8] {
        let Node { name, length, .. } = *self.node(at);
        self.names.get(name, length.into())
    }

    fn children(&self, at: u32) -> impl Iterator<Item = u32> {
        let listed = |at: u32| (at != NONE).then_some(at);
        std::iter::successors(listed(self.node(at).first_child), move |at| listed(self.node(*at).next))
    }

    fn path(&self, at: u32) -> RootPath {
        let up = std::iter::successors(Some(at), |at| Some(self.node(*at).parent));
        let names: Vec<&[u8]> = up.take_while(|at| *at != ROOT).map(|at| self.name(at)).collect();
        RootPath::of_components(names.into_iter().rev())
    }

    fn hash(&self, path: &[u8]) -> u32 {
        (self.hashes.hash_one(path) >> 32) as u32
    }

    fn find(&self, path: &[u8]) -> Option<u32> {
        if path.is_empty() { Some(ROOT) } else { self.find_hashed(path, self.hash(path)) }
    }

    fn find_hashed(&self, path: &[u8], hash: u32) -> Option<u32> {
        self.table.find(spread(hash), |at| self.node(*at).hash == hash && self.is_at(*at, path)).copied()
    }

    /// Whether a node is that of a path, compared from its end.
    fn is_at(&self, mut at: u32, mut path: &[u8]) -> bool {
        while at != ROOT {
            let Some(above) = path.strip_suffix(self.name(at)) else { return false };
            at = self.node(at).parent;
            path = match above {
                [above @ .., b'/'] if at != ROOT => above,
                [] if at == ROOT => above,
                _ => return false,
            };
        }
        path.is_empty()
    }

    /// The node of a path, made with those above it where it is not there.
    fn make(&mut self, path: &[u8]) -> u32 {
        let mut missing = Vec::new();
        let mut end = path.len();
        let mut at = loop {
            if end == 0 {
                break ROOT;
            }
            let hash = self.hash(&path[..end]);
            if let Some(at) = self.find_hashed(&path[..end], hash) {
                break at;
            }
            let slash = path[..end].iter().rposition(|byte| *byte == b'/');
            missing.push((slash.map_or(0, |slash| slash + 1)..end, hash));
            end = slash.unwrap_or(0);
        };
        for (name, hash) in missing.into_iter().rev() {
            at = self.add(at, &path[name], hash);
        }
        at
    }

    fn add(&mut self, parent: u32, name: &[u8], hash: u32) -> u32 {
        let length = u8::try_from(name.len()).expect("a component of a path has at most 255 bytes");
        let (name, next) = (self.names.push(name), self.node(parent).first_child);
        let node = Node { hash, parent, first_child: NONE, next, previous: NONE, name, length, value: None };
        let at = match self.free.pop() {
            Some(at) => {
                *self.node_mut(at) = node;
                at
            }
            None => self.nodes.push(node),
        };
        if next != NONE {
            self.node_mut(next).previous = at;
        }
        self.node_mut(parent).first_child = at;
        let nodes = &self.nodes;
        self.table.insert_unique(spread(hash), at, |at| spread(nodes[*at].hash));
        at
    }

    /// Takes everything below a node out of the tree.
    fn clear_below(&mut self, at: u32) {
        let mut pending: Vec<u32> = self.children(at).collect();
        self.node_mut(at).first_child = NONE;
        while let Some(at) = pending.pop() {
            pending.extend(self.children(at));
            self.discard(at);
        }
    }

    /// Takes a node out of the tree where it leads to nothing, and those above it likewise.
    fn prune(&mut self, mut at: u32) {
        while at != ROOT && self.node(at).first_child == NONE && self.node(at).value.is_none() {
            let Node { parent, previous, next, .. } = *self.node(at);
            match previous {
                NONE => self.node_mut(parent).first_child = next,
                previous => self.node_mut(previous).next = next,
            }
            if next != NONE {
                self.node_mut(next).previous = previous;
            }
            self.discard(at);
            at = parent;
        }
    }

    fn discard(&mut self, at: u32) {
        let hash = spread(self.node(at).hash);
        if let Ok(found) = self.table.find_entry(hash, |other| *other == at) {
            found.remove();
        }
        self.values -= usize::from(self.node_mut(at).value.take().is_some());
        self.free.push(at);
    }
}

/// A table looks at the upper and at the lower bits of a hash.
fn spread(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}

/// Nodes in order, parents first.
struct Walk<'a, T> {
    tree: &'a Tree<T>,
    /// The path of the node last met.
    path: Vec<u8>,
    /// Nodes still to be met, the next one last, each with the bytes of the path above it.
    pending: Vec<(u32, usize)>,
}

impl<T> Walk<'_, T> {
    fn push_children(&mut self, at: u32) {
        let start = self.pending.len();
        let above = self.path.len();
        self.pending.extend(self.tree.children(at).map(|child| (child, above)));
        let tree = self.tree;
        self.pending[start..].sort_unstable_by(|(a, _), (b, _)| tree.name(*b).cmp(tree.name(*a)));
    }
}

impl<'a, T> Iterator for Walk<'a, T> {
    type Item = (RootPath, &'a T);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (at, above) = self.pending.pop()?;
            self.path.truncate(above);
            if above > 0 {
                self.path.push(b'/');
            }
            self.path.extend_from_slice(self.tree.name(at));
            self.push_children(at);
            if let Some(value) = &self.tree.node(at).value {
                return Some((RootPath::of_clean(&self.path), value));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn path(text: &str) -> RootPath {
        RootPath::parse(text).unwrap()
    }

    fn tree(paths: &[&str]) -> Tree<()> {
        let mut tree = Tree::default();
        for text in paths {
            tree.insert(&path(text), ());
        }
        tree
    }

    fn names(tree: &Tree<()>) -> Vec<String> {
        tree.iter().map(|(path, ())| path.to_string()).collect()
    }

    #[test]
    fn a_subtree_ends_where_the_component_does() {
        let mut tree = tree(&["usr", "usr/lib", "usr/lib/x", "usr/lib64", "usr/lib-x", "var"]);
        tree.remove_all(&path("usr/lib"));
        assert_eq!(names(&tree), ["usr", "usr/lib-x", "usr/lib64", "var"]);
        tree.remove_below(&path("usr"));
        assert_eq!(names(&tree), ["usr", "var"]);
        tree.remove_below(&RootPath::root());
        assert!(tree.is_empty());
    }

    #[test]
    fn what_is_taken_out_leaves_its_room_to_what_comes() {
        let mut tree = Tree::default();
        for round in 0..100 {
            (0..10).for_each(|n| _ = tree.insert(&path(&format!("a/b{round}/c{n}")), n));
            tree.remove_all(&path("a"));
        }
        assert!(tree.is_empty() && !tree.has_below(&RootPath::root()));
        assert_eq!(tree.nodes.len(), 13, "the root, two directories and ten files");
    }

    #[derive(Clone, Debug)]
    enum Step {
        Insert(String),
        RemoveAll(String),
        RemoveBelow(String),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let path =
            || "([ab.]{1,2}(/[ab-]{1,2}){0,3})?".prop_filter("no path", |text| RootPath::parse(text).is_ok());
        let step = prop_oneof![
            4 => path().prop_map(Step::Insert),
            1 => path().prop_map(Step::RemoveAll),
            1 => path().prop_map(Step::RemoveBelow),
        ];
        prop::collection::vec(step, 0..60)
    }

    proptest! {
        #[test]
        fn a_tree_is_an_ordered_map_of_paths(steps in steps()) {
            let (mut tree, mut map) = (Tree::default(), BTreeMap::new());
            for (number, step) in steps.iter().enumerate() {
                match step {
                    Step::Insert(text) => {
                        prop_assert_eq!(tree.insert(&path(text), number), map.insert(path(text), number));
                    }
                    Step::RemoveAll(text) => {
                        tree.remove_all(&path(text));
                        map.retain(|at, _| !at.is_in(&path(text)));
                    }
                    Step::RemoveBelow(text) => {
                        tree.remove_below(&path(text));
                        map.retain(|at, _| !at.is_below(&path(text)));
                    }
                }
                let all: Vec<_> = tree.iter().map(|(at, value)| (at, *value)).collect();
                prop_assert_eq!(all, map.clone().into_iter().collect::<Vec<_>>());
                prop_assert_eq!(tree.len(), map.len());
                for at in ["", "a", "b", "a/b", "a/a/b"].map(path) {
                    let expected: Vec<_> = map.iter().filter(|(one, _)| one.is_below(&at)).collect();
                    let mut below: Vec<_> = tree.below(&at).collect();
                    prop_assert_eq!(below.iter().map(|(at, value)| (at, *value)).collect::<Vec<_>>(), expected);
                    prop_assert_eq!(tree.has_below(&at), !below.is_empty());
                    let mut values: Vec<_> = tree.values_below(&at).collect();
                    values.sort();
                    below.sort();
                    prop_assert_eq!(values, below);
                    prop_assert_eq!(tree.get(&at), map.get(&at));
                }
            }
        }
    }
}
