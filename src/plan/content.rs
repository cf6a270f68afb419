//! The contents of static files, read once.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::rootfs::FileContent;

/// Bytes that a plan holds: short ones in memory, long ones in a file without a name.
#[derive(Clone, Debug)]
pub struct Content {
    /// Size and digest.
    pub file: FileContent,
    bytes: Bytes,
}

#[derive(Clone, Debug)]
enum Bytes {
    Memory(Arc<[u8]>),
    Spooled(Arc<File>),
}

/// Longer contents do not stay in memory.
const IN_MEMORY: u64 = 1 << 20;

impl Content {
    /// The content of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let sha256 = Sha256::digest(bytes).into();
        let file = FileContent { size: bytes.len() as u64, sha256, sparse: false };
        Self { file, bytes: Bytes::Memory(bytes.into()) }
    }

    /// Reads a content of `size` bytes once, to its end.
    ///
    /// `spool` makes the file that a long one goes to, which nobody else can see.
    pub fn read(
        mut from: impl Read,
        size: u64,
        spool: impl FnOnce() -> io::Result<File>,
    ) -> io::Result<Self> {
        if size <= IN_MEMORY {
            let mut bytes = Vec::new();
            from.read_to_end(&mut bytes)?;
            return Ok(Self::of(&bytes));
        }
        let mut to = Hashing { file: spool()?, hasher: Sha256::new(), size: 0 };
        io::copy(&mut from, &mut to)?;
        let file = FileContent { size: to.size, sha256: to.hasher.finalize().into(), sparse: false };
        Ok(Self { file, bytes: Bytes::Spooled(Arc::new(to.file)) })
    }

    /// The bytes, in memory.
    pub fn bytes(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.pieces(|piece| io::Write::write_all(&mut bytes, piece))?;
        Ok(bytes)
    }

    /// Hands over the bytes in pieces.
    pub fn pieces(&self, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let file = match &self.bytes {
            Bytes::Memory(bytes) => return take(bytes),
            Bytes::Spooled(file) => file,
        };
        let mut buffer = vec![0; 128 << 10];
        let mut at = 0;
        loop {
            match file.read_at(&mut buffer, at)? {
                0 => return Ok(()),
                read => {
                    take(&buffer[..read])?;
                    at += read as u64;
                }
            }
        }
    }
}

struct Hashing {
    file: File,
    hasher: Sha256,
    size: u64,
}

impl io::Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_content_is_the_same_as_a_short_one() {
        for length in [0, 10, (1 << 20) + 7] {
            let bytes: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
            let content = Content::read(&bytes[..], length, tempfile::tempfile).unwrap();
            assert_eq!(content.file, Content::of(&bytes).file);
            assert_eq!(content.bytes().unwrap(), bytes);
        }
    }
}
