//! A directory by its handle: names below it mean the same files, whoever swaps the names above.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, RenameFlags, ResolveFlags, Stat};
use rustix::io::Errno;

use crate::file_error::{At, FileError, Irregular};

/// An open directory. Names given to it lie in it or below it; none is followed where it is a symbolic link.
#[derive(Debug)]
pub(super) struct Dir {
    handle: OwnedFd,
    path: PathBuf,
}

const FILE_MODE: Mode = Mode::from_raw_mode(0o644);
const DIRECTORY_MODE: Mode = Mode::from_raw_mode(0o755);
const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// Without `NONBLOCK`, opening a pipe would wait for its writer.
const READ: OFlags = OFlags::RDONLY
    .union(OFlags::CLOEXEC)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY);

impl Dir {
    /// Opens a directory, through links.
    pub(super) fn open(path: &Path) -> Result<Self, FileError> {
        Self::open_with(path, DIRECTORY)
    }

    /// Opens a directory that is no symbolic link itself.
    pub(super) fn open_no_link(path: &Path) -> Result<Self, FileError> {
        // A trailing slash would follow the link all the same.
        let path: PathBuf = path.components().collect();
        Self::open_with(&path, DIRECTORY | OFlags::NOFOLLOW)
    }

    fn open_with(path: &Path, flags: OFlags) -> Result<Self, FileError> {
        let opened = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let handle = rustix::fs::open(opened, flags, Mode::empty()).map_err(io::Error::from).at(path)?;
        Ok(Self { handle, path: path.to_owned() })
    }

    /// Opens a directory in this one.
    pub(super) fn subdirectory(&self, name: &str) -> Result<Self, FileError> {
        let path = self.path.join(name);
        let flags = DIRECTORY | OFlags::NOFOLLOW;
        let handle = rustix::fs::openat(&self.handle, name, flags, Mode::empty())
            .map_err(io::Error::from)
            .at(&path)?;
        Ok(Self { handle, path })
    }

    /// Its path, as it was given.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a regular file for reading; no component of `name` may be a link, and a pipe never blocks.
    pub(super) fn read(&self, name: &Path) -> Result<File, FileError> {
        let file = self.beneath(name).map_err(|error| match error {
            Errno::LOOP => io::Error::other(Irregular),
            error => error.into(),
        });
        regular(file.at(self.path.join(name))?.into()).at(self.path.join(name))
    }

    fn beneath(&self, name: &Path) -> Result<OwnedFd, Errno> {
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS | ResolveFlags::NO_SYMLINKS;
        match rustix::fs::openat2(&self.handle, name, READ, Mode::empty(), resolve) {
            // Kernels before 5.6 do not have the call; some sandboxes forbid what they do not know.
            Err(Errno::NOSYS | Errno::PERM) => self.beneath_by_steps(name),
            opened => opened,
        }
    }

    fn beneath_by_steps(&self, name: &Path) -> Result<OwnedFd, Errno> {
        let (parent, last) = (name.parent().unwrap_or(Path::new("")), name.file_name().ok_or(Errno::INVAL)?);
        let mut at: Option<OwnedFd> = None;
        for component in parent.components() {
            let Component::Normal(component) = component else { return Err(Errno::XDEV) };
            let from = at.as_ref().unwrap_or(&self.handle);
            at = Some(rustix::fs::openat(from, component, DIRECTORY | OFlags::NOFOLLOW, Mode::empty())?);
        }
        rustix::fs::openat(at.as_ref().unwrap_or(&self.handle), last, READ, Mode::empty())
    }

    /// Makes a file that must not be there yet, for reading and writing.
    pub(super) fn create(&self, name: &str) -> Result<File, FileError> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let file = rustix::fs::openat(&self.handle, name, flags, FILE_MODE).map_err(io::Error::from);
        file.map(File::from).at(self.path.join(name))
    }

    /// Opens a file that is there, for reading and writing.
    pub(super) fn write(&self, name: &str) -> Result<File, FileError> {
        let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let file = rustix::fs::openat(&self.handle, name, flags, Mode::empty()).map_err(io::Error::from);
        file.map(File::from).at(self.path.join(name))
    }

    /// Makes a directory, and says whether it was not there yet.
    pub(super) fn make_directory(&self, name: &str) -> Result<bool, FileError> {
        match rustix::fs::mkdirat(&self.handle, name, DIRECTORY_MODE) {
            Ok(()) => Ok(true),
            Err(Errno::EXIST) => Ok(false),
            Err(error) => Err(error.into()).at(self.path.join(name)),
        }
    }

    /// Makes a directory that only its owner may enter; its name tells nobody anything, so errors are at the one above.
    pub(super) fn make_private(&self, name: &str) -> Result<(), FileError> {
        let made = rustix::fs::mkdirat(&self.handle, name, Mode::RWXU);
        made.map_err(io::Error::from).at(&self.path)
    }

    /// What the directory itself is.
    pub(super) fn own_stat(&self) -> Result<Stat, FileError> {
        rustix::fs::fstat(&self.handle).map_err(io::Error::from).at(&self.path)
    }

    /// What `name` is, itself and not what it points to; nothing where it is not there.
    pub(super) fn stat(&self, name: impl AsRef<Path>) -> Result<Option<Stat>, FileError> {
        let name = name.as_ref();
        match rustix::fs::statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()).at(self.path.join(name)),
        }
    }

    /// The size of the regular file `name`; nothing where there is none.
    pub(super) fn file_size(&self, name: impl AsRef<Path>) -> Result<Option<u64>, FileError> {
        let stat = self.stat(name)?.filter(|stat| file_type(stat) == FileType::RegularFile);
        Ok(stat.and_then(|stat| u64::try_from(stat.st_size).ok()))
    }

    /// Whether `name` is `file`, and not another that took its place.
    pub(super) fn holds(&self, name: &str, file: &File) -> Result<bool, FileError> {
        let own = rustix::fs::fstat(file).map_err(io::Error::from).at(self.path.join(name))?;
        let found = self.stat(name)?;
        Ok(found.is_some_and(|found| (found.st_dev, found.st_ino) == (own.st_dev, own.st_ino)))
    }

    /// Moves a file to a name in `other`, in place of what had it; both lie on one file system.
    pub(super) fn rename(&self, name: &str, other: &Self, to: &OsStr) -> Result<(), FileError> {
        let renamed = rustix::fs::renameat(&self.handle, name, &other.handle, to);
        renamed.map_err(io::Error::from).at(other.path.join(to))
    }

    /// Swaps a file with the one that has a name in `other`; false where the file system cannot, and nothing is done.
    pub(super) fn exchange(&self, name: &str, other: &Self, with: &OsStr) -> Result<bool, FileError> {
        match rustix::fs::renameat_with(&self.handle, name, &other.handle, with, RenameFlags::EXCHANGE) {
            Ok(()) => Ok(true),
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => Ok(false),
            Err(error) => Err(error.into()).at(other.path.join(with)),
        }
    }

    /// Gives a file one more name in `other`, on the same file system.
    pub(super) fn link(&self, name: &str, other: &Self, to: &str) -> io::Result<()> {
        rustix::fs::linkat(&self.handle, name, &other.handle, to, AtFlags::empty()).map_err(io::Error::from)
    }

    /// Removes a file.
    pub(super) fn remove_file(&self, name: impl AsRef<Path>) -> Result<(), FileError> {
        let removed = rustix::fs::unlinkat(&self.handle, name.as_ref(), AtFlags::empty());
        removed.map_err(io::Error::from).at(self.path.join(name))
    }

    /// Removes an empty directory.
    pub(super) fn remove_directory(&self, name: impl AsRef<Path>) -> Result<(), FileError> {
        let removed = rustix::fs::unlinkat(&self.handle, name.as_ref(), AtFlags::REMOVEDIR);
        removed.map_err(io::Error::from).at(self.path.join(name))
    }

    /// The names in it.
    pub(super) fn names(&self) -> Result<Vec<OsString>, FileError> {
        let entries = rustix::fs::Dir::read_from(&self.handle).map_err(io::Error::from).at(&self.path)?;
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(io::Error::from).at(&self.path)?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name != "." && name != ".." {
                names.push(name.to_owned());
            }
        }
        Ok(names)
    }

    /// Makes what was renamed in it survive a power failure.
    pub(super) fn sync(&self) -> Result<(), FileError> {
        rustix::fs::fsync(&self.handle).map_err(io::Error::from).at(&self.path)
    }
}

/// Opens a regular file by its path, through links; a pipe never blocks.
pub(super) fn open_file(path: &Path) -> Result<File, FileError> {
    let flags = READ.difference(OFlags::NOFOLLOW);
    let file = rustix::fs::open(path, flags, Mode::empty()).map_err(io::Error::from).at(path)?;
    regular(file.into()).at(path)
}

/// What kind of file a `stat` is of.
pub(super) fn file_type(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

fn regular(file: File) -> io::Result<File> {
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other(Irregular)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Read;
    use std::os::unix::fs::symlink;

    fn contents(mut file: File) -> String {
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn links_lead_nowhere_with_and_without_the_system_call() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("a")).unwrap();
        fs::write(root.path().join("a/file"), "x").unwrap();
        symlink("a", root.path().join("link")).unwrap();
        symlink("file", root.path().join("a/link")).unwrap();
        let dir = Dir::open(root.path()).unwrap();
        assert_eq!(contents(dir.read(Path::new("a/file")).unwrap()), "x");
        assert_eq!(contents(dir.beneath_by_steps(Path::new("a/file")).unwrap().into()), "x");
        for name in ["a/link", "link/file", "../x", "/etc/passwd"] {
            assert!(dir.read(Path::new(name)).is_err(), "{name}");
            assert!(dir.beneath_by_steps(Path::new(name)).is_err(), "{name}");
        }
    }

    #[test]
    fn a_pipe_is_refused_at_once() {
        let root = tempfile::tempdir().unwrap();
        let pipe = root.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, Mode::RUSR).unwrap();
        let dir = Dir::open(root.path()).unwrap();
        for opened in [dir.read(Path::new("pipe")), open_file(&pipe), dir.read(Path::new("."))] {
            let error = opened.unwrap_err();
            assert!(error.to_string().ends_with("is no regular file"), "{error}");
        }
    }
}
