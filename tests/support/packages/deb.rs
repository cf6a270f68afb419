//! Debian packages and repositories, made and signed here.

mod key;
mod repository;

use std::io::Write;

use liblzma::write::XzEncoder;
use md5::{Digest as _, Md5};

use super::entry::{Entries, Entry, Filled};
use crate::support::gzip;
pub(crate) use key::Key;
pub(crate) use repository::{DebRepository, now};

/// The architectures that repositories have packages for.
pub(crate) const ARCHITECTURES: [&str; 2] = ["amd64", "arm64"];

/// A package under construction.
#[derive(Clone)]
pub(crate) struct Deb {
    pub(crate) name: String,
    pub(crate) version: String,
    /// `all`, or the only one it is for; nothing where it is built for each.
    architecture: Option<&'static str>,
    /// Fields of its control file besides those that every package has.
    pub(super) fields: String,
    members: Vec<(String, String)>,
    conffiles: String,
    pub(super) entries: Entries,
    compression: Compression,
    alter: Option<Alter>,
}

/// How the members of a package are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Gzip,
    Xz,
    Zstd,
}

/// A member of the archive that a package is.
pub(crate) type Member = (String, Vec<u8>);

/// What makes other members of those that are right.
pub(crate) type Alter = fn(&mut Vec<Member>);

/// A package as a file.
#[derive(Clone, Debug)]
pub(crate) struct BuiltDeb {
    pub(crate) file_name: String,
    pub(crate) control: String,
    pub(crate) bytes: Vec<u8>,
}

impl Filled for Deb {
    fn entries(&mut self) -> &mut Entries {
        &mut self.entries
    }
}

impl Deb {
    /// A package that is built for the architecture of whoever asks.
    pub(crate) fn new(name: &str, version: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            architecture: None,
            fields: String::new(),
            members: Vec::new(),
            conffiles: String::new(),
            entries: Entries::default(),
            compression: Compression::Xz,
            alter: None,
        }
    }

    /// Fits every architecture.
    pub(crate) fn all(self) -> Self {
        self.only("all")
    }

    /// Is for one architecture only.
    pub(crate) fn only(self, architecture: &'static str) -> Self {
        Self { architecture: Some(architecture), ..self }
    }

    pub(crate) fn packed(self, compression: Compression) -> Self {
        Self { compression, ..self }
    }

    /// Is an archive of other members than it should be.
    pub(crate) fn altered(self, alter: Alter) -> Self {
        Self { alter: Some(alter), ..self }
    }

    /// Adds a field to the control file, such as `Depends`.
    pub(crate) fn says(mut self, field: &str, value: &str) -> Self {
        self.fields += &format!("{field}: {value}\n");
        self
    }

    /// Adds a member of the control section, such as `postinst`.
    pub(crate) fn script(mut self, name: &str, content: &str) -> Self {
        self.members.push((name.to_owned(), content.to_owned()));
        self
    }

    /// Adds a file of configuration.
    pub(crate) fn conffile(mut self, path: &str, content: &str) -> Self {
        self.conffiles += &format!("/{path}\n");
        self.file(path, content)
    }

    /// Whether it is offered to an architecture.
    fn is_for(&self, architecture: &str) -> bool {
        self.architecture.is_none_or(|own| own == architecture || own == "all")
    }

    /// The file.
    pub(crate) fn build(&self, architecture: &str) -> BuiltDeb {
        let architecture = self.architecture.unwrap_or(architecture);
        let control = format!(
            "Package: {}\nVersion: {}\nArchitecture: {architecture}\nMaintainer: Tests <tests@example.org>\n\
             Installed-Size: {}\n{}Description: {0} of the tests\n",
            self.name,
            self.version,
            self.entries.size().div_ceil(1024),
            self.fields,
        );
        let mut members = vec![
            ("debian-binary".to_owned(), b"2.0\n".to_vec()),
            self.member("control.tar", &self.control_section(&control)),
            self.member("data.tar", &self.data()),
        ];
        if let Some(alter) = self.alter {
            alter(&mut members);
        }
        let version = self.version.split_once(':').map_or(&*self.version, |(_, version)| version);
        let file_name = format!("{}_{version}_{architecture}.deb", self.name);
        BuiltDeb { file_name, control, bytes: archive(&members) }
    }

    fn control_section(&self, control: &str) -> Vec<u8> {
        let mut section = Entries::default();
        section.add(Entry::file("control", control, 0o644));
        section.add(Entry::file("md5sums", self.sums(), 0o644));
        if !self.conffiles.is_empty() {
            section.add(Entry::file("conffiles", &self.conffiles, 0o644));
        }
        for (name, content) in &self.members {
            section.add(Entry::file(name, content, 0o755));
        }
        section.tar("./")
    }

    fn data(&self) -> Vec<u8> {
        self.entries.tar("./")
    }

    pub(super) fn sums(&self) -> String {
        let files = self.entries.iter().filter(|entry| entry.kind == tar::EntryType::Regular);
        files.map(|entry| format!("{}  {}\n", hex::encode(Md5::digest(&entry.content)), entry.path)).collect()
    }

    fn member(&self, name: &str, tar: &[u8]) -> Member {
        (format!("{name}{}", self.compression.ending()), self.compression.compress(tar))
    }
}

impl Compression {
    /// What the name of a file of it ends in.
    pub(crate) fn ending(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Gzip => ".gz",
            Self::Xz => ".xz",
            Self::Zstd => ".zst",
        }
    }

    pub(crate) fn compress(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::None => bytes.to_vec(),
            Self::Gzip => gzip(bytes),
            Self::Zstd => zstd::encode_all(bytes, 3).unwrap(),
            Self::Xz => {
                let mut encoder = XzEncoder::new(Vec::new(), 1);
                encoder.write_all(bytes).unwrap();
                encoder.finish().unwrap()
            }
        }
    }
}

/// An archive of any members.
fn archive(members: &[Member]) -> Vec<u8> {
    let mut bytes = b"!<arch>\n".to_vec();
    for (name, content) in members {
        let header = format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 100_644, content.len());
        bytes.extend(header.into_bytes());
        bytes.extend(content);
        if content.len() % 2 == 1 {
            bytes.push(b'\n');
        }
    }
    bytes
}
