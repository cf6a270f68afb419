//! A tar archive that is written as a stream and takes its file's place when it is whole.

use std::ffi::OsString;
use std::io::{BufWriter, IntoInnerError, Read, Write};
use std::path::Path;

use tar::{EntryType, Header};

use crate::file_error::At;
use crate::oci::Digest;
use crate::store::dir::Dir;
use crate::store::output::archive_place;

use super::copy::{Goal, copy};
use super::temporary::{self, TemporaryFile};
use super::{Copying, WriteError};

/// An archive under construction: ustar, members of mode 0644 and directories of 0755, owner 0:0, time 0, no names.
pub(super) struct TarFile<'a> {
    out: BufWriter<TemporaryFile<&'a Dir>>,
    target: &'a Target,
}

/// The place of an archive: a directory, and a name in it.
pub(super) struct Target {
    dir: Dir,
    name: OsString,
    goal: Goal,
}

const BLOCK: usize = 512;

/// The bytes of an archive whose members have these sizes.
pub(super) fn size(members: impl IntoIterator<Item = u64>) -> u64 {
    let block = BLOCK as u64;
    let member = |size: u64| size.div_ceil(block).saturating_add(1).saturating_mul(block);
    members.into_iter().map(member).fold(2 * block, u64::saturating_add)
}

impl Target {
    /// Opens the directory of `file`, which will have `size` bytes, and removes from it what killed processes left behind.
    pub(super) fn open(file: &Path, size: u64) -> Result<Self, WriteError> {
        let (dir, name) = archive_place(file)?;
        temporary::sweep(&dir);
        Ok(Self { dir, name, goal: Goal { path: file.to_owned(), size } })
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
        self.write(bytes)?;
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
        let copied = copy(digest, reader, &mut self.out, &self.target.goal, copying)?;
        self.pad(copied)
    }

    /// Ends the archive and puts it in its place, on the disk for good.
    pub(super) fn finish(mut self) -> Result<(), WriteError> {
        self.write(&[0; 2 * BLOCK])?;
        let Target { dir, name, goal } = self.target;
        let file = self.out.into_inner().map_err(IntoInnerError::into_error);
        Ok(file.at_sized(&goal.path, goal.size)?.replace(dir, name)?)
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
        self.write(header.as_bytes())
    }

    fn pad(&mut self, size: u64) -> Result<(), WriteError> {
        let beyond = usize::try_from(size % BLOCK as u64).expect("less than a block");
        let zeros = (BLOCK - beyond) % BLOCK;
        self.write(&[0; BLOCK][..zeros])
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        let Goal { path, size } = &self.target.goal;
        Ok(self.out.write_all(bytes).at_sized(path, *size)?)
    }
}
