//! The records of a layer index's file.

use std::borrow::Cow;
use std::io;

use serde::{Deserialize, Serialize};

use super::broken;
use crate::layer::{Fault, Item, ItemKind, LinkFault, Warning};
use crate::oci::Digest;
use crate::rootfs::{Attributes, Device, Entry, FileContent, Kind, Mode, Owner, RootPath, Xattrs};

#[derive(Serialize, Deserialize)]
pub(super) enum Record<'a> {
    Head {
        diff_id: Digest,
        size: u64,
        items: u32,
    },
    Item {
        /// Bytes of the path that are those of the path before.
        shared: u16,
        #[serde(borrow)]
        rest: &'a [u8],
        offset: u64,
        #[serde(borrow)]
        meaning: Meaning<'a>,
    },
    Kept {
        ordinal: u32,
        bytes: &'a [u8],
    },
    Elf {
        ordinal: u32,
        machine: u16,
        soname: Option<&'a [u8]>,
    },
    Fault {
        ordinal: u32,
        fault: StoredFault<'a>,
    },
    Warning(StoredWarning<'a>),
}

#[derive(Serialize, Deserialize)]
pub(super) enum Meaning<'a> {
    Whiteout,
    Opaque,
    Entry {
        #[serde(borrow)]
        kind: StoredKind<'a>,
        mode: u32,
        uid: u32,
        gid: u32,
        mtime: i64,
        xattrs: Vec<(&'a [u8], &'a [u8])>,
    },
}

#[derive(Serialize, Deserialize)]
pub(super) enum StoredKind<'a> {
    Directory,
    File { size: u64, sha256: [u8; 32], sparse: bool },
    Symlink(&'a [u8]),
    Hardlink(&'a [u8]),
    CharDevice { major: u32, minor: u32 },
    BlockDevice { major: u32, minor: u32 },
    Fifo,
}

#[derive(Serialize, Deserialize)]
pub(super) enum StoredFault<'a> {
    Duplicate,
    BelowSymlink(&'a [u8]),
    BelowFile(&'a [u8]),
    LinkMissing(&'a [u8]),
    LinkDirectory(&'a [u8]),
    LinkWhitedOut(&'a [u8]),
    OverlayWhiteout,
    Type(Cow<'a, str>),
    Xattr(&'a [u8]),
    Sparse,
}

#[derive(Serialize, Deserialize)]
pub(super) enum StoredWarning<'a> {
    NoEnd,
    Trailing,
    Compression,
    Whiteout(&'a [u8]),
    Type(&'a [u8]),
}

impl<'a> Record<'a> {
    pub(super) fn item(item: &'a Item, shared: usize, rest: &'a [u8]) -> Self {
        let meaning = match &item.kind {
            ItemKind::Whiteout(_) => Meaning::Whiteout,
            ItemKind::Opaque(_) => Meaning::Opaque,
            ItemKind::Entry(entry) => Meaning::of(entry),
        };
        let shared = u16::try_from(shared).expect("a path has at most 4096 bytes");
        Self::Item { shared, rest, offset: item.offset, meaning }
    }
}

impl<'a> Meaning<'a> {
    fn of(entry: &'a Entry) -> Self {
        // Taken apart field by field, so that none that is added is forgotten here.
        let Entry { path: _, kind, attributes } = entry;
        let Attributes { mode, owner: Owner { uid, gid }, mtime, xattrs } = attributes;
        let kind = match kind {
            Kind::Directory => StoredKind::Directory,
            Kind::File(FileContent { size, sha256, sparse }) => {
                StoredKind::File { size: *size, sha256: *sha256, sparse: *sparse }
            }
            Kind::Symlink(target) => StoredKind::Symlink(target),
            Kind::Hardlink(target) => StoredKind::Hardlink(target.as_bytes()),
            Kind::CharDevice(Device { major, minor }) => {
                StoredKind::CharDevice { major: *major, minor: *minor }
            }
            Kind::BlockDevice(Device { major, minor }) => {
                StoredKind::BlockDevice { major: *major, minor: *minor }
            }
            Kind::Fifo => StoredKind::Fifo,
        };
        let xattrs = xattrs.iter().collect();
        Self::Entry { kind, mode: mode.bits(), uid: *uid, gid: *gid, mtime: *mtime, xattrs }
    }
}

impl StoredKind<'_> {
    fn kind(self) -> io::Result<Kind> {
        Ok(match self {
            Self::Directory => Kind::Directory,
            Self::File { size, sha256, sparse } => Kind::File(FileContent { size, sha256, sparse }),
            Self::Symlink(target) => Kind::Symlink(target.into()),
            Self::Hardlink(target) => Kind::Hardlink(path(target)?),
            Self::CharDevice { major, minor } => Kind::CharDevice(Device { major, minor }),
            Self::BlockDevice { major, minor } => Kind::BlockDevice(Device { major, minor }),
            Self::Fifo => Kind::Fifo,
        })
    }
}

impl<'a> StoredFault<'a> {
    pub(super) fn of(fault: &'a Fault) -> Self {
        match fault {
            Fault::Duplicate => Self::Duplicate,
            Fault::BelowSymlink(path) => Self::BelowSymlink(path.as_bytes()),
            Fault::BelowFile(path) => Self::BelowFile(path.as_bytes()),
            Fault::LinkTarget { target, reason } => match reason {
                LinkFault::Missing => Self::LinkMissing(target.as_bytes()),
                LinkFault::Directory => Self::LinkDirectory(target.as_bytes()),
                LinkFault::WhitedOut => Self::LinkWhitedOut(target.as_bytes()),
            },
            Fault::OverlayWhiteout => Self::OverlayWhiteout,
            Fault::Type(word) => Self::Type(Cow::Borrowed(word)),
            Fault::Xattr(name) => Self::Xattr(name),
            Fault::Sparse => Self::Sparse,
        }
    }

    pub(super) fn fault(self) -> io::Result<Fault> {
        let link = |target, reason| Ok(Fault::LinkTarget { target: path(target)?, reason });
        Ok(match self {
            Self::Duplicate => Fault::Duplicate,
            Self::BelowSymlink(above) => Fault::BelowSymlink(path(above)?),
            Self::BelowFile(above) => Fault::BelowFile(path(above)?),
            Self::LinkMissing(target) => return link(target, LinkFault::Missing),
            Self::LinkDirectory(target) => return link(target, LinkFault::Directory),
            Self::LinkWhitedOut(target) => return link(target, LinkFault::WhitedOut),
            Self::OverlayWhiteout => Fault::OverlayWhiteout,
            Self::Type(word) => {
                Fault::Type(Kind::SPECIAL_WORDS.into_iter().find(|one| *one == word).ok_or_else(broken)?)
            }
            Self::Xattr(name) => Fault::Xattr(name.into()),
            Self::Sparse => Fault::Sparse,
        })
    }
}

impl<'a> StoredWarning<'a> {
    pub(super) fn of(warning: &'a Warning) -> Self {
        match warning {
            Warning::NoEnd => Self::NoEnd,
            Warning::Trailing => Self::Trailing,
            Warning::Compression => Self::Compression,
            Warning::Whiteout(path) => Self::Whiteout(path.as_bytes()),
            Warning::Type(path) => Self::Type(path.as_bytes()),
        }
    }

    pub(super) fn warning(self) -> io::Result<Warning> {
        Ok(match self {
            Self::NoEnd => Warning::NoEnd,
            Self::Trailing => Warning::Trailing,
            Self::Compression => Warning::Compression,
            Self::Whiteout(at) => Warning::Whiteout(path(at)?),
            Self::Type(at) => Warning::Type(path(at)?),
        })
    }
}

pub(super) fn path(bytes: &[u8]) -> io::Result<RootPath> {
    RootPath::parse(bytes).map_err(|_| broken())
}

impl Meaning<'_> {
    pub(super) fn kind(self, path: RootPath) -> io::Result<ItemKind> {
        Ok(match self {
            Self::Whiteout => ItemKind::Whiteout(path),
            Self::Opaque => ItemKind::Opaque(path),
            Self::Entry { kind, mode, uid, gid, mtime, xattrs } => {
                let mut attributes = Attributes {
                    mode: Mode::new(mode),
                    owner: Owner { uid, gid },
                    mtime,
                    xattrs: Xattrs::default(),
                };
                for (name, value) in xattrs {
                    attributes.xattrs.set(name, value);
                }
                ItemKind::Entry(Entry { path, kind: kind.kind()?, attributes })
            }
        })
    }
}
