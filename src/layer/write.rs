//! Entries to a layer: tar, compressed and measured, in the order they are given.

use std::io::{self, BufWriter, Write};

use super::archive::padding;
use super::compress::{Codec, Compressor};
use super::header::BLOCK;
use super::measure::Measured;
use super::ustar::headers;
use crate::oci::Digest;
use crate::rootfs::{Attributes, Entry, FileContent, Kind, Mode, Owner, RootPath};

/// Raised whenever the same entries come to give other bytes.
pub const EMITTER_VERSION: u32 = 1;

/// Bytes handed to hash and codec at once.
const CHUNK: usize = 64 << 10;

/// Writes a layer. What the layer holds is the caller's: paths that stand once, parents first, whiteouts before siblings.
///
/// The bytes depend on the entries, the codec and [`EMITTER_VERSION`] alone. Misuse is an error of kind `InvalidInput`.
pub struct LayerWriter<W: Write> {
    tar: BufWriter<Measured<Compressor<Measured<W>>>>,
    /// Bytes of content that the last entry still wants, and the padding to follow.
    content: u64,
    padding: u64,
}

/// What a written layer is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenLayer {
    /// The digest of the blob.
    pub digest: Digest,
    /// Bytes of the blob.
    pub size: u64,
    /// The digest of the uncompressed tar.
    pub diff_id: Digest,
    /// Bytes of the uncompressed tar.
    pub uncompressed: u64,
}

impl<W: Write> LayerWriter<W> {
    /// Begins a layer, compressed with this many threads, at least one.
    pub fn new(out: W, codec: Codec, threads: usize) -> io::Result<Self> {
        let compressor = Compressor::new(Measured::new(out), codec, threads)?;
        Ok(Self { tar: BufWriter::with_capacity(CHUNK, Measured::new(compressor)), content: 0, padding: 0 })
    }

    /// Writes the headers of an entry. The content of a file has to follow, all of it, before anything else.
    pub fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        self.ensure_complete()?;
        self.tar.write_all(&headers(entry)?)?;
        if let Kind::File(content) = entry.kind {
            (self.content, self.padding) = (content.size, padding(content.size));
        }
        Ok(())
    }

    /// Writes content of the file last given to [`entry`](Self::entry).
    pub fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        let left = self.content.checked_sub(bytes.len() as u64);
        self.content = left.ok_or_else(|| misuse("a file is given more bytes than its size"))?;
        self.tar.write_all(bytes)?;
        if self.content == 0 {
            let padding = std::mem::take(&mut self.padding) as usize;
            self.tar.write_all(&[0; BLOCK][..padding])?;
        }
        Ok(())
    }

    /// Deletes a path of the layers below, with everything below it.
    pub fn whiteout(&mut self, path: &RootPath, mtime: i64) -> io::Result<()> {
        let dir = path.parent().ok_or_else(|| misuse("the root cannot be deleted"))?;
        self.marker(&dir, &[b".wh.", path.name()].concat(), mtime)
    }

    /// Deletes everything that the layers below have in a directory.
    pub fn opaque(&mut self, dir: &RootPath, mtime: i64) -> io::Result<()> {
        self.marker(dir, b".wh..wh..opq", mtime)
    }

    /// Ends the layer and gives back the inner writer, unflushed.
    pub fn finish(mut self) -> io::Result<(W, WrittenLayer)> {
        self.ensure_complete()?;
        self.tar.write_all(&[0; 2 * BLOCK])?;
        let tar = self.tar.into_inner().map_err(io::IntoInnerError::into_error)?;
        let (compressor, diff_id, uncompressed) = tar.finish();
        let (out, digest, size) = compressor.finish()?.finish();
        Ok((out, WrittenLayer { digest, size, diff_id, uncompressed }))
    }

    fn marker(&mut self, dir: &RootPath, name: &[u8], mtime: i64) -> io::Result<()> {
        if name.len() > RootPath::COMPONENT_LIMIT {
            return Err(misuse("a name is too long to be deleted"));
        }
        let content = FileContent { size: 0, sha256: [0; 32], sparse: false };
        let attributes = Attributes { mtime, ..Attributes::new(Mode::new(0o644), Owner::ROOT) };
        self.entry(&Entry { path: dir.join(name), kind: Kind::File(content), attributes })
    }

    fn ensure_complete(&self) -> io::Result<()> {
        if self.content == 0 { Ok(()) } else { Err(misuse("a file is given fewer bytes than its size")) }
    }
}

fn misuse(reason: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, reason)
}

#[cfg(test)]
mod tests;
