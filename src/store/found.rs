//! From a locator to the images it leads to.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use crate::interrupt::Interrupt;
use crate::layer::{BlobSource, read_document};
use crate::limits::Limits;
use crate::oci::annotations::REF_NAME;
use crate::oci::{Descriptor, Digest, Index, IndexEntry, Locator, MediaType, Platform, json};

use super::docker_archive;
use super::image::{Image, ImageLayer, check_layers};
use super::image_error::ImageError;
use super::image_name::{has_tag, is_attachment};
use super::layout::Layout;
use super::oci_archive;
use super::select::{self, Candidate, Documents, Verified};

/// What a locator leads to: an index, or one manifest.
///
/// Its index is read once; images are read from it by digest, whatever happens to the tag meanwhile.
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

enum Content {
    Documents { index: Option<Descriptor>, candidates: Vec<Candidate>, blobs: Arc<dyn BlobSource> },
    Docker(Box<Image>),
}

/// Finds what `locator` names.
///
/// `scratch` and what is in registries is an error here. Compressed layers of a docker archive are read once, where their
/// digests are not known.
pub fn find(
    locator: &Locator,
    limits: &Limits,
    mismatch: PlatformMismatch,
    interrupt: &Interrupt,
) -> Result<Found, ImageError> {
    let content = match locator {
        Locator::Registry(name) => return Err(ImageError::Registry { name: name.to_string() }),
        Locator::Scratch => return Err(ImageError::Scratch),
        Locator::Layout { dir, tag, digest } => {
            documents(Layout::open(dir, limits)?, tag.as_deref(), digest.as_ref(), limits)?
        }
        Locator::OciArchive { file, tag, digest } => {
            documents(oci_archive::open(file, limits)?, tag.as_deref(), digest.as_ref(), limits)?
        }
        Locator::DockerArchive { file, name } => {
            Content::Docker(Box::new(docker_archive::open(file, name.as_deref(), limits, interrupt)?))
        }
    };
    Ok(Found { content, mismatch, limits: limits.clone() })
}

/// The images that the layout in `dir` names, each with its name: a tag or a full reference.
///
/// Names that belong to referrers and signatures are left out.
pub fn tags(dir: &Path, limits: &Limits) -> Result<Vec<(String, Descriptor)>, ImageError> {
    let layout = Layout::open(dir, limits)?;
    let named = layout.index.manifests.into_iter().filter_map(|entry| {
        let name = name(&entry)?.to_owned();
        (!is_attachment(&name)).then_some((name, entry.descriptor))
    });
    Ok(named.collect())
}

impl Found {
    /// The index, where it is one.
    pub fn index(&self) -> Option<&Descriptor> {
        match &self.content {
            Content::Documents { index, .. } => index.as_ref(),
            Content::Docker(_) => None,
        }
    }

    /// The platforms that are offered, in the order of the index.
    pub fn platforms(&self) -> Vec<Platform> {
        match &self.content {
            Content::Documents { candidates, .. } => {
                candidates.iter().map(|candidate| candidate.platform.clone()).collect()
            }
            Content::Docker(image) => vec![image.platform.clone()],
        }
    }

    /// The image for a platform.
    ///
    /// Its documents are verified, its layers counted; their bytes are not read.
    pub fn image(&self, platform: &Platform) -> Result<Image, ImageError> {
        let absent = || ImageError::PlatformAbsent { wanted: platform.clone(), offered: self.platforms() };
        match &self.content {
            Content::Docker(image) if image.platform == *platform => Ok(Image::clone(image)),
            Content::Docker(_) => Err(absent()),
            Content::Documents { candidates, blobs, .. } => {
                let found = candidates.iter().find(|candidate| candidate.platform == *platform);
                self.read(found.ok_or_else(absent)?, blobs)
            }
        }
    }

    fn read(&self, candidate: &Candidate, blobs: &Arc<dyn BlobSource>) -> Result<Image, ImageError> {
        let digest = candidate.manifest.digest;
        let documents = Verified { blobs: blobs.as_ref(), limit: self.limits.document_bytes };
        let manifest = documents.manifest(&candidate.manifest)?;
        let config = select::image_config(&candidate.manifest, &manifest, &documents)?;
        check_layers(digest, manifest.layers.len(), &config, &self.limits)?;
        if self.mismatch == PlatformMismatch::Refuse && *config.platform() != candidate.platform {
            let (expected, found) = (candidate.platform.clone(), config.platform().clone());
            return Err(ImageError::Platform { digest, expected, found });
        }
        let layers = manifest.layers.into_iter().zip(config.diff_ids());
        let layers = layers.map(|(descriptor, diff_id)| ImageLayer {
            descriptor: Descriptor { media_type: descriptor.media_type.to_oci(), ..descriptor },
            diff_id: *diff_id,
        });
        Ok(Image {
            platform: candidate.platform.clone(),
            manifest: Some(candidate.manifest.clone()),
            annotations: manifest.annotations,
            layers: layers.collect(),
            config,
            blobs: Arc::clone(blobs),
        })
    }
}

fn documents(
    layout: Layout,
    tag: Option<&str>,
    digest: Option<&Digest>,
    limits: &Limits,
) -> Result<Content, ImageError> {
    let mut root = match digest {
        Some(digest) => by_digest(&layout, digest, limits)?,
        None => by_tag(&layout.index, tag, &layout.place)?.clone(),
    };
    root.descriptor.annotations.remove(REF_NAME);
    let verified = Verified { blobs: layout.blobs.as_ref(), limit: limits.document_bytes };
    let candidates = select::candidates(&root, &verified, limits)?;
    let index = root.descriptor.media_type.is_index().then_some(root.descriptor);
    Ok(Content::Documents { index, candidates, blobs: layout.blobs })
}

/// The entry that a tag means: one of that name, else one whose full reference ends in it; without a tag, the only one.
fn by_tag<'a>(index: &'a Index, tag: Option<&str>, place: &str) -> Result<&'a IndexEntry, ImageError> {
    let images = || index.manifests.iter().filter(|entry| !name(entry).is_some_and(is_attachment));
    let named = |fits: &dyn Fn(&str) -> bool| -> Vec<&IndexEntry> {
        images().filter(|entry| name(entry).is_some_and(fits)).collect()
    };
    let fitting = match tag {
        None => images().collect(),
        Some(tag) => match named(&|name| name == tag) {
            none if none.is_empty() => named(&|name| has_tag(name, tag)),
            exact => exact,
        },
    };
    let place = place.to_owned();
    match (fitting.as_slice(), tag) {
        ([first, rest @ ..], _) if rest.iter().all(|e| e.descriptor.digest == first.descriptor.digest) => {
            Ok(first)
        }
        ([], None) => Err(ImageError::Empty { place }),
        ([], Some(tag)) => {
            let there = images().map(label).collect();
            Err(ImageError::NameAbsent { place, name: tag.to_owned(), there })
        }
        (several, tag) => {
            let there = several.iter().copied().map(label).collect();
            Err(ImageError::Several { place, name: tag.map(str::to_owned), there })
        }
    }
}

fn name(entry: &IndexEntry) -> Option<&str> {
    entry.descriptor.annotations.get(REF_NAME).map(String::as_str)
}

/// What an entry is called in messages: its name, else its digest.
fn label(entry: &IndexEntry) -> String {
    name(entry).map_or_else(|| entry.descriptor.digest.to_string(), str::to_owned)
}

/// The entry of a digest, or any blob that has it and is a manifest or an index.
fn by_digest(layout: &Layout, digest: &Digest, limits: &Limits) -> Result<IndexEntry, ImageError> {
    if let Some(entry) = layout.index.manifests.iter().find(|entry| entry.descriptor.digest == *digest) {
        return Ok(entry.clone());
    }
    let absent = || ImageError::DigestAbsent { place: layout.place.clone(), digest: *digest };
    let size = layout.blobs.size(digest)?.ok_or_else(absent)?;
    let unknown = Descriptor::new(MediaType::Other(String::new()), *digest, size);
    let bytes = read_document(layout.blobs.as_ref(), &unknown, limits.document_bytes)?;
    let media_type = media_type(&bytes).ok_or_else(|| ImageError::NoImage {
        digest: *digest,
        found: MediaType::Other("application/octet-stream".to_owned()),
    })?;
    Ok(IndexEntry { descriptor: Descriptor { media_type, ..unknown }, platform: None })
}

/// The media type that a document has by its own body.
fn media_type(bytes: &[u8]) -> Option<MediaType> {
    let document = json::parse(bytes).ok()?;
    let said = document.get("mediaType").and_then(Value::as_str).map(MediaType::parse);
    let by_shape = || match (document.get("manifests"), document.get("layers")) {
        (Some(_), None) => Some(MediaType::Index),
        (None, Some(_)) => Some(MediaType::Manifest),
        _ => None,
    };
    said.filter(|said| said.is_index() || said.is_manifest()).or_else(by_shape)
}

#[cfg(test)]
mod tests;
