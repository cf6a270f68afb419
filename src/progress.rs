//! How long work tells that it goes on, without knowing who looks.

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
