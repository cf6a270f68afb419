//! Images added to a layout, which is whole at every moment: the blobs first, then the index that names them.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use crate::file_error::{At, FileError};
use crate::image::{Publication, PublishedLayer};
use crate::interrupt::Interrupt;
use crate::layer::{SourceError, VerifiedReader};
use crate::oci::Digest;
use crate::store::dir::Dir;
use crate::store::layout;
use crate::store::output::{LOCK, OutputError, State, no_layout, state};

use super::copy::{Goal, copy};
use super::layout_index::with_entries;
use super::temporary::{self, TemporaryFile};
use super::{Copying, WriteError};

/// How long to wait before asking again for a lock that another process holds.
const PATIENCE: Duration = Duration::from_millis(10);
/// How often to begin anew when a directory vanishes.
const ATTEMPTS: u32 = 1_000;

/// Adds an image under `names` to the layout in `path`, which is made where it is missing.
///
/// Other writers wait meanwhile. After a failure the directory is as it was, or absent if it was.
pub(super) fn write(
    path: &Path,
    names: &[String],
    publication: &Publication,
    copying: &Copying<'_>,
) -> Result<(), WriteError> {
    let mut layout = LockedLayout::open(path, copying.interrupt)?;
    for layer in publication.layers() {
        layout.layer(layer, copying)?;
    }
    for (digest, bytes) in publication.documents() {
        copying.interrupt.check()?;
        layout.document(&digest, bytes)?;
    }
    layout.publish(names, publication, copying)
}

/// A layout that no other process writes to.
struct LockedLayout {
    made: Made,
    /// `blobs/sha256`
    blobs: Dir,
    /// `blobs`
    all_blobs: Dir,
    dir: Rc<Dir>,
    // Dropped last: what was made is unmade under the lock.
    _lock: File,
}

impl LockedLayout {
    fn open(path: &Path, interrupt: &Interrupt) -> Result<Self, WriteError> {
        let mut outer = Outer::default();
        let Locked { dir, lock, new } = Locked::open(path, &mut outer, interrupt)?;
        let dir = Rc::new(dir);
        let mut made = Made { outer, inner: Vec::new(), dir: Rc::clone(&dir) };
        if new {
            made.inner.push(Inner::File(LOCK.into()));
        }
        temporary::sweep(&dir);
        let (all_blobs, blobs) = Self::prepare(&dir, &mut made)?;
        Ok(Self { made, blobs, all_blobs, dir, _lock: lock })
    }

    /// Makes an empty directory a layout, and opens `blobs` and `blobs/sha256`.
    fn prepare(dir: &Dir, made: &mut Made) -> Result<(Dir, Dir), WriteError> {
        let state = state(dir)?;
        if state == State::Parts {
            return Err(no_layout(dir, "it has no `oci-layout`").into());
        }
        if state == State::Empty {
            let mut marker = TemporaryFile::create(dir)?;
            let content = layout::MARKER_CONTENT.as_bytes();
            marker.write_all(content).at_sized(dir.path().join(layout::MARKER), content.len() as u64)?;
            marker.persist(dir, layout::MARKER)?;
            made.inner.push(Inner::File(layout::MARKER.into()));
            // Blobs without a marker would be no layout, if the power failed.
            dir.sync()?;
        }
        if dir.make_directory(layout::BLOBS)? {
            made.inner.push(Inner::Directory(layout::BLOBS));
        }
        let blobs = dir.subdirectory(layout::BLOBS)?;
        if blobs.make_directory("sha256")? {
            made.inner.push(Inner::Directory("blobs/sha256"));
        }
        let sha256 = blobs.subdirectory("sha256")?;
        Ok((blobs, sha256))
    }

    /// Adds a layer; one that is there with its size counts.
    fn layer(&mut self, layer: &PublishedLayer, copying: &Copying<'_>) -> Result<(), WriteError> {
        let descriptor = &layer.descriptor;
        let Some(new) = self.missing(&descriptor.digest, descriptor.size)? else {
            (copying.progress)(descriptor.size);
            return Ok(());
        };
        if new && self.link(layer, copying)? {
            return Ok(());
        }
        let reader = match layer.blob.open(descriptor) {
            Ok(reader) => reader,
            // Its descriptor says where it is; readers that want it know the way.
            Err(SourceError::Foreign { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let mut reader = VerifiedReader::new(reader, descriptor);
        let mut file = TemporaryFile::create(&*self.dir)?;
        let path = self.blobs.path().join(descriptor.digest.hex());
        let goal = Goal { path, size: descriptor.size };
        copy(descriptor.digest, &mut reader, &mut file, &goal, copying)?;
        file.persist(&self.blobs, descriptor.digest.hex())?;
        self.made.blob(&descriptor.digest, new);
        Ok(())
    }

    /// Adds a blob that is staged on the same file system without copying it.
    fn link(&mut self, layer: &PublishedLayer, copying: &Copying<'_>) -> Result<bool, WriteError> {
        let (digest, size) = (&layer.descriptor.digest, layer.descriptor.size);
        let Some(staging) = copying.staging.filter(|staging| staging.has(digest)) else { return Ok(false) };
        if !staging.link(digest, &self.blobs, &digest.hex())? {
            return Ok(false);
        }
        self.made.blob(digest, true);
        (copying.progress)(size);
        Ok(true)
    }

    fn document(&mut self, digest: &Digest, bytes: &[u8]) -> Result<(), WriteError> {
        let Some(new) = self.missing(digest, bytes.len() as u64)? else { return Ok(()) };
        let mut file = TemporaryFile::create(&*self.dir)?;
        file.write_all(bytes).at_sized(self.blobs.path().join(digest.hex()), bytes.len() as u64)?;
        file.persist(&self.blobs, digest.hex())?;
        self.made.blob(digest, new);
        Ok(())
    }

    /// Whether a blob has to be written, and if so, whether nothing is in its place yet.
    fn missing(&self, digest: &Digest, size: u64) -> Result<Option<bool>, FileError> {
        if self.blobs.file_size(digest.hex())? == Some(size) {
            return Ok(None);
        }
        Ok(Some(self.blobs.stat(digest.hex())?.is_none()))
    }

    /// Names the image, once everything below it is on the disk.
    fn publish(
        &mut self,
        names: &[String],
        publication: &Publication,
        copying: &Copying<'_>,
    ) -> Result<(), WriteError> {
        // All of it, for what is there already may be what a killed process could not make last.
        for dir in [&self.blobs, &self.all_blobs, &self.dir] {
            dir.sync()?;
        }
        let path = self.dir.path().join(layout::INDEX);
        let existing = self.existing_index(&path, copying.limits.document_bytes)?;
        let index = with_entries(existing.as_deref(), &publication.descriptor(), names)
            .map_err(|problem| OutputError::NoLayout { dir: path.clone(), problem })?;
        if existing.as_ref() != Some(&index) {
            let mut file = TemporaryFile::create(&*self.dir)?;
            file.write_all(&index).at_sized(&path, index.len() as u64)?;
            file.replace(&self.dir, layout::INDEX)?;
        }
        self.made.keep();
        Ok(())
    }

    fn existing_index(&self, path: &Path, limit: u64) -> Result<Option<Vec<u8>>, WriteError> {
        let file = match self.dir.read(Path::new(layout::INDEX)) {
            Err(error) if is_absent(&error) => return Ok(None),
            file => file?,
        };
        let mut bytes = Vec::new();
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes).at(path)?;
        if bytes.len() as u64 > limit {
            let problem = format!("it has more than {limit} bytes");
            return Err(OutputError::NoLayout { dir: path.to_owned(), problem }.into());
        }
        Ok(Some(bytes))
    }
}

/// A directory whose lock is held.
struct Locked {
    dir: Dir,
    lock: File,
    /// Whether the lock's file was made.
    new: bool,
}

impl Locked {
    /// Takes the lock of the directory `path`, which is made where it is missing.
    ///
    /// Who fails to make a layout takes it away again: what was there a moment ago may be gone.
    fn open(path: &Path, outer: &mut Outer, interrupt: &Interrupt) -> Result<Self, WriteError> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            match Self::attempt(path, outer, interrupt) {
                Ok(Some(locked)) => return Ok(locked),
                Ok(None) => {}
                Err(WriteError::File(error)) if attempts < ATTEMPTS && is_absent(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn attempt(path: &Path, outer: &mut Outer, interrupt: &Interrupt) -> Result<Option<Self>, WriteError> {
        outer.make(path)?;
        let dir = Dir::open_no_link(path)?;
        state(&dir)?;
        let (lock, new) = match dir.create(LOCK) {
            Err(error) if error.source.kind() == io::ErrorKind::AlreadyExists => (dir.write(LOCK)?, false),
            file => (file?, true),
        };
        let unmade = |_: &FileError| {
            if new {
                // Nothing is left to do about a failure.
                let _ = dir.remove_file(LOCK);
            }
        };
        while !temporary::try_lock(&lock).at(dir.path().join(LOCK)).inspect_err(unmade)? {
            interrupt.check()?;
            std::thread::sleep(PATIENCE);
        }
        let held = dir.holds(LOCK, &lock).inspect_err(unmade)?;
        Ok(held.then_some(Self { dir, lock, new }))
    }
}

fn is_absent(error: &FileError) -> bool {
    error.source.kind() == io::ErrorKind::NotFound
}

/// What goes again unless it is kept.
struct Made {
    dir: Rc<Dir>,
    inner: Vec<Inner>,
    outer: Outer,
}

/// What was made in a layout.
enum Inner {
    File(OsString),
    Directory(&'static str),
}

/// Directories that were made, outermost first; they go again as far as they are empty.
#[derive(Default)]
struct Outer(Vec<PathBuf>);

impl Made {
    /// Remembers a blob; one that took a broken one's place is not `new`, and stays.
    fn blob(&mut self, digest: &Digest, new: bool) {
        if new {
            self.inner.push(Inner::File(layout::blob_path(digest).into()));
        }
    }

    fn keep(&mut self) {
        self.inner.clear();
        self.outer.0.clear();
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        for made in self.inner.iter().rev() {
            // Nothing is left to do about a failure; a blob that nothing names is no harm.
            let _ = match made {
                Inner::File(name) => self.dir.remove_file(name),
                Inner::Directory(name) => self.dir.remove_directory(name),
            };
        }
    }
}

impl Outer {
    /// Makes a directory and those above it that are missing.
    fn make(&mut self, path: &Path) -> Result<(), FileError> {
        let missing = |path: &&Path| !path.as_os_str().is_empty() && path.symlink_metadata().is_err();
        let mut missing: Vec<_> = path.ancestors().take_while(missing).collect();
        missing.reverse();
        for path in missing {
            match fs::DirBuilder::new().mode(0o755).create(path) {
                Ok(()) => self.0.push(path.to_owned()),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error).at(path),
            }
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            Dir::open(parent.unwrap_or(Path::new(".")))?.sync()?;
        }
        Ok(())
    }
}

impl Drop for Outer {
    fn drop(&mut self) {
        for path in self.0.iter().rev() {
            let _ = fs::remove_dir(path);
        }
    }
}
