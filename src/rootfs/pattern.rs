//! Patterns of paths, as includes and excludes use them.

use std::fmt;
use std::sync::Arc;

use super::RootPath;
use super::automaton::Automaton;
use super::glob::{self, Glob, GlobError};
use crate::code::{Code, Coded};

/// A pattern of paths, relative to the root of an image: `usr/lib/*-linux-gnu/lib*.so*`.
///
/// Means what BuildKit's pattern matcher makes of it: `*` and `?` stay within a component, `**` crosses components, `[a-z]`
/// and `[^a-z]` are classes and may hold `/`, `\` escapes; braces are ordinary. Before that, white space around it goes,
/// and `.`, `..` and empty components are resolved. A character counts once, however many bytes it has, and so does a byte
/// that is no UTF-8.
///
/// Is refused where BuildKit takes it and selects nothing or something else: a leading `!`, the root, a path out of the
/// root, and what is malformed behind the first `*`.
#[derive(Clone)]
pub struct Pattern {
    text: Arc<str>,
    form: Form,
}

/// What a pattern is once it is cleaned.
#[derive(Clone)]
pub(super) enum Form {
    /// A path that stands for itself.
    Plain(Arc<str>),
    /// Something that can match many paths, and its automaton for when it is asked alone.
    Glob { cleaned: Arc<str>, glob: Glob, alone: Arc<Automaton> },
}

/// Why a text is no pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It names the root, or nothing at all.
    #[error("a pattern cannot be empty or name the root; `**` takes everything")]
    Empty,
    /// It begins with `!`.
    #[error("a pattern cannot begin with `!`")]
    Negated,
    /// It leads out of the root.
    #[error("path leaves the image through `..`")]
    Leaves,
    /// It is longer than the limit.
    #[error("pattern of {found} bytes is longer than {limit}")]
    TooLong {
        /// The bytes it has.
        found: usize,
        /// The bytes it may have.
        limit: usize,
    },
    /// Its syntax is wrong.
    #[error(transparent)]
    Malformed(#[from] GlobError),
}

impl Coded for PatternError {
    fn code(&self) -> Code {
        match self {
            Self::TooLong { .. } => Code::LimitSpec,
            Self::Empty | Self::Negated | Self::Leaves | Self::Malformed(_) => Code::SpecPattern,
        }
    }
}

impl Pattern {
    /// The longest pattern, in bytes.
    pub const LIMIT: usize = 1 << 10;

    /// Reads a pattern; a leading `/` is accepted.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.len() > Self::LIMIT {
            return Err(PatternError::TooLong { found: text.len(), limit: Self::LIMIT });
        }
        let cleaned = clean(text)?;
        let form = if glob::is_plain(&cleaned) {
            Form::Plain(cleaned.into())
        } else {
            let glob = Glob::parse(&cleaned)?;
            Form::Glob { cleaned: cleaned.into(), alone: Arc::new(Automaton::new([&glob])), glob }
        };
        Ok(Self { text: text.into(), form })
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it matches the path itself; one that matches only a directory above it does not. The root matches nothing.
    pub fn matches(&self, path: &RootPath) -> bool {
        !path.is_root()
            && match &self.form {
                Form::Plain(plain) => plain.as_bytes() == path.as_bytes(),
                Form::Glob { alone, .. } => {
                    let mut state = alone.start();
                    alone.advance(&mut state, path.as_bytes());
                    alone.accepts(&state)
                }
            }
    }

    /// The deepest path that holds all it could match, or is it: `usr/lib` for `usr/lib/*.so`.
    pub fn anchor(&self) -> RootPath {
        let fixed = match &self.form {
            Form::Plain(plain) => plain,
            Form::Glob { cleaned, .. } => {
                let end = cleaned.find(glob::SPECIAL).unwrap_or(cleaned.len());
                cleaned[..end].rsplit_once('/').map_or("", |(directory, _)| directory)
            }
        };
        RootPath::parse(fixed).unwrap_or_else(|_| RootPath::root())
    }

    pub(super) fn form(&self) -> &Form {
        &self.form
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

fn clean(text: &str) -> Result<String, PatternError> {
    let mut components = Vec::new();
    for component in text.trim().split('/') {
        match component {
            "" | "." => {}
            ".." if components.pop().is_none() => return Err(PatternError::Leaves),
            ".." => {}
            component => components.push(component),
        }
    }
    let cleaned = components.join("/");
    if cleaned.is_empty() {
        return Err(PatternError::Empty);
    }
    if cleaned.starts_with('!') {
        return Err(PatternError::Negated);
    }
    Ok(cleaned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text).unwrap()
    }

    fn matches(text: &str, path: impl AsRef<[u8]>) -> bool {
        pattern(text).matches(&RootPath::parse(path).unwrap())
    }

    #[test]
    fn patterns_mean_what_buildkit_makes_of_them() {
        for (text, yes, no) in [
            ("a/b", &["a/b"][..], &["a", "a/b/c", "a/bc", "x/a/b"][..]),
            ("**", &["a", "a/b", ".a"], &[]),
            ("a/**", &["a/b", "a/b/c"], &["a", "ab"]),
            ("a**", &["a", "ab", "a/b"], &["b"]),
            ("**/a", &["a", "b/a", "c/b/a"], &["ba", "a/b"]),
            ("**a", &["a", "ba", "b/a", "b/ca"], &["ab"]),
            ("**.s?", &[".so", "b/.so"], &["a.so"]),
            ("a/**/b", &["a/b", "a/c/b", "a/c/d/b"], &["ab", "a/cb"]),
            ("a**/b", &["ab", "ac/b", "a/b"], &["acb"]),
            ("**/a/**", &["a/b", "x/a/b/c"], &["a", "x/a"]),
            ("*.so", &["a.so", ".so"], &["a/b.so", "a.so.1"]),
            ("a*/b*", &["a/b", "ax/bx"], &["a/x/b", "ax"]),
            ("***", &["a", "a/b"], &[]),
            ("?", &["a", "é"], &["ab"]),
            ("a?b", &["aéb"], &["a/b", "ab"]),
            ("[a-c]x", &["ax", "cx"], &["dx", "x"]),
            ("[^a-c]x", &["dx", "éx"], &["ax", "x"]),
            ("a[^b]c", &["a/c", "axc"], &["abc"]),
            (r"\*", &["*"], &["a"]),
            (r"a\[b\]", &["a[b]"], &["ab"]),
            ("a{b,c}", &["a{b,c}"], &["ab", "ac"]),
            ("a{2}*", &["a{2}", "a{2}x"], &["aa"]),
            ("a^b|c*", &["a^b|c"], &["a^b", "c"]),
            ("[*]", &["*"], &["a", "[]"]),
            (r"\d", &["d"], &["1"]),
            ("a+(b)$*", &["a+(b)$"], &["aab"]),
        ] {
            yes.iter().for_each(|path| assert!(matches(text, path), "{text} takes {path}"));
            no.iter().for_each(|path| assert!(!matches(text, path), "{text} does not take {path}"));
        }
    }

    #[test]
    fn spellings_of_one_pattern_match_the_same() {
        for text in ["/a/*", "./a/*", "a//*", "a/*/", "a/./*", "b/../a/*", " a/*\n"] {
            assert!(matches(text, "a/b"), "{text}");
            assert_eq!(pattern(text).as_str(), text);
        }
    }

    #[test]
    fn t32_a_byte_that_is_no_character_counts_as_one() {
        assert!(matches("a?b", b"a\xffb"));
        assert!(!matches("a?b", b"a\xff\xffb"));
        assert!(matches("a??b", b"a\xc3\xe2b"));
        assert!(matches("a[^x]b", b"a\xffb"));
        assert!(matches("a*b", b"a\xff\n\xc3b"));
        assert!(matches("**/b", b"\xff\n/b"));
        assert!(!matches("a\u{fffd}", b"a\xff"));
    }

    #[test]
    fn what_names_no_path_in_the_image_is_refused() {
        use PatternError::*;
        for text in ["", " ", ".", "/", "a/..", "./"] {
            assert_eq!(Pattern::parse(text), Err(Empty));
        }
        for text in ["..", "../etc", "/../etc", "a/../../b"] {
            assert_eq!(Pattern::parse(text), Err(Leaves));
        }
        for text in ["!a", "/!a", " !a", "!"] {
            assert_eq!(Pattern::parse(text), Err(Negated));
        }
        assert!(matches(r"\!a", "!a"));
    }

    #[test]
    fn malformed_and_long_patterns_are_refused() {
        let error = Pattern::parse("usr/lib/[").unwrap_err();
        assert_eq!(error.to_string(), "`[` is never closed");
        assert_eq!(error.code(), Code::SpecPattern);
        let error = Pattern::parse(&"a".repeat(1025)).unwrap_err();
        assert_eq!(
            (error.code(), error),
            (Code::LimitSpec, PatternError::TooLong { found: 1025, limit: 1024 })
        );
    }

    #[test]
    fn an_anchor_holds_everything_that_can_match() {
        for (text, anchor) in [
            ("usr/local/go", "usr/local/go"),
            ("usr/lib/*.so", "usr/lib"),
            ("usr/lib/**", "usr/lib"),
            ("usr/li**", "usr"),
            (r"usr/a\b/c", "usr"),
            ("**", ""),
        ] {
            assert_eq!(pattern(text).anchor(), RootPath::parse(anchor).unwrap(), "{text}");
        }
    }

    #[test]
    fn the_root_matches_nothing() {
        assert!(!pattern("**").matches(&RootPath::root()));
    }

    proptest! {
        #[test]
        fn globset_agrees_on_patterns_bounded_by_components(
            components in prop::collection::vec(r"\*\*|([ab]|[*?]|\[ab\]|\[b-d\]|\\\*|\.){1,4}", 1..5),
            paths in prop::collection::vec(r"[abc*.]{1,3}(/[abc*.]{1,3}){0,4}", 1..20),
        ) {
            let text = components.join("/");
            // Two stars next to each other are `**` even inside a component, and dots are resolved.
            prop_assume!(components.iter().all(|c| c == "**" || !(c.contains("**") || c == "." || c == "..")));
            let other = globset::GlobBuilder::new(&text)
                .literal_separator(true).backslash_escape(true).build().unwrap().compile_matcher();
            let own = pattern(&text);
            for path in paths.iter().filter(|p| p.split('/').all(|c| c != "." && c != "..")) {
                prop_assert_eq!(matches(&text, path), other.is_match(path), "{:?} on {}", own, path);
            }
        }
    }
}
