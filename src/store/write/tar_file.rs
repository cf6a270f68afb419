//! A tar archive that is written as a stream and takes its file's place when it is whole.

use std::ffi::OsString;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use tar::{EntryType, Header};

use crate::file_error::{At, FileError};
use crate::oci::Digest;
use crate::store::dir::Dir;
use crate::store::output::archive_place;

use super::copy::copy;
use super::temporary::{self, TemporaryFile};
use super::{Copying, WriteError};

/// An archive under construction: ustar, members of mode 0644 and directories of 0755, owner 0:0, time 0, no names.
pub(super) struct TarFile<'a> {
    out: BufWriter<TemporaryFile<'a>>,
    target: &'a Target,
}

/// The place of an archive: a directory, and a name in it.
pub(super) struct Target {
    dir: Dir,
    name: OsString,
    path: PathBuf,
}

const BLOCK: usize = 512;

impl Target {
    /// Opens the directory of `file`, and removes from it what killed processes left behind.
    pub(super) fn open(file: &Path) -> Result<Self, WriteError> {
        let (dir, name) = archive_place(file)?;
        temporary::sweep(&dir);
        Ok(Self { dir, name, path: file.to_owned() })
    }

    /// Begins the archive.
    pub(super) fn begin(&self) -> Result<TarFile<'_>, WriteError> {
        let out = BufWriter::with_capacity(64 << 10, TemporaryFile::create(&self.dir)?);
        Ok(TarFile { out, target: self })
    }
}

impl TarFile<'_> {
    /// Adds a directory, whose path ends in `/`.
    pub(super) fn directory(&mut self, path: &str) -> Result<(), WriteError> {
        self.header(path, EntryType::Directory, 0o755, 0)
    }

    /// Adds a file of these bytes.
    pub(super) fn bytes(&mut self, path: &str, bytes: &[u8]) -> Result<(), WriteError> {
        self.header(path, EntryType::Regular, 0o644, bytes.len() as u64)?;
        self.out.write_all(bytes).at(&self.target.path)?;
        self.pad(bytes.len() as u64)
    }

    /// Adds a file of the bytes of `reader`, which has to fail unless they are `size`; errors name the blob `digest`.
    pub(super) fn stream(
        &mut self,
        path: &str,
        size: u64,
        digest: Digest,
        reader: &mut dyn Read,
        copying: &Copying<'_>,
    ) -> Result<(), WriteError> {
        self.header(path, EntryType::Regular, 0o644, size)?;
        let copied = copy(digest, reader, &mut self.out, &self.target.path, copying)?;
        self.pad(copied)
    }

    /// Ends the archive and puts it in its place, on the disk for good.
    pub(super) fn finish(mut self) -> Result<(), WriteError> {
        let path = &self.target.path;
        self.out.write_all(&[0; 2 * BLOCK]).at(path)?;
        let file = self
            .out
            .into_inner()
            .map_err(|error| FileError { path: path.clone(), source: error.into_error() })?;
        file.persist(&self.target.dir, &self.target.name)?;
        Ok(self.target.dir.sync()?)
    }

    fn header(&mut self, path: &str, kind: EntryType, mode: u32, size: u64) -> Result<(), WriteError> {
        let mut header = Header::new_ustar();
        header.set_path(path).at(path)?;
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(size);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_cksum();
        Ok(self.out.write_all(header.as_bytes()).at(&self.target.path)?)
    }

    fn pad(&mut self, size: u64) -> Result<(), WriteError> {
        let beyond = usize::try_from(size % BLOCK as u64).expect("less than a block");
        let zeros = (BLOCK - beyond) % BLOCK;
        Ok(io::copy(&mut io::repeat(0).take(zeros as u64), &mut self.out)
            .map(|_| ())
            .at(&self.target.path)?)
    }
}
