//! What is known of the files of a package besides their entries.

use std::collections::BTreeMap;
use std::io;

use md5::Md5;
use sha1::{Digest, Sha1};

use super::{OwnerNames, Sum};
use crate::layer::{Item, ItemKind, Items, Visitor};
use crate::rootfs::{Kind, RootPath};

/// How the database of a family knows content.
pub(super) trait Summing: Digest {
    /// Whether it knows symbolic links by the sum of their target.
    const LINKS: bool;

    /// The sum of the bytes so far.
    fn sum(self) -> Sum;
}

impl Summing for Md5 {
    const LINKS: bool = false;

    fn sum(self) -> Sum {
        Sum::Md5(self.finalize().into())
    }
}

impl Summing for Sha1 {
    const LINKS: bool = true;

    fn sum(self) -> Sum {
        Sum::Sha1(self.finalize().into())
    }
}

/// Makes the sums of files and remembers the names of owners.
pub(super) struct Facts<H> {
    sums: BTreeMap<u32, Sum>,
    /// Hard links, and the first name of their file.
    links: Vec<(u32, RootPath)>,
    owners: BTreeMap<u32, OwnerNames>,
    /// The names of the user and group of the next entry.
    names: (Vec<u8>, Vec<u8>),
    /// The file whose bytes come now.
    current: Option<(u32, H)>,
}

impl<H> Default for Facts<H> {
    fn default() -> Self {
        Self {
            sums: BTreeMap::new(),
            links: Vec::new(),
            owners: BTreeMap::new(),
            names: Default::default(),
            current: None,
        }
    }
}

impl<H: Summing> Facts<H> {
    /// The sums of all files and hard links, and the owners that have names, by ordinal.
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
        if let Some((ordinal, hasher)) = self.current.take() {
            self.sums.insert(ordinal, hasher.sum());
        }
    }
}

impl<H: Summing> Visitor for Facts<H> {
    fn owner_names(&mut self, _: u32, user: &[u8], group: &[u8]) {
        self.names = (user.to_vec(), group.to_vec());
    }

    fn item(&mut self, ordinal: u32, item: &Item) -> io::Result<bool> {
        self.end_current();
        let ItemKind::Entry(entry) = &item.kind else { return Ok(false) };
        let (user, group) = &self.names;
        if let Some(names) = OwnerNames::of(entry.attributes.owner, user, group) {
            self.owners.insert(ordinal, names);
        }
        match &entry.kind {
            Kind::File(_) => self.current = Some((ordinal, H::new())),
            Kind::Hardlink(file) => self.links.push((ordinal, file.clone())),
            Kind::Symlink(target) if H::LINKS => {
                self.sums.insert(ordinal, H::new_with_prefix(target).sum());
            }
            _ => {}
        }
        Ok(self.current.is_some())
    }

    fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some((_, hasher)) = &mut self.current {
            hasher.update(bytes);
        }
        Ok(())
    }
}
