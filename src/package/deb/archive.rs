//! The container of a package: an `ar` archive of exactly three members.

use std::io::{self, BufRead, Read};

use super::Compression;
use crate::printable::printable;

/// The members of a package, one after the other: bytes of the one that was reached last are read from it.
///
/// It is `!<arch>\n`, then a header of 60 bytes before each member, which begins at an even byte: `debian-binary` with
/// `2.0\n`, `control.tar` and `data.tar` with the ending of a compression, in this order. Anything else is refused, so that
/// no other reader can see another package in the same bytes.
#[derive(Debug)]
pub struct Archive<B> {
    inner: B,
    /// Bytes of the current member that were not read yet.
    left: u64,
    /// Whether a byte follows the current member that fills it up to an even number.
    is_odd: bool,
    /// Why no more can be read.
    fault: Option<ArchiveError>,
}

/// A tar of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Member {
    /// What the package says of itself, and its scripts.
    Control,
    /// Its files.
    Data,
}

/// Bytes that are no package.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// The first bytes are others.
    #[error("file is no archive of packages")]
    Magic,
    /// A header cannot be read.
    #[error("header of a member cannot be read")]
    Header,
    /// A member is another than the one that has to be there.
    #[error("member `{}` stands where `{expected}` has to", printable(.found))]
    Member {
        /// The name without its ending.
        expected: &'static str,
        /// The name that is there.
        found: Box<[u8]>,
    },
    /// The version of the format is another than 2.0.
    #[error("version of the format is not `2.0`")]
    Version,
    /// The tar of files is compressed with bzip2, which no distribution does any more.
    #[error("`data.tar.bz2` is not supported: the package is compressed with bzip2")]
    Bzip2,
    /// The byte between two members is no line feed.
    #[error("byte between two members is no line feed")]
    Padding,
    /// It ends inside a member, or before one.
    #[error("archive is cut off")]
    Truncated,
    /// Something follows the last member.
    #[error("archive goes on after `data.tar`")]
    Trailing,
}

impl Member {
    /// Its name, without the ending of a compression.
    pub fn name(self) -> &'static str {
        match self {
            Self::Control => "control.tar",
            Self::Data => "data.tar",
        }
    }

    /// The compression that an ending of its name stands for.
    fn compression(self, ending: &[u8]) -> Option<Compression> {
        Some(match (self, ending) {
            (_, b"") => Compression::None,
            (_, b".gz") => Compression::Gzip,
            (_, b".xz") => Compression::Xz,
            (_, b".zst") => Compression::Zstd,
            (Self::Data, b".lzma") => Compression::Lzma,
            _ => return None,
        })
    }
}

const MAGIC: &[u8] = b"!<arch>\n";
const HEADER: usize = 60;
const HEADER_END: &[u8] = b"`\n";
const VERSION_NAME: &str = "debian-binary";
const VERSION: &[u8] = b"2.0\n";

impl<B: BufRead> Archive<B> {
    /// Reads up to the first tar. Errors hold an [`ArchiveError`], or are those of `inner`.
    pub fn open(inner: B) -> io::Result<Self> {
        let mut archive = Self { inner, left: 0, is_odd: false, fault: None };
        if archive.exactly::<{ MAGIC.len() }>()? != *MAGIC {
            return Err(archive.fail(ArchiveError::Magic));
        }
        let name = archive.header()?;
        if name != VERSION_NAME.as_bytes() {
            return Err(archive.fail(ArchiveError::Member { expected: VERSION_NAME, found: name.into() }));
        }
        if archive.left != VERSION.len() as u64 {
            return Err(archive.fail(ArchiveError::Version));
        }
        archive.left = 0;
        if archive.exactly::<{ VERSION.len() }>()? != *VERSION {
            return Err(archive.fail(ArchiveError::Version));
        }
        Ok(archive)
    }

    /// Reads over what is left of the current member and goes to the next one, which has to be this. Gives its compression.
    pub fn enter(&mut self, member: Member) -> io::Result<Compression> {
        self.leave()?;
        let name = self.header()?;
        let ending = name.strip_prefix(member.name().as_bytes());
        match ending.map(|ending| (ending, member.compression(ending))) {
            Some((_, Some(compression))) => Ok(compression),
            Some((b".bz2", None)) if member == Member::Data => Err(self.fail(ArchiveError::Bzip2)),
            _ => Err(self.fail(ArchiveError::Member { expected: member.name(), found: name.into() })),
        }
    }

    /// Reads over what is left of the last member, and to the end of the bytes, where the archive has to end.
    pub fn finish(&mut self) -> io::Result<()> {
        self.leave()?;
        match self.inner.fill_buf()?.is_empty() {
            true => Ok(()),
            false => Err(self.fail(ArchiveError::Trailing)),
        }
    }

    /// Reads over what is left of the current member and the byte that fills it up.
    fn leave(&mut self) -> io::Result<()> {
        while self.left > 0 {
            let ready = self.fill_buf()?.len();
            self.consume(ready);
        }
        if std::mem::take(&mut self.is_odd) && self.exactly::<1>()? != *b"\n" {
            return Err(self.fail(ArchiveError::Padding));
        }
        Ok(())
    }

    /// Reads the header of a member, which is the current one from here on; gives its name.
    fn header(&mut self) -> io::Result<Vec<u8>> {
        let header = self.exactly::<HEADER>()?;
        let (fields, end) = header.split_at(HEADER - HEADER_END.len());
        let (name, size) = (fields[..16].trim_ascii_end(), fields[48..].trim_ascii_end());
        let Some(size) = number(size).filter(|_| end == HEADER_END) else {
            return Err(self.fail(ArchiveError::Header));
        };
        (self.left, self.is_odd) = (size, size % 2 == 1);
        Ok(name.strip_suffix(b"/").unwrap_or(name).to_vec())
    }

    fn exactly<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        self.refuse_after_fault()?;
        let mut bytes = [0; N];
        match self.inner.read_exact(&mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Err(self.fail(ArchiveError::Truncated))
            }
            result => result.map(|()| bytes),
        }
    }

    fn refuse_after_fault(&self) -> io::Result<()> {
        self.fault.clone().map_or(Ok(()), |fault| Err(io::Error::other(fault)))
    }

    /// Remembers why nothing more can be read: a decoder that was told once may ask again.
    fn fail(&mut self, fault: ArchiveError) -> io::Error {
        self.fault = Some(fault.clone());
        io::Error::other(fault)
    }
}

/// A number in decimal digits; an empty one is none.
fn number(digits: &[u8]) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits).ok().filter(|_| is_number)?.parse().ok()
}

impl<B: BufRead> BufRead for Archive<B> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.refuse_after_fault()?;
        if self.left == 0 {
            return Ok(&[]);
        }
        if self.inner.fill_buf()?.is_empty() {
            return Err(self.fail(ArchiveError::Truncated));
        }
        // What is there already is not read again.
        let ready = self.inner.fill_buf()?;
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        Ok(&ready[..ready.len().min(most)])
    }

    fn consume(&mut self, bytes: usize) {
        self.left -= bytes as u64;
        self.inner.consume(bytes);
    }
}

impl<B: BufRead> Read for Archive<B> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(out)?;
        self.consume(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests;
