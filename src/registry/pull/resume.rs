//! A blob that survives connections that break off.

use std::io::{self, Read};

use super::blob;
use crate::code::AnyFailure;
use crate::oci::{Descriptor, Digest};
use crate::registry::error::RegistryError;
use crate::registry::repository::Repository;
use crate::registry::response::Response;

/// How often a blob is asked for.
const TRIES: u32 = 5;

/// A blob's bytes, all of them, from as many answers as it takes.
///
/// An answer that is no more than the rest of the blob goes on where the last one broke off; of any other the bytes that
/// came already are skipped. Whoever hashes the whole notices when they were others.
pub(in crate::registry) struct Resumed {
    repository: Repository,
    digest: Digest,
    size: u64,
    /// The bytes that were passed on.
    at: u64,
    body: Option<Response>,
    /// The bytes of the answer that were passed on from an earlier one.
    skip: u64,
    tries: u32,
    /// Whether answers to a range were right so far.
    ranges: bool,
}

impl Resumed {
    /// Asks for a blob; one that is not there is an error.
    pub(in crate::registry) fn open(
        repository: &Repository,
        descriptor: &Descriptor,
    ) -> Result<Self, RegistryError> {
        Self::find(repository, descriptor)?.ok_or_else(|| missing(repository, &descriptor.digest))
    }

    /// Asks for a blob that may not be there.
    pub(in crate::registry) fn find(
        repository: &Repository,
        descriptor: &Descriptor,
    ) -> Result<Option<Self>, RegistryError> {
        let (digest, size) = (descriptor.digest, descriptor.size);
        let body = repository.read(|place| blob::from(place, &digest, 0))?;
        Ok(body.map(|body| {
            let repository = repository.clone();
            Self { repository, digest, size, at: 0, body: Some(body), skip: 0, tries: 1, ranges: true }
        }))
    }

    /// Reads a part; one of no bytes is the end of the blob.
    fn part(&mut self, out: &mut [u8]) -> Result<usize, RegistryError> {
        loop {
            self.repository.shared().interrupt.check()?;
            if self.body.is_none() {
                self.body = Some(self.again()?);
            }
            let Some(body) = &mut self.body else { continue };
            match skipping(&mut self.skip, body, out) {
                Ok(0) if self.at < self.size => self.broken_off("the answer ends too soon".to_owned())?,
                Ok(read) => return Ok(read),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => self.broken_off(error.to_string())?,
            }
        }
    }

    /// Asks for what is left, and sets how much of the answer came before.
    fn again(&mut self) -> Result<Response, RegistryError> {
        if self.ranges && self.at > 0 {
            if let Some(rest) = self.rest()? {
                return Ok(rest);
            }
            self.ranges = false;
        }
        self.skip = self.at;
        let whole = self.repository.read(|place| blob::from(place, &self.digest, 0))?;
        whole.ok_or_else(|| missing(&self.repository, &self.digest))
    }

    /// Asks for the bytes that did not come; nothing where ranges are not understood.
    fn rest(&mut self) -> Result<Option<Response>, RegistryError> {
        let answer = match self.repository.read(|place| blob::from(place, &self.digest, self.at)) {
            Err(error) if error.status() == Some(416) => return Ok(None),
            answer => answer?.ok_or_else(|| missing(&self.repository, &self.digest))?,
        };
        self.skip = if answer.status == 206 { 0 } else { self.at };
        let is_rest = |range: &str| continues(range, self.at, self.size);
        let is_right = answer.status == 200 || answer.header("content-range").is_some_and(is_rest);
        Ok(is_right.then_some(answer))
    }

    fn broken_off(&mut self, problem: String) -> Result<(), RegistryError> {
        let what = self.body.take().map(|body| body.what).unwrap_or_default();
        let (at, size, tries) = (self.at, self.size, self.tries);
        if tries == TRIES {
            return Err(RegistryError::BrokenOff { what, at, size, tries, problem });
        }
        self.tries += 1;
        Ok(())
    }
}

impl Read for Resumed {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        let read = self.part(out).map_err(|error| AnyFailure::new(error).into_io())?;
        self.at += read as u64;
        self.repository.shared().traffic.received(read as u64);
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

/// Whether a `Content-Range` is that of all bytes of a blob from `first` on.
fn continues(range: &str, first: u64, size: u64) -> bool {
    let parts = range.trim().strip_prefix("bytes ").and_then(|range| range.split_once('/'));
    let Some(((begin, end), total)) = parts.and_then(|(range, total)| Some((range.split_once('-')?, total)))
    else {
        return false;
    };
    let is = |text: &str, number: u64| text.parse() == Ok(number);
    is(begin, first) && is(end, size.saturating_sub(1)) && (total == "*" || is(total, size))
}

fn missing(repository: &Repository, digest: &Digest) -> RegistryError {
    RegistryError::Status {
        what: format!("blob {digest} in {}", repository.full_name()),
        status: 404,
        message: String::new(),
    }
}
