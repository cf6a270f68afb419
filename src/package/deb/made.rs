//! Tests' tools: packages built byte by byte, well or badly.

use std::io::{self, Write};
use std::path::Path;

use super::{Compression, Expected, UnpackError, open_data, unpack};
use crate::code::{Code, Coded};
use crate::layer::raw::{self, RawTar, Reader};
use crate::oci::Digest;
use crate::package::Unpacked;

/// A control file.
pub(crate) const CONTROL: &str = "\
Package: made
Version: 1.0-1
Architecture: amd64
Maintainer: Nobody <nobody@example.com>
Description: nothing
";

/// A package under construction.
#[derive(Clone)]
pub(crate) struct Made {
    /// What the index promises.
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) architecture: String,
    pub(crate) control: Vec<u8>,
    pub(crate) data: Vec<u8>,
    pub(crate) compressions: [Compression; 2],
}

/// A package with this control file, other members and data.
pub(crate) fn made(control: &str, members: &[(&str, &str)], data: RawTar) -> Made {
    let mut tar = RawTar::default().dir("./").file("./control", control.as_bytes());
    for (name, bytes) in members {
        tar = tar.file(&format!("./{name}"), bytes.as_bytes());
    }
    let field = |name: &str| {
        let line = control.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_default().to_owned()
    };
    Made {
        name: field("Package"),
        version: field("Version"),
        architecture: field("Architecture"),
        control: tar.end(),
        data: data.end(),
        compressions: [Compression::Gzip, Compression::Xz],
    }
}

/// Some files.
pub(crate) fn data() -> RawTar {
    RawTar::default()
        .dir("./")
        .dir("./usr/")
        .dir("./usr/bin/")
        .file("./usr/bin/made", b"program")
        .link("./usr/bin/same", b'1', "./usr/bin/made")
        .link("./usr/bin/other", b'2', "made")
}

/// A small package that is well.
pub(crate) fn small() -> Made {
    made(CONTROL, &[], data())
}

/// What the name of a package's file promises.
pub(super) fn promised(path: &Path) -> Made {
    let name = path.file_stem().unwrap().to_str().unwrap().replace("%3a", ":");
    let [name, version, architecture] =
        name.split('_').map(str::to_owned).collect::<Vec<_>>().try_into().unwrap();
    Made { name, version, architecture, ..small() }
}

impl Made {
    /// The members of its archive.
    pub(crate) fn members(&self) -> Vec<(String, Vec<u8>)> {
        let [control, data] = self.compressions;
        vec![
            ("debian-binary".to_owned(), b"2.0\n".to_vec()),
            (format!("control.tar{}", ending(control)), compressed(control, &self.control)),
            (format!("data.tar{}", ending(data)), compressed(data, &self.data)),
        ]
    }

    /// Its bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        archive(&self.members())
    }

    /// Reads these bytes as the package, with the digest and size that they have.
    pub(crate) fn read(&self, bytes: &[u8], reader: &Reader) -> Result<Unpacked, UnpackError> {
        unpack(bytes, &self.expected(bytes), &reader.how())
    }

    /// The code that these bytes are refused with.
    pub(crate) fn refusal(&self, bytes: &[u8]) -> Option<Code> {
        self.read(bytes, &raw::artifact()).err().map(|error| error.code())
    }

    /// What an index promises of it, as these bytes.
    pub(crate) fn expected(&self, bytes: &[u8]) -> Expected<'_> {
        let Digest::Sha256(sha256) = Digest::of(bytes) else { unreachable!("it is a sha256") };
        let Self { name, version, architecture, .. } = self;
        Expected { name, version, architecture, size: bytes.len() as u64, sha256 }
    }

    /// Reads the data of these bytes to its end.
    pub(crate) fn read_data(&self, bytes: &[u8], reader: &Reader) -> io::Result<Vec<u8>> {
        let mut tar = Vec::new();
        let data = open_data(bytes, &self.expected(bytes), &reader.how());
        io::Read::read_to_end(&mut data.map_err(io::Error::other)?, &mut tar).map(|_| tar)
    }
}

/// An archive of any members.
pub(crate) fn archive(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = b"!<arch>\n".to_vec();
    for (name, content) in members {
        let header = format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 100644, content.len());
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(content);
        if content.len() % 2 == 1 {
            bytes.push(b'\n');
        }
    }
    bytes
}

/// The ending of a tar's name.
pub(crate) fn ending(compression: Compression) -> &'static str {
    match compression {
        Compression::None => "",
        Compression::Gzip => ".gz",
        Compression::Xz => ".xz",
        Compression::Lzma => ".lzma",
        Compression::Zstd => ".zst",
    }
}

/// Bytes in a compression.
pub(crate) fn compressed(compression: Compression, bytes: &[u8]) -> Vec<u8> {
    use liblzma::stream::{LzmaOptions, Stream};
    use liblzma::write::XzEncoder;
    let lzma = |mut encoder: XzEncoder<Vec<u8>>| {
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    match compression {
        Compression::None => bytes.to_vec(),
        Compression::Gzip => raw::gzip(bytes),
        Compression::Zstd => raw::zstd(bytes),
        Compression::Xz => lzma(XzEncoder::new(Vec::new(), 1)),
        Compression::Lzma => {
            let options = LzmaOptions::new_preset(1).unwrap();
            lzma(XzEncoder::new_stream(Vec::new(), Stream::new_lzma_encoder(&options).unwrap()))
        }
    }
}
