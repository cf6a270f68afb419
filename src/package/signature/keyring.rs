//! The keys that are trusted.

use std::collections::BTreeMap;
use std::path::Path;

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

/// Keys that cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A file holds none.
    #[error("`{name}` holds neither a public key in PEM nor an OpenPGP certificate that can be used")]
    NoKey {
        /// The file.
        name: String,
    },
    /// What has to have signed a repository is not there.
    #[error("there is no key `{name}` in the keyring")]
    Missing {
        /// The file or fingerprint.
        name: String,
    },
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
            false => Keys::OpenPgp(Certificate::all(&bytes)),
        };
        if matches!(&keys, Keys::OpenPgp(certificates) if certificates.is_empty()) {
            return Err(KeyError::NoKey { name: name.to_owned() });
        }
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
        if signed_by.is_empty() {
            return Ok(self.all().cloned().collect());
        }
        let mut certificates = Vec::new();
        for signer in signed_by {
            let (name, found) = match signer {
                SignedBy::File(path) => (path.display().to_string(), self.of_file(path)),
                SignedBy::Fingerprint(text) => {
                    (text.clone(), self.all().filter_map(|one| one.narrowed(text)).collect())
                }
                SignedBy::Inline(armour) => ("Signed-By".to_owned(), Certificate::all(armour.as_bytes())),
            };
            if found.is_empty() {
                return Err(KeyError::Missing { name });
            }
            certificates.extend(found);
        }
        Ok(certificates)
    }

    fn all(&self) -> impl Iterator<Item = &Certificate> {
        self.files.values().flat_map(|file| match &file.keys {
            Keys::OpenPgp(certificates) => certificates.as_slice(),
            Keys::Pem => &[],
        })
    }

    /// The certificates of the file with this path, or else of all files with its name.
    fn of_file(&self, path: &Path) -> Vec<Certificate> {
        let certificates = |file: &KeyFile| match &file.keys {
            Keys::OpenPgp(certificates) => certificates.clone(),
            Keys::Pem => Vec::new(),
        };
        match self.files.get(path.to_string_lossy().as_ref()) {
            Some(file) => certificates(file),
            None => {
                let same = |name: &str| Path::new(name).file_name() == path.file_name();
                self.files
                    .iter()
                    .filter(|(name, _)| same(name))
                    .flat_map(|(_, file)| certificates(file))
                    .collect()
            }
        }
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
