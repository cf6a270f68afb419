//! A publication checked before anything of it is sent.

use super::error::PushError;
use crate::image::{Publication, PublishedImage};
use crate::oci::{Descriptor, Digest, Document, MediaType};

/// Fails where a document is larger than `limit`, or names other parts than those that are published with it.
pub(super) fn check(publication: &Publication, limit: u64) -> Result<(), PushError> {
    for (digest, bytes) in publication.documents() {
        let size = bytes.len() as u64;
        if size > limit {
            return Err(PushError::TooLarge { digest, size, limit });
        }
    }
    for image in &publication.images {
        names_its_parts(image)?;
    }
    let names_images = match Document::parse(&MediaType::Index, &publication.index) {
        Ok(Document::Index(index)) => {
            let named = index.manifests.iter().map(|entry| (entry.descriptor.digest, entry.descriptor.size));
            named.eq(publication.images.iter().map(|image| sum(&image.manifest)))
        }
        _ => false,
    };
    if names_images { Ok(()) } else { Err(PushError::NotClosed { digest: Digest::of(&publication.index) }) }
}

fn names_its_parts(image: &PublishedImage) -> Result<(), PushError> {
    let names_parts = match Document::parse(&MediaType::Manifest, &image.manifest) {
        Ok(Document::Manifest(manifest)) => {
            let of = |descriptor: &Descriptor| (descriptor.digest, descriptor.size);
            let layers = image.layers.iter().map(|layer| of(&layer.descriptor));
            of(&manifest.config) == sum(&image.config) && manifest.layers.iter().map(of).eq(layers)
        }
        _ => false,
    };
    if names_parts { Ok(()) } else { Err(PushError::NotClosed { digest: Digest::of(&image.manifest) }) }
}

fn sum(bytes: &[u8]) -> (Digest, u64) {
    (Digest::of(bytes), bytes.len() as u64)
}
