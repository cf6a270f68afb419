//! What reading a specification gathers on the way: errors, notes and the keys that were there.

use super::form::Written;
use super::node::{Node, NodeKind};
use super::shape::{Form, Key, Mark, meant};
use super::{At, KeyError, NoteKind, Place, SpecError, SpecErrorKind, SpecNote, ValueError, written};

/// Gathers everything that is to be said about a specification.
#[derive(Default)]
pub(super) struct Reader {
    errors: Vec<SpecError>,
    notes: Vec<SpecNote>,
    keys: Vec<FoundKey>,
    path: Vec<(&'static str, bool)>,
}

/// A key that the file has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FoundKey {
    /// Its path, with `[]` for the elements of lists: `targets[].base`.
    pub path: String,
    /// Where it stands.
    pub place: Place,
    /// Whether the hosted service does not know it.
    pub is_ours: bool,
}

/// All that was gathered.
pub(super) struct Findings {
    /// What is wrong, ordered by place, each thing once.
    pub errors: Vec<SpecError>,
    /// What is unusual, ordered by place, each spelling once.
    pub notes: Vec<SpecNote>,
    /// The keys, in the order of the file's mappings.
    pub keys: Vec<FoundKey>,
}

impl Reader {
    /// A reader that starts with errors found before.
    pub(super) fn new(errors: Vec<SpecError>) -> Self {
        Self { errors, ..Self::default() }
    }

    /// The key whose value is being read; empty at the top level.
    pub(super) fn key(&self) -> &'static str {
        self.path.last().map_or("", |(key, _)| key)
    }

    /// Reports an error. Gives nothing, for use as the value that could not be read.
    pub(super) fn fault<T>(&mut self, place: Place, kind: impl Into<SpecErrorKind>) -> Option<T> {
        self.errors.push(SpecError::new(place, kind));
        None
    }

    /// The value, or its error reported.
    pub(super) fn check<T>(
        &mut self,
        place: Place,
        result: Result<T, impl Into<SpecErrorKind>>,
    ) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(kind) => self.fault(place, kind),
        }
    }

    /// Reports a value of another type than its key's, unless it is reported already.
    pub(super) fn wrong_type<T>(&mut self, node: &Node, expected: &'static str) -> Option<T> {
        match self.key() {
            _ if matches!(node.kind, NodeKind::Faulty) => None,
            "" => self.fault(node.place, ValueError::Root(node.described())),
            key => self.fault(node.place, ValueError::Type { key, expected, found: node.described() }),
        }
    }

    /// Notes an unusual spelling.
    pub(super) fn note(&mut self, place: Place, kind: NoteKind) {
        self.notes.push(SpecNote { place, kind });
    }

    /// Reports a key that a mapping does not have.
    pub(super) fn unknown_key(&mut self, written: &At<String>, keys: &'static [Key]) {
        let mapping = self.mapping();
        let is_chart = std::ptr::eq(keys, written::Chart::KEYS);
        let of_image = written::Image::KEYS.iter().find(|key| key.name == written.value).filter(|_| is_chart);
        if let Some(key) = of_image {
            return self.errors.push(SpecError::new(written.place, KeyError::OfImage { key: key.name }));
        }
        let roots: [&'static Form; 2] = [written::Image::FORM, written::Chart::FORM];
        // A file of a hundred errors is no misspelled customization.
        let meant = if self.errors.len() < 100 { meant(&written.value, keys, &roots) } else { None };
        let key = written.value.as_str().into();
        self.errors.push(SpecError::new(written.place, KeyError::Unknown { key, mapping, meant }));
    }

    /// Reports a key that stands twice, in two spellings.
    pub(super) fn doubled_key(&mut self, written: &At<String>, first: u32) {
        let key = written.value.as_str().into();
        self.errors.push(SpecError::new(written.place, KeyError::Twice { key, first }));
    }

    /// Reports a key that has to be there; `or` would do in its place.
    pub(super) fn missing_key(&mut self, place: Place, key: &'static str, or: Option<&'static str>) {
        let mapping = self.mapping();
        self.errors.push(SpecError::new(place, KeyError::Missing { key, mapping, or }));
    }

    /// Takes notice of a key that is there.
    pub(super) fn found_key(&mut self, written: &At<String>, key: &'static Key) {
        if written.value != key.name {
            self.note(written.place, NoteKind::Spelling { written: written.value.clone(), usual: key.name });
        }
        let mapping = self.mapping();
        let dot = if mapping.is_empty() { "" } else { "." };
        let path = format!("{mapping}{dot}{}", key.name);
        self.keys.push(FoundKey { path, place: written.place, is_ours: key.is(Mark::Ours) });
    }

    /// Reads the value of a key.
    pub(super) fn within<T>(&mut self, key: &'static Key, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push((key.name, matches!(key.form, Form::List(_))));
        let value = read(self);
        self.path.pop();
        value
    }

    /// The path of the mapping that is being read.
    fn mapping(&self) -> String {
        let names =
            self.path.iter().map(|(key, is_list)| format!("{key}{}", if *is_list { "[]" } else { "" }));
        names.collect::<Vec<_>>().join(".")
    }

    /// All that was gathered, ordered.
    pub(super) fn findings(mut self) -> Findings {
        self.errors.sort_by_key(|error| error.place);
        self.errors.dedup();
        self.notes.sort_by_key(|note| note.place);
        let mut notes: Vec<SpecNote> = Vec::new();
        for note in self.notes {
            if !notes.iter().any(|other| other.kind.is_like(&note.kind)) {
                notes.push(note);
            }
        }
        Findings { errors: self.errors, notes, keys: self.keys }
    }
}
