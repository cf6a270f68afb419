//! apk's versions: `1.2.3a_rc1~0af3-r4`.

use std::cmp::Ordering;

use super::{numbers, split};

/// See [`super::compare`].
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    ordered(a, b, false)
}

/// See [`super::compare_like`].
pub(super) fn compare_like(version: &str, like: &str) -> Ordering {
    ordered(version, like, true)
}

/// See [`super::is_valid`].
pub(super) fn is_valid(version: &str) -> bool {
    let mut tokens = Tokens::of(version);
    while tokens.kind < Kind::End {
        tokens.advance();
    }
    tokens.kind == Kind::End
}

/// Compares token by token as long as they are of one kind; with `like`, what `b` does not say counts for nothing.
fn ordered(a: &str, b: &str, like: bool) -> Ordering {
    let (mut a, mut b) = (Tokens::of(a), Tokens::of(b));
    while a.kind == b.kind && a.kind < Kind::End {
        match a.compare_token(&b) {
            Ordering::Equal => {}
            order => return order,
        }
        a.advance();
        b.advance();
    }
    if a.kind == b.kind || (like && b.kind == Kind::End) {
        Ordering::Equal
    } else if a.is_early() {
        Ordering::Less
    } else if b.is_early() {
        Ordering::Greater
    } else {
        b.kind.cmp(&a.kind)
    }
}

/// The kinds of tokens; where two versions part, the one whose token comes later here is smaller.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    First,
    Number,
    Letter,
    Suffix,
    SuffixNumber,
    Hash,
    Revision,
    End,
    Invalid,
}

/// Suffixes in their order; those before `EARLY` make a version smaller than it is without.
const SUFFIXES: [&[u8]; 9] = [b"alpha", b"beta", b"pre", b"rc", b"cvs", b"svn", b"git", b"hg", b"p"];
const EARLY: usize = 4;

/// A version at one of its tokens.
struct Tokens<'a> {
    kind: Kind,
    token: &'a [u8],
    /// The place among [`SUFFIXES`] where the token is one.
    suffix: usize,
    rest: &'a [u8],
}

impl<'a> Tokens<'a> {
    fn of(version: &'a str) -> Self {
        let mut tokens = Self { kind: Kind::First, token: b"", suffix: 0, rest: version.as_bytes() };
        tokens.take(Kind::First, 0, |byte| byte.is_ascii_digit());
        tokens
    }

    /// Goes on to the next token; the last is `End` or `Invalid`.
    fn advance(&mut self) {
        let Some(first) = self.rest.first() else {
            self.kind = Kind::End;
            return;
        };
        match first {
            b'.' if self.kind <= Kind::Number => self.take(Kind::Number, 1, |byte| byte.is_ascii_digit()),
            b'a'..=b'z' if self.kind <= Kind::Number => {
                (self.token, self.rest) = self.rest.split_at(1);
                self.kind = Kind::Letter;
            }
            b'_' if self.kind <= Kind::SuffixNumber => {
                self.take(Kind::Suffix, 1, |byte| byte.is_ascii_lowercase());
                match SUFFIXES.iter().position(|suffix| *suffix == self.token) {
                    Some(place) => self.suffix = place,
                    None => self.kind = Kind::Invalid,
                }
            }
            b'0'..=b'9' if self.kind == Kind::Suffix => {
                self.take(Kind::SuffixNumber, 0, |byte| byte.is_ascii_digit());
            }
            b'~' if self.kind < Kind::Hash => {
                self.take(Kind::Hash, 1, |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            }
            b'-' if self.kind < Kind::Revision && self.rest.starts_with(b"-r") => {
                self.take(Kind::Revision, 2, |byte| byte.is_ascii_digit());
            }
            _ => self.kind = Kind::Invalid,
        }
    }

    /// Takes a token that begins after `before` bytes and is not empty.
    fn take(&mut self, kind: Kind, before: usize, is_kind: impl Fn(u8) -> bool) {
        (self.token, self.rest) = split(&self.rest[before..], is_kind);
        self.kind = if self.token.is_empty() { Kind::Invalid } else { kind };
    }

    /// Whether a version that goes on so is smaller than one that ends here.
    fn is_early(&self) -> bool {
        self.kind == Kind::Suffix && self.suffix < EARLY
    }

    /// Compares two tokens of one kind.
    fn compare_token(&self, other: &Self) -> Ordering {
        let (a, b) = (self.token, other.token);
        match self.kind {
            Kind::Number if a[0] == b'0' || b[0] == b'0' => a.cmp(b),
            Kind::First | Kind::Number | Kind::SuffixNumber | Kind::Revision => numbers(a, b),
            Kind::Suffix => self.suffix.cmp(&other.suffix),
            Kind::Letter | Kind::Hash | Kind::End | Kind::Invalid => a.cmp(b),
        }
    }
}
