//! Files got from servers.

use std::fmt;
use std::io::{self, Read};

use super::client::Client;
use super::error::HttpError;
use super::request::{Body, Method, Request, Resend};
use super::response::Response;
use super::resume::{Again, Resumed};
use super::url::Url;
use super::validator::Validator;

/// A file on its way: what is read of it.
///
/// Where the connection breaks off it goes on with what is left, if that is known to be of the same file. Errors of reading
/// are [`HttpError`]s in the guise of those of the system ([`AnyFailure`](crate::code::AnyFailure)). What the bytes are is for
/// the reader to verify, and how many to bound.
pub struct Download(Resumed<Remote>);

impl Client {
    /// Gets the file at an address, which is asked with the name and the password that stand there.
    ///
    /// Redirects are followed up to the limit, but not from TLS to plain HTTP; only the address's own origin is shown who
    /// asks. Where there is no such file the error is [`HttpError::NotFound`].
    pub fn get(&self, url: &Url) -> Result<Download, HttpError> {
        let (client, url) = (self.clone(), url.clone());
        let mut remote = Remote { client, url, length: None, validator: None };
        let answer = remote.whole(0)?;
        Ok(Download(Resumed::new(self, remote, answer)))
    }
}

impl Download {
    /// How many bytes the server says there are, where it does.
    pub fn length(&self) -> Option<u64> {
        self.0.from().length
    }
}

impl Read for Download {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out)
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Download").field(&self.0.from().url.shown()).finish()
    }
}

/// A file on a server.
struct Remote {
    client: Client,
    url: Url,
    length: Option<u64>,
    /// What the file is known again by, of which some bytes came.
    validator: Option<Validator>,
}

impl Remote {
    fn ask(&self, headers: &[(&'static str, String)]) -> Result<Response, HttpError> {
        let request = Request { method: Method::Get, headers, body: Body::Empty, resend: Resend::Always };
        self.client.follow(self.url.clone(), &request, self.url.authorization().as_ref())
    }

    /// An answer that has all bytes of the file of which `passed` came.
    fn same(&self, answer: Response, passed: u64) -> Result<Response, HttpError> {
        let is_same = self.validator.as_ref().is_some_and(|validator| validator.is_of(&answer))
            && self.length == length(&answer);
        if is_same { Ok(answer) } else { Err(self.changed(passed)) }
    }

    fn changed(&self, at: u64) -> HttpError {
        HttpError::Changed { what: format!("GET {}", self.url.shown()), at }
    }
}

impl Again for Remote {
    type Error = HttpError;

    fn whole(&mut self, passed: u64) -> Result<Response, HttpError> {
        if passed > 0 && self.validator.is_none() {
            return Err(self.changed(passed));
        }
        let answer = self.ask(&[])?;
        if answer.status != 200 {
            return Err(answer.into_failure());
        }
        if passed > 0 {
            return self.same(answer, passed);
        }
        (self.length, self.validator) = (length(&answer), Validator::of(&answer));
        Ok(answer)
    }

    fn rest(&mut self, first: u64) -> Result<Option<Response>, HttpError> {
        let Some(validator) = &self.validator else { return Ok(None) };
        let range = ("range", format!("bytes={first}-"));
        let answer = self.ask(&[range, ("if-range", validator.as_str().to_owned())])?;
        match answer.status {
            206 if validator.is_not_of(&answer) => Ok(None),
            206 => Ok(Some(answer)),
            200 => self.same(answer, first).map(Some),
            416 => Ok(None),
            _ => Err(answer.into_failure()),
        }
    }

    fn size(&self) -> Option<u64> {
        self.length
    }
}

/// How many bytes an answer says that it has.
fn length(answer: &Response) -> Option<u64> {
    answer
        .header("content-length")
        .filter(|_| !answer.headers.contains_key("transfer-encoding"))?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests;
