//! The log of a server: every request, in the order in which their heads came.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Mutex, PoisonError};

use super::request::{Head, Headers, Method};
use super::routes::Route;

/// A request, and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The running number, from 1.
    pub(crate) number: usize,
    /// The running number of its connection, from 1.
    pub(crate) connection: usize,
    pub(crate) method: Method,
    /// Path and query as they were sent.
    pub(crate) target: String,
    pub(crate) headers: Headers,
    /// The first 4 MiB of the body.
    pub(crate) body: Vec<u8>,
    /// Bytes of the body that came.
    pub(crate) received: u64,
    /// None where no answer was sent, or none yet.
    pub(crate) status: Option<u16>,
    /// Bytes of the body of the answer that were sent.
    pub(crate) sent: u64,
}

impl Entry {
    pub(crate) fn is(&self, method: Method, part: &str) -> bool {
        self.method == method && self.target.contains(part)
    }

    pub(crate) fn succeeded(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }

    /// Method, what kind of thing it was asked of, and status: `HEAD blob 404`.
    fn kind(&self) -> String {
        let path = self.target.split('?').next().unwrap_or_default();
        let noun = match Route::parse(path) {
            _ if self.target.contains("mount=") => "mount",
            Some(route) => route.noun(),
            None => "other",
        };
        let status = self.status.map_or("-".to_owned(), |status| status.to_string());
        format!("{} {noun} {status}", self.method)
    }
}

/// What a server was asked until now.
#[derive(Clone, Debug)]
pub(crate) struct Log(Vec<Entry>);

impl Deref for Log {
    type Target = [Entry];

    fn deref(&self) -> &[Entry] {
        &self.0
    }
}

impl Log {
    /// The requests of one method whose path or query contains `part`.
    pub(crate) fn of<'a>(&'a self, method: Method, part: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.iter().filter(move |entry| entry.is(method, part))
    }

    pub(crate) fn count(&self, method: Method, part: &str) -> usize {
        self.of(method, part).count()
    }

    /// How many requests of each kind there were: `HEAD blob 404`, `POST mount 201`, `PUT manifest 201`, ...
    pub(crate) fn kinds(&self) -> BTreeMap<String, usize> {
        let mut kinds = BTreeMap::new();
        for entry in self.iter() {
            *kinds.entry(entry.kind()).or_default() += 1;
        }
        kinds
    }

    /// The requests after the one of a number.
    pub(crate) fn after(&self, number: usize) -> Self {
        Self(self.iter().filter(|entry| entry.number > number).cloned().collect())
    }

    /// Bytes of blobs that were taken in, and that were given out.
    pub(crate) fn blob_bytes(&self) -> (u64, u64) {
        let blobs = || self.iter().filter(|entry| entry.target.contains("/blobs/"));
        (blobs().map(|entry| entry.received).sum(), blobs().map(|entry| entry.sent).sum())
    }

    /// Whether any request carried this text: in its target, a header or its body.
    pub(crate) fn saw(&self, text: &str) -> bool {
        self.iter().any(|entry| {
            let in_body = entry.body.windows(text.len()).any(|part| part == text.as_bytes());
            in_body
                || entry.target.contains(text)
                || entry.headers.iter().any(|(_, value)| value.contains(text))
        })
    }
}

/// The log while it is written.
#[derive(Default)]
pub(super) struct Journal(Mutex<Vec<Entry>>);

impl Journal {
    /// Notes a request whose head has come, and gives its number.
    pub(super) fn begin(&self, connection: usize, head: &Head) -> usize {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = entries.len() + 1;
        entries.push(Entry {
            number,
            connection,
            method: head.method,
            target: head.target.clone(),
            headers: head.headers.clone(),
            body: Vec::new(),
            received: 0,
            status: None,
            sent: 0,
        });
        number
    }

    pub(super) fn received(&self, number: usize, body: &[u8]) {
        self.change(number, |entry| {
            entry.received = body.len() as u64;
            entry.body = body[..body.len().min(KEPT)].to_vec();
        });
    }

    /// Notes an answer before it is sent: whoever has it in hand finds it here.
    pub(super) fn answered(&self, number: usize, status: u16, sent: u64) {
        self.change(number, |entry| (entry.status, entry.sent) = (Some(status), sent));
    }

    /// What was asked until now.
    pub(super) fn read(&self) -> Log {
        Log(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn change(&self, number: usize, change: impl FnOnce(&mut Entry)) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut entries[number - 1]);
    }
}

/// Bytes of a body that the log keeps: no manifest is longer.
const KEPT: usize = 4 << 20;
