//! apk packages and repositories of version 2, made and signed here: the same bytes every time.

mod key;
mod repository;
#[cfg(test)]
mod tests;

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::write::GzEncoder;
use sha1::{Digest as _, Sha1};
use sha2::Sha256;

use super::entry::{Entries, Entry, Filled};
pub(crate) use key::{Algorithm, Key};
pub(crate) use repository::ApkRepository;

/// A package under construction.
#[derive(Clone)]
pub(crate) struct Apk {
    pub(crate) name: String,
    pub(crate) version: String,
    /// `noarch`, or else that of the repository.
    is_noarch: bool,
    /// Lines of `.PKGINFO` besides those that every package has.
    lines: String,
    scripts: Vec<(String, String)>,
    entries: Entries,
}

/// A package as a file, and what an index says of it.
#[derive(Clone, Debug)]
pub(crate) struct BuiltApk {
    pub(crate) file_name: String,
    pub(crate) bytes: Vec<u8>,
    /// The lines of its record in an index.
    pub(crate) record: String,
}

impl Filled for Apk {
    fn entries(&mut self) -> &mut Entries {
        &mut self.entries
    }
}

impl Apk {
    /// A package that is built for the architecture of whoever asks.
    pub(crate) fn new(name: &str, version: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            is_noarch: false,
            lines: String::new(),
            scripts: Vec::new(),
            entries: Entries::default(),
        }
    }

    /// Fits every architecture.
    pub(crate) fn noarch(self) -> Self {
        Self { is_noarch: true, ..self }
    }

    /// Adds a line to `.PKGINFO`, such as `depend = so:libx.so.1`.
    pub(crate) fn says(mut self, key: &str, value: &str) -> Self {
        self.lines += &format!("{key} = {value}\n");
        self
    }

    /// Adds a script, such as `.post-install`.
    pub(crate) fn script(mut self, name: &str, content: &str) -> Self {
        self.scripts.push((name.to_owned(), content.to_owned()));
        self
    }

    /// Gives the entry that was added last to a user and a group, by number and by name.
    pub(crate) fn owned_by(mut self, user: (u64, &str), group: (u64, &str)) -> Self {
        self.entries.owned_by(user, group);
        self
    }

    /// The file, signed where there is a key.
    pub(crate) fn build(&self, architecture: &str, key: Option<(&Key, Algorithm)>) -> BuiltApk {
        let data = gzip(&self.data());
        let architecture = if self.is_noarch { "noarch" } else { architecture };
        let installed = self.entries.size();
        let info = format!(
            "# made for tests\npkgname = {}\npkgver = {}\npkgdesc = {0} of the tests\nurl = https://example.org/{0}\n\
             arch = {architecture}\nsize = {installed}\nlicense = MIT\n{}datahash = {}\n",
            self.name,
            self.version,
            self.lines,
            hex::encode(Sha256::digest(&data)),
        );
        let mut control = fragment(".PKGINFO", info.as_bytes(), 0o644);
        for (name, content) in &self.scripts {
            control.extend(fragment(name, content.as_bytes(), 0o755));
        }
        let control = gzip(&control);
        let signature =
            key.map(|(key, algorithm)| signature_member(key, algorithm, &control)).unwrap_or_default();
        let bytes = [signature, control.clone(), data].concat();
        BuiltApk {
            file_name: format!("{}-{}.apk", self.name, self.version),
            record: self.record(&info, &control, bytes.len()),
            bytes,
        }
    }

    /// What an index says: of what `.PKGINFO` says, that for which it has letters.
    fn record(&self, info: &str, control: &[u8], size: usize) -> String {
        let values = |wanted: &str| {
            let pairs = info.lines().filter_map(|line| line.split_once(" = "));
            pairs.filter(|(key, _)| *key == wanted).map(|(_, value)| value).collect::<Vec<_>>().join(" ")
        };
        let mut record = format!("C:Q1{}\n", STANDARD.encode(Sha1::digest(control)));
        for (letter, key) in LETTERS {
            let value = if *letter == 'S' { size.to_string() } else { values(key) };
            if !value.is_empty() {
                record += &format!("{letter}:{value}\n");
            }
        }
        record
    }

    /// The tar of the data, with what apk wants to know of each file.
    fn data(&self) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for entry in self.entries.iter() {
            let sum = match entry.kind {
                tar::EntryType::Regular => Some(Sha1::digest(&entry.content)),
                tar::EntryType::Symlink => Some(Sha1::digest(&entry.target)),
                _ => None,
            };
            if let Some(sum) = sum {
                let sum = hex::encode(sum);
                builder.append_pax_extensions([("APK-TOOLS.checksum.SHA1", sum.as_bytes())]).unwrap();
            }
            let mut header = entry.header();
            if entry.target.is_empty() {
                builder.append_data(&mut header, &entry.path, &*entry.content).unwrap();
            } else {
                builder.append_link(&mut header, &entry.path, &entry.target).unwrap();
            }
        }
        builder.into_inner().unwrap()
    }
}

/// Letters of an index and keys of `.PKGINFO`, in apk's order.
const LETTERS: &[(char, &str)] = &[
    ('P', "pkgname"),
    ('V', "pkgver"),
    ('A', "arch"),
    ('S', ""),
    ('I', "size"),
    ('T', "pkgdesc"),
    ('U', "url"),
    ('L', "license"),
    ('o', "origin"),
    ('m', "maintainer"),
    ('t', "builddate"),
    ('c', "commit"),
    ('k', "provider_priority"),
    ('D', "depend"),
    ('p', "provides"),
    ('i', "install_if"),
];

/// A file of a tar that goes on elsewhere: without the blocks at the end.
fn fragment(name: &str, content: &[u8], mode: u32) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_data(&mut Entry::file(name, content, mode).header(), name, content).unwrap();
    let mut tar = builder.into_inner().unwrap();
    tar.truncate(tar.len() - 1024);
    tar
}

/// The member that stands before what it signs.
fn signature_member(key: &Key, algorithm: Algorithm, signed: &[u8]) -> Vec<u8> {
    let name = format!(".SIGN.{}.{}", algorithm.name(), key.file_name());
    gzip(&fragment(&name, &key.sign(algorithm, signed), 0o644))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
