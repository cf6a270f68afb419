//! The forms that values of the format take, and how each is read from a node and described in the JSON Schema.
//!
//! A form is a type: what it reads, what it refuses and its schema stand together. Mappings are made by
//! [`mapping!`](super::mapping), which also says which keys there are.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::accounts::AccountError;
use super::node::{Node, NodeKind, Scalar, ScalarKind};
use super::reader::Reader;
use super::shape::Form;
use super::{At, Excerpt, NoteKind, ValueError};
use crate::oci::{Compression, Platform};
use crate::rootfs::Mode;

/// A value as the format spells it.
pub(super) trait Written: Sized + JsonSchema {
    /// Which keys are within it, if any.
    const FORM: &'static Form = &Form::Value;

    /// Reads it; what is wrong is reported to `reader`.
    fn read(node: &Node, reader: &mut Reader) -> Option<Self>;
}

/// Implements `JsonSchema` for a form that is described where it is used.
macro_rules! inline_schema {
    ($name:ident, $schema:expr) => {
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    };
}

impl<T: Written> Written for At<T> {
    const FORM: &'static Form = T::FORM;

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        T::read(node, reader).map(|value| Self::new(value, node.place))
    }
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

impl<T: Written> Written for Vec<T> {
    const FORM: &'static Form = &Form::List(T::FORM);

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            NodeKind::List(list) => {
                let read = |node| reader.element(|reader| T::read(node, reader));
                Some(list.iter().filter_map(read).collect())
            }
            _ => reader.wrong_type(node, "a list"),
        }
    }
}

/// A list with at least one element.
pub(super) struct NonEmpty<T>(pub Vec<T>);

impl<T: Written> Written for NonEmpty<T> {
    const FORM: &'static Form = <Vec<T>>::FORM;

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            NodeKind::List(list) if list.is_empty() => {
                reader.fault(node.place, ValueError::EmptyList(reader.key()))
            }
            _ => Vec::read(node, reader).map(Self),
        }
    }
}

impl<T: JsonSchema> JsonSchema for NonEmpty<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("NonEmpty_{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "minItems": 1, "items": generator.subschema_for::<T>() })
    }
}

/// Text; a whole number is taken as it is written, anything else has to be quoted.
pub(super) struct Text(pub String);

inline_schema!(Text, json_schema!({ "type": ["string", "integer"] }));

impl Written for Text {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        text(node, reader, None).map(|text| Self(text.to_owned()))
    }
}

/// The text of a scalar under a key of the format, or under one of the file's own.
fn text<'n>(node: &'n Node, reader: &mut Reader, key: Option<&str>) -> Option<&'n str> {
    let label = key.map_or_else(|| reader.label(), |key| Excerpt::from(key).to_string());
    let found = node.described();
    let error = match &node.kind {
        NodeKind::Scalar(Scalar { text, kind: ScalarKind::Text | ScalarKind::Integer, .. }) => {
            return Some(text);
        }
        NodeKind::Scalar(Scalar { text, .. }) => {
            ValueError::Unquoted { label, found, quoted: text.as_str().into() }
        }
        NodeKind::List(_) | NodeKind::Mapping(_) => ValueError::Type { label, expected: "text", found },
        NodeKind::Faulty => return None,
    };
    reader.fault(node.place, error)
}

/// Texts by keys that the file chooses.
pub(super) struct Table(pub BTreeMap<String, (At<()>, At<String>)>);

inline_schema!(
    Table,
    json_schema!({ "type": "object", "additionalProperties": { "type": ["string", "integer"] } })
);

impl Written for Table {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let NodeKind::Mapping(mapping) = &node.kind else {
            return reader.wrong_type(node, "a mapping of texts");
        };
        let entries = mapping.iter().filter_map(|(key, value)| {
            let text = text(value, reader, Some(key))?;
            Some((key.value.clone(), (At::new((), key.place), At::new(text.to_owned(), value.place))))
        });
        Some(Self(entries.collect()))
    }
}

/// `true` or `false`.
pub(super) struct Flag(pub bool);

inline_schema!(Flag, json_schema!({ "type": "boolean" }));

impl Written for Flag {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            NodeKind::Scalar(Scalar { text, kind: ScalarKind::Bool, .. }) => {
                Some(Self(text.eq_ignore_ascii_case("true")))
            }
            _ => reader.wrong_type(node, "`true` or `false`"),
        }
    }
}

/// The number of a user or group: 0 to 2^31-1, without 65535, which some systems take for "none".
pub(super) struct Id(pub u32);

impl Id {
    const LARGEST: u32 = i32::MAX as u32;
    const NONE: u32 = 65535;

    /// The id that decimal digits spell.
    pub(super) fn parse(text: &str) -> Result<u32, AccountError> {
        let is_plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
        match text.parse() {
            Ok(id @ 0..=Self::LARGEST) if is_plain && id != Self::NONE => Ok(id),
            _ => Err(AccountError::Id(text.into())),
        }
    }
}

inline_schema!(
    Id,
    json_schema!({ "type": "integer", "minimum": 0, "maximum": Id::LARGEST, "not": { "const": Id::NONE } })
);

impl Written for Id {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            NodeKind::Scalar(Scalar { text, kind: ScalarKind::Integer, .. }) => {
                reader.check(node.place, Self::parse(text)).map(Self)
            }
            _ => reader.wrong_type(node, "a whole number"),
        }
    }
}

/// Permissions in octal: `"0644"`, `0644`, `0o644`; without quotes the first digit is 0.
pub(super) struct Octal(pub Mode);

inline_schema!(
    Octal,
    // An editor sees `0644` and `0o644` as the numbers they are in YAML, so not which of them are octal.
    json_schema!({ "anyOf": [
        { "type": "string", "pattern": "^(0o)?0?[0-7]{3,4}$" },
        { "type": "integer", "minimum": 0, "maximum": 7777 },
    ] })
);

impl Written for Octal {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let NodeKind::Scalar(Scalar { text, kind, quoted }) = &node.kind else {
            return reader.wrong_type(node, "octal digits");
        };
        let found = || text.as_str().into();
        let is_octal = text.bytes().all(|b| matches!(b, b'0'..=b'7'));
        let mode = match (kind, text.parse::<Mode>()) {
            (ScalarKind::Integer, _) if is_octal && !text.starts_with('0') => {
                Err(ValueError::BareMode(found()))
            }
            (ScalarKind::Text | ScalarKind::Integer, Ok(mode)) => Ok(mode),
            (ScalarKind::Integer, _) => Err(ValueError::Mode(found())),
            (ScalarKind::Text, _) if *quoted => Err(ValueError::Mode(found())),
            _ => return reader.wrong_type(node, "octal digits"),
        };
        reader.check(node.place, mode).map(Self)
    }
}

/// A platform that can be built.
pub(super) struct PlatformName(pub Platform);

/// The platforms of the format.
pub(super) const PLATFORMS: &[&str] = &["linux/amd64", "linux/arm64"];

inline_schema!(PlatformName, json_schema!({ "enum": PLATFORMS }));

impl Written for PlatformName {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let text = Text::read(node, reader)?.0;
        let known = PLATFORMS.contains(&text.as_str()).then(|| text.parse().ok()).flatten();
        let platform = known.ok_or_else(|| ValueError::Platform(text.as_str().into()));
        reader.check(node.place, platform).map(Self)
    }
}

/// Defines the words that a key takes.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum $name {
            $($(#[$about])* $variant,)*
        }

        impl $name {
            const WORDS: &'static [&'static str] = &[$($word,)*];
        }

        impl Written for $name {
            fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
                let text = Text::read(node, reader)?.0;
                match text.as_str() {
                    $($word => Some(Self::$variant),)*
                    other => reader.fault(
                        node.place,
                        ValueError::Choice { key: reader.key(), found: other.into(), choices: Self::WORDS },
                    ),
                }
            }
        }

        inline_schema!($name, json_schema!({ "enum": $name::WORDS }));
    };
}

choice! {
    /// What a path is to be.
    PathType {
        File = "file",
        Directory = "directory",
        Symlink = "symlink",
        Delete = "delete",
        EmptyFile = "emptyfile",
    }
}

impl PathType {
    /// Its word.
    pub(super) fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }
}

choice! {
    /// How a list meets the base's.
    ModeWord {
        Append = "append",
        Replace = "replace",
    }
}

/// The codec of added layers, in any letter case.
pub(super) struct Codec(pub Compression);

const CODECS: &[&str] = &["ZSTD", "GZIP"];

inline_schema!(
    Codec,
    json_schema!({ "anyOf": [
        { "enum": CODECS },
        { "type": "string", "pattern": "^([Zz][Ss][Tt][Dd]|[Gg][Zz][Ii][Pp])$" },
    ] })
);

impl Written for Codec {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let text = Text::read(node, reader)?.0;
        let usual = CODECS.iter().find(|codec| codec.eq_ignore_ascii_case(&text));
        let Some(usual) = usual else {
            let found = text.as_str().into();
            return reader
                .fault(node.place, ValueError::Choice { key: reader.key(), found, choices: CODECS });
        };
        if *usual != text {
            reader.note(node.place, NoteKind::Spelling { written: text, usual });
        }
        Some(Self(if *usual == "GZIP" { Compression::Gzip } else { Compression::Zstd }))
    }
}

/// Which packages of the base may become newer: `false`, `auto` or a list of names.
pub(super) enum UpgradeForm {
    No,
    Auto,
    Names(Vec<At<Text>>),
}

inline_schema!(
    UpgradeForm,
    json_schema!({ "anyOf": [
        { "const": false },
        { "const": "auto" },
        { "type": "array", "items": { "type": "string" } },
    ] })
);

impl Written for UpgradeForm {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            NodeKind::List(_) => Vec::read(node, reader).map(Self::Names),
            NodeKind::Scalar(scalar) => match (scalar.kind, scalar.text.to_ascii_lowercase().as_str()) {
                (ScalarKind::Bool, "false") => Some(Self::No),
                (ScalarKind::Text, "auto") if scalar.text == "auto" => Some(Self::Auto),
                _ => reader.wrong_type(node, "`false`, `auto` or a list of package names"),
            },
            NodeKind::Mapping(_) | NodeKind::Faulty => {
                reader.wrong_type(node, "`false`, `auto` or a list of package names")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;
    use crate::spec::minimal::{codes, errors, image};

    #[test]
    fn s03_a_mode_is_octal_or_an_error() {
        let mode =
            |text: &str| image(&format!("paths: [{{path: /a, contents: x, mode: {text}}}]")).files[0].mode;
        for (text, bits) in [
            ("\"0644\"", 0o644),
            ("'644'", 0o644),
            ("0644", 0o644),
            ("0o644", 0o644),
            ("\"4755\"", 0o4755),
            ("\"04755\"", 0o4755),
            ("01777", 0o1777),
        ] {
            assert_eq!(mode(text).bits(), bits, "{text}");
        }
        for text in
            ["420", "644", "\"999\"", "999", "0999", "\"64\"", "0x1a4", "-644", "\"17777\"", "6.44", "rw"]
        {
            let more = format!("paths: [{{path: /a, contents: x, mode: {text}}}]");
            assert_eq!(codes(&more), [Code::SpecValue], "{text}");
        }
        assert_eq!(
            errors("paths: [{path: /a, contents: x, mode: 420}]"),
            ["mode `420` is ambiguous: it begins with no 0"]
        );
    }

    #[test]
    fn s04_an_id_is_what_account_files_can_hold() {
        assert_eq!(Id::parse("0"), Ok(0));
        assert_eq!(Id::parse("2147483647"), Ok(2_147_483_647));
        for text in ["-1", "4294967295", "2147483648", "65535", "+5", "007", "0x10", "", "1e3"] {
            assert!(Id::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_platform_is_spelled_as_the_format_does() {
        for text in ["linux/arm46", "linux/arm64/v8", "Linux/amd64", "windows/amd64", "''"] {
            let more =
                format!("contents: {{artifacts: [{{name: a/b, includes: [c], platforms: [{text}]}}]}}");
            assert_eq!(codes(&more), [Code::SpecValue], "{text}");
        }
    }
}
