//! Registries inside the test process: the whole distribution API, with faults and auth as a test wants them.

mod api;
mod ask;
mod auth;
mod behaviour;
mod blobs;
mod certificates;
mod credentials;
mod effect;
mod faults;
mod files;
mod issuer;
mod lists;
mod log;
mod manifests;
mod order;
mod proxy;
mod request;
mod response;
mod routes;
mod server;
mod store;
#[cfg(test)]
mod tests;
mod tls;
mod token_server;
mod uploads;

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::Layout;
use super::layout::{array, text};
use api::Api;
pub(crate) use ask::{Answer, Ask};
pub(crate) use auth::Auth;
pub(crate) use behaviour::Behaviour;
pub(crate) use certificates::{Authority, Identity};
pub(crate) use credentials::basic;
pub(crate) use faults::Fault;
pub(crate) use files::FileServer;
pub(crate) use issuer::{Accounts, Issuer};
pub(crate) use log::{Entry, Log};
pub(crate) use proxy::Proxy;
pub(crate) use request::Method;
pub(crate) use server::LOOPBACK;
use server::Server;
use store::Manifest;
pub(crate) use tls::Tls;
pub(crate) use token_server::{Catcher, TokenServer};

/// A registry on a free port of this machine, until it is dropped.
pub(crate) struct Registry {
    server: Server,
    api: Arc<Api>,
}

/// How a registry is started.
pub(crate) struct Options {
    pub(crate) behaviour: Behaviour,
    pub(crate) auth: Auth,
    pub(crate) tls: Option<Tls>,
    pub(crate) ip: IpAddr,
}

impl Default for Options {
    fn default() -> Self {
        Self { behaviour: Behaviour::default(), auth: Auth::Open, tls: None, ip: LOOPBACK }
    }
}

impl Registry {
    /// One that is open to all and does all of the specification.
    pub(crate) fn start() -> Self {
        Self::with(Options::default())
    }

    pub(crate) fn with(options: Options) -> Self {
        let Options { behaviour, auth, tls, ip } = options;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let api = Arc::new(Api::new(scheme, auth, behaviour));
        Self { server: Server::start(ip, tls, Arc::<Api>::clone(&api)), api }
    }

    /// Host and port, as references to images begin: `127.0.0.1:41234`.
    pub(crate) fn host(&self) -> String {
        self.server.authority()
    }

    pub(crate) fn port(&self) -> u16 {
        self.server.port()
    }

    /// `http://127.0.0.1:41234`, without a `/` at its end.
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// Adds a fault.
    pub(crate) fn fault(&self, fault: Fault) {
        self.server.fault(fault);
    }

    /// Takes all faults away.
    pub(crate) fn clear_faults(&self) {
        self.server.clear_faults();
    }

    /// Changes what it does, from now on.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.api.behaviour());
    }

    /// What it was asked until now.
    pub(crate) fn log(&self) -> Log {
        self.server.log()
    }

    /// How many connections there have been, with or without a request.
    pub(crate) fn connections(&self) -> usize {
        self.server.connections()
    }

    /// The names of all repositories.
    pub(crate) fn repos(&self) -> Vec<String> {
        self.api.store().repos.keys().cloned().collect()
    }

    /// The tags of a repository, in their order, each with its digest.
    pub(crate) fn tags(&self, repo: &str) -> Vec<(String, String)> {
        let store = self.api.store();
        let tags = store.repos.get(repo).map(|repo| repo.tags.clone());
        tags.unwrap_or_default().into_iter().collect()
    }

    /// The bytes and the type of a manifest, by tag or digest.
    pub(crate) fn manifest(&self, repo: &str, reference: &str) -> Option<(Vec<u8>, String)> {
        let (_, manifest) = self.api.store().manifest(repo, reference)?;
        Some((manifest.bytes.to_vec(), manifest.media_type))
    }

    /// The digests of all manifests of a repository.
    pub(crate) fn manifests(&self, repo: &str) -> Vec<String> {
        let store = self.api.store();
        store.repos.get(repo).map_or_else(Vec::new, |repo| repo.manifests.keys().cloned().collect())
    }

    /// A blob, whichever repository has it.
    pub(crate) fn blob(&self, digest: &str) -> Option<Vec<u8>> {
        Some(self.api.store().blob(None, digest)?.to_vec())
    }

    /// Whether a repository has a blob.
    pub(crate) fn has_blob(&self, repo: &str, digest: &str) -> bool {
        self.api.store().blob(Some(repo), digest).is_some()
    }

    /// How many uploads have begun and not ended.
    pub(crate) fn uploads(&self) -> usize {
        self.api.store().uploads()
    }

    /// Fails where something that a tag reaches is missing, or has another digest or size; gives the digests.
    pub(crate) fn closure(&self, repo: &str, tag: &str) -> Result<Vec<String>, String> {
        let store = self.api.store();
        let repo = store.repos.get(repo).ok_or_else(|| format!("no repository {repo}"))?;
        Ok(repo.closure(tag)?.into_iter().collect())
    }

    /// Whether all that a tag reaches is there.
    pub(crate) fn complete(&self, repo: &str, tag: &str) -> bool {
        self.closure(repo, tag).is_ok()
    }

    /// Puts a blob into a repository, past the API.
    pub(crate) fn put_blob(&self, repo: &str, bytes: &[u8]) -> String {
        let digest = super::digest(bytes);
        self.api.store().repo(repo).blobs.insert(digest.clone(), Arc::new(bytes.to_vec()));
        digest
    }

    /// Puts a manifest into a repository past the API, which looks at nothing; tags it if there is a tag.
    pub(crate) fn put_manifest(
        &self,
        repo: &str,
        tag: Option<&str>,
        media_type: &str,
        bytes: &[u8],
    ) -> String {
        let digest = super::digest(bytes);
        let mut store = self.api.store();
        let repo = store.repo(repo);
        let manifest = Manifest { media_type: media_type.to_owned(), bytes: Arc::new(bytes.to_vec()) };
        repo.manifests.insert(digest.clone(), manifest);
        repo.tags.extend(tag.map(|tag| (tag.to_owned(), digest.clone())));
        digest
    }

    /// Puts the image that has a name in a layout into a repository, under that name as tag; gives its digest.
    pub(crate) fn push_layout(&self, dir: &Path, name: &str, repo: &str) -> String {
        let layout = Layout::new(dir);
        self.push(&layout, &layout.named(name), repo, Some(name))
    }

    fn push(&self, layout: &Layout, descriptor: &Value, repo: &str, tag: Option<&str>) -> String {
        let bytes = layout.blob(descriptor);
        let document: Value = serde_json::from_slice(&bytes).expect("manifests are JSON");
        let list = |key: &str| document.get(key).map_or_else(Vec::new, |list| array(list).clone());
        for manifest in list("manifests") {
            self.push(layout, &manifest, repo, None);
        }
        for blob in document.get("config").cloned().into_iter().chain(list("layers")) {
            self.put_blob(repo, &layout.blob(&blob));
        }
        self.put_manifest(repo, tag, &text(&descriptor["mediaType"]), &bytes)
    }
}
