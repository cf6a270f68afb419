//! Upload sessions: begun, and ended under a digest.

use crate::http::{Body, Method, Resend, Response, Url};
use crate::oci::Digest;
use crate::registry::error::RegistryError;
use crate::registry::repository::Repository;
use crate::registry::request::{Request, Target};
use crate::registry::route::Route;
use crate::registry::scope::Access;

/// An upload that a registry has begun and waits for.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Where it goes on.
    pub(super) location: Url,
}

/// What kind of bytes a blob is sent as.
pub(super) const OCTETS: (&str, &str) = ("content-type", "application/octet-stream");

impl Repository {
    /// Begins an upload.
    pub(super) fn begin_upload(&self) -> Result<Upload, RegistryError> {
        self.begin_with(Vec::new(), Body::Empty)?.expect(&[202])?.session()
    }

    /// A POST to where uploads begin.
    pub(super) fn begin_with(
        &self,
        query: Vec<(&'static str, String)>,
        body: Body<'_>,
    ) -> Result<Response, RegistryError> {
        let headers = match &body {
            Body::Empty => Vec::new(),
            _ => vec![(OCTETS.0, OCTETS.1.to_owned())],
        };
        self.own().endpoint.send(&Request {
            method: Method::Post,
            target: Target::Route(Route::uploads(self.name()), query),
            scope: self.own().scope(Access::Push),
            headers,
            body,
            // What was begun twice is not seen, and ends by itself.
            resend: Resend::Always,
        })
    }

    /// Ends an upload with its last, or only, bytes.
    pub(super) fn end_upload(
        &self,
        upload: Upload,
        digest: &Digest,
        body: Body<'_>,
    ) -> Result<(), RegistryError> {
        let location = upload.location.with("digest", &digest.to_string());
        let answer = self.send_part(Method::Put, location, Vec::new(), body)?.expect(&[201])?;
        answer.check_digest(digest)?;
        answer.discard();
        Ok(())
    }

    /// Sends bytes to where an upload goes on.
    pub(super) fn send_part(
        &self,
        method: Method,
        location: Url,
        mut headers: Vec<(&'static str, String)>,
        body: Body<'_>,
    ) -> Result<Response, RegistryError> {
        headers.push((OCTETS.0, OCTETS.1.to_owned()));
        let (target, scope) = (Target::Upload(location), self.own().scope(Access::Push));
        // A session that got some of the bytes has to be begun anew.
        let resend = Resend::Refused;
        self.own().endpoint.send(&Request { method, target, scope, headers, body, resend })
    }
}

impl Response {
    /// The upload that this answer has begun, or goes on with.
    pub(super) fn session(self) -> Result<Upload, RegistryError> {
        let location = self.location()?;
        self.discard();
        Ok(Upload { location })
    }
}
