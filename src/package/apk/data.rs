//! The data of a package, decoded: whoever reads it to its end has verified it.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

use super::container::broken;
use super::tap::Tap;
use super::{ApkError, FormatError, PromiseError};
use crate::code::AnyFailure;

/// The last member of a package. Its end is the file's, which has the size that was promised, and the member the digest.
pub(super) struct Data<R> {
    decoder: GzDecoder<Tap<R>>,
    member: usize,
    size: u64,
    sha256: [u8; 32],
    state: State,
}

enum State {
    Reading,
    Ended,
    Failed(AnyFailure),
}

impl<R: Read> Data<R> {
    /// The member that begins where `tap` stands.
    pub(super) fn new(mut tap: Tap<R>, member: usize, size: u64, sha256: [u8; 32]) -> Self {
        tap.hash();
        Self { decoder: GzDecoder::new(tap), member, size, sha256, state: State::Reading }
    }

    /// Why reading failed, where it did.
    pub(super) fn failure(&self) -> Option<&AnyFailure> {
        match &self.state {
            State::Failed(failure) => Some(failure),
            _ => None,
        }
    }

    /// Reads what is left, undecoded, and finds out whether these are the bytes that were promised.
    pub(super) fn keeps_promise(&mut self) -> Result<(), ApkError> {
        let tap = self.decoder.get_mut();
        tap.drain().map_err(ApkError::of_io)?;
        let (found, sha256) = (tap.position(), tap.sha256());
        self.judge(found, sha256)
    }

    fn judge(&self, found: u64, sha256: [u8; 32]) -> Result<(), ApkError> {
        let expected = self.size;
        if found != expected {
            return Err(PromiseError::Size { expected, found }.into());
        }
        if sha256 != self.sha256 {
            let (expected, found) = (hex::encode(self.sha256), hex::encode(sha256));
            return Err(PromiseError::Data { expected, found }.into());
        }
        Ok(())
    }

    /// Holds the end of the member against what was promised.
    fn end(&mut self) -> Result<(), ApkError> {
        let tap = self.decoder.get_mut();
        let sha256 = tap.sha256();
        let next = tap.fill_buf().map_err(ApkError::of_io)?.first().copied();
        tap.drain().map_err(ApkError::of_io)?;
        let found = tap.position();
        self.judge(found, sha256)?;
        match next {
            None => Ok(()),
            Some(0x1f) => Err(FormatError::FourthMember.into()),
            Some(_) => Err(FormatError::Trailing.into()),
        }
    }

    fn step(&mut self, out: &mut [u8]) -> Result<usize, ApkError> {
        match self.decoder.read(out).map_err(|error| broken(self.member, error)) {
            Ok(0) if !out.is_empty() => {
                self.end()?;
                self.state = State::Ended;
                Ok(0)
            }
            // Bytes that are broken because they are others are told as that.
            Err(error @ ApkError::Format(_)) => self.keeps_promise().and(Err(error)),
            result => result,
        }
    }
}

impl<R: Read> Read for Data<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match &self.state {
            State::Reading => self.step(out).map_err(|error| {
                let failure = AnyFailure::new(error);
                self.state = State::Failed(failure.clone());
                failure.into_io()
            }),
            State::Ended => Ok(0),
            State::Failed(failure) => Err(failure.clone().into_io()),
        }
    }
}
