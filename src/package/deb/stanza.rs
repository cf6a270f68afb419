//! Stanzas of control files: `Name: value`, continued on lines that begin with a blank (deb-control(5), deb822(5)).

use std::ops::Range;

use crate::package::Fields;
use crate::printable::printable;

/// A stanza of a file: where it is, without the lines that separate it from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// Its bytes, up to and with the line feed of its last line.
    pub(super) range: Range<usize>,
    /// The line it begins at, counted from 1.
    pub(super) line: usize,
}

/// A stanza that cannot be read, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct StanzaError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: StanzaProblem,
}

/// What is wrong with a line of a stanza.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StanzaProblem {
    /// It is neither a field nor the continuation of one.
    #[error("`{}` is no field", printable(.0))]
    NoField(Box<[u8]>),
    /// The name of a field is none.
    #[error("`{}` is no name of a field", printable(.0))]
    Name(Box<[u8]>),
    /// A field stands twice.
    #[error("field `{0}` stands twice")]
    Twice(Box<str>),
    /// A value is no text: it is not UTF-8, or holds a NUL.
    #[error("value of `{0}` is no text")]
    NoText(Box<str>),
}

/// The stanzas of a file. They are separated by lines of blanks.
pub(super) fn blocks(bytes: &[u8]) -> impl Iterator<Item = Block> {
    let mut lines = numbered(bytes).peekable();
    std::iter::from_fn(move || {
        let (line, first) = lines.find(|(_, range)| !is_blank(&bytes[range.clone()]))?;
        let mut end = first.end;
        while let Some((_, next)) = lines.next_if(|(_, range)| !is_blank(&bytes[range.clone()])) {
            end = next.end;
        }
        Some(Block { range: first.start..end, line })
    })
}

/// The fields of a stanza that begins at a line of a file. A line that begins with `#` is a comment where those are allowed.
pub(super) fn fields(stanza: &[u8], line: usize, comments: bool) -> Result<Fields, StanzaError> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for (number, range) in numbered(stanza) {
        let text = &stanza[range];
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        let refused = |problem| StanzaError { line: line + number - 1, problem };
        match (text.first(), fields.last_mut()) {
            (Some(b'#'), _) if comments => {}
            (Some(b' ' | b'\t'), Some((name, value))) => {
                value.push('\n');
                value.push_str(text_of(name, text).map_err(refused)?);
            }
            _ => {
                let (name, value) = field(text).map_err(refused)?;
                if fields.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
                    return Err(refused(StanzaProblem::Twice(name.into())));
                }
                fields.push((name.to_owned(), value.to_owned()));
            }
        }
    }
    for (_, value) in &mut fields {
        value.truncate(value.trim_end_matches(BLANKS).len());
    }
    Ok(Fields::new(fields))
}

/// What no value begins or ends with. A first line may end so where others follow.
const BLANKS: [char; 3] = [' ', '\t', '\r'];

/// A stanza of these fields, without the empty line after it. What was read from such a text gives it again.
pub(super) fn print(fields: &Fields) -> String {
    let mut text = String::new();
    for (name, value) in fields.iter() {
        text.push_str(name);
        // Nothing follows the colon where the value begins on the next line.
        text.push_str(if value.is_empty() || value.starts_with('\n') { ":" } else { ": " });
        text.push_str(value);
        text.push('\n');
    }
    text
}

/// Lines with their line feeds, numbered from 1.
fn numbered(bytes: &[u8]) -> impl Iterator<Item = (usize, Range<usize>)> {
    let lines = bytes.split_inclusive(|byte| *byte == b'\n').scan(0, |start, line| {
        let range = *start..*start + line.len();
        *start = range.end;
        Some(range)
    });
    (1..).zip(lines)
}

fn is_blank(line: &[u8]) -> bool {
    line.trim_ascii().is_empty()
}

fn field(line: &[u8]) -> Result<(&str, &str), StanzaProblem> {
    let colon = line.iter().position(|byte| *byte == b':');
    let (name, value) = line.split_at(colon.ok_or_else(|| StanzaProblem::NoField(line.into()))?);
    let is_name = |name: &&str| {
        !name.is_empty() && !name.starts_with(['-', '#']) && name.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let text = std::str::from_utf8(name).ok().filter(is_name);
    let name = text.ok_or_else(|| StanzaProblem::Name(name.into()))?;
    Ok((name, text_of(name, &value[1..])?.trim_start_matches(BLANKS)))
}

fn text_of<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a str, StanzaProblem> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0'));
    text.ok_or_else(|| StanzaProblem::NoText(name.into()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Vec<(String, String)>, String> {
        let fields = fields(text.as_bytes(), 1, false).map_err(|error| error.to_string())?;
        Ok(fields.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    fn owned(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn fields_go_on_where_lines_begin_with_a_blank() {
        let text = "A: b\nC:\td \r\nDescription: short \n long\n .\n\tmore  \nConffiles:\n /etc/x 00\nE:\n";
        let expected = [
            ("A", "b"),
            ("C", "d"),
            ("Description", "short \n long\n .\n\tmore"),
            ("Conffiles", "\n /etc/x 00"),
            ("E", ""),
        ];
        assert_eq!(read(text).unwrap(), owned(&expected));
        assert_eq!(read("A: b: c").unwrap(), owned(&[("A", "b: c")]), "without a line feed at the end");
    }

    #[test]
    fn what_is_no_field_is_refused_with_its_line() {
        for (text, error) in [
            (" a: b\n", "line 1: ` a` is no name of a field"),
            ("a: b\nx\n", "line 2: `x` is no field"),
            ("a: b\n: c\n", "line 2: `` is no name of a field"),
            ("a b: c\n", "line 1: `a b` is no name of a field"),
            ("-a: c\n", "line 1: `-a` is no name of a field"),
            ("# c: d\n", "line 1: `# c` is no name of a field"),
            ("a: b\nA: c\n", "line 2: field `A` stands twice"),
            ("a: b\n \0\n", "line 2: value of `a` is no text"),
        ] {
            assert_eq!(read(text).unwrap_err(), error, "{text:?}");
        }
        let latin = fields(b"a: \xe9\n", 7, false).unwrap_err();
        assert_eq!(latin.to_string(), "line 7: value of `a` is no text");
    }

    #[test]
    fn comments_are_read_over_where_they_may_stand() {
        let fields = fields(b"# a\nA: b\n# c\n d\n", 1, true).unwrap();
        assert_eq!(fields.get("a"), Some("b\n d"));
    }

    #[test]
    fn stanzas_are_separated_by_lines_of_blanks() {
        let text = b" \n\nA: b\n c\n\t\n\nD: e";
        let found: Vec<_> = blocks(text).map(|block| (&text[block.range], block.line)).collect();
        assert_eq!(found, [(&b"A: b\n c\n"[..], 3), (b"D: e", 7)]);
        assert_eq!(blocks(b" \n\n").count(), 0);
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_again(
            fields in proptest::collection::btree_map("[A-Z][a-z-]{0,6}", r"([!-~é]([ -~é]{0,5}[!-~é])?)?(\n [!-~é]{1,5}){0,3}", 0..6)
        ) {
            let written = Fields::new(fields.into_iter().collect());
            let text = print(&written);
            prop_assert_eq!(super::fields(text.as_bytes(), 1, false), Ok(written));
        }

        #[test]
        fn what_is_read_is_read_the_same_once_it_is_printed(text in r"([A-C:# \t\ra\n]|: |\n ){0,40}") {
            for comments in [false, true] {
                for block in blocks(text.as_bytes()) {
                    let Ok(read) = fields(&text.as_bytes()[block.range], block.line, comments) else { continue };
                    let printed = print(&read);
                    prop_assert_eq!(fields(printed.as_bytes(), 1, false), Ok(read), "{:?}", printed);
                }
            }
        }
    }
}
