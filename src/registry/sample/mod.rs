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
use crate::image::{Publication, PublishedImage, PublishedLayer};
use crate::interrupt::Interrupt;
use crate::layer::{BlobSource, SourceError};
use crate::limits::Limits;
use crate::oci::{
    Annotations, Compression, Descriptor, Digest, Index, IndexEntry, Manifest, MediaType, json,
};

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

/// An image of two platforms whose config says `text`: a layer of many bytes that both have, and a small one for each.
pub(super) fn publication(text: &str) -> Publication {
    let images: Vec<_> = ["linux/amd64", "linux/arm64"].map(|platform| image(platform, text)).into();
    let entries = images
        .iter()
        .map(|image| IndexEntry::new(Descriptor::of(MediaType::Manifest, &image.manifest), &image.platform));
    Publication { index: json::to_bytes(&Index::new(entries.collect(), Annotations::new())), images }
}

/// The layer that both platforms have.
pub(super) fn base_layer() -> Vec<u8> {
    bytes(100_000)
}

fn image(platform: &str, text: &str) -> PublishedImage {
    let layers: Vec<_> = [base_layer(), platform.as_bytes().to_vec()].into_iter().map(layer).collect();
    let config = format!("{{\"{platform}\":\"{text}\"}}").into_bytes();
    let descriptors = layers.iter().map(|layer| layer.descriptor.clone()).collect();
    let manifest = Manifest::new(Descriptor::of(MediaType::Config, &config), descriptors, Annotations::new());
    PublishedImage {
        platform: platform.parse().unwrap(),
        manifest: json::to_bytes(&manifest),
        config,
        layers,
    }
}

fn layer(bytes: Vec<u8>) -> PublishedLayer {
    PublishedLayer {
        descriptor: Descriptor::of(MediaType::Layer(Compression::None), &bytes),
        diff_id: Digest::of(&bytes),
        uncompressed: bytes.len() as u64,
        blob: Arc::new(Blob(bytes)),
        is_new: false,
    }
}
