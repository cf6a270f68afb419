//! Answers, and how they go over a connection: whole, or as a fault wants it.

use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::request::{Headers, Method};

/// An answer. To a HEAD it is the same as to a GET; only its body is not sent.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Headers,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn new(status: u16) -> Self {
        Self { status, headers: Headers::default(), body: Vec::new() }
    }

    /// An error in the form of the distribution specification.
    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        let errors = json!({"errors": [{"code": code, "message": message, "detail": null}]});
        Self::new(status).json(&errors)
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.add(name, value);
        self
    }

    pub(crate) fn json(self, document: &Value) -> Self {
        self.typed("application/json", document.to_string())
    }

    pub(crate) fn typed(self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let mut typed = self.with("Content-Type", media_type);
        typed.body = body.into();
        typed
    }
}

/// How an answer goes over the connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Delivery {
    /// After how many bytes of the body the connection is reset; before any byte of the answer where it is 0.
    pub(super) reset_at: Option<usize>,
    /// After how many bytes of the body the connection is closed, whatever the length said.
    pub(super) close_at: Option<usize>,
    /// After how many bytes of the body nothing more comes, and the connection stays.
    pub(super) stall_at: Option<usize>,
    /// Bytes of the body per second.
    pub(super) rate: Option<u64>,
    /// In chunks, which say nothing of the length.
    pub(super) chunked: bool,
}

/// What becomes of the connection after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    Keep,
    Close,
    Reset,
    /// Nothing more, until the client ends it.
    Stall,
}

impl Delivery {
    /// Both; where they exclude each other, the other.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            reset_at: other.reset_at.or(self.reset_at),
            close_at: other.close_at.or(self.close_at),
            stall_at: other.stall_at.or(self.stall_at),
            rate: other.rate.or(self.rate),
            chunked: self.chunked || other.chunked,
        }
    }

    /// The bytes of the body that the client is meant to get.
    pub(super) fn body<'a>(&self, method: Method, response: &'a Response) -> &'a [u8] {
        if method == Method::Head {
            return &[];
        }
        let ends = [self.reset_at, self.close_at, self.stall_at].into_iter().flatten();
        &response.body[..ends.fold(response.body.len(), usize::min)]
    }

    /// Sends an answer, or as much of it as there shall be.
    pub(super) fn send(&self, to: &mut dyn Write, method: Method, response: &Response) -> io::Result<After> {
        if self.reset_at == Some(0) {
            return Ok(After::Reset);
        }
        let body = self.body(method, response);
        let chunked = self.chunked && method != Method::Head;
        to.write_all(head(response, chunked).as_bytes())?;
        if chunked {
            // Two of them, so that one alone is never the whole.
            for part in [&body[..body.len() / 2], &body[body.len() / 2..]] {
                if !part.is_empty() {
                    write!(to, "{:x}\r\n", part.len())?;
                    self.pour(to, part)?;
                    to.write_all(b"\r\n")?;
                }
            }
        } else {
            self.pour(to, body)?;
        }
        let after = match self {
            Self { reset_at: Some(_), .. } => After::Reset,
            Self { close_at: Some(_), .. } => After::Close,
            Self { stall_at: Some(_), .. } => After::Stall,
            _ if response.headers.get("connection") == Some("close") => After::Close,
            _ => After::Keep,
        };
        if chunked && after == After::Keep {
            to.write_all(b"0\r\n\r\n")?;
        }
        to.flush()?;
        Ok(after)
    }

    fn pour(&self, to: &mut dyn Write, body: &[u8]) -> io::Result<()> {
        let Some(rate) = self.rate else { return to.write_all(body) };
        let at_once = (rate / 20).max(1);
        for part in body.chunks(at_once as usize) {
            to.write_all(part)?;
            to.flush()?;
            thread::sleep(Duration::from_secs_f64(at_once as f64 / rate as f64));
        }
        Ok(())
    }
}

fn head(response: &Response, chunked: bool) -> String {
    let mut head = format!("HTTP/1.1 {} {}\r\n", response.status, reason(response.status));
    for (name, value) in response.headers.iter() {
        head += &format!("{name}: {value}\r\n");
    }
    let has_length = response.headers.get("content-length").is_some();
    if chunked {
        head += "transfer-encoding: chunked\r\n";
    } else if !has_length && !matches!(response.status, 204 | 304) {
        head += &format!("content-length: {}\r\n", response.body.len());
    }
    head + "\r\n"
}

/// Clients go by the number; the words are for those who read along.
fn reason(status: u16) -> &'static str {
    match status {
        200..=299 => "Fine",
        300..=399 => "Elsewhere",
        400..=499 => "Refused",
        _ => "Failed",
    }
}
