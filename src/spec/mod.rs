//! The customization YAML: text to typed values, everything wrong with it at once.
//!
//! Text becomes a tree of nodes with places, nodes become the values that the format spells, and those become a
//! [`Specification`], which can hold nothing that the format forbids.

mod accounts;
mod artifact;
mod catalog;
mod chart;
mod customization;
mod definition;
mod error;
mod excerpt;
mod file;
mod form;
mod fragment;
pub mod hosted;
mod node;
mod note;
mod package;
mod parse;
mod place;
mod reader;
mod runtime;
mod schema;
mod script;
mod shape;
mod snippet;
mod source;
mod tag;
mod target;
mod written;
mod yaml;

#[cfg(test)]
mod minimal;

pub use accounts::{AccountError, Accounts, Group, RunAs, RunAsError, User};
pub use artifact::{Artifact, PatternFault, Side};
pub use catalog::{Catalog, CatalogError};
pub use chart::{MappedImage, ReferenceMapping};
pub use customization::{ChartCustomization, Customization, Specification};
pub use definition::Definition;
pub use error::{KeyError, Meant, SpecError, SpecErrorKind, ValueError};
pub use excerpt::Excerpt;
pub use file::{SpecFile, SpecFileError};
pub use fragment::{Fragment, parse_fragment};
pub use note::{NoteKind, SpecNote};
pub use package::{KeySource, PackageRequest, PackageSource, Packages, Upgrade};
pub use parse::{Parsed, parse};
pub use place::{At, Place};
pub use runtime::{Arguments, ArgumentsMode, LabelError, Port, Protocol, VariableError};
pub use schema::schema;
pub use script::{DestinationError, FileSource, StaticFile, StaticKind};
pub use snippet::{Severity, snippet};
pub use source::{BesideError, SourceDir, SourceError, SourceFile};
pub use tag::{TagError, TagSuffix};
pub use target::{Base, CollisionError, DefinitionId, Destination, ReferenceError, Target};
pub use yaml::{SpecLimit, YamlError};
