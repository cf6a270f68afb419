//! Bytes from where they are to where they are wanted.

use std::io::{self, Read, Write};
use std::path::PathBuf;

use crate::file_error::At;
use crate::oci::Digest;

use super::{Copying, WriteError};

const PIECE: usize = 256 << 10;

/// The file that bytes are wanted in, and how many it needs in all.
pub(super) struct Goal {
    pub(super) path: PathBuf,
    pub(super) size: u64,
}

/// Copies all of a blob; errors of reading name the blob, errors of writing the file.
pub(super) fn copy(
    digest: Digest,
    reader: &mut dyn Read,
    writer: &mut dyn Write,
    goal: &Goal,
    copying: &Copying<'_>,
) -> Result<u64, WriteError> {
    let mut piece = vec![0; PIECE];
    let mut copied = 0;
    loop {
        copying.interrupt.check()?;
        let count = match reader.read(&mut piece) {
            Ok(0) => return Ok(copied),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(source) => return Err(WriteError::Blob { digest, source }),
        };
        writer.write_all(&piece[..count]).at_sized(&goal.path, goal.size)?;
        copied += count as u64;
        (copying.progress)(count as u64);
    }
}
