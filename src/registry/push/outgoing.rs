//! A blob on its way out: no registry gets the last byte of one that is not what its descriptor says.

use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::http::Traffic;
use crate::interrupt::{Interrupt, Interrupted};
use crate::layer::{BlobSource, SourceError, VerifiedReader, VerifyError};
use crate::oci::Descriptor;
use crate::registry::error::RegistryError;

/// Bytes that are read ahead.
const AHEAD: usize = 64 << 10;

/// A blob that is sent, as often as it takes.
pub(super) struct Outgoing<'a> {
    pub(super) descriptor: &'a Descriptor,
    pub(super) source: &'a dyn BlobSource,
    pub(super) interrupt: &'a Interrupt,
    pub(super) traffic: &'a Traffic,
    /// Is told of bytes that are sent for the first time.
    pub(super) progress: &'a (dyn Fn(u64) + Sync),
    /// The most bytes that were sent at a time.
    reached: AtomicU64,
}

impl<'a> Outgoing<'a> {
    pub(super) fn new(
        descriptor: &'a Descriptor,
        source: &'a dyn BlobSource,
        interrupt: &'a Interrupt,
        traffic: &'a Traffic,
        progress: &'a (dyn Fn(u64) + Sync),
    ) -> Self {
        let reached = AtomicU64::new(0);
        Self { descriptor, source, interrupt, traffic, progress, reached }
    }

    /// The blob from its beginning.
    pub(super) fn open(&'a self) -> Result<Box<dyn Read + Send + 'a>, SourceError> {
        let verified = VerifiedReader::new(self.source.open(self.descriptor)?, self.descriptor);
        let held = HeldBack::new(self.interrupt.reader(verified));
        Ok(Box::new(Sent { inner: held, outgoing: self, sent: 0 }))
    }

    /// So many bytes of a try are sent.
    pub(super) fn advance(&self, sent: u64) {
        let before = self.reached.fetch_max(sent, Ordering::Relaxed);
        if sent > before {
            (self.progress)(sent - before);
        }
    }
}

/// What went wrong with a blob that could not be read.
pub(super) fn fault(error: io::Error) -> RegistryError {
    let error = match error.downcast::<VerifyError>() {
        Ok(verify) => return RegistryError::Corrupt(Box::new(verify)),
        Err(error) => error,
    };
    match error.downcast::<Interrupted>() {
        Ok(interrupted) => interrupted.into(),
        Err(error) => RegistryError::Unreadable(error),
    }
}

/// The fault of a blob, where that is why sending it failed.
pub(super) fn blamed(error: RegistryError) -> RegistryError {
    match error {
        RegistryError::Unreadable(error) => fault(error),
        error => error,
    }
}

/// Counts what is sent.
struct Sent<'a, R> {
    inner: R,
    outgoing: &'a Outgoing<'a>,
    sent: u64,
}

impl<R: Read> Read for Sent<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(out)?;
        self.sent += read as u64;
        self.outgoing.traffic.sent(read as u64);
        self.outgoing.advance(self.sent);
        Ok(read)
    }
}

/// Holds the last byte back until the end was reached without an error.
struct HeldBack<R> {
    inner: R,
    ahead: Box<[u8]>,
    start: usize,
    end: usize,
    is_whole: bool,
}

impl<R: Read> HeldBack<R> {
    fn new(inner: R) -> Self {
        Self { inner, ahead: vec![0; AHEAD].into(), start: 0, end: 0, is_whole: false }
    }

    /// Reads on behind the byte that is held back.
    fn fill(&mut self) -> io::Result<()> {
        self.ahead.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        match self.inner.read(&mut self.ahead[self.end..])? {
            0 => self.is_whole = true,
            read => self.end += read,
        }
        Ok(())
    }
}

impl<R: Read> Read for HeldBack<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while !self.is_whole && self.end - self.start < 2 {
            self.fill()?;
        }
        let held = usize::from(!self.is_whole);
        let part = (self.end - self.start - held).min(out.len());
        out[..part].copy_from_slice(&self.ahead[self.start..self.start + part]);
        self.start += part;
        Ok(part)
    }
}
