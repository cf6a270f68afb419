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

/// Whether an error means that the device is full or a quota or file size limit is reached.
pub fn is_no_space(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}

/// Adds the file to an [`io::Result`].
pub trait At<T> {
    /// Turns the error into a [`FileError`] for `path`.
    fn at(self, path: impl AsRef<Path>) -> Result<T, FileError>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: impl AsRef<Path>) -> Result<T, FileError> {
        self.map_err(|source| FileError { path: path.as_ref().to_owned(), source })
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
}
