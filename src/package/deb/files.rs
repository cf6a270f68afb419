//! The files of a package, as they pass by.

use std::collections::BTreeMap;
use std::io;

use md5::Md5;

use crate::code::{Code, Coded};
use crate::layer::{Item, ItemKind, Items, Visitor};
use crate::package::facts::Facts;
use crate::package::{OwnerNames, Sum};
use crate::rootfs::{Kind, RootPath};

/// A file that no package may bring.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileFault {
    /// It spells a deletion.
    #[error("`{0}` spells a deletion, which packages know nothing of")]
    Whiteout(RootPath),
    /// It lies where a kernel shows itself, not files.
    #[error("`{0}` lies below `{1}`, where no file of an image is")]
    Kernel(RootPath, &'static str),
    /// Its name holds a control character, which lists of files cannot hold.
    #[error("`{0}` holds a control character")]
    Name(RootPath),
}

impl Coded for FileFault {
    fn code(&self) -> Code {
        match self {
            Self::Whiteout(_) => Code::TarWhiteout,
            Self::Kernel(..) | Self::Name(_) => Code::TarPath,
        }
    }
}

/// Makes the sums of regular files, remembers the names of owners, and refuses what no package may bring.
#[derive(Default)]
pub(super) struct Files(Facts<Md5>);

impl Files {
    /// The sums of all regular files and hard links, and the owners that have names, by ordinal.
    pub(super) fn finish(self, items: &Items) -> (BTreeMap<u32, Sum>, BTreeMap<u32, OwnerNames>) {
        self.0.finish(items)
    }
}

impl Visitor for Files {
    fn owner_names(&mut self, ordinal: u32, user: &[u8], group: &[u8]) {
        self.0.owner_names(ordinal, user, group);
    }

    fn item(&mut self, ordinal: u32, item: &Item) -> io::Result<bool> {
        match &item.kind {
            ItemKind::Entry(entry) => refuse_place(&entry.path, &entry.kind).map_err(io::Error::other)?,
            ItemKind::Whiteout(path) | ItemKind::Opaque(path) => {
                return Err(io::Error::other(FileFault::Whiteout(path.clone())));
            }
        }
        self.0.item(ordinal, item)
    }

    fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.data(bytes)
    }
}

/// Directories of the root that a container's runtime mounts over. A package may bring them, empty.
const KERNEL: [&str; 3] = ["dev", "proc", "sys"];

fn refuse_place(path: &RootPath, kind: &Kind) -> Result<(), FileFault> {
    if path.as_bytes().iter().any(u8::is_ascii_control) {
        return Err(FileFault::Name(path.clone()));
    }
    let Some(dir) = path.components().next() else { return Ok(()) };
    let kernel = KERNEL.into_iter().find(|name| name.as_bytes() == dir);
    let is_itself = path.as_bytes() == dir && kind.is_directory();
    kernel.filter(|_| !is_itself).map_or(Ok(()), |name| Err(FileFault::Kernel(path.clone(), name)))
}
