//! Blobs under construction, on the file system they will be published on.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::file_error::{At, FileError};
use crate::layer::{BlobSource, SourceError};
use crate::oci::{Descriptor, Digest};

use super::dir::Dir;
use super::layout;
use super::output::Output;
use super::write::temporary;

/// A place for blobs under construction: a private directory that goes when it is dropped.
///
/// It is locked while it is in use, so that one which a killed process left behind is known, and goes at the next start.
#[derive(Clone)]
pub struct Staging(Arc<Place>);

struct Place {
    parent: Dir,
    name: String,
    dir: Dir,
    files: AtomicU64,
    /// Whether blobs go nowhere from here that their bytes may change in.
    is_scratch: bool,
    _lock: File,
}

/// A blob that is being written.
pub struct StagedFile {
    place: Arc<Place>,
    name: String,
    file: BufWriter<File>,
    written: u64,
    complete: bool,
}

impl Staging {
    /// A place on the file system of `output`: in its directory where that exists, else in the nearest one above.
    pub fn beside(output: &Output) -> Result<Self, FileError> {
        let nearest = nearest_directory(output);
        let parent = Dir::open(&nearest)?;
        temporary::sweep(&parent);
        // A build that was killed may have begun further up, before it made the directories of its layout.
        for above in nearest.ancestors().skip(1).filter(|_| matches!(output, Output::Layout { .. })) {
            // What cannot be opened is in nobody's way.
            let _ = Dir::open(above).map(|dir| temporary::sweep(&dir));
        }
        Self::below(parent, false)
    }

    /// A place in the directory `path`, where nothing is written that lasts.
    pub fn within(path: &Path) -> Result<Self, FileError> {
        let parent = Dir::open(path)?;
        temporary::sweep(&parent);
        Self::below(parent, true)
    }

    fn below(parent: Dir, is_scratch: bool) -> Result<Self, FileError> {
        loop {
            if let Some((name, dir, lock)) = Place::make(&parent)? {
                return Ok(Self(Arc::new(Place {
                    parent,
                    name,
                    dir,
                    files: AtomicU64::new(0),
                    is_scratch,
                    _lock: lock,
                })));
            }
        }
    }

    /// A file without a name, on the file system of `output`, that is gone once it is closed.
    pub fn nameless(output: &Output) -> io::Result<File> {
        tempfile::tempfile_in(nearest_directory(output))
    }

    /// A new blob, whose digest is not known yet.
    pub fn create(&self) -> Result<StagedFile, FileError> {
        let name = format!("new-{}", self.0.files.fetch_add(1, Ordering::Relaxed));
        let file = BufWriter::with_capacity(BUFFER, self.0.dir.create(&name)?);
        Ok(StagedFile { place: Arc::clone(&self.0), name, file, written: 0, complete: false })
    }

    /// Its directory. Files there go with it, whatever their names.
    pub fn path(&self) -> &Path {
        self.0.dir.path()
    }

    /// Whether a complete blob is here.
    pub fn has(&self, digest: &Digest) -> bool {
        self.0.dir.file_size(digest.hex()).is_ok_and(|size| size.is_some())
    }

    /// Opens a complete blob.
    pub(super) fn file(&self, digest: &Digest) -> Result<File, FileError> {
        self.0.dir.read(Path::new(&digest.hex()))
    }

    /// Gives a blob a name in another directory as well, without a copy and without making it last; false where that cannot
    /// be, where the name is taken, or where the blob goes to an output, in which others could change its bytes.
    pub(super) fn share(&self, digest: &Digest, dir: &Dir) -> bool {
        self.0.is_scratch && self.0.dir.link(&digest.hex(), dir, &digest.hex()).is_ok()
    }

    /// Gives a blob one more name, in another directory; false where that cannot be, as on another file system.
    pub(super) fn link(&self, digest: &Digest, dir: &Dir, name: &str) -> Result<bool, FileError> {
        let file = self.file(digest)?;
        file.sync_all().at(self.0.dir.path().join(digest.hex()))?;
        match self.0.dir.link(&digest.hex(), dir, name) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::StorageFull => Err(error).at(dir.path().join(name)),
            Err(_) => Ok(false),
        }
    }
}

const BUFFER: usize = 256 << 10;

/// The directory of an output, or, where it is yet to be made, the nearest one above.
fn nearest_directory(output: &Output) -> PathBuf {
    let path = output.path();
    let start = match output {
        Output::Layout { dir, .. } if !dir.is_symlink() => Some(dir.as_path()),
        _ => path.parent(),
    };
    let found = start.into_iter().flat_map(Path::ancestors).find(|dir| dir.is_dir());
    match found {
        Some(dir) => dir.to_owned(),
        None if path.is_absolute() => PathBuf::from("/"),
        None => PathBuf::from("."),
    }
}

impl Place {
    /// A new locked directory; nothing where another process took it for an orphan before it was locked.
    fn make(parent: &Dir) -> Result<Option<(String, Dir, File)>, FileError> {
        let name = temporary::new_name();
        parent.make_private(&name)?;
        match Self::lock(parent, &name) {
            Err(error) if error.source.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => {
                // Nothing is left to do about a failure, and the next sweep tries again.
                let _ = temporary::remove_directory(parent, &name);
                let _ = parent.remove_directory(&name);
                Err(error)
            }
            Ok(locked) => Ok(locked.map(|(dir, lock)| (name, dir, lock))),
        }
    }

    fn lock(parent: &Dir, name: &str) -> Result<Option<(Dir, File)>, FileError> {
        let dir = parent.subdirectory(name)?;
        let lock = dir.create(temporary::LOCK)?;
        let locked = temporary::try_lock(&lock).at(dir.path())? && dir.holds(temporary::LOCK, &lock)?;
        Ok(locked.then_some((dir, lock)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Nothing is left to do about a failure, and the next sweep tries again.
        let _ = temporary::remove_directory(&self.parent, &self.name);
    }
}

impl StagedFile {
    /// Makes the file the blob of this digest; `size` has to be the bytes that were written.
    pub fn complete(mut self, digest: Digest, size: u64) -> Result<(), FileError> {
        let path = self.place.dir.path().join(digest.hex());
        self.file.flush().at(&path)?;
        if self.written != size {
            let problem = format!("{} bytes were written, not {size}", self.written);
            return Err(io::Error::new(io::ErrorKind::InvalidData, problem)).at(path);
        }
        self.place.dir.rename(&self.name, &self.place.dir, digest.hex().as_ref())?;
        self.complete = true;
        Ok(())
    }
}

impl Write for StagedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.written += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for StagedFile {
    fn drop(&mut self) {
        if !self.complete {
            let _ = self.place.dir.remove_file(&self.name);
        }
    }
}

impl BlobSource for Staging {
    fn open(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send>, SourceError> {
        match self.0.dir.read(Path::new(&descriptor.digest.hex())) {
            Ok(file) => Ok(Box::new(file)),
            Err(error) if error.source.kind() == io::ErrorKind::NotFound => Err(layout::absent(descriptor)),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oci::MediaType;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_blob_is_there_once_it_is_complete_and_all_goes_in_the_end() {
        let root = tempfile::tempdir().unwrap();
        let output = Output::Layout { dir: root.path().join("a/b"), tag: None };
        let staging = Staging::beside(&output).unwrap();
        let [place] = names(root.path()).try_into().unwrap();
        assert_eq!(fs::metadata(root.path().join(place)).unwrap().permissions().mode() & 0o777, 0o700);
        let descriptor = Descriptor::of(MediaType::Config, b"text");
        let mut file = staging.create().unwrap();
        file.write_all(b"text").unwrap();
        assert!(matches!(staging.open(&descriptor), Err(SourceError::Missing { .. })));
        file.complete(descriptor.digest, 4).unwrap();
        let mut text = String::new();
        staging.open(&descriptor).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "text");
        drop(staging.create().unwrap());
        drop(staging);
        Staging::nameless(&output).unwrap().write_all(b"text").unwrap();
        assert!(names(root.path()).is_empty());
    }

    #[test]
    fn another_size_than_was_written_is_an_error() {
        let root = tempfile::tempdir().unwrap();
        let output = Output::OciArchive { file: root.path().join("x.tar"), tag: None };
        let staging = Staging::beside(&output).unwrap();
        assert!(staging.create().unwrap().complete(Digest::of(b""), 1).is_err());
        assert!(!staging.has(&Digest::of(b"")));
    }

    #[test]
    fn two_places_do_not_sweep_each_other() {
        let root = tempfile::tempdir().unwrap();
        let output = Output::Layout { dir: root.path().to_owned(), tag: None };
        let (one, other) = (Staging::beside(&output).unwrap(), Staging::beside(&output).unwrap());
        assert_eq!(names(root.path()).len(), 2);
        drop((one, other));
        assert!(names(root.path()).is_empty());
    }

    #[test]
    fn what_a_killed_build_left_above_its_layout_goes() {
        let root = tempfile::tempdir().unwrap();
        let output = Output::Layout { dir: root.path().join("a/b"), tag: None };
        fs::create_dir_all(root.path().join("a/b")).unwrap();
        for orphan in [".overcoat-1", "a/.overcoat-2", "a/b/.overcoat-3"] {
            fs::create_dir(root.path().join(orphan)).unwrap();
        }
        drop(Staging::beside(&output).unwrap());
        assert_eq!([names(root.path()), names(&root.path().join("a"))], [["a"], ["b"]]);
        assert!(names(&root.path().join("a/b")).is_empty());
    }
}
