//! The control section of a package: `.PKGINFO` and scripts.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::container::Member;
use super::fragment::{Entry, entries};
use super::{ApkError, FormatError};
use crate::layer::Reading;
use crate::package::{Family, Fields, Package, Stanza};
use crate::printable::is_harmful;

/// What a package says of itself.
#[derive(Debug)]
pub(super) struct Control {
    /// What counts for choosing.
    pub(super) package: Package,
    /// `.PKGINFO`, every field in order.
    pub(super) fields: Fields,
    /// The scripts, by name.
    pub(super) scripts: BTreeMap<String, Arc<[u8]>>,
    /// The sha256 of the compressed data.
    pub(super) data_hash: [u8; 32],
}

const SECTION: &str = "control section";

/// The scripts there are.
pub(super) const SCRIPTS: &[&str] = &[
    ".pre-install",
    ".post-install",
    ".pre-upgrade",
    ".post-upgrade",
    ".pre-deinstall",
    ".post-deinstall",
    ".trigger",
];

/// The largest script, in bytes.
const SCRIPT_BYTES: usize = 256 << 10;

impl Control {
    /// Reads a control section.
    pub(super) fn parse(member: &Member, how: &Reading<'_>) -> Result<Self, ApkError> {
        let (mut info, mut scripts) = (None, BTreeMap::new());
        for Entry { name, content } in entries(&member.bytes, how)? {
            let stray = || FormatError::Stray { section: SECTION, name: name.clone().into() };
            if !name.starts_with(b".") || name == b".INSTALL" {
                return Err(stray().into());
            }
            let script = SCRIPTS.iter().find(|script| script.as_bytes() == name);
            match script {
                _ if name == b".PKGINFO" => info = Some(content.ok_or_else(stray)?),
                Some(script) => {
                    _ = scripts
                        .insert((*script).to_owned(), self::script(script, content.ok_or_else(stray)?)?)
                }
                None => {}
            }
        }
        let info = info.ok_or(FormatError::Missing(".PKGINFO"))?;
        let fields = fields(&info)?;
        let data_hash = data_hash(&fields)?;
        let package = package(&fields)?;
        Ok(Self { package, fields, scripts, data_hash })
    }
}

fn script(name: &str, content: Vec<u8>) -> Result<Arc<[u8]>, FormatError> {
    match content.len() {
        0..=SCRIPT_BYTES => Ok(content.into()),
        _ => Err(FormatError::Script { name: name.to_owned(), limit: SCRIPT_BYTES }),
    }
}

/// The lines of a `.PKGINFO`: `key = value`, comments and empty lines aside.
fn fields(info: &[u8]) -> Result<Fields, FormatError> {
    let mut fields = Vec::new();
    for (at, line) in info.split(|byte| *byte == b'\n').enumerate() {
        let error = |problem: &str| FormatError::Control { line: at + 1, problem: problem.to_owned() };
        let line = std::str::from_utf8(line).map_err(|_| error("it is no UTF-8"))?.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = line.split_once('=').ok_or_else(|| error("expected `key = value`"))?;
        if line.contains(|c| is_harmful(c) && c != '\t') {
            return Err(error("it holds control characters"));
        }
        fields.push((key.trim_end().to_owned(), value.trim_start().to_owned()));
    }
    Ok(Fields::new(fields))
}

fn data_hash(fields: &Fields) -> Result<[u8; 32], FormatError> {
    let text = fields.get("datahash").ok_or(FormatError::NoDataHash)?;
    let mut hash = [0; 32];
    match hex::decode_to_slice(text, &mut hash) {
        Ok(()) => Ok(hash),
        Err(_) => Err(field("datahash", "it is no sha256 in hexadecimal")),
    }
}

fn package(fields: &Fields) -> Result<Package, FormatError> {
    let record: BTreeMap<u8, String> = record(fields).collect();
    let package = Stanza::apk(|letter| record.get(&letter).map(String::as_str)).package(Family::Apk);
    for (name, value) in
        [("pkgname", &package.name), ("pkgver", &package.version), ("arch", &package.architecture)]
    {
        if value.is_empty() {
            return Err(field(name, "it is empty or missing"));
        }
        // Files are named by them, and lines hold them.
        if value.contains(|c: char| c == '/' || c.is_whitespace()) || value.starts_with('.') {
            return Err(field(name, "it has characters that names cannot have"));
        }
    }
    Ok(package)
}

fn field(field: &'static str, problem: &str) -> FormatError {
    FormatError::Field { field, problem: problem.to_owned() }
}

/// What a `.PKGINFO` says, by the letters that indexes and databases have for it. Lists are joined; of everything else the
/// last counts.
pub(super) fn record(fields: &Fields) -> impl Iterator<Item = (u8, String)> {
    LETTERS.iter().filter_map(|(name, letter, is_list)| {
        let value = match is_list {
            true => fields.all(name).collect::<Vec<_>>().join(" "),
            false => fields.all(name).last()?.to_owned(),
        };
        (!value.is_empty()).then_some((*letter, value))
    })
}

/// Fields of `.PKGINFO`, the letters of records, and whether every line of a field counts.
const LETTERS: &[(&str, u8, bool)] = &[
    ("pkgname", b'P', false),
    ("pkgver", b'V', false),
    ("arch", b'A', false),
    ("size", b'I', false),
    ("pkgdesc", b'T', false),
    ("url", b'U', false),
    ("license", b'L', false),
    ("origin", b'o', false),
    ("maintainer", b'm', false),
    ("builddate", b't', false),
    ("commit", b'c', false),
    ("provider_priority", b'k', false),
    ("depend", b'D', true),
    ("provides", b'p', true),
    ("install_if", b'i', true),
    ("replaces", b'r', true),
    ("replaces_priority", b'q', false),
];
