//! From a locator to the images it leads to.

use std::path::Path;

use crate::image::{Found, ImageError, PlatformMismatch};
use crate::interrupt::Interrupt;
use crate::layer::read_document;
use crate::limits::Limits;
use crate::oci::annotations::REF_NAME;
use crate::oci::{Descriptor, Digest, Document, Index, IndexEntry, Locator, MediaType};

use super::docker_archive;
use super::image_name::{has_tag, is_attachment};
use super::layout::Layout;
use super::oci_archive;

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
    let found = match locator {
        Locator::Registry(name) => return Err(ImageError::Registry { name: name.to_string() }),
        Locator::Scratch => return Err(ImageError::Scratch),
        Locator::Layout { dir, tag, digest } => {
            named(Layout::open(dir, limits)?, tag.as_deref(), digest.as_ref(), limits, mismatch)?
        }
        Locator::OciArchive { file, tag, digest } => {
            named(oci_archive::open(file, limits)?, tag.as_deref(), digest.as_ref(), limits, mismatch)?
        }
        Locator::DockerArchive { file, name } => {
            let image = docker_archive::open(file, name.as_deref(), limits, interrupt)?;
            Found::only(image, limits, mismatch)
        }
    };
    Ok(found)
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

/// What a tag or a digest of a layout leads to.
fn named(
    layout: Layout,
    tag: Option<&str>,
    digest: Option<&Digest>,
    limits: &Limits,
    mismatch: PlatformMismatch,
) -> Result<Found, ImageError> {
    let mut root = match digest {
        Some(digest) => by_digest(&layout, digest, limits)?,
        None => by_tag(&layout.index, tag, &layout.place)?.clone(),
    };
    root.descriptor.annotations.remove(REF_NAME);
    Found::of(root, layout.blobs, limits, mismatch)
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
    let media_type = Document::own_type(&bytes).ok_or_else(|| ImageError::NoImage {
        digest: *digest,
        found: MediaType::Other("application/octet-stream".to_owned()),
    })?;
    Ok(IndexEntry { descriptor: Descriptor { media_type, ..unknown }, platform: None })
}

#[cfg(test)]
mod tests;
