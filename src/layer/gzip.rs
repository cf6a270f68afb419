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

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::code::{Code, Coded};
    use crate::layer::LayerIndex;
    use crate::layer::raw::{RawTar, Reader, artifact, base, gzip};
    use crate::limits::Limits;
    use crate::oci::{Compression, Descriptor, MediaType};

    fn tar() -> Vec<u8> {
        RawTar::default().file("a", &[b'a'; 900]).file("b", b"b").end()
    }

    fn result(reader: &Reader, blob: Vec<u8>) -> Result<LayerIndex, Code> {
        reader.blob(Compression::Gzip, blob, &tar()).map_err(|error| error.code())
    }

    #[test]
    fn t27_all_members_are_read() {
        let (tar, empty) = (tar(), gzip(b""));
        let whole = result(&artifact(), gzip(&tar)).unwrap();
        for at in [0, 1, 511, 1000, tar.len()] {
            let (first, second) = (gzip(&tar[..at]), gzip(&tar[at..]));
            for blob in [
                [&*first, &second].concat(),
                [&*empty, &first, &empty, &second, &empty].concat(),
                tar.chunks(7).flat_map(gzip).collect(),
            ] {
                assert_eq!(result(&artifact(), blob).as_ref(), Ok(&whole));
            }
        }
    }

    #[test]
    fn t27_zeros_may_follow_in_a_base_alone() {
        for length in [1, 100, 400_000] {
            let blob = [gzip(&tar()), vec![0; length]].concat();
            assert!(result(&base(), blob.clone()).is_ok());
            assert_eq!(result(&artifact(), blob), Err(Code::Gzip));
        }
        let late = [gzip(&tar()), vec![0; 400_000], gzip(b"")].concat();
        assert_eq!(result(&base(), late), Err(Code::Gzip), "zeros, then something else");
    }

    #[test]
    fn members_are_counted() {
        let blob = gzip(b"a").repeat(3);
        for (limit, expected) in [(3, Ok(3)), (2, Err(Code::Gzip))] {
            let descriptor = Descriptor::of(MediaType::Layer(Compression::Gzip), &blob);
            let blob = Blob::open(Box::new(Cursor::new(blob.clone())), &descriptor, &Limits::default());
            let mut decoder = GzipDecoder { limit, ..GzipDecoder::new(blob.unwrap(), false) };
            let mut read = 0;
            let end = loop {
                match decoder.read(&mut [0; 10]) {
                    Ok(0) => break Ok(read),
                    Ok(more) => read += more,
                    Err(error) => break Err(error.code()),
                }
            };
            assert_eq!(end, expected);
        }
    }

    #[test]
    fn t28_a_broken_stream_is_refused() {
        let blob = gzip(&tar());
        let refused = |what: &str, blob: Vec<u8>| {
            for reader in [base(), artifact()] {
                assert_eq!(result(&reader, blob.clone()), Err(Code::Gzip), "{what}");
            }
        };
        for garbage in [&b"x"[..], b"\x1f", b"\x1f\x8b\x09", b"\x1e\x8b"] {
            refused("garbage", [&blob, garbage].concat());
        }
        for length in 0..blob.len() {
            refused(&format!("cut at {length}"), blob[..length].to_vec());
        }
        for (what, from_end) in [("checksum", 8), ("length", 1)] {
            let mut broken = blob.clone();
            let at = broken.len() - from_end;
            broken[at] ^= 1;
            refused(what, broken);
        }
    }
}
