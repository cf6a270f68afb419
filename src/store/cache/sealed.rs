//! Entries that are found by key: their own bytes do not tell what they should be, so each carries its key and a checksum.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::file_error::FileError;
use crate::oci::Hasher;
use crate::store::dir::Dir;

use super::key::Key;

/// What every entry begins with.
const MAGIC: &[u8; 16] = b"overcoat store 1";
const HEAD: u64 = 16 + 32;
const CHECKSUM: usize = 32;
const BUFFER: usize = 64 << 10;

/// Writes an entry: magic, key, body, and the sha256 of all that.
pub(super) fn write(
    new: &Dir,
    to: &Dir,
    key: &Key,
    body: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), FileError> {
    super::make(new, to, &key.hex(), |file| {
        let mut out = BufWriter::with_capacity(BUFFER, Hashed::new(file));
        out.write_all(MAGIC)?;
        out.write_all(key.bytes())?;
        body(&mut out)?;
        let Hashed { inner, hasher } = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        inner.write_all(hasher.finish().bytes())
    })
}

/// Writes an entry that is a small value.
pub(super) fn write_value(new: &Dir, to: &Dir, key: &Key, value: &impl Serialize) -> Result<(), FileError> {
    write(new, to, key, |out| out.write_all(&postcard::to_allocvec(value).map_err(io::Error::other)?))
}

/// Reads the body of an entry that is a small value.
pub(super) fn value<T: DeserializeOwned>(input: &mut dyn Read) -> io::Result<T> {
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes)?;
    postcard::from_bytes(&bytes).map_err(io::Error::other)
}

/// Reads an entry; nothing where there is none. One that is broken goes.
pub(super) fn read<T>(dir: &Dir, key: &Key, body: impl FnOnce(&mut dyn Read) -> io::Result<T>) -> Option<T> {
    let name = key.hex();
    let file = dir.read(Path::new(&name)).ok()?;
    match verified(&file, key, body) {
        Ok(value) => {
            super::touch(&file);
            Some(value)
        }
        Err(_) => {
            // Unless another process has made it anew in the meantime.
            if dir.holds(&name, &file).unwrap_or(false) {
                let _ = dir.remove_file(name);
            }
            None
        }
    }
}

fn verified<T>(file: &File, key: &Key, body: impl FnOnce(&mut dyn Read) -> io::Result<T>) -> io::Result<T> {
    let length = file.metadata()?.len().checked_sub(CHECKSUM as u64).ok_or_else(broken)?;
    let mut input = BufReader::with_capacity(BUFFER, file);
    let mut hashed = Hashed::new((&mut input).take(length));
    let mut head = [0; HEAD as usize];
    hashed.read_exact(&mut head)?;
    if head != *[&MAGIC[..], key.bytes()].concat() {
        return Err(broken());
    }
    let value = body(&mut hashed)?;
    if hashed.inner.limit() != 0 {
        return Err(broken());
    }
    let found = hashed.hasher.finish();
    let mut checksum = [0; CHECKSUM];
    input.read_exact(&mut checksum)?;
    if found.bytes() == checksum { Ok(value) } else { Err(broken()) }
}

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "entry of the store is broken")
}

/// Hashes what passes.
struct Hashed<T> {
    inner: T,
    hasher: Hasher,
}

impl<T> Hashed<T> {
    fn new(inner: T) -> Self {
        Self { inner, hasher: Hasher::default() }
    }
}

impl<T: Write> Write for Hashed<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<T: Read> Read for Hashed<T> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(out)?;
        self.hasher.update(&out[..read]);
        Ok(read)
    }
}
