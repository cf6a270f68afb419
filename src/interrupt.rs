//! A request to stop that long work looks at between steps.

use std::io::{self, Read};
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

    /// A reader that fails once somebody asked to stop; the error holds an [`Interrupted`].
    pub fn reader<R: Read>(&self, inner: R) -> impl Read + use<'_, R> {
        Interruptible { inner, interrupt: self }
    }
}

struct Interruptible<'a, R> {
    inner: R,
    interrupt: &'a Interrupt,
}

impl<R: Read> Read for Interruptible<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.interrupt.check().map_err(io::Error::other)?;
        self.inner.read(out)
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

    #[test]
    fn a_reader_ends_with_an_interrupt() {
        let interrupt = Interrupt::default();
        let mut reader = interrupt.reader(io::repeat(7));
        reader.read_exact(&mut [0; 10]).unwrap();
        interrupt.signal().store(2, Ordering::Relaxed);
        let error = io::copy(&mut reader, &mut io::sink()).unwrap_err();
        assert_eq!(error.downcast::<Interrupted>().unwrap(), Interrupted { signal: 2 });
    }
}
