//! The windows of all decoders that work at a time: memory that inputs ask for, so that threads must not add it up.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;
use std::time::Duration;

use crate::interrupt::{Interrupt, Interrupted};

/// How often one who waits looks whether to stop.
const PATIENCE: Duration = Duration::from_millis(20);

/// Memory for windows, which readers wait for.
///
/// What a build makes does not depend on who waits: only on when.
#[derive(Clone, Debug)]
pub struct Windows(Arc<Pool>);

#[derive(Debug)]
struct Pool {
    limit: u64,
    held: Mutex<Vec<Held>>,
    freed: Condvar,
}

/// One window, by whom it is held and its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Held {
    owner: ThreadId,
    bytes: u64,
}

/// Memory for a window until it is dropped.
#[derive(Debug)]
pub struct Window {
    pool: Arc<Pool>,
    held: Held,
}

impl Windows {
    /// Memory of `limit` bytes.
    pub fn new(limit: u64) -> Self {
        Self(Arc::new(Pool { limit, held: Mutex::default(), freed: Condvar::new() }))
    }

    /// Waits until `bytes` fit beside the windows that are held, or none is: a window larger than all there is comes alone.
    ///
    /// `owner` is the thread that reads what is decoded. One that holds a window already does not wait, because nobody else
    /// could end that wait: a thread of a pool may begin to read another layer while it waits in the midst of one.
    pub fn hold(&self, owner: ThreadId, bytes: u64, interrupt: &Interrupt) -> Result<Window, Interrupted> {
        let Self(pool) = self;
        let mut held = pool.held();
        while !pool.has_room(&held, owner, bytes) {
            interrupt.check()?;
            let waited = pool.freed.wait_timeout(held, PATIENCE).unwrap_or_else(PoisonError::into_inner);
            held = waited.0;
        }
        let one = Held { owner, bytes };
        held.push(one);
        Ok(Window { pool: Arc::clone(pool), held: one })
    }
}

impl Window {
    /// Its bytes.
    pub fn bytes(&self) -> u64 {
        self.held.bytes
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        let mut held = self.pool.held();
        let place = held.iter().position(|one| *one == self.held);
        held.swap_remove(place.expect("a window is held until it is dropped"));
        self.pool.freed.notify_all();
    }
}

impl Pool {
    /// What is held; a thread that panicked left it whole.
    fn held(&self) -> MutexGuard<'_, Vec<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_room(&self, held: &[Held], owner: ThreadId, bytes: u64) -> bool {
        let sum = held.iter().fold(bytes, |sum, one| sum.saturating_add(one.bytes));
        sum <= self.limit || held.is_empty() || held.iter().any(|one| one.owner == owner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::mpsc;
    use std::thread;

    use proptest::prelude::*;

    use super::*;

    fn hold(windows: &Windows, bytes: u64) -> Window {
        windows.hold(thread::current().id(), bytes, &Interrupt::default()).unwrap()
    }

    fn held(windows: &Windows) -> Vec<u64> {
        windows.0.held().iter().map(|one| one.bytes).collect()
    }

    #[test]
    fn what_fits_is_held_at_a_time_and_what_does_not_waits() {
        let windows = Windows::new(10);
        let first = hold(&windows, 6);
        let (say, said) = mpsc::channel();
        thread::scope(|scope| {
            let second = scope.spawn(|| hold(&windows, 4));
            let second = second.join().unwrap();
            let third = scope.spawn(|| {
                let window = hold(&windows, 5);
                say.send(()).unwrap();
                window
            });
            assert!(said.recv_timeout(PATIENCE * 5).is_err(), "there is no room yet");
            assert_eq!(held(&windows), [6, 4]);
            drop(second);
            assert!(said.recv_timeout(PATIENCE * 5).is_err(), "there still is not enough room");
            drop(first);
            said.recv().unwrap();
            assert_eq!(third.join().unwrap().bytes(), 5);
        });
        assert!(held(&windows).is_empty());
    }

    #[test]
    fn one_that_never_fits_comes_alone() {
        let windows = Windows::new(10);
        drop(hold(&windows, u64::MAX));
        let small = hold(&windows, 1);
        thread::scope(|scope| {
            let large = scope.spawn(|| {
                let _large = hold(&windows, 11);
                held(&windows)
            });
            thread::sleep(PATIENCE);
            drop(small);
            assert_eq!(large.join().unwrap(), [11]);
        });
    }

    #[test]
    fn a_thread_never_waits_for_itself() {
        let windows = Windows::new(10);
        let _first = hold(&windows, 10);
        let _second = hold(&windows, 10);
        assert_eq!(held(&windows), [10, 10]);
    }

    #[test]
    fn waiting_ends_with_an_interrupt() {
        let (windows, interrupt) = (Windows::new(10), Interrupt::default());
        let _first = hold(&windows, 10);
        thread::scope(|scope| {
            let other = scope.spawn(|| windows.hold(thread::current().id(), 1, &interrupt));
            thread::sleep(PATIENCE);
            interrupt.signal().store(2, Ordering::Relaxed);
            assert_eq!(other.join().unwrap().unwrap_err(), Interrupted { signal: 2 });
        });
        assert_eq!(held(&windows), [10]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn threads_end_and_never_hold_more_than_there_is(
            limit in 0_u64..20,
            asked in prop::collection::vec(prop::collection::vec(0_u64..24, 1..20), 1..6),
        ) {
            let (windows, now) = (Windows::new(limit), AtomicU64::new(0));
            let read = |asked: &[u64]| {
                for bytes in asked {
                    let _window = hold(&windows, *bytes);
                    let before = now.fetch_add(*bytes, Ordering::SeqCst);
                    assert!(before + bytes <= limit || before == 0, "{before} and {bytes}");
                    thread::yield_now();
                    now.fetch_sub(*bytes, Ordering::SeqCst);
                }
            };
            thread::scope(|scope| asked.iter().for_each(|asked| drop(scope.spawn(|| read(asked)))));
            prop_assert_eq!(held(&windows), Vec::<u64>::new());
        }
    }
}
