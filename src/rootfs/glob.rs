//! The syntax of patterns.
//!
//! What a pattern means follows BuildKit's matcher, <https://github.com/moby/patternmatcher>; what is well-formed follows
//! Go's `filepath.Match`. Where BuildKit's own translation lets a character through as regular expression syntax (`{2}`,
//! `|`, `^`, `\d`, `[*]`), the character stands for itself here.

use std::iter::Peekable;
use std::str::Chars;

/// Why a pattern is malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GlobError {
    /// A `[` without its `]`.
    #[error("`[` is never closed")]
    UnclosedClass,
    /// A class that lists no character.
    #[error("`[]` lists no character; write `\\[` for the character itself")]
    EmptyClass,
    /// A `-` in a class that has no character on one of its sides.
    #[error("`-` in `[]` needs a character on both sides; write `\\-` for the character itself")]
    BareHyphen,
    /// A range whose end comes before its start.
    #[error("range `{start}-{end}` ends before it starts")]
    BackwardRange {
        /// The first character of the range.
        start: char,
        /// Its last character.
        end: char,
    },
    /// A `\` with nothing after it.
    #[error("`\\` at the end escapes nothing")]
    TrailingEscape,
}

/// A well-formed pattern, in pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Glob(Vec<Token>);

/// One piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A character that stands for itself.
    Char(char),
    /// `?`: one character, but no `/`.
    One,
    /// `[a-z]`: a character in one of the ranges.
    Class { negated: bool, ranges: Box<[(char, char)]> },
    /// `*`: characters of one component.
    Star,
    /// `**` before something else: nothing at all, or the [`Directories`](Self::Directories) that follow it.
    MaybeDirectories,
    /// Any directories, up to a `/`.
    Directories,
    /// `**` at the end: anything.
    Anything,
    /// The end of the pattern.
    End,
}

impl Token {
    /// Whether a character leads to the token after it.
    pub(super) fn takes(&self, char: char) -> bool {
        match self {
            Self::Char(own) => *own == char,
            Self::One => char != '/',
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(start, end)| (*start..=*end).contains(&char)) != *negated
            }
            Self::Directories => char == '/',
            Self::Star | Self::MaybeDirectories | Self::Anything | Self::End => false,
        }
    }

    /// Whether it tells characters apart that are not ASCII.
    pub(super) fn asks(&self) -> bool {
        match self {
            Self::Char(own) => !own.is_ascii(),
            Self::Class { ranges, .. } => ranges.iter().any(|(_, end)| !end.is_ascii()),
            _ => false,
        }
    }
}

/// Whether a cleaned pattern stands for one path alone.
pub(super) fn is_plain(pattern: &str) -> bool {
    !pattern.contains(SPECIAL)
}

/// What can make a pattern stand for more than one path.
pub(super) const SPECIAL: [char; 5] = ['*', '?', '[', ']', '\\'];

impl Glob {
    /// Reads a cleaned pattern.
    pub(super) fn parse(pattern: &str) -> Result<Self, GlobError> {
        if let Some(suffix) = pattern.strip_prefix("**")
            && !suffix.starts_with('/')
            && is_plain(suffix)
        {
            // `**.so` takes `lib/x.so`, while `**.s?` takes only `lib/.so`: so it is in BuildKit.
            let suffix = suffix.chars().map(Token::Char);
            return Ok(Self([Token::Anything].into_iter().chain(suffix).chain([Token::End]).collect()));
        }
        let mut tokens = Vec::new();
        let mut rest = pattern.chars().peekable();
        while let Some(char) = rest.next() {
            match char {
                '*' if rest.next_if_eq(&'*').is_some() => {
                    rest.next_if_eq(&'/');
                    push_stars(&mut tokens, rest.peek().is_none());
                }
                '*' => tokens.push(Token::Star),
                '?' => tokens.push(Token::One),
                '[' => tokens.push(class(&mut rest)?),
                '\\' => tokens.push(Token::Char(rest.next().ok_or(GlobError::TrailingEscape)?)),
                char => tokens.push(Token::Char(char)),
            }
        }
        tokens.push(Token::End);
        Ok(Self(tokens))
    }

    /// Its pieces, the last of which is the end.
    pub(super) fn tokens(&self) -> &[Token] {
        &self.0
    }
}

fn push_stars(tokens: &mut Vec<Token>, last: bool) {
    if last {
        tokens.push(Token::Anything);
    } else if tokens.last() != Some(&Token::Directories) {
        // `**/**/` is `**/`.
        tokens.extend([Token::MaybeDirectories, Token::Directories]);
    }
}

/// A class, after its `[`.
fn class(rest: &mut Peekable<Chars<'_>>) -> Result<Token, GlobError> {
    let negated = rest.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        if rest.next_if_eq(&']').is_some() {
            return if ranges.is_empty() {
                Err(GlobError::EmptyClass)
            } else {
                Ok(Token::Class { negated, ranges: ranges.into() })
            };
        }
        let start = class_char(rest)?;
        let end = if rest.next_if_eq(&'-').is_some() { class_char(rest)? } else { start };
        if end < start {
            return Err(GlobError::BackwardRange { start, end });
        }
        ranges.push((start, end));
    }
}

fn class_char(rest: &mut Peekable<Chars<'_>>) -> Result<char, GlobError> {
    match rest.next() {
        Some('-' | ']') => Err(GlobError::BareHyphen),
        Some('\\') => rest.next().ok_or(GlobError::UnclosedClass),
        Some(char) => Ok(char),
        None => Err(GlobError::UnclosedClass),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_patterns_say_what_is_wrong() {
        use GlobError::*;
        for (pattern, error) in [
            ("[", UnclosedClass),
            ("[a", UnclosedClass),
            ("[a\\", UnclosedClass),
            ("[a-", UnclosedClass),
            ("[]", EmptyClass),
            ("[]a]", EmptyClass),
            ("[^]", EmptyClass),
            ("[-a]", BareHyphen),
            ("[a-]", BareHyphen),
            ("[a-c-e]", BareHyphen),
            ("[b-a]", BackwardRange { start: 'b', end: 'a' }),
            ("a\\", TrailingEscape),
            ("a*[", UnclosedClass),
        ] {
            assert_eq!(Glob::parse(pattern), Err(error), "{pattern}");
        }
    }

    #[test]
    fn directories_said_many_times_are_said_once() {
        assert_eq!(Glob::parse("**/**/**/a*"), Glob::parse("**/a*"));
    }

    #[test]
    fn every_character_can_be_escaped_and_put_in_a_class() {
        for char in (' '..='~').chain(['é', '\u{10ffff}']) {
            for pattern in [format!("\\{char}"), format!("[\\{char}]")] {
                let glob = Glob::parse(&pattern).unwrap();
                assert!(glob.tokens()[0].takes(char) && !glob.tokens()[0].takes('\n'), "{pattern}");
            }
            let glob = Glob::parse(&format!("[^\\{char}]")).unwrap();
            assert!(!glob.tokens()[0].takes(char) && glob.tokens()[0].takes('\n'), "{char}");
        }
    }
}
