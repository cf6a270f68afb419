//! Blobs got into a repository, each in the cheapest way there is.

use std::collections::BTreeSet;
use std::io::{Cursor, Read};
use std::sync::{Mutex, PoisonError};

use super::error::PushError;
use super::known::Claim;
use super::mount::Mount;
use super::publish::{Amount, Pushing};
use super::session::Upload;
use super::small::SMALL;
use crate::image::PublishedImage;
use crate::layer::{BlobSource, SourceError};
use crate::oci::{Descriptor, MediaType};
use crate::pool;
use crate::registry::repository::Repository;

/// Whether a registry is believed that it has a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// What it answers, and what it was seen to take.
    Answers,
    /// Not at all: everything is sent.
    Nothing,
}

/// The transfers of one push.
pub(super) struct Transfers<'a> {
    to: &'a Repository,
    pushing: &'a Pushing<'a>,
    amounts: Mutex<[Amount; 3]>,
}

/// A blob of an image.
struct Blob<'a> {
    descriptor: Descriptor,
    source: Source<'a>,
    /// Whether it was made just now.
    is_new: bool,
}

enum Source<'a> {
    /// A config: ours, and new nearly always.
    Bytes(Bytes<'a>),
    Layer(&'a dyn BlobSource),
}

/// How a blob got there.
#[derive(Clone, Copy)]
enum Way {
    Uploaded,
    Mounted,
    Present,
}

impl<'a> Transfers<'a> {
    pub(super) fn new(to: &'a Repository, pushing: &'a Pushing<'a>) -> Self {
        Self { to, pushing, amounts: Mutex::default() }
    }

    /// What was uploaded, mounted, and there.
    pub(super) fn amounts(&self) -> (Amount, Amount, Amount) {
        let [uploaded, mounted, present] = *self.amounts.lock().unwrap_or_else(PoisonError::into_inner);
        (uploaded, mounted, present)
    }

    /// Gets every blob of these images into the repository.
    pub(super) fn images(&self, images: &[PublishedImage], trust: Trust) -> Result<(), PushError> {
        let blobs = blobs(images);
        pool::each(self.pushing.transfers, &blobs, |blob| self.blob(blob, trust)).map(|_| ())
    }

    fn blob(&self, blob: &Blob<'_>, trust: Trust) -> Result<(), PushError> {
        self.pushing.interrupt.check()?;
        let (known, digest) = (self.pushing.known, blob.descriptor.digest);
        if trust == Trust::Nothing {
            known.forget(self.to, digest);
        }
        let home = blob.source().home();
        let Some(claim) = known.claim(self.to, digest, home, self.pushing.interrupt)? else {
            self.done(blob, Way::Present);
            return Ok(());
        };
        let way = match trust {
            Trust::Answers => self.cheapest(blob, &claim)?,
            Trust::Nothing => self.upload(blob, None)?,
        };
        self.done(blob, way);
        claim.done();
        Ok(())
    }

    fn cheapest(&self, blob: &Blob<'_>, claim: &Claim<'_>) -> Result<Way, PushError> {
        if claim.mountable.as_deref() == Some(self.to.name()) {
            return Ok(Way::Present);
        }
        let mount = || match claim.mountable.as_deref() {
            Some(from) => self.to.mount(&blob.descriptor, from).map(Some),
            None => Ok(None),
        };
        // A mount is no dearer than asking first, and where it succeeds there is nothing left to ask.
        let mounts = self.to.abilities().mount != Some(false);
        let early = if mounts { mount()? } else { None };
        if let Some(Mount::Mounted) = early {
            return Ok(Way::Mounted);
        }
        // What is small and was made just now is sent in the request that would ask for it.
        let is_asked = !(blob.is_new && blob.descriptor.size <= SMALL);
        if is_asked && self.to.has_blob(&blob.descriptor)? {
            return Ok(Way::Present);
        }
        // The request that begins an upload tries a mount as well, should the registry have learned it.
        match if mounts { early } else { mount()? } {
            Some(Mount::Mounted) => Ok(Way::Mounted),
            Some(Mount::Session(session)) => self.upload(blob, Some(session)),
            None => self.upload(blob, None),
        }
    }

    fn upload(&self, blob: &Blob<'_>, session: Option<Upload>) -> Result<Way, PushError> {
        if !blob.descriptor.urls.is_empty()
            && matches!(blob.source().open(&blob.descriptor), Err(SourceError::Foreign { .. }))
        {
            return Ok(Way::Present);
        }
        self.to.upload(&blob.descriptor, session, blob.source(), self.pushing.progress)?;
        Ok(Way::Uploaded)
    }

    fn done(&self, blob: &Blob<'_>, way: Way) {
        let bytes = blob.descriptor.size;
        if !matches!(way, Way::Uploaded) {
            (self.pushing.progress)(bytes);
        }
        let mut amounts = self.amounts.lock().unwrap_or_else(PoisonError::into_inner);
        let amount = &mut amounts[way as usize];
        *amount = Amount { blobs: amount.blobs + 1, bytes: amount.bytes + bytes };
    }
}

/// Every blob of these images once.
fn blobs(images: &[PublishedImage]) -> Vec<Blob<'_>> {
    let mut seen = BTreeSet::new();
    let layers = images.iter().flat_map(|image| &image.layers).map(|layer| Blob {
        descriptor: layer.descriptor.clone(),
        source: Source::Layer(layer.blob.as_ref()),
        is_new: layer.is_new,
    });
    let configs = images.iter().map(|image| Blob {
        descriptor: Descriptor::of(MediaType::Config, &image.config),
        source: Source::Bytes(Bytes(&image.config)),
        is_new: true,
    });
    layers.chain(configs).filter(|blob| seen.insert(blob.descriptor.digest)).collect()
}

impl Blob<'_> {
    fn source(&self) -> &dyn BlobSource {
        match &self.source {
            Source::Bytes(bytes) => bytes,
            Source::Layer(source) => *source,
        }
    }
}

/// A blob in memory.
struct Bytes<'a>(&'a [u8]);

impl BlobSource for Bytes<'_> {
    fn open(&self, _: &Descriptor) -> Result<Box<dyn Read + Send>, SourceError> {
        Ok(Box::new(Cursor::new(self.0.to_vec())))
    }
}
