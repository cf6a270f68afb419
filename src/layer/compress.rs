//! Compression of layers: the same bytes for any number of threads and any size of writes.

use std::fmt;
use std::io::{self, Write};
use std::thread;

use libdeflater::{CompressionLvl, Compressor as Deflate};

use crate::oci::{Compression, MediaType};

/// How a layer that is written is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Codec {
    /// Zstandard, level 3, one frame without checksum and content size.
    Zstd,
    /// gzip, level 6, members of 1 MiB without name and time.
    Gzip,
}

impl Codec {
    /// Its name and, where that can be asked for, the version of its library: another may give other bytes.
    pub fn version(self) -> String {
        match self {
            Self::Zstd => format!("zstd {}", zstd::zstd_safe::version_string()),
            Self::Gzip => "libdeflate".to_owned(),
        }
    }

    /// The media type of its layers.
    pub fn media_type(self) -> MediaType {
        MediaType::Layer(match self {
            Self::Zstd => Compression::Zstd,
            Self::Gzip => Compression::Gzip,
        })
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
        })
    }
}

const ZSTD_LEVEL: i32 = 3;
const GZIP_LEVEL: i32 = 6;

/// Bytes of a gzip member before compression.
const MEMBER: usize = 1 << 20;

/// A writer that compresses.
pub(super) enum Compressor<W: Write> {
    Zstd(zstd::Encoder<'static, W>),
    Gzip(Members<W>),
}

impl<W: Write> Compressor<W> {
    /// Compresses into `out` with this many threads, at least one.
    pub(super) fn new(out: W, codec: Codec, threads: usize) -> io::Result<Self> {
        let threads = threads.max(1);
        match codec {
            Codec::Zstd => {
                let mut encoder = zstd::Encoder::new(out, ZSTD_LEVEL)?;
                // Never 0: that mode gives other bytes.
                encoder.multithread(u32::try_from(threads).unwrap_or(u32::MAX))?;
                encoder.include_checksum(false)?;
                encoder.include_contentsize(false)?;
                Ok(Self::Zstd(encoder))
            }
            Codec::Gzip => Ok(Self::Gzip(Members { out, input: Vec::new(), at_once: threads })),
        }
    }

    /// Writes what is held back and gives back the inner writer.
    pub(super) fn finish(self) -> io::Result<W> {
        match self {
            Self::Zstd(encoder) => encoder.finish(),
            Self::Gzip(members) => members.finish(),
        }
    }
}

impl<W: Write> Write for Compressor<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Zstd(encoder) => encoder.write(bytes),
            Self::Gzip(members) => members.write(bytes),
        }
    }

    /// Does nothing: a flush in between would change the bytes.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A gzip stream in members of one size, so that several are compressed at once.
pub(super) struct Members<W> {
    out: W,
    input: Vec<u8>,
    at_once: usize,
}

impl<W: Write> Members<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.at_once * MEMBER - self.input.len();
        let taken = bytes.len().min(room);
        self.input.extend_from_slice(&bytes[..taken]);
        if taken == room {
            self.compress()?;
        }
        Ok(taken)
    }

    fn finish(mut self) -> io::Result<W> {
        self.compress()?;
        Ok(self.out)
    }

    fn compress(&mut self) -> io::Result<()> {
        let members: Vec<Vec<u8>> = match self.at_once {
            1 => self.input.chunks(MEMBER).map(member).collect(),
            _ => at_once(&self.input)?,
        };
        self.input.clear();
        members.iter().try_for_each(|member| self.out.write_all(member))
    }
}

/// Members on threads of their own. One of a pool may begin to read another layer while it waits for the others, and so on
/// without end: each with its buffers and its window.
fn at_once(bytes: &[u8]) -> io::Result<Vec<Vec<u8>>> {
    thread::scope(|scope| {
        let start = |bytes| thread::Builder::new().spawn_scoped(scope, move || member(bytes));
        let running: Vec<_> = bytes.chunks(MEMBER).map(start).collect::<io::Result<_>>()?;
        Ok(running.into_iter().map(|thread| thread.join().expect("compressing never panics")).collect())
    })
}

/// One member. Its header, as the library writes it, holds no time and the operating system 255.
fn member(bytes: &[u8]) -> Vec<u8> {
    let level = CompressionLvl::new(GZIP_LEVEL).expect("6 is a level of libdeflate");
    let mut deflate = Deflate::new(level);
    let mut member = vec![0; deflate.gzip_compress_bound(bytes.len())];
    let length = deflate.gzip_compress(bytes, &mut member).expect("the output has room for the worst case");
    member.truncate(length);
    member
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oci::Digest;

    /// Bytes that compress, but not to nothing.
    fn sample(length: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let step = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            b"etaoin shrdlu\n\0\x7f"[(state >> 28) as usize]
        };
        (0..length).map(step).collect()
    }

    fn compressed(codec: Codec, threads: usize, bytes: &[u8], piece: usize) -> Vec<u8> {
        let mut compressor = Compressor::new(Vec::new(), codec, threads).unwrap();
        for piece in bytes.chunks(piece) {
            compressor.write_all(piece).unwrap();
            compressor.flush().unwrap();
        }
        compressor.finish().unwrap()
    }

    #[test]
    fn m05_bytes_depend_neither_on_threads_nor_on_the_size_of_writes() {
        let bytes = sample(9 * MEMBER + 12_345);
        for codec in [Codec::Zstd, Codec::Gzip] {
            let expected = compressed(codec, 1, &bytes, bytes.len());
            for (threads, piece) in [(0, 512), (1, 100_003), (2, 65_536), (8, 1_000), (8, MEMBER)] {
                let found = compressed(codec, threads, &bytes, piece);
                assert!(found == expected, "{codec} with {threads} threads in pieces of {piece}");
            }
        }
    }

    #[test]
    fn members_have_no_time_and_no_system() {
        let bytes = compressed(Codec::Gzip, 2, &sample(2 * MEMBER + 1), MEMBER);
        let header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
        assert_eq!(bytes[..10], header);
        assert_eq!(bytes.windows(10).filter(|window| *window == header).count(), 3);
    }

    /// A codec that comes to write other bytes has to raise [`EMITTER_VERSION`](super::super::EMITTER_VERSION), or layers kept
    /// by key would not be what they are said to be.
    #[test]
    fn codecs_write_the_bytes_they_always_wrote() {
        let bytes = sample(3 * MEMBER);
        let digest = |codec| Digest::of(&compressed(codec, 1, &bytes, MEMBER)).short();
        assert_eq!([digest(Codec::Zstd), digest(Codec::Gzip)], ["ffe05ceb9e04", "65e9379360b7"]);
    }
}
