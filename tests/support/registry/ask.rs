//! Requests as tests send them: one to a connection, and what came back however it ended.

use std::io::{self, BufReader, Read, Write};
use std::net::TcpStream;

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};
use serde_json::Value;

use super::request::{Headers, Method, line, malformed};
use super::{Identity, tls};

/// A request.
pub(crate) struct Ask {
    method: Method,
    target: String,
    headers: String,
    body: Vec<u8>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Headers,
    /// All of the body that came.
    pub(crate) body: Vec<u8>,
    /// How it ended where it did not end as it should.
    pub(crate) fault: Option<io::ErrorKind>,
}

impl Ask {
    pub(crate) fn new(method: Method, target: &str) -> Self {
        Self { method, target: target.to_owned(), headers: String::new(), body: Vec::new() }
    }

    pub(crate) fn get(target: &str) -> Self {
        Self::new(Method::Get, target)
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers += &format!("{name}: {value}\r\n");
        self
    }

    pub(crate) fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// Sends it to a host and port over a connection of its own, and reads the answer.
    pub(crate) fn send(&self, host: &str) -> io::Result<Answer> {
        self.over(TcpStream::connect(host)?, host)
    }

    /// Sends it over TLS, trusting one authority, whose certificate is PEM, and showing a certificate or none.
    pub(crate) fn send_tls(
        &self,
        host: &str,
        authority: &str,
        client: Option<&Identity>,
    ) -> io::Result<Answer> {
        let (name, _) = host.rsplit_once(':').ok_or_else(|| malformed(host))?;
        let name = ServerName::try_from(name.to_owned()).map_err(io::Error::other)?;
        let session =
            ClientConnection::new(tls::client(authority, client), name).map_err(io::Error::other)?;
        self.over(StreamOwned::new(session, TcpStream::connect(host)?), host)
    }

    /// Sends it over a connection, and reads the answer.
    pub(crate) fn over(&self, mut stream: impl Read + Write, host: &str) -> io::Result<Answer> {
        let Self { method, target, headers, body } = self;
        let length = body.len();
        let head = format!(
            "{method} {target} HTTP/1.1\r\nHost: {host}\r\n{headers}Content-Length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes())?;
        // A server may answer before it has read all; then its answer counts, and not that it stopped reading.
        let written = stream.write_all(body).and_then(|()| stream.flush());
        // A reset is told once, to whoever writes or reads first.
        Answer::read(*method, stream).map_err(|error| written.err().unwrap_or(error))
    }
}

impl Answer {
    fn read(method: Method, stream: impl Read) -> io::Result<Self> {
        let mut stream = BufReader::new(stream);
        let first = line(&mut stream)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let status = first.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| malformed(&first))?;
        let headers = Headers::read(&mut stream)?;
        let mut body = Vec::new();
        let read = match method {
            Method::Head => Ok(()),
            _ => headers.read_body(&mut stream, u64::MAX, &mut body),
        };
        Ok(Self { status, headers, body, fault: read.err().map(|error| error.kind()) })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the answer is JSON")
    }

    /// The code of the error that the answer is.
    pub(crate) fn code(&self) -> String {
        super::text(&self.json()["errors"][0]["code"])
    }
}
