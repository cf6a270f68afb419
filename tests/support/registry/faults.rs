//! Faults that a test scripts: which requests they befall, and what they do to them.

use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::effect::{Change, Effect};
use super::request::{Head, Method};

/// A fault, which befalls every request that fits until told otherwise: `Fault::on(Method::Get, "/blobs/").nth(2).reset_at(100)`.
///
/// What comes to pass before the answer (`status`, `drop_at`, `stop`) leaves the registry as it was; what befalls the answer
/// does not. All faults that fit a request befall it; where they exclude each other, the last one added does.
pub(crate) struct Fault {
    method: Option<Method>,
    part: String,
    number: Option<usize>,
    hits: RangeInclusive<usize>,
    seen: usize,
    effect: Effect,
}

impl Fault {
    /// One for the requests of a method whose path and query contain a text.
    pub(crate) fn on(method: Method, part: &str) -> Self {
        Self { method: Some(method), ..Self::any(part) }
    }

    /// One for the requests of any method whose path and query contain a text.
    pub(crate) fn any(part: &str) -> Self {
        let part = part.to_owned();
        Self { method: None, part, number: None, hits: 1..=usize::MAX, seen: 0, effect: Effect::default() }
    }

    /// One for the request of a running number.
    pub(crate) fn at(number: usize) -> Self {
        Self { number: Some(number), ..Self::any("") }
    }

    /// Only the nth request that fits, from 1.
    pub(crate) fn nth(self, n: usize) -> Self {
        Self { hits: n..=n, ..self }
    }

    /// Only the first `n` requests that fit.
    pub(crate) fn first(self, n: usize) -> Self {
        Self { hits: 1..=n, ..self }
    }

    /// Waits before anything is done.
    pub(crate) fn delay(self, time: Duration) -> Self {
        self.set(|effect| effect.delay = time)
    }

    /// Answers with a status, and nothing is done.
    pub(crate) fn status(self, status: u16) -> Self {
        self.set(|effect| effect.status = Some(status))
    }

    /// Answers 429, with this `Retry-After`.
    pub(crate) fn too_many(self, retry_after: &str) -> Self {
        self.status(429).header("Retry-After", retry_after)
    }

    /// Answers with a redirect to a URL.
    pub(crate) fn redirect(self, status: u16, url: &str) -> Self {
        self.status(status).header("Location", url)
    }

    /// Answers with a redirect to the same path and query of another origin.
    pub(crate) fn moved(self, status: u16, origin: &str) -> Self {
        self.status(status).set(|effect| effect.moved = Some(origin.to_owned()))
    }

    /// Answers before it has read the body of the request, and closes the connection; needs a status.
    pub(crate) fn unread(self) -> Self {
        self.set(|effect| effect.unread = true)
    }

    /// Resets the connection once this many bytes of the body of the request have come.
    pub(crate) fn drop_at(self, bytes: u64) -> Self {
        self.set(|effect| effect.drop_at = Some(bytes))
    }

    /// Calls back when the head of the request has come; then nothing is done, and the connection reset.
    pub(crate) fn stop(self, call: impl Fn() + Send + Sync + 'static) -> Self {
        self.set(|effect| effect.stop = Some(Arc::new(call)))
    }

    /// Calls back when the request has been done but not answered; then the connection is reset.
    pub(crate) fn stop_after(self, call: impl Fn() + Send + Sync + 'static) -> Self {
        self.set(|effect| effect.stop_after = Some(Arc::new(call)))
    }

    /// Mounts nothing: a session is opened instead.
    pub(crate) fn no_mount(self) -> Self {
        self.set(|effect| effect.no_mount = true)
    }

    /// Sets a header of the answer.
    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        self.change(name, Change::Set(value.to_owned()))
    }

    /// Adds a header to the answer, beside those of its name.
    pub(crate) fn more(self, name: &str, value: &str) -> Self {
        self.change(name, Change::Add(value.to_owned()))
    }

    /// Leaves out a header of the answer.
    pub(crate) fn without(self, name: &str) -> Self {
        self.change(name, Change::LeaveOut)
    }

    /// Answers with another body, whose length is told.
    pub(crate) fn body(self, body: impl Into<Vec<u8>>) -> Self {
        self.set(|effect| effect.body = Some(body.into()))
    }

    /// Answers with the first bytes of the body only, as if they were the whole.
    pub(crate) fn cut_to(self, bytes: usize) -> Self {
        self.set(|effect| effect.cut_to = Some(bytes))
    }

    /// Resets the connection after this many bytes of the body of the answer: 0 is before any byte of the answer.
    pub(crate) fn reset_at(self, bytes: usize) -> Self {
        self.set(|effect| effect.delivery.reset_at = Some(bytes))
    }

    /// Closes the connection after this many bytes of the body of the answer, of which more were promised.
    pub(crate) fn close_at(self, bytes: usize) -> Self {
        self.set(|effect| effect.delivery.close_at = Some(bytes))
    }

    /// Sends nothing more after this many bytes of the body of the answer, and keeps the connection.
    pub(crate) fn stall_at(self, bytes: usize) -> Self {
        self.set(|effect| effect.delivery.stall_at = Some(bytes))
    }

    /// Sends this many bytes of the body of the answer in a second.
    pub(crate) fn rate(self, bytes: u64) -> Self {
        self.set(|effect| effect.delivery.rate = Some(bytes))
    }

    /// Sends the answer in chunks, and so does not tell its length.
    pub(crate) fn chunked(self) -> Self {
        self.set(|effect| effect.delivery.chunked = true)
    }

    fn change(self, name: &str, change: Change) -> Self {
        self.set(|effect| effect.headers.push((name.to_owned(), change)))
    }

    fn set(mut self, set: impl FnOnce(&mut Effect)) -> Self {
        set(&mut self.effect);
        self
    }

    fn befalls(&mut self, number: usize, head: &Head) -> bool {
        let fits = self.method.is_none_or(|method| method == head.method)
            && self.number.is_none_or(|own| own == number)
            && head.target.contains(&self.part);
        self.seen += usize::from(fits);
        fits && self.hits.contains(&self.seen)
    }
}

/// The faults of a server.
#[derive(Default)]
pub(super) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(super) fn add(&self, fault: Fault) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What befalls a request; counts it as a hit of each fault that fits.
    pub(super) fn befalling(&self, number: usize, head: &Head) -> Effect {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut effect = Effect::default();
        for fault in faults.iter_mut() {
            if fault.befalls(number, head) {
                effect = effect.and(fault.effect.clone());
            }
        }
        effect
    }
}
