//! Trees: values by path.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::RootPath;

/// Values by path, everything below a directory following it.
///
/// Knows nothing of kinds: who inserts decides what a file over a directory removes.
#[derive(Clone, Debug)]
pub struct Tree<T>(BTreeMap<RootPath, T>);

impl<T> Default for Tree<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> Tree<T> {
    /// The value at a path.
    pub fn get(&self, path: &RootPath) -> Option<&T> {
        self.0.get(path)
    }

    /// The value at a path, to be changed.
    pub fn get_mut(&mut self, path: &RootPath) -> Option<&mut T> {
        self.0.get_mut(path)
    }

    /// Whether a path has a value.
    pub fn contains(&self, path: &RootPath) -> bool {
        self.0.contains_key(path)
    }

    /// Sets the value at a path and gives back the one before.
    pub fn insert(&mut self, path: RootPath, value: T) -> Option<T> {
        self.0.insert(path, value)
    }

    /// Takes out the value at a path alone.
    pub fn remove(&mut self, path: &RootPath) -> Option<T> {
        self.0.remove(path)
    }

    /// Takes out everything below a path, in order.
    pub fn remove_below(&mut self, path: &RootPath) -> Vec<(RootPath, T)> {
        let below: Vec<RootPath> = self.below(path).map(|(path, _)| path.clone()).collect();
        below.into_iter().filter_map(|path| self.0.remove_entry(&path)).collect()
    }

    /// Takes out a path and everything below it, in order.
    pub fn remove_all(&mut self, path: &RootPath) -> Vec<(RootPath, T)> {
        // Mostly nothing is there, and that takes one look.
        let first = self.0.range(path..).next();
        if first.is_none_or(|(found, _)| found != path && !found.is_below(path)) {
            return Vec::new();
        }
        let own = self.0.remove_entry(path);
        own.into_iter().chain(self.remove_below(path)).collect()
    }

    /// Everything below a path, in order.
    pub fn below<'a>(&'a self, path: &'a RootPath) -> impl Iterator<Item = (&'a RootPath, &'a T)> {
        self.0
            .range((Bound::Excluded(path.clone()), Bound::Unbounded))
            .take_while(move |(other, _)| other.is_below(path))
    }

    /// Whether anything is below a path.
    pub fn has_below(&self, path: &RootPath) -> bool {
        self.below(path).next().is_some()
    }

    /// Everything, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&RootPath, &T)> {
        self.0.iter()
    }

    /// How many paths have a value.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no path has a value.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RootPath {
        RootPath::parse(text).unwrap()
    }

    fn tree(paths: &[&str]) -> Tree<()> {
        let mut tree = Tree::default();
        for text in paths {
            tree.insert(path(text), ());
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
}
