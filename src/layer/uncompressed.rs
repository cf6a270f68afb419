//! A layer's tar as plain bytes, for formats that know no compression.

use std::io::{self, Read};

use super::stream::TarStream;
use super::{BlobSource, DiffIdError, LayerBlob, ReadErrorKind, Reading, VerifyError};
use crate::oci::Digest;

/// A reader of a layer's tar, which fails unless blob, diff ID and size are what was promised.
///
/// Only a reader that was read to its end has verified anything. Its errors hold a [`ReadErrorKind`].
pub struct Uncompressed<'a> {
    state: State<'a>,
    diff_id: Digest,
    size: u64,
}

enum State<'a> {
    Reading(Box<TarStream<'a>>),
    Ended,
    Failed,
}

impl<'a> Uncompressed<'a> {
    /// Opens a layer that promises a tar of `size` bytes.
    pub fn open(
        source: &dyn BlobSource,
        layer: &LayerBlob,
        size: u64,
        how: &'a Reading<'a>,
    ) -> Result<Self, ReadErrorKind> {
        let stream = Box::new(TarStream::open(source, layer, how)?);
        Ok(Self { state: State::Reading(stream), diff_id: layer.diff_id, size })
    }

    fn step(&mut self, out: &mut [u8]) -> Result<usize, ReadErrorKind> {
        let State::Reading(stream) = &mut self.state else { return Ok(0) };
        let ready = match stream.fill() {
            Ok(ready) => ready.len().min(out.len()),
            // Bytes that are broken because the blob is another one are told as that.
            Err(error) if error.is_in_content() => return Err(stream.drain_blob().err().unwrap_or(error)),
            Err(error) => return Err(error),
        };
        let found = stream.offset() + ready as u64;
        if found > self.size || (ready == 0 && found < self.size) {
            return Err(VerifyError::Size { digest: self.diff_id, expected: self.size, found }.into());
        }
        if ready == 0 {
            return self.end();
        }
        out[..ready].copy_from_slice(&stream.fill()?[..ready]);
        stream.consume(ready);
        Ok(ready)
    }

    fn end(&mut self) -> Result<usize, ReadErrorKind> {
        let State::Reading(stream) = std::mem::replace(&mut self.state, State::Ended) else { return Ok(0) };
        let expected = self.diff_id;
        match stream.finish() {
            (found, _) if found == expected => Ok(0),
            (found, _) => Err(ReadErrorKind::DiffId(Box::new(DiffIdError { expected, found }))),
        }
    }
}

impl Read for Uncompressed<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self.state {
            _ if out.is_empty() => Ok(0),
            State::Ended => Ok(0),
            State::Failed => Err(io::Error::other("the layer could not be read to its end")),
            State::Reading(_) => self.step(out).map_err(|error| {
                self.state = State::Failed;
                io::Error::other(error)
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::{Code, Coded};
    use crate::layer::raw::{Memory, base, gzip, zstd};
    use crate::oci::Compression;

    fn decode(
        compression: Compression,
        stored: &[u8],
        promised: &[u8],
        size: u64,
    ) -> Result<Vec<u8>, Option<Code>> {
        let memory = Memory::default();
        let layer = memory.layer(compression, stored.to_vec(), promised);
        read(&memory, &layer, size)
    }

    fn read(memory: &Memory, layer: &LayerBlob, size: u64) -> Result<Vec<u8>, Option<Code>> {
        let reader = base();
        let how = reader.how();
        let mut bytes = Vec::new();
        let mut tar = Uncompressed::open(memory, layer, size, &how).map_err(|kind| Some(kind.code()))?;
        let code = |error: io::Error| error.downcast::<ReadErrorKind>().ok().map(|kind| kind.code());
        match tar.read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(error) => {
                assert!(tar.read(&mut [0]).is_err(), "a failed reader never seems to have ended");
                Err(code(error))
            }
        }
    }

    #[test]
    fn every_compression_gives_the_tar() {
        let text = b"text".repeat(100_000);
        let members = [gzip(&text[..9]), gzip(b""), gzip(&text[9..]), vec![0; 1000]].concat();
        for (compression, stored) in
            [(Compression::None, &text), (Compression::Gzip, &members), (Compression::Zstd, &zstd(&text))]
        {
            assert_eq!(decode(compression, stored, &text, text.len() as u64).unwrap(), text, "{compression}");
        }
        assert_eq!(decode(Compression::Zstd, &gzip(&text), &text, text.len() as u64).unwrap(), text);
    }

    #[test]
    fn t28_a_broken_gzip_stream_is_an_error() {
        let stored = gzip(b"text");
        let mut changed = stored.clone();
        changed[stored.len() - 8] ^= 1;
        let garbage = [stored.as_slice(), b"garbage"].concat();
        for broken in [&stored[..stored.len() - 9], &changed, &garbage] {
            assert_eq!(decode(Compression::Gzip, broken, b"text", 4), Err(Some(Code::Gzip)));
        }
    }

    #[test]
    fn t29_another_tar_than_promised_is_an_error() {
        let (gzip, zstd) = (gzip(b"text"), zstd(b"text"));
        assert_eq!(decode(Compression::Gzip, &gzip, b"test", 4), Err(Some(Code::DiffId)));
        assert_eq!(decode(Compression::Gzip, &gzip, b"text", 3), Err(Some(Code::Size)));
        assert_eq!(decode(Compression::Gzip, &gzip, b"text", 5), Err(Some(Code::Size)));
        assert_eq!(decode(Compression::Zstd, &zstd[..zstd.len() - 1], b"text", 4), Err(Some(Code::Zstd)));
    }

    #[test]
    fn t29_a_broken_stream_of_another_blob_is_told_as_that() {
        let memory = Memory::default();
        let layer = memory.layer(Compression::Gzip, gzip(b"text"), b"text");
        let mut other = gzip(b"text");
        other[12] ^= 0xff;
        memory.put(&layer.descriptor, other);
        assert_eq!(read(&memory, &layer, 4), Err(Some(Code::Digest)));
    }
}
