//! Connections that notice when they stand still, crawl, or are not wanted any more.

use std::fmt;
use std::io;
use std::time::{Duration, Instant};

use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport, time};
use ureq::{Error, Timeout};

use crate::interrupt::Interrupt;
use crate::limits::Limits;

/// How fast a connection has to be.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    /// How long a transfer may stand still.
    stall: Duration,
    /// Bytes that are moved at least in that time.
    least: u64,
    interrupt: Interrupt,
}

impl Pace {
    pub(super) fn new(limits: &Limits, interrupt: &Interrupt) -> Self {
        let least = limits.least_rate.saturating_mul(limits.stall_seconds);
        let stall = Duration::from_secs(limits.stall_seconds);
        Self { stall, least, interrupt: interrupt.clone() }
    }
}

/// A transfer that moves fewer bytes than it has to.
#[derive(Debug)]
pub(super) struct Slow;

impl fmt::Display for Slow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too slow")
    }
}

impl std::error::Error for Slow {}

/// Has connections keep a [`Pace`]: below TLS, so that every byte and every wait is seen.
#[derive(Debug)]
pub(super) struct PacedConnector(pub(super) Pace);

impl<In: Transport> Connector<In> for PacedConnector {
    type Out = Paced<In>;

    fn connect(&self, _: &ConnectionDetails<'_>, made: Option<In>) -> Result<Option<Paced<In>>, Error> {
        let (moved, waited, hearing) = (0, Duration::ZERO, Hearing::Listens);
        Ok(made.map(|inner| Paced { inner, pace: self.0.clone(), moved, waited, hearing }))
    }
}

/// A connection that keeps a [`Pace`].
#[derive(Debug)]
pub(super) struct Paced<T> {
    inner: T,
    pace: Pace,
    /// Bytes moved in one direction, and how long that was waited for, since both were looked at.
    moved: u64,
    waited: Duration,
    hearing: Hearing,
}

/// Whether the other side still takes what it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hearing {
    Listens,
    /// It has answered and hung up before it was told all: its answer counts, and is not looked at yet.
    Answered,
    /// The same, and its answer was looked at.
    Gone,
}

impl<T: Transport> Paced<T> {
    /// Whether the other side, which takes nothing any more, has said why.
    fn has_answered(&mut self) -> bool {
        let slice =
            NextTimeout { after: SLICE.into(), reason: Timeout::PerRead, per_read: None, per_write: None };
        // That it cannot be asked why is no other answer than that it does not say.
        let _ = self.inner.await_input(slice);
        !self.inner.buffers().input().is_empty()
    }

    /// Fails once somebody asked to stop.
    fn check(&self) -> Result<(), Error> {
        self.pace.interrupt.check().map_err(|interrupted| Error::Other(Box::new(interrupted)))
    }

    /// Counts bytes; only time that is spent waiting for the other side counts against it.
    fn count(&mut self, moved: usize, waited: Duration) -> Result<(), Error> {
        self.moved = self.moved.saturating_add(moved as u64);
        self.waited += waited;
        if self.waited < self.pace.stall {
            return Ok(());
        }
        let is_slow = self.moved < self.pace.least;
        (self.moved, self.waited) = (0, Duration::ZERO);
        if is_slow { Err(Error::Other(Box::new(Slow))) } else { Ok(()) }
    }
}

/// How late an interrupt is noticed at most.
const SLICE: Duration = Duration::from_millis(50);

impl<T: Transport> Transport for Paced<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.check()?;
        if self.hearing != Hearing::Listens {
            return Ok(());
        }
        let began = Instant::now();
        let after = self.pace.stall.min(*timeout.after).into();
        let sent =
            self.inner.transmit_output(amount, NextTimeout { after, reason: Timeout::PerWrite, ..timeout });
        match sent {
            Err(Error::Io(error)) if is_hung_up(&error) && self.has_answered() => {
                self.hearing = Hearing::Answered;
                return Ok(());
            }
            sent => sent?,
        }
        if timeout.reason == Timeout::Global {
            self.count(amount, began.elapsed())?;
        }
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        if self.hearing == Hearing::Answered {
            self.hearing = Hearing::Gone;
            return Ok(true);
        }
        // Bodies have no time of their own: how long they take depends on their size.
        let is_body = timeout.reason == Timeout::Global;
        let most = if is_body { self.pace.stall } else { *timeout.after };
        let reason = if is_body { Timeout::PerRead } else { timeout.reason };
        let began = Instant::now();
        loop {
            self.check()?;
            let left = most.saturating_sub(began.elapsed());
            if left.is_zero() {
                return Err(Error::Timeout(reason));
            }
            let before = self.inner.buffers().input().len();
            let after = time::Duration::from(left.min(SLICE));
            let slice = NextTimeout { after, reason: Timeout::PerRead, per_read: None, per_write: None };
            match self.inner.await_input(slice) {
                Err(Error::Timeout(_)) => {}
                Ok(has_more) if is_body => {
                    let moved = self.inner.buffers().input().len().saturating_sub(before);
                    self.count(moved, began.elapsed())?;
                    return Ok(has_more);
                }
                other => {
                    (self.moved, self.waited) = (0, Duration::ZERO);
                    return other;
                }
            }
        }
    }

    fn is_open(&mut self) -> bool {
        self.hearing == Hearing::Listens && self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

/// Whether an error of sending means that the other side is gone.
fn is_hung_up(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted
    )
}
