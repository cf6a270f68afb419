//! Layer indexes: what a layer holds, known without its bytes.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::{Elf, Fault, Items};
use crate::limits::{Budget, BudgetError};
use crate::oci::Digest;
use crate::rootfs::{Entry, Kind, RootPath};

/// What a layer's tar holds, in the order of its stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerIndex {
    /// The digest of the uncompressed tar.
    pub diff_id: Digest,
    /// Bytes of the uncompressed tar.
    pub size: u64,
    /// Its items; an item's place among them is its ordinal.
    pub items: Items,
    /// The bytes of the small files that later stages need (accounts, os-release, package databases and the like), by ordinal.
    pub kept: BTreeMap<u32, Arc<[u8]>>,
    /// The shared objects among regular files with a library's name (`lib*.so*`, `ld-*.so*`), by ordinal.
    pub elf: BTreeMap<u32, Elf>,
    /// What keeps items of an artifact's layer from being used, by ordinal. Reading refuses selected items with one, so these
    /// are the faults of items that were not selected.
    pub faults: BTreeMap<u32, Fault>,
    /// What was tolerated.
    pub warnings: Vec<Warning>,
}

impl LayerIndex {
    /// How many files, links and devices it holds; directories and deletions do not count.
    pub fn files(&self) -> usize {
        let is_file =
            |ordinal: &u32| self.items.is_entry(*ordinal) && !self.items.inodes().is_directory(*ordinal);
        self.items.ordinals().filter(is_file).count()
    }
}

impl LayerIndex {
    /// Takes what the index holds out of a build's budget, as reading the layer does.
    pub fn charge(&self, budget: &Budget) -> Result<(), BudgetError> {
        self.items.iter().try_for_each(|item| budget.enter(item.names()))?;
        self.kept.values().try_for_each(|bytes| budget.keep(bytes.len() as u64))?;
        self.elf.values().try_for_each(|elf| budget.keep(elf.kept_bytes()))
    }
}

impl Item {
    /// Bytes of its names, link target and extended attributes.
    fn names(&self) -> u64 {
        let entry = match &self.kind {
            ItemKind::Entry(entry) => entry,
            ItemKind::Whiteout(path) | ItemKind::Opaque(path) => return path.as_bytes().len() as u64,
        };
        let target = match &entry.kind {
            Kind::Symlink(target) => target.len(),
            Kind::Hardlink(target) => target.as_bytes().len(),
            _ => 0,
        };
        let xattrs = entry.attributes.xattrs.iter().map(|(name, value)| name.len() + value.len());
        (entry.path.as_bytes().len() + target + xattrs.sum::<usize>()) as u64
    }
}

/// One tar entry that means something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it is.
    pub kind: ItemKind,
    /// Where its header begins in the uncompressed tar, in bytes; extension headers included.
    pub offset: u64,
}

/// An entry, or a deletion spelled as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// A file, directory, link or device.
    Entry(Entry),
    /// The path of lower layers that goes, with everything below it.
    Whiteout(RootPath),
    /// The directory whose content in lower layers goes.
    Opaque(RootPath),
}

/// Something odd about a layer that does not keep it from being read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Warning {
    /// `W_TAR_NO_END`: the archive has no zero blocks at its end.
    NoEnd,
    /// `W_TAR_TRAILING`: a base's archive goes on after its end.
    Trailing,
    /// `W_COMPRESSION`: a base's layer is compressed otherwise than its media type says.
    Compression,
    /// `W_TAR_WHITEOUT`: a base's whiteout has an odd name and was ignored.
    Whiteout(RootPath),
    /// `W_TAR_TYPE`: a base's entry of an unknown type was read over.
    Type(RootPath),
}

impl Warning {
    /// Its stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoEnd => "W_TAR_NO_END",
            Self::Trailing => "W_TAR_TRAILING",
            Self::Compression => "W_COMPRESSION",
            Self::Whiteout(_) => "W_TAR_WHITEOUT",
            Self::Type(_) => "W_TAR_TYPE",
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEnd => f.write_str("a layer's tar has no zero blocks at its end"),
            Self::Trailing => f.write_str("a layer's tar goes on after its end"),
            Self::Compression => f.write_str("a layer is compressed otherwise than its media type says"),
            Self::Whiteout(path) => write!(f, "the whiteout `{path}` has an odd name and was ignored"),
            Self::Type(path) => write!(f, "`{path}` is of an unknown type and was read over"),
        }
    }
}
