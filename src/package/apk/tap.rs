//! The bytes of a file on their way into gzip members: counted, and kept or hashed.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use sha2::{Digest as _, Sha256};

/// A file read from its begin, and what becomes of the bytes that were consumed.
pub(super) struct Tap<R> {
    inner: BufReader<io::Chain<Cursor<Vec<u8>>, R>>,
    position: u64,
    /// Where it seems to end, and whether somebody got there while there was more.
    end: u64,
    is_short: bool,
    watch: Watch,
}

/// What becomes of bytes that are consumed.
enum Watch {
    /// They are kept.
    Keep(Vec<u8>),
    /// They are hashed.
    Hash(Box<Sha256>),
}

impl<R: Read> Tap<R> {
    /// A file of which these first bytes were read already.
    pub(super) fn new(first: Vec<u8>, rest: R) -> Self {
        Self {
            inner: BufReader::with_capacity(64 << 10, Cursor::new(first).chain(rest)),
            position: 0,
            end: u64::MAX,
            is_short: false,
            watch: Watch::Keep(Vec::new()),
        }
    }

    /// Bytes consumed so far.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Lets the file seem to end there.
    pub(super) fn limit(&mut self, end: u64) {
        (self.end, self.is_short) = (end, false);
    }

    /// Takes a limit back; gives whether it was reached and there was more.
    pub(super) fn unlimit(&mut self) -> bool {
        self.end = u64::MAX;
        std::mem::take(&mut self.is_short)
    }

    /// Gives back the bytes kept since the last time.
    pub(super) fn kept(&mut self) -> Vec<u8> {
        match &mut self.watch {
            Watch::Keep(bytes) => std::mem::take(bytes),
            Watch::Hash(_) => Vec::new(),
        }
    }

    /// Hashes from here on.
    pub(super) fn hash(&mut self) {
        self.watch = Watch::Hash(Box::default());
    }

    /// The sha256 of all bytes since [`Tap::hash`].
    pub(super) fn sha256(&self) -> [u8; 32] {
        match &self.watch {
            Watch::Hash(hasher) => hasher.as_ref().clone().finalize().into(),
            Watch::Keep(_) => [0; 32],
        }
    }

    /// Consumes everything there is.
    pub(super) fn drain(&mut self) -> io::Result<()> {
        loop {
            let ready = self.fill_buf()?.len();
            if ready == 0 {
                return Ok(());
            }
            self.consume(ready);
        }
    }
}

impl<R: Read> Read for Tap<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let ready = self.fill_buf()?;
        let read = ready.len().min(out.len());
        out[..read].copy_from_slice(&ready[..read]);
        self.consume(read);
        Ok(read)
    }
}

impl<R: Read> BufRead for Tap<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let ready = self.inner.fill_buf()?;
        let room = usize::try_from(self.end - self.position).unwrap_or(usize::MAX);
        self.is_short |= room == 0 && !ready.is_empty();
        Ok(&ready[..ready.len().min(room)])
    }

    fn consume(&mut self, bytes: usize) {
        let consumed = &self.inner.buffer()[..bytes];
        match &mut self.watch {
            Watch::Keep(kept) => kept.extend_from_slice(consumed),
            Watch::Hash(hasher) => hasher.update(consumed),
        }
        self.position += bytes as u64;
        self.inner.consume(bytes);
    }
}
