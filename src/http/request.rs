//! What is asked of a server.

use std::io::Read;

use crate::layer::SourceError;

/// A request, but for its address.
#[derive(Clone, Copy)]
pub(crate) struct Request<'h, 'a> {
    pub(crate) method: Method,
    /// Headers besides those of authorization and of the body's length.
    pub(crate) headers: &'h [(&'static str, String)],
    pub(crate) body: Body<'a>,
    pub(crate) resend: Resend,
}

/// What a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Head,
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// What a request carries.
#[derive(Clone, Copy)]
pub(crate) enum Body<'a> {
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
pub(crate) enum Resend {
    /// It does the same when it is done twice.
    Always,
    /// Only where the server says that it did not take it up: 429 and 503.
    Refused,
}

impl Method {
    /// The method as it is sent.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Head => "HEAD",
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Whether a request without a body says so by a length of zero.
    pub(super) fn has_body(self) -> bool {
        matches!(self, Self::Post | Self::Put | Self::Patch)
    }
}
