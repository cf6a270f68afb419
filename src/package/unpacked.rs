//! A package once its bytes were read: all that later stages need to know of it without them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::control::Fields;
use super::description::Package;
use super::family::Family;
use crate::layer::LayerIndex;
use crate::rootfs::Owner;

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
    /// What its family's database knows the content of each regular file and hard link by, and for apk the target of each
    /// symbolic link, by ordinal of the index.
    pub sums: BTreeMap<u32, Sum>,
    /// Who owns entries by name, by ordinal, where that is not root by number and by name.
    pub owners: BTreeMap<u32, OwnerNames>,
}

/// The names of an entry's user and group, where it has them: numbers are the builder's, names mean the same everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OwnerNames {
    /// The user.
    pub user: Option<String>,
    /// The group.
    pub group: Option<String>,
}

impl OwnerNames {
    /// The names that an entry of this owner goes by; nothing where they say no more than the numbers of root, or are no
    /// text.
    pub fn of(owner: Owner, user: &[u8], group: &[u8]) -> Option<Self> {
        let name = |number: u32, name: &[u8]| {
            let name = std::str::from_utf8(name).ok().filter(|name| !name.is_empty())?;
            (number != 0 || name != "root").then(|| name.to_owned())
        };
        let names = Self { user: name(owner.uid, user), group: name(owner.gid, group) };
        (names != Self::default()).then_some(names)
    }
}

/// What a database knows content by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sum {
    /// dpkg's.
    Md5([u8; 16]),
    /// apk's.
    Sha1([u8; 20]),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_owners_are_those_that_say_more_than_root() {
        let names = |uid, gid, user: &str, group: &str| {
            let names = OwnerNames::of(Owner { uid, gid }, user.as_bytes(), group.as_bytes())?;
            Some(format!("{:?} {:?}", names.user.as_deref(), names.group.as_deref()))
        };
        assert_eq!(names(0, 0, "root", "root"), None);
        assert_eq!(names(501, 20, "", ""), None);
        assert_eq!(names(501, 20, "", "dialout").as_deref(), Some(r#"None Some("dialout")"#));
        assert_eq!(names(0, 0, "root", "shadow").as_deref(), Some(r#"None Some("shadow")"#));
        assert_eq!(names(0, 7, "www", "root").as_deref(), Some(r#"Some("www") Some("root")"#));
        assert_eq!(OwnerNames::of(Owner::ROOT, b"\xff", b""), None);
    }
}
