//! The directory of a store: whose it must be, and what lies where.

use std::fs::DirBuilder;
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::code::{Code, Coded};
use crate::file_error::{At, FileError};
use crate::store::dir::Dir;
use crate::store::write::temporary::{self, TemporaryFile};

/// A directory that cannot be a store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It is a symbolic link.
    #[error("store `{}` is a symbolic link, which is not followed", .0.display())]
    Link(PathBuf),
    /// It is something else than a directory.
    #[error("store `{}` is no directory", .0.display())]
    NoDirectory(PathBuf),
    /// It belongs to another user.
    #[error("store `{}` belongs to user {owner}, not to {user}", path.display())]
    Owner {
        /// The directory.
        path: PathBuf,
        /// The user it belongs to.
        owner: u32,
        /// The user that runs.
        user: u32,
    },
    /// Others may enter it.
    #[error("store `{}` has mode {mode:04o}, so that other users may enter it", path.display())]
    Mode {
        /// The directory.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// It holds something else.
    #[error("store `{}` is neither empty nor a store", .0.display())]
    NoStore(PathBuf),
    /// It cannot be made or looked at.
    #[error(transparent)]
    File(#[from] FileError),
}

impl Coded for StoreError {
    fn code(&self) -> Code {
        match self {
            Self::File(error) => error.code(),
            _ => Code::Store,
        }
    }
}

/// What lies where in a store.
#[derive(Debug)]
pub(super) struct Place {
    root: Dir,
    /// Layer indexes, by key.
    pub(super) indexes: Dir,
    /// Records of assembled layers, by key.
    pub(super) layers: Dir,
    /// Blobs, by the hexadecimal digits of their sha256.
    pub(super) blobs: Dir,
    /// What was learned of registries, by key.
    pub(super) registries: Dir,
    /// What is known of packages and their repositories, by key.
    pub(super) packages: Dir,
    /// Files under construction.
    pub(super) new: Arc<Dir>,
}

/// The file that tells a store, and backup programs that they may leave it out: <https://bford.info/cachedir/>.
const MARKER: &str = "CACHEDIR.TAG";
const MARKER_CONTENT: &str =
    "Signature: 8a477f597d28d172789f06886806bc55\n# The store of overcoat: all of it can be made again.\n";

impl Place {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        if let Err(error) = made.at(path)
            && error.source.kind() != io::ErrorKind::AlreadyExists
        {
            return Err(error.into());
        }
        let root = open_own(path)?;
        if !is_marked(&root)? {
            mark(&root)?;
        }
        temporary::sweep(&root);
        let new = subdirectory(&root, "new")?;
        temporary::sweep(&new);
        let blobs = subdirectory(&subdirectory(&root, "blobs")?, "sha256")?;
        let (indexes, layers) = (subdirectory(&root, "indexes")?, subdirectory(&root, "layers")?);
        let (registries, packages) = (subdirectory(&root, "registries")?, subdirectory(&root, "packages")?);
        Ok(Self { root, indexes, layers, blobs, registries, packages, new: Arc::new(new) })
    }

    pub(super) fn path(&self) -> &Path {
        self.root.path()
    }
}

/// Opens the directory, which has to belong to the user that runs, and to be closed to all others.
fn open_own(path: &Path) -> Result<Dir, StoreError> {
    if path.is_symlink() {
        return Err(StoreError::Link(path.to_owned()));
    }
    if !path.is_dir() {
        return Err(StoreError::NoDirectory(path.to_owned()));
    }
    let root = Dir::open_no_link(path)?;
    let stat = root.own_stat()?;
    let user = rustix::process::geteuid().as_raw();
    if stat.st_uid != user {
        return Err(StoreError::Owner { path: path.to_owned(), owner: stat.st_uid, user });
    }
    let mode = stat.st_mode & 0o7777;
    if mode & 0o077 != 0 {
        return Err(StoreError::Mode { path: path.to_owned(), mode });
    }
    Ok(root)
}

fn is_marked(root: &Dir) -> Result<bool, FileError> {
    Ok(root.file_size(MARKER)?.is_some_and(|size| size == MARKER_CONTENT.len() as u64))
}

/// Makes an empty directory a store, for good: after a power failure, what is in it would be no store without its marker.
fn mark(root: &Dir) -> Result<(), StoreError> {
    let names = root.names()?;
    // Others that make it a store at this moment are seen by their marker's temporary name.
    if names.iter().any(|name| name != MARKER && !temporary::is_name(name)) && !is_marked(root)? {
        return Err(StoreError::NoStore(root.path().to_owned()));
    }
    let mut marker = TemporaryFile::create(root)?;
    marker.write_all(MARKER_CONTENT.as_bytes()).at(root.path().join(MARKER))?;
    marker.persist(root, MARKER)?;
    Ok(root.sync()?)
}

fn subdirectory(dir: &Dir, name: &str) -> Result<Dir, FileError> {
    match dir.subdirectory(name) {
        Err(error) if error.source.kind() == io::ErrorKind::NotFound => {
            dir.make_directory(name)?;
            dir.subdirectory(name)
        }
        opened => opened,
    }
}
