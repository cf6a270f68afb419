//! Text of others, made fit to be shown: on one line, short and harmless to a terminal.

use std::fmt;

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

/// `text` with everything escaped that could move a terminal's cursor or turn its writing direction.
pub(super) fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '\n' | '\r' | '\t' => out.extend(c.escape_default()),
            c if is_harmful(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
        out
    })
}

/// Whether a character acts on what shows it instead of being shown.
pub(super) fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
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
