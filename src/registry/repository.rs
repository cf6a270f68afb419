//! A repository of a registry, and what can be done with it.

use std::io::Read;
use std::sync::Arc;

use super::abilities::Abilities;
use super::endpoint::Endpoint;
use super::error::RegistryError;
use super::place::Place;
use super::pull::{self, Resumed};
use super::registries::Shared;
use crate::code::AnyFailure;
use crate::layer::{BlobSource, Home, SourceError};
use crate::oci::{Descriptor, Digest};

/// A repository of a registry; clones are the same one.
#[derive(Clone)]
pub struct Repository(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    host: String,
    /// The registry itself.
    own: Place,
    /// What is asked before it where something is read.
    mirrors: Vec<Place>,
}

impl Repository {
    pub(super) fn new(shared: Arc<Shared>, endpoint: Endpoint, host: &str, name: &str) -> Self {
        let mirrors = mirrors(&shared, host, name);
        let own = Place { endpoint, name: name.to_owned(), mirrors: None };
        Self(Arc::new(Inner { shared, host: host.to_owned(), own, mirrors }))
    }

    /// The registry's host, and port where one is named.
    pub fn host(&self) -> &str {
        &self.0.host
    }

    /// The repository, without the host.
    pub fn name(&self) -> &str {
        &self.0.own.name
    }

    /// What a tag leads to, where there is such a tag, by one HEAD where that can say it.
    ///
    /// Media type and size are what the registry says: what is read by the digest decides.
    pub fn resolve(&self, tag: &str) -> Result<Option<Descriptor>, RegistryError> {
        self.read(|place| pull::resolve(place, tag, self.shared()))
    }

    /// The manifest or index that a tag leads to; its type is that of its body.
    pub fn tagged(&self, tag: &str) -> Result<Option<(Descriptor, Vec<u8>)>, RegistryError> {
        self.read(|place| pull::tagged(place, tag, self.shared()))
    }

    /// A manifest or index by its digest, verified; its type is that of its body.
    pub fn manifest(&self, digest: &Digest) -> Result<Option<(Descriptor, Vec<u8>)>, RegistryError> {
        self.read(|place| pull::manifest(place, digest, self.shared()))
    }

    /// Whether the registry itself has a manifest.
    pub fn has_manifest(&self, digest: &Digest) -> Result<bool, RegistryError> {
        pull::has_manifest(self.own(), digest, self.shared())
    }

    /// Whether the registry itself has a blob in this repository.
    pub fn has_blob(&self, descriptor: &Descriptor) -> Result<bool, RegistryError> {
        pull::has_blob(self.own(), &descriptor.digest)
    }

    /// A reader of a blob that goes on where a connection broke off.
    ///
    /// Nothing is verified: read it through a [`VerifiedReader`](crate::layer::VerifiedReader). Its errors hold an
    /// [`AnyFailure`].
    pub fn blob(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send>, RegistryError> {
        Ok(Box::new(Resumed::open(self, descriptor)?))
    }

    pub(super) fn own(&self) -> &Place {
        &self.0.own
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.0.shared
    }

    /// Host and repository.
    pub(super) fn full_name(&self) -> String {
        format!("{}/{}", self.host(), self.name())
    }

    /// What is known of the registry.
    pub(super) fn abilities(&self) -> Abilities {
        self.shared().learned.of(self.host(), self.shared().memory.as_ref())
    }

    /// Remembers what was learned of the registry.
    pub(super) fn learn(&self, change: impl FnOnce(&mut Abilities)) {
        self.shared().learned.learn(self.host(), self.shared().memory.as_ref(), change);
    }

    /// Reads from the first place that has it: what a mirror lacks, or fails at, the next one is asked for.
    pub(super) fn read<T>(
        &self,
        read: impl Fn(&Place) -> Result<Option<T>, RegistryError>,
    ) -> Result<Option<T>, RegistryError> {
        for mirror in &self.0.mirrors {
            if let Ok(Some(found)) = read(mirror) {
                return Ok(Some(found));
            }
            self.0.shared.interrupt.check()?;
        }
        read(&self.0.own)
    }
}

/// The places of a repository at the mirrors of a registry: `HOST`, or `HOST/PATH` for what lies below a path.
fn mirrors(shared: &Shared, host: &str, name: &str) -> Vec<Place> {
    let settings = shared.settings.hosts.get(host);
    let mirrors = settings.map(|settings| settings.mirrors.as_slice()).unwrap_or_default();
    let place = |mirror: &String| {
        let (at, path) = mirror.split_once('/').unwrap_or((mirror, ""));
        let name = if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
        Place { endpoint: Endpoint::new(shared, at), name, mirrors: Some(host.to_owned()) }
    };
    mirrors.iter().map(place).collect()
}

impl BlobSource for Repository {
    fn open(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send>, SourceError> {
        let digest = descriptor.digest;
        let media_type = &descriptor.media_type;
        let opened = if media_type.is_index() || media_type.is_manifest() {
            self.read(|place| pull::open_manifest(place, &digest, self.shared()))
        } else {
            Resumed::find(self, descriptor).map(|found| found.map(|body| Box::new(body) as _))
        };
        match opened {
            Ok(Some(body)) => Ok(body),
            Ok(None) if descriptor.urls.is_empty() => Err(SourceError::Missing { digest }),
            Ok(None) => Err(SourceError::Foreign { digest }),
            Err(error) => Err(SourceError::Remote(AnyFailure::new(error))),
        }
    }

    fn home(&self) -> Option<Home<'_>> {
        Some(Home { host: self.host(), repository: self.name() })
    }
}
