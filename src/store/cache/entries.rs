//! What a store holds, by kind.

use crate::file_error::FileError;
use crate::store::dir::Dir;

use super::Store;
use super::place::Place;

/// Entries of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// How many there are.
    pub entries: usize,
    /// Their bytes.
    pub bytes: u64,
    /// When the one that was not used for the longest time was last used, in seconds since 1970.
    pub oldest: Option<i64>,
    /// When one was last used, in seconds since 1970.
    pub newest: Option<i64>,
}

/// What a store holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Layer indexes.
    pub indexes: Held,
    /// Records of assembled layers.
    pub layers: Held,
    /// Blobs: the bytes of those layers, layers and documents of images in registries, and packages.
    pub blobs: Held,
    /// What was learned of registries.
    pub registries: Held,
    /// Indexes of packages, what packages hold, and what was seen of repositories.
    pub packages: Held,
}

impl Store {
    /// What it holds.
    pub fn inventory(&self) -> Result<Inventory, FileError> {
        let mut inventory = Inventory::default();
        for (kind, entry) in self.entries()? {
            inventory.add(kind, &entry);
        }
        Ok(inventory)
    }

    /// All entries, and the kind of each.
    pub(super) fn entries(&self) -> Result<Vec<(Kind, Entry)>, FileError> {
        let mut all = Vec::new();
        for kind in Kind::ALL {
            all.extend(entries(kind.directory(&self.place))?.into_iter().map(|entry| (kind, entry)));
        }
        Ok(all)
    }
}

/// A file of the store.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) bytes: u64,
    /// When it was last used, in seconds since 1970.
    pub(super) used: i64,
}

/// Which kind an entry is of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Index,
    Layer,
    Blob,
    Registry,
    Package,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Index, Self::Layer, Self::Blob, Self::Registry, Self::Package];

    /// Where a store has entries of this kind.
    pub(super) fn directory(self, place: &Place) -> &Dir {
        match self {
            Self::Index => &place.indexes,
            Self::Layer => &place.layers,
            Self::Blob => &place.blobs,
            Self::Registry => &place.registries,
            Self::Package => &place.packages,
        }
    }
}

impl Inventory {
    /// Counts an entry.
    pub(super) fn add(&mut self, kind: Kind, entry: &Entry) {
        let held = match kind {
            Kind::Index => &mut self.indexes,
            Kind::Layer => &mut self.layers,
            Kind::Blob => &mut self.blobs,
            Kind::Registry => &mut self.registries,
            Kind::Package => &mut self.packages,
        };
        held.entries += 1;
        held.bytes += entry.bytes;
        held.oldest = Some(held.oldest.map_or(entry.used, |oldest| oldest.min(entry.used)));
        held.newest = held.newest.max(Some(entry.used));
    }
}

/// The entries of a directory; what others remove meanwhile is left out.
fn entries(dir: &Dir) -> Result<Vec<Entry>, FileError> {
    let mut entries = Vec::new();
    for name in dir.names()? {
        let (Some(text), Some(stat)) = (name.to_str(), dir.stat(&name)?) else { continue };
        let (bytes, used) = (stat.st_size.cast_unsigned(), stat.st_mtime);
        entries.push(Entry { name: text.to_owned(), bytes, used });
    }
    Ok(entries)
}
