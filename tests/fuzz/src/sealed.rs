//! Checksums put right, so that a changed input is not refused for them alone.

use crate::gunzip;

const BLOCK: usize = 512;

/// Puts the checksum of every header of a tar right, as far as they can be found by their sizes.
pub fn tar(bytes: &mut [u8]) {
    let mut at = 0;
    while let Some(block) = bytes.get_mut(at..at + BLOCK) {
        at += BLOCK;
        if block.iter().all(|byte| *byte == 0) {
            continue;
        }
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let has_content = !matches!(block[156], b'1'..=b'6');
        let digits = block[124..136].iter().filter(|byte| matches!(byte, b'0'..=b'7'));
        let size = digits.fold(0_usize, |size, digit| size * 8 + usize::from(digit - b'0'));
        at += if has_content { size.next_multiple_of(BLOCK) } else { 0 };
    }
}

/// Puts checksum and length of every gzip member right.
pub fn gzip(bytes: &mut [u8]) {
    let mut at = 0;
    while let Some(member) = gunzip::unchecked_member(&bytes[at..]) {
        let trailer = at + member.trailer..at + member.trailer + gunzip::TRAILER;
        let Some(own) = bytes.get_mut(trailer.clone()) else { return };
        own[..4].copy_from_slice(&gunzip::crc32(&member.content).to_le_bytes());
        own[4..].copy_from_slice(&(member.content.len() as u32).to_le_bytes());
        at = trailer.end;
    }
}
