//! As much of certificates as the hash of their subjects takes (X.509, DER).

use sha1::{Digest as _, Sha1};

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const UTF8_STRING: u8 = 0x0c;
const VERSION: u8 = 0xa0;

/// The hash that OpenSSL finds certificates by; nothing for what is no certificate.
///
/// It is that of the subject without its header, texts being made UTF-8, of small letters, and of single blanks.
pub(super) fn subject_hash(certificate: &[u8]) -> Option<u32> {
    let mut canonical = Vec::new();
    let mut names = subject(certificate)?;
    while !names.is_empty() {
        let (set, rest) = take(names, SET)?;
        put(&mut canonical, SET, &attributes(set)?);
        names = rest;
    }
    let digest: [u8; 20] = Sha1::digest(&canonical).into();
    Some(u32::from_le_bytes(digest[..4].try_into().expect("four bytes are four")))
}

/// What is in the subject of a certificate.
pub(super) fn subject(certificate: &[u8]) -> Option<&[u8]> {
    let (certificate, _) = take(certificate, SEQUENCE)?;
    let (mut rest, _) = take(certificate, SEQUENCE)?;
    if rest.first() == Some(&VERSION) {
        rest = element(rest)?.2;
    }
    // Its number, the algorithm, the issuer and the validity stand before it.
    for _ in 0..4 {
        rest = element(rest)?.2;
    }
    take(rest, SEQUENCE).map(|(subject, _)| subject)
}

/// The attributes of a set, canonical and in DER's order.
fn attributes(mut set: &[u8]) -> Option<Vec<u8>> {
    let mut members = Vec::new();
    while !set.is_empty() {
        let (pair, rest) = take(set, SEQUENCE)?;
        let (_, _, value) = element(pair)?;
        let object = &pair[..pair.len() - value.len()];
        let (tag, content, _) = element(value)?;
        let mut canonical = object.to_vec();
        match text(tag, content) {
            Some(text) => put(&mut canonical, UTF8_STRING, canonical_text(&text).as_bytes()),
            None => put(&mut canonical, tag, content),
        }
        let mut member = Vec::new();
        put(&mut member, SEQUENCE, &canonical);
        members.push(member);
        set = rest;
    }
    members.sort();
    Some(members.concat())
}

/// The text of a value, where it is of a type whose texts are compared.
fn text(tag: u8, content: &[u8]) -> Option<String> {
    let latin = || content.iter().map(|byte| char::from(*byte)).collect();
    Some(match tag {
        UTF8_STRING => String::from_utf8(content.to_vec()).ok()?,
        // Printable, T61, IA5 and Visible.
        0x13 | 0x14 | 0x16 | 0x1a => latin(),
        // BMP: two bytes each; Universal: four.
        0x1e => wide(content.as_chunks::<2>(), |pair| u32::from(u16::from_be_bytes(*pair)))?,
        0x1c => wide(content.as_chunks::<4>(), |four| u32::from_be_bytes(*four))?,
        _ => return None,
    })
}

fn wide<const N: usize>(
    (whole, rest): (&[[u8; N]], &[u8]),
    number: impl Fn(&[u8; N]) -> u32,
) -> Option<String> {
    rest.is_empty().then(|| whole.iter().map(|one| char::from_u32(number(one))).collect())?
}

fn canonical_text(text: &str) -> String {
    let is_space = |char: char| matches!(char, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r');
    let words: Vec<&str> = text.split(is_space).filter(|word| !word.is_empty()).collect();
    words.join(" ").to_ascii_lowercase()
}

/// The content of the element of this tag that comes first, and what follows it.
fn take(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (own, content, rest) = element(bytes)?;
    (own == tag).then_some((content, rest))
}

/// The element that comes first: its tag, its content, and what follows it.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (digits.iter().fold(0usize, |length, digit| length << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    (tag & 0x1f != 0x1f).then_some((tag, content, rest))
}

/// Adds an element.
fn put(bytes: &mut Vec<u8>, tag: u8, content: &[u8]) {
    bytes.push(tag);
    let length = content.len();
    let digits = length.to_be_bytes();
    let digits = &digits[digits.iter().take_while(|digit| **digit == 0).count()..];
    if length < 0x80 {
        bytes.push(length as u8);
    } else {
        bytes.push(0x80 | digits.len() as u8);
        bytes.extend_from_slice(digits);
    }
    bytes.extend_from_slice(content);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_that_compare_equal_become_the_same() {
        assert_eq!(canonical_text("  Example \t Root  CA "), "example root ca");
        assert_eq!(text(0x1e, b"\0A\0b"), Some("Ab".to_owned()));
        assert_eq!(text(0x1c, b"\0\0\0A"), Some("A".to_owned()));
        assert_eq!((text(0x1e, b"\0A\0"), text(0x02, b"1")), (None, None));
        assert_eq!(text(0x14, b"\xe4"), Some("ä".to_owned()));
    }

    #[test]
    fn elements_are_read_as_they_were_put() {
        for length in [0, 1, 127, 128, 255, 256, 70_000] {
            let content = vec![5; length];
            let mut bytes = Vec::new();
            put(&mut bytes, SET, &content);
            bytes.push(9);
            assert_eq!(element(&bytes), Some((SET, content.as_slice(), &[9][..])), "{length}");
        }
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut nested = Vec::new();
            put(&mut nested, SEQUENCE, &bytes);
            let mut twice = Vec::new();
            put(&mut twice, SEQUENCE, &nested);
            for bytes in [&bytes, &nested, &twice] {
                let _ = subject_hash(bytes);
            }
        }
    }
}
