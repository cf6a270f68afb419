//! Tests' tools: archives built byte by byte, well or badly, and blobs in memory.

use std::collections::HashMap;
use std::io::{Cursor, Read};
use std::sync::Mutex;

use super::{
    BlobSource, IndexOnly, Item, ItemKind, LayerBlob, LayerIndex, ReadError, Reading, SourceError, Trust,
    read,
};
use crate::code::{Code, Coded};
use crate::interrupt::Interrupt;
use crate::limits::{Budget, Limits};
use crate::oci::{Compression, Descriptor, Digest, MediaType};
use crate::rootfs::{Entry, Kind};

/// Blobs in memory.
#[derive(Default)]
pub(crate) struct Memory(Mutex<HashMap<Digest, Vec<u8>>>);

impl Memory {
    /// Stores bytes under a descriptor's digest, whether they have it or not.
    pub(crate) fn put(&self, descriptor: &Descriptor, bytes: Vec<u8>) {
        self.0.lock().unwrap().insert(descriptor.digest, bytes);
    }

    /// Stores a layer of these blob bytes, and says it holds `tar`.
    pub(crate) fn layer(&self, compression: Compression, blob: Vec<u8>, tar: &[u8]) -> LayerBlob {
        let descriptor = Descriptor::of(MediaType::Layer(compression), &blob);
        self.put(&descriptor, blob);
        LayerBlob { descriptor, diff_id: Digest::of(tar) }
    }
}

impl BlobSource for Memory {
    fn open(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send>, SourceError> {
        let digest = descriptor.digest;
        let bytes = self.0.lock().unwrap().get(&digest).cloned().ok_or(SourceError::Missing { digest })?;
        Ok(Box::new(Cursor::new(bytes)))
    }
}

/// A tar archive under construction.
#[derive(Clone, Default)]
pub(crate) struct RawTar(pub(crate) Vec<u8>);

impl RawTar {
    /// Adds a POSIX member with its content, its header changed by `change` before the checksum is made.
    pub(crate) fn member(
        mut self,
        name: &[u8],
        flag: u8,
        content: &[u8],
        change: impl FnOnce(&mut [u8; 512]),
    ) -> Self {
        let mut block = [0; 512];
        block[..name.len()].copy_from_slice(name);
        block[100..108].copy_from_slice(b"0000644\0");
        block[108..116].copy_from_slice(b"0000000\0");
        block[116..124].copy_from_slice(b"0000000\0");
        block[124..136].copy_from_slice(format!("{:011o}\0", content.len()).as_bytes());
        block[136..148].copy_from_slice(b"00000000000\0");
        block[156] = flag;
        block[257..265].copy_from_slice(b"ustar\x0000");
        change(&mut block);
        self.0.extend_from_slice(&checked(block));
        self.blocks(content)
    }

    /// Adds bytes, padded to whole blocks.
    pub(crate) fn blocks(mut self, content: &[u8]) -> Self {
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    /// Adds a regular file.
    pub(crate) fn file(self, name: &str, content: &[u8]) -> Self {
        self.member(name.as_bytes(), b'0', content, |_| {})
    }

    /// Adds a directory.
    pub(crate) fn dir(self, name: &str) -> Self {
        self.member(name.as_bytes(), b'5', b"", |_| {})
    }

    /// Adds a link or another member with a target.
    pub(crate) fn link(self, name: &str, flag: u8, target: &str) -> Self {
        self.member(name.as_bytes(), flag, b"", |block| {
            block[157..157 + target.len()].copy_from_slice(target.as_bytes());
        })
    }

    /// Adds a PAX header of records.
    pub(crate) fn pax(self, records: &[(&str, &[u8])]) -> Self {
        self.extension(b'x', &records_of(records))
    }

    /// Adds an extension header of any kind.
    pub(crate) fn extension(self, flag: u8, content: &[u8]) -> Self {
        self.member(b"././@Extension", flag, content, |_| {})
    }

    /// Ends the archive.
    pub(crate) fn end(mut self) -> Vec<u8> {
        self.0.extend_from_slice(&[0; 1024]);
        self.0
    }
}

/// PAX records, one after the other.
pub(crate) fn records_of(records: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (key, value) in records {
        super::pax::append(&mut bytes, key.as_bytes(), value);
    }
    bytes
}

/// Sets the checksum of a header.
pub(crate) fn checked(mut block: [u8; 512]) -> [u8; 512] {
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

/// Compresses as one gzip member.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, bytes).unwrap();
    encoder.finish().unwrap()
}

/// Compresses as one zstd frame.
pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    ::zstd::encode_all(bytes, 1).unwrap()
}

/// A reading with limits of its own.
pub(crate) struct Reader {
    pub(crate) trust: Trust,
    pub(crate) allow_devices: bool,
    pub(crate) limits: Limits,
    pub(crate) budget: Budget,
    pub(crate) interrupt: Interrupt,
}

/// A reader of bases.
pub(crate) fn base() -> Reader {
    Reader::new(Trust::Base)
}

/// A reader of artifacts.
pub(crate) fn artifact() -> Reader {
    Reader::new(Trust::Artifact)
}

impl Reader {
    fn new(trust: Trust) -> Self {
        let limits = Limits::default();
        let budget = Budget::of(&limits);
        Self { trust, allow_devices: false, limits, budget, interrupt: Interrupt::default() }
    }

    /// How it reads.
    pub(crate) fn how(&self) -> Reading<'_> {
        let Self { trust, allow_devices, limits, budget, interrupt } = self;
        Reading { trust: *trust, allow_devices: *allow_devices, limits, budget, interrupt }
    }

    /// Reads an uncompressed layer.
    pub(crate) fn tar(&self, tar: &[u8]) -> Result<LayerIndex, ReadError> {
        self.blob(Compression::None, tar.to_vec(), tar)
    }

    /// Reads a layer with this blob, said to hold `tar`.
    pub(crate) fn blob(
        &self,
        compression: Compression,
        blob: Vec<u8>,
        tar: &[u8],
    ) -> Result<LayerIndex, ReadError> {
        let memory = Memory::default();
        let layer = memory.layer(compression, blob, tar);
        read(&memory, &layer, &self.how(), &mut IndexOnly)
    }

    /// The code that an uncompressed layer is refused with; nothing where it is not.
    pub(crate) fn refusal(&self, tar: &[u8]) -> Option<Code> {
        self.tar(tar).err().map(|error| error.code())
    }
}

/// The items of an index, one text each: `d/`, `f`, `s -> t`, `h = t`, `-x` for a whiteout, `!d` for an opaque directory.
pub(crate) fn listing(index: &LayerIndex) -> Vec<String> {
    let text = |item: Item| match &item.kind {
        ItemKind::Whiteout(path) => format!("-{path}"),
        ItemKind::Opaque(dir) => format!("!{dir}"),
        ItemKind::Entry(entry) => match &entry.kind {
            Kind::Directory if entry.path.is_root() => "/".to_owned(),
            Kind::Directory => format!("{}/", entry.path),
            Kind::Symlink(target) => format!("{} -> {}", entry.path, target.escape_ascii()),
            Kind::Hardlink(target) => format!("{} = {target}", entry.path),
            _ => entry.path.to_string(),
        },
    };
    index.items.iter().map(text).collect()
}

/// The entry at a place of an index.
pub(crate) fn entry(index: &LayerIndex, ordinal: u32) -> Entry {
    match index.items.get(ordinal).kind {
        ItemKind::Entry(entry) => entry,
        other => panic!("{other:?} is no entry"),
    }
}
