//! Paths of the distribution specification's endpoints.

use crate::http::encoded;
use crate::oci::Digest;

/// A path below `/v2/`, built of percent-encoded segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route(String);

impl Route {
    /// A manifest, by tag or digest.
    pub(super) fn manifest(repository: &str, reference: &str) -> Self {
        Self::below(repository, &["manifests", reference])
    }

    /// A blob.
    pub(super) fn blob(repository: &str, digest: &Digest) -> Self {
        Self::below(repository, &["blobs", &digest.to_string()])
    }

    /// Where uploads begin.
    pub(super) fn uploads(repository: &str) -> Self {
        Self(Self::below(repository, &["blobs", "uploads"]).0 + "/")
    }

    /// What refers to a manifest.
    pub(super) fn referrers(repository: &str, digest: &Digest) -> Self {
        Self::below(repository, &["referrers", &digest.to_string()])
    }

    /// The tags of a repository.
    pub(super) fn tags(repository: &str) -> Self {
        Self::below(repository, &["tags", "list"])
    }

    /// The same, asked of a mirror of the registry `host`.
    pub(super) fn mirrored(self, host: &str) -> Self {
        Self(format!("{}?ns={}", self.0, encoded(host)))
    }

    fn below(repository: &str, rest: &[&str]) -> Self {
        let segments = repository.split('/').chain(rest.iter().copied());
        let mut path = "/v2".to_owned();
        for segment in segments {
            path.push('/');
            path.push_str(&encoded(segment));
        }
        Self(path)
    }

    pub(super) fn into_path(self) -> String {
        self.0
    }
}
