//! Who may ask a registry.

use super::request::{Head, Request};
use super::response::Response;
use super::routes::Route;

/// What a registry wants to see.
#[derive(Clone)]
pub(crate) enum Auth {
    /// Nothing.
    Open,
}

impl Auth {
    /// Answers a request for a token, where the registry itself gives them out.
    pub(super) fn token(&self, _request: &Request) -> Option<Response> {
        None
    }

    /// Refuses a request that lacks what it needs.
    pub(super) fn allows(&self, _head: &Head, _route: &Route, _origin: &str) -> Result<(), Response> {
        Ok(())
    }
}
