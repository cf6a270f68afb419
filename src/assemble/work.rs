//! How much work a build was, and how much it was spared.

use std::sync::atomic::{AtomicU64, Ordering};

/// Layers that were read, written and reused; counted by all threads.
#[derive(Debug, Default)]
pub struct Work {
    /// Layers of inputs whose bytes were read to know or to take what they hold, each time they were.
    pub read: Tally,
    /// Layers of ours that were written.
    pub written: Tally,
    /// Layers of ours that the store had.
    pub reused: Tally,
}

/// Some layers.
#[derive(Debug, Default)]
pub struct Tally {
    layers: AtomicU64,
    bytes: AtomicU64,
}

impl Tally {
    pub(super) fn add(&self, bytes: u64) {
        self.layers.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// How many layers.
    pub fn layers(&self) -> u64 {
        self.layers.load(Ordering::Relaxed)
    }

    /// Their bytes, as they are stored.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}
