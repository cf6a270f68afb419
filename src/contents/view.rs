//! Views: what layers look like once they are applied.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use super::follow::{self, Last, PathLoop};
use super::ledger::Ledger;
use super::operation::{LayerContents, Operation, Position};
use super::operations::Operations;
use crate::code::{Code, Coded};
use crate::interrupt::{Interrupt, Interrupted};
use crate::layer::{Elf, LayerIndex};
use crate::rootfs::{Attributes, Kind, RootPath, Tree};

/// The root filesystem that a stack of layers makes.
#[derive(Clone, Debug, Default)]
pub struct View {
    tree: Tree<Found>,
    kept: BTreeMap<RootPath, Arc<[u8]>>,
    layers: Vec<Layer>,
    /// While a layer is applied, a directory to which no link leads, and which is there.
    settled: Option<RootPath>,
}

/// A layer that was applied, in which its entries stay.
#[derive(Clone, Debug)]
enum Layer {
    Index(Arc<LayerIndex>),
    Ours(Arc<Operations>),
}

/// What is at a path.
#[derive(Clone, Copy, Debug)]
struct Found {
    /// Which layer brought it.
    layer: u32,
    what: What,
}

#[derive(Clone, Copy, Debug)]
enum What {
    /// A directory that no layer mentions.
    Implied,
    /// The entry of its layer that has its name, and the one that says what it is.
    Entry { number: u32, data: Position },
}

/// What is at a path of a view. A hard link is the entry it names.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    view: &'a View,
    found: Found,
}

/// A layer that cannot be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ViewError {
    /// Symbolic links never end.
    #[error(transparent)]
    Loop(#[from] PathLoop),
    /// Somebody asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
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
            Self::Interrupted(interrupted) => interrupted.code(),
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
    pub fn of(
        layers: impl IntoIterator<Item = Arc<LayerIndex>>,
        interrupt: &Interrupt,
    ) -> Result<Self, ViewError> {
        let mut view = Self::default();
        for index in layers {
            view.apply(index, interrupt)?;
        }
        Ok(view)
    }

    /// What is at a path, which leads through no link.
    pub fn get(&self, path: &RootPath) -> Option<Node<'_>> {
        self.tree.get(path).map(|found| Node { view: self, found: *found })
    }

    /// Everything, parents before what is below them.
    pub fn iter(&self) -> impl Iterator<Item = (RootPath, Node<'_>)> {
        self.tree.iter().map(|(path, found)| (path, Node { view: self, found: *found }))
    }

    /// Everything below a path.
    pub fn below(&self, path: &RootPath) -> impl Iterator<Item = (RootPath, Node<'_>)> {
        self.tree.below(path).map(|(path, found)| (path, Node { view: self, found: *found }))
    }

    /// Everything right in a directory, in order.
    pub fn within(&self, dir: &RootPath) -> impl Iterator<Item = (RootPath, Node<'_>)> {
        self.tree.within(dir).map(|(path, found)| (path, Node { view: self, found: *found }))
    }

    /// Whether anything below a path is as asked for.
    pub(super) fn any_below(&self, path: &RootPath, is_it: impl Fn(&RootPath) -> bool) -> bool {
        self.tree.values_below(path).any(|(path, _)| is_it(&path))
    }

    /// The bytes of a file that its layer's index keeps.
    pub fn kept(&self, path: &RootPath) -> Option<&Arc<[u8]>> {
        self.kept.get(path)
    }

    /// Files whose bytes are kept.
    pub fn kept_files(&self) -> impl Iterator<Item = (&RootPath, &Arc<[u8]>)> {
        self.kept.iter()
    }

    /// What shared object the file at a path is, where it is one with a library's name.
    pub fn elf(&self, path: &RootPath) -> Option<&Elf> {
        match self.get(path)?.entry()? {
            (Layer::Index(index), number) => index.elf.get(&number),
            (Layer::Ours(operations), number) => operations.elf(number),
        }
    }

    /// How many layers were applied.
    pub fn layers(&self) -> u32 {
        u32::try_from(self.layers.len()).expect("an image has few layers")
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
        self.get(path)?.target()
    }

    /// Applies a layer: first its whiteouts to what is below, then its entries in their order.
    ///
    /// A faulty entry takes the place of what is there like any other, and is left out where it cannot.
    pub fn apply(&mut self, index: Arc<LayerIndex>, interrupt: &Interrupt) -> Result<(), ViewError> {
        // All are resolved in the view below, so that their order among each other does not matter.
        let mut removals = Vec::new();
        let items = &index.items;
        for ordinal in items.ordinals().filter(|ordinal| !items.is_entry(*ordinal)) {
            let path = items.path(ordinal);
            removals.push(if items.is_whiteout(ordinal) {
                (self.physical(&path)?, Removal::All)
            } else {
                (self.destination(&path)?, Removal::Below)
            });
        }
        for (path, removal) in &removals {
            match removal {
                Removal::All => self.remove_all(path),
                Removal::Below => self.remove_below(path),
            }
        }
        let layer = self.layers();
        self.layers.push(Layer::Index(Arc::clone(&index)));
        self.settled = None;
        for ordinal in items.ordinals().filter(|ordinal| items.is_entry(*ordinal)) {
            interrupt.check()?;
            match self.add(Position { layer, ordinal }, &index) {
                Err(_) if index.faults.contains_key(&ordinal) => {}
                added => added?,
            }
        }
        Ok(())
    }

    /// Applies a layer of ours, whose paths are physical and whose parents are explicit.
    pub fn apply_contents(&mut self, contents: &LayerContents) {
        let layer = self.layers();
        self.layers.push(Layer::Ours(Arc::clone(&contents.operations)));
        for (number, operation) in (0..).zip(contents.operations.iter()) {
            match operation {
                Operation::Whiteout { path, .. } => self.remove_all(&path),
                Operation::Opaque { dir, .. } => self.remove_below(&dir),
                Operation::Entry { entry, .. } => {
                    let shared = match &entry.kind {
                        Kind::Hardlink(target) => self.get(target).and_then(|node| node.given()),
                        _ => None,
                    };
                    let data = shared.unwrap_or(Position { layer, ordinal: number });
                    let found = Found { layer, what: What::Entry { number, data } };
                    self.insert(&entry.path, found, contents.kept.get(&entry.path));
                }
            }
        }
    }

    fn add(&mut self, item: Position, index: &LayerIndex) -> Result<(), ViewError> {
        let own = index.items.path(item.ordinal);
        let path = if self.is_settled(&own) { own.clone() } else { self.physical(&own)? };
        let Position { layer, ordinal: number } = item;
        let Some(target) = index.items.inodes().named(number) else {
            self.make_parents(&path, layer)?;
            let found = Found { layer, what: What::Entry { number, data: item } };
            self.insert(&path, found, index.kept.get(&number));
            return Ok(());
        };
        // What was at the path goes before the link is made, with everything below it; a link there leads nowhere then.
        let physical = follow::follow(&target, Last::Keep, |at| self.target_of(at).filter(|_| *at != path))?;
        let is_there = |node: &Node<'_>| !node.is_directory() && !physical.is_in(&path);
        let named = self.get(&physical).filter(is_there).and_then(|node| node.given());
        let data = named.ok_or(ViewError::LinkTarget { path: own, target })?;
        let kept = self.kept.get(&physical).cloned();
        self.make_parents(&path, layer)?;
        self.insert(&path, Found { layer, what: What::Entry { number, data } }, kept.as_ref());
        Ok(())
    }

    fn is_settled(&self, path: &RootPath) -> bool {
        self.settled.as_ref().is_some_and(|dir| path.is_right_in(dir))
    }

    fn make_parents(&mut self, path: &RootPath, layer: u32) -> Result<(), ViewError> {
        if self.is_settled(path) {
            return Ok(());
        }
        for parent in path.ancestors().skip(1) {
            match self.get(&parent) {
                Some(node) if node.is_directory() => {}
                Some(_) => return Err(ViewError::Parent { path: path.clone(), parent }),
                None => _ = self.tree.insert(&parent, Found { layer, what: What::Implied }),
            }
        }
        self.settled = path.parent();
        Ok(())
    }

    /// A directory over a directory changes its attributes; all else takes away what was there.
    fn insert(&mut self, path: &RootPath, found: Found, kept: Option<&Arc<[u8]>>) {
        let (is_there, is_directory) = match self.get(path) {
            Some(before) => (true, before.is_directory()),
            None => (false, true),
        };
        if is_there && !(is_directory && Node { view: self, found }.is_directory()) {
            self.remove_all(path);
            // It may have been on the way to where the last one is.
            self.settled = None;
        }
        if let Some(bytes) = kept {
            self.kept.insert(path.clone(), Arc::clone(bytes));
        }
        self.tree.insert(path, found);
    }

    fn remove_all(&mut self, path: &RootPath) {
        self.tree.remove_all(path);
        self.kept.remove(path);
        self.forget_below(path);
    }

    fn remove_below(&mut self, path: &RootPath) {
        self.tree.remove_below(path);
        self.forget_below(path);
    }

    /// Lets go of the bytes that are kept of files below a path.
    fn forget_below(&mut self, path: &RootPath) {
        let from = (Bound::Excluded(path), Bound::Unbounded);
        let below = self.kept.range::<RootPath, _>(from).map(|(at, _)| at).take_while(|at| at.is_below(path));
        let below: Vec<RootPath> = below.cloned().collect();
        below.iter().for_each(|path| _ = self.kept.remove(path));
    }
}

impl<'a> Node<'a> {
    /// What it is; never a hard link.
    pub fn kind(&self) -> Kind {
        match self.entry() {
            None => Kind::Directory,
            Some((Layer::Index(index), number)) => index.items.inodes().kind(number),
            Some((Layer::Ours(operations), number)) => operations.kind(number),
        }
    }

    /// Its attributes.
    pub fn attributes(&self) -> Attributes {
        match self.entry() {
            None => Attributes::of_missing_parent(),
            Some((Layer::Index(index), number)) => index.items.inodes().attributes(number),
            Some((Layer::Ours(operations), number)) => operations.attributes(number),
        }
    }

    /// Whether it is a directory.
    pub fn is_directory(&self) -> bool {
        match self.entry() {
            None => true,
            Some((Layer::Index(index), number)) => index.items.inodes().is_directory(number),
            Some((Layer::Ours(operations), number)) => operations.is_directory(number),
        }
    }

    /// The target of a symbolic link, where it is one.
    pub fn target(&self) -> Option<&'a [u8]> {
        match self.entry()? {
            (Layer::Index(index), number) => index.items.inodes().target(number),
            (Layer::Ours(operations), number) => operations.target(number),
        }
    }

    /// Which layer of the stack it is from, the lowest being 0.
    pub fn layer(&self) -> u32 {
        self.found.layer
    }

    /// Which item brought it; nothing for a directory that no layer mentions.
    pub fn item(&self) -> Option<Position> {
        match self.found {
            Found { layer, what: What::Entry { number, .. } } => Some(Position { layer, ordinal: number }),
            Found { what: What::Implied, .. } => None,
        }
    }

    /// Which item says what it is and holds its content: another than [`item`](Self::item) where that is a hard link.
    pub fn given(&self) -> Option<Position> {
        match self.found.what {
            What::Entry { data, .. } => Some(data),
            What::Implied => None,
        }
    }

    /// The layer that says what it is, and the number there.
    fn entry(&self) -> Option<(&'a Layer, u32)> {
        let Position { layer, ordinal } = self.given()?;
        Some((&self.view.layers[layer as usize], ordinal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contents::sample::{index, names, path, view_of};

    #[test]
    fn whiteouts_count_for_the_layers_below_alone_and_in_any_order() {
        let below = index(&["d/", "d/a", "d/b", "x", "keep"]);
        for above in
            [["d/", ".wh.x", "d/.wh..wh..opq", "d/new", "x"], ["x", "d/new", "d/", "d/.wh..wh..opq", ".wh.x"]]
        {
            let view = view_of([below.clone(), index(&above)]).unwrap();
            assert_eq!(names(&view), ["d", "d/new", "keep", "x"], "t11: {above:?}");
        }
    }

    #[test]
    fn an_entry_below_a_link_of_a_lower_layer_lands_where_it_leads() {
        let view = view_of([index(&["usr/lib/", "lib -> usr/lib"]), index(&["lib/x", "lib/.wh.y"])]).unwrap();
        assert_eq!(names(&view), ["lib", "usr", "usr/lib", "usr/lib/x"]);
    }

    #[test]
    fn a_directory_keeps_what_is_below_and_all_else_takes_it_away() {
        let below = index(&["d/", "d/a", "e/", "e/a"]);
        let view = view_of([below.clone(), index(&["d/", "e"])]).unwrap();
        assert_eq!(names(&view), ["d", "d/a", "e"]);
        let view = view_of([index(&["d"]), index(&["d/", "d/a"])]).unwrap();
        assert_eq!(names(&view), ["d", "d/a"]);
    }

    #[test]
    fn a_hard_link_is_the_file_it_names() {
        let view = view_of([index(&["a"]), index(&["b => a", ".wh.c"])]).unwrap();
        let node = view.get(&path("b")).unwrap();
        assert_eq!(node.given(), Some(Position { layer: 0, ordinal: 0 }));
        assert_eq!(node.item(), Some(Position { layer: 1, ordinal: 0 }));
    }

    #[test]
    fn t08_a_hard_link_to_what_a_whiteout_hides_is_refused() {
        let error = view_of([index(&["a"]), index(&[".wh.a", "b => a"])]).unwrap_err();
        assert_eq!(error.code(), Code::TarLinkTarget);
    }

    #[test]
    fn a_hard_link_in_place_of_the_directory_of_its_target_names_nothing() {
        for lower in [&["d/x"][..], &["e/x", "d -> e"]] {
            let error = view_of([index(lower), index(&["d => d/x"])]).unwrap_err();
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
            let error = view_of([index(lower), index(upper)]).unwrap_err();
            assert_eq!(error.code(), Code::TarLinkTarget, "{upper:?}");
        }
    }

    #[test]
    fn m03_views_do_not_depend_on_where_the_stack_is_cut() {
        let layers = [index(&["a", "d/x", "l -> d"]), index(&[".wh.a", "l/y"]), index(&["d/.wh.x", "a/b"])];
        let whole = view_of(layers.clone()).unwrap();
        let mut cut = view_of([layers[0].clone()]).unwrap();
        for layer in &layers[1..] {
            cut.apply(Arc::new(layer.clone()), &Interrupt::default()).unwrap();
        }
        assert_eq!(names(&whole), names(&cut));
        assert_eq!(names(&whole), ["a", "a/b", "d", "d/y", "l"]);
    }
}
