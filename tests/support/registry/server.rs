//! A server on a port of this machine: connections, faults and the log; what is answered is for others to say.

use std::io::{self, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::faults::{Fault, Faults};
use super::log::{Journal, Log};
use super::request::{Head, Request};
use super::response::{After, Delivery, Response};
use super::tls::Tls;

/// What answers requests.
pub(super) trait Answer: Send + Sync + 'static {
    /// Answers one; `mounts` is false where a fault wants nothing to be mounted.
    fn answer(&self, request: &Request, mounts: bool) -> Response;
}

/// A server until it is dropped, which ends its connections.
pub(super) struct Server {
    address: SocketAddr,
    scheme: &'static str,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

struct Shared {
    answer: Arc<dyn Answer>,
    tls: Option<Tls>,
    faults: Faults,
    journal: Journal,
    ended: AtomicBool,
    accepted: AtomicUsize,
    /// The connections that are open, to end them.
    open: Mutex<Vec<(usize, TcpStream)>>,
}

impl Server {
    /// Starts on a free port.
    pub(super) fn start(ip: IpAddr, tls: Option<Tls>, answer: Arc<dyn Answer>) -> Self {
        let listener = TcpListener::bind((ip, 0)).expect("loopback has free ports");
        let address = listener.local_addr().expect("a bound listener has an address");
        let scheme = if tls.is_some() { "https" } else { "http" };
        let shared = Arc::new(Shared {
            answer,
            tls,
            faults: Faults::default(),
            journal: Journal::default(),
            ended: AtomicBool::new(false),
            accepted: AtomicUsize::new(0),
            open: Mutex::default(),
        });
        let accepting = thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, &shared)
        });
        Self { address, scheme, shared, accepting: Some(accepting) }
    }

    /// Host and port: `127.0.0.1:41234`.
    pub(super) fn authority(&self) -> String {
        self.address.to_string()
    }

    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }

    /// `http://127.0.0.1:41234`, without a `/` at its end.
    pub(super) fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    pub(super) fn fault(&self, fault: Fault) {
        self.shared.faults.add(fault);
    }

    pub(super) fn clear_faults(&self) {
        self.shared.faults.clear();
    }

    pub(super) fn log(&self) -> Log {
        self.shared.journal.read()
    }

    /// How many connections there have been, with or without a request.
    pub(super) fn connections(&self) -> usize {
        self.shared.accepted.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
        for (_, stream) in self.shared.open().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    fn open(&self) -> MutexGuard<'_, Vec<(usize, TcpStream)>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The address that servers bind unless told otherwise.
pub(crate) const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.ended.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let number = shared.accepted.fetch_add(1, Ordering::SeqCst) + 1;
        if let Ok(copy) = stream.try_clone() {
            shared.open().push((number, copy));
        }
        let shared = Arc::clone(shared);
        thread::spawn(move || {
            // Dropped before the stream, which is closed only when no copy of it is left.
            let _open = Open { shared: &shared, number };
            match serve(&shared, number, &stream) {
                Ok(After::Reset) => reset(&stream),
                Ok(After::Stall) => stall(&stream),
                _ => close(&stream),
            }
        });
    }
}

/// A connection that is open.
struct Open<'a> {
    shared: &'a Shared,
    number: usize,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.shared.open().retain(|(number, _)| *number != self.number);
    }
}

/// Lets the connection end by a reset: that is how a socket is closed that lingers for no time.
fn reset(stream: &TcpStream) {
    let _ = rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO));
}

/// Waits until the client or the server has had enough.
fn stall(mut stream: &TcpStream) {
    let _ = io::copy(&mut stream, &mut io::sink());
}

/// Ends the answer, and reads a little of what still comes: what is unread when a socket is closed resets the connection,
/// and takes the answer with it.
fn close(mut stream: &TcpStream) {
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.set_read_timeout(Some(Duration::from_millis(200)));
    let mut rest = [0; 4096];
    for _ in 0..64 {
        if !matches!(stream.read(&mut rest), Ok(1..)) {
            return;
        }
    }
}

/// Answers the requests of one connection.
fn serve(shared: &Shared, number: usize, stream: &TcpStream) -> io::Result<After> {
    stream.set_nodelay(true)?;
    let Some(tls) = &shared.tls else { return converse(shared, number, stream) };
    let mut session = tls.accept(stream)?;
    let after = converse(shared, number, &mut session)?;
    if after == After::Keep {
        session.conn.send_close_notify();
        session.flush()?;
    }
    Ok(after)
}

fn converse(shared: &Shared, number: usize, stream: impl Read + Write) -> io::Result<After> {
    let mut stream = BufReader::new(stream);
    while let Some(head) = Head::read(&mut stream).or_else(|error| refuse(&mut stream, error))? {
        let after = exchange(shared, number, &mut stream, head)?;
        if after != After::Keep {
            return Ok(after);
        }
    }
    Ok(After::Keep)
}

/// Answers what is no request, such as TLS where none is spoken, as most servers do.
fn refuse<S: Read + Write>(stream: &mut BufReader<S>, error: io::Error) -> io::Result<Option<Head>> {
    if error.kind() == io::ErrorKind::InvalidData {
        stream
            .get_mut()
            .write_all(b"HTTP/1.1 400 Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
    }
    Err(error)
}

/// One request and its answer.
fn exchange<S: Read + Write>(
    shared: &Shared,
    connection: usize,
    stream: &mut BufReader<S>,
    head: Head,
) -> io::Result<After> {
    let number = shared.journal.begin(connection, &head);
    let effect = shared.faults.befalling(number, &head);
    if let Some(stop) = &effect.stop {
        stop();
        return Ok(After::Reset);
    }
    thread::sleep(effect.delay);
    if let (true, Some(answer)) = (effect.unread, effect.answer(&head)) {
        let mut answer = answer.with("Connection", "close");
        effect.alter(&mut answer);
        return send(shared, number, stream.get_mut(), &head, &answer, &effect.delivery);
    }
    if head.waits() {
        stream.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        stream.get_mut().flush()?;
    }
    let body = head.read_body(stream, effect.drop_at.unwrap_or(u64::MAX))?;
    shared.journal.received(number, &body);
    if effect.drop_at.is_some() {
        return Ok(After::Reset);
    }
    let request = Request { head, body };
    let answer = effect.answer(&request.head);
    let mut answer = answer.unwrap_or_else(|| shared.answer.answer(&request, !effect.no_mount));
    if let Some(stop) = &effect.stop_after {
        stop();
        return Ok(After::Reset);
    }
    effect.alter(&mut answer);
    let after = send(shared, number, stream.get_mut(), &request.head, &answer, &effect.delivery)?;
    Ok(if after == After::Keep && request.head.closes() { After::Close } else { after })
}

fn send(
    shared: &Shared,
    number: usize,
    stream: &mut impl Write,
    head: &Head,
    answer: &Response,
    delivery: &Delivery,
) -> io::Result<After> {
    if delivery.reset_at != Some(0) {
        shared.journal.answered(number, answer.status, delivery.body(head.method, answer).len() as u64);
    }
    delivery.send(stream, head.method, answer)
}
