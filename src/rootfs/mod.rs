//! What is inside an image: paths, entries, trees, patterns and accounts as plain values.

mod entry;
mod path;
mod pattern;
mod tree;

pub use entry::{Attributes, Device, Entry, FileContent, Kind, Mode, ModeError, Owner, Xattrs};
pub(crate) use path::printable;
pub use path::{PathError, RootPath};
pub use pattern::{Pattern, PatternError};
pub use tree::Tree;
