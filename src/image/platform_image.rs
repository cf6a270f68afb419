//! One platform's image, as it was found.

use std::sync::Arc;

use crate::layer::BlobSource;
use crate::limits::Limits;
use crate::oci::{Annotations, Descriptor, Digest, ImageConfig, Platform};

use super::error::ImageError;

/// An image of one platform: its documents read and verified, its layers not opened yet.
#[derive(Clone)]
pub struct Image {
    /// The platform it was asked for.
    pub platform: Platform,
    /// Its manifest; none in a docker archive.
    pub manifest: Option<Descriptor>,
    /// The annotations of the manifest.
    pub annotations: Annotations,
    /// Its config.
    pub config: ImageConfig,
    /// Its layers, base first.
    pub layers: Vec<ImageLayer>,
    /// What holds the layers' bytes.
    pub blobs: Arc<dyn BlobSource>,
}

/// A layer of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageLayer {
    /// The layer as it is stored, in OCI's media types: Docker's name the same bytes.
    pub descriptor: Descriptor,
    /// The digest of its uncompressed tar.
    pub diff_id: Digest,
}

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Image")
            .field("platform", &self.platform)
            .field("manifest", &self.manifest)
            .field("layers", &self.layers)
            .finish_non_exhaustive()
    }
}

/// How many layers an image of this config has, which has to be the number of its diff IDs and within the limit.
///
/// `digest` names the image in errors.
pub fn check_layers(
    digest: Digest,
    layers: usize,
    config: &ImageConfig,
    limits: &Limits,
) -> Result<(), ImageError> {
    let diff_ids = config.diff_ids().len();
    if layers > limits.layers {
        return Err(ImageError::TooManyLayers { digest, found: layers, limit: limits.layers });
    }
    if layers != diff_ids {
        return Err(ImageError::DiffIds { digest, layers, diff_ids });
    }
    Ok(())
}
