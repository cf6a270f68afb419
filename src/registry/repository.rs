//! A repository of a registry, and what can be done with it.

use std::sync::Arc;

use super::endpoint::Endpoint;
use super::registries::Shared;

/// A repository of a registry.
#[derive(Clone)]
pub struct Repository {
    pub(super) shared: Arc<Shared>,
    pub(super) endpoint: Endpoint,
    pub(super) host: String,
    pub(super) name: String,
}

impl Repository {
    pub(super) fn new(shared: Arc<Shared>, endpoint: Endpoint, host: &str, name: &str) -> Self {
        Self { shared, endpoint, host: host.to_owned(), name: name.to_owned() }
    }
}
