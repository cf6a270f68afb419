//! What is inside an image: paths, entries, trees, patterns and accounts as plain values.

mod account_file;
mod accounts;
mod automaton;
mod blocks;
mod entry;
mod glob;
mod inodes;
mod path;
mod paths;
mod pattern;
mod selection;
mod tree;

pub use account_file::user_of;
pub use accounts::{
    AccountError, AccountFiles, AccountName, Home, Login, MergedAccounts, NewGroup, NewUser, merge_accounts,
};
pub use blocks::Blocks;
pub use entry::{
    Attributes, Device, Entry, FileContent, Kind, Mode, ModeError, Owner, Xattrs, is_of_overlay,
};
pub use glob::GlobError;
pub use inodes::Inodes;
pub use path::{PathError, RootPath};
pub use paths::{PathList, PathSet, PathTable};
pub use pattern::{Pattern, PatternError};
pub use selection::{Cursor, Selection};
pub use tree::Tree;
