//! An artifact's layer, guessed while its input is read for the first time.
//!
//! What is guessed is checked afterwards: [`artifact`](super::artifact()) lays out the same from the finished indexes, and
//! what would have come out otherwise is written again. So a guess may be wrong, but a wrong one never counts.

use std::collections::HashMap;

use super::artifact::Take;
use super::operation::{Operation, Position};
use super::placement::{Directories, Placement, Thing};
use super::view::View;
use crate::layer::{Item, ItemKind, LayerIndex};
use crate::rootfs::{Attributes, Cursor, Entry, Kind, RootPath, Tree};

/// A layer being laid out from items as they stream by, the topmost layer's first.
pub struct FirstPass<'a> {
    take: &'a Take,
    cursor: Cursor<'a>,
    placement: Placement<'a>,
    seen: Seen<'a>,
    /// What the layers above bring or take away.
    cover: Tree<Cover>,
    /// The kind and the place of each entry of this layer that was emitted, by its path in the source.
    places: HashMap<RootPath, (Kind, Attributes, RootPath)>,
    layer: u32,
    is_wrong: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Cover {
    Directory,
    /// A directory whose content in the layers below is gone.
    Opaque,
    /// Something else, or a whiteout.
    Other,
}

/// The directories of the source that were read so far.
struct Seen<'a> {
    take: &'a Take,
    directories: HashMap<RootPath, Attributes>,
}

impl<'a> FirstPass<'a> {
    /// Begins with the layer whose place in the artifact's stack is `topmost`.
    pub fn new(take: &'a Take, below: &'a View, topmost: u32) -> Self {
        Self {
            take,
            cursor: take.selection.cursor(),
            placement: Placement::on(below, take.allow, take.latest),
            seen: Seen { take, directories: HashMap::new() },
            cover: Tree::default(),
            places: HashMap::new(),
            layer: topmost,
            is_wrong: false,
        }
    }

    /// Whether an item's path is taken.
    pub fn selects(&mut self, item: &Item) -> bool {
        match &item.kind {
            ItemKind::Entry(entry) => self.cursor.takes(&entry.path),
            ItemKind::Whiteout(_) | ItemKind::Opaque(_) => false,
        }
    }

    /// Lays out an item; gives back what is to be written for it, content last.
    pub fn item(&mut self, ordinal: u32, item: &Item) -> &[Operation] {
        let before = self.placement.contents.operations.len();
        match &item.kind {
            ItemKind::Entry(entry)
                if !self.is_wrong && !entry.path.is_root() && !self.is_covered(&entry.path) =>
            {
                self.entry(ordinal, entry);
            }
            _ => {}
        }
        &self.placement.contents.operations[before..]
    }

    /// Goes on with the layer below the one that `index` describes.
    pub fn end_layer(&mut self, index: &LayerIndex) {
        self.places.clear();
        let Some(next) = self.layer.checked_sub(1) else { return };
        self.layer = next;
        for item in &index.items {
            let (path, cover) = match &item.kind {
                ItemKind::Whiteout(path) => (path, Cover::Other),
                ItemKind::Opaque(dir) => (dir, Cover::Opaque),
                ItemKind::Entry(entry) if entry.kind.is_directory() => (&entry.path, Cover::Directory),
                ItemKind::Entry(entry) => (&entry.path, Cover::Other),
            };
            if cover != Cover::Directory || !self.cover.contains(path) {
                self.cover.insert(path.clone(), cover);
            }
        }
    }

    /// What was laid out; nothing where it is known to be wrong.
    pub fn finish(self) -> Option<Vec<Operation>> {
        (!self.is_wrong).then_some(self.placement.contents.operations)
    }

    fn is_covered(&self, path: &RootPath) -> bool {
        if self.cover.is_empty() {
            return false;
        }
        self.cover.contains(path)
            || path
                .ancestors()
                .any(|above| self.cover.get(&above).is_some_and(|cover| *cover != Cover::Directory))
    }

    fn entry(&mut self, ordinal: u32, entry: &Entry) {
        if entry.kind.is_directory() {
            let at = self.take.to.join_path(&entry.path);
            self.seen.directories.insert(at, self.take.attributes(&entry.attributes));
        }
        if !self.cursor.takes(&entry.path) {
            return;
        }
        let position = Position { layer: self.layer, ordinal };
        let (kind, attributes, link_to) = match &entry.kind {
            Kind::Hardlink(target) => match self.places.get(target) {
                Some((kind, attributes, place)) => (kind.clone(), attributes.clone(), Some(place.clone())),
                None => {
                    self.is_wrong = true;
                    return;
                }
            },
            kind => (kind.clone(), self.take.attributes(&entry.attributes), None),
        };
        let data = matches!(kind, Kind::File(_)).then_some(position);
        let at = self.take.to.join_path(&entry.path);
        let thing =
            Thing { at, kind: kind.clone(), attributes: attributes.clone(), data, link_to, kept: None };
        match self.placement.put(thing, &self.seen) {
            Ok(Some(place)) => drop(self.places.insert(entry.path.clone(), (kind, attributes, place))),
            Ok(None) => {}
            Err(_) => self.is_wrong = true,
        }
    }
}

impl Directories for Seen<'_> {
    fn directory(&self, at: &RootPath) -> Option<(Attributes, bool)> {
        let attributes = self.directories.get(at)?.clone();
        let source = self.take.source_of(at)?;
        Some((attributes, self.take.selection.takes(&source)))
    }
}
