//! What an artifact may not bring: the rules on its single entries and on how those of one layer fit together.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::{Item, ItemKind};
use crate::code::{Code, Coded};
use crate::printable::printable;
use crate::rootfs::{Attributes, Device, Entry, FileContent, Kind, RootPath, is_of_overlay};

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
pub(super) struct Judge {
    allow_devices: bool,
    names: HashMap<RootPath, Name>,
    links: Vec<Link>,
    whiteouts: HashSet<RootPath>,
    faults: BTreeMap<u32, Fault>,
}

/// What a path of the layer is.
struct Name {
    ordinal: u32,
    kind: NameKind,
}

enum NameKind {
    Directory,
    Symlink(Box<Symlink>),
    /// Another name of this first one.
    Hardlink(RootPath),
    Other,
}

/// All there is to a symbolic link, for its other names.
#[derive(Clone)]
struct Symlink {
    to: Box<[u8]>,
    attributes: Attributes,
}

/// What a hard link leads to.
enum First {
    /// The first name of its file.
    Name(RootPath),
    Symlink(Symlink),
}

/// A hard link and the name in its header, whose faults are its own.
struct Link {
    ordinal: u32,
    target: RootPath,
    target_ordinal: u32,
}

impl Judge {
    /// A judge of one layer.
    pub(super) fn new(allow_devices: bool) -> Self {
        Self {
            allow_devices,
            names: HashMap::new(),
            links: Vec::new(),
            whiteouts: HashSet::new(),
            faults: BTreeMap::new(),
        }
    }

    /// Takes in the next item and gives its fault, as far as one shows already. A hard link to a symbolic link becomes that
    /// symbolic link, whatever attributes its own header gives it.
    pub(super) fn admit(&mut self, ordinal: u32, item: &mut Item) -> Option<&Fault> {
        match &mut item.kind {
            ItemKind::Whiteout(path) => _ = self.whiteouts.insert(path.clone()),
            ItemKind::Opaque(_) => {}
            ItemKind::Entry(entry) => self.admit_entry(ordinal, Arc::make_mut(entry)),
        }
        self.faults.get(&ordinal)
    }

    /// The faults of all items, known once the last one was taken in.
    pub(super) fn finish(mut self) -> BTreeMap<u32, Fault> {
        self.judge_parents();
        for link in std::mem::take(&mut self.links) {
            // In the order of the stream, so that faults pass along chains.
            self.judge_link(link);
        }
        self.faults
    }

    fn admit_entry(&mut self, ordinal: u32, entry: &mut Entry) {
        if let Some(fault) = self.own_fault(entry) {
            self.blame(ordinal, fault);
        }
        if let Kind::Hardlink(target) = &entry.kind {
            match self.first_name(ordinal, target) {
                Ok(First::Symlink(link)) => {
                    (entry.kind, entry.attributes) = (Kind::Symlink(link.to), link.attributes);
                }
                Ok(First::Name(name)) => entry.kind = Kind::Hardlink(name),
                Err(fault) => self.blame(ordinal, fault),
            }
        }
        let name = Name { ordinal, kind: NameKind::of(entry) };
        // A name twice is a fault, so that a link which leads back to itself through the second is never used.
        if let Some(before) = self.names.insert(entry.path.clone(), name) {
            self.blame(before.ordinal, Fault::Duplicate);
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

    /// What a hard link to `target` is: another name of the first name of its file, or a symbolic link.
    fn first_name(&mut self, ordinal: u32, target: &RootPath) -> Result<First, Fault> {
        let refused = |reason| Fault::LinkTarget { target: target.clone(), reason };
        let name = self.names.get(target).ok_or_else(|| refused(LinkFault::Missing))?;
        self.links.push(Link { ordinal, target: target.clone(), target_ordinal: name.ordinal });
        match &name.kind {
            NameKind::Directory => Err(refused(LinkFault::Directory)),
            NameKind::Symlink(link) => Ok(First::Symlink(Symlink::clone(link))),
            NameKind::Hardlink(first) => Ok(First::Name(first.clone())),
            NameKind::Other => Ok(First::Name(target.clone())),
        }
    }

    /// What lies below a path follows it in order, so one pass finds everything below what is no directory.
    fn judge_parents(&mut self) {
        let mut names: Vec<_> = self.names.iter().collect();
        names.sort_unstable_by_key(|(path, _)| *path);
        let mut above: Option<(&RootPath, &Name)> = None;
        for (path, name) in names {
            match above {
                Some((blocker, of)) if path.is_below(blocker) => {
                    let fault = match of.kind {
                        NameKind::Symlink(_) => Fault::BelowSymlink(blocker.clone()),
                        _ => Fault::BelowFile(blocker.clone()),
                    };
                    self.faults.entry(name.ordinal).or_insert(fault);
                }
                _ => above = (!matches!(name.kind, NameKind::Directory)).then_some((path, name)),
            }
        }
    }

    fn judge_link(&mut self, link: Link) {
        if self.is_whited_out(&link.target) {
            let fault = Fault::LinkTarget { target: link.target, reason: LinkFault::WhitedOut };
            self.blame(link.ordinal, fault);
        } else if let Some(fault) = self.faults.get(&link.target_ordinal).cloned() {
            self.blame(link.ordinal, fault);
        }
    }

    fn is_whited_out(&self, path: &RootPath) -> bool {
        !self.whiteouts.is_empty()
            && (self.whiteouts.contains(path)
                || path.ancestors().any(|above| self.whiteouts.contains(&above)))
    }
}

impl NameKind {
    fn of(entry: &Entry) -> Self {
        match &entry.kind {
            Kind::Directory => Self::Directory,
            Kind::Symlink(to) => {
                Self::Symlink(Box::new(Symlink { to: to.clone(), attributes: entry.attributes.clone() }))
            }
            Kind::Hardlink(target) => Self::Hardlink(target.clone()),
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests;
