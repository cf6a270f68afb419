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
    Ok(Fields::new(fields))
}

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
    Ok((name, text_of(name, &value[1..])?.trim_matches([' ', '\t', '\r'])))
}

fn text_of<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a str, StanzaProblem> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0'));
    text.ok_or_else(|| StanzaProblem::NoText(name.into()))
}
