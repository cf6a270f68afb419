//! The files of a package, as they pass by.

use std::collections::BTreeMap;
use std::io;

use md5::{Digest as _, Md5};

use crate::code::{Code, Coded};
use crate::layer::{Item, ItemKind, Items, Visitor};
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
pub(super) struct Files {
    sums: BTreeMap<u32, Sum>,
    /// Hard links, and the first name of their file.
    links: Vec<(u32, RootPath)>,
    owners: BTreeMap<u32, OwnerNames>,
    /// The names of the user and group of the next entry.
    names: (Vec<u8>, Vec<u8>),
    current: Option<(u32, Md5)>,
}

impl Files {
    /// The sums of all regular files and hard links, and the owners that have names, by ordinal.
    pub(super) fn finish(mut self, items: &Items) -> (BTreeMap<u32, Sum>, BTreeMap<u32, OwnerNames>) {
        self.end_current();
        if !self.links.is_empty() {
            let names: BTreeMap<_, _> =
                self.sums.iter().map(|(file, sum)| (items.path(*file), *sum)).collect();
            let linked = self.links.iter().filter_map(|(link, file)| Some((*link, *names.get(file)?)));
            self.sums.extend(linked);
        }
        (self.sums, self.owners)
    }

    fn end_current(&mut self) {
        if let Some((ordinal, md5)) = self.current.take() {
            self.sums.insert(ordinal, Sum::Md5(md5.finalize().into()));
        }
    }
}

impl Visitor for Files {
    fn owner_names(&mut self, _: u32, user: &[u8], group: &[u8]) {
        self.names = (user.to_vec(), group.to_vec());
    }

    fn item(&mut self, ordinal: u32, item: &Item) -> io::Result<bool> {
        self.end_current();
        let entry = match &item.kind {
            ItemKind::Entry(entry) => entry,
            ItemKind::Whiteout(path) | ItemKind::Opaque(path) => {
                return Err(io::Error::other(FileFault::Whiteout(path.clone())));
            }
        };
        refuse_place(&entry.path, &entry.kind).map_err(io::Error::other)?;
        let (user, group) = &self.names;
        if let Some(names) = OwnerNames::of(entry.attributes.owner, user, group) {
            self.owners.insert(ordinal, names);
        }
        if let Kind::Hardlink(file) = &entry.kind {
            self.links.push((ordinal, file.clone()));
        }
        let is_file = matches!(entry.kind, Kind::File(_));
        self.current = is_file.then(|| (ordinal, Md5::new()));
        Ok(is_file)
    }

    fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some((_, md5)) = &mut self.current {
            md5.update(bytes);
        }
        Ok(())
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
