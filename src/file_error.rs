//! I/O errors that know their file.

use std::io;
use std::path::{Path, PathBuf};

/// An I/O error and the file or directory it happened at.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
pub struct FileError {
    /// The file or directory that was touched.
    pub path: PathBuf,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

/// A file that is a directory, a link, a pipe or a device where a regular one is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no regular file")]
pub struct Irregular;

/// Whether an error means that the device is full or a quota or file size limit is reached.
pub fn is_no_space(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}

/// An error of a device without space, and how much of it would have been needed.
#[derive(Debug, thiserror::Error)]
#[error("{source}; the file needs {bytes} bytes")]
struct Needed {
    source: io::Error,
    bytes: u64,
}

/// Adds the file to an [`io::Result`].
pub trait At<T> {
    /// Turns the error into a [`FileError`] for `path`.
    fn at(self, path: impl AsRef<Path>) -> Result<T, FileError>;

    /// Turns the error into a [`FileError`] for `path`, which says how many bytes the whole file needs where space is
    /// what is missing.
    fn at_sized(self, path: impl AsRef<Path>, bytes: u64) -> Result<T, FileError>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: impl AsRef<Path>) -> Result<T, FileError> {
        self.map_err(|source| FileError { path: path.as_ref().to_owned(), source })
    }

    fn at_sized(self, path: impl AsRef<Path>, bytes: u64) -> Result<T, FileError> {
        let needed = |source: io::Error| match is_no_space(&source) {
            true => io::Error::new(source.kind(), Needed { source, bytes }),
            false => source,
        };
        self.map_err(needed).at(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_its_file() {
        let error = std::fs::read("/nowhere/at/all").at("/nowhere/at/all").unwrap_err();
        assert!(error.to_string().starts_with("/nowhere/at/all: "), "{error}");
        assert!(!is_no_space(&error.source));
    }

    #[test]
    fn only_a_full_disk_has_needs() {
        let error = |kind: io::ErrorKind| Err::<(), _>(kind.into()).at_sized("x", 5).unwrap_err();
        let full = error(io::ErrorKind::StorageFull);
        assert_eq!(full.to_string(), "x: no storage space; the file needs 5 bytes");
        assert!(is_no_space(&full.source));
        assert_eq!(error(io::ErrorKind::BrokenPipe).to_string(), "x: broken pipe");
    }
}
