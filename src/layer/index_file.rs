//! Layer indexes as bytes, for those that are kept.
//!
//! A sequence of records in [postcard](https://postcard.jamesmunns.com)'s form, in chunks with their length before them,
//! so that neither writing nor reading holds more than a chunk. Each path is spelled by what it shares with the one before.

mod record;

use std::io::{self, Read, Write};

use record::{Record, StoredFault, StoredWarning, path};

use super::{Elf, Item, ItemKind, Items, LayerIndex};
use crate::rootfs::RootPath;

/// The version of this form and of what an index holds; it grows when either changes.
pub const INDEX_VERSION: u32 = 2;

/// Bytes of records after which a chunk is written.
const CHUNK: usize = 64 << 10;

impl LayerIndex {
    /// Writes the index.
    pub fn write_to(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut chunks = Chunks { out, bytes: Vec::with_capacity(2 * CHUNK) };
        let items = u32::try_from(self.items.len()).map_err(io::Error::other)?;
        chunks.add(&Record::Head { diff_id: self.diff_id, size: self.size, items })?;
        let mut before = RootPath::root();
        for item in self.items.iter() {
            let path = item.path();
            let (old, new) = (before.as_bytes(), path.as_bytes());
            let shared = old.iter().zip(new).take_while(|(a, b)| a == b).count();
            chunks.add(&Record::item(&item, shared, &new[shared..]))?;
            before = path.clone();
        }
        for (ordinal, bytes) in &self.kept {
            chunks.add(&Record::Kept { ordinal: *ordinal, bytes })?;
        }
        for (ordinal, elf) in &self.elf {
            chunks.add(&Record::Elf {
                ordinal: *ordinal,
                machine: elf.machine,
                soname: elf.soname.as_deref(),
            })?;
        }
        for (ordinal, fault) in &self.faults {
            chunks.add(&Record::Fault { ordinal: *ordinal, fault: StoredFault::of(fault) })?;
        }
        for warning in &self.warnings {
            chunks.add(&Record::Warning(StoredWarning::of(warning)))?;
        }
        chunks.flush()
    }

    /// Reads an index back, to the end of `input`.
    pub fn read_from(input: &mut dyn Read) -> io::Result<Self> {
        let mut reading = Reading::default();
        let mut chunk = Vec::new();
        while next_chunk(input, &mut chunk)? {
            let mut rest = chunk.as_slice();
            while !rest.is_empty() {
                let (record, after) = postcard::take_from_bytes(rest).map_err(|_| broken())?;
                reading.take(record)?;
                rest = after;
            }
        }
        reading.finish()
    }
}

impl Item {
    /// The path it is about.
    fn path(&self) -> &RootPath {
        match &self.kind {
            ItemKind::Entry(entry) => &entry.path,
            ItemKind::Whiteout(path) | ItemKind::Opaque(path) => path,
        }
    }
}

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "is no layer index")
}

struct Chunks<'a> {
    out: &'a mut dyn Write,
    bytes: Vec<u8>,
}

impl Chunks<'_> {
    fn add(&mut self, record: &Record<'_>) -> io::Result<()> {
        let bytes = std::mem::take(&mut self.bytes);
        self.bytes = postcard::to_extend(record, bytes).map_err(io::Error::other)?;
        if self.bytes.len() < CHUNK { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> io::Result<()> {
        let length = u32::try_from(self.bytes.len()).map_err(io::Error::other)?;
        self.out.write_all(&length.to_le_bytes())?;
        self.out.write_all(&self.bytes)?;
        self.bytes.clear();
        Ok(())
    }
}

/// Reads the next chunk; false at the end.
fn next_chunk(input: &mut dyn Read, chunk: &mut Vec<u8>) -> io::Result<bool> {
    let mut length = Vec::new();
    input.take(4).read_to_end(&mut length)?;
    let Ok(length) = <[u8; 4]>::try_from(length.as_slice()) else {
        return if length.is_empty() { Ok(false) } else { Err(broken()) };
    };
    chunk.clear();
    let length = u32::from_le_bytes(length);
    // The length is not verified yet, so that no room is made for it in advance.
    if input.take(length.into()).read_to_end(chunk)? == length as usize { Ok(true) } else { Err(broken()) }
}

/// An index while its records are read.
#[derive(Default)]
struct Reading {
    index: Option<LayerIndex>,
    items: u32,
    path: Vec<u8>,
}

impl Reading {
    fn take(&mut self, record: Record<'_>) -> io::Result<()> {
        if let Record::Head { diff_id, size, items } = record {
            self.items = items;
            self.index = Some(LayerIndex {
                diff_id,
                size,
                items: Items::default(),
                kept: Default::default(),
                elf: Default::default(),
                faults: Default::default(),
                warnings: Vec::new(),
            });
            return Ok(());
        }
        let index = self.index.as_mut().ok_or_else(broken)?;
        match record {
            Record::Head { .. } => {}
            Record::Item { shared, rest, offset, meaning } => {
                self.path.truncate(shared.into());
                self.path.extend_from_slice(rest);
                index.items.push(&Item { kind: meaning.kind(path(&self.path)?)?, offset });
            }
            Record::Kept { ordinal, bytes } => drop(index.kept.insert(ordinal, bytes.into())),
            Record::Elf { ordinal, machine, soname } => {
                index.elf.insert(ordinal, Elf { machine, soname: soname.map(Into::into) });
            }
            Record::Fault { ordinal, fault } => drop(index.faults.insert(ordinal, fault.fault()?)),
            Record::Warning(warning) => index.warnings.push(warning.warning()?),
        }
        Ok(())
    }

    /// The index, once all of its parts fit together.
    fn finish(self) -> io::Result<LayerIndex> {
        let index = self.index.ok_or_else(broken)?;
        let is_item = |ordinal: &u32| (*ordinal as usize) < index.items.len();
        let fits = index.items.len() == self.items as usize
            && index.kept.keys().all(is_item)
            && index.elf.keys().all(is_item)
            && index.faults.keys().all(is_item);
        if fits { Ok(index) } else { Err(broken()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::elf::tests::object;
    use crate::layer::raw::{Memory, RawTar, Reader, artifact, base};
    use crate::layer::{Survey, read};
    use crate::oci::Compression;

    fn again(index: &LayerIndex) -> io::Result<LayerIndex> {
        let mut bytes = Vec::new();
        index.write_to(&mut bytes)?;
        LayerIndex::read_from(&mut bytes.as_slice())
    }

    /// Reads a layer and all of its faults.
    fn survey(reader: &Reader, tar: &[u8]) -> LayerIndex {
        let memory = Memory::default();
        let layer = memory.layer(Compression::None, tar.to_vec(), tar);
        read(&memory, &layer, &reader.how(), &mut Survey).unwrap()
    }

    /// A layer with every kind of item, and with faults where it is an artifact's.
    fn odd() -> RawTar {
        let mut tar = RawTar::default()
            .dir("etc")
            .file("etc/passwd", b"root:x:0:0::/:/\n")
            .link("etc/link", b'2', "../x y")
            .link("etc/hard", b'1', "etc/passwd")
            .link("etc/missing", b'1', "etc/nothing")
            .link("etc/dir", b'1', "etc")
            .file("gone", b"")
            .file("lib/libx.so.1", &object(Elf::AARCH64, "libx.so.1", true, 9))
            .file("lib/libnameless.so", &object(Elf::X86_64, "", true, 0))
            .link("etc/gone", b'1', "gone")
            .file("etc/passwd/below", b"")
            .file("etc/link/below", b"")
            .file("etc/twice", b"1")
            .file("etc/twice", b"2")
            .file(".wh.gone", b"")
            .file("opaque/.wh..wh..opq", b"")
            .pax(&[("SCHILY.xattr.user.overlay.a", b"b")])
            .file("poisoned", b"")
            .pax(&[("SCHILY.xattr.user.a", b"\0\xff")])
            .file("attributed", b"")
            .member(b"not/\xff", b'0', b"", |_| {});
        for flag in *b"346" {
            tar = tar.member(&[b"device", [flag].as_slice()].concat(), flag, b"", |_| {});
        }
        tar
    }

    #[test]
    fn an_index_is_the_same_when_it_is_read_back() {
        let of_base = odd().member(b"odd", b'?', b"", |_| {}).file(".wh.x/y", b"").end();
        let with_end = odd().end();
        let without = &with_end[..with_end.len() - 1024];
        for (reader, tar, faults, warnings) in
            [(base(), &*of_base, 0, 2), (artifact(), &*with_end, 11, 0), (artifact(), without, 11, 1)]
        {
            let index = survey(&reader, tar);
            assert_eq!((index.faults.len(), index.warnings.len()), (faults, warnings), "{:?}", index.faults);
            assert_eq!(index.elf.len(), 2);
            assert_eq!(again(&index).unwrap(), index);
        }
    }

    #[test]
    fn an_index_of_many_chunks_is_the_same_when_it_is_read_back() {
        let mut tar = RawTar::default();
        for number in 0..3000 {
            tar = tar.file(&format!("usr/share/doc/package-{:03}/file-{number:05}", number % 70), b"");
        }
        let index = survey(&artifact(), &tar.end());
        let mut bytes = Vec::new();
        index.write_to(&mut bytes).unwrap();
        assert!(bytes.len() > CHUNK);
        assert_eq!(LayerIndex::read_from(&mut bytes.as_slice()).unwrap(), index);
    }

    #[test]
    fn what_is_cut_fails_and_what_is_changed_never_panics() {
        let index = survey(&artifact(), &odd().end());
        let mut bytes = Vec::new();
        index.write_to(&mut bytes).unwrap();
        for length in 0..bytes.len() {
            assert!(LayerIndex::read_from(&mut &bytes[..length]).is_err(), "{length}");
        }
        for bit in 0..8 * bytes.len() {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let _ = LayerIndex::read_from(&mut changed.as_slice());
        }
    }
}
