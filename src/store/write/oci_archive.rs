//! Images written to a new archive of an image layout.

use std::collections::BTreeMap;
use std::path::Path;

use crate::image::{Publication, PublishedLayer};
use crate::layer::{SourceError, VerifiedReader};
use crate::oci::Digest;
use crate::store::layout::{self, blob_path};

use super::layout_index::with_entries;
use super::tar_file::{TarFile, Target, size};
use super::{Copying, WriteError};

/// What a blob of the archive is made of.
enum Blob<'a> {
    Document(&'a [u8]),
    Layer(&'a PublishedLayer),
}

/// Writes the archive: the layout's two files, then its blobs in the order of their digests.
pub(super) fn write(
    file: &Path,
    names: &[String],
    publication: &Publication,
    copying: &Copying<'_>,
) -> Result<(), WriteError> {
    let index = with_entries(None, &publication.descriptor(), names).expect("nothing is there to merge with");
    let blobs = blobs(publication);
    let files = [layout::MARKER_CONTENT.len() as u64, index.len() as u64, 0, 0];
    let target = Target::open(file, size(files.into_iter().chain(blobs.values().map(Blob::size))))?;
    let mut archive = target.begin()?;
    archive.bytes(layout::MARKER, layout::MARKER_CONTENT.as_bytes())?;
    archive.bytes(layout::INDEX, &index)?;
    archive.directory("blobs/")?;
    archive.directory("blobs/sha256/")?;
    for (digest, blob) in blobs {
        match blob {
            Blob::Document(bytes) => archive.bytes(&blob_path(&digest), bytes)?,
            Blob::Layer(layer) => copy_layer(&mut archive, layer, copying)?,
        }
    }
    archive.finish()
}

impl Blob<'_> {
    /// Its bytes; none are written of a layer that only a foreign address holds.
    fn size(&self) -> u64 {
        match self {
            Self::Document(bytes) => bytes.len() as u64,
            Self::Layer(layer) => layer.descriptor.size,
        }
    }
}

fn blobs(publication: &Publication) -> BTreeMap<Digest, Blob<'_>> {
    let layers = publication.layers().map(|layer| (layer.descriptor.digest, Blob::Layer(layer)));
    let documents = publication.documents().map(|(digest, bytes)| (digest, Blob::Document(bytes)));
    layers.chain(documents).collect()
}

fn copy_layer(
    archive: &mut TarFile<'_>,
    layer: &PublishedLayer,
    copying: &Copying<'_>,
) -> Result<(), WriteError> {
    let descriptor = &layer.descriptor;
    let reader = match layer.blob.open(descriptor) {
        Ok(reader) => reader,
        // Its descriptor says where it is; readers that want it know the way.
        Err(SourceError::Foreign { .. }) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let mut reader = VerifiedReader::new(reader, descriptor);
    let path = blob_path(&descriptor.digest);
    archive.stream(&path, descriptor.size, descriptor.digest, &mut reader, copying)
}
