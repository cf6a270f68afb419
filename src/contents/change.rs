//! How entries of an artifact are changed on their way into an image.

use crate::rootfs::{Attributes, RootPath};

/// What becomes of places, owners and times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    /// The user that gets them, in place of their own.
    pub(super) uid: Option<u32>,
    /// The group that gets them, in place of their own.
    pub(super) gid: Option<u32>,
    /// The directory they go below; nothing for the root.
    pub(super) to: Option<RootPath>,
    /// The latest time that an entry may have, in seconds since 1970.
    pub(super) latest: Option<i64>,
}

impl Change {
    /// Where a path of the source belongs.
    pub(super) fn place(&self, path: &RootPath) -> RootPath {
        self.to.as_ref().map_or_else(|| path.clone(), |to| to.join_path(path))
    }

    /// The attributes that an entry of the source gets.
    pub(super) fn attributes(&self, mut own: Attributes) -> Attributes {
        own.owner.uid = self.uid.unwrap_or(own.owner.uid);
        own.owner.gid = self.gid.unwrap_or(own.owner.gid);
        own.mtime = own.mtime.max(0).min(self.latest.unwrap_or(i64::MAX));
        own
    }
}
