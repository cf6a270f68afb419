//! Digest and size of what is written.

use std::io::{self, Write};

use crate::oci::{Digest, Hasher};

/// A writer that hashes and counts what it passes on.
pub(super) struct Measured<W> {
    inner: W,
    hasher: Hasher,
    size: u64,
}

impl<W: Write> Measured<W> {
    /// Measures what goes to `inner`.
    pub(super) fn new(inner: W) -> Self {
        Self { inner, hasher: Hasher::default(), size: 0 }
    }

    /// The inner writer, and the sha256 and size of what it was given.
    pub(super) fn finish(self) -> (W, Digest, u64) {
        (self.inner, self.hasher.finish(), self.size)
    }
}

impl<W: Write> Write for Measured<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes three bytes at most.
    struct Reluctant(Vec<u8>);

    impl Write for Reluctant {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(3);
            self.0.extend_from_slice(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn only_what_was_taken_is_measured() {
        let mut measured = Measured::new(Reluctant(Vec::new()));
        measured.write_all(b"abcdefgh").unwrap();
        let (inner, digest, size) = measured.finish();
        assert_eq!((inner.0.as_slice(), digest, size), (&b"abcdefgh"[..], Digest::of(b"abcdefgh"), 8));
    }
}
