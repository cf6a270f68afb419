//! Paths that dpkg gives to another name: `diversions` (dpkg-divert(1)).

use crate::code::{Code, Coded};
use crate::printable::printable;
use crate::rootfs::RootPath;

/// A path that is kept free for one package: the files of others go elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diversion {
    /// The path.
    pub from: RootPath,
    /// Where the files of others go.
    pub to: RootPath,
    /// The package that has the path; nothing where an administrator has.
    pub package: Option<String>,
}

/// A list of diversions that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiversionError {
    /// A line is none that may stand there.
    #[error("line {line} of diversions is no {expected}: `{}`", printable(.found))]
    Line {
        /// The line, counted from 1.
        line: usize,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: Box<[u8]>,
    },
    /// The last diversion lacks a line.
    #[error("the last diversion has less than three lines")]
    Truncated,
}

impl Coded for DiversionError {
    fn code(&self) -> Code {
        Code::PackageDatabase
    }
}

/// Reads `var/lib/dpkg/diversions`: three lines each, the path, where it is diverted to, and the package, or `:`.
pub fn read(bytes: &[u8]) -> Result<Vec<Diversion>, DiversionError> {
    let text = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let lines: Vec<_> = text.split(|byte| *byte == b'\n').zip(1..).collect();
    let (diversions, []) = lines.as_chunks::<3>() else { return Err(DiversionError::Truncated) };
    diversions
        .iter()
        .map(|[from, to, owner]| Ok(Diversion { from: path(from)?, to: path(to)?, package: package(owner)? }))
        .collect()
}

/// Where a file of a package goes: nothing where it goes to its own path.
pub fn place<'a>(diversions: &'a [Diversion], path: &RootPath, package: &str) -> Option<&'a RootPath> {
    let diverted = diversions.iter().find(|diversion| diversion.from == *path)?;
    (diverted.package.as_deref() != Some(package)).then_some(&diverted.to)
}

fn path((line, number): &(&[u8], usize)) -> Result<RootPath, DiversionError> {
    let path = line.starts_with(b"/").then(|| RootPath::parse(line).ok()).flatten();
    path.filter(|path| !path.is_root()).ok_or_else(|| wrong("absolute path", line, *number))
}

fn package((line, number): &(&[u8], usize)) -> Result<Option<String>, DiversionError> {
    match std::str::from_utf8(line) {
        Ok(":") => Ok(None),
        Ok(name) if !name.is_empty() => Ok(Some(name.to_owned())),
        _ => Err(wrong("package", line, *number)),
    }
}

fn wrong(expected: &'static str, found: &[u8], line: usize) -> DiversionError {
    DiversionError::Line { line, expected, found: found.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What trixie's libc6 diverts, and a local one.
    const LIST: &[u8] = b"/lib64/ld-linux-x86-64.so.2\n/lib64/ld-linux-x86-64.so.2.usr-is-merged\nlibc6\n\
        /usr/bin/x\n/usr/bin/x.real\n:\n";

    fn to(path: &str, package: &str) -> Option<String> {
        let diversions = read(LIST).unwrap();
        place(&diversions, &RootPath::parse(path).unwrap(), package).map(RootPath::to_string)
    }

    #[test]
    fn files_of_others_are_diverted() {
        let loader = "lib64/ld-linux-x86-64.so.2";
        assert_eq!(to(loader, "libc6"), None);
        assert_eq!(to(loader, "other").as_deref(), Some("lib64/ld-linux-x86-64.so.2.usr-is-merged"));
        assert_eq!(to("usr/bin/x", "x").as_deref(), Some("usr/bin/x.real"));
        assert_eq!(to("usr/bin/y", "x"), None);
    }

    #[test]
    fn what_is_no_list_of_diversions_is_refused_with_its_line() {
        assert_eq!(read(b""), Ok(Vec::new()));
        for (text, error) in [
            (&b"/a\n/b\n"[..], "the last diversion has less than three lines"),
            (b"/a\n/b\nc\n\n", "the last diversion has less than three lines"),
            (b"/a\nb\nc\n", "line 2 of diversions is no absolute path: `b`"),
            (b"/a\n/../b\nc\n", "line 2 of diversions is no absolute path: `/../b`"),
            (b"/\n/b\nc\n", "line 1 of diversions is no absolute path: `/`"),
            (b"/a\n/b\n\n/c\n/d\n:\n", "line 3 of diversions is no package: ``"),
        ] {
            assert_eq!(read(text).unwrap_err().to_string(), error);
        }
    }
}
