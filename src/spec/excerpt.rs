//! Text of others, made fit to be shown: on one line, short and harmless to a terminal.

use std::fmt;

use crate::printable::escaped;

/// The beginning of a text that was found, as messages quote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt(Box<str>);

impl Excerpt {
    /// How many characters of a text are shown.
    const LIMIT: usize = 80;

    /// Whether the text begins with `prefix`.
    pub fn begins_with(&self, prefix: &str) -> bool {
        self.0.starts_with(prefix)
    }
}

impl From<&str> for Excerpt {
    fn from(text: &str) -> Self {
        match text.char_indices().nth(Self::LIMIT) {
            Some((end, _)) => Self(format!("{}…", &text[..end]).into()),
            None => Self(text.into()),
        }
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escaped(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_and_a_harmful_one_escaped() {
        let shown = Excerpt::from("x".repeat(81).as_str()).to_string();
        assert_eq!(shown.chars().count(), 81);
        assert!(shown.ends_with('…'));
        assert_eq!(Excerpt::from("a\n\u{1b}[31m\u{202e}é").to_string(), r"a\n\u{1b}[31m\u{202e}é");
    }
}
