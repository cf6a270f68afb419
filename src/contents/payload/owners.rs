//! What the layout of packages asks about them: which paths, whose, and who yields to whom.

use std::sync::Arc;

use crate::layer::LayerIndex;
use crate::rootfs::RootPath;

/// A package that is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Parcel<'a> {
    /// Its name, which no other has.
    pub name: &'a str,
    /// The entries of its data, with paths as they are in the package.
    pub index: &'a Arc<LayerIndex>,
}

/// Somebody who has a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party<'a> {
    /// A package of the base, by its name.
    Base(&'a str),
    /// A parcel, by its number.
    Added(usize),
}

/// Who has a path in the base, as the base's database says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder<'a> {
    /// No package.
    Nobody,
    /// A package that stays.
    Package(&'a str),
    /// Packages that none stays of: others take their places.
    Replaced,
}

/// With whom a path stays that two packages have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The one that was there.
    Owner,
    /// The one that comes.
    Newcomer,
    /// Neither may have it beside the other.
    Conflict,
}

/// What packages say of their paths. Parcels are numbered as they are given; places are physical paths.
pub trait Owners {
    /// Where a path of a parcel belongs before links are followed: where it says, unless it is diverted; nothing for what is
    /// not laid out at all.
    fn place(&self, parcel: usize, path: &RootPath) -> Option<RootPath>;

    /// Whether a path of a parcel is configuration, which people may have changed.
    fn is_config(&self, parcel: usize, path: &RootPath) -> bool;

    /// Whose the file or link at a place of the base is, whether it is there or not.
    fn holder(&self, at: &RootPath) -> Holder<'_>;

    /// Whether the base's file at a place is known to be as its package had brought it.
    fn is_pristine(&self, at: &RootPath) -> bool;

    /// With whom a file or link stays. Of two parcels, the newcomer is the one whose name is greater.
    fn meet(&self, owner: Party<'_>, newcomer: usize) -> Verdict;

    /// The one of these parcels, in the order of their names, whose attributes the directory gets that all of them have;
    /// nothing where it stays as the base has it.
    fn directory(&self, at: &RootPath, parcels: &[usize], is_in_base: bool) -> Option<usize>;
}
