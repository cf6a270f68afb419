//! What a store holds, by kind.

use std::time::{Duration, SystemTime};

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
    /// When the one that was not used for the longest time was last used.
    pub oldest: Option<SystemTime>,
    /// When one was last used.
    pub newest: Option<SystemTime>,
}

/// What a store holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Layer indexes.
    pub indexes: Held,
    /// Records of assembled layers.
    pub layers: Held,
    /// Blobs: the bytes of those layers.
    pub blobs: Held,
}

impl Store {
    /// What it holds.
    pub fn inventory(&self) -> Result<Inventory, FileError> {
        let held = |dir: &Dir| Ok(held(&entries(dir)?));
        let Place { indexes, layers, blobs, .. } = &self.place;
        Ok(Inventory { indexes: held(indexes)?, layers: held(layers)?, blobs: held(blobs)? })
    }
}

/// A file of the store.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) used: SystemTime,
}

/// The entries of a directory; what others remove meanwhile is left out.
pub(super) fn entries(dir: &Dir) -> Result<Vec<Entry>, FileError> {
    let mut entries = Vec::new();
    for name in dir.names()? {
        let (Some(text), Some(stat)) = (name.to_str(), dir.stat(&name)?) else { continue };
        let seconds = u64::try_from(stat.st_mtime).unwrap_or(0);
        let used = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        entries.push(Entry { name: text.to_owned(), bytes: stat.st_size.cast_unsigned(), used });
    }
    Ok(entries)
}

pub(super) fn held(entries: &[Entry]) -> Held {
    Held {
        entries: entries.len(),
        bytes: entries.iter().map(|entry| entry.bytes).sum(),
        oldest: entries.iter().map(|entry| entry.used).min(),
        newest: entries.iter().map(|entry| entry.used).max(),
    }
}
