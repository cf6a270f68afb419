//! Reading gzip, RFC 1952: all members of a stream.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

use super::blob::{Blob, own, taken_apart};
use super::{LimitError, ReadErrorKind, Reading, Trust};

/// The bytes of a gzip stream of one or more members.
pub(super) struct GzipDecoder<'a> {
    member: Member,
    members: u32,
    how: &'a Reading<'a>,
}

enum Member {
    Open(Box<GzDecoder<Blob>>),
    Ended(Blob),
    /// Between the two.
    Moving,
}

impl<'a> GzipDecoder<'a> {
    /// Decodes a blob; zeros may follow the last member of a base.
    pub(super) fn new(blob: Blob, how: &'a Reading<'a>) -> Self {
        Self { member: Member::Open(Box::new(GzDecoder::new(blob))), members: 1, how }
    }

    /// Some bytes; none only at the end of the blob.
    pub(super) fn read(&mut self, out: &mut [u8]) -> Result<usize, ReadErrorKind> {
        loop {
            // A blob may have many members that hold nothing.
            self.how.interrupt.check()?;
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
        let (limit, padded) = (self.how.limits.gzip_members, self.how.trust == Trust::Base);
        match blob.fill_buf().map_err(own)?.first().copied() {
            None => Ok(false),
            Some(0) if padded && blob.has_only_zeros().map_err(own)? => Ok(false),
            // RFC 1952's first magic byte.
            Some(0x1f) if self.members == limit => Err(LimitError::Members { limit }.into()),
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
    use std::sync::atomic::Ordering;

    use crate::code::{Code, Coded};
    use crate::layer::LayerIndex;
    use crate::layer::raw::{RawTar, Reader, artifact, base, gzip};
    use crate::oci::Compression;

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
        let tar = tar();
        let blob: Vec<u8> = tar.chunks(tar.len() / 2).flat_map(gzip).chain(gzip(b"")).collect();
        for (limit, expected) in [(3, None), (2, Some(Code::LimitMembers)), (1, Some(Code::LimitMembers))] {
            let mut reader = base();
            reader.limits.gzip_members = limit;
            assert_eq!(result(&reader, blob.clone()).err(), expected, "{limit}");
        }
    }

    #[test]
    fn empty_members_do_not_keep_from_ending() {
        let reader = base();
        let blob = [gzip(b"").repeat(10_000), gzip(&tar())].concat();
        assert!(result(&reader, blob.clone()).is_ok());
        reader.interrupt.signal().store(15, Ordering::Relaxed);
        assert_eq!(result(&reader, blob), Err(Code::Terminated));
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
