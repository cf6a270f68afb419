//! Looking at an image wherever it is: its index, its platforms, and what refers to them. No layer is read.

mod compile;
mod report;

use std::io::{Cursor, Read};
use std::sync::Arc;

use crate::code::{AnyFailure, Code, Coded};
use crate::image::{Found, ImageError, PlatformMismatch, Root};
use crate::interrupt::{Interrupt, Interrupted};
use crate::layer::{BlobSource, SourceError};
use crate::limits::{Limited, Limits};
use crate::oci::{
    Descriptor, Digest, IndexEntry, Locator, LocatorError, Platform, Referrer, RegistryMap, RegistryName,
};
use crate::registry::{Registries, Repository};
use crate::store;

pub use report::{
    DescriptorReport, DocumentReport, InspectReport, InspectedLayer, InspectedPlatform, OtherReport,
    ReferrerReport, VERSION, schema,
};

/// Where images are looked for, and how.
pub struct Places<'a> {
    /// Where references are looked for instead.
    pub map: &'a RegistryMap,
    /// The registries.
    pub registries: &'a Registries,
    /// The limits on what is read.
    pub limits: &'a Limits,
    /// Whether to stop.
    pub interrupt: &'a Interrupt,
}

/// An image that cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// The reference leads to no place.
    #[error(transparent)]
    Locator(#[from] LocatorError),
    /// The documents of all its platforms are too large together: one may be named by many.
    #[error("its manifests and configs have more than {limit} bytes together")]
    TooLarge {
        /// The bytes they may have.
        limit: u64,
    },
    /// The work was asked to end.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// It cannot be found or read.
    #[error(transparent)]
    Image(#[from] ImageError),
}

impl InspectError {
    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Image(ImageError::PlatformAbsent { .. }) => None,
            Self::Image(ImageError::NoImage { .. }) => Some("--raw prints it as it is".to_owned()),
            Self::Image(error) => error.hint(),
            Self::TooLarge { .. } => Some("name the platforms to show by --platform".to_owned()),
            Self::Locator(_) | Self::Interrupted(_) => None,
        }
    }
}

impl Coded for InspectError {
    fn code(&self) -> Code {
        match self {
            Self::Locator(_) => Code::SpecReference,
            Self::TooLarge { .. } => Code::LimitManifest,
            Self::Interrupted(interrupted) => interrupted.code(),
            Self::Image(error) => error.code(),
        }
    }
}

impl Limited for InspectError {
    fn limit(&self) -> Option<&'static str> {
        match self {
            Self::Image(error) => error.limit(),
            Self::TooLarge { .. } => Some("document-bytes"),
            Self::Locator(_) | Self::Interrupted(_) => None,
        }
    }
}

/// Looks at the image that `reference` names: at all its platforms, or at those that are wanted.
pub fn inspect(
    reference: &Locator,
    wanted: &[Platform],
    places: &Places<'_>,
) -> Result<InspectReport, InspectError> {
    let place = place(reference, places)?;
    let found = find(&place, places)?;
    let wanted_or_all = if wanted.is_empty() { found.platforms() } else { wanted.to_vec() };
    let seen = compile::platforms(&found, &wanted_or_all, places)?;
    // One question for all: a layout is opened once.
    let referrers = referrers(&place, &seen.subjects(&found), places)?;
    Ok(compile::report(reference.to_string(), &found, seen, referrers, wanted.is_empty()))
}

/// The bytes of the index or manifest that `reference` names, or of its manifest for a platform; verified.
pub fn raw(
    reference: &Locator,
    wanted: Option<&Platform>,
    places: &Places<'_>,
) -> Result<Vec<u8>, InspectError> {
    let Root { entry, blobs } = root(&place(reference, places)?, places)?;
    let Some(platform) = wanted else { return Ok(Root { entry, blobs }.bytes(places.limits)?) };
    let found = Found::of(entry, Arc::clone(&blobs), places.limits, PlatformMismatch::Allow)?;
    let manifest = found.image(platform)?.manifest;
    let descriptor = manifest.expect("what documents lead to has a manifest");
    let entry = IndexEntry { descriptor, platform: None };
    Ok(Root { entry, blobs }.bytes(places.limits)?)
}

/// Where a reference leads once registries are mapped.
fn place(reference: &Locator, places: &Places<'_>) -> Result<Locator, InspectError> {
    match reference {
        Locator::Registry(name) => Ok(places.map.apply(name)?),
        other => Ok(other.clone()),
    }
}

fn find(place: &Locator, places: &Places<'_>) -> Result<Found, InspectError> {
    let Places { limits, interrupt, .. } = places;
    match place {
        Locator::Registry(_) => {
            let Root { entry, blobs } = root(place, places)?;
            Ok(Found::of(entry, blobs, limits, PlatformMismatch::Allow)?)
        }
        local => Ok(store::find(local, limits, PlatformMismatch::Allow, interrupt)?),
    }
}

fn root(place: &Locator, places: &Places<'_>) -> Result<Root, InspectError> {
    match place {
        Locator::Registry(name) => remote_root(name, places.registries),
        local => Ok(store::root(local, places.limits)?),
    }
}

/// What a name leads to in its registry: read once, and by its digest from then on.
fn remote_root(name: &RegistryName, registries: &Registries) -> Result<Root, InspectError> {
    let repository = registries.repository(name.host(), name.repository());
    let read = match (name.digest(), name.tag()) {
        (Some(digest), _) => repository.manifest(digest),
        (None, tag) => repository.tagged(tag.unwrap_or_default()),
    };
    let read = read.map_err(|error| ImageError::from(AnyFailure::new(error)))?;
    let (descriptor, bytes) = read.ok_or_else(|| ImageError::NotInRegistry { name: name.to_string() })?;
    let blobs = Arc::new(Remote { digest: descriptor.digest, bytes, repository });
    Ok(Root { entry: IndexEntry { descriptor, platform: None }, blobs })
}

/// What refers to each of some manifests.
fn referrers(
    place: &Locator,
    subjects: &[Digest],
    places: &Places<'_>,
) -> Result<Vec<Vec<Referrer>>, InspectError> {
    match place {
        Locator::DockerArchive { .. } => Ok(vec![Vec::new(); subjects.len()]),
        Locator::Registry(name) => {
            let repository = places.registries.repository(name.host(), name.repository());
            let of = |subject| repository.referrers(subject, None);
            let listed: Result<_, _> = subjects.iter().map(of).collect();
            Ok(listed.map_err(|error| ImageError::from(AnyFailure::new(error)))?)
        }
        local => Ok(store::referrers(local, subjects, places.limits)?),
    }
}

/// A repository, and a document of it that was read before.
struct Remote {
    digest: Digest,
    bytes: Vec<u8>,
    repository: Repository,
}

impl BlobSource for Remote {
    fn open(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send>, SourceError> {
        if descriptor.digest == self.digest {
            return Ok(Box::new(Cursor::new(self.bytes.clone())));
        }
        self.repository.open(descriptor)
    }
}
