//! A registry for tests: what it answers is a function of what it is asked.

mod server;
mod shelf;

use std::io::{Cursor, Read};
use std::sync::Arc;

pub(super) use server::{Answer, Asked, Server, answer};
pub(super) use shelf::{Shelf, refusal};

use super::abilities::NoMemory;
use super::registries::Registries;
use super::repository::Repository;
use super::settings::Settings;
use crate::interrupt::Interrupt;
use crate::layer::{BlobSource, SourceError};
use crate::limits::Limits;
use crate::oci::Descriptor;

/// A client of its own that does not wait long between tries.
pub(super) fn registries(limits: &Limits) -> Registries {
    let limits = Limits { retry_milliseconds: 1, ..limits.clone() };
    Registries::new(Settings::default(), Box::new(NoMemory), &limits, &Interrupt::default())
}

/// The repository `acme/app` of a server, by a client of its own.
pub(super) fn repository(server: &Server) -> Repository {
    registries(&Limits::default()).repository(&server.host, "acme/app")
}

/// A registry that works, and the repository `acme/app` of it.
pub(super) fn working() -> (Arc<Shelf>, Server, Repository) {
    let shelf = Arc::new(Shelf::default());
    let kept = Arc::clone(&shelf);
    let server = Server::start(move |asked| kept.answer(asked));
    let repository = repository(&server);
    (shelf, server, repository)
}

/// One blob, whatever it is asked for.
pub(super) struct Blob(pub(super) Vec<u8>);

impl BlobSource for Blob {
    fn open(&self, _: &Descriptor) -> Result<Box<dyn Read + Send>, SourceError> {
        Ok(Box::new(Cursor::new(self.0.clone())))
    }
}

/// Bytes that are not all the same.
pub(super) fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|n| (n % 251) as u8 ^ (n >> 8) as u8).collect()
}

/// Tells nobody how many bytes are sent.
pub(super) fn unseen(_: u64) {}
