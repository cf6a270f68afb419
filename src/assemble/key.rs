//! What decides what a layer index or a layer of ours is: the keys of the store.

use serde::Serialize;

use super::Workshop;
use super::fingerprint::Fingerprint;
use crate::image::ImageLayer;
use crate::layer::{Codec, EMITTER_VERSION, INDEX_VERSION, Trust};
use crate::limits::Limits;
use crate::oci::Digest;
use crate::rootfs::FileContent;
use crate::store::Key;

/// All that an index follows from: the layer as its image describes it, and how it was read.
#[derive(Serialize)]
struct IndexKey<'a> {
    version: u32,
    digest: Digest,
    size: u64,
    media_type: String,
    diff_id: Digest,
    is_base: bool,
    allow_devices: bool,
    /// What was within other limits may be beyond these.
    limits: &'a Limits,
}

/// All that a layer of ours follows from.
#[derive(Serialize)]
struct LayerKey<'a> {
    /// The emitter, and the codec with the version of its library.
    version: u32,
    codec: String,
    /// What is written: every entry with its attributes, and which item of which input has its content. It follows from the
    /// selection, the ownership, the time and the view below, so that whatever of these makes no difference does not count.
    operations: Fingerprint,
    /// What the contents come from.
    inputs: Inputs<'a>,
}

/// What the contents of a layer come from.
#[derive(Serialize)]
pub(super) enum Inputs<'a> {
    /// The layers of an artifact, as they are stored, the lowest first.
    Layers(&'a [Digest]),
    /// The files of packages, in their order.
    Packages(&'a [Digest]),
    /// Size and sha256 of each content of a customization, by its number.
    Contents(Vec<Option<(u64, [u8; 32])>>),
}

impl Inputs<'_> {
    /// Contents of a customization.
    pub(super) fn contents(contents: impl Iterator<Item = Option<FileContent>>) -> Self {
        Self::Contents(contents.map(|one| one.map(|content| (content.size, content.sha256))).collect())
    }
}

/// The key of a layer's index.
pub(super) fn index(shop: &Workshop<'_>, layer: &ImageLayer, trust: Trust) -> Key {
    let descriptor = &layer.descriptor;
    let facts = IndexKey {
        version: INDEX_VERSION,
        digest: descriptor.digest,
        size: descriptor.size,
        media_type: descriptor.media_type.to_string(),
        diff_id: layer.diff_id,
        is_base: trust == Trust::Base,
        allow_devices: shop.allow_devices,
        limits: shop.limits,
    };
    Key::of("index", &facts)
}

/// The key of a layer of ours.
pub(super) fn layer(codec: Codec, operations: Fingerprint, inputs: Inputs<'_>) -> Key {
    let facts = LayerKey { version: EMITTER_VERSION, codec: codec.version(), operations, inputs };
    Key::of("layer", &facts)
}
