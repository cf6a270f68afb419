//! What is installed, as dpkg's database says: `status`, and the files of `status.d`.

use std::ops::Range;

use super::describe::{DescribeError, describe};
use super::stanza::{self, Block, StanzaError};
use crate::code::{Code, Coded};
use crate::package::{Family, Fields, Package, Stanza};

/// What a database says of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where its stanza is in the file, without the blank lines after it.
    pub range: Range<usize>,
    /// How far it is installed.
    pub state: State,
    /// What is known of it. Of one that is not installed there may be nothing but a name.
    pub package: Package,
    /// All that is said of it, in order.
    pub fields: Fields,
}

/// How far a package is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Wholly. What says nothing of it is installed too, as in `status.d`.
    Installed,
    /// Not at all, or no more of it than configuration that was left.
    Absent,
    /// By half: what its Status says.
    Partial(String),
}

/// A database that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatusError {
    /// A stanza cannot be read.
    #[error(transparent)]
    Stanza(#[from] StanzaError),
    /// A stanza describes no package.
    #[error("stanza of line {line}: {error}")]
    Describe {
        /// The line it begins at, counted from 1.
        line: usize,
        /// Why not.
        error: DescribeError,
    },
    /// A Status is none.
    #[error("stanza of line {line}: field `Status` is `{}`", crate::printable::escaped(.found))]
    State {
        /// The line the stanza begins at, counted from 1.
        line: usize,
        /// What is found.
        found: Box<str>,
    },
}

impl Coded for StatusError {
    fn code(&self) -> Code {
        Code::PackageDatabase
    }
}

/// Reads `status`, or a file of `status.d`, in the order of its stanzas.
pub fn read(bytes: &[u8]) -> Result<Vec<Record>, StatusError> {
    stanza::blocks(bytes).map(|block| record(bytes, &block)).collect()
}

/// Whether a file of `status.d` is about a package, and not the list of its sums.
pub fn is_of_package(name: &[u8]) -> bool {
    !name.ends_with(b".md5sums") && !name.starts_with(b".")
}

fn record(bytes: &[u8], block: &Block) -> Result<Record, StatusError> {
    let (range, line) = (block.range.clone(), block.line);
    let fields = stanza::fields(&bytes[range.clone()], line, false)?;
    let state = match fields.get("Status") {
        Some(status) => state(status).ok_or_else(|| StatusError::State { line, found: status.into() })?,
        None => State::Installed,
    };
    let package = match state {
        State::Absent => named(&fields),
        State::Installed | State::Partial(_) => describe(&fields),
    };
    let package = package.map_err(|error| StatusError::Describe { line, error })?;
    Ok(Record { range, state, package, fields })
}

/// A package that is not installed needs no more than a name.
fn named(fields: &Fields) -> Result<Package, DescribeError> {
    match fields.get("Package").map(str::trim_ascii) {
        None | Some("") => Err(DescribeError::Missing("Package")),
        Some(_) => Ok(Stanza::deb(|name| fields.get(name)).package(Family::Deb)),
    }
}

/// What somebody wants, whether something is wrong, and what there is.
fn state(status: &str) -> Option<State> {
    let words: Vec<_> = status.split_ascii_whitespace().collect();
    let [_, flag, state] = words[..] else { return None };
    Some(match (flag, state) {
        (_, "not-installed" | "config-files") => State::Absent,
        // Its files are there, and what triggers would have made is made anew.
        ("ok", "installed" | "triggers-pending" | "triggers-awaited") => State::Installed,
        _ => State::Partial(status.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::deb::stanza::print;
    use crate::package::sample::fixture;

    const INSTALLED: &str = "Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n";

    fn states(text: &str) -> Vec<(String, State)> {
        let records = read(text.as_bytes()).unwrap();
        records.into_iter().map(|record| (record.package.name, record.state)).collect()
    }

    #[test]
    fn what_is_installed_is_told_from_what_is_not() {
        for (status, state) in [
            ("install ok installed", State::Installed),
            ("hold ok installed", State::Installed),
            ("install ok triggers-pending", State::Installed),
            ("deinstall ok config-files", State::Absent),
            ("unknown ok not-installed", State::Absent),
            ("install ok half-installed", State::Partial("install ok half-installed".to_owned())),
            ("install ok unpacked", State::Partial("install ok unpacked".to_owned())),
            ("install reinstreq installed", State::Partial("install reinstreq installed".to_owned())),
        ] {
            let text = INSTALLED.replace("install ok installed", status);
            assert_eq!(states(&text), [("a".to_owned(), state)], "{status}");
        }
        let without = INSTALLED.replace("Status: install ok installed\n", "");
        assert_eq!(states(&without), [("a".to_owned(), State::Installed)], "as in status.d");
        assert_eq!(states("Package: b\nStatus: deinstall ok config-files\n").len(), 1, "a name suffices");
        assert_eq!(states(""), [], "as after an unpacking bootstrap");
    }

    #[test]
    fn what_is_no_database_is_refused_with_its_line() {
        let wrong = |text: &str| read(format!("{INSTALLED}\n\n{text}").as_bytes()).unwrap_err().to_string();
        assert_eq!(wrong("Package: b\nx\n"), "line 8: `x` is no field");
        assert_eq!(wrong("Package: b\nVersion: 1\n"), "stanza of line 7: there is no field `Architecture`");
        assert_eq!(
            wrong("Package:\x0c\nStatus: a ok not-installed\n"),
            "stanza of line 7: there is no field `Package`"
        );
        assert_eq!(
            wrong("Package:\nStatus: a ok not-installed\n"),
            "stanza of line 7: there is no field `Package`"
        );
        assert_eq!(wrong("Package: b\nStatus: yes\n"), "stanza of line 7: field `Status` is `yes`");
    }

    #[test]
    fn ranges_are_the_bytes_of_stanzas() {
        let text = format!("\n{INSTALLED} \t\n\n{INSTALLED}");
        let ranges: Vec<_> = read(text.as_bytes()).unwrap().into_iter().map(|record| record.range).collect();
        assert_eq!(ranges.iter().map(|range| &text[range.clone()]).collect::<Vec<_>>(), [INSTALLED; 2]);
    }

    #[test]
    fn real_databases_are_read_and_printed_again_byte_for_byte() {
        for (name, packages) in [
            ("bw-minbase-amd64", 96),
            ("bw-chrootless-mu-amd64", 9),
            ("bw-chrootless-mu-arm64", 9),
            ("tx-chrootless-amd64", 8),
            ("tx-chrootless-arm64", 8),
            ("tx-chrootless-ca-amd64", 14),
            ("tx-chrootless-ca-arm64", 14),
        ] {
            let Some(bytes) = fixture(&format!("deb/db/{name}.status")) else { return };
            let records = read(&bytes).unwrap();
            assert_eq!(records.len(), packages, "{name}");
            assert!(records.iter().all(|record| record.state == State::Installed), "{name}");
            let printed: String = records.iter().map(|record| print(&record.fields) + "\n").collect();
            assert_eq!(printed, String::from_utf8(bytes).unwrap(), "{name}");
        }
    }

    #[test]
    fn databases_that_scanners_are_tested_with_are_read() {
        let tree = "deb/scanner-trees/image-distroless-deb/var/lib/dpkg/status.d";
        for name in ["base", "netbase", "tzdata"] {
            let Some(dir) = crate::package::sample::fixtures() else { return };
            let Ok(bytes) = std::fs::read(dir.join(tree).join(name)) else { continue };
            assert_eq!(read(&bytes).unwrap()[0].state, State::Installed, "{name}");
        }
    }
}
