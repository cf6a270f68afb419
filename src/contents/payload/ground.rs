//! What packages are laid out on.

use std::collections::BTreeSet;

use super::super::change::Change;
use super::super::follow::PathLoop;
use super::super::operation::Position;
use super::super::placement::{Allow, Conflict};
use super::super::view::{Node, View};
use super::error::PayloadError;
use super::owners::{Owners, Parcel};
use crate::interrupt::Interrupt;
use crate::rootfs::{Attributes, Inodes, Kind, RootPath};

/// Everything that is given for laying out packages.
pub(super) struct Ground<'a> {
    pub(super) parcels: &'a [Parcel<'a>],
    /// The numbers of the parcels, in the order of their names.
    pub(super) order: Vec<usize>,
    pub(super) below: &'a View,
    pub(super) owners: &'a dyn Owners,
    pub(super) allow: Allow,
    /// Places of files and links of the view below that go.
    pub(super) gone: BTreeSet<RootPath>,
    pub(super) change: Change,
    pub(super) interrupt: &'a Interrupt,
}

impl<'a> Ground<'a> {
    /// What the view below has at a place and keeps unless something takes its place.
    pub(super) fn base(&self, at: &RootPath) -> Option<Node<'a>> {
        self.below.get(at).filter(|_| !self.gone.contains(at))
    }

    /// Whether a directory of the view below holds anything that stays.
    pub(super) fn has_content(&self, dir: &RootPath) -> bool {
        self.below.any_below(dir, |at| !self.gone.contains(at))
    }

    /// Whether what a path of the view below leads to is a directory.
    pub(super) fn leads_to_directory(&self, at: &RootPath) -> bool {
        let Ok(end) = self.below.destination(at) else { return false };
        end.is_root() || self.base(&end).is_some_and(|node| node.is_directory())
    }

    pub(super) fn name(&self, parcel: usize) -> &'a str {
        self.parcels[parcel].name
    }

    /// The items of a parcel but for their paths.
    pub(super) fn inodes(&self, parcel: usize) -> &'a Inodes {
        self.parcels[parcel].index.items.inodes()
    }

    /// What an item is; never a hard link, where it is the one that holds the content.
    pub(super) fn kind(&self, Position { layer, ordinal }: Position) -> Kind {
        self.inodes(layer as usize).kind(ordinal)
    }

    /// The attributes that an item gets.
    pub(super) fn attributes(&self, Position { layer, ordinal }: Position) -> Attributes {
        self.change.attributes(self.inodes(layer as usize).attributes(ordinal))
    }

    /// The error for a conflict of a parcel.
    pub(super) fn conflict(&self, parcel: usize, conflict: impl Into<Conflict>) -> PayloadError {
        PayloadError::Conflict { package: self.name(parcel).to_owned(), conflict: conflict.into() }
    }

    /// The error for a path of a parcel that never ends.
    pub(super) fn endless(&self, parcel: usize) -> impl Fn(PathLoop) -> PayloadError + '_ {
        move |error| self.conflict(parcel, error)
    }
}

/// The position of an item of a parcel.
pub(super) fn position(parcel: usize, ordinal: u32) -> Position {
    Position { layer: u32::try_from(parcel).expect("there are fewer than 2^32 packages"), ordinal }
}
