//! What became of the entries of packages.

use super::super::operation::LayerContents;
use crate::rootfs::RootPath;

/// The layer of packages, and what their databases need to know of it.
#[derive(Clone, Debug, Default)]
pub struct Payload {
    /// What the layer holds. A position's layer is the number of the parcel.
    pub contents: LayerContents,
    /// Of each parcel, what became of each item of its index.
    pub outcomes: Vec<Vec<Outcome>>,
    /// What other packages than before own, in the order of the places.
    pub taken: Vec<Taken>,
}

/// What became of an entry of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is not laid out, and nobody's.
    Dropped,
    /// It is at this place, in this layer or below, and the package's; a directory may be that of others too.
    Placed(RootPath),
    /// It is the package's, but what the base has at this place stays: configuration.
    Kept(RootPath),
    /// Another package has it.
    Lost {
        /// The place.
        at: RootPath,
        /// Who has it.
        to: Claimant,
    },
}

/// Who has a path instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimant {
    /// A package of the base, by its name.
    Base(String),
    /// A parcel, by its number.
    Added(usize),
}

/// A path that a package of the base loses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The physical place.
    pub at: RootPath,
    /// The package of the base.
    pub from: String,
    /// The number of the parcel that has it now.
    pub by: usize,
}
