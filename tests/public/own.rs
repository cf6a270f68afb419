//! What we see in an archive.

use std::io::{self, Cursor, Read};

use overcoat::code::Coded;
use overcoat::interrupt::Interrupt;
use overcoat::layer::{self, BlobSource, Item, ItemKind, LayerBlob, Reading, SourceError, Trust, Visitor};
use overcoat::limits::{Budget, Limits};
use overcoat::oci::{Compression, Descriptor, Digest, MediaType};
use overcoat::rootfs::Kind;

use super::archives::Archive;
use super::listing::{Entry, Listing};

/// The archive as a layer, or the code that it is refused with.
pub(crate) fn list(archive: &Archive, trust: Trust) -> Result<Listing, String> {
    let layer = LayerBlob {
        descriptor: Descriptor::of(MediaType::Layer(Compression::None), &archive.tar),
        diff_id: Digest::of(&archive.tar),
    };
    let limits = Limits::default();
    let (budget, interrupt) = (Budget::of(&limits), Interrupt::default());
    let how = Reading { trust, allow_devices: true, limits: &limits, budget: &budget, interrupt: &interrupt };
    let mut seen = Seen::default();
    match layer::read(&Bytes(archive.tar.clone()), &layer, &how, &mut seen) {
        Ok(_) if seen.is_sparse => Ok(Listing { entries: seen.entries, content: None }),
        Ok(_) => Listing::new(seen.entries, || Ok(seen.content)),
        Err(error) => Err(error.code().as_str().to_owned()),
    }
}

struct Bytes(Vec<u8>);

impl BlobSource for Bytes {
    fn open(&self, _: &Descriptor) -> Result<Box<dyn Read + Send>, SourceError> {
        Ok(Box::new(Cursor::new(self.0.clone())))
    }
}

#[derive(Default)]
struct Seen {
    entries: Vec<Entry>,
    content: Vec<u8>,
    is_sparse: bool,
}

impl Visitor for Seen {
    fn item(&mut self, _: u32, item: &Item) -> io::Result<bool> {
        let ItemKind::Entry(entry) = &item.kind else { return Ok(false) };
        let (kind, size, link) = match &entry.kind {
            Kind::File(content) => ('-', content.size, &[][..]),
            Kind::Directory => ('d', 0, &[][..]),
            Kind::Symlink(target) => ('l', 0, &target[..]),
            Kind::Hardlink(target) => ('h', 0, target.as_bytes()),
            Kind::CharDevice(_) => ('c', 0, &[][..]),
            Kind::BlockDevice(_) => ('b', 0, &[][..]),
            Kind::Fifo => ('p', 0, &[][..]),
        };
        self.entries.push(Entry::new(entry.path.as_bytes(), kind, size, link));
        let is_sparse = matches!(&entry.kind, Kind::File(content) if content.sparse);
        self.is_sparse |= is_sparse;
        Ok(!is_sparse)
    }

    fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.content.extend_from_slice(bytes);
        Ok(())
    }
}
