//! What tells whether a file is still the same.

use super::response::Response;
use super::retry::seconds_between;

/// What an answer says of the file that it has, by which the same bytes are known again (RFC 9110, section 8.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Validator {
    /// A strong entity tag.
    Tag(String),
    /// When it was changed at last, at least one second before it was asked for.
    Modified(String),
}

impl Validator {
    /// The validator of an answer; nothing where it has none that is strong.
    pub(super) fn of(answer: &Response) -> Option<Self> {
        if let Some(tag) = answer.header("etag").filter(|tag| tag.starts_with('"')) {
            return Some(Self::Tag(tag.to_owned()));
        }
        let (modified, date) = (answer.header("last-modified")?, answer.header("date")?);
        seconds_between(modified, date).filter(|seconds| *seconds >= 1)?;
        Some(Self::Modified(modified.to_owned()))
    }

    /// As `If-Range` has it.
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Tag(text) | Self::Modified(text) => text,
        }
    }

    /// What an answer says instead; nothing where it says nothing.
    fn said<'a>(&self, answer: &'a Response) -> Option<&'a str> {
        answer.header(match self {
            Self::Tag(_) => "etag",
            Self::Modified(_) => "last-modified",
        })
    }

    /// Whether an answer says that it is of the same file.
    pub(super) fn is_of(&self, answer: &Response) -> bool {
        self.said(answer) == Some(self.as_str())
    }

    /// Whether an answer says that it is of another file.
    pub(super) fn is_not_of(&self, answer: &Response) -> bool {
        self.said(answer).is_some_and(|said| said != self.as_str())
    }
}
