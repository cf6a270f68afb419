//! The compressions of Debian's: of the tars in packages, and of indexes.

use std::fmt;
use std::io::{self, BufRead, Read};

use flate2::bufread::MultiGzDecoder;
use liblzma::bufread::XzDecoder;
use liblzma::stream::{Error as XzError, Stream};

use crate::limits::{Limited, Limits};

/// How bytes are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// RFC 1952, any number of members.
    Gzip,
    /// One stream of xz.
    Xz,
    /// One stream of what came before xz.
    Lzma,
    /// RFC 8878, any number of frames.
    Zstd,
}

/// Bytes that cannot be decompressed. Errors of a [`Decoder`] hold one, or are those of what it reads from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// They are not in the format.
    #[error("{compression} stream is broken: {reason}")]
    Broken {
        /// The format.
        compression: Compression,
        /// What its library says.
        reason: Box<str>,
    },
    /// Something follows their end.
    #[error("something follows the end of the {compression} stream")]
    Trailing {
        /// The format.
        compression: Compression,
    },
    /// The window of a zstd frame is too large.
    #[error("zstd window is larger than 2^{limit} bytes")]
    Window {
        /// log2 of the largest window.
        limit: u32,
    },
    /// Decoding takes too much memory.
    #[error("decoding the {compression} stream takes more than {limit} bytes of memory")]
    Memory {
        /// The format.
        compression: Compression,
        /// The bytes that it may take.
        limit: u64,
    },
}

/// The decompressed bytes of a stream that everything of `B` belongs to.
pub struct Decoder<B: BufRead> {
    inner: Inner<Source<B>>,
    compression: Compression,
    window_log: u32,
    memory: u64,
}

enum Inner<B: BufRead> {
    None(B),
    Gzip(Box<MultiGzDecoder<B>>),
    Xz(Box<XzDecoder<B>>),
    Zstd(Box<zstd::Decoder<'static, B>>),
}

/// What a decoder reads from, which remembers whether an error is its own.
struct Source<B> {
    inner: B,
    has_failed: bool,
}

impl<B: BufRead> Decoder<B> {
    /// Decompresses `inner`, within the limits on memory.
    pub fn new(compression: Compression, inner: B, limits: &Limits) -> Self {
        let source = Source { inner, has_failed: false };
        let (window_log, memory) = (limits.zstd_window_log, limits.xz_memory_bytes);
        let inner = match compression {
            Compression::None => Inner::None(source),
            Compression::Gzip => Inner::Gzip(Box::new(MultiGzDecoder::new(source))),
            Compression::Xz => xz(source, Stream::new_stream_decoder(memory, 0)),
            Compression::Lzma => xz(source, Stream::new_lzma_decoder(memory)),
            Compression::Zstd => zstd(source, window_log),
        };
        Self { inner, compression, window_log, memory }
    }

    /// What is decompressed, wherever reading it stands.
    pub fn get_mut(&mut self) -> &mut B {
        &mut self.source().inner
    }

    fn source(&mut self) -> &mut Source<B> {
        match &mut self.inner {
            Inner::None(source) => source,
            Inner::Gzip(decoder) => decoder.get_mut(),
            Inner::Xz(decoder) => decoder.get_mut(),
            Inner::Zstd(decoder) => decoder.get_mut(),
        }
    }

    /// Refuses bytes that the decoder left.
    fn end(&mut self) -> io::Result<usize> {
        let compression = self.compression;
        match self.source().fill_buf()?.is_empty() {
            true => Ok(0),
            false => Err(DecodeError::Trailing { compression }.into()),
        }
    }

    /// An error as it was, where it is not the decoder's.
    fn explain(&mut self, error: io::Error) -> io::Error {
        if self.source().has_failed {
            return error;
        }
        let compression = self.compression;
        let xz = error.get_ref().and_then(|inner| inner.downcast_ref());
        match self.inner {
            Inner::Xz(_) if xz == Some(&XzError::MemLimit) => {
                DecodeError::Memory { compression, limit: self.memory }
            }
            Inner::Zstd(_) if error.to_string() == WINDOW => DecodeError::Window { limit: self.window_log },
            _ => DecodeError::Broken { compression, reason: reason(&error) },
        }
        .into()
    }
}

/// What libzstd says of a window that is too large.
const WINDOW: &str = "Frame requires too much memory for decoding";

fn reason(error: &io::Error) -> Box<str> {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "it is cut off".into(),
        _ => error.to_string().into(),
    }
}

fn xz<B: BufRead>(source: B, stream: Result<Stream, XzError>) -> Inner<B> {
    let stream = stream.expect("a decoder without flags can be made");
    Inner::Xz(Box::new(XzDecoder::new_stream(source, stream)))
}

fn zstd<B: BufRead>(source: B, window_log: u32) -> Inner<B> {
    let mut decoder = zstd::Decoder::with_buffer(source).expect("a decoder without dictionary can be made");
    decoder.window_log_max(window_log).expect("the limit is within what libzstd knows");
    Inner::Zstd(Box::new(decoder))
}

impl<B: BufRead> Read for Decoder<B> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        let read = match &mut self.inner {
            Inner::None(source) => source.read(out),
            Inner::Gzip(decoder) => decoder.read(out),
            Inner::Xz(decoder) => decoder.read(out),
            Inner::Zstd(decoder) => decoder.read(out),
        };
        match read {
            Ok(0) => self.end(),
            Ok(read) => Ok(read),
            Err(error) => Err(self.explain(error)),
        }
    }
}

impl<B: BufRead> Read for Source<B> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(out);
        self.has_failed |= read.is_err();
        read
    }
}

impl<B: BufRead> BufRead for Source<B> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let Self { inner, has_failed } = self;
        inner.fill_buf().inspect_err(|_| *has_failed = true)
    }

    fn consume(&mut self, bytes: usize) {
        self.inner.consume(bytes);
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "uncompressed",
            Self::Gzip => "gzip",
            Self::Xz => "xz",
            Self::Lzma => "lzma",
            Self::Zstd => "zstd",
        })
    }
}

impl From<DecodeError> for io::Error {
    fn from(error: DecodeError) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

impl Limited for DecodeError {
    fn limit(&self) -> Option<&'static str> {
        match self {
            Self::Window { .. } => Some("zstd-window-log"),
            Self::Memory { .. } => Some("xz-memory-bytes"),
            Self::Broken { .. } | Self::Trailing { .. } => None,
        }
    }
}
