//! What an artifact may not bring: the rules on its single entries and on how those of one layer fit together.

use std::collections::BTreeMap;

use super::{Item, ItemKind, Items};
use crate::code::{Code, Coded};
use crate::printable::printable;
use crate::rootfs::{Device, Entry, FileContent, Kind, PathTable, RootPath, is_of_overlay};

/// What keeps an entry of an artifact's layer from being used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Its path stands in the layer more than once.
    #[error("path stands in the layer more than once")]
    Duplicate,
    /// It lies below a symbolic link of the same layer.
    #[error("entry lies below the symbolic link `{0}` of the same layer")]
    BelowSymlink(RootPath),
    /// It lies below something else of the same layer that is no directory.
    #[error("entry lies below `{0}`, which is no directory in the same layer")]
    BelowFile(RootPath),
    /// It is a hard link to what it must not name.
    #[error("hard link to `{target}`, {reason}")]
    LinkTarget {
        /// What it names.
        target: RootPath,
        /// Why it must not.
        reason: LinkFault,
    },
    /// It is the device that means a deletion to overlayfs, and nothing to other appliers.
    #[error("entry is the character device 0:0, which overlayfs takes for a deletion")]
    OverlayWhiteout,
    /// It is a device or a named pipe.
    #[error("entry is a {0}")]
    Type(&'static str),
    /// It has an extended attribute that means something to overlayfs.
    #[error("entry has the extended attribute `{}`", printable(.0))]
    Xattr(Box<[u8]>),
    /// It is a sparse file, whose content cannot be read.
    #[error("entry is a sparse file")]
    Sparse,
}

/// Why a hard link must not name its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkFault {
    /// No earlier entry of the layer has that path.
    #[error("which is no earlier entry of the layer")]
    Missing,
    /// It is a directory.
    #[error("which is a directory")]
    Directory,
    /// The layer deletes it.
    #[error("which the layer deletes")]
    WhitedOut,
}

impl Coded for Fault {
    fn code(&self) -> Code {
        match self {
            Self::Duplicate | Self::BelowFile(_) => Code::TarDuplicate,
            Self::BelowSymlink(_) => Code::TarThroughSymlink,
            Self::LinkTarget { .. } => Code::TarLinkTarget,
            Self::Type(_) | Self::OverlayWhiteout => Code::TarType,
            Self::Xattr(_) => Code::TarXattr,
            Self::Sparse => Code::TarSparse,
        }
    }
}

/// What overlayfs hides a path of lower layers with.
const OVERLAY_WHITEOUT: Device = Device { major: 0, minor: 0 };

/// Judges the items of an artifact's layer, one after the other, and leads hard links to the first name of their file.
///
/// The items are with somebody else, who shows those so far at every step.
pub(super) struct Judge {
    allow_devices: bool,
    /// The last entry that has each path.
    names: PathTable,
    links: Vec<Link>,
    whiteouts: PathTable,
    faults: BTreeMap<u32, Fault>,
}

/// A hard link and what its header names, whose faults are its own.
struct Link {
    ordinal: u32,
    target: u32,
}

impl Judge {
    /// A judge of one layer.
    pub(super) fn new(allow_devices: bool) -> Self {
        Self {
            allow_devices,
            names: PathTable::default(),
            links: Vec::new(),
            whiteouts: PathTable::default(),
            faults: BTreeMap::new(),
        }
    }

    /// Looks at the item that comes after those `before` it, and gives its fault, as far as one shows already. A hard link to a
    /// symbolic link becomes that symbolic link, whatever attributes its own header gives it.
    pub(super) fn admit(&mut self, before: &Items, item: &mut Item) -> Option<&Fault> {
        let ordinal = u32::try_from(before.len()).expect("reading counts items in 32 bits");
        if let ItemKind::Entry(entry) = &mut item.kind {
            self.admit_entry(ordinal, before, entry);
        }
        self.faults.get(&ordinal)
    }

    /// Takes in the item that was looked at, which now is the last of all.
    pub(super) fn remember(&mut self, items: &Items) {
        let Some(ordinal) = items.ordinals().last() else { return };
        if items.is_whiteout(ordinal) {
            self.whiteouts.insert(items.paths(), ordinal);
        } else if items.is_entry(ordinal)
            // A name twice is a fault, so that a link which leads back to itself through the second is never used.
            && let Some(before) = self.names.insert(items.paths(), ordinal)
        {
            self.blame(before, Fault::Duplicate);
        }
    }

    /// The faults of all items, known once the last one was taken in.
    pub(super) fn finish(mut self, items: &Items) -> BTreeMap<u32, Fault> {
        self.judge_parents(items);
        for link in std::mem::take(&mut self.links) {
            // In the order of the stream, so that faults pass along chains.
            self.judge_link(link, items);
        }
        self.faults
    }

    fn admit_entry(&mut self, ordinal: u32, before: &Items, entry: &mut Entry) {
        if let Some(fault) = self.own_fault(entry) {
            self.blame(ordinal, fault);
        }
        if let Kind::Hardlink(target) = &entry.kind
            && let Err(fault) = self.lead(ordinal, before, &target.clone(), entry)
        {
            self.blame(ordinal, fault);
        }
        // The one before is blamed when this one is taken in.
        if self.names.get(before.paths(), &entry.path).is_some() {
            self.blame(ordinal, Fault::Duplicate);
        }
    }

    /// The first fault of an item is the one that is told.
    fn blame(&mut self, ordinal: u32, fault: Fault) {
        self.faults.entry(ordinal).or_insert(fault);
    }

    fn own_fault(&self, entry: &Entry) -> Option<Fault> {
        if entry.kind.is_special() && !self.allow_devices {
            return Some(Fault::Type(entry.kind.word()));
        }
        if entry.kind == Kind::CharDevice(OVERLAY_WHITEOUT) {
            return Some(Fault::OverlayWhiteout);
        }
        if let Kind::File(FileContent { sparse: true, .. }) = entry.kind {
            return Some(Fault::Sparse);
        }
        let poison = entry.attributes.xattrs.iter().map(|(name, _)| name).find(|name| is_of_overlay(name));
        poison.map(|name| Fault::Xattr(name.into()))
    }

    /// Makes a hard link to `target` what that is: another name of the first name of its file, or a symbolic link.
    fn lead(
        &mut self,
        ordinal: u32,
        before: &Items,
        target: &RootPath,
        entry: &mut Entry,
    ) -> Result<(), Fault> {
        let refused = |reason| Fault::LinkTarget { target: target.clone(), reason };
        let named = self.names.get(before.paths(), target).ok_or_else(|| refused(LinkFault::Missing))?;
        self.links.push(Link { ordinal, target: named });
        match before.inodes().kind(named) {
            Kind::Directory => return Err(refused(LinkFault::Directory)),
            kind @ Kind::Symlink(_) => {
                (entry.kind, entry.attributes) = (kind, before.inodes().attributes(named));
            }
            kind @ Kind::Hardlink(_) => entry.kind = kind,
            _ => {}
        }
        Ok(())
    }

    /// What lies below a path follows it in order, so one pass finds everything below what is no directory.
    fn judge_parents(&mut self, items: &Items) {
        let mut names: Vec<u32> = self.names.iter().collect();
        // Most archives are sorted, or nearly so: in the order of the stream this takes little time.
        names.sort_unstable();
        names.sort_by(|a, b| items.paths().compare(*a, *b));
        let mut above: Option<(RootPath, u32)> = None;
        for ordinal in names {
            match &above {
                Some((blocker, by)) if items.path(ordinal).is_below(blocker) => {
                    let fault = match items.inodes().target(*by) {
                        Some(_) => Fault::BelowSymlink(blocker.clone()),
                        None => Fault::BelowFile(blocker.clone()),
                    };
                    self.faults.entry(ordinal).or_insert(fault);
                }
                _ => {
                    let blocks = !items.inodes().is_directory(ordinal);
                    above = blocks.then(|| (items.path(ordinal), ordinal));
                }
            }
        }
    }

    fn judge_link(&mut self, link: Link, items: &Items) {
        if self.is_whited_out(link.target, items) {
            let fault = Fault::LinkTarget { target: items.path(link.target), reason: LinkFault::WhitedOut };
            self.blame(link.ordinal, fault);
        } else if let Some(fault) = self.faults.get(&link.target).cloned() {
            self.blame(link.ordinal, fault);
        }
    }

    fn is_whited_out(&self, ordinal: u32, items: &Items) -> bool {
        if self.whiteouts.is_empty() {
            return false;
        }
        let path = items.path(ordinal);
        let holds = |path: &RootPath| self.whiteouts.get(items.paths(), path).is_some();
        holds(&path) || path.ancestors().any(|above| holds(&above))
    }
}

#[cfg(test)]
mod tests;
