//! Specifications that arguments name.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::failure::Failure;
use crate::code::{Code, Coded};
use crate::file_error::At;
use crate::spec::{SpecFile, SpecFileError};

/// Reads a specification from a file, or from standard input where it is named `-`; then relative paths in it start in
/// the working directory.
pub(super) fn read(path: &Path) -> Result<SpecFile, Failure> {
    let read = if path.as_os_str() == "-" { from_input() } else { SpecFile::open(path) };
    read.map_err(|error| Failure::of(error.code(), &error.to_string(), None))
}

/// The files that paths name: directories stand for the customizations in them and below, in the order of their names.
pub(super) fn customizations(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let before = files.len();
        for entry in WalkDir::new(path).sort_by_file_name() {
            let entry = entry.map_err(|error| Failure::of(Code::Io, &error.to_string(), None))?;
            let is_yaml = |file: &Path| file.extension().is_some_and(|one| one == "yaml" || one == "yml");
            if entry.file_type().is_file() && is_yaml(entry.path()) {
                files.push(entry.into_path());
            }
        }
        if files.len() == before {
            let message = format!("directory `{}` has no customizations", path.display());
            return Err(Failure::of(Code::Usage, &message, Some("they are files named *.yaml or *.yml")));
        }
    }
    Ok(files)
}

/// More than a specification may have: what follows is not read to say so.
const ENOUGH: u64 = 16 << 20;

fn from_input() -> Result<SpecFile, SpecFileError> {
    let name = "standard input";
    let mut bytes = Vec::new();
    io::stdin().lock().take(ENOUGH).read_to_end(&mut bytes).at(name)?;
    SpecFile::from_bytes(name.to_owned(), Path::new(""), bytes)
}
