//! Patterns that select paths.

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

/// A text that is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It begins with `!`.
    #[error("a pattern cannot begin with `!`")]
    Negated,
    /// It holds nothing.
    #[error("a pattern cannot be empty")]
    Empty,
    /// A bracket is never closed.
    #[error("`[` is never closed")]
    Bracket,
}

impl Pattern {
    /// Reads a pattern.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        match text {
            "" => Err(PatternError::Empty),
            text if text.starts_with('!') => Err(PatternError::Negated),
            text if text.contains('[') && !text.contains(']') => Err(PatternError::Bracket),
            text => Ok(Self(text.to_owned())),
        }
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
