//! The bytes of a layer's tar: decoded, hashed, and counted against every budget.

use std::io::Read;

use super::blob::Blob;
use super::gzip::GzipDecoder;
use super::header::BLOCK;
use super::zstd::ZstdDecoder;
use super::{BlobSource, LayerBlob, LimitError, ReadErrorKind, Reading, Trust};
use crate::oci::{Compression, Digest, Hasher};

/// Bytes decoded at once.
const CHUNK: usize = 128 << 10;

/// The tar of a layer, read once from its begin to its end.
pub(super) struct TarStream<'a> {
    decoder: Decoder<'a>,
    buffer: Box<[u8]>,
    /// What of the buffer is decoded and not consumed.
    start: usize,
    end: usize,
    /// Bytes decoded so far.
    decoded: u64,
    hasher: Hasher,
    how: &'a Reading<'a>,
    /// Whether the compression is another than the media type's.
    is_mislabelled: bool,
}

enum Decoder<'a> {
    /// A tar that somebody else decoded and answers for.
    Tar(Box<dyn Read + Send + 'a>),
    Plain(Blob),
    Gzip(GzipDecoder<'a>),
    Zstd(Box<ZstdDecoder<'a>>),
}

impl<'a> TarStream<'a> {
    /// Opens a layer, by its first bytes rather than its media type where both differ in a base.
    pub(super) fn open(
        source: &dyn BlobSource,
        layer: &LayerBlob,
        how: &'a Reading<'a>,
    ) -> Result<Self, ReadErrorKind> {
        let descriptor = &layer.descriptor;
        let blob = Blob::open(source.open(descriptor)?, descriptor, how.limits)?;
        let declared = descriptor.media_type.layer_compression();
        // What is neither known nor a tar is left to the decoder it claims to be for: its error says more.
        let found = blob.compression().or(declared).unwrap_or(Compression::None);
        let is_mislabelled = declared != Some(found);
        if is_mislabelled && how.trust == Trust::Artifact {
            let declared = descriptor.media_type.clone();
            return Err(ReadErrorKind::Compression { declared, found });
        }
        let decoder = match found {
            Compression::None => Decoder::Plain(blob),
            Compression::Gzip => Decoder::Gzip(GzipDecoder::new(blob, how)),
            Compression::Zstd => Decoder::Zstd(Box::new(ZstdDecoder::new(blob, how))),
        };
        Ok(Self { is_mislabelled, ..Self::new(decoder, layer.diff_id.hasher(), how) })
    }

    /// A tar that is decoded already, as those in packages are.
    pub(super) fn decoded(tar: Box<dyn Read + Send + 'a>, how: &'a Reading<'a>) -> Self {
        Self::new(Decoder::Tar(tar), Hasher::default(), how)
    }

    fn new(decoder: Decoder<'a>, hasher: Hasher, how: &'a Reading<'a>) -> Self {
        let buffer = vec![0; CHUNK].into_boxed_slice();
        Self { decoder, buffer, start: 0, end: 0, decoded: 0, hasher, how, is_mislabelled: false }
    }

    /// Whether the compression is another than the media type's.
    pub(super) fn is_mislabelled(&self) -> bool {
        self.is_mislabelled
    }

    /// Bytes consumed so far.
    pub(super) fn offset(&self) -> u64 {
        self.decoded - (self.end - self.start) as u64
    }

    /// The bytes that are ready, at least one but at the end.
    pub(super) fn fill(&mut self) -> Result<&[u8], ReadErrorKind> {
        if self.start == self.end {
            self.decode()?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    /// Consumes bytes that were ready.
    pub(super) fn consume(&mut self, bytes: usize) {
        self.start += bytes;
        debug_assert!(self.start <= self.end);
    }

    /// The next block; nothing right at the end.
    pub(super) fn block(&mut self) -> Result<Option<[u8; BLOCK]>, ReadErrorKind> {
        let mut block = [0; BLOCK];
        let mut filled = 0;
        while filled < BLOCK {
            let ready = self.fill()?;
            let taken = ready.len().min(BLOCK - filled);
            block[filled..filled + taken].copy_from_slice(&ready[..taken]);
            match (taken, filled) {
                (0, 0) => return Ok(None),
                (0, _) => return Err(ReadErrorKind::Truncated),
                _ => self.consume(taken),
            }
            filled += taken;
        }
        Ok(Some(block))
    }

    /// Passes the next `bytes` to `each`, in pieces.
    pub(super) fn take(
        &mut self,
        mut bytes: u64,
        mut each: impl FnMut(&[u8]) -> Result<(), ReadErrorKind>,
    ) -> Result<(), ReadErrorKind> {
        while bytes > 0 {
            let ready = self.fill()?;
            if ready.is_empty() {
                return Err(ReadErrorKind::Truncated);
            }
            let taken = usize::try_from(bytes).unwrap_or(usize::MAX).min(ready.len());
            each(&ready[..taken])?;
            self.consume(taken);
            bytes -= taken as u64;
        }
        Ok(())
    }

    /// The digest and size of the tar, of which everything was consumed.
    pub(super) fn finish(self) -> (Digest, u64) {
        (self.hasher.finish(), self.decoded)
    }

    /// Reads what is left of the blob, undecoded, so that its digest and size are verified.
    pub(super) fn drain_blob(&mut self) -> Result<(), ReadErrorKind> {
        match &mut self.decoder {
            Decoder::Tar(_) => return Ok(()),
            Decoder::Plain(blob) => blob,
            Decoder::Gzip(decoder) => decoder.blob(),
            Decoder::Zstd(decoder) => decoder.blob(),
        }
        .drain(self.how.interrupt)
    }

    fn decode(&mut self) -> Result<(), ReadErrorKind> {
        self.how.interrupt.check()?;
        let read = self.decoder.read(&mut self.buffer)?;
        (self.start, self.end) = (0, read);
        self.decoded += read as u64;
        let limit = self.how.limits.layer_bytes;
        if self.decoded > limit {
            return Err(LimitError::Layer { limit }.into());
        }
        self.how.budget.spend(read as u64).map_err(LimitError::Build)?;
        self.hasher.update(&self.buffer[..read]);
        Ok(())
    }
}

impl Decoder<'_> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, ReadErrorKind> {
        match self {
            Self::Tar(tar) => tar.read(out).map_err(ReadErrorKind::Io),
            Self::Plain(blob) => blob.read(out).map_err(super::blob::own),
            Self::Gzip(decoder) => decoder.read(out),
            Self::Zstd(decoder) => decoder.read(out),
        }
    }
}
