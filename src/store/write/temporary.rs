//! Files and directories under construction: locked while somebody works on them, gone afterwards.

use std::ffi::{OsStr, OsString};
use std::fs::{File, TryLockError};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};
use std::ops::Deref;
use std::path::Path;

use rustix::fs::FileType;

use crate::file_error::{At, FileError};
use crate::store::dir::{Dir, file_type};

/// A new file without a name of its own yet; it goes unless it is given one. `D` is the directory it is in.
#[derive(Debug)]
pub(in crate::store) struct TemporaryFile<D: Deref<Target = Dir>> {
    dir: D,
    name: String,
    file: File,
    kept: bool,
}

const PREFIX: &str = ".overcoat-";

/// Whether a file's name is one of these.
pub(in crate::store) fn is_name(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(PREFIX.as_bytes())
}

/// A name that nothing has yet.
pub(in crate::store) fn new_name() -> String {
    format!("{PREFIX}{:016x}", RandomState::new().build_hasher().finish())
}

impl<D: Deref<Target = Dir> + Clone> TemporaryFile<D> {
    /// A new file in `dir`, mode 0644 less the umask.
    pub(in crate::store) fn create(dir: D) -> Result<Self, FileError> {
        loop {
            let name = new_name();
            let file = match dir.create(&name) {
                Err(error) if error.source.kind() == io::ErrorKind::AlreadyExists => continue,
                file => file?,
            };
            let made = Self { dir: dir.clone(), name, file, kept: false };
            // Between its creation and its lock, another process may have taken the file for an orphan.
            let path = made.dir.path().join(&made.name);
            if try_lock(&made.file).at(path)? && made.dir.holds(&made.name, &made.file)? {
                return Ok(made);
            }
        }
    }

    /// The file itself.
    pub(in crate::store) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Gives the file a name in `to`, in place of what had it, once its bytes are on the disk.
    ///
    /// The name itself is there for good after [`Dir::sync`].
    pub(in crate::store) fn persist(mut self, to: &Dir, name: impl AsRef<OsStr>) -> Result<(), FileError> {
        self.sync(to, name.as_ref())?;
        self.rename(to, name.as_ref())
    }

    /// Gives the file a name in `to` for good, in place of what had it; after a failure, what had the name has it again.
    ///
    /// File systems that cannot swap two files lose the old one where all that fails is to make the new name last.
    pub(in crate::store) fn replace(mut self, to: &Dir, name: impl AsRef<OsStr>) -> Result<(), FileError> {
        let name = name.as_ref();
        self.sync(to, name)?;
        let is_new = to.stat(name)?.is_none();
        // The old file is the temporary one from here on.
        let swapped = to.file_size(name)?.is_some() && self.dir.exchange(&self.name, to, name)?;
        if !swapped {
            self.rename(to, name)?;
        }
        to.sync().inspect_err(|_| {
            // Nothing is left to do about one more failure.
            let _ = match (swapped, is_new) {
                (true, _) => self.dir.exchange(&self.name, to, name).map(drop),
                (false, true) => to.remove_file(name),
                (false, false) => Ok(()),
            };
        })
    }

    fn sync(&self, to: &Dir, name: &OsStr) -> Result<(), FileError> {
        let size = self.file.metadata().map_or(0, |metadata| metadata.len());
        self.file.sync_all().at_sized(to.path().join(name), size)
    }

    /// Gives the file a name in `to`, in place of what had it; after a power failure it may lack bytes.
    pub(in crate::store) fn rename(&mut self, to: &Dir, name: &OsStr) -> Result<(), FileError> {
        self.dir.rename(&self.name, to, name)?;
        self.kept = true;
        Ok(())
    }
}

impl<D: Deref<Target = Dir>> Write for TemporaryFile<D> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl<D: Deref<Target = Dir>> Drop for TemporaryFile<D> {
    fn drop(&mut self) {
        if !self.kept {
            // Nothing is left to do about a failure, and the next sweep tries again.
            let _ = self.dir.remove_file(&self.name);
        }
    }
}

/// The file in a temporary directory that is locked while the directory is in use.
pub(in crate::store) const LOCK: &str = "lock";

/// Takes a file's lock; false where another has it.
pub(in crate::store) fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Removes from `dir` what processes left behind that were killed: our own files and directories that nobody locks.
///
/// What cannot be removed stays; it is in nobody's way.
pub(in crate::store) fn sweep(dir: &Dir) {
    for name in dir.names().unwrap_or_default().iter().filter(|name| is_name(name)) {
        let _ = sweep_one(dir, name);
    }
}

fn sweep_one(dir: &Dir, name: &OsString) -> Result<(), FileError> {
    let (Some(text), Some(stat)) = (name.to_str(), dir.stat(name)?) else { return Ok(()) };
    if stat.st_uid != rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    match file_type(&stat) {
        FileType::RegularFile => {
            // One that was replaced may be read-only.
            let file = dir.write(text).or_else(|_| dir.read(Path::new(text)))?;
            if try_lock(&file).at(dir.path())? && dir.holds(text, &file)? {
                dir.remove_file(text)?;
            }
            Ok(())
        }
        FileType::Directory => match dir.subdirectory(text)?.write(LOCK) {
            Ok(lock) if try_lock(&lock).at(dir.path())? => remove_directory(dir, text),
            Ok(_) => Ok(()),
            // Killed, or about to make its lock: then it notices, as the directory goes only while it is empty.
            Err(_) => dir.remove_directory(text),
        },
        _ => Ok(()),
    }
}

/// Removes a directory that holds files and no directories.
pub(in crate::store) fn remove_directory(dir: &Dir, name: &str) -> Result<(), FileError> {
    let inner = dir.subdirectory(name)?;
    for file in inner.names()?.iter().filter(|file| *file != LOCK) {
        inner.remove_file(file)?;
    }
    inner.remove_file(LOCK)?;
    dir.remove_directory(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_file_without_a_name_goes_and_a_named_one_stays() {
        let root = tempfile::tempdir().unwrap();
        let dir = Dir::open(root.path()).unwrap();
        let mut file = TemporaryFile::create(&dir).unwrap();
        file.write_all(b"text").unwrap();
        drop(TemporaryFile::create(&dir).unwrap());
        file.persist(&dir, "name").unwrap();
        assert_eq!(dir.names().unwrap(), ["name"]);
        assert_eq!(fs::read(root.path().join("name")).unwrap(), b"text");
    }

    #[test]
    fn a_file_that_is_replaced_is_gone_and_one_that_is_new_stays() {
        let root = tempfile::tempdir().unwrap();
        let dir = Dir::open(root.path()).unwrap();
        for text in ["one", "other"] {
            let mut file = TemporaryFile::create(&dir).unwrap();
            file.write_all(text.as_bytes()).unwrap();
            file.replace(&dir, "name").unwrap();
            assert_eq!(dir.names().unwrap(), ["name"]);
            assert_eq!(fs::read_to_string(root.path().join("name")).unwrap(), text);
        }
    }

    #[test]
    fn a_directory_is_not_replaced() {
        let root = tempfile::tempdir().unwrap();
        let dir = Dir::open(root.path()).unwrap();
        fs::create_dir(root.path().join("name")).unwrap();
        assert!(TemporaryFile::create(&dir).unwrap().replace(&dir, "name").is_err());
        assert_eq!(dir.names().unwrap(), ["name"]);
        assert!(root.path().join("name").is_dir());
    }

    #[test]
    fn a_sweep_takes_orphans_and_leaves_what_is_in_use() {
        let root = tempfile::tempdir().unwrap();
        let dir = Dir::open(root.path()).unwrap();
        for orphan in [".overcoat-1", ".overcoat-2/lock", ".overcoat-2/blob", ".overcoat-3/"] {
            let path = root.path().join(orphan);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            if orphan.ends_with('/') { fs::create_dir(path).unwrap() } else { fs::write(path, "").unwrap() }
        }
        fs::write(root.path().join("mine"), "").unwrap();
        let used = TemporaryFile::create(&dir).unwrap();
        sweep(&dir);
        let mut names = dir.names().unwrap();
        names.sort();
        assert_eq!(names, [used.name.as_str(), "mine"]);
    }
}
