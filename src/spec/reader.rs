//! What reading a specification gathers on the way: errors, notes and the keys that were there.

use super::form::Written;
use super::node::{Node, NodeKind};
use super::shape::{Form, Key, Mark, meant};
use super::{
    At, KeyError, NoteKind, Place, SpecError, SpecErrorKind, SpecLimit, SpecNote, ValueError, written,
};

/// Errors that are said; nobody reads more.
const MOST_ERRORS: usize = 1_000;

/// Gathers everything that is to be said about a specification.
#[derive(Default)]
pub(super) struct Reader {
    errors: Vec<SpecError>,
    notes: Vec<SpecNote>,
    keys: Vec<FoundKey>,
    path: Vec<Level>,
}

/// A key on the way to what is being read.
struct Level {
    key: &'static str,
    is_list: bool,
    /// Whether what is being read is an element of its list.
    in_element: bool,
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
        self.path.last().map_or("", |level| level.key)
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

    /// The name of what is being read: `cmd`, or `cmd[]` for an element of it.
    pub(super) fn label(&self) -> String {
        self.path.last().map_or_else(String::new, |level| named(level.key, level.in_element))
    }

    /// Reports a value of another type than its key's, unless it is reported already.
    pub(super) fn wrong_type<T>(&mut self, node: &Node, expected: &'static str) -> Option<T> {
        match self.label() {
            _ if matches!(node.kind, NodeKind::Faulty) => None,
            root if root.is_empty() => self.fault(node.place, ValueError::Root(node.described())),
            label => self.fault(node.place, ValueError::Type { label, expected, found: node.described() }),
        }
    }

    /// Notes an unusual spelling.
    pub(super) fn note(&mut self, place: Place, kind: NoteKind) {
        self.notes.push(SpecNote { place, kind });
    }

    /// Reports a key that a mapping does not have.
    pub(super) fn unknown_key(&mut self, written: &At<String>, keys: &'static [Key]) {
        let mapping = self.mapping();
        let is_chart = keys.iter().any(|key| key.name == "reference_mappings");
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
        let is_list = matches!(key.form, Form::List(_));
        self.path.push(Level { key: key.name, is_list, in_element: false });
        let value = read(self);
        self.path.pop();
        value
    }

    /// Reads an element of the list that is being read.
    pub(super) fn element<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        self.set_in_element(true);
        let value = read(self);
        self.set_in_element(false);
        value
    }

    fn set_in_element(&mut self, is: bool) {
        if let Some(level) = self.path.last_mut() {
            level.in_element = is;
        }
    }

    /// The path of the mapping that is being read.
    fn mapping(&self) -> String {
        let names = self.path.iter().map(|level| named(level.key, level.is_list));
        names.collect::<Vec<_>>().join(".")
    }

    /// All that was gathered, ordered.
    pub(super) fn findings(mut self) -> Findings {
        self.errors.sort_by_key(|error| error.place);
        self.errors.dedup();
        if let Some(more) = self.errors.get(MOST_ERRORS) {
            let more = SpecError::new(more.place, SpecLimit::Errors(MOST_ERRORS));
            self.errors.truncate(MOST_ERRORS);
            self.errors.push(more);
        }
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

fn named(key: &str, is_list: bool) -> String {
    format!("{key}{}", if is_list { "[]" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::MOST_ERRORS;
    use crate::spec::minimal::{codes, errors, image, of, parsed};
    use crate::spec::parse;

    fn hints(more: &str) -> Vec<String> {
        let errors = parse(&crate::spec::minimal::file(more)).expect_err(more);
        errors.iter().map(|error| error.hint().unwrap_or_default()).collect()
    }

    #[test]
    fn s02_an_unknown_key_names_the_one_that_was_meant() {
        assert_eq!(errors("enviroment: {A: b}"), ["unknown key `enviroment`"]);
        for (more, hint) in [
            ("enviroment: {A: b}", "did you mean `environment`?"),
            ("contents: {pakages: [git]}", "did you mean `packages`?"),
            ("contents: {includes: [etc]}", "`includes` belongs under `contents.artifacts[]`"),
            ("packages: [git]", "`packages` belongs under `contents`"),
            ("reference_mapings: []", "`reference_mappings` belongs under the top level"),
            ("accounts: {runs as: x}", "did you mean `runs-as`?"),
            ("gid: 0", "`gid` belongs under `contents.artifacts[]` or `paths[]` or `scripts[]`"),
            ("nothing-like-it: 0", ""),
        ] {
            assert_eq!(hints(more), [hint], "{more}");
        }
    }

    #[test]
    fn missing_keys_are_reported_where_their_mapping_begins() {
        let errors = parse(&of("id: x\ncontents:\n  artifacts:\n  - excludes: [a]\n")).unwrap_err();
        let found: Vec<_> = errors.iter().map(|error| (error.place.line, error.to_string())).collect();
        let missing = |line, key: &str, of: &str| (line, format!("key `{key}`{of} is missing"));
        let of = " of `contents.artifacts[]`";
        assert_eq!(
            found,
            [
                missing(1, "name", ""),
                missing(1, "targets", ""),
                missing(1, "platforms", ""),
                missing(4, "name", of),
                missing(4, "includes", of),
            ]
        );
    }

    #[test]
    fn other_spellings_are_read_and_noted_once_each() {
        let more = "accounts: {run_as: nonroot}\ncompression: gzip\npaths:\n- {path: /a, content: x, type: file}\n\
                    - {path: /b, content: y, type: file}\n\
                    contents: {artifacts: [{name: a/b, includes: [/etc/a, /etc/b], excludes: [/etc/c]}]}";
        let notes: Vec<_> = parsed(more).notes.iter().map(ToString::to_string).collect();
        assert_eq!(
            notes,
            [
                "`run_as` is read as `runs-as`, the usual spelling",
                "`gzip` is read as `GZIP`, the usual spelling",
                "`content` is read as `contents`, the usual spelling",
                "`type: file` is read as no `type`, the usual spelling",
                "`/etc/a` is read as `etc/a`, the usual spelling",
            ]
        );
        assert!(parsed("accounts: {runs-as: nonroot}\ncompression: GZIP").notes.is_empty());
        assert_eq!(image("compression: Zstd").compression, image("").compression);
    }

    #[test]
    fn two_spellings_of_one_key_are_one_key() {
        assert_eq!(
            errors("accounts: {run-as: a, runs-as: b}"),
            ["key `runs-as` is given twice, first on line 4"]
        );
    }

    #[test]
    fn everything_wrong_is_said_at_once_in_the_order_of_the_file() {
        let found = errors("labels: 1\nports: [x]\ncmd: [1.5]\nplatform: x\npaths: [{path: x}]");
        assert_eq!(found.len(), 6, "{found:#?}");
        let lines = parse(&crate::spec::minimal::file("b: 1\na: 2\nlabels: x")).unwrap_err();
        assert!(lines.is_sorted_by_key(|error| error.place));
    }

    #[test]
    fn a_file_of_errors_ends_with_a_word_about_the_rest() {
        let many = "- {}\n".repeat(2000);
        let found = errors(&format!("paths:\n{many}"));
        assert_eq!(found.len(), MOST_ERRORS + 1);
        assert_eq!(found[MOST_ERRORS], "there are more than 1000 errors, and the rest is not listed");
    }

    #[test]
    fn values_of_another_type_are_named() {
        for (more, error) in [
            ("labels: [a]", "`labels`: expected a mapping of texts, found a list"),
            ("cmd: x", "`cmd`: expected a list, found the text `x`"),
            ("cmd: [[x]]", "`cmd[]`: expected text, found a list"),
            ("paths:", "`paths`: expected a list, found nothing"),
            ("accounts: {root: yes}", "`root`: expected `true` or `false`, found the text `yes`"),
            (
                "accounts: {users: [{name: a, uid: '1'}]}",
                "`uid`: expected a whole number, found the text `1`",
            ),
            ("contents: x", "`contents`: expected a mapping, found the text `x`"),
            (
                "contents: {upgrade: true}",
                "`upgrade`: expected `false`, `auto` or a list of package names, found `true`",
            ),
            ("compression: LZ4", "`compression` cannot be `LZ4`"),
            ("contents: {artifacts: [{name: a/b, includes: []}]}", "`includes` needs at least one element"),
        ] {
            assert_eq!(errors(more), [error], "{more}");
        }
        assert_eq!(
            parse(&of("- x")).unwrap_err()[0].to_string(),
            "expected the keys of a customization, found a list"
        );
    }

    #[test]
    fn s03_texts_that_yaml_takes_for_something_else_ask_for_quotes() {
        let spec = image("environment: {PORT: 8080, MODE: 0755, V: '1.10', ON: on}");
        let value = |name: &str| spec.environment[name].as_str();
        assert_eq!((value("PORT"), value("MODE"), value("V"), value("ON")), ("8080", "0755", "1.10", "on"));
        for (value, hint) in
            [("1.10", "\"1.10\""), ("true", "\"true\""), ("null", "\"null\""), ("1e3", "\"1e3\"")]
        {
            let more = format!("environment: {{V: {value}}}");
            assert_eq!(codes(&more), [crate::code::Code::SpecValue]);
            assert_eq!(hints(&more), [format!("write `{hint}` if this is meant")]);
        }
        assert_eq!(hints("environment: {V: }"), ["write `\"\"` if this is meant"]);
    }
}
