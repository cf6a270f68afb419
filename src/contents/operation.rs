//! What a layer of ours holds, in the order it is written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::finding::Finding;
use super::operations::Operations;
use crate::rootfs::{Entry, Kind, RootPath};

/// Where content comes from: an item of a layer of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Which layer, the lowest being 0.
    pub layer: u32,
    /// Which item of the layer.
    pub ordinal: u32,
}

/// One entry of a layer of ours.
#[derive(Clone, Debug)]
pub enum Operation {
    /// An entry at its physical place.
    Entry {
        /// The entry as it is written.
        entry: Entry,
        /// The item whose bytes it has, for a file.
        data: Option<Position>,
    },
    /// A path of the layers below that goes.
    Whiteout {
        /// The path.
        path: RootPath,
        /// When the marker was made, in seconds since 1970.
        mtime: i64,
    },
    /// A directory whose content in the layers below goes.
    Opaque {
        /// The directory.
        dir: RootPath,
        /// When the marker was made, in seconds since 1970.
        mtime: i64,
    },
}

/// Everything that a layer of ours holds, and what is noteworthy about it.
#[derive(Clone, Debug, Default)]
pub struct LayerContents {
    /// What is written, in order.
    pub operations: Arc<Operations>,
    /// The bytes of small files that later layers need, by path.
    pub kept: BTreeMap<RootPath, Arc<[u8]>>,
    /// What people want to know of it.
    pub findings: Vec<Finding>,
}

impl LayerContents {
    /// Whether the layer holds nothing.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// How many files, links and devices it holds; directories and deletions do not count.
    pub fn files(&self) -> usize {
        let is_file = |operation: &Operation| matches!(operation, Operation::Entry { entry, .. } if !entry.kind.is_directory());
        self.operations.iter().filter(is_file).count()
    }

    /// Bytes of all file contents.
    pub fn bytes(&self) -> u64 {
        let size = |operation: Operation| match operation {
            Operation::Entry { entry, .. } => match entry.kind {
                Kind::File(content) => content.size,
                _ => 0,
            },
            _ => 0,
        };
        self.operations.iter().map(size).sum()
    }

    /// Whether both are written as the same bytes when they are read from the same source.
    pub fn writes_the_same(&self, written: &Operations) -> bool {
        self.operations.len() == written.len()
            && self.operations.iter().zip(written.iter()).all(|(a, b)| a.writes_the_same(&b))
    }
}

impl Operation {
    /// Whether both are written as the same bytes; a digest that is not known yet does not count.
    fn writes_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Whiteout { path: a, mtime: at }, Self::Whiteout { path: b, mtime })
            | (Self::Opaque { dir: a, mtime: at }, Self::Opaque { dir: b, mtime }) => a == b && at == mtime,
            (Self::Entry { entry: a, data: from_a }, Self::Entry { entry: b, data: from_b }) => {
                let same_kind = match (&a.kind, &b.kind) {
                    (Kind::File(a), Kind::File(b)) => a.size == b.size,
                    (a, b) => a == b,
                };
                from_a == from_b && a.path == b.path && a.attributes == b.attributes && same_kind
            }
            _ => false,
        }
    }
}

/// Moves deletions right behind the directories they are in, which move to the front, each behind those above it.
///
/// An applier that goes by the order of the stream then never takes away what the same layer brings.
pub(super) fn deletions_first(operations: &mut Vec<Operation>) {
    let holds = |operation: &Operation| match operation {
        Operation::Whiteout { path, .. } => path.parent(),
        Operation::Opaque { dir, .. } => Some(dir.clone()),
        Operation::Entry { .. } => None,
    };
    let holding: BTreeSet<RootPath> = operations.iter().filter_map(holds).collect();
    let leads_to_one = |dir: &RootPath| holding.range(dir..).next().is_some_and(|holder| holder.is_in(dir));
    // A directory, then the deletions in it; what leads to none stays in its order behind all of them.
    let place = |operation: &Operation| match operation {
        Operation::Entry { entry, .. } => {
            (entry.kind.is_directory() && leads_to_one(&entry.path)).then(|| (entry.path.clone(), false))
        }
        marker => holds(marker).map(|dir| (dir, true)),
    };
    let (mut first, rest): (Vec<_>, Vec<_>) = std::mem::take(operations)
        .into_iter()
        .map(|one| (place(&one), one))
        .partition(|(at, _)| at.is_some());
    first.sort_by(|(a, _), (b, _)| a.cmp(b));
    operations.extend(first.into_iter().chain(rest).map(|(_, operation)| operation));
}
