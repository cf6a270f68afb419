//! Files beside a specification: opened once, below its directory, and read once.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags, Stat, fstat, openat, openat2};
use rustix::io::Errno;

use super::Excerpt;
use crate::code::{Code, Coded};
use crate::file_error::{At as _, FileError};

/// A path that names no file beside a specification.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BesideError {
    /// It is absolute, or has a component `..`.
    #[error("source `{0}` is not below the directory of this file")]
    Outside(Excerpt),
    /// It names nothing.
    #[error("source `{0}` names no file")]
    Nothing(Excerpt),
}

impl Coded for BesideError {
    fn code(&self) -> Code {
        match self {
            Self::Outside(_) => Code::SourceOutside,
            Self::Nothing(_) => Code::SpecValue,
        }
    }
}

impl BesideError {
    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Self::Outside(_) => Some("copy the file beside this one and name it relative to it".to_owned()),
            Self::Nothing(_) => None,
        }
    }
}

/// The path of a file below the specification's directory, judged by its text alone.
pub(super) fn beside(text: &str) -> Result<PathBuf, BesideError> {
    if text.starts_with('/') || text.split('/').any(|component| component == "..") {
        return Err(BesideError::Outside(text.into()));
    }
    let components: Vec<_> = text.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    match components.is_empty() || text.ends_with('/') || text.contains('\0') {
        true => Err(BesideError::Nothing(text.into())),
        false => Ok(components.iter().collect()),
    }
}

/// The directory of a specification, held open: files are found from it even if its path comes to mean something else.
#[derive(Debug)]
pub struct SourceDir {
    handle: OwnedFd,
    path: PathBuf,
}

/// A file beside a specification, open for its only reading.
///
/// Reading fails at the end of the file if the file is not what it was when it was opened; the error is found by
/// [`SourceError::of`].
#[derive(Debug)]
pub struct SourceFile {
    file: File,
    path: PathBuf,
    opened: Stamp,
    read: u64,
}

/// A file beside a specification that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It is not there.
    #[error("{}: there is no such file", .0.display())]
    Missing(PathBuf),
    /// A link on its path leads out of the directory.
    #[error("{}: the file lies outside the specification's directory", .0.display())]
    Outside(PathBuf),
    /// It is no regular file.
    #[error("{}: expected a regular file, found a {found}", path.display())]
    Type {
        /// The file.
        path: PathBuf,
        /// What it is.
        found: &'static str,
    },
    /// It is larger than files beside a specification may be.
    #[error("{}: the file has {found} bytes, {limit} are the most", path.display())]
    Size {
        /// The file.
        path: PathBuf,
        /// Its bytes.
        found: u64,
        /// The bytes it may have.
        limit: u64,
    },
    /// It changed while it was read.
    #[error("{}: the file changed while it was read", .0.display())]
    Changed(PathBuf),
    /// The system refused.
    #[error(transparent)]
    File(#[from] FileError),
}

impl Coded for SourceError {
    fn code(&self) -> Code {
        match self {
            Self::Missing(_) => Code::SourceMissing,
            Self::Outside(_) => Code::SourceOutside,
            Self::Type { .. } => Code::SourceType,
            Self::Size { .. } => Code::SourceSize,
            Self::Changed(_) => Code::SourceChanged,
            Self::File(error) => error.code(),
        }
    }
}

impl SourceError {
    /// The error within one that reading a [`SourceFile`] gave.
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

/// What changes when a file is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    // The widths of these fields differ between targets.
    #[allow(clippy::unnecessary_cast, reason = "none on this target, needed on others")]
    fn of(stat: &Stat) -> Self {
        Self {
            size: stat.st_size as u64,
            modified: (stat.st_mtime as i64, stat.st_mtime_nsec as i64),
            changed: (stat.st_ctime as i64, stat.st_ctime_nsec as i64),
        }
    }
}

impl SourceDir {
    /// Opens a directory; the empty path is the working directory.
    pub fn open(dir: &Path) -> Result<Self, FileError> {
        let path = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let handle = openat(CWD, path, flags, Mode::empty()).map_err(io::Error::from).at(path)?;
        Ok(Self { handle, path: path.to_owned() })
    }

    /// Opens a file of at most `limit` bytes below the directory.
    ///
    /// Links on the way may be followed as long as they stay below the directory; the file itself can be none. Never waits,
    /// not even for the other end of a named pipe.
    pub fn file(&self, relative: &Path, limit: u64) -> Result<SourceFile, SourceError> {
        let path = self.path.join(relative);
        let handle = match self.open_below(relative) {
            Ok(handle) => handle,
            Err(Errno::XDEV) => return Err(SourceError::Outside(path)),
            Err(Errno::NOENT | Errno::NOTDIR) => return Err(SourceError::Missing(path)),
            Err(Errno::LOOP) => return Err(SourceError::Type { path, found: "symbolic link" }),
            // A socket, or a device without a driver.
            Err(Errno::NXIO | Errno::NODEV) => {
                return Err(SourceError::Type { path, found: "socket or device" });
            }
            Err(error) => return Err(FileError { path, source: error.into() }.into()),
        };
        let stat = fstat(&handle).map_err(io::Error::from).at(&path)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => {}
            other => return Err(SourceError::Type { path, found: word(other) }),
        }
        let opened = Stamp::of(&stat);
        if opened.size > limit {
            return Err(SourceError::Size { path, found: opened.size, limit });
        }
        Ok(SourceFile { file: handle.into(), path, opened, read: 0 })
    }

    fn open_below(&self, relative: &Path) -> Result<OwnedFd, Errno> {
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        // The kernel says AGAIN where a rename elsewhere kept it from being sure that it stayed below.
        for _ in 0..RETRIES {
            match openat2(&self.handle, relative, FLAGS, Mode::empty(), resolve) {
                Err(Errno::AGAIN) => {}
                Err(Errno::NOSYS | Errno::PERM) => return self.open_by_components(relative),
                result => return result,
            }
        }
        Err(Errno::AGAIN)
    }

    /// As [`Self::open_below`], where the kernel or a sandbox has no `openat2`: follows no link at all.
    fn open_by_components(&self, relative: &Path) -> Result<OwnedFd, Errno> {
        let mut components = relative.components().peekable();
        let mut above: Option<OwnedFd> = None;
        while let Some(component) = components.next() {
            let std::path::Component::Normal(name) = component else { return Err(Errno::XDEV) };
            let at = above.as_ref().map_or(self.handle.as_fd(), AsFd::as_fd);
            if components.peek().is_none() {
                return openat(at, name, FLAGS, Mode::empty());
            }
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            above = Some(openat(at, name, flags, Mode::empty())?);
        }
        Err(Errno::NOENT)
    }
}

/// Never waits, follows no link at the end, takes no terminal.
const FLAGS: OFlags = OFlags::RDONLY
    .union(OFlags::CLOEXEC)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY);
const RETRIES: usize = 64;

fn word(kind: FileType) -> &'static str {
    match kind {
        FileType::Directory => "directory",
        FileType::Symlink => "symbolic link",
        FileType::Fifo => "named pipe",
        FileType::Socket => "socket",
        FileType::CharacterDevice => "character device",
        FileType::BlockDevice => "block device",
        _ => "file of another kind",
    }
}

impl SourceFile {
    /// Its bytes.
    pub fn size(&self) -> u64 {
        self.opened.size
    }

    /// The whole file, in memory.
    pub fn read_all(mut self) -> Result<Vec<u8>, SourceError> {
        let mut bytes = Vec::new();
        match self.read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(error) if SourceError::of(&error).is_some() => Err(SourceError::Changed(self.path)),
            Err(source) => Err(FileError { path: self.path, source }.into()),
        }
    }

    fn changed(&self) -> io::Error {
        io::Error::other(SourceError::Changed(self.path.clone()))
    }
}

impl Read for SourceFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let count = self.file.read(buffer)?;
        self.read += count as u64;
        if self.read > self.opened.size {
            return Err(self.changed());
        }
        if count == 0 {
            let now = Stamp::of(&fstat(&self.file)?);
            if now != self.opened || self.read != self.opened.size {
                return Err(self.changed());
            }
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{mknodat, symlinkat};
    use std::fs;
    use std::io::Write;

    fn dir() -> (tempfile::TempDir, SourceDir) {
        let temporary = tempfile::tempdir().unwrap();
        let dir = temporary.path().join("spec");
        fs::create_dir(&dir).unwrap();
        fs::write(dir.join("a"), "text").unwrap();
        fs::write(temporary.path().join("secret"), "secret").unwrap();
        let source = SourceDir::open(&dir).unwrap();
        (temporary, source)
    }

    fn code(source: &SourceDir, path: &str) -> Code {
        source.file(Path::new(path), 1 << 20).unwrap_err().code()
    }

    #[test]
    fn a_file_is_read_once_and_whole() {
        let (_temporary, source) = dir();
        let file = source.file(Path::new("a"), 4).unwrap();
        assert_eq!(file.size(), 4);
        assert_eq!(file.read_all().unwrap(), b"text");
    }

    #[test]
    fn s10_a_link_that_leads_out_is_refused() {
        let (_temporary, source) = dir();
        symlinkat("../secret", &source.handle, "out").unwrap();
        symlinkat("..", &source.handle, "up").unwrap();
        symlinkat("/etc", &source.handle, "etc").unwrap();
        assert_eq!(code(&source, "out"), Code::SourceType);
        assert_eq!(code(&source, "up/secret"), Code::SourceOutside);
        assert_eq!(code(&source, "etc/passwd"), Code::SourceOutside);
        assert_eq!(code(&source, "../secret"), Code::SourceOutside);
        assert_eq!(code(&source, "nothing"), Code::SourceMissing);
        assert_eq!(code(&source, "a/b"), Code::SourceMissing);
    }

    #[test]
    fn s10_links_are_refused_without_openat2_as_well() {
        let (_temporary, source) = dir();
        symlinkat("..", &source.handle, "up").unwrap();
        fs::create_dir(source.path.join("d")).unwrap();
        fs::write(source.path.join("d/b"), "").unwrap();
        assert!(source.open_by_components(Path::new("d/b")).is_ok());
        for path in ["up/secret", "../secret", "/etc/passwd", ""] {
            assert!(source.open_by_components(Path::new(path)).is_err(), "{path}");
        }
    }

    #[test]
    fn s10_a_named_pipe_is_refused_at_once() {
        let (_temporary, source) = dir();
        mknodat(&source.handle, "pipe", FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        fs::create_dir(source.path.join("d")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(source.path.join("socket")).unwrap();
        for path in ["pipe", "d", "socket"] {
            assert_eq!(code(&source, path), Code::SourceType, "{path}");
        }
    }

    #[test]
    fn s10_a_file_that_is_too_large_is_refused_unread() {
        let (_temporary, source) = dir();
        File::create(source.path.join("large")).unwrap().set_len(100 << 30).unwrap();
        let error = source.file(Path::new("large"), 1 << 30).unwrap_err();
        assert!(matches!(error, SourceError::Size { found: 107_374_182_400, limit: 1_073_741_824, .. }));
        assert_eq!(error.code(), Code::SourceSize);
    }

    #[test]
    fn s10_a_file_that_changes_while_it_is_read_is_refused() {
        let write = |path: &Path, text: &str| {
            fs::OpenOptions::new().append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
        };
        type Change<'c> = (&'c str, &'c dyn Fn(&Path));
        let changes: [Change; 3] = [
            ("grows", &|path| write(path, "more")),
            ("shrinks", &|path| File::options().write(true).open(path).unwrap().set_len(2).unwrap()),
            ("is rewritten", &|path| {
                // Enough for the coarse clock that stamps files to move on.
                std::thread::sleep(std::time::Duration::from_millis(20));
                fs::write(path, "TEXT").unwrap();
            }),
        ];
        for (what, change) in changes {
            let (_temporary, source) = dir();
            let mut file = source.file(Path::new("a"), 100).unwrap();
            let mut first = [0; 1];
            file.read_exact(&mut first).unwrap();
            change(&source.path.join("a"));
            assert_eq!(file.read_all().unwrap_err().code(), Code::SourceChanged, "{what}");
        }
    }

    #[test]
    fn a_path_that_leaves_by_its_text_is_refused_unopened() {
        for text in ["../x", "a/../../x", "a/..", "/etc/passwd"] {
            assert_eq!(beside(text), Err(BesideError::Outside(text.into())), "{text}");
        }
        for text in ["", ".", "./", "a/", "a\0b"] {
            assert_eq!(beside(text), Err(BesideError::Nothing(text.into())), "{text}");
        }
        assert_eq!(beside("./a//b"), Ok(PathBuf::from("a/b")));
    }
}
