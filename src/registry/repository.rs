//! A repository of a registry, and what can be done with it.

use std::io::Read;
use std::sync::Arc;

use super::abilities::Abilities;
use super::endpoint::Endpoint;
use super::error::RegistryError;
use super::place::Place;
use super::pull;
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
        Ok(Box::new(pull::open_blob(self, descriptor)?))
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
            pull::find_blob(self, descriptor).map(|found| found.map(|body| Box::new(body) as _))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::{Code, Coded};
    use crate::interrupt::Interrupt;
    use crate::layer::read_document;
    use crate::limits::Limits;
    use crate::oci::MediaType;
    use crate::registry::abilities::NoMemory;
    use crate::registry::registries::Registries;
    use crate::registry::sample::{Server, answer, bytes, repository, working};
    use crate::registry::settings::{HostSettings, Settings};
    use std::net::TcpListener;

    const INDEX: &[u8] = br#"{"schemaVersion":2,"manifests":[]}"#;

    /// The repository `acme/app` of a registry with mirrors.
    fn mirrored(host: &str, mirrors: &[String]) -> Repository {
        let own = HostSettings { mirrors: mirrors.to_vec(), ..HostSettings::default() };
        let settings = Settings { hosts: [(host.to_owned(), own)].into(), ..Settings::default() };
        let limits = Limits { retry_milliseconds: 1, ..Limits::default() };
        Registries::new(settings, Box::new(NoMemory), &limits, &Interrupt::default())
            .repository(host, "acme/app")
    }

    #[test]
    fn mirrors_are_read_first_in_their_order() {
        let (shelf, server, _) = working();
        let empty = Server::start(|_| answer(404));
        let mirror = Server::start(|asked| match asked.method.as_str() {
            "HEAD" => answer(405),
            _ if asked.target.contains("/manifests/") => answer(200).body(INDEX),
            _ => answer(200).body(bytes(10)),
        });
        let repository = mirrored(&server.host, &[empty.host.clone(), format!("{}/cache", mirror.host)]);
        let descriptor = Descriptor::of(MediaType::Index, INDEX);
        assert_eq!(repository.resolve("1").unwrap(), Some(descriptor.clone()));
        assert!(repository.tagged("1").unwrap().is_some());
        assert_eq!(read_document(&repository, &descriptor, 1 << 20).unwrap(), INDEX);
        let blob = Descriptor::of(MediaType::Config, &bytes(10));
        assert_eq!(read_document(&repository, &blob, 1 << 20).unwrap(), bytes(10));
        assert!(server.lines().is_empty());
        let ns = format!("?ns={}", server.host);
        assert!(empty.lines().iter().all(|line| line.ends_with(&ns)), "{:?}", empty.lines());
        assert_eq!(mirror.lines()[0], format!("HEAD /v2/cache/acme/app/manifests/1{ns}"));
        // What is about to be written is asked of the registry itself.
        shelf.put_blob("acme/app", b"{}");
        assert!(!repository.has_blob(&blob).unwrap());
        assert!(!repository.has_manifest(&descriptor.digest).unwrap());
        assert_eq!(server.lines().len(), 2);
    }

    #[test]
    fn a_mirror_that_fails_or_lies_is_passed_over() {
        let (shelf, server, _) = working();
        shelf.put_tag("acme/app", "1", INDEX);
        shelf.put_blob("acme/app", &bytes(10));
        let descriptor = Descriptor::of(MediaType::Index, INDEX);
        let blob = Descriptor::of(MediaType::Config, &bytes(10));
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let lying = Server::start(|asked| match asked.target.contains("/manifests/sha256:") {
            true => answer(200).body(r#"{"schemaVersion":2,"manifests":[],"annotations":{}}"#),
            false => answer(401),
        });
        for mirror in [closed, lying.host.clone()] {
            let repository = mirrored(&server.host, &[mirror]);
            assert_eq!(repository.resolve("1").unwrap(), Some(descriptor.clone()));
            assert!(repository.manifest(&descriptor.digest).unwrap().is_some());
            assert_eq!(read_document(&repository, &descriptor, 1 << 20).unwrap(), INDEX);
            assert_eq!(read_document(&repository, &blob, 1 << 20).unwrap(), bytes(10));
        }
        assert!(lying.asked().iter().all(|asked| !asked.headers.contains_key("authorization")));
    }

    #[test]
    fn r09_addresses_in_a_descriptor_are_never_contacted() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}/layer", listener.local_addr().unwrap());
        let (shelf, _server, repository) = working();
        let foreign = Descriptor { urls: vec![url], ..Descriptor::of(MediaType::Config, b"{}") };
        let error = repository.open(&foreign).err().unwrap();
        assert_eq!(error.code(), Code::Foreign);
        shelf.put_blob("acme/app", b"{}");
        assert_eq!(read_document(&repository, &foreign, 10).unwrap(), b"{}");
        assert!(listener.accept().is_err());
    }

    #[test]
    fn what_a_registry_lacks_is_missing_and_its_failure_is_told() {
        let descriptor = Descriptor::of(MediaType::Config, b"{}");
        for (status, code) in [(404, Code::SourceMissing), (403, Code::Auth), (418, Code::Remote)] {
            let server = Server::start(move |_| answer(status));
            let repository = repository(&server);
            for media_type in [MediaType::Config, MediaType::Manifest] {
                let descriptor = Descriptor { media_type, ..descriptor.clone() };
                assert_eq!(repository.open(&descriptor).err().unwrap().code(), code);
            }
        }
    }
}
