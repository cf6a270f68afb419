//! `overcoat validate`

use std::path::PathBuf;

use super::args::Validate;
use super::failure::Failure;
use super::{message, spec_file};
use crate::printable::escaped;

pub(super) fn run(args: &Validate) -> Result<(), Failure> {
    let mut found = Failure::default();
    let mut valid = Vec::new();
    for path in &args.files {
        let mut of_file = Failure::default();
        match spec_file::read(path) {
            Ok(file) => of_file.add_findings(&file, args.hosted),
            Err(failure) => of_file = failure,
        }
        if of_file.is_empty() {
            valid.push(path);
        }
        found.extend(of_file);
    }
    if args.json {
        return if found.is_empty() { super::print(&message::document(found.notes())) } else { Err(found) };
    }
    if found.is_empty() {
        found.print(false);
    }
    let line = |path: &&PathBuf| format!("{}: valid\n", escaped(&path.display().to_string()));
    super::print(&valid.iter().map(line).collect::<String>())?;
    if found.is_empty() { Ok(()) } else { Err(found) }
}
