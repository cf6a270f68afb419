//! What is written: finished documents, and the layers they name.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::layer::BlobSource;
use crate::oci::{Descriptor, Digest, MediaType, Platform};

/// An index, ready to be stored, and everything below it.
#[derive(Clone)]
pub struct Publication {
    /// The bytes of the index.
    pub index: Vec<u8>,
    /// Its images, in platform order.
    pub images: Vec<PublishedImage>,
}

/// One platform's image.
#[derive(Clone)]
pub struct PublishedImage {
    /// The platform it is for.
    pub platform: Platform,
    /// The bytes of its manifest.
    pub manifest: Vec<u8>,
    /// The bytes of its config.
    pub config: Vec<u8>,
    /// Its layers, base first.
    pub layers: Vec<PublishedLayer>,
}

/// A layer, and where its bytes come from.
#[derive(Clone)]
pub struct PublishedLayer {
    /// The layer as it is stored.
    pub descriptor: Descriptor,
    /// The digest of its uncompressed tar.
    pub diff_id: Digest,
    /// Bytes of its uncompressed tar.
    pub uncompressed: u64,
    /// What holds its bytes.
    pub blob: Arc<dyn BlobSource>,
    /// Whether it was made just now, so that hardly any other place has it.
    pub is_new: bool,
}

impl Publication {
    /// The descriptor of the index.
    pub fn descriptor(&self) -> Descriptor {
        Descriptor::of(MediaType::Index, &self.index)
    }

    /// Bytes of all layers as they are stored.
    pub fn stored_bytes(&self) -> u64 {
        self.layers().map(|layer| layer.descriptor.size).sum()
    }

    /// Bytes of all layers' tars.
    pub fn unpacked_bytes(&self) -> u64 {
        let mut seen = BTreeSet::new();
        let layers = self.images.iter().flat_map(|image| &image.layers);
        layers.filter(|layer| seen.insert(layer.diff_id)).map(|layer| layer.uncompressed).sum()
    }

    /// Every layer once, images in order.
    pub fn layers(&self) -> impl Iterator<Item = &PublishedLayer> {
        let mut seen = BTreeSet::new();
        let layers = self.images.iter().flat_map(|image| &image.layers);
        layers.filter(move |layer| seen.insert(layer.descriptor.digest))
    }

    /// Every document, each after what it names: configs, manifests, the index.
    pub fn documents(&self) -> impl Iterator<Item = (Digest, &[u8])> {
        let configs = self.images.iter().map(|image| &image.config);
        let manifests = self.images.iter().map(|image| &image.manifest);
        let documents = configs.chain(manifests).chain([&self.index]);
        documents.map(|bytes| (Digest::of(bytes), bytes.as_slice()))
    }
}
