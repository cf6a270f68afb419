//! Making room, beside builds that run: what these have open stays readable, and what they miss they make again.

use std::time::SystemTime;

use crate::file_error::FileError;
use crate::store::dir::Dir;

use super::Store;
use super::entries::{Entry, Held, Inventory, entries};
use super::place::Place;

/// What may stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Entries that were used since then; nothing is said of age where it is missing.
    pub since: Option<SystemTime>,
    /// Bytes of all entries together, those used last; nothing is said of size where it is missing.
    pub bytes: Option<u64>,
}

/// What was removed and what is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Entries that were removed.
    pub removed: Inventory,
    /// Entries that are left.
    pub left: Inventory,
}

/// Which kind an entry is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Index,
    Layer,
    Blob,
}

impl Store {
    /// Removes what may not stay, the entry used longest ago first; only says what it would remove where `is_trial`.
    pub fn prune(&self, room: &Room, is_trial: bool) -> Result<Pruned, FileError> {
        let mut pruned = Pruned::default();
        let mut all = self.all()?;
        all.sort_by(|(_, a), (_, b)| (b.used, &a.name).cmp(&(a.used, &b.name)));
        let mut bytes: u64 = 0;
        for (kind, entry) in &all {
            let is_recent = room.since.is_none_or(|since| entry.used >= since);
            let fits = room.bytes.is_none_or(|most| bytes.saturating_add(entry.bytes) <= most);
            let place = if is_recent && fits {
                bytes += entry.bytes;
                &mut pruned.left
            } else {
                if !is_trial {
                    remove(self.directory(*kind), &entry.name)?;
                }
                &mut pruned.removed
            };
            count(place, *kind, entry);
        }
        Ok(pruned)
    }

    fn all(&self) -> Result<Vec<(Kind, Entry)>, FileError> {
        let mut all = Vec::new();
        for kind in [Kind::Index, Kind::Layer, Kind::Blob] {
            all.extend(entries(self.directory(kind))?.into_iter().map(|entry| (kind, entry)));
        }
        Ok(all)
    }

    fn directory(&self, kind: Kind) -> &Dir {
        let Place { indexes, layers, blobs, .. } = &self.place;
        match kind {
            Kind::Index => indexes,
            Kind::Layer => layers,
            Kind::Blob => blobs,
        }
    }
}

/// Removes an entry, unless another process has done so already.
fn remove(dir: &Dir, name: &str) -> Result<(), FileError> {
    match dir.remove_file(name) {
        Err(error) if error.source.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn count(inventory: &mut Inventory, kind: Kind, entry: &Entry) {
    let held: &mut Held = match kind {
        Kind::Index => &mut inventory.indexes,
        Kind::Layer => &mut inventory.layers,
        Kind::Blob => &mut inventory.blobs,
    };
    held.entries += 1;
    held.bytes += entry.bytes;
    held.oldest = Some(held.oldest.map_or(entry.used, |oldest| oldest.min(entry.used)));
    held.newest = Some(held.newest.map_or(entry.used, |newest| newest.max(entry.used)));
}
