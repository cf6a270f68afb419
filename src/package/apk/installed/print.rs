//! Records as apk writes them.

use std::collections::{BTreeMap, HashMap};

use sha1::{Digest as _, Sha1};

use super::{Access, Directory, InstalledFile, Record};
use crate::code::{Code, Coded};
use crate::layer::ItemKind;
use crate::package::apk::checksum::{sha1, written};
use crate::package::apk::control::record;
use crate::package::apk::unpack::is_dropped;
use crate::package::{PackageFile, Sum, Unpacked};
use crate::rootfs::{Entry, Kind, Mode, Owner, RootPath, Xattrs};

/// A package that is added to a database.
#[derive(Clone, Copy)]
pub struct Added<'a> {
    /// What it holds.
    pub unpacked: &'a Unpacked,
    /// What its index says of its file.
    pub file: &'a PackageFile,
    /// The tag of the repository that it is from.
    pub tag: Option<&'a str>,
    /// Whose an entry is in the image, by its ordinal.
    pub owner: &'a dyn Fn(u32) -> Owner,
    /// Whether a file or link, by its ordinal, is not in the image, or is another package's there.
    pub is_lost: &'a dyn Fn(u32) -> bool,
}

/// A path that no line can hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("apk's database cannot hold `{path}` of {package}")]
pub struct NameError {
    /// Whose it is.
    pub package: String,
    /// The path.
    pub path: RootPath,
}

impl Coded for NameError {
    fn code(&self) -> Code {
        Code::PackageFormat
    }
}

impl Added<'_> {
    /// The directories of the package, sorted, each with its files.
    pub(in crate::package::apk) fn directories(&self) -> Result<Vec<Directory>, NameError> {
        let mut directories = BTreeMap::<RootPath, Directory>::new();
        // What hard links are other names of, whose access is theirs.
        let mut named = HashMap::new();
        let index = &self.unpacked.index;
        for (ordinal, item) in index.items.ordinals().zip(index.items.iter()) {
            let ItemKind::Entry(entry) = item.kind else { continue };
            if entry.path.as_bytes().contains(&b'\n') {
                return Err(NameError { package: self.unpacked.package.name.clone(), path: entry.path });
            }
            if is_dropped(&entry.path) {
                continue;
            }
            let access = self.access(ordinal, &entry, &named);
            if matches!(entry.kind, Kind::File(_)) {
                named.insert(entry.path.clone(), ordinal);
            }
            if entry.kind.is_directory() {
                // apko cannot read what is said of the root.
                let access = if entry.path.is_root() { Access::DIRECTORY } else { access };
                directories.entry(entry.path.clone()).or_insert_with(|| directory(entry.path)).access =
                    access;
            } else if !(self.is_lost)(ordinal) {
                let above = entry.path.parent().unwrap_or_else(RootPath::root);
                let sum = self.unpacked.sums.get(&ordinal).copied();
                let file = InstalledFile { path: entry.path, access, sum, lines: Vec::new() };
                directories.entry(above.clone()).or_insert_with(|| directory(above)).files.push(file);
            }
        }
        let mut directories: Vec<_> = directories.into_values().collect();
        // The root stands there for its files.
        directories.retain(|directory| !directory.path.is_root() || !directory.files.is_empty());
        for directory in &mut directories {
            directory.files.sort_by(|a, b| a.path.cmp(&b.path));
        }
        Ok(directories)
    }

    /// The record, with the empty line that ends it, and what it has to be read as.
    pub(in crate::package::apk) fn record(&self) -> Result<(Vec<u8>, Record), NameError> {
        let directories = self.directories()?;
        let mut out = Vec::new();
        self.header(&mut out);
        for directory in &directories {
            line(&mut out, b'F', directory.path.as_bytes());
            accessible(&mut out, b'M', &directory.access, &Access::DIRECTORY);
            for file in &directory.files {
                line(&mut out, b'R', file.path.name());
                accessible(&mut out, b'a', &file.access, &Access::FILE);
                if let Some(Sum::Sha1(sum)) = &file.sum {
                    line(&mut out, b'Z', sha1(sum).as_bytes());
                }
            }
        }
        out.push(b'\n');
        let priority = self.unpacked.fields.all("replaces_priority").last();
        let expected = Record {
            package: self.unpacked.package.clone(),
            identity: Some(self.file.identity.clone()),
            replaces_priority: priority.and_then(|text| text.parse().ok()).unwrap_or(0),
            directories,
            range: 0..out.len(),
        };
        Ok((out, expected))
    }

    /// The lines before the files, in apk's order.
    fn header(&self, out: &mut Vec<u8>) {
        let mut values: BTreeMap<u8, String> = record(&self.unpacked.fields).collect();
        values.insert(b'C', written(&self.file.identity));
        values.insert(b'S', self.file.size.to_string());
        values.extend(self.tag.map(|tag| (b's', tag.to_owned())));
        for letter in [b'T', b'U', b'L'] {
            values.entry(letter).or_default();
        }
        values.entry(b'I').or_insert_with(|| "0".to_owned());
        for letter in ORDER {
            match values.get(letter).map(String::as_str) {
                Some("0") if ZERO_IS_NONE.contains(letter) => {}
                Some(value) => line(out, *letter, value.as_bytes()),
                None => {}
            }
        }
    }

    fn access(&self, ordinal: u32, entry: &Entry, named: &HashMap<RootPath, u32>) -> Access {
        if let Kind::Hardlink(target) = &entry.kind
            && let Some(file) = named.get(target)
        {
            let attributes = self.unpacked.index.items.inodes().attributes(*file);
            let xattrs = xattr_sum(&attributes.xattrs);
            return Access { owner: (self.owner)(*file), mode: attributes.mode, xattrs };
        }
        let mode = match entry.kind {
            Kind::Symlink(_) => Mode::new(0o777),
            _ => entry.attributes.mode,
        };
        Access { owner: (self.owner)(ordinal), mode, xattrs: xattr_sum(&entry.attributes.xattrs) }
    }
}

/// The letters of a header, in apk's order.
const ORDER: &[u8] = b"CPVASITULomtckDpirqs";

/// Numbers that are not written where they are 0.
const ZERO_IS_NONE: &[u8] = b"tkq";

fn directory(path: RootPath) -> Directory {
    Directory { path, access: Access::DIRECTORY, files: Vec::new() }
}

fn line(out: &mut Vec<u8>, letter: u8, value: &[u8]) {
    out.extend_from_slice(&[letter, b':']);
    out.extend_from_slice(value);
    out.push(b'\n');
}

fn accessible(out: &mut Vec<u8>, letter: u8, access: &Access, usual: &Access) {
    if access == usual {
        return;
    }
    let Access { owner, mode, xattrs } = access;
    let mut value = format!("{owner}:{:o}", mode.bits());
    if let Some(sum) = xattrs {
        value = format!("{value}:{}", sha1(sum));
    }
    line(out, letter, value.as_bytes());
}

/// What a database knows extended attributes by: names and values in the order of the names, each after its length in 32 bits.
fn xattr_sum(xattrs: &Xattrs) -> Option<[u8; 20]> {
    let mut hasher = Sha1::new();
    for part in xattrs.iter().flat_map(|(name, value)| [name, value]) {
        hasher.update(u32::try_from(part.len()).expect("attributes are limited").to_be_bytes());
        hasher.update(part);
    }
    (!xattrs.is_empty()).then(|| hasher.finalize().into())
}
