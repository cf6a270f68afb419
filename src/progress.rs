//! How long work tells that it goes on, without knowing who looks.

use std::io::{self, Read};

/// Shows the progress of work that takes time.
pub trait Progress: Sync {
    /// Begins a piece of work over `total` bytes; it ends when the meter is dropped.
    fn begin(&self, what: &str, total: u64) -> Box<dyn Meter>;
}

/// One piece of work under way.
pub trait Meter: Send {
    /// So many more bytes are done.
    fn advance(&mut self, bytes: u64);
}

/// A reader that tells of the bytes that it passes on.
pub struct Metered<R> {
    inner: R,
    meter: Box<dyn Meter>,
}

impl<R> Metered<R> {
    /// Passes on what `inner` yields.
    pub fn new(inner: R, meter: Box<dyn Meter>) -> Self {
        Self { inner, meter }
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(out)?;
        self.meter.advance(read as u64);
        Ok(read)
    }
}

/// Shows nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: &str, _: u64) -> Box<dyn Meter> {
        Box::new(Self)
    }
}

impl Meter for Silent {
    fn advance(&mut self, _: u64) {}
}
