//! A layer's blob on its way to the decoder: verified, buffered, its first bytes known.

use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};

use super::{LimitError, ReadErrorKind, VerifiedReader, VerifyError};
use crate::interrupt::Interrupt;
use crate::limits::Limits;
use crate::oci::{Compression, Descriptor};

/// Bytes read from a source at once.
const CHUNK: usize = 128 << 10;

/// How many of the first bytes are looked at: a tar header.
const PEEKED: u64 = 512;

/// The verified bytes of a blob. An error of the blob itself is told from the decoder's by [`taken_apart`].
pub(super) struct Blob(Box<Chain<Cursor<Vec<u8>>, BufReader<Marked>>>);

impl Blob {
    /// Opens a blob and reads its first bytes.
    pub(super) fn open(
        source: Box<dyn Read + Send>,
        descriptor: &Descriptor,
        limits: &Limits,
    ) -> Result<Self, ReadErrorKind> {
        let limit = limits.layer_compressed_bytes;
        if descriptor.size > limit {
            return Err(LimitError::Compressed { found: descriptor.size, limit }.into());
        }
        let verified = Marked(VerifiedReader::new(source, descriptor));
        let mut reader = BufReader::with_capacity(CHUNK, verified);
        let mut first = Vec::new();
        match (&mut reader).take(PEEKED).read_to_end(&mut first) {
            Ok(_) => Ok(Self(Box::new(Cursor::new(first).chain(reader)))),
            Err(error) => Err(own(error)),
        }
    }

    /// The compression that the first bytes tell; nothing where they tell none and are no tar either.
    pub(super) fn compression(&self) -> Option<Compression> {
        match self.0.get_ref().0.get_ref().as_slice() {
            [0x1f, 0x8b, ..] => Some(Compression::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Compression::Zstd),
            first if is_tar(first) => Some(Compression::None),
            _ => None,
        }
    }

    /// Whether nothing but zeros is left; reads to the end, or to the first other byte.
    pub(super) fn has_only_zeros(&mut self) -> io::Result<bool> {
        loop {
            let bytes = self.0.fill_buf()?;
            if bytes.is_empty() || bytes.iter().any(|byte| *byte != 0) {
                return Ok(bytes.is_empty());
            }
            let length = bytes.len();
            self.0.consume(length);
        }
    }

    /// Reads what is left, so that digest and size are verified.
    pub(super) fn drain(&mut self, interrupt: &Interrupt) -> Result<(), ReadErrorKind> {
        loop {
            interrupt.check()?;
            match self.0.fill_buf().map_err(own)?.len() {
                0 => return Ok(()),
                length => self.0.consume(length),
            }
        }
    }
}

impl Read for Blob {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out)
    }
}

impl BufRead for Blob {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.0.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        self.0.consume(bytes);
    }
}

/// Takes an error that came through a decoder apart: the blob's own, or else the decoder's.
pub(super) fn taken_apart(error: io::Error) -> Result<ReadErrorKind, io::Error> {
    error.downcast::<BlobError>().map(|BlobError(error)| match error.downcast::<VerifyError>() {
        Ok(error) => error.into(),
        Err(error) => ReadErrorKind::Io(error),
    })
}

/// An error that only the blob can have had.
pub(super) fn own(error: io::Error) -> ReadErrorKind {
    taken_apart(error).unwrap_or_else(ReadErrorKind::Io)
}

/// Marks every error as the blob's.
struct Marked(VerifiedReader<Box<dyn Read + Send>>);

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct BlobError(io::Error);

impl Read for Marked {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.read(out) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result.map_err(|error| io::Error::other(BlobError(error))),
            }
        }
    }
}

/// Whether a blob begins as a tar does: with a header, or, where the archive holds nothing, with zeros.
fn is_tar(first: &[u8]) -> bool {
    match first.first_chunk() {
        Some(block) => block.iter().all(|byte| *byte == 0) || super::header::Header::parse(block).is_ok(),
        None => false,
    }
}
