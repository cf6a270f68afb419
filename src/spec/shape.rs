//! Which keys the mappings of the format have: one table for reading, for hints and for the JSON Schema.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::error::Meant;
use super::node::{Node, NodeKind};
use super::reader::Reader;
use crate::nearest::nearest;

/// What stands within a value.
pub(super) enum Form {
    /// No keys of the format.
    Value,
    /// Elements.
    List(&'static Form),
    /// Keys.
    Mapping(&'static [Key]),
}

/// A key of a mapping.
pub(super) struct Key {
    /// Its usual spelling.
    pub name: &'static str,
    /// Other spellings that are read.
    pub also: &'static [&'static str],
    /// What is special about it.
    pub marks: &'static [Mark],
    /// What it means, a line each.
    pub about: &'static [&'static str],
    /// What stands within its value.
    pub form: &'static Form,
    /// The schema of its value.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

/// What is special about a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// It has to be there.
    Required,
    /// The hosted service does not know it.
    Ours,
}

impl Key {
    /// Whether it has a mark.
    pub(super) fn is(&self, mark: Mark) -> bool {
        self.marks.contains(&mark)
    }

    fn spellings(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.also.iter().copied())
    }
}

/// Defines a mapping of the format: a struct with a field for each key, how it is read, and its schema.
///
/// Each field is there if its key is, and if its value could be read.
macro_rules! mapping {
    (
        $(#[doc = $about:literal])*
        $name:ident {
            $(
                $(#[doc = $doc:literal])*
                $field:ident: $form:ty = $key:literal $(or $also:literal)* $([$($mark:ident),*])?;
            )*
        }
    ) => {
        $(#[doc = $about])*
        #[allow(dead_code, reason = "not every mapping's place and keys are asked for")]
        pub(in crate::spec) struct $name {
            /// Where the mapping begins.
            pub(in crate::spec) place: $crate::spec::Place,
            present: Vec<&'static str>,
            $($(#[doc = $doc])* pub(in crate::spec) $field: Option<$form>,)*
        }

        impl $name {
            /// Its keys.
            pub(in crate::spec) const KEYS: &'static [$crate::spec::shape::Key] = &[$($crate::spec::shape::Key {
                name: $key,
                also: &[$($also),*],
                marks: &[$($($crate::spec::shape::Mark::$mark),*)?],
                about: &[$($doc),*],
                form: <$form as $crate::spec::form::Written>::FORM,
                schema: |generator| generator.subschema_for::<$form>(),
            }),*];

            /// Whether a key is there, by its usual spelling; its value may be unreadable.
            #[allow(dead_code, reason = "asked only where keys exclude or need each other")]
            pub(in crate::spec) fn has(&self, key: &'static str) -> bool {
                self.present.contains(&key)
            }
        }

        impl $crate::spec::form::Written for $name {
            const FORM: &'static $crate::spec::shape::Form = &$crate::spec::shape::Form::Mapping(Self::KEYS);

            fn read(node: &$crate::spec::node::Node, reader: &mut $crate::spec::reader::Reader) -> Option<Self> {
                let fields = $crate::spec::shape::Fields::of(node, Self::KEYS, reader)?;
                Some(Self {
                    place: node.place,
                    $($field: fields.read($key, reader),)*
                    present: fields.present(),
                })
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $crate::spec::shape::schema(&[$($about),*], Self::KEYS, generator)
            }
        }
    };
}
pub(super) use mapping;

/// The values of a mapping, by the usual spelling of their keys.
pub(super) struct Fields<'n>(Vec<(&'static Key, &'n Node)>);

impl<'n> Fields<'n> {
    /// Sorts a mapping's values by key; unknown, doubled and missing keys are reported, other spellings noted.
    pub(super) fn of(node: &'n Node, keys: &'static [Key], reader: &mut Reader) -> Option<Self> {
        let NodeKind::Mapping(mapping) = &node.kind else {
            return reader.wrong_type(node, "a mapping");
        };
        let mut fields: Vec<(&'static Key, u32, &Node)> = Vec::new();
        for (written, value) in mapping {
            let Some(key) = keys.iter().find(|key| key.spellings().any(|name| name == written.value)) else {
                reader.unknown_key(written, keys);
                continue;
            };
            if let Some((_, first, _)) = fields.iter().find(|(other, ..)| other.name == key.name) {
                reader.doubled_key(written, *first);
                continue;
            }
            reader.found_key(written, key);
            fields.push((key, written.place.line, value));
        }
        for key in keys.iter().filter(|key| key.is(Mark::Required)) {
            if !fields.iter().any(|(other, ..)| other.name == key.name) {
                reader.missing_key(node.place, key.name, None);
            }
        }
        Some(Self(fields.into_iter().map(|(key, _, value)| (key, value)).collect()))
    }

    /// The keys that are there, in their usual spelling.
    pub(super) fn present(&self) -> Vec<&'static str> {
        self.0.iter().map(|(key, _)| key.name).collect()
    }

    /// The value of a key, where it is there and can be read.
    pub(super) fn read<T: super::form::Written>(&self, name: &'static str, reader: &mut Reader) -> Option<T> {
        let (key, node) = self.0.iter().find(|(key, _)| key.name == name)?;
        reader.within(key, |reader| T::read(node, reader))
    }
}

/// What an unknown key of a mapping was meant to be: the same key elsewhere, a similar one here, a similar one elsewhere.
pub(super) fn meant(word: &str, here: &'static [Key], roots: &[&'static Form]) -> Option<Meant> {
    let mut everywhere = Vec::new();
    for root in roots {
        collect(root, String::new(), &mut everywhere);
    }
    let elsewhere = |name: &'static str| {
        let mut paths: Vec<_> =
            everywhere.iter().filter(|(_, key)| key.name == name).map(|(path, _)| path.clone()).collect();
        paths.dedup();
        paths.truncate(3);
        Meant::Elsewhere(name, paths)
    };
    if let Some((_, key)) = everywhere.iter().find(|(_, key)| key.name == word) {
        return Some(elsewhere(key.name));
    }
    let usual = |keys: &[&'static Key], spelling: &str| {
        keys.iter().find(|key| key.spellings().any(|name| name == spelling)).map(|key| key.name)
    };
    let here: Vec<_> = here.iter().collect();
    if let Some(near) = nearest(word, here.iter().flat_map(|key| key.spellings())) {
        return usual(&here, near).map(Meant::Here);
    }
    let all: Vec<_> = everywhere.iter().map(|(_, key)| *key).collect();
    let near = nearest(word, all.iter().map(|key| key.name))?;
    usual(&all, near).map(elsewhere)
}

/// All keys below a form, each with the path of its mapping.
fn collect(form: &Form, path: String, keys: &mut Vec<(String, &'static Key)>) {
    match form {
        Form::Value => {}
        Form::List(element) => collect(element, format!("{path}[]"), keys),
        Form::Mapping(own) => {
            for key in *own {
                if !keys.iter().any(|(other, known)| *other == path && known.name == key.name) {
                    keys.push((path.clone(), key));
                }
                let dot = if path.is_empty() { "" } else { "." };
                collect(key.form, format!("{path}{dot}{}", key.name), keys);
            }
        }
    }
}

/// The schema of a mapping.
pub(super) fn schema(about: &[&str], keys: &[Key], generator: &mut SchemaGenerator) -> Schema {
    let mut properties = Map::new();
    let mut required = Vec::new();
    let mut either = Vec::new();
    for key in keys {
        let of_value = (key.schema)(generator);
        properties.insert(key.name.to_owned(), described(of_value.clone(), description(key)));
        for also in key.also {
            let mut value = described(of_value.clone(), format!("Another spelling of `{}`.", key.name));
            value["deprecated"] = json!(true);
            properties.insert((*also).to_owned(), value);
        }
        match (key.is(Mark::Required), key.also) {
            (true, []) => required.push(key.name),
            (true, _) => {
                let spellings: Vec<_> = key.spellings().map(|name| json!({ "required": [name] })).collect();
                either.push(json!({ "anyOf": spellings }));
            }
            (false, _) => {}
        }
    }
    let mut schema =
        json_schema!({ "description": joined(about), "type": "object", "properties": properties });
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    if !either.is_empty() {
        schema.insert("allOf".to_owned(), json!(either));
    }
    schema.insert("additionalProperties".to_owned(), json!(false));
    schema
}

fn described(schema: Schema, description: String) -> Value {
    let mut value = schema.to_value();
    if let Some(object) = value.as_object_mut() {
        object.insert("description".to_owned(), description.into());
    }
    value
}

fn description(key: &Key) -> String {
    let about = joined(key.about);
    if key.is(Mark::Ours) { format!("{about} (Overcoat only.)") } else { about }
}

fn joined(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}
