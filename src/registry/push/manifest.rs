//! Manifests into a repository.

use crate::http::{Body, Method, Resend};
use crate::oci::{Digest, MediaType};
use crate::registry::error::RegistryError;
use crate::registry::repository::Repository;
use crate::registry::request::{Request, Target};
use crate::registry::route::Route;
use crate::registry::scope::Access;

/// What a manifest is put under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManifestName<'a> {
    /// A tag, which moves.
    Tag(&'a str),
    /// Its digest.
    Digest(&'a Digest),
}

/// What a registry says of a manifest that it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The manifest that it refers to, where the registry lists what refers to it.
    pub subject: Option<Digest>,
}

impl Repository {
    /// Puts a manifest or index, byte for byte, under a tag or its digest.
    pub fn put_manifest(
        &self,
        by: ManifestName<'_>,
        media_type: &MediaType,
        bytes: &[u8],
    ) -> Result<Accepted, RegistryError> {
        let reference = match by {
            ManifestName::Tag(tag) => tag.to_owned(),
            ManifestName::Digest(digest) => digest.to_string(),
        };
        let answer = self.own().endpoint.send(&Request {
            method: Method::Put,
            target: Target::Route(Route::manifest(self.name(), &reference), Vec::new()),
            scope: self.own().scope(Access::Push),
            headers: vec![("content-type", media_type.as_str().to_owned())],
            body: Body::Bytes(bytes),
            resend: Resend::Always,
        })?;
        let answer = answer.expect(&[201])?;
        if let Some(said) = answer.content_digest() {
            let mut hasher = said.hasher();
            hasher.update(bytes);
            answer.check_digest(&hasher.finish())?;
        }
        let subject = answer.header("oci-subject").and_then(|subject| subject.parse().ok());
        answer.discard();
        Ok(Accepted { subject })
    }
}
