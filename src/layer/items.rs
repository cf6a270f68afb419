//! The items of a layer, held compactly.

use std::fmt;

use super::{Item, ItemKind};
use crate::rootfs::{Blocks, Entry, Inodes, PathList, RootPath};

/// Items in the order of their stream; an item's place among them is its ordinal.
///
/// An item costs its name, a digest and about 50 bytes: a layer may have a million.
#[derive(Clone, Default)]
pub struct Items {
    paths: PathList,
    /// Of each item; those of deletions say nothing.
    inodes: Inodes,
    forms: Blocks<Form>,
    offsets: Blocks<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Entry,
    Whiteout,
    Opaque,
}

impl Items {
    /// Adds an item.
    pub fn push(&mut self, item: &Item) {
        let (form, path) = match &item.kind {
            ItemKind::Entry(entry) => (Form::Entry, &entry.path),
            ItemKind::Whiteout(path) => (Form::Whiteout, path),
            ItemKind::Opaque(dir) => (Form::Opaque, dir),
        };
        match &item.kind {
            ItemKind::Entry(entry) => self.inodes.push(&entry.kind, &entry.attributes),
            ItemKind::Whiteout(_) | ItemKind::Opaque(_) => self.inodes.push_nothing(),
        };
        self.paths.push(path);
        self.forms.push(form);
        self.offsets.push(item.offset);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.forms.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.forms.is_empty()
    }

    /// The item at a place.
    pub fn get(&self, ordinal: u32) -> Item {
        let path = self.path(ordinal);
        let kind = match self.forms[ordinal] {
            Form::Entry => {
                let (kind, attributes) = (self.inodes.kind(ordinal), self.inodes.attributes(ordinal));
                ItemKind::Entry(Entry { path, kind, attributes })
            }
            Form::Whiteout => ItemKind::Whiteout(path),
            Form::Opaque => ItemKind::Opaque(path),
        };
        Item { kind, offset: self.offset(ordinal) }
    }

    /// All, in their order.
    pub fn iter(&self) -> impl Iterator<Item = Item> {
        self.ordinals().map(|ordinal| self.get(ordinal))
    }

    /// The ordinals of all.
    pub fn ordinals(&self) -> impl Iterator<Item = u32> + use<> {
        0..u32::try_from(self.len()).expect("reading counts items in 32 bits")
    }

    /// The path of an entry, or of what a deletion is about.
    pub fn path(&self, ordinal: u32) -> RootPath {
        self.paths.get(ordinal)
    }

    /// The last component of a path.
    pub fn name(&self, ordinal: u32) -> &[u8] {
        self.paths.name(ordinal)
    }

    /// Where the header of an item begins, as [`Item::offset`].
    pub fn offset(&self, ordinal: u32) -> u64 {
        self.offsets[ordinal]
    }

    /// Whether an item is an entry, and no deletion.
    pub fn is_entry(&self, ordinal: u32) -> bool {
        self.forms[ordinal] == Form::Entry
    }

    /// Whether an item deletes a path of lower layers.
    pub fn is_whiteout(&self, ordinal: u32) -> bool {
        self.forms[ordinal] == Form::Whiteout
    }

    /// What the entries are but for their paths, by ordinal.
    pub fn inodes(&self) -> &Inodes {
        &self.inodes
    }

    /// All paths, by ordinal.
    pub(super) fn paths(&self) -> &PathList {
        &self.paths
    }
}

impl FromIterator<Item> for Items {
    fn from_iter<I: IntoIterator<Item = Item>>(items: I) -> Self {
        let mut all = Self::default();
        items.into_iter().for_each(|item| all.push(&item));
        all
    }
}

impl PartialEq for Items {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl Eq for Items {}

impl fmt::Debug for Items {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::raw::{RawTar, base};

    #[test]
    fn items_come_back_as_they_were() {
        let tar = RawTar::default()
            .dir("d/")
            .file("d/f", b"x")
            .file("d/.wh.g", b"")
            .file("d/.wh..wh..opq", b"")
            .link("d/h", b'1', "d/f")
            .link("s", b'2', "/d//f")
            .dir("./");
        let index = base().tar(&tar.end()).unwrap();
        let items: Vec<Item> = index.items.iter().collect();
        assert_eq!(items.len(), 7);
        let again: Items = items.iter().cloned().collect();
        assert_eq!(again, index.items);
        assert_eq!(items[4], again.get(4));
        for (ordinal, item) in again.ordinals().zip(&items) {
            let (path, is_entry) = match &item.kind {
                ItemKind::Entry(entry) => (&entry.path, true),
                ItemKind::Whiteout(path) | ItemKind::Opaque(path) => (path, false),
            };
            assert_eq!((&again.path(ordinal), again.is_entry(ordinal)), (path, is_entry));
            assert_eq!((again.name(ordinal), again.offset(ordinal)), (path.name(), item.offset));
        }
        let other: Items = items[..6].iter().cloned().collect();
        assert_ne!(other, index.items);
    }
}
