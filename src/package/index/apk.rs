//! apk's `APKINDEX`: records of `K:value` lines, an empty line after each.

use std::io::Read;

use super::error::{IndexError, IndexFault};
use super::lines::{Lines, Most};
use super::record::{Fields, Record, Texts, short};
use super::{Builder, Index};
use crate::limits::Limits;
use crate::package::description::{Identity, Stanza};
use crate::package::family::Family;

/// The keys that count, the name's first; all others are passed over.
const KEYS: [&str; 11] = ["P", "V", "C", "A", "S", "I", "o", "D", "p", "i", "k"];

/// See [`Index::apk`].
pub(super) fn read(text: impl Read, architecture: &str, limits: &Limits) -> Result<Index, IndexError> {
    let most =
        Most { bytes: limits.apk_index_bytes, name: "apk-index-bytes", line: limits.package_line_bytes };
    let mut lines = Lines::new(text, most);
    let mut index = Builder::new(Family::Apk);
    let mut fields = Fields::new(&KEYS);
    loop {
        let number = lines.number() + 1;
        let line = lines.next()?;
        match line {
            Some([key, b':', value @ ..]) => {
                fields.touch(number);
                if let Some(field) = KEYS.iter().position(|other| other.as_bytes() == [*key]) {
                    fields.add(field, value, number)?;
                }
            }
            Some([]) | None => {
                if !fields.is_empty() {
                    add(&fields.texts()?, architecture, &mut index)?;
                    fields.clear();
                }
            }
            Some(_) => return Err(fields.fault(number, IndexFault::Line)),
        }
        if line.is_none() {
            return Ok(index.finish());
        }
    }
}

/// Adds a record to the index, if it is about a package of the architecture.
fn add(texts: &Texts<'_, { KEYS.len() }>, architecture: &str, index: &mut Builder) -> Result<(), IndexError> {
    texts.name()?;
    let mut stanza = Stanza::apk(|letter| texts.get(char::from(letter).encode_utf8(&mut [0; 4])));
    // The name of the file is made of it.
    let version = texts.require("V")?;
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"+-._~:".contains(&byte);
    if !version.bytes().all(is_fit) {
        return Err(texts.fault(IndexFault::Version(short(version))));
    }
    let identity = texts.require("C")?;
    let identity =
        Identity::of_apk(identity).ok_or_else(|| texts.fault(IndexFault::Digest(short(identity))))?;
    let size = texts.size("S")?;
    if stanza.architecture.is_empty() {
        stanza.architecture = architecture;
    }
    if [architecture, Family::Apk.any_architecture()].contains(&stanza.architecture) {
        index.add(&Record { stanza, location: "", size, identity })?;
    }
    Ok(())
}
