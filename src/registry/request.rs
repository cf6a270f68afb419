//! What is asked of a registry.

use std::io::Read;

use super::route::Route;
use super::scope::Scope;
use super::url::Url;
use crate::layer::SourceError;

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

/// What a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Head,
    Get,
    Post,
    Put,
    Patch,
    Delete,
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

/// What a request carries.
pub(super) enum Body<'a> {
    Empty,
    Bytes(&'a [u8]),
    /// A stream of known size that can be opened again.
    Stream {
        size: u64,
        open: &'a (dyn Fn() -> Result<Box<dyn Read + Send + 'a>, SourceError> + Sync),
    },
}

/// Whether a request may be sent again when its answer was lost, or is one of an overloaded server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resend {
    /// It does the same when it is done twice.
    Always,
    /// Only where the server says that it did not take it up: 429 and 503.
    Refused,
}
