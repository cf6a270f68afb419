//! One package of an index: the fields that count while they are gathered, and their form in memory.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::error::{IndexError, IndexFault};
use crate::package::description::{Identity, PackageFile, Stanza};
use crate::printable::{beginning, escaped, printable};

/// A package as an index holds it, in postcard's form.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Record<'a> {
    /// What it says of itself.
    #[serde(borrow)]
    pub(super) stanza: Stanza<'a>,
    /// Where its file is; empty for the place that follows from name and version (apk).
    pub(super) location: &'a str,
    /// The bytes of its file.
    pub(super) size: u64,
    /// What its file is known by.
    pub(super) identity: Identity,
}

impl Record<'_> {
    /// The package's file.
    pub(super) fn file(&self) -> PackageFile {
        let Stanza { name, version, .. } = self.stanza;
        let location = match self.location {
            "" => format!("{name}-{version}.apk"),
            location => location.to_owned(),
        };
        PackageFile { location, size: self.size, identity: self.identity.clone() }
    }
}

/// The beginning of a [`Record`]: what packages are found by, the rest of it unread.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Outline<'a> {
    /// The name.
    pub(super) name: &'a str,
    /// The version.
    pub(super) version: &'a str,
    /// Architecture, source, dependencies and conflicts, which are passed over.
    #[serde(borrow)]
    _between: [&'a [u8]; 6],
    /// What is provided.
    pub(super) provides: &'a str,
    /// apk: `install_if`.
    pub(super) install_if: &'a str,
}

/// The fields of one record that count, while its lines are read; `N` names are known, the first is that of the package.
pub(super) struct Fields<const N: usize> {
    names: &'static [&'static str; N],
    text: Vec<u8>,
    places: [Option<Range<usize>>; N],
    /// The line that the record begins at; 0 while it has none.
    line: u64,
}

impl<const N: usize> Fields<N> {
    pub(super) fn new(names: &'static [&'static str; N]) -> Self {
        Self { names, text: Vec::new(), places: [const { None }; N], line: 0 }
    }

    /// Whether nothing was added since the last record.
    pub(super) fn is_empty(&self) -> bool {
        self.line == 0
    }

    /// Makes room for the next record.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.places = [const { None }; N];
        self.line = 0;
    }

    /// Notes that the record has this line, whatever it says.
    pub(super) fn touch(&mut self, line: u64) {
        if self.line == 0 {
            self.line = line;
        }
    }

    /// Adds the field that stands at a place among the names.
    pub(super) fn add(&mut self, field: usize, value: &[u8], line: u64) -> Result<(), IndexError> {
        if self.places[field].is_some() {
            return Err(self.fault(line, IndexFault::Twice(self.names[field])));
        }
        let start = self.text.len();
        self.text.extend_from_slice(value.trim_ascii());
        self.places[field] = Some(start..self.text.len());
        Ok(())
    }

    /// Adds a folded line to the field that was added last.
    pub(super) fn go_on(&mut self, field: usize, value: &[u8]) {
        self.text.push(b' ');
        self.text.extend_from_slice(value.trim_ascii());
        if let Some(place) = &mut self.places[field] {
            place.end = self.text.len();
        }
    }

    /// The record, all of it text without control characters.
    pub(super) fn texts(&self) -> Result<Texts<'_, N>, IndexError> {
        let mut texts = [None; N];
        for (at, place) in self.places.iter().enumerate() {
            let Some(place) = place else { continue };
            let text = std::str::from_utf8(self.text[place.clone()].trim_ascii()).ok();
            let text = text.filter(|text| !text.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t'));
            texts[at] = Some(text.ok_or_else(|| self.fault(self.line, IndexFault::Text(self.names[at])))?);
        }
        Ok(Texts { fields: self, texts })
    }

    /// An error about this record.
    pub(super) fn fault(&self, line: u64, fault: IndexFault) -> IndexError {
        let name = self.places[0].clone().map(|place| printable(&self.text[place])).unwrap_or_default();
        IndexError::Record { line, package: short(&name), fault }
    }
}

/// The fields of one record, as text.
pub(super) struct Texts<'a, const N: usize> {
    fields: &'a Fields<N>,
    texts: [Option<&'a str>; N],
}

impl<'a, const N: usize> Texts<'a, N> {
    /// The field of a name; empty ones are not there.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        let at = self.fields.names.iter().position(|other| *other == name)?;
        self.texts[at].filter(|text| !text.is_empty())
    }

    /// The same, where the record cannot do without.
    pub(super) fn require(&self, name: &'static str) -> Result<&'a str, IndexError> {
        self.get(name).ok_or_else(|| self.fault(IndexFault::Missing(name)))
    }

    /// The package's name, which no path and no database can misunderstand.
    pub(super) fn name(&self) -> Result<&'a str, IndexError> {
        let name = self.require(self.fields.names[0])?;
        let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"+-._".contains(&byte);
        let begins = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let is_name =
            name.bytes().all(is_fit) && name.bytes().next().is_some_and(begins) && name.len() <= NAME;
        is_name.then_some(name).ok_or_else(|| self.fault(IndexFault::Name(short(name))))
    }

    /// The number of bytes under a key.
    pub(super) fn size(&self, key: &'static str) -> Result<u64, IndexError> {
        let size = self.require(key)?;
        let number = Some(size).filter(|size| size.bytes().all(|byte| byte.is_ascii_digit()));
        let number = number.and_then(|size| size.parse().ok());
        number.ok_or_else(|| self.fault(IndexFault::Size(short(size))))
    }

    /// An error about this record.
    pub(super) fn fault(&self, fault: IndexFault) -> IndexError {
        self.fields.fault(self.fields.line, fault)
    }
}

/// Bytes of the longest name; with a version it still is the name of a file.
const NAME: usize = 200;

/// The beginning of a text of others, made printable.
pub(super) fn short(text: &str) -> String {
    escaped(beginning(text, 100))
}
