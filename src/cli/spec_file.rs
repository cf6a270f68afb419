//! Specifications that arguments name.

use std::io::{self, Read};
use std::path::Path;

use super::failure::Failure;
use crate::code::Coded;
use crate::file_error::At;
use crate::spec::{SpecFile, SpecFileError};

/// Reads a specification from a file, or from standard input where it is named `-`; then relative paths in it start in
/// the working directory.
pub(super) fn read(path: &Path) -> Result<SpecFile, Failure> {
    let read = if path.as_os_str() == "-" { from_input() } else { SpecFile::open(path) };
    read.map_err(|error| Failure::of(error.code(), &error.to_string(), None))
}

/// More than a specification may have: what follows is not read to say so.
const ENOUGH: u64 = 16 << 20;

fn from_input() -> Result<SpecFile, SpecFileError> {
    let name = "standard input";
    let mut bytes = Vec::new();
    io::stdin().lock().take(ENOUGH).read_to_end(&mut bytes).at(name)?;
    SpecFile::from_bytes(name.to_owned(), Path::new(""), bytes)
}
