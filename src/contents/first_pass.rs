//! An artifact's layer, guessed while its input is read for the first time.
//!
//! What is guessed is checked afterwards: [`artifact`](super::artifact()) lays out the same from the finished indexes, and
//! what would have come out otherwise is written again. So a guess may be wrong, but a wrong one never counts.

use super::artifact::Take;
use super::change::Change;
use super::ledger::{Given, Ledger, Place, Thing};
use super::operation::{Operation, Position};
use super::placement::{Directories, Placement};
use super::view::View;
use crate::layer::{Item, ItemKind, LayerIndex};
use crate::rootfs::{Attributes, Cursor, Entry, Inodes, Kind, RootPath, Tree};

/// A layer being laid out from items as they stream by, the topmost layer's first.
pub struct FirstPass<'a> {
    cursor: Cursor<'a>,
    placement: Placement<'a, Stream>,
    seen: Seen<'a>,
    /// What the layers above bring or take away.
    cover: Tree<Cover>,
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
    change: Change,
    directories: Tree<Attributes>,
}

/// What was placed so far, and the operations that nobody has taken yet.
#[derive(Default)]
struct Stream {
    inodes: Inodes,
    fresh: Vec<Operation>,
}

impl<'a> FirstPass<'a> {
    /// Begins with the layer whose place in the artifact's stack is `topmost`.
    pub fn new(take: &'a Take, below: &'a View, topmost: u32) -> Self {
        Self {
            cursor: take.selection.cursor(),
            placement: Placement::on(below, take.allow, take.latest, Stream::default()),
            seen: Seen { take, change: take.change(), directories: Tree::default() },
            cover: Tree::default(),
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
    pub fn item(&mut self, ordinal: u32, item: &Item) -> Vec<Operation> {
        if let ItemKind::Entry(entry) = &item.kind
            && !self.is_wrong
            && !entry.path.is_root()
            && !self.is_covered(&entry.path)
        {
            self.entry(ordinal, entry);
        }
        // A guess is for its bytes alone.
        self.placement.findings.clear();
        std::mem::take(&mut self.placement.ledger.fresh)
    }

    /// Goes on with the layer below the one that `index` describes.
    pub fn end_layer(&mut self, index: &LayerIndex) {
        let Some(next) = self.layer.checked_sub(1) else { return };
        self.layer = next;
        let items = &index.items;
        for ordinal in items.ordinals() {
            let path = items.path(ordinal);
            let cover = match () {
                () if items.is_whiteout(ordinal) => Cover::Other,
                () if !items.is_entry(ordinal) => Cover::Opaque,
                () if items.inodes().is_directory(ordinal) => Cover::Directory,
                () => Cover::Other,
            };
            if cover != Cover::Directory || !self.cover.contains(&path) {
                self.cover.insert(&path, cover);
            }
        }
    }

    /// Whether what was laid out may be right.
    pub fn finish(self) -> bool {
        !self.is_wrong
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
        let at = self.seen.change.place(&entry.path);
        let attributes = self.seen.change.attributes(entry.attributes.clone());
        if entry.kind.is_directory() {
            self.seen.directories.insert(&at, attributes.clone());
        }
        if !self.cursor.takes(&entry.path) {
            return;
        }
        let position = Position { layer: self.layer, ordinal };
        let given = Some(Given { item: position, data: position });
        let thing = match &entry.kind {
            Kind::Hardlink(target) => match self.first_name(target) {
                Some(named) => {
                    let stream = &self.placement.ledger;
                    let (kind, attributes) = (stream.kind(named.number), stream.attributes(named.number));
                    Thing { at, kind, attributes, given, link_to: Some(named), kept: None }
                }
                None => {
                    self.is_wrong = true;
                    return;
                }
            },
            kind => Thing { at, kind: kind.clone(), attributes, given, link_to: None, kept: None },
        };
        self.is_wrong = self.placement.put(thing, &self.seen).is_err();
    }

    /// Where the first name of a file of this layer was placed.
    fn first_name(&mut self, path: &RootPath) -> Option<Place> {
        if !self.cursor.takes(path) || self.is_covered(path) {
            return None;
        }
        let path = self.placement.physical(&self.seen.change.place(path)).ok()?;
        let number = self.placement.placed(&path)?;
        Some(Place { path, number })
    }
}

impl Directories for Seen<'_> {
    fn directory(&self, at: &RootPath) -> Option<(Attributes, bool)> {
        let attributes = self.directories.get(at)?.clone();
        let source = self.take.source_of(at)?;
        Some((attributes, self.take.selection.takes(&source)))
    }
}

impl Ledger for Stream {
    fn record(&mut self, path: RootPath, thing: Thing<'_>) {
        self.inodes.push(&thing.kind, &thing.attributes);
        let data = thing.given.map(|given| given.data);
        let (kind, data) = match thing.link_to {
            Some(Place { path, .. }) => (Kind::Hardlink(path), None),
            None => {
                let data = data.filter(|_| matches!(thing.kind, Kind::File(_)));
                (thing.kind, data)
            }
        };
        let entry = Entry { path, kind, attributes: thing.attributes };
        self.fresh.push(Operation::Entry { entry, data });
    }

    fn mark(&mut self, deletion: Operation) {
        self.inodes.push_nothing();
        self.fresh.push(deletion);
    }

    fn kind(&self, number: u32) -> Kind {
        self.inodes.kind(number)
    }

    fn attributes(&self, number: u32) -> Attributes {
        self.inodes.attributes(number)
    }

    fn is_directory(&self, number: u32) -> bool {
        self.inodes.is_directory(number)
    }

    fn target(&self, number: u32) -> Option<&[u8]> {
        self.inodes.target(number)
    }
}
