//! Image layouts in a tar archive, read where they lie in it.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use crate::file_error::{At, FileError};
use crate::layer::{BlobSource, SourceError};
use crate::limits::Limits;
use crate::oci::{Descriptor, Digest};

use super::layout::{self, Layout, LayoutBlobs};
use super::members::{Members, Span};
use crate::image::ImageError;

/// Opens the layout in the archive `path`.
pub(super) fn open(path: &Path, limits: &Limits) -> Result<Layout, ImageError> {
    let members = Members::scan(path, limits)?;
    let read = |name| match members.find(name)? {
        Some(span) => members.bytes(span, limits.document_bytes).map(Some),
        None => Ok::<_, ImageError>(None),
    };
    let (marker, index) = (read(layout::MARKER)?, read(layout::INDEX)?);
    let place = members.place().to_owned();
    Layout::of(place, marker.as_deref(), index.as_deref(), Arc::new(ArchiveBlobs(members)))
}

struct ArchiveBlobs(Members);

impl ArchiveBlobs {
    fn find(&self, digest: &Digest) -> Result<Option<Span>, FileError> {
        let path = layout::blob_path(digest);
        self.0.find(&path).map_err(std::io::Error::other).at(Path::new(self.0.place()).join(path))
    }
}

impl BlobSource for ArchiveBlobs {
    fn open(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send>, SourceError> {
        let span = self.find(&descriptor.digest)?.ok_or_else(|| layout::absent(descriptor))?;
        Ok(Box::new(self.0.reader(span)))
    }
}

impl LayoutBlobs for ArchiveBlobs {
    fn size(&self, digest: &Digest) -> Result<Option<u64>, FileError> {
        Ok(self.find(digest)?.map(|span| span.size))
    }
}
