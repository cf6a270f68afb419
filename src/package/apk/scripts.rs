//! The scripts of what is installed: `lib/apk/db/scripts.tar` of apk 2, `scripts.tar.gz` of apk 3.

use std::collections::BTreeSet;
use std::io::{self, Read, Write};

use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;

use super::checksum::written;
use crate::code::{Code, Coded};
use crate::package::{Identity, Package, Unpacked};

/// How an archive of scripts is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scripts {
    /// `scripts.tar`, of apk 2.
    Plain,
    /// `scripts.tar.gz`, of apk 3.
    Gzip,
}

/// An archive of scripts that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("apk's archive of scripts cannot be read: {0}")]
pub struct ScriptsError(String);

impl Coded for ScriptsError {
    fn code(&self) -> Code {
        Code::PackageFormat
    }
}

/// Bytes of an archive before compression.
const LARGEST: u64 = 64 << 20;

const BLOCK: usize = 512;

impl Scripts {
    /// The bytes of an archive to which the scripts of packages are added, each with what its package is known by; those of
    /// packages that are gone are left out. What is older than `latest` keeps its time, in seconds since 1970.
    pub fn write(
        self,
        base: &[u8],
        gone: &[(&Package, &Identity)],
        added: &[(&Unpacked, &Identity)],
        latest: i64,
    ) -> Result<Vec<u8>, ScriptsError> {
        let gone: BTreeSet<Vec<u8>> =
            gone.iter().flat_map(|(package, identity)| stems(package, identity)).collect();
        let mut tar = keep(&self.decoded(base)?, &gone)?;
        for (unpacked, identity) in added {
            let time =
                unpacked.fields.all("builddate").last().and_then(|text| text.parse().ok()).unwrap_or(0);
            for (script, content) in &unpacked.members {
                let name = format!("{}{script}", self.stem(&unpacked.package, identity));
                append(&mut tar, &name, content, latest.min(time))?;
            }
        }
        tar.resize(tar.len() + 2 * BLOCK, 0);
        self.encoded(tar)
    }

    fn decoded(self, base: &[u8]) -> Result<Vec<u8>, ScriptsError> {
        let mut tar = Vec::new();
        match self {
            Self::Plain => tar.extend_from_slice(base),
            Self::Gzip if base.is_empty() => {}
            Self::Gzip => {
                _ = MultiGzDecoder::new(base).take(LARGEST + 1).read_to_end(&mut tar).map_err(refused)?
            }
        }
        match tar.len() as u64 {
            0..=LARGEST => Ok(tar),
            _ => Err(ScriptsError(format!("it has more than {LARGEST} bytes"))),
        }
    }

    fn encoded(self, tar: Vec<u8>) -> Result<Vec<u8>, ScriptsError> {
        match self {
            Self::Plain => Ok(tar),
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
                encoder.write_all(&tar).and_then(|()| encoder.finish()).map_err(refused)
            }
        }
    }

    /// How the names of a package's scripts begin.
    fn stem(self, package: &Package, identity: &Identity) -> String {
        match (self, identity) {
            (Self::Gzip, Identity::ControlSha1(digest)) => {
                format!("{}-{}.X1{}", package.name, package.version, hex::encode(digest))
            }
            (Self::Gzip, Identity::ControlSha256(digest)) => {
                format!("{}-{}.X2{}", package.name, package.version, hex::encode(digest))
            }
            _ => format!("{}-{}.{}", package.name, package.version, written(identity)),
        }
    }
}

/// How the names of a package's scripts begin, by either version of apk.
fn stems(package: &Package, identity: &Identity) -> [Vec<u8>; 2] {
    [Scripts::Plain, Scripts::Gzip].map(|scripts| scripts.stem(package, identity).into_bytes())
}

/// The entries of an archive but for the scripts of packages that are gone, without its end.
fn keep(tar: &[u8], gone: &BTreeSet<Vec<u8>>) -> Result<Vec<u8>, ScriptsError> {
    let (mut out, mut at, mut start) = (Vec::new(), 0, 0);
    while at < tar.len() {
        let block = tar.get(at..at + BLOCK).ok_or_else(|| ScriptsError("it is cut".to_owned()))?;
        if block.iter().all(|byte| *byte == 0) {
            break;
        }
        let header = tar::Header::from_byte_slice(block);
        let size = header.entry_size().map_err(refused)?;
        let end = usize::try_from(size)
            .ok()
            .and_then(|size| (at + BLOCK).checked_add(size.checked_next_multiple_of(BLOCK)?));
        at = end.filter(|end| *end <= tar.len()).ok_or_else(|| ScriptsError("it is cut".to_owned()))?;
        // A long name comes before its entry.
        if !matches!(header.as_bytes()[156], b'L' | b'x') {
            let name = name(&tar[start..at], header);
            let stem = name.iter().rposition(|byte| *byte == b'.').map_or(&name[..], |dot| &name[..dot]);
            if !gone.contains(stem) {
                out.extend_from_slice(&tar[start..at]);
            }
            start = at;
        }
    }
    Ok(out)
}

/// The name of an entry, whose blocks begin with those of a long name where it has one.
fn name(blocks: &[u8], header: &tar::Header) -> Vec<u8> {
    let first = tar::Header::from_byte_slice(&blocks[..BLOCK]);
    match (first.as_bytes()[156], first.entry_size()) {
        (b'L', Ok(size)) => {
            let long = &blocks[BLOCK..BLOCK + usize::try_from(size).unwrap_or(0)];
            long.split(|byte| *byte == 0).next().unwrap_or_default().to_vec()
        }
        _ => header.path_bytes().into_owned(),
    }
}

fn append(tar: &mut Vec<u8>, name: &str, content: &[u8], time: i64) -> Result<(), ScriptsError> {
    let room = tar::Header::new_ustar().as_old().name.len();
    if name.len() > room {
        let long = [name.as_bytes(), b"\0"].concat();
        entry(tar, b"././@LongLink", b'L', &long, 0);
    }
    entry(tar, &name.as_bytes()[..name.len().min(room)], b'0', content, time.max(0).unsigned_abs());
    Ok(())
}

fn entry(tar: &mut Vec<u8>, name: &[u8], kind: u8, content: &[u8], time: u64) {
    let mut header = tar::Header::new_ustar();
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.as_old_mut().linkflag = [kind];
    header.set_mode(0o755);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(time);
    header.set_size(content.len() as u64);
    header.set_cksum();
    tar.extend_from_slice(header.as_bytes());
    tar.extend_from_slice(content);
    tar.resize(tar.len().next_multiple_of(BLOCK), 0);
}

fn refused(error: io::Error) -> ScriptsError {
    ScriptsError(error.to_string())
}

#[cfg(test)]
mod tests;
