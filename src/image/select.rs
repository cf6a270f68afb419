//! From a manifest or an index of any depth to one manifest per platform.

use crate::layer::{BlobSource, read_document};
use crate::limits::Limits;
use crate::oci::{
    Annotations, Descriptor, Digest, Document, DocumentError, ImageConfig, Index, IndexEntry, Manifest,
    MediaType, Platform,
};

use super::error::ImageError;

/// A manifest and the platform it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    /// The platform, by the index or, where that says none, by the config.
    pub(super) platform: Platform,
    /// The manifest.
    pub(super) manifest: Descriptor,
}

/// What an index, or a manifest alone, offers.
#[derive(Clone, Debug, Default)]
pub(super) struct Selected {
    /// The images, one for each platform, in the order of their indexes.
    pub(super) candidates: Vec<Candidate>,
    /// The other entries, in the order of their indexes.
    pub(super) others: Vec<IndexEntry>,
    /// The annotations of the outermost index.
    pub(super) annotations: Annotations,
}

/// Where documents are read from.
pub(super) trait Documents {
    /// The index that `descriptor` describes.
    fn index(&self, descriptor: &Descriptor) -> Result<Index, ImageError>;
    /// The manifest that `descriptor` describes.
    fn manifest(&self, descriptor: &Descriptor) -> Result<Manifest, ImageError>;
    /// The config that `descriptor` describes.
    fn config(&self, descriptor: &Descriptor) -> Result<ImageConfig, ImageError>;
}

/// Documents among blobs, verified by digest and size.
pub(super) struct Verified<'a> {
    /// The blobs.
    pub(super) blobs: &'a dyn BlobSource,
    /// The bytes that a document may have.
    pub(super) limit: u64,
}

impl Verified<'_> {
    fn document(&self, descriptor: &Descriptor) -> Result<Document, ImageError> {
        let bytes = read_document(self.blobs, descriptor, self.limit)?;
        Document::parse(&descriptor.media_type, &bytes)
            .map_err(|source| ImageError::Document { digest: descriptor.digest, source })
    }
}

impl Documents for Verified<'_> {
    fn index(&self, descriptor: &Descriptor) -> Result<Index, ImageError> {
        match self.document(descriptor)? {
            Document::Index(index) => Ok(index),
            Document::Manifest(_) => Err(other_document(descriptor, "is a manifest")),
        }
    }

    fn manifest(&self, descriptor: &Descriptor) -> Result<Manifest, ImageError> {
        match self.document(descriptor)? {
            Document::Manifest(manifest) => Ok(manifest),
            Document::Index(_) => Err(other_document(descriptor, "is an index")),
        }
    }

    fn config(&self, descriptor: &Descriptor) -> Result<ImageConfig, ImageError> {
        let bytes = read_document(self.blobs, descriptor, self.limit)?;
        ImageConfig::parse(&bytes).map_err(|source| ImageError::Config { digest: descriptor.digest, source })
    }
}

fn other_document(descriptor: &Descriptor, found: &str) -> ImageError {
    let source =
        DocumentError::Ambiguous { expected: descriptor.media_type.clone(), found: found.to_owned() };
    ImageError::Document { digest: descriptor.digest, source }
}

/// The images that `root` leads to; of equal platforms the first counts.
///
/// What is for `unknown/unknown`, and what says no platform and is no image, is among the others.
pub(super) fn select(
    root: &IndexEntry,
    documents: &dyn Documents,
    limits: &Limits,
) -> Result<Selected, ImageError> {
    let mut walk = Walk { documents, limits, entries: 0, above: Vec::new(), found: Selected::default() };
    if root.descriptor.media_type.is_index() {
        walk.index(&root.descriptor)?;
        return Ok(walk.found);
    }
    let manifest = documents.manifest(&root.descriptor)?;
    let config = image_config(&root.descriptor, &manifest, documents)?;
    let platform = root.platform().unwrap_or_else(|| config.platform().clone());
    let candidates = vec![Candidate { platform, manifest: root.descriptor.clone() }];
    Ok(Selected { candidates, ..Selected::default() })
}

/// The config of an image's manifest; a manifest of anything else is refused.
pub(super) fn image_config(
    descriptor: &Descriptor,
    manifest: &Manifest,
    documents: &dyn Documents,
) -> Result<ImageConfig, ImageError> {
    match other_type(manifest) {
        Some(found) => Err(ImageError::NoImage { digest: descriptor.digest, found: found.clone() }),
        None => documents.config(&manifest.config),
    }
}

/// What a manifest is of, where that is no image.
fn other_type(manifest: &Manifest) -> Option<&MediaType> {
    let is_config =
        |media_type: &MediaType| matches!(media_type, MediaType::Config | MediaType::DockerConfig);
    let artifact = manifest.artifact_type.as_ref().filter(|media_type| !is_config(media_type));
    artifact.or_else(|| Some(&manifest.config.media_type).filter(|media_type| !is_config(media_type)))
}

struct Walk<'a> {
    documents: &'a dyn Documents,
    limits: &'a Limits,
    entries: usize,
    above: Vec<Digest>,
    found: Selected,
}

impl Walk<'_> {
    fn index(&mut self, descriptor: &Descriptor) -> Result<(), ImageError> {
        let digest = descriptor.digest;
        if self.above.contains(&digest) {
            return Err(ImageError::Cycle { digest });
        }
        if self.above.len() >= self.limits.index_depth {
            return Err(ImageError::TooDeep { digest, limit: self.limits.index_depth });
        }
        let mut index = self.documents.index(descriptor)?;
        if self.above.is_empty() {
            self.found.annotations = std::mem::take(&mut index.annotations);
        }
        self.above.push(digest);
        self.entries(&index, digest)?;
        self.above.pop();
        Ok(())
    }

    fn entries(&mut self, index: &Index, digest: Digest) -> Result<(), ImageError> {
        self.entries += index.manifests.len();
        if self.entries > self.limits.index_entries {
            return Err(ImageError::TooManyEntries { digest, limit: self.limits.index_entries });
        }
        for entry in &index.manifests {
            if entry.descriptor.media_type.is_index() {
                self.index(&entry.descriptor)?;
            } else if entry.descriptor.media_type.is_manifest() {
                self.manifest(entry)?;
            } else {
                self.found.others.push(entry.clone());
            }
        }
        Ok(())
    }

    fn manifest(&mut self, entry: &IndexEntry) -> Result<(), ImageError> {
        let platform = match entry.platform() {
            Some(platform) => Some(platform),
            None => self.platform_by_config(&entry.descriptor)?,
        };
        if let Some(platform) = platform.filter(|platform| !platform.is_unknown())
            && self.found.candidates.iter().all(|candidate| candidate.platform != platform)
        {
            self.found.candidates.push(Candidate { platform, manifest: entry.descriptor.clone() });
        } else {
            self.found.others.push(entry.clone());
        }
        Ok(())
    }

    fn platform_by_config(&self, descriptor: &Descriptor) -> Result<Option<Platform>, ImageError> {
        let manifest = self.documents.manifest(descriptor)?;
        match other_type(&manifest) {
            Some(_) => Ok(None),
            None => Ok(Some(self.documents.config(&manifest.config)?.platform().clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::{Code, Coded};
    use crate::oci::Annotations;
    use std::collections::BTreeMap;

    /// Documents by names that nothing verifies, so that an index can contain itself.
    #[derive(Default)]
    struct Named(BTreeMap<Digest, Index>);

    impl Named {
        fn index(mut self, name: &str, entries: Vec<IndexEntry>) -> Self {
            self.0.insert(Digest::of(name.as_bytes()), Index::new(entries, Annotations::new()));
            self
        }

        fn walk(&self, name: &str, limits: &Limits) -> Result<Vec<String>, Code> {
            let found = select(&entry(name, MediaType::Index, None), self, limits);
            found
                .map(|found| {
                    found.candidates.iter().map(|candidate| candidate.platform.to_string()).collect()
                })
                .map_err(|error| error.code())
        }
    }

    impl Documents for Named {
        fn index(&self, descriptor: &Descriptor) -> Result<Index, ImageError> {
            Ok(self.0[&descriptor.digest].clone())
        }

        fn manifest(&self, _: &Descriptor) -> Result<Manifest, ImageError> {
            unreachable!("every entry of these tests names its platform")
        }

        fn config(&self, _: &Descriptor) -> Result<ImageConfig, ImageError> {
            unreachable!("every entry of these tests names its platform")
        }
    }

    fn entry(name: &str, media_type: MediaType, platform: Option<&str>) -> IndexEntry {
        let descriptor = Descriptor::of(media_type, name.as_bytes());
        match platform {
            Some(platform) => IndexEntry::new(descriptor, &platform.parse().unwrap()),
            None => IndexEntry { descriptor, platform: None },
        }
    }

    fn image(name: &str, platform: &str) -> IndexEntry {
        entry(name, MediaType::Manifest, Some(platform))
    }

    #[test]
    fn r06_an_index_in_itself_too_deep_or_too_long_is_refused() {
        let nested = |name| entry(name, MediaType::Index, None);
        let limits = Limits::default();
        let documents = Named::default()
            .index("cycle", vec![nested("other")])
            .index("other", vec![nested("cycle")])
            .index("one", vec![nested("two")])
            .index("two", vec![nested("three")])
            .index("three", vec![image("a", "linux/amd64")])
            .index("long", vec![image("a", "linux/amd64"); 10_001])
            .index("twice", vec![nested("three"), nested("three")]);
        assert_eq!(documents.walk("cycle", &limits), Err(Code::IndexCycle));
        assert_eq!(documents.walk("one", &limits), Err(Code::LimitIndex));
        assert_eq!(documents.walk("two", &limits), Ok(vec!["linux/amd64".to_owned()]));
        assert_eq!(documents.walk("long", &limits), Err(Code::LimitIndex));
        assert_eq!(documents.walk("twice", &limits), Ok(vec!["linux/amd64".to_owned()]));
    }

    #[test]
    fn r07_the_first_match_counts_and_unknown_platforms_are_skipped() {
        let documents = Named::default().index(
            "index",
            vec![
                image("attestation", "unknown/unknown"),
                image("first", "linux/arm64/v8"),
                image("second", "linux/arm64"),
                image("third", "linux/amd64"),
            ],
        );
        let root = entry("index", MediaType::Index, None);
        let selected = select(&root, &documents, &Limits::default()).unwrap();
        let found = selected.candidates.iter().map(|c| (c.platform.to_string(), c.manifest.digest));
        let found: Vec<_> = found.collect();
        let digest = |name: &str| Digest::of(name.as_bytes());
        let expected =
            [("linux/arm64".to_owned(), digest("first")), ("linux/amd64".to_owned(), digest("third"))];
        assert_eq!(found, expected);
        let others: Vec<_> = selected.others.iter().map(|other| other.descriptor.digest).collect();
        assert_eq!(others, [digest("attestation"), digest("second")]);
    }
}
