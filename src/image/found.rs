//! What a name leads to, and the image for a platform in it.

use std::sync::Arc;

use super::error::ImageError;
use super::platform_image::{Image, ImageLayer, check_layers};
use super::select::{self, Candidate, Documents, Selected, Verified};
use crate::layer::BlobSource;
use crate::limits::Limits;
use crate::oci::{Annotations, Descriptor, ImageConfig, IndexEntry, Manifest, Platform};

/// What a locator leads to: an index, or one manifest.
///
/// Its index is read once; images are read from it by digest, whatever happens to the tag meanwhile.
#[derive(Clone)]
pub struct Found {
    content: Content,
    mismatch: PlatformMismatch,
    limits: Limits,
}

/// What to do with an image whose config names another platform than its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlatformMismatch {
    /// Fail.
    Refuse,
    /// Believe the index.
    Allow,
}

/// The documents of one platform's image.
#[derive(Clone, Debug)]
pub struct ImageDocuments {
    /// The descriptor of the manifest.
    pub descriptor: Descriptor,
    /// The manifest.
    pub manifest: Manifest,
    /// The config, which has a diff ID for each layer of the manifest.
    pub config: ImageConfig,
}

#[derive(Clone)]
enum Content {
    Documents { index: Option<Descriptor>, selected: Arc<Selected>, blobs: Arc<dyn BlobSource> },
    Single(Box<Image>),
}

impl Found {
    /// What `root` leads to: a manifest, or an index of any depth; its documents are read from `blobs`.
    pub fn of(
        root: IndexEntry,
        blobs: Arc<dyn BlobSource>,
        limits: &Limits,
        mismatch: PlatformMismatch,
    ) -> Result<Self, ImageError> {
        let verified = Verified { blobs: blobs.as_ref(), limit: limits.document_bytes };
        let selected = Arc::new(select::select(&root, &verified, limits)?);
        let index = root.descriptor.media_type.is_index().then_some(root.descriptor);
        Ok(Self { content: Content::Documents { index, selected, blobs }, mismatch, limits: limits.clone() })
    }

    /// One image that no index or manifest leads to.
    pub fn only(image: Image, limits: &Limits, mismatch: PlatformMismatch) -> Self {
        Self { content: Content::Single(Box::new(image)), mismatch, limits: limits.clone() }
    }

    /// The index, where it is one.
    pub fn index(&self) -> Option<&Descriptor> {
        match &self.content {
            Content::Documents { index, .. } => index.as_ref(),
            Content::Single(_) => None,
        }
    }

    /// The annotations of the index.
    pub fn index_annotations(&self) -> Option<&Annotations> {
        match &self.content {
            Content::Documents { index: Some(_), selected, .. } => Some(&selected.annotations),
            Content::Documents { index: None, .. } | Content::Single(_) => None,
        }
    }

    /// What else the index lists, in its order: attestations, other artifacts, images for a platform that it has before.
    pub fn others(&self) -> &[IndexEntry] {
        match &self.content {
            Content::Documents { selected, .. } => &selected.others,
            Content::Single(_) => &[],
        }
    }

    /// The platforms that are offered, in the order of the index.
    pub fn platforms(&self) -> Vec<Platform> {
        match &self.content {
            Content::Documents { selected, .. } => {
                selected.candidates.iter().map(|candidate| candidate.platform.clone()).collect()
            }
            Content::Single(image) => vec![image.platform.clone()],
        }
    }

    /// The image for a platform.
    ///
    /// Its documents are verified, its layers counted; their bytes are not read.
    pub fn image(&self, platform: &Platform) -> Result<Image, ImageError> {
        let absent = || ImageError::PlatformAbsent { wanted: platform.clone(), offered: self.platforms() };
        match &self.content {
            Content::Single(image) if image.platform == *platform => Ok(Image::clone(image)),
            Content::Single(_) => Err(absent()),
            Content::Documents { selected, blobs, .. } => {
                let found = selected.candidates.iter().find(|candidate| candidate.platform == *platform);
                self.read(found.ok_or_else(absent)?, blobs)
            }
        }
    }

    /// The documents of the image for a platform as they are stored; nothing where no manifest leads to it.
    pub fn documents(&self, platform: &Platform) -> Result<Option<ImageDocuments>, ImageError> {
        match &self.content {
            Content::Single(_) => Ok(None),
            Content::Documents { selected, blobs, .. } => {
                let found = selected.candidates.iter().find(|candidate| candidate.platform == *platform);
                found.map(|candidate| self.documents_of(candidate, blobs)).transpose()
            }
        }
    }

    fn documents_of(
        &self,
        candidate: &Candidate,
        blobs: &Arc<dyn BlobSource>,
    ) -> Result<ImageDocuments, ImageError> {
        let documents = Verified { blobs: blobs.as_ref(), limit: self.limits.document_bytes };
        let descriptor = candidate.manifest.clone();
        let manifest = documents.manifest(&descriptor)?;
        let config = select::image_config(&descriptor, &manifest, &documents)?;
        check_layers(descriptor.digest, manifest.layers.len(), &config, &self.limits)?;
        Ok(ImageDocuments { descriptor, manifest, config })
    }

    fn read(&self, candidate: &Candidate, blobs: &Arc<dyn BlobSource>) -> Result<Image, ImageError> {
        let ImageDocuments { descriptor, manifest, config } = self.documents_of(candidate, blobs)?;
        if self.mismatch == PlatformMismatch::Refuse && *config.platform() != candidate.platform {
            let (expected, found) = (candidate.platform.clone(), config.platform().clone());
            return Err(ImageError::Platform { digest: descriptor.digest, expected, found });
        }
        let layers = manifest.layers.into_iter().zip(config.diff_ids());
        let layers = layers.map(|(descriptor, diff_id)| ImageLayer {
            descriptor: Descriptor { media_type: descriptor.media_type.to_oci(), ..descriptor },
            diff_id: *diff_id,
        });
        Ok(Image {
            platform: candidate.platform.clone(),
            manifest: Some(descriptor),
            annotations: manifest.annotations,
            layers: layers.collect(),
            config,
            blobs: Arc::clone(blobs),
        })
    }
}
