//! Making room, beside builds that run: what these have open stays readable, and what they miss they make again.

use crate::file_error::FileError;
use crate::store::dir::Dir;

use super::Store;
use super::entries::Inventory;

/// What may stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Entries that were used since then, in seconds since 1970; nothing is said of age where it is missing.
    pub since: Option<i64>,
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

impl Store {
    /// Removes what may not stay, the entry used longest ago first; only says what it would remove where `is_trial`.
    pub fn prune(&self, room: &Room, is_trial: bool) -> Result<Pruned, FileError> {
        let mut pruned = Pruned::default();
        let mut all = self.entries()?;
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
                    remove(kind.directory(&self.place), &entry.name)?;
                }
                &mut pruned.removed
            };
            place.add(*kind, entry);
        }
        Ok(pruned)
    }
}

/// Removes an entry, unless another process has done so already.
fn remove(dir: &Dir, name: &str) -> Result<(), FileError> {
    match dir.remove_file(name) {
        Err(error) if error.source.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
