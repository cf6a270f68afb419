//! A tar archive on disk as a table of its members: walked once by its headers, then read by position.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use tar::{EntryType, Header, PaxExtensions};

use crate::file_error::{At, FileError};
use crate::limits::Limits;
use crate::rootfs::RootPath;

use super::dir;
use crate::image::{FormatProblem, ImageError};

/// The regular files and links of an archive, by their paths.
#[derive(Debug)]
pub(super) struct Members {
    file: Arc<File>,
    place: String,
    members: BTreeMap<RootPath, Member>,
}

/// What an archive has under a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Member {
    /// A file's bytes.
    File(Span),
    /// Another path of the archive.
    Link(RootPath),
    /// A link that leads out of the archive, or a kind of entry that holds no bytes.
    Other,
}

/// Where in an archive the bytes of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    offset: u64,
    /// The number of bytes.
    pub(super) size: u64,
}

const BLOCK: u64 = 512;
/// Links from link to link that are followed.
const HOPS: usize = 8;
const COMPRESSED: &[(&[u8], &str)] =
    &[(b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"), (b"BZh", "bzip2"), (b"\xfd7zXZ\0", "xz")];

impl Members {
    /// Walks the archive `path`.
    pub(super) fn scan(path: &Path, limits: &Limits) -> Result<Self, ImageError> {
        let file = dir::open_file(path)?;
        let length = file.metadata().at(path)?.len();
        let place = path.display().to_string();
        let mut walk = Walk { file: &file, length, position: 0, limits, extension: Extension::default() };
        let members = walk.members().map_err(|error| match error {
            WalkError::Read(source) => FileError { path: path.to_owned(), source }.into(),
            WalkError::Format(problem) => ImageError::Format { place: place.clone(), problem },
        })?;
        Ok(Self { file: Arc::new(file), place, members })
    }

    /// The archive, for messages.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// The file under a path, through links within the archive; nothing where there is none.
    pub(super) fn find(&self, path: &str) -> Result<Option<Span>, ImageError> {
        let lost = || self.problem(FormatProblem::Link(path.to_owned()));
        let mut at = RootPath::parse(path).map_err(|_| lost())?;
        for _ in 0..=HOPS {
            match self.members.get(&at) {
                None => return Ok(None),
                Some(Member::File(span)) => return Ok(Some(*span)),
                Some(Member::Link(target)) => at = target.clone(),
                Some(Member::Other) => break,
            }
        }
        Err(lost())
    }

    /// The bytes of a small file, which may have `limit`.
    pub(super) fn bytes(&self, span: Span, limit: u64) -> Result<Vec<u8>, ImageError> {
        if span.size > limit {
            return Err(self.problem(FormatProblem::TooLarge { size: span.size, limit }));
        }
        let mut bytes = Vec::new();
        self.reader(span).read_to_end(&mut bytes).at(&self.place)?;
        Ok(bytes)
    }

    /// A reader of a file's bytes.
    pub(super) fn reader(&self, span: Span) -> Window {
        Window { file: Arc::clone(&self.file), offset: span.offset, end: span.offset + span.size }
    }

    /// An error about this archive.
    pub(super) fn problem(&self, problem: FormatProblem) -> ImageError {
        ImageError::Format { place: self.place.clone(), problem }
    }
}

/// A reader of a part of a file, which leaves the file's own position alone.
#[derive(Debug)]
pub(super) struct Window {
    file: Arc<File>,
    offset: u64,
    end: u64,
}

impl Read for Window {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.offset).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        let count = self.file.read_at(&mut buffer[..wanted], self.offset)?;
        self.offset += count as u64;
        Ok(count)
    }
}

enum WalkError {
    Read(io::Error),
    Format(FormatProblem),
}

impl From<io::Error> for WalkError {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

/// What extension headers say about the next member.
#[derive(Default)]
struct Extension {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
}

struct Walk<'a> {
    file: &'a File,
    length: u64,
    position: u64,
    limits: &'a Limits,
    extension: Extension,
}

impl Walk<'_> {
    fn members(&mut self) -> Result<BTreeMap<RootPath, Member>, WalkError> {
        let mut members = BTreeMap::new();
        let mut count = 0;
        while let Some(header) = self.header()? {
            count += 1;
            if count > self.limits.layer_entries {
                return Err(WalkError::Format(FormatProblem::TooManyEntries(self.limits.layer_entries)));
            }
            let Some((path, member)) = self.member(&header)? else { continue };
            if members.contains_key(&path) {
                return Err(WalkError::Format(FormatProblem::Duplicate(path.to_string())));
            }
            members.insert(path, member);
        }
        Ok(members)
    }

    /// The next header; nothing at the first block of zeros or at the end of the file.
    fn header(&mut self) -> Result<Option<Header>, WalkError> {
        if self.position >= self.length {
            return Ok(None);
        }
        let mut block = [0; BLOCK as usize];
        let length = (self.length - self.position).min(BLOCK) as usize;
        self.file.read_exact_at(&mut block[..length], self.position)?;
        let compressed = COMPRESSED.iter().find(|(magic, _)| block.starts_with(magic));
        if let (0, Some((_, name))) = (self.position, compressed) {
            return Err(WalkError::Format(FormatProblem::Compressed(name)));
        }
        if length < block.len() {
            return Err(self.broken("a header is cut off"));
        }
        if block == [0; BLOCK as usize] {
            return Ok(None);
        }
        let mut header = Header::new_old();
        header.as_mut_bytes().copy_from_slice(&block);
        if header.cksum().ok() != Some(checksum(&block)) {
            return Err(self.broken("a header has a wrong checksum"));
        }
        Ok(Some(header))
    }

    /// What a header describes, and the walk past it; nothing for directories and extensions.
    fn member(&mut self, header: &Header) -> Result<Option<(RootPath, Member)>, WalkError> {
        let kind = header.entry_type();
        let own_size = header.entry_size().map_err(|_| self.broken("a header has no size"))?;
        if matches!(
            kind,
            EntryType::GNULongName | EntryType::GNULongLink | EntryType::XHeader | EntryType::XGlobalHeader
        ) {
            self.extend(kind, own_size)?;
            return Ok(None);
        }
        let extension = std::mem::take(&mut self.extension);
        let holds_bytes = matches!(kind, EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse);
        let size = if holds_bytes { extension.size.unwrap_or(own_size) } else { 0 };
        let span = self.pass(size)?;
        let path = extension.path.unwrap_or_else(|| header.path_bytes().into_owned());
        let link = extension.link.or_else(|| header.link_name_bytes().map(|name| name.into_owned()));
        if kind == EntryType::Directory || (kind == EntryType::Regular && path.ends_with(b"/")) {
            return Ok(None);
        }
        let path = RootPath::parse(&path).map_err(|_| self.broken("a path leaves the archive"))?;
        let member = match kind {
            EntryType::Regular | EntryType::Continuous => Member::File(span),
            EntryType::Link => link_to(b"", &link.unwrap_or_default()),
            EntryType::Symlink => {
                let parent = path.parent().unwrap_or_else(RootPath::root);
                link_to(parent.as_bytes(), &link.unwrap_or_default())
            }
            _ => Member::Other,
        };
        Ok(Some((path, member)))
    }

    /// Reads an extension header of `size` bytes.
    fn extend(&mut self, kind: EntryType, size: u64) -> Result<(), WalkError> {
        let limit = self.limits.tar_header_bytes;
        if size > limit {
            return Err(WalkError::Format(FormatProblem::Extension { size, limit }));
        }
        let span = self.pass(size)?;
        let mut bytes = vec![0; usize::try_from(size).expect("checked against the limit")];
        self.file.read_exact_at(&mut bytes, span.offset)?;
        let until_nul = |bytes: &[u8]| bytes.split(|b| *b == 0).next().unwrap_or_default().to_vec();
        match kind {
            EntryType::GNULongName => self.extension.path = Some(until_nul(&bytes)),
            EntryType::GNULongLink => self.extension.link = Some(until_nul(&bytes)),
            EntryType::XHeader => self.records(&bytes)?,
            // What holds for all members is nothing that an image's files would need.
            _ => {}
        }
        Ok(())
    }

    fn records(&mut self, bytes: &[u8]) -> Result<(), WalkError> {
        for record in PaxExtensions::new(bytes) {
            let record = record.map_err(|_| self.broken("an extension header cannot be read"))?;
            let value = record.value_bytes();
            match record.key_bytes() {
                b"path" => self.extension.path = Some(value.to_vec()),
                b"linkpath" => self.extension.link = Some(value.to_vec()),
                b"size" => {
                    let size = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
                    self.extension.size = Some(size.ok_or_else(|| self.broken("a size is no number"))?);
                }
                key if key.starts_with(b"GNU.sparse.") => {
                    return Err(self.broken("a file is stored in sparse form"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Moves past a header and `size` bytes with their padding.
    fn pass(&mut self, size: u64) -> Result<Span, WalkError> {
        let offset = self.position + BLOCK;
        match offset.checked_add(size) {
            Some(end) if end <= self.length => {
                self.position = end.next_multiple_of(BLOCK);
                Ok(Span { offset, size })
            }
            _ => Err(self.broken("a member is cut off")),
        }
    }

    fn broken(&self, problem: &'static str) -> WalkError {
        WalkError::Format(FormatProblem::Tar { problem, offset: self.position })
    }
}

/// The sum of a header's bytes, its own checksum counted as spaces.
fn checksum(block: &[u8; BLOCK as usize]) -> u32 {
    let field = 148..156;
    block.iter().enumerate().map(|(at, byte)| if field.contains(&at) { 32 } else { u32::from(*byte) }).sum()
}

/// The path that a link in the directory `from` leads to; symbolic links of archives climb with `..`.
fn link_to(from: &[u8], target: &[u8]) -> Member {
    let mut path: Vec<&[u8]> = Vec::new();
    for component in from.split(|b| *b == b'/').chain(target.split(|b| *b == b'/')) {
        match component {
            b"" | b"." => {}
            b".." => {
                if path.pop().is_none() {
                    return Member::Other;
                }
            }
            component => path.push(component),
        }
    }
    match RootPath::parse(path.join(&b'/')) {
        Ok(path) if !target.starts_with(b"/") => Member::Link(path),
        _ => Member::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::{Code, Coded};
    use crate::limits::Limited;

    fn archive(entries: &[(&str, EntryType, &str)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, kind, text) in entries {
            let mut header = Header::new_gnu();
            header.set_entry_type(*kind);
            header.set_mode(0o644);
            if matches!(kind, EntryType::Link | EntryType::Symlink) {
                header.set_size(0);
                builder.append_link(&mut header, path, text).unwrap();
            } else {
                header.set_size(text.len() as u64);
                builder.append_data(&mut header, path, text.as_bytes()).unwrap();
            }
        }
        builder.into_inner().unwrap()
    }

    fn scan(bytes: &[u8]) -> Result<Members, ImageError> {
        scan_within(bytes, &Limits::default())
    }

    fn scan_within(bytes: &[u8], limits: &Limits) -> Result<Members, ImageError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        Members::scan(file.path(), limits)
    }

    fn text(members: &Members, path: &str) -> String {
        let span = members.find(path).unwrap().unwrap();
        String::from_utf8(members.bytes(span, 100).unwrap()).unwrap()
    }

    #[test]
    fn members_are_found_by_any_spelling_and_through_links() {
        let long = format!("{}/layer.tar", "d".repeat(120));
        let members = scan(&archive(&[
            ("./a/b", EntryType::Regular, "one"),
            (&long, EntryType::Regular, "two"),
            ("c/layer.tar", EntryType::Symlink, "../a/b"),
            ("e", EntryType::Link, "c/layer.tar"),
        ]))
        .unwrap();
        assert_eq!(text(&members, "a//b"), "one");
        assert_eq!(text(&members, &long), "two");
        assert_eq!(text(&members, "c/layer.tar"), "one");
        assert_eq!(text(&members, "./e"), "one");
        assert_eq!(members.find("nothing").unwrap(), None);
    }

    #[test]
    fn links_out_of_the_archive_or_in_circles_lead_nowhere() {
        let members = scan(&archive(&[
            ("a", EntryType::Symlink, "../../etc/passwd"),
            ("b", EntryType::Symlink, "/etc/passwd"),
            ("c", EntryType::Symlink, "d"),
            ("d", EntryType::Symlink, "c"),
        ]))
        .unwrap();
        for path in ["a", "b", "c"] {
            assert!(matches!(
                members.find(path),
                Err(ImageError::Format { problem: FormatProblem::Link(_), .. })
            ));
        }
    }

    #[test]
    fn a_path_that_stands_twice_is_refused() {
        let twice = archive(&[("x", EntryType::Regular, "1"), ("./x", EntryType::Regular, "2")]);
        let error = scan(&twice).unwrap_err();
        assert!(error.to_string().ends_with("has `x` twice"), "{error}");
    }

    #[test]
    fn a_limit_that_is_reached_is_named() {
        let long = "x".repeat(200);
        let archive = archive(&[(&long, EntryType::Regular, "1"), ("y", EntryType::Regular, "2")]);
        let limits = Limits { tar_header_bytes: 201, layer_entries: 3, ..Limits::default() };
        assert!(scan_within(&archive, &limits).is_ok());
        for (limits, code, name) in [
            (Limits { tar_header_bytes: 200, ..limits.clone() }, Code::LimitHeader, "tar-header-bytes"),
            (Limits { layer_entries: 2, ..limits }, Code::LimitEntries, "layer-entries"),
        ] {
            let error = scan_within(&archive, &limits).unwrap_err();
            assert_eq!((error.code(), error.limit()), (code, Some(name)));
        }
    }

    #[test]
    fn a_compressed_archive_says_so() {
        let error = scan(b"\x1f\x8b\x08rest").unwrap_err();
        assert!(error.to_string().ends_with("is compressed with gzip; decompress it first"), "{error}");
    }

    #[test]
    fn every_cut_within_a_member_is_noticed() {
        let whole = archive(&[("x", EntryType::Regular, "text"), ("y", EntryType::Regular, "text")]);
        // The padding behind a file's last byte is not missed: nothing of the file is.
        for length in (1..1024 + 516).filter(|length| !(516..=1024).contains(length)) {
            assert!(scan(&whole[..length]).is_err(), "{length}");
        }
        assert!(scan(&whole).is_ok());
    }

    #[test]
    fn a_changed_header_is_noticed() {
        let mut bytes = archive(&[("x", EntryType::Regular, "text")]);
        bytes[0] = b'y';
        let error = scan(&bytes).unwrap_err();
        assert!(error.to_string().contains("wrong checksum at byte 0"), "{error}");
    }
}
