//! What is read although it is spelled in an unusual way.

use std::fmt;

use super::{Excerpt, Place};

/// An unusual spelling that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecNote {
    /// Where it first stands.
    pub place: Place,
    /// What it is.
    pub kind: NoteKind,
}

/// What is unusual.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoteKind {
    /// A key or word with a more usual spelling.
    Spelling {
        /// What was written.
        written: String,
        /// How it is usually written.
        usual: &'static str,
    },
    /// `type: file`, which is what a path is anyway.
    DefaultType,
    /// A pattern that begins with `/`.
    LeadingSlash {
        /// The pattern as it was written.
        written: String,
    },
}

impl NoteKind {
    /// Whether it is the same spelling; the patterns themselves do not matter.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::LeadingSlash { .. }, Self::LeadingSlash { .. }) => true,
            _ => self == other,
        }
    }
}

impl fmt::Display for SpecNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            NoteKind::Spelling { written, usual } => {
                write!(f, "`{}` is read as `{usual}`, the usual spelling", Excerpt::from(written.as_str()))
            }
            NoteKind::DefaultType => f.write_str("`type: file` is read as no `type`, the usual spelling"),
            NoteKind::LeadingSlash { written } => {
                let usual = written.trim_start_matches('/');
                let (written, usual) = (Excerpt::from(written.as_str()), Excerpt::from(usual));
                write!(f, "`{written}` is read as `{usual}`, the usual spelling")
            }
        }
    }
}
