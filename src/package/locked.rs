//! Packages that are pinned by version and digest.

use std::collections::BTreeMap;

use crate::oci::Digest;

/// The packages that may be added to one image, and no others, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Locked(BTreeMap<String, LockedPackage>);

/// A package that is pinned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedPackage {
    /// Its version.
    pub version: String,
    /// The digest of its file.
    pub digest: Digest,
}

impl Locked {
    /// The package of a name.
    pub fn get(&self, name: &str) -> Option<&LockedPackage> {
        self.0.get(name)
    }

    /// Whether a version of a package may be added.
    pub fn allows(&self, name: &str, version: &str) -> bool {
        self.get(name).is_some_and(|locked| locked.version == version)
    }

    /// All of them, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &LockedPackage)> {
        self.0.iter().map(|(name, locked)| (&**name, locked))
    }
}

impl FromIterator<(String, LockedPackage)> for Locked {
    fn from_iter<I: IntoIterator<Item = (String, LockedPackage)>>(packages: I) -> Self {
        Self(packages.into_iter().collect())
    }
}
