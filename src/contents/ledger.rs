//! What is placed, and what remembers it.

use std::sync::Arc;

use super::operation::{Operation, Position};
use crate::rootfs::{Attributes, Kind, RootPath};

/// Something to be placed.
pub(super) struct Thing<'a> {
    /// Where it belongs, before links below are followed.
    pub(super) at: RootPath,
    /// What it is; never a hard link.
    pub(super) kind: Kind,
    pub(super) attributes: Attributes,
    /// The item of the source that it is; nothing for what is made here.
    pub(super) given: Option<Given>,
    /// The entry it is another name of.
    pub(super) link_to: Option<Place>,
    /// Its bytes, where later layers need them.
    pub(super) kept: Option<&'a Arc<[u8]>>,
}

impl Thing<'_> {
    /// A thing that no item gives.
    pub(super) fn made(at: RootPath, kind: Kind, attributes: Attributes) -> Self {
        Self { at, kind, attributes, given: None, link_to: None, kept: None }
    }
}

/// What of the source something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Given {
    /// The item that has its name.
    pub(super) item: Position,
    /// The item that says what it is and holds its content: another one where the first is a hard link.
    pub(super) data: Position,
}

/// Where something was placed.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) path: RootPath,
    /// Its number in the ledger.
    pub(super) number: u32,
}

/// What remembers the things that were placed, numbered in their order.
pub(super) trait Ledger {
    /// Takes down that a thing was placed at a path.
    fn record(&mut self, path: RootPath, thing: Thing<'_>);

    /// Takes down a deletion, which has a number too and is never asked for.
    fn mark(&mut self, deletion: Operation);

    /// What a thing is; never a hard link.
    fn kind(&self, number: u32) -> Kind;

    /// The attributes of a thing.
    fn attributes(&self, number: u32) -> Attributes;

    /// Whether a thing is a directory.
    fn is_directory(&self, number: u32) -> bool;

    /// The target of a thing that is a symbolic link.
    fn target(&self, number: u32) -> Option<&[u8]>;
}
