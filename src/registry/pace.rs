//! Connections that notice when they stand still, crawl, or are not wanted any more.

use std::fmt;
use std::time::{Duration, Instant};

use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, DefaultConnector, NextTimeout, Transport, time,
};
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

/// A connection that cannot be made: nothing of the request was sent.
#[derive(Debug)]
pub(super) struct Unconnected(pub(super) Error);

impl fmt::Display for Unconnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no connection: {}", self.0)
    }
}

impl std::error::Error for Unconnected {}

/// A transfer that moves fewer bytes than it has to.
#[derive(Debug)]
pub(super) struct Slow;

impl fmt::Display for Slow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too slow")
    }
}

impl std::error::Error for Slow {}

/// Makes connections that keep a [`Pace`].
#[derive(Debug)]
pub(super) struct PacedConnector {
    system: DefaultConnector,
    pace: Pace,
}

impl PacedConnector {
    pub(super) fn new(pace: Pace) -> Self {
        Self { system: DefaultConnector::new(), pace }
    }
}

impl Connector<()> for PacedConnector {
    type Out = Paced;

    fn connect(&self, details: &ConnectionDetails<'_>, _: Option<()>) -> Result<Option<Paced>, Error> {
        let made = self.system.connect(details, None);
        let made = made.map_err(|error| Error::Other(Box::new(Unconnected(error))))?;
        let paced = |inner| Paced { inner, pace: self.pace.clone(), moved: 0, waited: Duration::ZERO };
        Ok(made.map(paced))
    }
}

/// A connection that keeps a [`Pace`].
#[derive(Debug)]
pub(super) struct Paced {
    inner: Box<dyn Transport>,
    pace: Pace,
    /// Bytes moved in one direction, and how long that was waited for, since both were looked at.
    moved: u64,
    waited: Duration,
}

impl Paced {
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

impl Transport for Paced {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.pace.interrupt.check().map_err(|interrupted| Error::Other(Box::new(interrupted)))?;
        let began = Instant::now();
        let after = self.pace.stall.min(*timeout.after).into();
        self.inner.transmit_output(amount, NextTimeout { after, reason: Timeout::PerWrite, ..timeout })?;
        if timeout.reason == Timeout::Global {
            self.count(amount, began.elapsed())?;
        }
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        // Bodies have no time of their own: how long they take depends on their size.
        let is_body = timeout.reason == Timeout::Global;
        let most = if is_body { self.pace.stall } else { *timeout.after };
        let reason = if is_body { Timeout::PerRead } else { timeout.reason };
        let began = Instant::now();
        loop {
            self.pace.interrupt.check().map_err(|interrupted| Error::Other(Box::new(interrupted)))?;
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
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}
