//! Debian's `Packages`: stanzas of `Name: value`, folded lines, blank lines between.

use std::io::Read;

use super::error::{IndexError, IndexFault};
use super::lines::{Lines, Most};
use super::record::{Fields, Record, Texts, short};
use super::{Builder, Index};
use crate::limits::Limits;
use crate::package::description::{Identity, Stanza};
use crate::package::family::Family;
use crate::package::version::is_valid;

/// The fields that count, the name first.
const NAMES: [&str; 16] = [
    "Package",
    "Version",
    "Architecture",
    "Source",
    "Pre-Depends",
    "Depends",
    "Conflicts",
    "Breaks",
    "Provides",
    "Replaces",
    "Priority",
    "Multi-Arch",
    "Installed-Size",
    "Filename",
    "Size",
    "SHA256",
];

/// See [`Index::deb`].
pub(super) fn read(text: impl Read, architecture: &str, limits: &Limits) -> Result<Index, IndexError> {
    let most =
        Most { bytes: limits.deb_index_bytes, name: "deb-index-bytes", line: limits.package_line_bytes };
    let mut lines = Lines::new(text, most);
    let mut index = Builder::new(Family::Deb);
    let mut fields = Fields::new(&NAMES);
    // The field that folded lines belong to.
    let mut field = None;
    loop {
        let number = lines.number() + 1;
        let line = lines.next()?;
        match line {
            Some(line) if !line.trim_ascii().is_empty() => take(line, number, &mut fields, &mut field)?,
            _ => {
                if !fields.is_empty() {
                    add(&fields.texts()?, architecture, &mut index)?;
                    fields.clear();
                }
                field = None;
            }
        }
        if line.is_none() {
            return Ok(index.finish());
        }
    }
}

/// Takes over a line that is not blank.
fn take(
    line: &[u8],
    number: u64,
    fields: &mut Fields<{ NAMES.len() }>,
    field: &mut Option<usize>,
) -> Result<(), IndexError> {
    if line.starts_with(b" ") || line.starts_with(b"\t") {
        if fields.is_empty() {
            return Err(fields.fault(number, IndexFault::Line));
        }
        if let Some(field) = *field {
            fields.go_on(field, line);
        }
        return Ok(());
    }
    let colon = line.iter().position(|byte| *byte == b':').filter(|colon| *colon > 0);
    let colon = colon.ok_or_else(|| fields.fault(number, IndexFault::Line))?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    fields.touch(number);
    *field = NAMES.iter().position(|other| other.as_bytes().eq_ignore_ascii_case(name));
    match *field {
        Some(field) => fields.add(field, value, number),
        None => Ok(()),
    }
}

/// Adds a stanza to the index, if it is about a package that can be used here.
fn add(
    texts: &Texts<'_, { NAMES.len() }>,
    architecture: &str,
    index: &mut Builder,
) -> Result<(), IndexError> {
    let needed = ["Package", "Version", "Architecture", "Filename", "Size", "SHA256"];
    if needed.iter().any(|name| texts.get(name).is_none()) {
        index.leave_out();
        return Ok(());
    }
    texts.name()?;
    let stanza = Stanza::deb(|name| texts.get(name));
    let location = location(texts)?;
    let (size, identity) = (texts.size("Size")?, sha256(texts)?);
    if !is_valid(Family::Deb, stanza.version) {
        index.leave_out();
    } else if [architecture, Family::Deb.any_architecture()].contains(&stanza.architecture) {
        index.add(&Record { stanza, location, size, identity })?;
    }
    Ok(())
}

/// A path below the repository's URL, which means the same to whoever reads it.
fn location<'a>(texts: &Texts<'a, { NAMES.len() }>) -> Result<&'a str, IndexError> {
    let location = texts.require("Filename")?;
    let is_fit = |byte: u8| byte.is_ascii_graphic() && !b"?#\\".contains(&byte);
    let is_below = location.bytes().all(is_fit)
        && !location.starts_with('/')
        && !location.contains("://")
        && !location.split('/').any(|part| part == "..")
        && location.split('/').next().is_some_and(|first| !first.contains(':'));
    is_below.then_some(location).ok_or_else(|| texts.fault(IndexFault::Location(short(location))))
}

fn sha256(texts: &Texts<'_, { NAMES.len() }>) -> Result<Identity, IndexError> {
    let digits = texts.require("SHA256")?;
    let mut digest = [0; 32];
    match hex::decode_to_slice(digits, &mut digest) {
        Ok(()) => Ok(Identity::Sha256(digest)),
        Err(_) => Err(texts.fault(IndexFault::Digest(short(digits)))),
    }
}
