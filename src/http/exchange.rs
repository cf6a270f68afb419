//! One request and its answer, without a second try.

use std::io::{self, ErrorKind, Read};
use std::sync::{Arc, Mutex, PoisonError};

use ureq::http::{HeaderValue, header, request};
use ureq::{Agent, Error, SendBody, Timeout};

use super::address::{OutOfReach, Unresolved};
use super::connector::Unconnected;
use super::error::{Delay, HttpError};
use super::pace::Slow;
use super::request::{Body, Request};
use super::response::Response;
use super::url::{NoAddress, Url};
use crate::code::AnyFailure;
use crate::interrupt::Interrupted;
use crate::limits::Limits;

/// Why there is no answer.
pub(super) enum Lost {
    /// Nothing was sent: whatever it does, it can be sent again.
    Unsent(HttpError),
    /// Nobody knows whether it was done.
    Unknown(HttpError),
    /// It would end the same the next time.
    Final(HttpError),
    /// The host leads to an address out of reach.
    OutOfReach(std::net::IpAddr),
}

/// Sends `request` to `url` and waits for the head of the answer.
pub(super) fn exchange(
    agent: &Agent,
    url: &Url,
    request: &Request<'_, '_>,
    authorization: Option<&HeaderValue>,
    limits: &Limits,
) -> Result<Response, Lost> {
    let about = About {
        what: format!("{} {}", request.method.name(), url.shown()),
        host: url.origin.authority(),
        is_tls: url.origin.is_tls,
        limits: limits.clone(),
    };
    let mut built = request::Builder::new().method(request.method.name()).uri(url.to_string());
    for (name, value) in request.headers {
        built = built.header(*name, value);
    }
    if let Some(authorization) = authorization {
        built = built.header(header::AUTHORIZATION, authorization);
    }
    let unsendable = |_| Lost::Final(NoAddress(url.shown()).into());
    let failed = Failed::default();
    let answer = match request.body {
        Body::Empty if !request.method.has_body() => {
            built.body(()).map(|built| agent.run(built)).map_err(unsendable)?
        }
        Body::Empty => built.body(&[][..]).map(|built| agent.run(built)).map_err(unsendable)?,
        Body::Bytes(bytes) => built.body(bytes).map(|built| agent.run(built)).map_err(unsendable)?,
        Body::Stream { size, open } => {
            let inner = open().map_err(|error| Lost::Final(error.into()))?;
            let mut source = Source { inner, failed: failed.clone() };
            let body = SendBody::from_reader(&mut source);
            let built = built.header(header::CONTENT_LENGTH, size);
            built.body(body).map(|built| agent.run(built)).map_err(unsendable)?
        }
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return Err(failed.take().map_or_else(|| about.lost(error), Lost::Final)),
    };
    let (head, body) = answer.into_parts();
    let body = Box::new(Answer { inner: body.into_reader(), about: about.clone() });
    Ok(Response {
        what: about.what,
        status: head.status.as_u16(),
        headers: head.headers,
        url: url.clone(),
        body,
    })
}

/// What a request is about, for errors.
#[derive(Clone)]
struct About {
    what: String,
    host: String,
    is_tls: bool,
    limits: Limits,
}

impl About {
    fn lost(&self, error: Error) -> Lost {
        match error {
            Error::Other(inner) => match inner.downcast::<Unconnected>() {
                Ok(unconnected) => self.unconnected(unconnected.0),
                Err(inner) => self.lost_otherwise(inner.as_ref()),
            },
            Error::Io(error) => self.lost_io(&error),
            Error::Timeout(Timeout::Connect | Timeout::Resolve) => {
                Lost::Unsent(self.slow(Delay::Connection(self.limits.connect_seconds)))
            }
            Error::Timeout(Timeout::RecvResponse) => {
                Lost::Unknown(self.slow(Delay::Answer(self.limits.first_byte_seconds)))
            }
            Error::Timeout(_) => Lost::Unknown(self.slow(Delay::Stall(self.limits.stall_seconds))),
            Error::Rustls(error) => self.tls(&error),
            Error::Tls(problem) => Lost::Final(self.tls_problem(problem.to_owned())),
            // These would print the whole address, whose query may be a secret.
            Error::BadUri(_) | Error::RequireHttpsOnly(_) => {
                Lost::Final(self.unanswered("it cannot be sent"))
            }
            Error::HostNotFound => Lost::Unsent(self.unanswered("the host cannot be found")),
            error => Lost::Unknown(self.unanswered(&error.to_string())),
        }
    }

    /// Why there is no connection: nothing was sent.
    fn unconnected(&self, error: Error) -> Lost {
        match error {
            // A server without TLS may just hang up.
            Error::Io(error)
                if self.is_tls
                    && matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset) =>
            {
                Lost::Unsent(self.tls_problem("the server ends the handshake".to_owned()))
            }
            error => match self.lost(error) {
                Lost::Unknown(error) => Lost::Unsent(error),
                lost => lost,
            },
        }
    }

    fn lost_otherwise(&self, error: &(dyn std::error::Error + Send + Sync + 'static)) -> Lost {
        if let Some(interrupted) = error.downcast_ref::<Interrupted>() {
            return Lost::Final(HttpError::Interrupted(*interrupted));
        }
        if let Some(OutOfReach(address)) = error.downcast_ref() {
            return Lost::OutOfReach(*address);
        }
        if let Some(Unresolved(error)) = error.downcast_ref() {
            return Lost::Unsent(match error {
                Error::Timeout(_) => self.slow(Delay::Connection(self.limits.connect_seconds)),
                _ => self.unanswered("the host cannot be found"),
            });
        }
        if error.is::<Slow>() {
            return Lost::Unknown(self.slow(Delay::Rate(self.limits.least_rate)));
        }
        Lost::Unknown(self.unanswered(&error.to_string()))
    }

    fn lost_io(&self, error: &io::Error) -> Lost {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(error) => self.tls(error),
            None => Lost::Unknown(self.unanswered(&error.to_string())),
        }
    }

    /// What a certificate or a server that speaks no TLS ends with; the rest may go better the next time.
    fn tls(&self, error: &rustls::Error) -> Lost {
        Lost::Final(self.tls_problem(match error {
            rustls::Error::InvalidMessage(_) => "the server does not speak it".to_owned(),
            error => error.to_string(),
        }))
    }

    fn tls_problem(&self, problem: String) -> HttpError {
        HttpError::Tls { what: self.what.clone(), host: self.host.clone(), problem }
    }

    fn slow(&self, delay: Delay) -> HttpError {
        HttpError::Slow { what: self.what.clone(), delay }
    }

    fn unanswered(&self, problem: &str) -> HttpError {
        let problem = crate::printable::escaped(problem);
        HttpError::Unanswered { what: self.what.clone(), problem }
    }
}

/// The body of an answer, whose errors are [`HttpError`]s.
struct Answer<R> {
    inner: R,
    about: About,
}

impl<R: Read> Read for Answer<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.inner.read(out).map_err(|error| match self.about.lost(Error::from(error)) {
            Lost::Final(HttpError::Interrupted(interrupted)) => io::Error::other(interrupted),
            Lost::Unsent(error) | Lost::Unknown(error) | Lost::Final(error) => {
                AnyFailure::new(error).into_io()
            }
            Lost::OutOfReach(address) => {
                AnyFailure::new(self.about.unanswered(&OutOfReach(address).to_string())).into_io()
            }
        })
    }
}

/// What a request's body failed with: that is no fault of the server.
#[derive(Clone, Default)]
struct Failed(Arc<Mutex<Option<io::Error>>>);

impl Failed {
    fn take(&self) -> Option<HttpError> {
        let source = self.0.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        let interrupted = source.get_ref().and_then(|inner| inner.downcast_ref::<Interrupted>()).copied();
        Some(match interrupted {
            Some(interrupted) => HttpError::Interrupted(interrupted),
            None => HttpError::Unreadable(source),
        })
    }
}

struct Source<'a> {
    inner: Box<dyn Read + Send + 'a>,
    failed: Failed,
}

impl Read for Source<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.inner.read(out).map_err(|error| {
            let kind = error.kind();
            *self.failed.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            kind.into()
        })
    }
}
