//! Files that survive connections that break off.

use std::io::{self, Read};

use super::client::Client;
use super::error::HttpError;
use super::response::Response;
use super::retry::Retry;
use crate::code::{AnyFailure, Failure};
use crate::interrupt::Interrupted;

/// Who can be asked again for bytes that did not come.
pub(crate) trait Again {
    /// Why the answer is none that can be used.
    type Error: Failure + From<HttpError> + From<Interrupted>;

    /// Asks for all bytes, of which `passed` were passed on already.
    fn whole(&mut self, passed: u64) -> Result<Response, Self::Error>;

    /// Asks for the bytes from `first` on; the answer has the status 206, or 200 and all bytes. Nothing where ranges are
    /// not understood.
    fn rest(&mut self, first: u64) -> Result<Option<Response>, Self::Error>;

    /// How many bytes there are, where that is known.
    fn size(&self) -> Option<u64>;
}

/// The bytes of a file, all of them, from as many answers as it takes.
///
/// An answer that is no more than the rest of the file goes on where the last one broke off; of any other the bytes that
/// came already are skipped. Whoever hashes the whole notices when they were others.
pub(crate) struct Resumed<A> {
    client: Client,
    from: A,
    /// The bytes that were passed on.
    at: u64,
    body: Option<Response>,
    /// The bytes of the answer that were passed on from an earlier one.
    skip: u64,
    tries: u32,
    /// Whether answers to a range were right so far.
    ranges: bool,
}

impl<A: Again> Resumed<A> {
    /// The bytes of an answer that has all of them, and of others where it breaks off.
    pub(crate) fn new(client: &Client, from: A, whole: Response) -> Self {
        let client = client.clone();
        Self { client, from, at: 0, body: Some(whole), skip: 0, tries: 1, ranges: true }
    }

    /// Whom they are from.
    pub(super) fn from(&self) -> &A {
        &self.from
    }

    /// Reads a part; one of no bytes is the end.
    fn part(&mut self, out: &mut [u8]) -> Result<usize, A::Error> {
        loop {
            self.client.interrupt().check()?;
            if self.body.is_none() {
                self.body = Some(self.again()?);
            }
            let Some(body) = &mut self.body else { continue };
            match skipping(&mut self.skip, body, out) {
                Ok(0) if self.skip > 0 || self.from.size().is_some_and(|size| self.at < size) => {
                    let problem = format!("{}: the answer ends too soon", body.what);
                    self.broken_off(problem)?;
                }
                Ok(read) => return Ok(read),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => match error.downcast::<Interrupted>() {
                    Ok(interrupted) => return Err(interrupted.into()),
                    Err(error) => self.broken_off(error.to_string())?,
                },
            }
        }
    }

    /// Asks for what is left, and sets how much of the answer came before.
    fn again(&mut self) -> Result<Response, A::Error> {
        if self.ranges && self.at > 0 {
            if let Some(rest) = self.rest()? {
                return Ok(rest);
            }
            self.ranges = false;
        }
        self.skip = self.at;
        self.from.whole(self.at)
    }

    /// Asks for the bytes that did not come; nothing where ranges are not understood.
    fn rest(&mut self) -> Result<Option<Response>, A::Error> {
        let Some(answer) = self.from.rest(self.at)? else { return Ok(None) };
        self.skip = if answer.status == 206 { 0 } else { self.at };
        let is_rest = |range: &str| continues(range, self.at, self.from.size());
        let is_right = answer.status == 200 || answer.header("content-range").is_some_and(is_rest);
        Ok(is_right.then_some(answer))
    }

    /// Notes that an answer broke off, and waits before the next try.
    fn broken_off(&mut self, problem: String) -> Result<(), A::Error> {
        self.body = None;
        let mut retry = Retry::after(self.tries, self.client.limits(), self.client.interrupt());
        if !retry.wait(None)? {
            let (at, size, tries) = (self.at, self.from.size(), self.tries);
            return Err(HttpError::BrokenOff { at, size, tries, problem }.into());
        }
        self.client.traffic().retry();
        self.tries = retry.tries();
        Ok(())
    }
}

impl<A: Again> Read for Resumed<A> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        let read = self.part(out).map_err(|error| AnyFailure::new(error).into_io())?;
        self.at += read as u64;
        self.client.traffic().received(read as u64);
        Ok(read)
    }
}

/// Reads what comes after `skip` bytes, which are read and forgotten first.
fn skipping(skip: &mut u64, body: &mut Response, out: &mut [u8]) -> io::Result<usize> {
    while *skip > 0 {
        let part = usize::try_from(*skip).unwrap_or(usize::MAX).min(out.len());
        match body.body.read(&mut out[..part])? {
            0 => return Ok(0),
            read => *skip -= read as u64,
        }
    }
    body.body.read(out)
}

/// Whether a `Content-Range` is that of all bytes from `first` on, of as many as there are or, where that is not known, as it
/// says itself.
fn continues(range: &str, first: u64, size: Option<u64>) -> bool {
    let parts = range.trim().strip_prefix("bytes ").and_then(|range| range.split_once('/'));
    let Some(((begin, end), total)) = parts.and_then(|(range, total)| Some((range.split_once('-')?, total)))
    else {
        return false;
    };
    let is = |text: &str, number: u64| text == number.to_string();
    let Some(size) = size.or_else(|| total.parse().ok()) else { return false };
    is(begin, first) && is(end, size.saturating_sub(1)) && (total == "*" || is(total, size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_the_rest_only_if_it_is_exactly_that() {
        for (range, of_ten, of_any) in [
            ("bytes 5-9/10", true, true),
            ("bytes 5-9/*", true, false),
            ("bytes 5-8/10", false, false),
            ("bytes 4-9/10", false, false),
            ("bytes 5-9/11", false, false),
            ("bytes 5-10/11", false, true),
            ("bytes */10", false, false),
            ("items 5-9/10", false, false),
            ("bytes=5-9/10", false, false),
            ("bytes +5-9/10", false, false),
            ("bytes 5-9/+10", false, false),
            ("", false, false),
        ] {
            assert_eq!(continues(range, 5, Some(10)), of_ten, "{range}");
            assert_eq!(continues(range, 5, None), of_any, "{range}");
        }
    }
}
