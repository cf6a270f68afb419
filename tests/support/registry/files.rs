//! A server of plain files, as repositories of packages are.

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::blobs::ranged;
use super::faults::Fault;
use super::log::Log;
use super::request::{Method, Request, unescaped};
use super::response::Response;
use super::server::{Answer, LOOPBACK, Server};

/// A server of the files of a directory, as they are when they are asked for, until it is dropped.
pub(crate) struct FileServer(Server);

impl FileServer {
    pub(crate) fn start(dir: impl Into<PathBuf>) -> Self {
        Self(Server::start(LOOPBACK, None, Arc::new(Files(dir.into()))))
    }

    /// `http://127.0.0.1:41234`, without a `/` at its end.
    pub(crate) fn url(&self) -> String {
        self.0.url()
    }

    /// Adds a fault.
    pub(crate) fn fault(&self, fault: Fault) {
        self.0.fault(fault);
    }

    /// Takes all faults away.
    pub(crate) fn clear_faults(&self) {
        self.0.clear_faults();
    }

    /// What it was asked until now.
    pub(crate) fn log(&self) -> Log {
        self.0.log()
    }
}

struct Files(PathBuf);

impl Answer for Files {
    fn answer(&self, request: &Request, _: bool) -> Response {
        let head = &request.head;
        if !matches!(head.method, Method::Get | Method::Head) {
            return Response::new(405);
        }
        let path = unescaped(head.path().trim_start_matches('/'));
        if Path::new(&path).components().any(|part| !matches!(part, Component::Normal(_))) {
            return Response::new(400);
        }
        match fs::read(self.0.join(path)) {
            Ok(bytes) => {
                let tag = format!("\"{}\"", hex::encode(Sha256::digest(&bytes)));
                ranged(Response::new(200).with("ETag", tag), &head.headers, &bytes)
            }
            Err(_) => Response::new(404),
        }
    }
}
