//! The items that hard links of packages name.

use std::collections::{HashMap, HashSet};

use super::owners::Parcel;
use crate::layer::Items;
use crate::rootfs::RootPath;

/// Of each parcel, the items that hard links name, by the ordinals of the links.
pub(super) struct FirstNames(Vec<HashMap<u32, u32>>);

impl FirstNames {
    /// Those of these parcels.
    pub(super) fn of(parcels: &[Parcel<'_>]) -> Self {
        Self(parcels.iter().map(|parcel| first_names(&parcel.index.items)).collect())
    }

    /// The item that says what an item of a parcel is and holds its content: another one for a hard link.
    pub(super) fn named(&self, parcel: usize, ordinal: u32) -> u32 {
        self.0[parcel].get(&ordinal).copied().unwrap_or(ordinal)
    }
}

fn first_names(items: &Items) -> HashMap<u32, u32> {
    let links: Vec<(u32, RootPath)> = items
        .ordinals()
        .filter(|ordinal| items.is_entry(*ordinal))
        .filter_map(|ordinal| Some((ordinal, items.inodes().named(ordinal)?)))
        .collect();
    let wanted: HashSet<&RootPath> = links.iter().map(|(_, target)| target).collect();
    if wanted.is_empty() {
        return HashMap::new();
    }
    let mut found: HashMap<RootPath, u32> = HashMap::new();
    for ordinal in items.ordinals().filter(|ordinal| items.inodes().named(*ordinal).is_none()) {
        let path = items.path(ordinal);
        if wanted.contains(&path) {
            found.insert(path, ordinal);
        }
    }
    links.iter().filter_map(|(ordinal, target)| Some((*ordinal, *found.get(target)?))).collect()
}
