//! Layers as plain tars, for formats that know no compression.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;

use crate::code::{Code, Coded};
use crate::layer::VerifyError;
use crate::oci::{Compression, Digest, Hasher};

/// The log2 of the largest zstd window: what the zstd tool itself accepts.
const WINDOW_LOG: u32 = 27;
const PIECE: usize = 128 << 10;

/// A layer that cannot be unpacked into the tar it promises.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Its compressed stream is broken.
    #[error("broken {compression} stream: {source}")]
    Stream {
        /// How it is compressed.
        compression: Compression,
        /// What the decoder said.
        source: io::Error,
    },
    /// Its tar has another digest.
    #[error("uncompressed layer is {found}, expected {expected}")]
    DiffId {
        /// The diff ID that was promised.
        expected: Digest,
        /// The digest of the tar.
        found: Digest,
    },
    /// Its tar has more or fewer bytes.
    #[error("uncompressed layer has not {expected} bytes")]
    Size {
        /// The bytes that were promised.
        expected: u64,
    },
}

impl Coded for DecodeError {
    fn code(&self) -> Code {
        match self {
            Self::Stream { compression: Compression::Zstd, .. } => Code::Zstd,
            Self::Stream { .. } => Code::Gzip,
            Self::DiffId { .. } => Code::DiffId,
            Self::Size { .. } => Code::Size,
        }
    }
}

/// A reader of a layer's tar, whose end is an error unless it has the promised digest and size.
///
/// The error is an [`io::Error`] that holds a [`DecodeError`].
pub(super) struct Decoded<'a> {
    reader: Box<dyn Read + 'a>,
    compression: Compression,
    expected: Digest,
    size: u64,
    read: u64,
    hasher: Hasher,
}

impl<'a> Decoded<'a> {
    /// Decodes `reader`, which promises a tar of `size` bytes.
    pub(super) fn new(
        reader: impl Read + 'a,
        compression: Compression,
        diff_id: Digest,
        size: u64,
    ) -> io::Result<Self> {
        let reader: Box<dyn Read> = match compression {
            Compression::None => Box::new(reader),
            Compression::Gzip => Box::new(Members::new(BufReader::with_capacity(PIECE, reader))),
            Compression::Zstd => {
                let mut decoder = zstd::Decoder::new(reader)?;
                decoder.window_log_max(WINDOW_LOG)?;
                Box::new(decoder)
            }
        };
        Ok(Self { reader, compression, expected: diff_id, size, read: 0, hasher: diff_id.hasher() })
    }

    /// Tells a broken stream from a blob that could not be read.
    fn stream_error(&self, source: io::Error) -> io::Error {
        let of_blob = source.raw_os_error().is_some()
            || source.kind() == io::ErrorKind::Interrupted
            || source.get_ref().is_some_and(|inner| inner.is::<VerifyError>());
        match self.compression {
            Compression::None => source,
            _ if of_blob => source,
            compression => io::Error::other(DecodeError::Stream { compression, source }),
        }
    }
}

impl Read for Decoded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer).map_err(|error| self.stream_error(error))?;
        self.read += count as u64;
        self.hasher.update(&buffer[..count]);
        let ended = count == 0 && !buffer.is_empty();
        if self.read > self.size || (ended && self.read < self.size) {
            return Err(io::Error::other(DecodeError::Size { expected: self.size }));
        }
        let found = if ended { self.hasher.clone().finish() } else { self.expected };
        if found != self.expected {
            return Err(io::Error::other(DecodeError::DiffId { expected: self.expected, found }));
        }
        Ok(count)
    }
}

/// The bytes of all members of a gzip stream; zeros may follow the last one, as tape writers left them.
enum Members<R> {
    In(Box<GzDecoder<R>>),
    Ended,
}

impl<R: BufRead> Members<R> {
    fn new(reader: R) -> Self {
        Self::In(Box::new(GzDecoder::new(reader)))
    }

    fn next(mut reader: R) -> io::Result<Self> {
        if reader.fill_buf()?.first() != Some(&0) {
            let ended = reader.fill_buf()?.is_empty();
            return Ok(if ended { Self::Ended } else { Self::new(reader) });
        }
        loop {
            let zeros = reader.fill_buf()?;
            match zeros.len() {
                0 => return Ok(Self::Ended),
                count if zeros.iter().all(|byte| *byte == 0) => reader.consume(count),
                _ => return Err(io::Error::new(io::ErrorKind::InvalidData, "garbage after the last member")),
            }
        }
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Self::In(member) = self {
            match member.read(buffer)? {
                0 if !buffer.is_empty() => {
                    let Self::In(member) = std::mem::replace(self, Self::Ended) else { break };
                    *self = Self::next(member.into_inner())?;
                }
                count => return Ok(count),
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn decode(stored: &[u8], compression: Compression, promised: &[u8], size: u64) -> Result<Vec<u8>, Code> {
        let mut bytes = Vec::new();
        let mut reader = Decoded::new(stored, compression, Digest::of(promised), size).unwrap();
        match reader.read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(error) => Err(error.get_ref().unwrap().downcast_ref::<DecodeError>().unwrap().code()),
        }
    }

    #[test]
    fn every_compression_gives_the_tar() {
        let members = [gzip(b"te"), gzip(b""), gzip(b"xt"), vec![0; 1000]].concat();
        let frames = zstd::encode_all(&b"text"[..], 3).unwrap();
        for (stored, compression) in
            [(&b"text"[..], Compression::None), (&members, Compression::Gzip), (&frames, Compression::Zstd)]
        {
            assert_eq!(decode(stored, compression, b"text", 4).unwrap(), b"text", "{compression}");
        }
    }

    #[test]
    fn t28_a_broken_gzip_stream_is_an_error() {
        let stored = gzip(b"text");
        let mut changed = stored.clone();
        changed[stored.len() - 8] ^= 1;
        let garbage = [stored.as_slice(), b"garbage"].concat();
        let padded_garbage = [stored.as_slice(), b"\0\0x"].concat();
        for broken in [&stored[..stored.len() - 9], &changed, &garbage, &padded_garbage] {
            assert_eq!(decode(broken, Compression::Gzip, b"text", 4), Err(Code::Gzip));
        }
    }

    #[test]
    fn t29_another_tar_than_promised_is_an_error() {
        let stored = gzip(b"text");
        let gzip = Compression::Gzip;
        assert_eq!(decode(&stored, gzip, b"test", 4), Err(Code::DiffId));
        assert_eq!(decode(&stored, gzip, b"text", 3), Err(Code::Size));
        assert_eq!(decode(&stored, gzip, b"text", 5), Err(Code::Size));
        let zstd = zstd::encode_all(&b"text"[..], 3).unwrap();
        assert_eq!(decode(&zstd[..zstd.len() - 1], Compression::Zstd, b"text", 4), Err(Code::Zstd));
    }
}
