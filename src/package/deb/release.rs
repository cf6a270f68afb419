//! `Release` files: what a suite of a repository holds, since and until when.
//!
//! Whoever parses one has verified who signed it.

use std::collections::BTreeMap;

use super::Compression;
use super::stanza::{self, StanzaError};
use crate::code::{Code, Coded};
use crate::package::{Fields, Moment};
use crate::printable::printable;

/// What a `Release` file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Its name that moves on, such as `stable`.
    pub suite: Option<String>,
    /// Its name for good, such as `trixie`.
    pub codename: Option<String>,
    /// When it was made.
    pub date: Moment,
    /// Until when it is to be trusted, where it says so.
    pub valid_until: Option<Moment>,
    /// Whether its files are also at names that are their digests.
    pub by_hash: bool,
    /// The architectures it is for; empty where it does not say.
    pub architectures: Vec<String>,
    /// Whether its packages are taken only by those who ask for this suite.
    pub not_automatic: bool,
    /// Whether packages for all architectures stand in indexes of their own alone.
    pub splits_all: bool,
    /// Its files by their paths below it.
    files: BTreeMap<String, ReleaseFile>,
}

/// A file of a suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReleaseFile {
    /// The sha256 of its bytes.
    pub sha256: [u8; 32],
    /// Its bytes.
    pub size: u64,
}

/// An index of packages in one of the forms that a suite has it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseIndex {
    /// Its path below the suite.
    pub path: String,
    /// How it is compressed.
    pub compression: Compression,
    /// As it is stored.
    pub stored: ReleaseFile,
    /// As it is decompressed, where the suite says so.
    pub plain: Option<ReleaseFile>,
}

/// A `Release` file that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseError {
    /// A line is no field.
    #[error(transparent)]
    Stanza(#[from] StanzaError),
    /// It is empty, or has an empty line within.
    #[error("it is not one block of fields")]
    Blocks,
    /// A field that has to be there is not.
    #[error("there is no `{0}`")]
    Missing(&'static str),
    /// A field should be a time.
    #[error("`{field}: {value}` is no time")]
    Time {
        /// The field.
        field: &'static str,
        /// What was found.
        value: String,
    },
    /// A line of its list of files is none.
    #[error("`{0}` is no digest, size and path of a file")]
    File(String),
    /// It says different things of one file.
    #[error("`{0}` is listed with two digests")]
    Twice(String),
}

impl Coded for ReleaseError {
    fn code(&self) -> Code {
        Code::PackageIndex
    }
}

/// How indexes are compressed here, the smallest first.
const FORMS: [(&str, Compression); 5] = [
    (".xz", Compression::Xz),
    (".zst", Compression::Zstd),
    (".lzma", Compression::Lzma),
    (".gz", Compression::Gzip),
    ("", Compression::None),
];

impl Release {
    /// Reads a `Release` file, without its signature.
    pub fn parse(text: &str) -> Result<Self, ReleaseError> {
        let mut blocks = stanza::blocks(text.as_bytes());
        let (Some(block), None) = (blocks.next(), blocks.next()) else { return Err(ReleaseError::Blocks) };
        let fields = stanza::fields(&text.as_bytes()[block.range], block.line, false)?;
        let named = |name| fields.get(name).map(|value| printable(value.trim().as_bytes()));
        let is_yes = |name| fields.get(name).is_some_and(|value| value.trim().eq_ignore_ascii_case("yes"));
        let words = |name| fields.get(name).into_iter().flat_map(str::split_whitespace);
        Ok(Self {
            suite: named("Suite"),
            codename: named("Codename"),
            date: time(&fields, "Date")?.ok_or(ReleaseError::Missing("Date"))?,
            valid_until: time(&fields, "Valid-Until")?,
            by_hash: is_yes("Acquire-By-Hash"),
            architectures: words("Architectures").map(str::to_owned).collect(),
            not_automatic: is_yes("NotAutomatic"),
            splits_all: words("Architectures").any(|one| one == "all")
                && !words("No-Support-for-Architecture-all").any(|one| one == "Packages"),
            files: files(&fields)?,
        })
    }

    /// Whether a request for a suite means this one.
    pub fn is(&self, request: &str) -> bool {
        [&self.codename, &self.suite].into_iter().flatten().any(|name| name == request)
    }

    /// The index of packages at `path` without its ending (`main/binary-amd64/Packages`), in the forms that can be read, those
    /// first that are smaller.
    pub fn index(&self, path: &str) -> Vec<ReleaseIndex> {
        let plain = self.file(path);
        let form = |(ending, compression): (&str, _)| {
            let path = format!("{path}{ending}");
            self.file(&path).map(|stored| ReleaseIndex { path, compression, stored, plain })
        };
        FORMS.into_iter().filter_map(form).collect()
    }

    /// The paths of all files that begin so.
    pub fn beginning<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a str> {
        self.files
            .range(path.to_owned()..)
            .map(|(name, _)| name.as_str())
            .take_while(move |name| name.starts_with(path))
    }

    /// The components that have an index of packages for an architecture.
    pub fn components(&self, architecture: &str) -> Vec<&str> {
        let within = format!("/binary-{architecture}/Packages");
        let component = |path: &'_ String| path.find(&within);
        let own = self.files.keys().filter_map(|path| component(path).map(|end| &path[..end]));
        // What installs Debian is no component that anybody configures.
        let mut all: Vec<_> = own.filter(|component| !component.ends_with("/debian-installer")).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    fn file(&self, path: &str) -> Option<ReleaseFile> {
        self.files.get(path).copied()
    }
}

fn files(fields: &Fields) -> Result<BTreeMap<String, ReleaseFile>, ReleaseError> {
    let list = fields.get("SHA256").ok_or(ReleaseError::Missing("SHA256"))?;
    let mut files = BTreeMap::new();
    for line in list.lines().filter(|line| !line.trim().is_empty()) {
        let (path, file) = file(line).ok_or_else(|| ReleaseError::File(printable(line.as_bytes())))?;
        if files.insert(path.to_owned(), file).is_some_and(|other| other != file) {
            return Err(ReleaseError::Twice(printable(path.as_bytes())));
        }
    }
    Ok(files)
}

fn file(line: &str) -> Option<(&str, ReleaseFile)> {
    let mut words = line.split_ascii_whitespace();
    let (digest, size, path) = (words.next()?, words.next()?, words.next()?);
    let mut sha256 = [0; 32];
    hex::decode_to_slice(digest, &mut sha256).ok()?;
    let size = size.bytes().all(|digit| digit.is_ascii_digit()).then(|| size.parse().ok())??;
    let path = path.trim_start_matches("./");
    (words.next().is_none() && !path.is_empty()).then_some((path, ReleaseFile { sha256, size }))
}

fn time(fields: &Fields, field: &'static str) -> Result<Option<Moment>, ReleaseError> {
    let Some(value) = fields.get(field) else { return Ok(None) };
    let no_time = || ReleaseError::Time { field, value: printable(value.trim().as_bytes()) };
    moment(value.trim()).map(Some).ok_or_else(no_time)
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A time in UTC as Debian writes it: `Sat, 12 Sep 2026 07:55:41 UTC`.
fn moment(text: &str) -> Option<Moment> {
    let (_, text) = text.split_once(", ")?;
    let mut words = text.split_ascii_whitespace();
    let mut word = || words.next();
    let (day, month, year, time, zone) = (word()?, word()?, word()?, word()?, word()?);
    if word().is_some() || !["UTC", "GMT", "Z", "+0000"].contains(&zone) {
        return None;
    }
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let date =
        jiff::civil::Date::new(year.parse().ok()?, i8::try_from(month).ok()?, day.parse().ok()?).ok()?;
    let mut parts = time.split(':').map(|part| part.parse::<i8>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let time = jiff::civil::Time::new(hour, minute, second, 0).ok().filter(|_| parts.next().is_none())?;
    let time = date.to_datetime(time).to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Moment(time.timestamp().as_second()))
}

#[cfg(test)]
mod tests;
