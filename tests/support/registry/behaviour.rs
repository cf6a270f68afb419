//! What a registry does and does not do: registries differ.

/// What a registry does. By default all of the specification, as most do it.
#[derive(Clone, Debug)]
pub(crate) struct Behaviour {
    /// Has the referrers API; 404 otherwise.
    pub(crate) referrers: bool,
    /// Says `OCI-Subject` when a manifest with a subject is put.
    pub(crate) subject: bool,
    /// Referrers in one page.
    pub(crate) referrers_page: usize,
    /// Filters referrers by type if asked to.
    pub(crate) filters: bool,
    /// Mounts; a session is opened otherwise.
    pub(crate) mounts: bool,
    /// Takes a blob in one POST; a session is opened otherwise.
    pub(crate) monolithic_post: bool,
    /// Answers HEAD; 405 otherwise.
    pub(crate) heads: bool,
    /// Answers DELETE; 405 otherwise.
    pub(crate) deletes: bool,
    /// Serves parts of blobs; the whole otherwise.
    pub(crate) ranges: bool,
    /// Says where a manifest is that was put.
    pub(crate) manifest_location: bool,
    /// Says `Docker-Content-Digest` to HEAD.
    pub(crate) head_digest: bool,
    /// Writes URLs out, as `Location` and in `Link`.
    pub(crate) absolute_urls: bool,
    /// Tags in one page.
    pub(crate) tags_page: usize,
    /// Bytes of the longest manifest it takes.
    pub(crate) longest_manifest: usize,
    /// Tags what is put by digest with each `tag` of the query.
    pub(crate) tags_in_query: bool,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            referrers: true,
            subject: true,
            referrers_page: usize::MAX,
            filters: true,
            mounts: true,
            monolithic_post: true,
            heads: true,
            deletes: true,
            ranges: true,
            manifest_location: true,
            head_digest: true,
            absolute_urls: false,
            tags_page: usize::MAX,
            longest_manifest: 4 << 20,
            tags_in_query: false,
        }
    }
}

impl Behaviour {
    /// As Debian's docker-registry: no referrers, no blob in one POST, whole URLs.
    pub(crate) fn docker_registry() -> Self {
        Self {
            referrers: false,
            subject: false,
            monolithic_post: false,
            absolute_urls: true,
            ..Self::default()
        }
    }
}
