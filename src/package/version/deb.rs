//! Debian's versions: `1:2.3~rc1+dfsg-4`.

use std::cmp::Ordering;

use super::{numbers, split};

/// See [`super::compare`].
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (Parts::of(a), Parts::of(b));
    ordered(a.epoch, b.epoch)
        .then_with(|| ordered(a.upstream, b.upstream))
        .then_with(|| ordered(a.revision.unwrap_or(b""), b.revision.unwrap_or(b"")))
}

/// See [`super::is_valid`].
pub(super) fn is_valid(version: &str) -> bool {
    let Parts { epoch, upstream, revision } = Parts::of(version);
    let is_part = |part: &[u8], more: &[u8]| {
        !part.is_empty() && part.iter().all(|byte| byte.is_ascii_alphanumeric() || more.contains(byte))
    };
    let has_epoch = version.contains(':');
    let epoch_fits = !has_epoch
        || (is_part(epoch, b"")
            && epoch.iter().all(u8::is_ascii_digit)
            && numbers(epoch, LARGEST_EPOCH) != Ordering::Greater);
    epoch_fits && is_part(upstream, b".+-~:") && revision.is_none_or(|revision| is_part(revision, b".+~"))
}

/// dpkg holds epochs in an `int`.
const LARGEST_EPOCH: &[u8] = b"2147483647";

/// `[epoch:]upstream[-revision]`.
struct Parts<'a> {
    epoch: &'a [u8],
    upstream: &'a [u8],
    revision: Option<&'a [u8]>,
}

impl<'a> Parts<'a> {
    fn of(version: &'a str) -> Self {
        let version = version.as_bytes();
        let (epoch, rest) = match version.iter().position(|byte| *byte == b':') {
            Some(colon) => (&version[..colon], &version[colon + 1..]),
            None => (&version[..0], version),
        };
        match rest.iter().rposition(|byte| *byte == b'-') {
            Some(dash) => Self { epoch, upstream: &rest[..dash], revision: Some(&rest[dash + 1..]) },
            None => Self { epoch, upstream: rest, revision: None },
        }
    }
}

/// Compares what is no number and what is one by turns.
fn ordered(mut a: &[u8], mut b: &[u8]) -> Ordering {
    while !(a.is_empty() && b.is_empty()) {
        let is_word = |byte: u8| !byte.is_ascii_digit();
        let (word_a, number_a) = split(a, is_word);
        let (word_b, number_b) = split(b, is_word);
        let (digits_a, rest_a) = split(number_a, |byte| byte.is_ascii_digit());
        let (digits_b, rest_b) = split(number_b, |byte| byte.is_ascii_digit());
        match words(word_a, word_b).then_with(|| numbers(digits_a, digits_b)) {
            Ordering::Equal => (a, b) = (rest_a, rest_b),
            order => return order,
        }
    }
    Ordering::Equal
}

/// Orders runs without digits, character by character.
fn words(a: &[u8], b: &[u8]) -> Ordering {
    let longer = a.len().max(b.len());
    let weight = |word: &[u8], at: usize| word.get(at).map_or(0, |byte| weight(*byte));
    let differing = (0..longer).map(|at| weight(a, at).cmp(&weight(b, at))).find(|order| order.is_ne());
    differing.unwrap_or(Ordering::Equal)
}

/// Where a character stands: `~`, then the end (0), letters, all others.
fn weight(byte: u8) -> i16 {
    match byte {
        b'~' => -1,
        byte if byte.is_ascii_alphabetic() => byte.into(),
        byte => i16::from(byte) + 256,
    }
}
