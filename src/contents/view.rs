//! Views: what layers look like once they are applied.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::follow::{self, Last, PathLoop};
use super::operation::{LayerContents, Operation, Position};
use crate::code::{Code, Coded};
use crate::layer::{ItemKind, LayerIndex};
use crate::rootfs::{Attributes, Entry, Kind, RootPath, Tree};

/// The root filesystem that a stack of layers makes.
#[derive(Clone, Debug, Default)]
pub struct View {
    tree: Tree<Node>,
    kept: BTreeMap<RootPath, Arc<[u8]>>,
    layers: u32,
}

/// What is at a path of a view.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is; a hard link is the entry it names. The path within may be another than the one it stands at.
    pub entry: Arc<Entry>,
    /// Which item brought it; nothing for a directory that no layer mentions.
    pub item: Option<Position>,
    /// Which item holds its content: another than `item` where that is a hard link.
    pub data: Option<Position>,
    /// Which layer of the stack it is from, the lowest being 0.
    pub layer: u32,
}

/// A layer that cannot be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ViewError {
    /// Symbolic links never end.
    #[error(transparent)]
    Loop(#[from] PathLoop),
    /// A hard link names nothing.
    #[error("hard link `{path}` names `{target}`, which is not there")]
    LinkTarget {
        /// The link.
        path: RootPath,
        /// What it names.
        target: RootPath,
    },
    /// A path leads through something that is no directory.
    #[error("`{path}` lies below `{parent}`, which is no directory")]
    Parent {
        /// The path.
        path: RootPath,
        /// What is no directory.
        parent: RootPath,
    },
}

impl Coded for ViewError {
    fn code(&self) -> Code {
        match self {
            Self::Loop(error) => error.code(),
            Self::LinkTarget { .. } => Code::TarLinkTarget,
            Self::Parent { .. } => Code::TarPath,
        }
    }
}

/// How much a whiteout takes away.
enum Removal {
    All,
    Below,
}

impl View {
    /// The view of these layers, the lowest first.
    pub fn of<'a>(layers: impl IntoIterator<Item = &'a LayerIndex>) -> Result<Self, ViewError> {
        let mut view = Self::default();
        for index in layers {
            view.apply(index)?;
        }
        Ok(view)
    }

    /// What is at a path, which leads through no link.
    pub fn get(&self, path: &RootPath) -> Option<&Node> {
        self.tree.get(path)
    }

    /// Everything, parents before what is below them.
    pub fn iter(&self) -> impl Iterator<Item = (&RootPath, &Node)> {
        self.tree.iter()
    }

    /// Everything below a path.
    pub fn below<'a>(&'a self, path: &'a RootPath) -> impl Iterator<Item = (&'a RootPath, &'a Node)> {
        self.tree.below(path)
    }

    /// The bytes of a file that its layer's index keeps.
    pub fn kept(&self, path: &RootPath) -> Option<&Arc<[u8]>> {
        self.kept.get(path)
    }

    /// Files whose bytes are kept.
    pub fn kept_files(&self) -> impl Iterator<Item = (&RootPath, &Arc<[u8]>)> {
        self.kept.iter()
    }

    /// How many layers were applied.
    pub fn layers(&self) -> u32 {
        self.layers
    }

    /// Where a path leads to, links above it followed.
    pub fn physical(&self, path: &RootPath) -> Result<RootPath, PathLoop> {
        follow::follow(path, Last::Keep, |at| self.target_of(at))
    }

    /// Where a path leads to, a link at its end followed too.
    pub fn destination(&self, path: &RootPath) -> Result<RootPath, PathLoop> {
        follow::follow(path, Last::Follow, |at| self.target_of(at))
    }

    /// The target of the symbolic link at a path, where it is one.
    pub fn target_of(&self, path: &RootPath) -> Option<&[u8]> {
        match &self.tree.get(path)?.entry.kind {
            Kind::Symlink(target) => Some(target),
            _ => None,
        }
    }

    /// Applies a layer: first its whiteouts to what is below, then its entries in their order.
    ///
    /// A faulty entry takes the place of what is there like any other, and is left out where it cannot.
    pub fn apply(&mut self, index: &LayerIndex) -> Result<(), ViewError> {
        // All are resolved in the view below, so that their order among each other does not matter.
        let mut removals = Vec::new();
        for item in &index.items {
            match &item.kind {
                ItemKind::Whiteout(path) => removals.push((self.physical(path)?, Removal::All)),
                ItemKind::Opaque(dir) => removals.push((self.destination(dir)?, Removal::Below)),
                ItemKind::Entry(_) => {}
            }
        }
        for (path, removal) in &removals {
            match removal {
                Removal::All => self.remove_all(path),
                Removal::Below => self.remove_below(path),
            }
        }
        for (ordinal, item) in index.items.iter().enumerate() {
            let ordinal = u32::try_from(ordinal).expect("a layer has fewer than 2^32 items");
            let ItemKind::Entry(entry) = &item.kind else { continue };
            let position = Position { layer: self.layers, ordinal };
            match self.add(entry, position, index.kept.get(&ordinal)) {
                Err(_) if index.faults.contains_key(&ordinal) => {}
                added => added?,
            }
        }
        self.layers += 1;
        Ok(())
    }

    /// Applies a layer of ours, whose paths are physical and whose parents are explicit.
    pub fn apply_contents(&mut self, contents: &LayerContents) {
        let layer = self.layers;
        for operation in &contents.operations {
            match operation {
                Operation::Whiteout { path, .. } => self.remove_all(path),
                Operation::Opaque { dir, .. } => self.remove_below(dir),
                Operation::Entry { entry, .. } => {
                    let shared = match &entry.kind {
                        Kind::Hardlink(target) => self.tree.get(target).map(|node| Arc::clone(&node.entry)),
                        _ => None,
                    };
                    let node = Node {
                        entry: shared.unwrap_or_else(|| Arc::clone(entry)),
                        item: None,
                        data: None,
                        layer,
                    };
                    self.insert(entry.path.clone(), node, contents.kept.get(&entry.path));
                }
            }
        }
        self.layers += 1;
    }

    fn add(&mut self, entry: &Arc<Entry>, item: Position, kept: Option<&Arc<[u8]>>) -> Result<(), ViewError> {
        let path = self.physical(&entry.path)?;
        let Kind::Hardlink(target) = &entry.kind else {
            self.make_parents(&path)?;
            let node =
                Node { entry: Arc::clone(entry), item: Some(item), data: Some(item), layer: self.layers };
            self.insert(path, node, kept);
            return Ok(());
        };
        // What was at the path goes before the link is made, with everything below it; a link there leads nowhere then.
        let physical = follow::follow(target, Last::Keep, |at| self.target_of(at).filter(|_| *at != path))?;
        let is_there = |node: &&Node| !node.entry.kind.is_directory() && !physical.is_in(&path);
        let missing = || ViewError::LinkTarget { path: entry.path.clone(), target: target.clone() };
        let named = self.tree.get(&physical).filter(is_there).ok_or_else(missing)?;
        let node =
            Node { entry: Arc::clone(&named.entry), item: Some(item), data: named.data, layer: self.layers };
        let kept = self.kept.get(&physical).cloned();
        self.make_parents(&path)?;
        self.insert(path, node, kept.as_ref());
        Ok(())
    }

    fn make_parents(&mut self, path: &RootPath) -> Result<(), ViewError> {
        for parent in path.ancestors().skip(1) {
            match self.tree.get(&parent) {
                Some(node) if node.entry.kind.is_directory() => {}
                Some(_) => return Err(ViewError::Parent { path: path.clone(), parent }),
                None => {
                    let (kind, attributes) = (Kind::Directory, Attributes::of_missing_parent());
                    let entry = Arc::new(Entry { path: parent.clone(), kind, attributes });
                    self.tree.insert(parent, Node { entry, item: None, data: None, layer: self.layers });
                }
            }
        }
        Ok(())
    }

    /// A directory over a directory changes its attributes; all else takes away what was there.
    fn insert(&mut self, path: RootPath, node: Node, kept: Option<&Arc<[u8]>>) {
        let both_directories = node.entry.kind.is_directory()
            && self.tree.get(&path).is_none_or(|before| before.entry.kind.is_directory());
        if !both_directories {
            self.remove_all(&path);
        }
        if let Some(bytes) = kept {
            self.kept.insert(path.clone(), Arc::clone(bytes));
        }
        self.tree.insert(path, node);
    }

    fn remove_all(&mut self, path: &RootPath) {
        for (path, _) in self.tree.remove_all(path) {
            self.kept.remove(&path);
        }
    }

    fn remove_below(&mut self, path: &RootPath) {
        for (path, _) in self.tree.remove_below(path) {
            self.kept.remove(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contents::sample::{index, names, path};

    #[test]
    fn whiteouts_count_for_the_layers_below_alone_and_in_any_order() {
        let below = index(&["d/", "d/a", "d/b", "x", "keep"]);
        for above in
            [["d/", ".wh.x", "d/.wh..wh..opq", "d/new", "x"], ["x", "d/new", "d/", "d/.wh..wh..opq", ".wh.x"]]
        {
            let view = View::of([&below, &index(&above)]).unwrap();
            assert_eq!(names(&view), ["d", "d/new", "keep", "x"], "t11: {above:?}");
        }
    }

    #[test]
    fn an_entry_below_a_link_of_a_lower_layer_lands_where_it_leads() {
        let view =
            View::of([&index(&["usr/lib/", "lib -> usr/lib"]), &index(&["lib/x", "lib/.wh.y"])]).unwrap();
        assert_eq!(names(&view), ["lib", "usr", "usr/lib", "usr/lib/x"]);
    }

    #[test]
    fn a_directory_keeps_what_is_below_and_all_else_takes_it_away() {
        let below = index(&["d/", "d/a", "e/", "e/a"]);
        let view = View::of([&below, &index(&["d/", "e"])]).unwrap();
        assert_eq!(names(&view), ["d", "d/a", "e"]);
        let view = View::of([&index(&["d"]), &index(&["d/", "d/a"])]).unwrap();
        assert_eq!(names(&view), ["d", "d/a"]);
    }

    #[test]
    fn a_hard_link_is_the_file_it_names() {
        let view = View::of([&index(&["a"]), &index(&["b => a", ".wh.c"])]).unwrap();
        let node = view.get(&path("b")).unwrap();
        assert_eq!(node.entry.path, path("a"));
        assert_eq!(node.data, Some(Position { layer: 0, ordinal: 0 }));
        assert_eq!(node.item, Some(Position { layer: 1, ordinal: 0 }));
    }

    #[test]
    fn t08_a_hard_link_to_what_a_whiteout_hides_is_refused() {
        let error = View::of([&index(&["a"]), &index(&[".wh.a", "b => a"])]).unwrap_err();
        assert_eq!(error.code(), Code::TarLinkTarget);
    }

    #[test]
    fn a_hard_link_in_place_of_the_directory_of_its_target_names_nothing() {
        for lower in [&["d/x"][..], &["e/x", "d -> e"]] {
            let error = View::of([&index(lower), &index(&["d => d/x"])]).unwrap_err();
            assert_eq!(error.code(), Code::TarLinkTarget);
        }
    }

    #[test]
    fn t08_a_hard_link_to_its_own_place_names_nothing() {
        for (lower, upper) in [
            (&["d/x"][..], &["d/x => d/x"][..]),
            (&["d/x", "l -> d"], &["l/x => d/x"]),
            (&["l -> d"], &["d/x", "l/x => d/x"]),
        ] {
            let error = View::of([&index(lower), &index(upper)]).unwrap_err();
            assert_eq!(error.code(), Code::TarLinkTarget, "{upper:?}");
        }
    }

    #[test]
    fn m03_views_do_not_depend_on_where_the_stack_is_cut() {
        let layers = [index(&["a", "d/x", "l -> d"]), index(&[".wh.a", "l/y"]), index(&["d/.wh.x", "a/b"])];
        let whole = View::of(&layers).unwrap();
        let mut cut = View::of(&layers[..1]).unwrap();
        for layer in &layers[1..] {
            cut.apply(layer).unwrap();
        }
        assert_eq!(names(&whole), names(&cut));
        assert_eq!(names(&whole), ["a", "a/b", "d", "d/y", "l"]);
    }
}
