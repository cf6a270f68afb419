//! Small fragments of tar streams, whose files are held as a whole.

use std::io;

use crate::layer::{Item, ItemKind, ReadError, Reading, Trust, Visitor, read_tar};
use crate::oci::Digest;
use crate::rootfs::Kind;

/// A file of a fragment.
#[derive(Debug)]
pub(super) struct Entry {
    /// Its path, without what stands for the root.
    pub(super) name: Vec<u8>,
    /// Its bytes; nothing for what is no file.
    pub(super) content: Option<Vec<u8>>,
}

/// The entries of a fragment, in order. It need not end as archives do.
pub(super) fn entries(tar: &[u8], how: &Reading<'_>) -> Result<Vec<Entry>, ReadError> {
    let how = Reading { trust: Trust::Artifact, allow_devices: false, ..*how };
    let mut entries = Entries(Vec::new());
    read_tar(Box::new(tar), Digest::of(tar), &how, &mut entries)?;
    Ok(entries.0)
}

struct Entries(Vec<Entry>);

impl Visitor for Entries {
    fn item(&mut self, _: u32, item: &Item) -> io::Result<bool> {
        let (path, is_file) = match &item.kind {
            ItemKind::Entry(entry) => (&entry.path, matches!(entry.kind, Kind::File(_))),
            ItemKind::Whiteout(path) | ItemKind::Opaque(path) => (path, false),
        };
        self.0.push(Entry { name: path.as_bytes().to_vec(), content: is_file.then(Vec::new) });
        Ok(is_file)
    }

    fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(Entry { content: Some(content), .. }) = self.0.last_mut() {
            content.extend_from_slice(bytes);
        }
        Ok(())
    }
}
