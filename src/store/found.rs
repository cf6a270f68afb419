//! From a locator to the images it leads to.

use std::path::Path;

use crate::image::{Found, ImageError, PlatformMismatch, Root};
use crate::interrupt::Interrupt;
use crate::layer::read_document;
use crate::limits::Limits;
use crate::oci::annotations::REF_NAME;
use crate::oci::{Descriptor, Digest, Document, Index, IndexEntry, Locator, MediaType, Referrer, referrer};

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
    match locator {
        Locator::DockerArchive { file, name } => {
            let image = docker_archive::open(file, name.as_deref(), limits, interrupt)?;
            Ok(Found::only(image, limits, mismatch))
        }
        locator => {
            let Root { entry, blobs } = root(locator, limits)?;
            Found::of(entry, blobs, limits, mismatch)
        }
    }
}

/// The index or manifest that `locator` names; a docker archive has none.
pub fn root(locator: &Locator, limits: &Limits) -> Result<Root, ImageError> {
    let (tag, digest) = match locator {
        Locator::Layout { tag, digest, .. } | Locator::OciArchive { tag, digest, .. } => (tag, digest),
        _ => (&None, &None),
    };
    named(layout(locator, limits)?, tag.as_deref(), digest.as_ref(), limits)
}

/// What refers to each of some manifests in a layout: what its fallback tag `sha256-<hex>` lists.
///
/// See [the specification](https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema).
pub fn referrers(
    locator: &Locator,
    subjects: &[Digest],
    limits: &Limits,
) -> Result<Vec<Vec<Referrer>>, ImageError> {
    let layout = layout(locator, limits)?;
    subjects.iter().map(|subject| listed(&layout, subject, limits)).collect()
}

fn listed(layout: &Layout, subject: &Digest, limits: &Limits) -> Result<Vec<Referrer>, ImageError> {
    let tag = referrer::fallback_tag(subject);
    let is_it = |entry: &&IndexEntry| name(entry).is_some_and(|name| name == tag || has_tag(name, &tag));
    let Some(entry) = layout.index.manifests.iter().find(is_it) else { return Ok(Vec::new()) };
    let bytes = read_document(layout.blobs.as_ref(), &entry.descriptor, limits.document_bytes)?;
    let digest = entry.descriptor.digest;
    let listed = referrer::parse(&entry.descriptor.media_type, &bytes)
        .map_err(|source| ImageError::Document { digest, source })?;
    match listed.len() > limits.referrers {
        true => Err(ImageError::TooManyReferrers { digest, limit: limits.referrers }),
        false => Ok(listed),
    }
}

/// The layout in a directory or an archive.
fn layout(locator: &Locator, limits: &Limits) -> Result<Layout, ImageError> {
    match locator {
        Locator::Layout { dir, .. } => Layout::open(dir, limits),
        Locator::OciArchive { file, .. } => oci_archive::open(file, limits),
        Locator::DockerArchive { file, .. } => Err(ImageError::NoManifest(file.display().to_string())),
        Locator::Registry(name) => Err(ImageError::Registry { name: name.to_string() }),
        Locator::Scratch => Err(ImageError::Scratch),
    }
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
) -> Result<Root, ImageError> {
    let mut entry = match digest {
        Some(digest) => by_digest(&layout, digest, limits)?,
        None => by_tag(&layout.index, tag, &layout.place)?.clone(),
    };
    entry.descriptor.annotations.remove(REF_NAME);
    Ok(Root { entry, blobs: layout.blobs })
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
