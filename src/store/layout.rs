//! Image layouts as they are read: in a directory, or the same files in an archive.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::file_error::{At, FileError};
use crate::layer::{BlobSource, SourceError};
use crate::limits::Limits;
use crate::oci::{Descriptor, Digest, Document, Index, MediaType, json};

use super::dir::Dir;
use crate::image::{FormatProblem, ImageError};

/// Blobs of a layout, whose sizes can be asked for.
pub(super) trait LayoutBlobs: BlobSource {
    /// The bytes that a blob has; nothing where it is not there.
    fn size(&self, digest: &Digest) -> Result<Option<u64>, FileError>;
}

/// A layout, checked to be one.
pub(super) struct Layout {
    /// Its directory or archive, for messages.
    pub(super) place: String,
    /// What its `index.json` says.
    pub(super) index: Index,
    /// Its blobs.
    pub(super) blobs: Arc<dyn LayoutBlobs>,
}

/// The file that says that a directory is a layout.
pub(super) const MARKER: &str = "oci-layout";
/// The only version of layouts, as its marker is written.
pub(super) const MARKER_CONTENT: &str = r#"{"imageLayoutVersion":"1.0.0"}"#;
/// The file that names the images of a layout.
pub(super) const INDEX: &str = "index.json";

/// The directory of a layout's blobs.
pub(super) const BLOBS: &str = "blobs";

/// Where a layout keeps a blob.
pub(super) fn blob_path(digest: &Digest) -> String {
    format!("{BLOBS}/{}/{}", digest.algorithm(), digest.hex())
}

impl Layout {
    /// Opens the layout in the directory `path`.
    pub(super) fn open(path: &Path, limits: &Limits) -> Result<Self, ImageError> {
        let dir = Dir::open(path)?;
        let read = |name: &'static str| match dir.read(Path::new(name)) {
            Ok(file) => small_file(file, &path.join(name), limits.document_bytes).map(Some),
            Err(error) if error.source.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        };
        let place = path.display().to_string();
        let (marker, index) = (read(MARKER)?, read(INDEX)?);
        let blobs = Arc::new(DirectoryBlobs(dir));
        Self::of(place, marker.as_deref(), index.as_deref(), blobs)
    }

    /// The layout of these files.
    pub(super) fn of(
        place: String,
        marker: Option<&[u8]>,
        index: Option<&[u8]>,
        blobs: Arc<dyn LayoutBlobs>,
    ) -> Result<Self, ImageError> {
        let missing =
            |name| ImageError::Format { place: place.clone(), problem: FormatProblem::NoFile(name) };
        let bad = |name: &str, problem: String| ImageError::Format {
            place: format!("{place}/{name}"),
            problem: FormatProblem::Content(problem),
        };
        check_marker(marker.ok_or_else(|| missing(MARKER))?).map_err(|problem| bad(MARKER, problem))?;
        match Document::parse(&MediaType::Index, index.ok_or_else(|| missing(INDEX))?) {
            Ok(Document::Index(index)) => Ok(Self { place, index, blobs }),
            Ok(Document::Manifest(_)) => Err(bad(INDEX, "it is no index".to_owned())),
            Err(error) => Err(bad(INDEX, error.to_string())),
        }
    }
}

/// Reads a layout's marker, which has to say version 1.0.0.
pub(super) fn check_marker(bytes: &[u8]) -> Result<(), String> {
    let marker = json::parse(bytes).map_err(|error| error.to_string())?;
    match marker.get("imageLayoutVersion").and_then(serde_json::Value::as_str) {
        Some("1.0.0") => Ok(()),
        Some(other) => Err(format!("version `{other}` is not 1.0.0")),
        None => Err("it has no imageLayoutVersion".to_owned()),
    }
}

/// Reads a whole file that may have `limit` bytes.
pub(super) fn small_file(file: File, path: &Path, limit: u64) -> Result<Vec<u8>, ImageError> {
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).at(path)?;
    match bytes.len() as u64 {
        size if size > limit => Err(ImageError::Format {
            place: path.display().to_string(),
            problem: FormatProblem::TooLarge { size, limit },
        }),
        _ => Ok(bytes),
    }
}

/// The blobs below a directory.
struct DirectoryBlobs(Dir);

impl BlobSource for DirectoryBlobs {
    fn open(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send>, SourceError> {
        match self.0.read(&PathBuf::from(blob_path(&descriptor.digest))) {
            Ok(file) => Ok(Box::new(file)),
            Err(error) if error.source.kind() == std::io::ErrorKind::NotFound => Err(absent(descriptor)),
            Err(error) => Err(error.into()),
        }
    }
}

impl LayoutBlobs for DirectoryBlobs {
    fn size(&self, digest: &Digest) -> Result<Option<u64>, FileError> {
        self.0.file_size(blob_path(digest))
    }
}

/// What is wrong with a blob that is not there.
pub(super) fn absent(descriptor: &Descriptor) -> SourceError {
    let digest = descriptor.digest;
    if descriptor.urls.is_empty() { SourceError::Missing { digest } } else { SourceError::Foreign { digest } }
}
