//! A server of a few lines for tests: it answers what a closure says, and remembers what it was asked.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::limits::Limits;

/// What was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Its number, from 0.
    pub(crate) number: usize,
    pub(crate) line: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// One piece of what is answered.
pub(crate) enum Piece {
    Bytes(Vec<u8>),
    Wait(Duration),
    /// The connection ends here, with a reset where there was something left to read.
    End,
}

/// A server on this machine; it ends with the value.
pub(crate) struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    is_over: Arc<AtomicBool>,
}

impl Server {
    pub(crate) fn start(answer: impl Fn(&Asked) -> Vec<Piece> + Send + Sync + 'static) -> Self {
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
    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }

    /// All that was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The request lines of all that was asked so far.
    pub(crate) fn lines(&self) -> Vec<String> {
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
pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Vec<Piece> {
    let mut text = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    vec![Piece::Bytes(format!("{text}\r\n{body}").into_bytes())]
}

/// Limits under which nothing takes long.
pub(crate) fn quick() -> Limits {
    Limits {
        retry_milliseconds: 2,
        retry_after_seconds: 0,
        connect_seconds: 5,
        first_byte_seconds: 1,
        stall_seconds: 1,
        ..Limits::default()
    }
}
