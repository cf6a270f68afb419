//! The lines of a database.

use std::collections::BTreeMap;
use std::ops::Range;

use super::{Access, Directory, InstalledError, InstalledFault, InstalledFile, Record};
use crate::package::apk::checksum::parse_sha1;
use crate::package::{Family, Identity, Stanza, Sum};
use crate::printable::printable;
use crate::rootfs::{Mode, Owner, RootPath};

/// The records of a database, in order.
pub(super) fn records(text: &[u8]) -> Result<Vec<Record>, InstalledError> {
    let (mut records, mut open, mut start) = (Vec::new(), None::<Open<'_>>, 0);
    for (at, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let range = start..start + line.len();
        start = range.end;
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let error = |fault| InstalledError { line: at + 1, fault };
        if line.is_empty() {
            if let Some(ended) = open.take() {
                records.push(ended.finish(range.end).map_err(error)?);
            }
            continue;
        }
        open.get_or_insert_with(|| Open::new(range.start)).line(line, range).map_err(error)?;
    }
    if let Some(ended) = open {
        let lines = text.split(|byte| *byte == b'\n').count();
        let record = ended.finish(text.len()).map_err(|fault| InstalledError { line: lines, fault })?;
        records.push(record);
    }
    Ok(records)
}

/// A record whose end was not reached.
struct Open<'a> {
    start: usize,
    header: BTreeMap<u8, &'a str>,
    directories: Vec<Directory>,
}

impl<'a> Open<'a> {
    fn new(start: usize) -> Self {
        Self { start, header: BTreeMap::new(), directories: Vec::new() }
    }

    fn line(&mut self, line: &'a [u8], range: Range<usize>) -> Result<(), InstalledFault> {
        let [key, b':', value @ ..] = line else { return Err(InstalledFault::Form) };
        let astray = || InstalledFault::Astray(char::from(*key));
        match key {
            b'F' => {
                let directory =
                    Directory { path: path(value)?, access: Access::DIRECTORY, files: Vec::new() };
                self.directories.push(directory);
            }
            b'M' => self.directories.last_mut().ok_or_else(astray)?.access = access(value)?,
            b'R' => {
                let directory = self.directories.last_mut().ok_or_else(astray)?;
                let path = directory.path.join_path(&name(value)?);
                directory.files.push(InstalledFile {
                    path,
                    access: Access::FILE,
                    sum: None,
                    lines: vec![range],
                });
            }
            b'a' | b'Z' => {
                let directory = self.directories.last_mut().ok_or_else(astray)?;
                let file = directory.files.last_mut().ok_or_else(astray)?;
                file.add(range);
                match key {
                    b'a' => file.access = access(value)?,
                    _ => file.sum = std::str::from_utf8(value).ok().and_then(parse_sha1).map(Sum::Sha1),
                }
            }
            // An empty list, as apko writes it.
            b'i' if value == b"[]" => {}
            key if READ.contains(key) => {
                let value = std::str::from_utf8(value).map_err(|_| InstalledFault::Text)?;
                self.header.insert(*key, value);
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(self, end: usize) -> Result<Record, InstalledFault> {
        let key = |letter: u8| self.header.get(&letter).copied();
        let package = Stanza::apk(key).package(Family::Apk);
        if package.name.is_empty() {
            return Err(InstalledFault::NoName);
        }
        Ok(Record {
            package,
            identity: key(b'C').and_then(Identity::of_apk),
            replaces_priority: key(b'q').and_then(|text| text.trim().parse().ok()).unwrap_or(0),
            directories: self.directories,
            range: self.start..end,
        })
    }
}

/// The letters of a header that count here.
const READ: &[u8] = b"CPVAIoDpikrq";

impl InstalledFile {
    /// Adds a line; those that follow each other are one range.
    fn add(&mut self, line: Range<usize>) {
        match self.lines.last_mut() {
            Some(last) if last.end == line.start => last.end = line.end,
            _ => self.lines.push(line),
        }
    }
}

fn path(value: &[u8]) -> Result<RootPath, InstalledFault> {
    RootPath::parse(value).map_err(|_| InstalledFault::Path(printable(value)))
}

/// The last component of a path.
fn name(value: &[u8]) -> Result<RootPath, InstalledFault> {
    let path = path(value)?;
    match path.as_bytes() == value && !path.is_root() && !value.contains(&b'/') {
        true => Ok(path),
        false => Err(InstalledFault::Path(printable(value))),
    }
}

/// `<uid>:<gid>:<octal>[:Q1<base64>]`, the mode with leading zeros or without.
fn access(value: &[u8]) -> Result<Access, InstalledFault> {
    let error = || InstalledFault::Access(printable(value));
    let text = std::str::from_utf8(value).map_err(|_| error())?;
    let mut parts = text.splitn(4, ':');
    let mut id = || parts.next().and_then(|text| text.parse().ok()).ok_or_else(error);
    let owner = Owner { uid: id()?, gid: id()? };
    let mode = parts.next().and_then(|text| u32::from_str_radix(text, 8).ok()).filter(|mode| *mode <= 0o7777);
    let xattrs = parts.next().map(|text| parse_sha1(text).ok_or_else(error)).transpose()?;
    Ok(Access { owner, mode: Mode::new(mode.ok_or_else(error)?), xattrs })
}
