//! Images written to layouts and archives.

mod copy;
mod docker_archive;
mod layout;
mod layout_index;
mod oci_archive;
mod tar_file;
pub(super) mod temporary;

use std::io;

use crate::code::{self, Code, Coded};
use crate::file_error::FileError;
use crate::interrupt::{Interrupt, Interrupted};
use crate::layer::{ReadErrorKind, SourceError, VerifyError};
use crate::limits::Limits;
use crate::oci::Digest;

use super::image_name::is_ref_name;
use super::output::{Output, OutputError};
use super::staging::Staging;
use crate::image::Publication;

/// How bytes are copied.
#[derive(Clone, Copy)]
pub struct Copying<'a> {
    /// Where blobs of this build may lie that need not be copied.
    pub staging: Option<&'a Staging>,
    /// Told of bytes as they are stored; of all layers together, each blob's size at most, the tar's in docker archives.
    pub progress: &'a (dyn Fn(u64) + Sync),
    /// The limits on what is read.
    pub limits: &'a Limits,
    /// Ends the work when it is asked to.
    pub interrupt: &'a Interrupt,
}

/// An image that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The output cannot hold it.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A file cannot be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A blob cannot be opened.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A blob cannot be read, or is not what it should be.
    #[error("blob {digest}: {source}")]
    Blob {
        /// The blob.
        digest: Digest,
        /// What went wrong: a [`VerifyError`], a [`ReadErrorKind`], or what the system said.
        source: io::Error,
    },
    /// The work was asked to end.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

/// Writes an image, under the output's own name where it has one, else under `names`: tags or full references.
///
/// Layouts keep their other images; archives are made anew. A failure leaves everything as it was.
pub fn write(
    output: &Output,
    names: &[String],
    publication: &Publication,
    copying: &Copying<'_>,
) -> Result<(), WriteError> {
    output.check()?;
    check_digests(publication)?;
    match output {
        Output::Layout { dir, tag } => {
            layout::write(dir, &ref_names(tag.as_ref(), names)?, publication, copying)
        }
        Output::OciArchive { file, tag } => {
            oci_archive::write(file, &ref_names(tag.as_ref(), names)?, publication, copying)
        }
        Output::DockerArchive { file, name } => {
            docker_archive::write(file, &chosen(name.as_ref(), names), publication, copying)
        }
    }
}

/// The output's own name, or else `names`, each once and in order.
fn chosen(own: Option<&String>, names: &[String]) -> Vec<String> {
    let mut names = own.map_or_else(|| names.to_vec(), |own| vec![own.clone()]);
    names.sort();
    names.dedup();
    names
}

fn ref_names(tag: Option<&String>, names: &[String]) -> Result<Vec<String>, OutputError> {
    let names = chosen(tag, names);
    match names.iter().find(|name| !is_ref_name(name)) {
        Some(name) => Err(OutputError::Name(name.clone())),
        None => Ok(names),
    }
}

fn check_digests(publication: &Publication) -> Result<(), OutputError> {
    let layers = publication.images.iter().flat_map(|image| &image.layers);
    let mut digests = layers.flat_map(|layer| [layer.descriptor.digest, layer.diff_id]);
    match digests.find(|digest| !matches!(digest, Digest::Sha256(_))) {
        Some(digest) => Err(OutputError::Algorithm(digest)),
        None => Ok(()),
    }
}

impl WriteError {
    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Output(error) => error.hint(),
            _ => None,
        }
    }
}

impl Coded for WriteError {
    fn code(&self) -> Code {
        match self {
            Self::Output(error) => error.code(),
            Self::File(error) => error.code(),
            Self::Source(error) => error.code(),
            Self::Blob { source, .. } => blob_code(source),
            Self::Interrupted(interrupted) => interrupted.code(),
        }
    }
}

fn blob_code(error: &io::Error) -> Code {
    let inner = error.get_ref();
    let verify = inner.and_then(|inner| inner.downcast_ref::<VerifyError>()).map(Coded::code);
    let layer = || inner.and_then(|inner| inner.downcast_ref::<ReadErrorKind>()).map(Coded::code);
    verify.or_else(layer).unwrap_or_else(|| code::of_io(error))
}

#[cfg(test)]
mod tests;
