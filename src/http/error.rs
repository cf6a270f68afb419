//! Servers that cannot be asked, or do not answer as they should.

use std::io;
use std::net::IpAddr;
use std::path::PathBuf;

use super::url::NoAddress;
use crate::code::{self, AnyFailure, Code, Coded, Failure};
use crate::file_error::FileError;
use crate::interrupt::Interrupted;
use crate::layer::SourceError;

/// A server that cannot be asked, or whose answer is none that can be used.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// No answer came, or not all of it.
    #[error("{what}: {problem}")]
    Unanswered {
        /// Method and address of the request, without its query.
        what: String,
        /// What went wrong.
        problem: String,
    },
    /// The answer, or a part of it, took too long.
    #[error("{what}: {delay}")]
    Slow {
        /// Method and address of the request, without its query.
        what: String,
        /// What took too long.
        delay: Delay,
    },
    /// There is nothing at the address.
    #[error("{what}: there is no such file (status {status})")]
    NotFound {
        /// Method and address of the request, without its query.
        what: String,
        /// The status: 404, or 410 where there was something once.
        status: u16,
    },
    /// The answer has a status that the request cannot go on with.
    #[error("{what}: status {status}{}{message}", if message.is_empty() { "" } else { ": " })]
    Status {
        /// Method and address of the request, without its query.
        what: String,
        /// The status.
        status: u16,
        /// What the body says, where it is text: at most 512 bytes, control characters escaped.
        message: String,
    },
    /// A redirect that is not followed.
    #[error("{what}: redirected to `{to}`, {problem}")]
    Redirect {
        /// Method and address of the request, without its query.
        what: String,
        /// Where to, without query.
        to: String,
        /// Why it is not followed.
        problem: RedirectProblem,
    },
    /// A certificate is not trusted, or no TLS is spoken.
    #[error("{what}: TLS: {problem}")]
    Tls {
        /// Method and address of the request, without its query.
        what: String,
        /// The server: a host, and its port where that is not the usual one.
        host: String,
        /// What is wrong.
        problem: String,
    },
    /// A file broke off, however often it was asked for.
    #[error("broken off at byte {at}{} after {tries} tries: {problem}", of(*size))]
    BrokenOff {
        /// The bytes that came.
        at: u64,
        /// The bytes that it has, where that is known.
        size: Option<u64>,
        /// How often it was asked for.
        tries: u32,
        /// What went wrong at last, and with which request.
        problem: String,
    },
    /// A file broke off, and what is there now is another, or cannot be told from another.
    #[error("{what}: broken off at byte {at}, and what is there now is not known to be the same")]
    Changed {
        /// Method and address of the request, without its query.
        what: String,
        /// The bytes that came.
        at: u64,
    },
    /// A file that settings name cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file that settings name does not hold what it should.
    #[error("{}: {problem}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A proxy's address cannot be used.
    #[error("the proxy for {host}: {problem}")]
    Proxy {
        /// The server that is asked through it.
        host: String,
        /// What is wrong with it; never the address itself, which may hold a password.
        problem: &'static str,
    },
    /// An address that a server gives is none.
    #[error(transparent)]
    Address(#[from] NoAddress),
    /// What is sent cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// What is sent breaks off.
    #[error("what is sent cannot be read: {0}")]
    Unreadable(io::Error),
    /// The work was asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

/// What took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Delay {
    /// Connecting.
    #[error("no connection within {0} s")]
    Connection(u64),
    /// The beginning of the answer.
    #[error("no answer within {0} s")]
    Answer(u64),
    /// The next bytes.
    #[error("nothing moved for {0} s")]
    Stall(u64),
    /// All bytes.
    #[error("fewer than {0} bytes per second moved")]
    Rate(u64),
}

/// Why a redirect is not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RedirectProblem {
    /// It leads from TLS to plain HTTP.
    #[error("which is reached without TLS")]
    Plain,
    /// There are too many.
    #[error("which is one redirect too many")]
    Count,
    /// It names no address.
    #[error("which is no address")]
    Address,
    /// It leads into a network that is not public, and the server is not there.
    #[error("which leads to {0}, an address that is not public")]
    Reach(IpAddr),
}

fn of(size: Option<u64>) -> String {
    size.map(|size| format!(" of {size}")).unwrap_or_default()
}

impl HttpError {
    /// Whether the answer, or a part of it, was lost on the way: another may come whole.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self, Self::Unanswered { .. } | Self::Slow { .. })
    }
}

impl Coded for HttpError {
    fn code(&self) -> Code {
        match self {
            Self::Status { status: 401 | 403 | 407, .. } => Code::Auth,
            Self::Redirect { .. } => Code::Redirect,
            Self::Tls { .. } => Code::Tls,
            Self::File(error) => error.code(),
            Self::Certificate { .. } | Self::Proxy { .. } => Code::Usage,
            Self::Unanswered { .. }
            | Self::Slow { .. }
            | Self::NotFound { .. }
            | Self::Status { .. }
            | Self::BrokenOff { .. }
            | Self::Changed { .. }
            | Self::Address(_) => Code::Remote,
            Self::Source(error) => error.code(),
            Self::Unreadable(error) => code::of_io(error),
            Self::Interrupted(error) => error.code(),
        }
    }
}

impl Failure for HttpError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Tls { host, .. } => Some(format!("for an authority of your own pass --ca {host}=FILE")),
            Self::Status { status: 401, .. } => Some(
                "where the server wants to know who asks, write `USER:PASSWORD@` before the host of the address"
                    .to_owned(),
            ),
            Self::Status { status: 429, .. } | Self::Changed { .. } => Some("try again later".to_owned()),
            Self::Source(SourceError::Remote(failure)) => failure.hint(),
            Self::Unreadable(error) => AnyFailure::of_io(error)?.hint(),
            _ => None,
        }
    }

    fn limit(&self) -> Option<&'static str> {
        match self {
            Self::Slow { delay, .. } => Some(match delay {
                Delay::Connection(_) => "connect-seconds",
                Delay::Answer(_) => "first-byte-seconds",
                Delay::Stall(_) => "stall-seconds",
                Delay::Rate(_) => "least-rate",
            }),
            Self::Redirect { problem: RedirectProblem::Count, .. } => Some("redirects"),
            Self::Source(SourceError::Remote(failure)) => failure.limit(),
            Self::Unreadable(error) => AnyFailure::of_io(error)?.limit(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_names_its_limit() {
        let error = HttpError::Slow { what: "GET x".to_owned(), delay: Delay::Connection(10) };
        assert_eq!(error.to_string(), "GET x: no connection within 10 s");
        assert_eq!(error.limit(), Some("connect-seconds"));
    }
}
