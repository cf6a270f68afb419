//! HTTP as far as tests need it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// A request.
#[derive(Clone, Debug)]
pub(in crate::registry) struct Asked {
    pub(in crate::registry) method: String,
    /// Path and query.
    pub(in crate::registry) target: String,
    /// By names in lower case.
    pub(in crate::registry) headers: BTreeMap<String, String>,
    /// As much of it as came.
    pub(in crate::registry) body: Vec<u8>,
}

impl Asked {
    pub(in crate::registry) fn is(&self, method: &str, part: &str) -> bool {
        self.method == method && self.target.contains(part)
    }

    pub(in crate::registry) fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }
}

/// What is answered.
#[derive(Clone, Debug)]
pub(in crate::registry) struct Answer {
    pub(in crate::registry) status: u16,
    pub(in crate::registry) headers: Vec<(&'static str, String)>,
    pub(in crate::registry) body: Vec<u8>,
    /// After how many bytes of the body the connection ends.
    pub(in crate::registry) cut: Option<usize>,
}

pub(in crate::registry) fn answer(status: u16) -> Answer {
    Answer { status, headers: Vec::new(), body: Vec::new(), cut: None }
}

impl Answer {
    pub(in crate::registry) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    pub(in crate::registry) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(header, _)| *header != name);
        self
    }

    pub(in crate::registry) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub(in crate::registry) fn cut(mut self, after: usize) -> Self {
        self.cut = Some(after);
        self
    }
}

type Handler = dyn Fn(&Asked) -> Answer + Send + Sync;

/// A server that answers until it is dropped.
pub(in crate::registry) struct Server {
    /// Host and port.
    pub(in crate::registry) host: String,
    log: Arc<Mutex<Vec<Asked>>>,
    has_ended: Arc<AtomicBool>,
}

impl Server {
    pub(in crate::registry) fn start(handler: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let (log, has_ended) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let server = Self { host, log: Arc::clone(&log), has_ended: Arc::clone(&has_ended) };
        let handler: Arc<Handler> = Arc::new(handler);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if has_ended.load(Ordering::Relaxed) {
                    break;
                }
                let (handler, log) = (Arc::clone(&handler), Arc::clone(&log));
                thread::spawn(move || serve(stream.unwrap(), handler.as_ref(), &log));
            }
        });
        server
    }

    /// Every request so far.
    pub(in crate::registry) fn asked(&self) -> Vec<Asked> {
        self.log.lock().unwrap().clone()
    }

    /// Method, path and query of every request so far.
    pub(in crate::registry) fn lines(&self) -> Vec<String> {
        self.asked().iter().map(Asked::line).collect()
    }

    /// How many requests there were of a method, with something in their path or query.
    pub(in crate::registry) fn count(&self, method: &str, part: &str) -> usize {
        self.asked().iter().filter(|asked| asked.is(method, part)).count()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.has_ended.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(&self.host);
    }
}

/// Answers the requests of one connection.
fn serve(stream: TcpStream, handler: &Handler, log: &Mutex<Vec<Asked>>) {
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some(asked) = request(&mut reader) {
        log.lock().unwrap().push(asked.clone());
        let answer = handler(&asked);
        if write(&stream, &asked, &answer).is_err() || answer.cut.is_some() {
            let _ = stream.shutdown(Shutdown::Both);
            return;
        }
    }
}

fn request(reader: &mut impl BufRead) -> Option<Asked> {
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let (method, rest) = first.split_once(' ')?;
    let (target, _) = rest.split_once(' ')?;
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let size = headers.get("content-length").map_or(0, |size| size.parse().unwrap());
    let mut body = Vec::new();
    // A body that breaks off is seen all the same.
    let _ = reader.take(size).read_to_end(&mut body);
    Some(Asked { method: method.to_owned(), target: target.to_owned(), headers, body })
}

fn write(mut stream: &TcpStream, asked: &Asked, answer: &Answer) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {} X\r\n", answer.status);
    if !answer.headers.iter().any(|(name, _)| *name == "content-length") {
        head.push_str(&format!("content-length: {}\r\n", answer.body.len()));
    }
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    let body: &[u8] = if asked.method == "HEAD" { &[] } else { &answer.body };
    let end = answer.cut.unwrap_or(body.len()).min(body.len());
    stream.write_all(head.as_bytes())?;
    stream.write_all(&body[..end])
}
