//! Layers to items and bytes: everything is verified on the way.

use std::io::{self, Read};

use sha2::{Digest as _, Sha256};

use super::archive::Archive;
use super::elf::Probe;
use super::item::Meaning;
use super::record::Record;
use super::stream::TarStream;
use super::{
    BlobSource, DiffIdError, Item, ItemKind, LayerIndex, LimitError, ReadError, ReadErrorKind, Warning,
};
use crate::interrupt::Interrupt;
use crate::limits::{Budget, Limits};
use crate::oci::{Descriptor, Digest};
use crate::rootfs::{FileContent, Kind, RootPath};

/// Whose layer is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trust {
    /// A base's: followed as it is.
    Base,
    /// An artifact's: refused when in doubt.
    Artifact,
}

/// A layer's blob, and what its tar is called in the config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerBlob {
    /// The blob.
    pub descriptor: Descriptor,
    /// The digest of the uncompressed tar.
    pub diff_id: Digest,
}

/// How layers are read.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// Whose layer it is.
    pub trust: Trust,
    /// Whether an artifact may bring devices and named pipes.
    pub allow_devices: bool,
    /// The limits.
    pub limits: &'a Limits,
    /// What the build may still read.
    pub budget: &'a Budget,
    /// A request to stop.
    pub interrupt: &'a Interrupt,
}

/// Somebody who is shown a layer. Nothing that was shown is verified before the reading has ended well.
pub trait Visitor {
    /// An item, in the order of the stream. The sha256 of a file is not known yet and is zeros. Returns whether its bytes are
    /// wanted; a file without bytes gives none.
    fn item(&mut self, ordinal: u32, item: &Item) -> io::Result<bool>;

    /// Bytes of the file last wanted, in pieces.
    fn data(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// The names of the user and group of an entry as its header has them, empty where it has none. Told right before the
    /// item.
    fn owner_names(&mut self, _ordinal: u32, _user: &[u8], _group: &[u8]) {}

    /// Whether an item of an artifact is to be used, so that a fault of it ends the reading. Asked once for each item, before
    /// it is shown.
    fn selects(&mut self, _ordinal: u32, _item: &Item) -> bool {
        true
    }
}

/// A visitor that wants no bytes, and an artifact without any fault.
#[derive(Clone, Copy, Debug, Default)]
pub struct IndexOnly;

/// A visitor that wants no bytes and selects nothing: all faults of an artifact come into its index.
#[derive(Clone, Copy, Debug, Default)]
pub struct Survey;

impl Visitor for IndexOnly {
    fn item(&mut self, _: u32, _: &Item) -> io::Result<bool> {
        Ok(false)
    }

    fn data(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
}

impl Visitor for Survey {
    fn item(&mut self, _: u32, _: &Item) -> io::Result<bool> {
        Ok(false)
    }

    fn data(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn selects(&mut self, _: u32, _: &Item) -> bool {
        false
    }
}

/// Reads a layer for the first time, to its end: blob digest, size, diff ID and all rules for tar are verified, the content
/// of every file is hashed.
pub fn read(
    source: &dyn BlobSource,
    layer: &LayerBlob,
    how: &Reading<'_>,
    visitor: &mut dyn Visitor,
) -> Result<LayerIndex, ReadError> {
    let Ended { size, warnings, record, .. } = walk(source, layer, how, visitor, Some(Record::new(how)))?;
    let mut record = record.expect("a walk gives back the record it was given");
    let faults = record.faults(layer.descriptor.digest)?;
    let Record { items, kept, elf, .. } = record;
    Ok(LayerIndex { diff_id: layer.diff_id, size, items, kept, elf, faults, warnings })
}

/// Reads a layer whose index is known once more: it is verified as in [`read`], but no content is hashed on its own, and
/// nothing is judged again.
pub fn replay(
    source: &dyn BlobSource,
    layer: &LayerBlob,
    how: &Reading<'_>,
    visitor: &mut dyn Visitor,
) -> Result<(), ReadError> {
    walk(source, layer, how, visitor, None).map(drop)
}

/// Reads a tar that is decoded already, as that of a package is, for the first time; `name` is what errors call it by.
///
/// Whoever decodes it answers for its bytes: an error of theirs is one of reading. The diff ID is that of what was read.
pub fn read_tar(
    tar: Box<dyn Read + Send + '_>,
    name: Digest,
    how: &Reading<'_>,
    visitor: &mut dyn Visitor,
) -> Result<LayerIndex, ReadError> {
    let Ended { diff_id, size, warnings, record } =
        walk_tar(tar, name, how, visitor, Some(Record::new(how)))?;
    let mut record = record.expect("a walk gives back the record it was given");
    let faults = record.faults(name)?;
    let Record { items, kept, elf, .. } = record;
    Ok(LayerIndex { diff_id, size, items, kept, elf, faults, warnings })
}

/// Reads a decoded tar whose index is known once more; it has to have the diff ID of that.
pub fn replay_tar(
    tar: Box<dyn Read + Send + '_>,
    name: Digest,
    diff_id: Digest,
    how: &Reading<'_>,
    visitor: &mut dyn Visitor,
) -> Result<(), ReadError> {
    let ended = walk_tar(tar, name, how, visitor, None)?;
    ended.is_called(diff_id).map_err(|kind| ReadError::whole(name, kind))
}

/// What is known of a layer at its end.
struct Ended<'a> {
    diff_id: Digest,
    size: u64,
    warnings: Vec<Warning>,
    record: Option<Record<'a>>,
}

/// A layer on its way past a visitor.
struct Walk<'s, 'a, 'v> {
    archive: Archive<'s>,
    how: &'a Reading<'a>,
    visitor: &'v mut dyn Visitor,
    record: Option<Record<'a>>,
    items: u32,
}

fn walk<'a>(
    source: &dyn BlobSource,
    layer: &LayerBlob,
    how: &'a Reading<'a>,
    visitor: &mut dyn Visitor,
    record: Option<Record<'a>>,
) -> Result<Ended<'a>, ReadError> {
    let name = layer.descriptor.digest;
    let stream = TarStream::open(source, layer, how).map_err(|kind| ReadError::whole(name, kind))?;
    let ended = walk_stream(stream, name, how, visitor, record)?;
    ended.is_called(layer.diff_id).map_err(|kind| ReadError::whole(name, kind))?;
    Ok(ended)
}

fn walk_tar<'a>(
    tar: Box<dyn Read + Send + '_>,
    name: Digest,
    how: &'a Reading<'a>,
    visitor: &mut dyn Visitor,
    record: Option<Record<'a>>,
) -> Result<Ended<'a>, ReadError> {
    walk_stream(TarStream::decoded(tar, how), name, how, visitor, record)
}

fn walk_stream<'a>(
    stream: TarStream<'_>,
    name: Digest,
    how: &'a Reading<'a>,
    visitor: &mut dyn Visitor,
    record: Option<Record<'a>>,
) -> Result<Ended<'a>, ReadError> {
    let mut walk = Walk { archive: Archive::new(stream, how), how, visitor, record, items: 0 };
    match walk.run() {
        Ok(()) => Ok(walk.finish()),
        Err(kind) => Err(walk.error(name, kind)),
    }
}

impl<'a> Walk<'_, 'a, '_> {
    fn run(&mut self) -> Result<(), ReadErrorKind> {
        while let Some(member) = self.archive.next()? {
            let offset = member.offset;
            if self.record.is_some() {
                self.how.budget.enter(member.names).map_err(LimitError::Build)?;
            }
            match Meaning::of(member, self.archive.name(), self.how.trust, self.how.limits)? {
                Meaning::Nothing(warning) => self.archive.warn(warning),
                Meaning::Item(kind) => self.item(Item { kind, offset })?,
            }
        }
        Ok(())
    }

    fn item(&mut self, mut item: Item) -> Result<(), ReadErrorKind> {
        let ordinal = self.items;
        let limit = self.how.limits.layer_entries;
        self.items = ordinal.checked_add(1).ok_or(LimitError::Entries { limit })?;
        if let Some(record) = &mut self.record {
            record.judge(&mut item, self.visitor)?;
        }
        let (user, group) = self.archive.owner_names();
        self.visitor.owner_names(ordinal, user, group);
        let wanted = self.visitor.item(ordinal, &item).map_err(ReadErrorKind::Visitor)?;
        if let ItemKind::Entry(entry) = &mut item.kind
            && let Kind::File(content) = entry.kind
        {
            let sha256 = self.content(ordinal, &entry.path, content, wanted)?;
            entry.kind = Kind::File(FileContent { sha256, ..content });
        }
        if let Some(record) = &mut self.record {
            record.push(&item);
        }
        Ok(())
    }

    /// Ends a walk that came to the end of the layer.
    fn finish(self) -> Ended<'a> {
        let (stream, warnings) = self.archive.finish();
        let (diff_id, size) = stream.finish();
        Ended { diff_id, size, warnings, record: self.record }
    }

    /// Ends a walk that failed. Bytes that are broken because the blob is another one are told as that.
    fn error(mut self, layer: Digest, kind: ReadErrorKind) -> ReadError {
        match self.archive.explanation(kind) {
            kind @ ReadErrorKind::Verify(_) => ReadError::whole(layer, kind),
            kind => ReadError::at(layer, self.archive.name(), self.archive.at(), kind),
        }
    }

    /// Reads the content of a file; gives its sha256, or zeros where nothing is recorded or it is sparse.
    fn content(
        &mut self,
        ordinal: u32,
        path: &RootPath,
        content: FileContent,
        wanted: bool,
    ) -> Result<[u8; 32], ReadErrorKind> {
        if content.sparse {
            return if wanted { Err(ReadErrorKind::Sparse) } else { Ok(content.sha256) };
        }
        let mut hasher = self.record.is_some().then(Sha256::new);
        let mut kept =
            self.record.as_ref().filter(|record| record.keeps(path, content.size)).map(|_| Vec::new());
        if kept.is_some() {
            self.how.budget.keep(content.size).map_err(LimitError::Build)?;
        }
        let mut probe = self.record.as_ref().and_then(|_| Probe::of(path));
        let visitor = &mut *self.visitor;
        self.archive.content(|bytes| {
            if let Some(hasher) = &mut hasher {
                hasher.update(bytes);
            }
            if let Some(kept) = &mut kept {
                kept.extend_from_slice(bytes);
            }
            if let Some(probe) = &mut probe {
                probe.take(bytes);
            }
            if wanted { visitor.data(bytes).map_err(ReadErrorKind::Visitor) } else { Ok(()) }
        })?;
        if let (Some(record), Some(kept)) = (&mut self.record, kept) {
            record.keep(ordinal, kept);
        }
        if let (Some(record), Some(elf)) = (&mut self.record, probe.and_then(Probe::finish)) {
            self.how.budget.keep(elf.kept_bytes()).map_err(LimitError::Build)?;
            record.elf.insert(ordinal, elf);
        }
        Ok(hasher.map_or([0; 32], |hasher| hasher.finalize().into()))
    }
}

impl Ended<'_> {
    /// Refuses a tar of another diff ID.
    fn is_called(&self, expected: Digest) -> Result<(), ReadErrorKind> {
        let found = self.diff_id;
        if found == expected {
            return Ok(());
        }
        Err(ReadErrorKind::DiffId(Box::new(DiffIdError { expected, found })))
    }
}

impl ReadError {
    pub(super) fn at(layer: Digest, name: &[u8], offset: u64, kind: ReadErrorKind) -> Self {
        // A name that is refused for its length is not told whole.
        let name = &name[..name.len().min(RootPath::LIMIT)];
        let entry = (!name.is_empty()).then(|| name.into());
        Self { layer, entry, offset, kind: Box::new(kind) }
    }

    fn whole(layer: Digest, kind: ReadErrorKind) -> Self {
        Self::at(layer, b"", 0, kind)
    }
}

#[cfg(test)]
mod tests;
