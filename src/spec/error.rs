//! What is wrong with a specification, and what to do about it.

use std::fmt;

use super::accounts::{AccountError, RunAsError};
use super::artifact::PatternFault;
use super::runtime::{LabelError, VariableError};
use super::script::DestinationError;
use super::source::BesideError;
use super::tag::TagError;
use super::target::{CollisionError, ReferenceError};
use super::{Excerpt, Place, SpecLimit, YamlError};
use crate::code::{Code, Coded};
use crate::printable::escaped;

/// Something wrong with a specification, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecError {
    /// Where it stands.
    pub place: Place,
    /// What it is.
    pub kind: Box<SpecErrorKind>,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident($error:ty),)*) => {
        /// What is wrong with a specification.
        #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
        #[non_exhaustive]
        pub enum SpecErrorKind {
            $($(#[$doc])* #[error(transparent)] $name(#[from] $error),)*
        }

        impl SpecErrorKind {
            fn hint(&self) -> Option<String> {
                match self { $(Self::$name(error) => error.hint(),)* }
            }
        }

        impl Coded for SpecErrorKind {
            fn code(&self) -> Code {
                match self { $(Self::$name(error) => error.code(),)* }
            }
        }
    };
}

kinds! {
    /// The YAML cannot be read.
    Yaml(YamlError),
    /// A budget is spent.
    Limit(SpecLimit),
    /// A key is unknown, missing, given twice or excludes another.
    Key(KeyError),
    /// A value has the wrong type or form.
    Value(ValueError),
    /// A destination path cannot be used.
    Destination(DestinationError),
    /// A pattern cannot be used.
    Pattern(PatternFault),
    /// An account cannot be used.
    Account(AccountError),
    /// The image's user cannot be used.
    RunAs(RunAsError),
    /// An environment variable cannot be used.
    Variable(VariableError),
    /// A label or annotation cannot be used.
    Label(LabelError),
    /// A tag or suffix cannot be used.
    Tag(TagError),
    /// A reference to an image cannot be used.
    Reference(ReferenceError),
    /// Two targets meet.
    Collision(CollisionError),
    /// A file beside the specification cannot be named so.
    Beside(BesideError),
}

/// A key that cannot stand where it does, or is missing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It is not known in this mapping.
    #[error("unknown key `{key}`{}", of(mapping))]
    Unknown {
        /// The key.
        key: Excerpt,
        /// The path of the mapping, empty at the top level.
        mapping: String,
        /// What was probably meant.
        meant: Option<Meant>,
    },
    /// It has to be there.
    #[error("key `{key}`{} is missing", of(mapping))]
    Missing {
        /// The key.
        key: &'static str,
        /// The path of the mapping, empty at the top level.
        mapping: String,
        /// What else would do.
        or: Option<&'static str>,
    },
    /// It stands twice in one mapping, perhaps in another spelling.
    #[error("key `{key}` is given twice, first on line {first}")]
    Twice {
        /// The key.
        key: Excerpt,
        /// The line of the first.
        first: u32,
    },
    /// It cannot stand beside another.
    #[error("`{key}` cannot stand beside `{other}`")]
    Excludes {
        /// The key.
        key: &'static str,
        /// The key that it excludes.
        other: &'static str,
    },
    /// It has no meaning without another.
    #[error("`{key}` has no meaning without `{other}`")]
    Alone {
        /// The key.
        key: &'static str,
        /// The key that is missing.
        other: &'static str,
    },
    /// It has no meaning for this type of path.
    #[error("`{key}` has no meaning for a path of type `{kind}`")]
    OfOtherType {
        /// The key.
        key: &'static str,
        /// The type.
        kind: &'static str,
    },
    /// A key of images in the customization of a chart.
    #[error("`{key}` belongs to images, and `reference_mappings` makes this a chart")]
    OfImage {
        /// The key.
        key: &'static str,
    },
}

/// What an unknown key was probably meant to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meant {
    /// A key of the same mapping.
    Here(&'static str),
    /// A key of other mappings, whose paths are given; the top level is the empty path.
    Elsewhere(&'static str, Vec<String>),
}

/// A value of the wrong type or form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// The document is no mapping.
    #[error("expected the keys of a customization, found {0}")]
    Root(String),
    /// It is of another type than the key's.
    #[error("`{label}`: expected {expected}, found {found}")]
    Type {
        /// The key, with `[]` for an element of its list.
        label: String,
        /// What it takes.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// It would be text if it were quoted.
    #[error("`{label}`: expected text, found {found}")]
    Unquoted {
        /// The key, with `[]` for an element of its list.
        label: String,
        /// What stands there.
        found: String,
        /// It in quotes.
        quoted: Excerpt,
    },
    /// A list that needs an element has none.
    #[error("`{0}` needs at least one element")]
    EmptyList(&'static str),
    /// A text that needs a character has none.
    #[error("`{0}` is empty")]
    Empty(&'static str),
    /// It is none of the words that the key takes.
    #[error("`{key}` cannot be `{found}`")]
    Choice {
        /// The key.
        key: &'static str,
        /// What stands there.
        found: Excerpt,
        /// What it takes.
        choices: &'static [&'static str],
    },
    /// A mode that could be read in two ways.
    #[error("mode `{0}` is ambiguous: it begins with no 0")]
    BareMode(Excerpt),
    /// A mode that is none.
    #[error("`{0}` is no mode: expected 3 to 5 octal digits, up to 07777")]
    Mode(Excerpt),
    /// A platform that is not supported.
    #[error("platform `{0}` is not supported")]
    Platform(Excerpt),
    /// A platform that the customization does not have.
    #[error("platform `{0}` is not among `platforms` of the customization")]
    ForeignPlatform(String),
    /// An element that stands twice in its list.
    #[error("`{found}` is given twice, first on line {first}")]
    Twice {
        /// The element.
        found: Excerpt,
        /// The line of the first.
        first: u32,
    },
    /// A text with a NUL where none can be.
    #[error("`{0}` holds a NUL")]
    Nul(&'static str),
    /// Not the text that the key takes.
    #[error("`{found}` is no {expected}")]
    Form {
        /// What stands there.
        found: Excerpt,
        /// What is expected.
        expected: &'static str,
        /// How such a text looks.
        example: &'static str,
    },
}

impl SpecError {
    /// `kind`, found at `place`.
    pub fn new(place: Place, kind: impl Into<SpecErrorKind>) -> Self {
        Self { place, kind: Box::new(kind.into()) }
    }

    /// What would put it right, where that is known.
    pub fn hint(&self) -> Option<String> {
        self.kind.hint()
    }
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escaped(&self.kind.to_string()))
    }
}

impl std::error::Error for SpecError {}

impl Coded for SpecError {
    fn code(&self) -> Code {
        self.kind.code()
    }
}

impl Coded for KeyError {
    fn code(&self) -> Code {
        Code::SpecKey
    }
}

impl Coded for ValueError {
    fn code(&self) -> Code {
        Code::SpecValue
    }
}

impl SpecLimit {
    fn hint(&self) -> Option<String> {
        None
    }
}

impl KeyError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { meant, .. } => meant.as_ref().map(Meant::hint),
            Self::Missing { or: Some(other), .. } => Some(format!("or give `{other}`")),
            Self::OfImage { .. } => Some("images and charts are customized in files of their own".to_owned()),
            _ => None,
        }
    }
}

impl Meant {
    fn hint(&self) -> String {
        match self {
            Self::Here(key) => format!("did you mean `{key}`?"),
            Self::Elsewhere(key, mappings) => {
                let mappings: Vec<_> = mappings
                    .iter()
                    .map(
                        |path| if path.is_empty() { "the top level".to_owned() } else { format!("`{path}`") },
                    )
                    .collect();
                format!("`{key}` belongs under {}", mappings.join(" or "))
            }
        }
    }
}

impl ValueError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Unquoted { quoted, .. } => format!("write `\"{quoted}\"` if this is meant"),
            Self::BareMode(mode) => format!("write `\"0{mode}\"` for octal digits"),
            Self::Mode(_) => "for example `\"0644\"`".to_owned(),
            Self::Choice { choices, .. } => format!("it takes {}", words(choices)),
            Self::Platform(_) => format!("the platforms are {}", words(super::form::PLATFORMS)),
            Self::Form { example, .. } => format!("for example `{example}`"),
            Self::Type { label, found, .. }
                if matches!(label.as_str(), "entrypoint" | "cmd") && found.starts_with("the text") =>
            {
                "a command is a list of its words; for a shell write `[\"/bin/sh\", \"-c\", \"…\"]`"
                    .to_owned()
            }
            Self::Type { expected: "a whole number", found, .. } if found.starts_with("the text") => {
                "numbers have no quotes".to_owned()
            }
            Self::Type { found, .. } if found == "nothing" => "remove the key, or give it a value".to_owned(),
            _ => return None,
        })
    }
}

fn of(mapping: &str) -> String {
    if mapping.is_empty() { String::new() } else { format!(" of `{mapping}`") }
}

fn words(choices: &[&str]) -> String {
    let quoted: Vec<_> = choices.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_show_no_control_characters() {
        let error = SpecError::new(
            Place::default(),
            ValueError::Unquoted {
                label: "a\u{1b}[2J".to_owned(),
                found: "x\ny".to_owned(),
                quoted: "z".into(),
            },
        );
        assert_eq!(error.to_string(), r"`a\u{1b}[2J`: expected text, found x\ny");
    }

    #[test]
    fn choices_are_listed_as_a_sentence() {
        assert_eq!(words(&["a"]), "`a`");
        assert_eq!(words(&["a", "b", "c"]), "`a`, `b` or `c`");
    }
}
