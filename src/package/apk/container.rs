//! The container of version 2: gzip members, each a fragment of one tar stream.
//!
//! Signatures stand first, then the index or the control section, then, in packages, the data. Signatures and hashes are of
//! compressed members, so that the byte range of each is needed.

use std::io::{self, BufRead, Read};
use std::ops::Range;

use flate2::bufread::GzDecoder;

use super::data::Data;
use super::tap::Tap;
use super::{ApkError, FormatError};

/// A file that is read member by member.
pub(super) struct Container<R> {
    tap: Tap<R>,
    /// Members read so far.
    members: usize,
}

/// A member that is held as a whole.
#[derive(Debug)]
pub(super) struct Member {
    /// Where it is in the file.
    pub(super) range: Range<u64>,
    /// Its compressed bytes, which are signed and hashed.
    pub(super) stored: Vec<u8>,
    /// What it holds.
    pub(super) bytes: Vec<u8>,
}

impl<R: Read> Container<R> {
    /// Begins a file: a gzip stream, and not version 3.
    pub(super) fn open(mut file: R) -> Result<Self, ApkError> {
        let mut first = Vec::with_capacity(MAGIC);
        file.by_ref().take(MAGIC as u64).read_to_end(&mut first).map_err(ApkError::of_io)?;
        match &*first {
            b"ADB." | b"ADBd" | b"ADBc" => Err(FormatError::Version3.into()),
            [0x1f, 0x8b, ..] => Ok(Self { tap: Tap::new(first, file), members: 0 }),
            _ => Err(FormatError::NoGzip.into()),
        }
    }

    /// The next member as a whole, of at most so many bytes before and after compression; nothing at the end.
    pub(super) fn member(&mut self, part: &'static str, limit: u64) -> Result<Option<Member>, ApkError> {
        if self.tap.fill_buf().map_err(ApkError::of_io)?.is_empty() {
            return Ok(None);
        }
        let start = self.tap.position();
        self.tap.limit(start.saturating_add(limit));
        let mut bytes = Vec::new();
        let result = GzDecoder::new(&mut self.tap).take(limit.saturating_add(1)).read_to_end(&mut bytes);
        let is_large = self.tap.unlimit() || bytes.len() as u64 > limit;
        if is_large {
            return Err(ApkError::Large { part, name: "control-bytes", limit });
        }
        result.map_err(|error| self.error(error))?;
        self.members += 1;
        Ok(Some(Member { range: start..self.tap.position(), stored: self.tap.kept(), bytes }))
    }

    /// What follows, which has to be the data alone.
    pub(super) fn data(self, size: u64, sha256: [u8; 32]) -> Data<R> {
        Data::new(self.tap, self.members, size, sha256)
    }

    /// Reads the file to its end, and gives its size.
    pub(super) fn drain(&mut self) -> io::Result<u64> {
        self.tap.drain()?;
        Ok(self.tap.position())
    }

    fn error(&self, error: io::Error) -> ApkError {
        broken(self.members, error)
    }
}

/// Bytes by which formats are told apart.
const MAGIC: usize = 4;

/// What an error of decoding a member means.
pub(super) fn broken(member: usize, error: io::Error) -> ApkError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => FormatError::Gzip { member, problem: "it is cut".to_owned() }.into(),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            FormatError::Gzip { member, problem: error.to_string() }.into()
        }
        _ => ApkError::of_io(error),
    }
}
