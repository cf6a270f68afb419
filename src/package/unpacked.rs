//! A package once its bytes were read: all that later stages need to know of it without them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::control::Fields;
use super::description::Package;
use super::family::Family;
use crate::layer::LayerIndex;

/// What a package holds.
#[derive(Clone, Debug)]
pub struct Unpacked {
    /// Whose package it is.
    pub family: Family,
    /// What it says of itself; its own word, not the repository's, so `file` is nothing.
    pub package: Package,
    /// Its control file (deb: `control`; apk: `.PKGINFO`), every field in order.
    pub fields: Fields,
    /// The other members of its control section, by name: deb `postinst`, `md5sums`, `conffiles`, `triggers`; apk
    /// `.post-install`, `.trigger`.
    pub members: BTreeMap<String, Arc<[u8]>>,
    /// The entries of its data. Paths are as in the package: nothing is known of the image yet. `diff_id` is the digest of
    /// the uncompressed data tar.
    pub index: Arc<LayerIndex>,
    /// What its family's database knows the content of each regular file by, and for apk the target of each symbolic link,
    /// by ordinal of the index.
    pub sums: BTreeMap<u32, Sum>,
}

/// What a database knows content by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Sum {
    /// dpkg's.
    Md5([u8; 16]),
    /// apk's.
    Sha1([u8; 20]),
}
