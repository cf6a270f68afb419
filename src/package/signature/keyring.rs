//! The keys that are trusted.

use std::collections::BTreeMap;

use super::openpgp::Certificate;
use crate::code::{Code, Coded};
use crate::oci::{Digest, Hasher};
use crate::package::SignedBy;

/// Key files by name: PEM keys of apk, which signatures name by their file, and OpenPGP certificates.
#[derive(Clone, Debug, Default)]
pub struct Keyring {
    files: BTreeMap<String, KeyFile>,
}

#[derive(Clone, Debug)]
struct KeyFile {
    bytes: Vec<u8>,
    keys: Keys,
}

#[derive(Clone, Debug)]
enum Keys {
    /// A public key in PEM, for apk.
    Pem,
    /// OpenPGP certificates.
    OpenPgp(Vec<Certificate>),
}

/// A file that holds no keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` holds no key: {problem}")]
pub struct KeyError {
    /// The file.
    pub name: String,
    /// What is wrong with it.
    pub problem: String,
}

impl Coded for KeyError {
    fn code(&self) -> Code {
        Code::PackageKey
    }
}

impl Keyring {
    /// Adds a file under its path or URL, in place of one that had it: a public key in PEM, or OpenPGP certificates, binary
    /// or in armour.
    pub fn add(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), KeyError> {
        let keys = match is_pem(&bytes) {
            true => Keys::Pem,
            false => Keys::OpenPgp(
                Certificate::all(&bytes).map_err(|problem| KeyError { name: name.to_owned(), problem })?,
            ),
        };
        self.files.insert(name.to_owned(), KeyFile { bytes, keys });
        Ok(())
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The PEM of the public key whose file has this name, without directories: what signatures of apk say.
    pub fn pem(&self, file_name: &str) -> Option<&[u8]> {
        let named = |path: &str| path.rsplit('/').next() == Some(file_name);
        let mut files =
            self.files.iter().filter(|(path, file)| matches!(file.keys, Keys::Pem) && named(path));
        files.next().map(|(_, file)| file.bytes.as_slice())
    }

    /// The certificates of which one has to have signed: all, where nothing is said; else those of the files and
    /// fingerprints that are named, and those that stand there themselves.
    pub fn certificates(&self, signed_by: &[SignedBy]) -> Result<Vec<Certificate>, KeyError> {
        let _ = signed_by;
        unimplemented!()
    }

    /// What tells this keyring from others: names and bytes.
    pub fn digest(&self) -> Digest {
        let mut hasher = Hasher::default();
        for (name, file) in &self.files {
            hasher.update(&(name.len() as u64).to_le_bytes());
            hasher.update(name.as_bytes());
            hasher.update(&(file.bytes.len() as u64).to_le_bytes());
            hasher.update(&file.bytes);
        }
        hasher.finish()
    }
}

/// Whether a file is a public key in PEM.
fn is_pem(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(b"-----BEGIN PUBLIC KEY-----")
}
