//! Reading gzip, RFC 1952: all members of a stream.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

use super::blob::{Blob, own, taken_apart};
use super::{LimitError, ReadErrorKind};

/// Members that a stream may have.
const MEMBERS: u32 = 1_000_000;

/// The bytes of a gzip stream of one or more members.
pub(super) struct GzipDecoder {
    member: Member,
    members: u32,
    limit: u32,
    /// Whether zeros may follow the last member.
    padded: bool,
}

enum Member {
    Open(Box<GzDecoder<Blob>>),
    Ended(Blob),
    /// Between the two.
    Moving,
}

impl GzipDecoder {
    /// Decodes a blob; `padded` allows zeros after the last member.
    pub(super) fn new(blob: Blob, padded: bool) -> Self {
        Self { member: Member::Open(Box::new(GzDecoder::new(blob))), members: 1, limit: MEMBERS, padded }
    }

    /// Some bytes; none only at the end of the blob.
    pub(super) fn read(&mut self, out: &mut [u8]) -> Result<usize, ReadErrorKind> {
        loop {
            let Member::Open(member) = &mut self.member else { return Ok(0) };
            match member.read(out).map_err(error)? {
                0 => self.turn_to_next()?,
                read => return Ok(read),
            }
        }
    }

    /// The blob, wherever reading it stands.
    pub(super) fn blob(&mut self) -> &mut Blob {
        match &mut self.member {
            Member::Open(member) => member.get_mut(),
            Member::Ended(blob) => blob,
            Member::Moving => unreachable!("members move within `turn_to_next` alone"),
        }
    }

    fn turn_to_next(&mut self) -> Result<(), ReadErrorKind> {
        let Member::Open(member) = std::mem::replace(&mut self.member, Member::Moving) else { return Ok(()) };
        let mut blob = member.into_inner();
        let next = self.next(&mut blob);
        self.member = match next {
            Ok(true) => Member::Open(Box::new(GzDecoder::new(blob))),
            _ => Member::Ended(blob),
        };
        next.map(drop)
    }

    /// Whether another member follows.
    fn next(&mut self, blob: &mut Blob) -> Result<bool, ReadErrorKind> {
        match blob.fill_buf().map_err(own)?.first().copied() {
            None => Ok(false),
            Some(0) if self.padded && blob.has_only_zeros().map_err(own)? => Ok(false),
            // RFC 1952's first magic byte.
            Some(0x1f) if self.members == self.limit => Err(LimitError::Members { limit: self.limit }.into()),
            Some(0x1f) => {
                self.members += 1;
                Ok(true)
            }
            Some(_) => Err(ReadErrorKind::Gzip("garbage follows the last member".into())),
        }
    }
}

fn error(error: io::Error) -> ReadErrorKind {
    match taken_apart(error) {
        Ok(kind) => kind,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            ReadErrorKind::Gzip("it is truncated".into())
        }
        Err(error) => ReadErrorKind::Gzip(error.to_string().into()),
    }
}
