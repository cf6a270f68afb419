//! Packages of distributions: names, versions, what repositories offer, which go together, and the formats they come in.
//!
//! One model for both worlds ([`Family`]). What is here knows no network, no disk and no image: bytes in, values out.

pub mod apk;
mod control;
pub mod deb;
mod description;
mod facts;
mod family;
mod index;
mod locked;
mod moment;
mod relation;
#[cfg(test)]
pub(crate) mod sample;
pub mod signature;
mod solve;
mod source;
mod unpacked;
mod version;

pub use control::Fields;
pub use description::{Identity, MultiArch, Package, PackageFile, SourcePackage, Stanza};
pub use family::Family;
pub use index::{Index, IndexError, IndexFault, Market, PACKAGE_INDEX_VERSION, Repository};
pub use locked::{Locked, LockedPackage};
pub use moment::Moment;
pub use relation::{
    Atom, Group, Provide, Relation, Written, apk_atoms, apk_depends, apk_provides, deb_atoms, deb_groups,
    deb_provides,
};
pub use signature::{Fingerprint, KeyError, Keyring, SignatureError};
pub use solve::{
    Choice, Lockstep, Note, Offers, Problem, Request, Solution, SolveError, Unsolved, Upgrade, Why, solve,
    solve_alike,
};
pub use source::{SignedBy, Source};
pub use unpacked::{OwnerNames, Sum, Unpacked};
pub use version::{compare as compare_versions, is_valid as is_version};
