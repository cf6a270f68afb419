//! A message with the line that it is about.
//!
//! ```text
//! error: include `../etc`: path leaves the image through `..`
//!  --> golang.yaml:4:7
//!   |
//! 4 |     - ../etc
//!   |       ^^^^^^
//! hint: paths start at the image root, for example `etc/ssl`
//! ```

use std::fmt::{self, Write};

use unicode_width::UnicodeWidthChar;

use super::{Place, SpecError, SpecFile, SpecNote};
use crate::printable::{escaped, is_harmful, without_users};

/// How much a message matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing to do.
    Note,
    /// Something to look at.
    Warning,
    /// Something that ends the run.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// A message about a place of a specification, as it is shown to people; ends in a line break.
///
/// Control characters are escaped, and of a long line only what is around the place is shown.
pub fn snippet(
    file: &SpecFile,
    place: Place,
    severity: Severity,
    message: &str,
    hint: Option<&str>,
) -> String {
    let number = place.line.to_string();
    let gutter = " ".repeat(number.len());
    let mut out = format!("{severity}: {}\n", escaped(message));
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{gutter}--> {}:{}:{}", escaped(&file.name), place.line, place.column);
    let text = file.text.strip_prefix('\u{feff}').unwrap_or(&file.text);
    if let Some(line) = lines(text).nth(place.line.saturating_sub(1) as usize) {
        let Shown { line, before, marked } = Shown::of(&without_users(line), place);
        let _ = writeln!(out, "{gutter} |\n{number} | {line}");
        let _ = writeln!(out, "{gutter} | {}{}", " ".repeat(before), "^".repeat(marked));
    }
    if let Some(hint) = hint {
        let _ = writeln!(out, "hint: {}", escaped(hint));
    }
    out
}

/// The lines of a text as YAML counts them: a lone carriage return ends one too.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('\r'))
}

impl SpecError {
    /// The error with its line.
    pub fn snippet(&self, file: &SpecFile) -> String {
        snippet(file, self.place, Severity::Error, &self.to_string(), self.hint().as_deref())
    }
}

impl SpecNote {
    /// The note with its line.
    pub fn snippet(&self, file: &SpecFile) -> String {
        snippet(file, self.place, Severity::Note, &self.to_string(), None)
    }
}

/// Columns of a terminal that a line is shown in.
const WIDTH: usize = 100;
/// Columns that are shown before the place when a line is cut.
const CONTEXT: usize = 30;
const TAB: &str = "    ";

/// A line as it is shown.
struct Shown {
    line: String,
    /// Columns before the place.
    before: usize,
    /// Columns of the place, at least one.
    marked: usize,
}

impl Shown {
    fn of(line: &str, place: Place) -> Self {
        let start = place.column.saturating_sub(1) as usize;
        let end = start + place.length.max(1) as usize;
        let cells: Vec<(String, usize)> = line.chars().take(end + WIDTH).map(cell).collect();
        let columns = |cells: &[(String, usize)]| cells.iter().map(|(_, columns)| columns).sum::<usize>();
        let (start, end) = (start.min(cells.len()), end.min(cells.len()));
        let first = match columns(&cells) > WIDTH && columns(&cells[..start]) > CONTEXT {
            true => keep(cells[..start].iter().rev(), CONTEXT).map_or(0, |kept| start - kept),
            false => 0,
        };
        let kept = keep(cells[first..].iter(), WIDTH);
        let last = kept.map_or(cells.len(), |kept| first + kept);
        let cut = usize::from(first > 0);
        let mut shown: String = if cut > 0 { "…".to_owned() } else { String::new() };
        shown.extend(cells[first..last].iter().map(|(text, _)| text.as_str()));
        if kept.is_some() || line.chars().nth(cells.len()).is_some() {
            shown.push('…');
        }
        Self {
            line: shown,
            before: cut + columns(&cells[first..start]),
            marked: columns(&cells[start..end.clamp(start, last)]).max(1),
        }
    }
}

/// How many cells fit into `width` columns, where not all do.
fn keep<'c>(mut cells: impl Iterator<Item = &'c (String, usize)>, width: usize) -> Option<usize> {
    let mut columns = 0;
    cells.position(|(_, own)| {
        columns += own;
        columns > width
    })
}

/// How a character is shown, and how many columns that takes.
fn cell(c: char) -> (String, usize) {
    match c {
        '\t' => (TAB.to_owned(), TAB.len()),
        c if is_harmful(c) => {
            let text = c.escape_unicode().to_string();
            let columns = text.len();
            (text, columns)
        }
        c => (c.to_string(), c.width().unwrap_or(0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, line: u32, column: u32, length: u32) -> String {
        let file = SpecFile { name: "x.yaml".to_owned(), dir: "".into(), text: text.to_owned() };
        snippet(&file, Place { line, column, length }, Severity::Error, "wrong", Some("do it right"))
    }

    #[test]
    fn a_message_shows_its_line_with_carets() {
        let text = "a:\n  includes:\n    - etc\n    - ../etc\n";
        let expected = "\
error: wrong
 --> x.yaml:4:7
  |
4 |     - ../etc
  |       ^^^^^^
hint: do it right
";
        assert_eq!(shown(text, 4, 7, 6), expected);
    }

    #[test]
    fn the_gutter_is_as_wide_as_the_number() {
        let text = "\n".repeat(11) + "abc";
        let expected = "error: wrong\n  --> x.yaml:12:2\n   |\n12 | abc\n   |  ^^\nhint: do it right\n";
        assert_eq!(shown(&text, 12, 2, 2), expected);
    }

    #[test]
    fn lines_end_where_yaml_ends_them() {
        let file =
            SpecFile { name: "x.yaml".to_owned(), dir: "".into(), text: "a: 1\r\rb: 2\r\nc: !x y\n".into() };
        let errors = crate::spec::parse(&file).unwrap_err();
        assert!(
            errors.iter().any(|error| error.snippet(&file).contains("4 | c: !x y\n  |    ^^")),
            "{errors:?}"
        );
        for (line, expected) in [(1, "1 | a: 1\n"), (3, "3 | b: 2\n"), (4, "4 | c: !x y\n")] {
            assert!(shown(&file.text, line, 1, 1).contains(expected), "{line}");
        }
    }

    #[test]
    fn carets_stand_below_what_is_wide_or_escaped() {
        let lines = |text: &str, column| {
            let shown = shown(text, 1, column, 1);
            let lines: Vec<_> = shown.lines().skip(3).take(2).map(|line| line[4..].to_owned()).collect();
            (lines[0].clone(), lines[1].clone())
        };
        assert_eq!(lines("日本x", 3), ("日本x".to_owned(), "    ^".to_owned()));
        assert_eq!(lines("\tx", 2), ("    x".to_owned(), "    ^".to_owned()));
        assert_eq!(lines("\u{1b}x", 2), (r"\u{1b}x".to_owned(), "      ^".to_owned()));
        assert_eq!(lines("e\u{301}x", 3), ("e\u{301}x".to_owned(), " ^".to_owned()));
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let text = format!("{}HERE{}", "a".repeat(500), "b".repeat(1 << 20));
        let shown = shown(&text, 1, 501, 4);
        let lines: Vec<_> = shown.lines().collect();
        assert_eq!(lines[3], format!("1 | …{}HERE{}…", "a".repeat(30), "b".repeat(66)));
        assert_eq!(lines[4], format!("  | {}^^^^", " ".repeat(31)));
    }

    #[test]
    fn a_place_outside_the_text_shows_no_line_and_does_no_harm() {
        assert_eq!(shown("a", 9, 9, 9), "error: wrong\n --> x.yaml:9:9\nhint: do it right\n");
        assert!(shown("a", 1, 50, 9).contains("1 | a\n  |  ^\n"));
    }
}
