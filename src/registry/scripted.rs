//! A server of a few lines for tests: it answers what a closure says, and remembers what it was asked.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

use super::auth::CredentialFiles;
use super::request::{Body, Method, Request, Resend, Target};
use super::route::Route;
use super::scope::{Access, Scope};
use super::{Registries, RegistryError, Settings};
use crate::interrupt::Interrupt;
use crate::limits::Limits;
use crate::oci::Digest;

/// What was asked.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// Its number, from 0.
    pub(super) number: usize,
    pub(super) line: String,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// One piece of what is answered.
pub(super) enum Piece {
    Bytes(Vec<u8>),
    Wait(Duration),
    /// The connection ends here, with a reset where there was something left to read.
    End,
}

/// A server on this machine; it ends with the value.
pub(super) struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    is_over: Arc<AtomicBool>,
}

impl Server {
    pub(super) fn start(answer: impl Fn(&Asked) -> Vec<Piece> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, is_over) = (Arc::<Mutex<Vec<Asked>>>::default(), Arc::<AtomicBool>::default());
        let (seen, over, answer) = (Arc::clone(&asked), Arc::clone(&is_over), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                thread::spawn(move || serve(&stream.unwrap(), &seen, &*answer));
            }
        });
        Self { address, asked, is_over }
    }

    /// Host and port.
    pub(super) fn host(&self) -> String {
        self.address.to_string()
    }

    /// All that was asked so far.
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The request lines of all that was asked so far.
    pub(super) fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(stream: &TcpStream, seen: &Mutex<Vec<Asked>>, answer: &dyn Fn(&Asked) -> Vec<Piece>) {
    let mut reader = BufReader::new(stream);
    while let Some(mut asked) = read(&mut reader) {
        {
            let mut seen = seen.lock().unwrap();
            asked.number = seen.len();
            seen.push(asked.clone());
        }
        for piece in answer(&asked) {
            match piece {
                Piece::Bytes(bytes) if (&*stream).write_all(&bytes).is_err() => return,
                Piece::Bytes(_) => {}
                Piece::Wait(time) => thread::sleep(time),
                Piece::End => return stream.shutdown(Shutdown::Both).unwrap_or(()),
            }
        }
    }
}

fn read(reader: &mut BufReader<&TcpStream>) -> Option<Asked> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let header =
        |line: &String| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    let headers: Vec<_> = lines.iter().skip(1).filter_map(header).collect();
    let mut asked = Asked { number: 0, line: lines.first()?.to_owned(), headers, body: Vec::new() };
    let size = asked.header("content-length").map_or(0, |size| size.parse().unwrap());
    asked.body.resize(size, 0);
    reader.read_exact(&mut asked.body).ok()?;
    asked.line = asked.line.trim_end_matches(" HTTP/1.1").to_owned();
    Some(asked)
}

/// An answer in one piece.
pub(super) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Vec<Piece> {
    let mut text = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    vec![Piece::Bytes(format!("{text}\r\n{body}").into_bytes())]
}

/// Limits under which nothing takes long.
pub(super) fn quick() -> Limits {
    Limits {
        retry_milliseconds: 2,
        retry_after_seconds: 0,
        connect_seconds: 5,
        first_byte_seconds: 1,
        stall_seconds: 1,
        ..Limits::default()
    }
}

/// Registries, and a file of credentials for them.
pub(super) struct Client {
    pub(super) registries: Registries,
    pub(super) interrupt: Interrupt,
    _dir: TempDir,
}

impl Client {
    /// Registries that know these credentials: a host, and `user:password` for it.
    pub(super) fn new(settings: Settings, credentials: &[(&str, &str)], limits: &Limits) -> Self {
        let dir = TempDir::new().unwrap();
        let auth =
            |(host, pair): &(&str, &str)| format!("\"{host}\": {{\"auth\": \"{}\"}}", STANDARD.encode(pair));
        let auths: Vec<String> = credentials.iter().map(auth).collect();
        Self::with_file(settings, &format!("{{\"auths\": {{{}}}}}", auths.join(", ")), limits, dir)
    }

    /// Registries that read credentials from a file with this text.
    pub(super) fn with_file(settings: Settings, text: &str, limits: &Limits, dir: TempDir) -> Self {
        let path = dir.path().join("config.json");
        std::fs::write(&path, text).unwrap();
        let credentials = CredentialFiles { usual: vec![path], ..CredentialFiles::default() };
        let (settings, interrupt) = (Settings { credentials, ..settings }, Interrupt::default());
        let registries = Registries::new(settings, Box::new(super::NoMemory), limits, &interrupt);
        Self { registries, interrupt, _dir: dir }
    }

    /// Sends a request to `host` and reads all of the answer: its status and body.
    pub(super) fn send(&self, host: &str, request: &Request<'_>) -> Result<(u16, String), RegistryError> {
        let endpoint = self.registries.endpoint(host);
        let mut answer = endpoint.send(request)?;
        let mut body = String::new();
        answer.body.read_to_string(&mut body).map_err(RegistryError::Unreadable)?;
        Ok((answer.status, body))
    }
}

/// A request for a manifest of `acme/app`, to be sent again at will.
pub(super) fn request(method: Method, access: Access) -> Request<'static> {
    let scope = Scope { repository: "acme/app".to_owned(), access, source: None };
    let target = Target::Route(Route::manifest("acme/app", "1"), Vec::new());
    Request { method, target, scope, headers: Vec::new(), body: Body::Empty, resend: Resend::Always }
}

/// A request for a blob of `acme/app`.
pub(super) fn blob_request() -> Request<'static> {
    let target = Target::Blob(Route::blob("acme/app", &Digest::of(b"blob")));
    Request { target, ..request(Method::Get, Access::Pull) }
}
