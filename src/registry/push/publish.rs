//! An image pushed: what is needed first, tags last, so that a tag that is seen leads to all of it.

use super::closure;
use super::error::PushError;
use super::known::Known;
use super::manifest::ManifestName;
use super::order::most_specific_first;
use super::transfer::{Transfers, Trust};
use crate::image::{Publication, PublishedImage, PublishedLayer};
use crate::interrupt::Interrupt;
use crate::oci::{Compression, Descriptor, Digest, MediaType};
use crate::pool;
use crate::registry::error::RegistryError;
use crate::registry::pull;
use crate::registry::repository::Repository;

/// How images are pushed.
#[derive(Clone, Copy)]
pub struct Pushing<'a> {
    /// How many requests of one push may be under way at a time.
    pub transfers: usize,
    /// What all pushes of the process know.
    pub known: &'a Known,
    /// Is told how many more bytes of blobs are there, however they got there.
    pub progress: &'a (dyn Fn(u64) + Sync),
    /// Ends the push before its next request.
    pub interrupt: &'a Interrupt,
}

/// A push that is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// The tags in the order they were given.
    pub tags: Vec<(String, TagOutcome)>,
    /// The blobs that were sent.
    pub uploaded: Amount,
    /// The blobs that the registry took over from another repository.
    pub mounted: Amount,
    /// The blobs that were there, or are held by foreign addresses alone.
    pub present: Amount,
}

/// How many blobs, and how large they are together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// Their number.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// What a push did to a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagOutcome {
    /// It led to the index already.
    Unchanged,
    /// It is new.
    Created,
    /// It led to something else.
    Moved {
        /// What it led to.
        from: Digest,
    },
}

/// Pushes an image to a repository and puts it under tags.
///
/// Blobs go first, then manifests, then the index, which is read back; then the tags, the most specific first: those of
/// more parts (`1.2.3` before `1.2`), then the longer ones, `latest` last. Each is read back. A tag that leads to the index
/// already costs one request, and where any does nothing below the index is looked at.
pub fn push(
    publication: &Publication,
    to: &Repository,
    tags: &[String],
    pushing: &Pushing<'_>,
) -> Result<Pushed, PushError> {
    closure::check(publication, to.shared().limits.written_document_bytes)?;
    let push = Push { publication, to, pushing, transfers: Transfers::new(to, pushing) };
    push.run(tags)
}

struct Push<'a> {
    publication: &'a Publication,
    to: &'a Repository,
    pushing: &'a Pushing<'a>,
    transfers: Transfers<'a>,
}

impl Push<'_> {
    fn run(&self, tags: &[String]) -> Result<Pushed, PushError> {
        let index = self.publication.descriptor();
        let before = pool::each(self.pushing.transfers, tags, |tag| self.leads_to(tag))?;
        let outcomes = before.iter().map(|before| match before {
            Some(digest) if *digest == index.digest => TagOutcome::Unchanged,
            Some(from) => TagOutcome::Moved { from: *from },
            None => TagOutcome::Created,
        });
        let outcomes: Vec<_> = tags.iter().cloned().zip(outcomes).collect();
        if !outcomes.iter().any(|(_, outcome)| *outcome == TagOutcome::Unchanged) {
            self.content(&index)?;
        }
        let changed = outcomes.iter().filter(|(_, outcome)| *outcome != TagOutcome::Unchanged);
        self.put_tags(changed.map(|(tag, _)| tag.as_str()).collect(), &index)?;
        let (uploaded, mounted, present) = self.transfers.amounts();
        Ok(Pushed { tags: outcomes, uploaded, mounted, present })
    }

    /// What a tag leads to, asked of the registry itself.
    fn leads_to(&self, tag: &str) -> Result<Option<Digest>, PushError> {
        self.pushing.interrupt.check()?;
        let found = pull::resolve(self.to.own(), tag, self.to.shared())?;
        Ok(found.map(|descriptor| descriptor.digest))
    }

    /// Everything that the tags will lead to.
    fn content(&self, index: &Descriptor) -> Result<(), PushError> {
        self.transfers.images(&self.publication.images, Trust::Answers)?;
        let images = &self.publication.images;
        pool::each(self.pushing.transfers, images, |image| self.manifest(image))?;
        match self.put(index, &self.publication.index) {
            Err(PushError::Registry(error)) if lacks_parts(&error) => {
                for image in images {
                    self.pushing.known.forget(self.to, Digest::of(&image.manifest));
                    self.manifest(image)?;
                }
                self.put(index, &self.publication.index)?;
            }
            result => result?,
        }
        self.read_back(index)
    }

    /// A manifest, whose blobs are there as far as the registry says.
    fn manifest(&self, image: &PublishedImage) -> Result<(), PushError> {
        let descriptor = Descriptor::of(MediaType::Manifest, &image.manifest);
        if self.pushing.known.has(self.to, descriptor.digest) {
            return Ok(());
        }
        match self.put(&descriptor, &image.manifest) {
            Err(PushError::Registry(error)) if lacks_parts(&error) => {
                self.transfers.images(std::slice::from_ref(image), Trust::Nothing)?;
                self.put(&descriptor, &image.manifest)
            }
            Err(PushError::Registry(error)) if may_be_about_zstd(&error, image) => {
                Err(PushError::Zstd(error))
            }
            result => result,
        }
    }

    fn put(&self, descriptor: &Descriptor, bytes: &[u8]) -> Result<(), PushError> {
        self.pushing.interrupt.check()?;
        self.to.put_manifest(ManifestName::Digest(&descriptor.digest), &descriptor.media_type, bytes)?;
        self.pushing.known.add(self.to, descriptor.digest);
        Ok(())
    }

    fn read_back(&self, index: &Descriptor) -> Result<(), PushError> {
        self.pushing.interrupt.check()?;
        let kept = pull::manifest(self.to.own(), &index.digest, self.to.shared())?;
        match kept {
            Some((_, bytes)) if bytes == self.publication.index => Ok(()),
            _ => Err(PushError::NotKept { repository: self.to.full_name(), digest: index.digest }),
        }
    }

    fn put_tags(&self, mut tags: Vec<&str>, index: &Descriptor) -> Result<(), PushError> {
        most_specific_first(&mut tags);
        let mut moved = Vec::new();
        for tag in tags {
            self.pushing.interrupt.check()?;
            self.to.put_manifest(ManifestName::Tag(tag), &index.media_type, &self.publication.index)?;
            match self.leads_to(tag)? {
                Some(found) if found == index.digest => {}
                found => moved.push((tag.to_owned(), found)),
            }
        }
        if moved.is_empty() {
            return Ok(());
        }
        Err(PushError::TagsMoved { repository: self.to.full_name(), digest: index.digest, tags: moved })
    }
}

/// Whether a registry may refuse a manifest because it does not know how its layers are compressed.
fn may_be_about_zstd(error: &RegistryError, image: &PublishedImage) -> bool {
    let is_zstd = |layer: &PublishedLayer| layer.descriptor.media_type == MediaType::Layer(Compression::Zstd);
    matches!(error.status(), Some(400 | 415 | 422)) && image.layers.iter().any(is_zstd)
}

/// Whether a registry refuses a manifest because it lacks something that the manifest names.
fn lacks_parts(error: &RegistryError) -> bool {
    ["MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN", "MANIFEST_UNKNOWN"].iter().any(|code| error.says(code))
}
