//! Requests as they come over a connection: HTTP/1.1 with bodies of a known length or in chunks.

use std::fmt;
use std::io::{self, BufRead, Read};

/// What a request asks to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Method {
    Connect,
    Delete,
    Get,
    Head,
    Patch,
    Post,
    Put,
}

const METHODS: [(Method, &str); 7] = [
    (Method::Connect, "CONNECT"),
    (Method::Delete, "DELETE"),
    (Method::Get, "GET"),
    (Method::Head, "HEAD"),
    (Method::Patch, "PATCH"),
    (Method::Post, "POST"),
    (Method::Put, "PUT"),
];

impl Method {
    fn parse(name: &str) -> io::Result<Self> {
        let found = METHODS.iter().find(|(_, known)| *known == name);
        found.map(|(method, _)| *method).ok_or_else(|| malformed(name))
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (_, name) = METHODS.iter().find(|(method, _)| method == self).expect("every method has a name");
        f.write_str(name)
    }
}

/// Header fields in their order, by names in lower case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Headers(Vec<(String, String)>);

impl Headers {
    /// The first value of a field.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value of a field.
    pub(crate) fn all<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Reads them up to the empty line.
    pub(super) fn read(from: &mut impl BufRead) -> io::Result<Self> {
        let mut headers = Self::default();
        loop {
            let line = line(from)?.ok_or(io::ErrorKind::UnexpectedEof)?;
            if line.is_empty() {
                return Ok(headers);
            }
            let (name, value) = line.split_once(':').ok_or_else(|| malformed(&line))?;
            headers.add(name, value.trim());
        }
    }

    pub(super) fn add(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((name.to_ascii_lowercase(), value.into()));
    }

    /// Reads the body that comes with them, or its first bytes where it is longer than `limit`.
    pub(super) fn read_body(
        &self,
        from: &mut impl BufRead,
        limit: u64,
        body: &mut Vec<u8>,
    ) -> io::Result<()> {
        if self.get("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
            while (body.len() as u64) < limit && chunk(from, limit - body.len() as u64, body)? {}
            return Ok(());
        }
        let length = self.get("content-length").unwrap_or("0");
        let length: u64 = length.parse().map_err(|_| malformed(length))?;
        fill(from, length.min(limit), body)
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// A request without its body.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) method: Method,
    /// Path and query as they were sent.
    pub(crate) target: String,
    pub(crate) headers: Headers,
}

impl Head {
    /// The next one, or none where the client has ended the connection.
    pub(super) fn read(from: &mut impl BufRead) -> io::Result<Option<Self>> {
        let Some(first) = line(from)? else { return Ok(None) };
        let mut words = first.split(' ');
        let (Some(method), Some(target), Some("HTTP/1.1"), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(malformed(&first));
        };
        let (method, target) = (Method::parse(method)?, target.to_owned());
        Ok(Some(Self { method, target, headers: Headers::read(from)? }))
    }

    pub(crate) fn path(&self) -> &str {
        self.target.split_once('?').map_or(&self.target, |(path, _)| path)
    }

    /// The values of one parameter of the query, decoded.
    pub(crate) fn parameters<'a>(&'a self, name: &'a str) -> impl Iterator<Item = String> + 'a {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        form(query, name)
    }

    /// The first value of one parameter of the query, decoded.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        self.parameters(name).next()
    }

    /// Whether the client waits to be told before it sends the body.
    pub(super) fn waits(&self) -> bool {
        self.headers.get("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue"))
    }

    /// Whether the client ends the connection after the answer.
    pub(super) fn closes(&self) -> bool {
        self.headers.get("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }

    /// Reads the body, or its first bytes where it is longer than `limit`.
    pub(super) fn read_body(&self, from: &mut impl BufRead, limit: u64) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        self.headers.read_body(from, limit, &mut body)?;
        Ok(body)
    }
}

/// A whole request.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) head: Head,
    pub(crate) body: Vec<u8>,
}

/// The values of one parameter of a query or form, decoded.
pub(super) fn form<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = String> + 'a {
    let pairs = text.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.filter(move |(known, _)| *known == name).map(|(_, value)| decode(value))
}

fn decode(value: &str) -> String {
    unescaped(&value.replace('+', " "))
}

/// A text without the escapes of URLs.
pub(super) fn unescaped(text: &str) -> String {
    let mut rest = text.bytes();
    let mut decoded = Vec::new();
    while let Some(byte) = rest.next() {
        decoded.push(match byte {
            b'%' => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                hex::decode(digits).ok().and_then(|bytes| bytes.first().copied()).unwrap_or(b'%')
            }
            other => other,
        });
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Reads one chunk, at most `limit` bytes of it; false where it is the last.
fn chunk(from: &mut impl BufRead, limit: u64, body: &mut Vec<u8>) -> io::Result<bool> {
    let size = line(from)?.ok_or(io::ErrorKind::UnexpectedEof)?;
    let size =
        u64::from_str_radix(size.split(';').next().unwrap_or("").trim(), 16).map_err(|_| malformed(&size))?;
    fill(from, size.min(limit), body)?;
    if size <= limit {
        line(from)?.ok_or(io::ErrorKind::UnexpectedEof)?;
    }
    Ok(size > 0)
}

/// Appends this many bytes.
fn fill(from: &mut impl BufRead, expected: u64, body: &mut Vec<u8>) -> io::Result<()> {
    let found = from.take(expected).read_to_end(body)? as u64;
    if found < expected { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
}

/// One line without its end, or none where the stream has ended before it.
pub(super) fn line(from: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    if from.take(LONGEST_LINE).read_line(&mut line)? == 0 {
        return Ok(None);
    }
    match line.strip_suffix("\r\n") {
        Some(line) => Ok(Some(line.to_owned())),
        None => Err(malformed(&line)),
    }
}

pub(super) fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("malformed: {what:?}"))
}

const LONGEST_LINE: u64 = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Head, Vec<u8>) {
        let mut from = text.as_bytes();
        let head = Head::read(&mut from).unwrap().unwrap();
        let body = head.read_body(&mut from, u64::MAX).unwrap();
        (head, body)
    }

    #[test]
    fn a_request_has_path_parameters_and_headers_of_any_case() {
        let (head, body) =
            read("PUT /v2/a/b?digest=sha256%3Aab&x=1+2 HTTP/1.1\r\nContent-LENGTH: 3\r\n\r\nabcd");
        assert_eq!((head.method, head.path()), (Method::Put, "/v2/a/b"));
        assert_eq!(head.parameter("digest").as_deref(), Some("sha256:ab"));
        assert_eq!(head.parameter("x").as_deref(), Some("1 2"));
        assert_eq!(head.parameter("y"), None);
        assert_eq!(head.headers.get("Content-Length"), Some("3"));
        assert_eq!(body, b"abc");
    }

    #[test]
    fn chunks_are_one_body() {
        let (_, body) = read(
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nB;x=1\r\n0123456789d\r\n0\r\n\r\n",
        );
        assert_eq!(body, b"abc0123456789d");
    }

    #[test]
    fn a_body_that_ends_early_is_none() {
        for text in [
            "PUT / HTTP/1.1\r\ncontent-length: 3\r\n\r\nab",
            "PUT / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nab",
            "PUT / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
        ] {
            let mut from = text.as_bytes();
            let head = Head::read(&mut from).unwrap().unwrap();
            assert!(head.read_body(&mut from, u64::MAX).is_err(), "{text}");
        }
    }

    #[test]
    fn no_more_of_a_body_is_read_than_asked_for() {
        let text = "PUT / HTTP/1.1\r\ncontent-length: 9\r\n\r\nab";
        let mut from = text.as_bytes();
        let head = Head::read(&mut from).unwrap().unwrap();
        assert_eq!(head.read_body(&mut from, 2).unwrap(), b"ab");
    }
}
