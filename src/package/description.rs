//! A package as a repository offers it or a database lists it, as far as choosing goes.

mod identity;
mod stanza;

pub use stanza::Stanza;

use serde::{Deserialize, Serialize};

use super::relation::{Atom, Group, Provide};

/// What is known of a package without its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version as it is spelled.
    pub version: String,
    /// Its architecture as its family spells it; `all` or `noarch` where it fits every one.
    pub architecture: String,
    /// What it was built from.
    pub source: SourcePackage,
    /// What has to be there with it: of every group one atom.
    pub depends: Vec<Group>,
    /// What must not be there with it (deb: Conflicts and Breaks; apk: `!name`).
    pub conflicts: Vec<Atom>,
    /// Names that it has besides its own.
    pub provides: Vec<Provide>,
    /// It comes by itself once all of these are there (apk).
    pub install_if: Vec<Atom>,
    /// It does not come by itself where one of these is there (apk: `!name` in `install_if`).
    pub install_unless: Vec<Atom>,
    /// Packages whose files it may take over (deb; apk says so in the package alone).
    pub replaces: Vec<Atom>,
    /// How far it goes before others that provide the same name; more goes first (apk: provider_priority; deb: required 4,
    /// important 3, standard 2, optional 1, all else 0).
    pub priority: u32,
    /// How packages of other architectures may need it (deb).
    pub multi_arch: MultiArch,
    /// Bytes that it takes once installed, 0 where it does not say.
    pub installed_bytes: u64,
    /// Where its bytes are and what they are; nothing for what is installed.
    pub file: Option<PackageFile>,
}

/// The source that packages are built from: what has to be the same on all platforms, and what vulnerabilities are known by.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SourcePackage {
    /// Its name (apk: the origin).
    pub name: String,
    /// Its version: the package's own without a `+b1` of a rebuild, where nothing else is said.
    pub version: String,
}

/// How packages of other architectures may need one (Debian Policy, Multi-Arch).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum MultiArch {
    /// They may not.
    #[default]
    No,
    /// It may be there once for each architecture.
    Same,
    /// It serves packages of every architecture.
    Foreign,
    /// It serves those that ask for it with `:any`.
    Allowed,
}

/// A package's file in a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageFile {
    /// Where, below the repository's URL (deb: `Filename`; apk: below the directory of its index).
    pub location: String,
    /// Its bytes.
    pub size: u64,
    /// What says that they are the right ones.
    pub identity: Identity,
}

/// What a package's bytes are known by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Identity {
    /// The sha256 of the file (deb).
    Sha256([u8; 32]),
    /// The SHA-1 of the control member (apk: `C:Q1…`, `X1…`).
    ControlSha1([u8; 20]),
    /// The SHA-256 of the control member (apk: `C:Q2…`, `X2…`).
    ControlSha256([u8; 32]),
}
