//! Tag suffixes, and the tags and versions that they make.

use std::fmt;

use super::Excerpt;
use crate::code::{Code, Coded};
use crate::oci::is_tag;

/// What stands behind the tags of a base, or nothing.
///
/// Holds characters of tags only, and few enough that one character before `_` makes a tag.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagSuffix(Box<str>);

/// A tag or suffix that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// A name without any letter or digit.
    #[error("name `{0}` has no letter or digit that could be a tag suffix")]
    EmptySlug(Excerpt),
    /// A suffix with characters that tags do not have, or too many.
    #[error("tag suffix `{0}` cannot end a tag")]
    Suffix(Excerpt),
    /// A text that is no tag.
    #[error("`{0}` is no tag")]
    Tag(Excerpt),
    /// A tag that is too long with its suffix.
    #[error("tag `{tag}` has {found} characters with its suffix, {} is the most", TagSuffix::LONGEST_TAG)]
    TooLong {
        /// The tag.
        tag: Excerpt,
        /// How many characters it has.
        found: usize,
    },
    /// A suffix that cannot end the version of a chart.
    #[error("suffix `{0}` cannot end the version of a chart")]
    Version(Excerpt),
}

impl TagSuffix {
    const LONGEST_TAG: usize = 128;
    /// A tag of one character and `_` stand before it.
    const LONGEST: usize = Self::LONGEST_TAG - 2;

    /// The suffix that `text` is; empty for none.
    pub fn parse(text: &str) -> Result<Self, TagError> {
        let is_fit = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
        match is_fit && text.len() <= Self::LONGEST {
            true => Ok(Self(text.into())),
            false => Err(TagError::Suffix(text.into())),
        }
    }

    /// The slug of a name: lower case, each run of characters outside `[a-z0-9.]` one `-`, none at either end.
    pub fn of_name(name: &str) -> Result<Self, TagError> {
        let is_kept = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '.';
        let lower = name.to_lowercase();
        let words: Vec<&str> = lower.split(|c| !is_kept(&c)).filter(|word| !word.is_empty()).collect();
        match words.as_slice() {
            [] => Err(TagError::EmptySlug(name.into())),
            words => Self::parse(&words.join("-")),
        }
    }

    /// Its text, empty for none.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The customized form of a tag of the base: `3.13` gives `3.13_custom`.
    pub fn tag(&self, base: &str) -> Result<String, TagError> {
        if !is_tag(base) {
            return Err(TagError::Tag(base.into()));
        }
        let tag = if self.0.is_empty() { base.to_owned() } else { format!("{base}_{}", self.0) };
        match is_tag(&tag) {
            true => Ok(tag),
            false => Err(TagError::TooLong { found: tag.len(), tag: tag.as_str().into() }),
        }
    }

    /// The customized form of a chart's version: `1.2.3` gives `1.2.3-custom`.
    ///
    /// `version` is semantic without build metadata, which no tag can carry.
    pub fn version(&self, version: &str) -> Result<String, TagError> {
        self.check_version()?;
        let version = match (self.0.is_empty(), version.contains('-')) {
            (true, _) => version.to_owned(),
            (false, false) => format!("{version}-{}", self.0),
            // A pre-release goes on: `1.2.3-rc.1` gives `1.2.3-rc.1.custom`.
            (false, true) => format!("{version}.{}", self.0),
        };
        if is_tag(&version) { Ok(version) } else { Err(TagError::Tag(version.as_str().into())) }
    }

    /// Whether it is a pre-release of semantic versioning: identifiers of `[0-9A-Za-z-]`, numbers without leading zeros.
    pub(super) fn check_version(&self) -> Result<(), TagError> {
        let is_identifier = |word: &str| {
            let is_number = word.bytes().all(|b| b.is_ascii_digit());
            !word.is_empty() && !word.contains('_') && (!is_number || word == "0" || !word.starts_with('0'))
        };
        match self.0.is_empty() || self.0.split('.').all(is_identifier) {
            true => Ok(()),
            false => Err(TagError::Version((*self.0).into())),
        }
    }
}

impl fmt::Display for TagSuffix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Coded for TagError {
    fn code(&self) -> Code {
        Code::SpecTag
    }
}

impl TagError {
    pub(super) fn hint(&self) -> Option<String> {
        Some(match self {
            Self::EmptySlug(_) => "name it with a letter or digit, or set `tag-suffix`".to_owned(),
            Self::Suffix(_) => {
                format!("a suffix has up to {} of the characters A-Z a-z 0-9 . _ -", TagSuffix::LONGEST)
            }
            Self::Tag(_) => {
                "a tag has up to 128 of the characters A-Z a-z 0-9 . _ -, first no `.` or `-`".to_owned()
            }
            Self::TooLong { .. } => "set a shorter `tag-suffix`".to_owned(),
            Self::Version(_) => {
                "set a `tag-suffix` of letters and digits with `-` or single `.` between them".to_owned()
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_lower_case_with_single_dashes() {
        for (name, slug) in [
            ("golang with git", "golang-with-git"),
            ("  --Corporate  CERTS!! ", "corporate-certs"),
            ("v1.2_beta", "v1.2-beta"),
            ("Ünï code", "n-code"),
            (".net", ".net"),
        ] {
            assert_eq!(TagSuffix::of_name(name).unwrap().as_str(), slug, "{name}");
        }
        assert_eq!(TagSuffix::of_name("!? 日本"), Err(TagError::EmptySlug("!? 日本".into())));
    }

    #[test]
    fn a_tag_is_the_bases_and_the_suffix() {
        assert_eq!(TagSuffix::of_name("custom").unwrap().tag("3.13").unwrap(), "3.13_custom");
        assert_eq!(TagSuffix::parse("").unwrap().tag("3.13").unwrap(), "3.13");
        assert!(TagSuffix::parse("x").unwrap().tag("a/b").is_err());
    }

    #[test]
    fn s08_a_suffix_that_can_end_no_tag_is_refused() {
        for text in ["../x", ":x", "@sha256", "a b", "ü", &"x".repeat(127)] {
            assert_eq!(TagSuffix::parse(text), Err(TagError::Suffix(text.into())), "{text}");
        }
        let long = TagSuffix::parse(&"x".repeat(126)).unwrap();
        assert_eq!(long.tag("1").unwrap().len(), 128);
        assert!(matches!(long.tag("12"), Err(TagError::TooLong { found: 129, .. })));
    }

    #[test]
    fn a_charts_version_stays_semantic() {
        let suffix = TagSuffix::of_name("use mirrored images").unwrap();
        assert_eq!(suffix.version("1.2.3").unwrap(), "1.2.3-use-mirrored-images");
        assert_eq!(suffix.version("1.2.3-rc.1").unwrap(), "1.2.3-rc.1.use-mirrored-images");
        for text in ["a_b", "a..b", ".net", "007", "x."] {
            assert!(TagSuffix::parse(text).unwrap().version("1.2.3").is_err(), "{text}");
        }
    }
}
