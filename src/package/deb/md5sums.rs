//! The sums that a package gives of its files, `md5sums`.

use std::collections::BTreeMap;

use crate::code::{Code, Coded};
use crate::package::{Sum, Unpacked};
use crate::printable::printable;
use crate::rootfs::RootPath;

/// Sums that are not those of the package's files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SumsError {
    /// A line is none of a sum and a path.
    #[error("line {line} is no sum and path: `{}`", printable(.text))]
    Line {
        /// The line, counted from 1.
        line: usize,
        /// What it says.
        text: Box<[u8]>,
    },
    /// A file has another sum.
    #[error("`{path}` has the sum {}, not {}", hex::encode(.found), hex::encode(.expected))]
    Differs {
        /// The file.
        path: RootPath,
        /// The sum that the package gives.
        expected: [u8; 16],
        /// The sum that it has.
        found: [u8; 16],
    },
}

impl Coded for SumsError {
    fn code(&self) -> Code {
        match self {
            Self::Line { .. } => Code::DebFormat,
            Self::Differs { .. } => Code::PackageDigest,
        }
    }
}

/// The member of the control section.
pub(super) const MEMBER: &str = "md5sums";

/// Refuses files that have another sum than the package gives them. Names of no file at all are let through, as dpkg does.
pub(super) fn compare(unpacked: &Unpacked) -> Result<(), SumsError> {
    let Some(member) = unpacked.members.get(MEMBER) else { return Ok(()) };
    let own: BTreeMap<RootPath, [u8; 16]> = of_files(unpacked).collect();
    for (line, text) in (1..).zip(member.split(|byte| *byte == b'\n')) {
        if text.is_empty() {
            continue;
        }
        let (expected, path) = parse(text).ok_or_else(|| SumsError::Line { line, text: text.into() })?;
        match own.get(&path) {
            Some(found) if *found != expected => {
                return Err(SumsError::Differs { path, expected, found: *found });
            }
            _ => {}
        }
    }
    Ok(())
}

/// The sums of all files, hard links among them, in the order of the archive.
pub(super) fn of_files(unpacked: &Unpacked) -> impl Iterator<Item = (RootPath, [u8; 16])> {
    unpacked.sums.iter().filter_map(|(ordinal, sum)| match sum {
        Sum::Md5(md5) => Some((unpacked.index.items.path(*ordinal), *md5)),
        Sum::Sha1(_) => None,
    })
}

/// The lines of `md5sums` for a package without: those of all files, in the order of the archive.
pub(super) fn make(unpacked: &Unpacked) -> Vec<u8> {
    of_files(unpacked).flat_map(|(path, md5)| line(&md5, path.as_bytes())).collect()
}

fn line(md5: &[u8; 16], path: &[u8]) -> Vec<u8> {
    [hex::encode(md5).as_bytes(), b"  ", path, b"\n"].concat()
}

/// `<32 hexadecimal digits>  <path>`; a backslash before it escapes what the path holds.
fn parse(line: &[u8]) -> Option<([u8; 16], RootPath)> {
    let is_escaped = line.starts_with(b"\\");
    let (hex, path) = line[usize::from(is_escaped)..].split_at_checked(32)?;
    let path = path.strip_prefix(b"  ").or_else(|| path.strip_prefix(b" *"))?;
    let mut md5 = [0; 16];
    hex::decode_to_slice(hex, &mut md5).ok()?;
    let path = if is_escaped { unescaped(path) } else { path.to_vec() };
    Some((md5, RootPath::parse(path).ok()?))
}

/// A path as md5sum(1) escapes it.
fn unescaped(path: &[u8]) -> Vec<u8> {
    let mut bytes = path.iter();
    std::iter::from_fn(|| match bytes.next()? {
        b'\\' => bytes.next().map(|byte| if *byte == b'n' { b'\n' } else { *byte }),
        byte => Some(*byte),
    })
    .collect()
}
