//! How much goes over the network.

use std::sync::atomic::{AtomicU64, Ordering};

/// Requests and bytes of a process so far, counted by all threads.
#[derive(Debug, Default)]
pub struct Traffic {
    requests: AtomicU64,
    retries: AtomicU64,
    blob_bytes_in: AtomicU64,
    blob_bytes_out: AtomicU64,
}

impl Traffic {
    /// Requests to servers, each time they are sent.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Requests that were sent again, of [`requests`](Self::requests).
    pub fn retries(&self) -> u64 {
        self.retries.load(Ordering::Relaxed)
    }

    /// Bytes of blobs and other files received.
    pub fn blob_bytes_in(&self) -> u64 {
        self.blob_bytes_in.load(Ordering::Relaxed)
    }

    /// Bytes of blobs sent.
    pub fn blob_bytes_out(&self) -> u64 {
        self.blob_bytes_out.load(Ordering::Relaxed)
    }

    pub(crate) fn request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn retry(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn received(&self, bytes: u64) {
        self.blob_bytes_in.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn sent(&self, bytes: u64) {
        self.blob_bytes_out.fetch_add(bytes, Ordering::Relaxed);
    }
}
