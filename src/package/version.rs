//! Versions, in the order of each family.

mod apk;
mod deb;

use std::cmp::Ordering;

use super::family::Family;

/// How two versions stand to each other. What is no version has a place in the order too, so that sorting never fails.
pub fn compare(family: Family, a: &str, b: &str) -> Ordering {
    match family {
        Family::Apk => apk::compare(a, b),
        Family::Deb => deb::compare(a, b),
    }
}

/// Whether a text is a version.
pub fn is_valid(family: Family, version: &str) -> bool {
    match family {
        Family::Apk => apk::is_valid(version),
        Family::Deb => deb::is_valid(version),
    }
}

/// How a version stands to another that need not be written out: `1.2.3` is like `1.2` (apk's `~`; deb has none, so that
/// all of it counts).
pub(super) fn compare_like(family: Family, version: &str, like: &str) -> Ordering {
    match family {
        Family::Apk => apk::compare_like(version, like),
        Family::Deb => deb::compare(version, like),
    }
}

/// Orders two runs of digits as numbers of any length; an empty one is 0.
fn numbers(a: &[u8], b: &[u8]) -> Ordering {
    let (a, b) = (without_zeros(a), without_zeros(b));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

fn without_zeros(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    &digits[zeros..]
}

/// Cuts a text where its first bytes no longer are of a kind.
fn split(text: &[u8], is_kind: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    text.split_at(text.iter().take_while(|byte| is_kind(**byte)).count())
}

#[cfg(test)]
mod tests;
