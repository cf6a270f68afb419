//! A proxy, which takes every client to one server, whatever name it asks for.

use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use super::credentials::basic;
use super::request::{Head, Method};
use super::server::LOOPBACK;

/// A proxy on a free port of this machine, until it is dropped.
///
/// It takes `CONNECT`, and requests whose target is a whole URL.
pub(crate) struct Proxy {
    shared: Arc<Shared>,
    host: String,
    accepting: Option<JoinHandle<()>>,
}

struct Shared {
    /// Host and port of the one server.
    to: String,
    credentials: Option<String>,
    asked: Mutex<Vec<Head>>,
    open: Mutex<Vec<TcpStream>>,
    ended: AtomicBool,
}

impl Proxy {
    /// One for everybody, to the server of this host and port.
    pub(crate) fn start(to: &str) -> Self {
        Self::with(to, None)
    }

    /// One for a user with a password.
    pub(crate) fn for_user(to: &str, user: &str, password: &str) -> Self {
        Self::with(to, Some(basic(user, password)))
    }

    fn with(to: &str, credentials: Option<String>) -> Self {
        let listener = TcpListener::bind((LOOPBACK, 0)).expect("loopback has free ports");
        let host = listener.local_addr().expect("a bound listener has an address").to_string();
        let (asked, open, ended) = (Mutex::default(), Mutex::default(), AtomicBool::new(false));
        let shared = Arc::new(Shared { to: to.to_owned(), credentials, asked, open, ended });
        let accepting = thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, &shared)
        });
        Self { shared, host, accepting: Some(accepting) }
    }

    /// Host and port.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// What it was asked: `CONNECT example.test:443`, `GET http://example.test/v2/`.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.shared.asked().iter().map(|head| format!("{} {}", head.method, head.target)).collect()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(&self.host);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
        for stream in self.shared.open().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    fn asked(&self) -> MutexGuard<'_, Vec<Head>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> MutexGuard<'_, Vec<TcpStream>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.ended.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let shared = Arc::clone(shared);
        // A client or server that goes away ends a connection, and nothing else.
        thread::spawn(move || drop(serve(&shared, &stream)));
    }
}

fn serve(shared: &Shared, client: &TcpStream) -> io::Result<()> {
    let mut from_client = BufReader::new(client);
    let Some(head) = Head::read(&mut from_client)? else { return Ok(()) };
    shared.asked().push(head.clone());
    if shared
        .credentials
        .as_deref()
        .is_some_and(|wanted| head.headers.get("proxy-authorization") != Some(wanted))
    {
        let refusal = b"HTTP/1.1 407 Refused\r\nProxy-Authenticate: Basic realm=\"test\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        (&*client).write_all(refusal)?;
        return client.shutdown(Shutdown::Write);
    }
    let server = TcpStream::connect(&shared.to)?;
    shared.open().extend([client.try_clone()?, server.try_clone()?]);
    if head.method == Method::Connect {
        (&*client).write_all(b"HTTP/1.1 200 Fine\r\n\r\n")?;
    } else {
        (&server).write_all(forwarded(&head).as_bytes())?;
    }
    thread::scope(|scope| {
        scope.spawn(|| pour(&mut from_client, &server));
        pour(&server, client);
    });
    Ok(())
}

/// A request as a server gets it, the one of its connection.
fn forwarded(head: &Head) -> String {
    let url = head.target.trim_start_matches("http://");
    let path = url.find('/').map_or("/", |at| &url[at..]);
    let mut text = format!("{} {path} HTTP/1.1\r\nConnection: close\r\n", head.method);
    for (name, value) in
        head.headers.iter().filter(|(name, _)| !name.starts_with("proxy-") && *name != "connection")
    {
        text += &format!("{name}: {value}\r\n");
    }
    text + "\r\n"
}

/// Moves everything from one end to the other, and then says that it was all.
fn pour(mut from: impl Read, mut to: &TcpStream) {
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}
