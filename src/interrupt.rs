//! A request to stop that long work looks at between steps.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Set from outside, by a signal or another thread, to end work that is under way.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicUsize>);

/// Work ended because it was asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted {
    /// The number of the signal that asked for it.
    pub signal: usize,
}

impl Interrupt {
    /// The number that a signal handler stores: 0 while nobody asked to stop.
    pub fn signal(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.0)
    }

    /// Fails once somebody asked to stop.
    pub fn check(&self) -> Result<(), Interrupted> {
        match self.0.load(Ordering::Relaxed) {
            0 => Ok(()),
            signal => Err(Interrupted { signal }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interrupt_is_seen_by_every_clone() {
        let interrupt = Interrupt::default();
        let seen = interrupt.clone();
        assert!(seen.check().is_ok());
        interrupt.signal().store(15, Ordering::Relaxed);
        assert_eq!(seen.check(), Err(Interrupted { signal: 15 }));
    }
}
