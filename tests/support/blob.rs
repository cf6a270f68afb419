//! Layers that are small as they are stored and large, or odd, as they are read.

use std::io::Write;

use sha2::{Digest, Sha256};

use super::digest;

/// Bytes of one block of a zstd frame.
const BLOCK: u64 = 128 << 10;

/// A tar that begins with some bytes and goes on with zeros.
pub(crate) struct Zeros {
    pub(crate) head: Vec<u8>,
    pub(crate) zeros: u64,
}

impl Zeros {
    /// As one zstd frame whose window has 2^`log` bytes, and no word of its size.
    pub(crate) fn zstd(&self, log: u8) -> Vec<u8> {
        let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, (log - 10) << 3];
        let mut block = |is_last: bool, kind: u64, size: u64, bytes: &[u8]| {
            let header = u64::from(is_last) | kind << 1 | size << 3;
            frame.extend_from_slice(&header.to_le_bytes()[..3]);
            frame.extend_from_slice(bytes);
        };
        for piece in self.head.chunks(1 << 10) {
            block(false, RAW, piece.len() as u64, piece);
        }
        let longest = BLOCK.min(1 << log);
        for _ in 0..self.zeros / longest {
            block(false, RUN, longest, &[0]);
        }
        block(true, RUN, self.zeros % longest, &[0]);
        frame
    }

    /// As a gzip stream of members that hold up to 64 MiB each.
    pub(crate) fn gzip(&self) -> Vec<u8> {
        let zeros = vec![0; 64 << 20];
        let (many, rest) = (self.zeros / zeros.len() as u64, self.zeros % zeros.len() as u64);
        let mut stream = gzip(&self.head);
        let member = gzip(&zeros);
        (0..many).for_each(|_| stream.extend_from_slice(&member));
        stream.extend_from_slice(&gzip(&zeros[..usize::try_from(rest).expect("less than a member")]));
        stream
    }

    /// The diff ID.
    pub(crate) fn digest(&self) -> String {
        let mut hasher = Sha256::new_with_prefix(&self.head);
        let piece = vec![0; 1 << 20];
        let mut left = self.zeros;
        while left > 0 {
            let length = left.min(piece.len() as u64);
            hasher.update(&piece[..usize::try_from(length).expect("no more than the piece")]);
            left -= length;
        }
        format!("sha256:{}", hex::encode(hasher.finalize()))
    }
}

/// What a block holds: bytes as they are.
const RAW: u64 = 0;

/// What a block holds: one byte, many times.
const RUN: u64 = 1;

/// One gzip member, as small as it gets.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("memory can be written");
    encoder.finish().expect("memory can be written")
}

#[test]
fn zeros_are_what_they_are_said_to_be() {
    for (head, zeros) in [(3000, 200_000), (0, 0), (512, 128 << 10)] {
        let tar = Zeros { head: vec![b'x'; head], zeros };
        let plain = [&tar.head[..], &vec![0; usize::try_from(zeros).unwrap()]].concat();
        for log in [10, 17, 27] {
            assert_eq!(zstd::decode_all(tar.zstd(log).as_slice()).unwrap(), plain);
        }
        let mut read = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(tar.gzip().as_slice()), &mut read)
            .unwrap();
        assert_eq!(read, plain);
        assert_eq!(tar.digest(), digest(&plain));
    }
}
