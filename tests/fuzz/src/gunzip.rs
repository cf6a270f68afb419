//! gzip as RFC 1952 lays it out, read slowly.

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

/// Bytes of checksum and length behind a member.
pub const TRAILER: usize = 8;

/// The most bytes that a member may come to here.
const LARGEST: usize = 4 << 20;

/// A member of a stream.
pub struct Member {
    /// What it holds.
    pub content: Vec<u8>,
    /// Where its checksum begins.
    pub trailer: usize,
}

/// How a stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With its last member.
    Clean,
    /// With zeros behind it.
    Zeros,
}

/// What all members of a stream hold, and how it ends; nothing where it is broken, or longer than can be read here.
pub fn gunzip(bytes: &[u8]) -> Option<(Vec<u8>, End)> {
    let (mut content, mut rest) = (Vec::new(), bytes);
    loop {
        let member = unchecked_member(rest)?;
        let trailer = rest.get(member.trailer..member.trailer + TRAILER)?;
        let (crc, length) =
            (crc32(&member.content).to_le_bytes(), (member.content.len() as u32).to_le_bytes());
        if trailer != [crc, length].concat() {
            return None;
        }
        content.extend_from_slice(&member.content);
        rest = &rest[member.trailer + TRAILER..];
        match rest.first() {
            None => return Some((content, End::Clean)),
            Some(0) => return rest.iter().all(|byte| *byte == 0).then_some((content, End::Zeros)),
            Some(_) => {}
        }
    }
}

/// The first member, whatever its trailer says.
pub fn unchecked_member(bytes: &[u8]) -> Option<Member> {
    let deflated = header(bytes)?;
    let mut content = vec![0; 1 << 12];
    loop {
        let mut state = Box::<DecompressorOxide>::default();
        let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let (status, read, written) = decompress(&mut state, &bytes[deflated..], &mut content, 0, flags);
        match status {
            TINFLStatus::Done => {
                content.truncate(written);
                return Some(Member { content, trailer: deflated + read });
            }
            TINFLStatus::HasMoreOutput if content.len() < LARGEST => content.resize(content.len() * 8, 0),
            _ => return None,
        }
    }
}

/// Bytes of a member's header.
fn header(bytes: &[u8]) -> Option<usize> {
    // The upper bits are reserved, "which must be zero".
    let [0x1f, 0x8b, 8, flags @ 0..=0x1f, ..] = *bytes else { return None };
    let mut at = 10;
    if flags & 4 != 0 {
        let length = bytes.get(at..at + 2)?;
        at += 2 + usize::from(u16::from_le_bytes([length[0], length[1]]));
    }
    for flag in [8, 16] {
        if flags & flag != 0 {
            at += bytes.get(at..)?.iter().position(|byte| *byte == 0)? + 1;
        }
    }
    if flags & 2 != 0 {
        let crc = (crc32(bytes.get(..at)?) & 0xffff) as u16;
        if bytes.get(at..at + 2)? != crc.to_le_bytes() {
            return None;
        }
        at += 2;
    }
    (at <= bytes.len()).then_some(at)
}

/// The checksum of gzip, a bit at a time.
pub fn crc32(bytes: &[u8]) -> u32 {
    let by_bit = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), by_bit))
}
