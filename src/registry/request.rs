//! What is asked of a registry.

use super::route::Route;
use super::scope::Scope;
use crate::http::{self, Body, Method, Resend, Url};

/// A request to a registry.
pub(super) struct Request<'a> {
    pub(super) method: Method,
    pub(super) target: Target,
    /// What it needs a token for.
    pub(super) scope: Scope,
    /// Headers besides those of authorization and of the body's length.
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Body<'a>,
    pub(super) resend: Resend,
}

/// Where a request goes.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// A path of the specification; the query of parameters, whose values are encoded when the address is made.
    Route(Route, Vec<(&'static str, String)>),
    /// A blob, which may lie elsewhere: redirects are followed.
    Blob(Route),
    /// Where the registry said that an upload goes on.
    Upload(Url),
    /// Where the registry said that a list goes on; of the registry's origin.
    Page(Url),
}

impl<'a> Request<'a> {
    /// The request as it is sent, wherever that is.
    pub(super) fn sent(&self) -> http::Request<'_, 'a> {
        let Self { method, ref headers, body, resend, .. } = *self;
        http::Request { method, headers, body, resend }
    }

    /// Whether it reads a blob.
    pub(super) fn is_read(&self) -> bool {
        matches!(self.target, Target::Blob(_)) && matches!(self.method, Method::Get | Method::Head)
    }
}
