//! Specifications as files.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::yaml::LARGEST;
use crate::code::{Code, Coded};
use crate::file_error::{At as _, FileError};

/// A specification as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecFile {
    /// Its name, for messages.
    pub name: String,
    /// The directory that its relative paths start in.
    pub dir: PathBuf,
    /// Its text.
    pub text: String,
}

/// A file that cannot be a specification.
#[derive(Debug, thiserror::Error)]
pub enum SpecFileError {
    /// It cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// It has more bytes than a specification may have.
    #[error("{name}: a specification has at most {LARGEST} bytes")]
    Size {
        /// Its name.
        name: String,
    },
    /// It is no UTF-8.
    #[error("{name}:{line}: the text is no UTF-8")]
    Encoding {
        /// Its name.
        name: String,
        /// The line that is not.
        line: usize,
    },
}

impl Coded for SpecFileError {
    fn code(&self) -> Code {
        match self {
            Self::File(error) => error.code(),
            Self::Size { .. } => Code::LimitSpec,
            Self::Encoding { .. } => Code::SpecYaml,
        }
    }
}

impl SpecFile {
    /// Reads a specification from a file; relative paths in it start in the file's directory.
    pub fn open(path: &Path) -> Result<Self, SpecFileError> {
        let file = File::open(path).at(path)?;
        let mut bytes = Vec::new();
        file.take(LARGEST as u64 + 1).read_to_end(&mut bytes).at(path)?;
        let dir = path.parent().unwrap_or(Path::new(""));
        Self::from_bytes(path.display().to_string(), dir, bytes)
    }

    /// A specification that came from elsewhere, such as standard input; relative paths in it start in `dir`.
    pub fn from_bytes(name: String, dir: &Path, bytes: Vec<u8>) -> Result<Self, SpecFileError> {
        if bytes.len() > LARGEST {
            return Err(SpecFileError::Size { name });
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self { name, dir: dir.to_owned(), text }),
            Err(error) => {
                let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
                let line = 1 + before.iter().filter(|b| **b == b'\n').count();
                Err(SpecFileError::Encoding { name, line })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_knows_its_directory() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.yaml");
        std::fs::write(&path, "name: x").unwrap();
        let file = SpecFile::open(&path).unwrap();
        assert_eq!((file.dir.as_path(), file.text.as_str()), (dir.path(), "name: x"));
        assert_eq!(SpecFile::open(dir.path()).unwrap_err().code(), Code::Io);
    }

    #[test]
    fn s01_what_is_no_utf8_or_too_large_is_refused() {
        let read = |bytes| SpecFile::from_bytes("x".to_owned(), Path::new(""), bytes).unwrap_err();
        let encoding = read(b"a: b\nc: \xff\n".to_vec());
        assert_eq!(encoding.to_string(), "x:2: the text is no UTF-8");
        assert_eq!(read(b"a\0\xfe".to_vec()).code(), Code::SpecYaml);
        assert_eq!(read(vec![b' '; 2 << 20]).code(), Code::LimitSpec);
    }
}
