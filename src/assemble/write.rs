//! Layers of ours, from operations to a staged blob.

use std::io;
use std::sync::Arc;

use super::Workshop;
use super::additions::Additions;
use super::error::Fault;
use super::fingerprint::Fingerprinter;
use super::keeping::Kept;
use super::key::{self, Inputs};
use super::known;
use super::metered::Metered;
use crate::contents::{self, FirstPass, LayerContents, Operation, Operations, Position, Take, View};
use crate::image::{Image, ImageLayer};
use crate::layer::{
    self, Codec, Item, LayerBlob, LayerIndex, LayerWriter, Reading, Trust, Visitor, WrittenLayer,
};
use crate::oci::Digest;
use crate::provision::{Provision, ProvisionError};
use crate::store::{Key, StagedFile};

/// A layer that was written while its input was read, as it seemed it would be.
pub(super) struct Guessed {
    /// The key of the layer that it is; what was written need not be held any longer.
    pub(super) key: Key,
    pub(super) layer: WrittenLayer,
}

/// The digests by which an artifact's content is known.
pub(super) fn inputs(image: &Image) -> Vec<Digest> {
    image.layers.iter().map(|layer| layer.descriptor.digest).collect()
}

/// Reads an artifact's layers for the first time, and writes on the way what they probably give.
pub(super) fn first_pass(
    shop: &Workshop<'_>,
    image: &Image,
    what: &str,
    take: &Take,
    below: &View,
    codec: Codec,
) -> Result<(Vec<Arc<LayerIndex>>, Option<Guessed>), Fault> {
    let topmost = u32::try_from(image.layers.len()).expect("images have few layers").saturating_sub(1);
    let pass = FirstPass::new(take, below, topmost);
    let mut guess = Guess { pass, fingerprint: Fingerprinter::default(), writer: writer(shop, codec)? };
    let mut indexes = Vec::new();
    for one in image.layers.iter().rev() {
        let index = Arc::new(read(shop, image, one, what, Trust::Artifact, &mut guess)?);
        known::keep_index(shop, one, Trust::Artifact, &index);
        guess.pass.end_layer(&index);
        indexes.push(index);
    }
    indexes.reverse();
    let Guess { pass, fingerprint, writer } = guess;
    if !pass.finish() {
        return Ok((indexes, None));
    }
    let key = key::layer(codec, fingerprint.finish(), Inputs::Layers(&inputs(image)));
    Ok((indexes, Some(Guessed { key, layer: complete(shop, writer)? })))
}

/// The index of a layer; the layer is read for it where the store does not have it.
pub(super) fn index(
    shop: &Workshop<'_>,
    image: &Image,
    one: &ImageLayer,
    what: &str,
    trust: Trust,
) -> Result<Arc<LayerIndex>, Fault> {
    match known::index(shop, one, trust) {
        Some(index) => Ok(index),
        None => read_index(shop, image, one, what, trust),
    }
}

/// Reads a layer for its index alone, whatever will be taken from it.
pub(super) fn read_index(
    shop: &Workshop<'_>,
    image: &Image,
    one: &ImageLayer,
    what: &str,
    trust: Trust,
) -> Result<Arc<LayerIndex>, Fault> {
    let index = Arc::new(read(shop, image, one, what, trust, &mut layer::Survey)?);
    known::keep_index(shop, one, trust, &index);
    Ok(index)
}

/// Writes what an artifact's layer holds, reading those of the artifact's layers that it takes content from.
pub(super) fn artifact(
    shop: &Workshop<'_>,
    image: &Image,
    what: &str,
    contents: &LayerContents,
    codec: Codec,
) -> Result<WrittenLayer, Fault> {
    let mut replay = Replay::new(&contents.operations, writer(shop, codec)?);
    for (number, one) in image.layers.iter().enumerate().rev() {
        replay.layer = u32::try_from(number).expect("images have few layers");
        if replay.next.is_none_or(|at| at.layer != replay.layer) {
            continue;
        }
        shop.work.read.add(one.descriptor.size);
        let kept = Kept { source: &*image.blobs, store: shop.store };
        let source = Metered { source: &kept, progress: shop.progress, what };
        layer::replay(&source, &blob(one), &reading(shop, Trust::Artifact), &mut replay)?;
    }
    replay.flush().map_err(Fault::Write)?;
    complete(shop, replay.writer)
}

/// Writes what the layer of packages holds, reading those that it takes content from.
pub(super) fn packages(
    shop: &Workshop<'_>,
    provision: &Provision,
    contents: &LayerContents,
    codec: Codec,
) -> Result<WrittenLayer, Fault> {
    let mut replay = Replay::new(&contents.operations, writer(shop, codec)?);
    for (number, package) in (0..).zip(&provision.packages) {
        replay.layer = number;
        if replay.next.is_none_or(|at| at.layer != number) {
            continue;
        }
        shop.work.read.add(package.size());
        let how = reading(shop, Trust::Artifact);
        let tar = package.open_data(&how).map_err(ProvisionError::from)?;
        let diff_id = package.unpacked.index.diff_id;
        layer::replay_tar(tar, package.digest(), diff_id, &how, &mut replay)?;
    }
    replay.flush().map_err(Fault::Write)?;
    complete(shop, replay.writer)
}

/// Writes a layer whose contents stand in memory or in files of ours: content `n` is item `n` of layer 0.
pub(super) fn state(
    shop: &Workshop<'_>,
    contents: &LayerContents,
    additions: &Additions,
    codec: Codec,
) -> Result<WrittenLayer, Fault> {
    let mut writer = writer(shop, codec)?;
    for operation in contents.operations.iter() {
        let data = write(&mut writer, &operation).map_err(Fault::Write)?;
        let content = data.and_then(|at| additions.content(at.ordinal as usize));
        if let Some(content) = content {
            let piece = |piece: &[u8]| {
                shop.interrupt.check().map_err(io::Error::other)?;
                writer.data(piece)
            };
            content.pieces(piece).map_err(Fault::Write)?;
        }
    }
    complete(shop, writer)
}

type Writer = LayerWriter<StagedFile>;

fn writer(shop: &Workshop<'_>, codec: Codec) -> Result<Writer, Fault> {
    let staged = shop.staging.create()?;
    LayerWriter::new(staged, codec, shop.jobs).map_err(Fault::Write)
}

fn complete(shop: &Workshop<'_>, writer: Writer) -> Result<WrittenLayer, Fault> {
    let (staged, layer) = writer.finish().map_err(Fault::Write)?;
    staged.complete(layer.digest, layer.size)?;
    shop.work.written.add(layer.size);
    Ok(layer)
}

fn blob(layer: &ImageLayer) -> LayerBlob {
    LayerBlob { descriptor: layer.descriptor.clone(), diff_id: layer.diff_id }
}

fn reading<'a>(shop: &Workshop<'a>, trust: Trust) -> Reading<'a> {
    let (limits, budget, interrupt) = (shop.limits, shop.budget, shop.interrupt);
    Reading { trust, allow_devices: shop.allow_devices, limits, budget, interrupt }
}

fn read(
    shop: &Workshop<'_>,
    image: &Image,
    one: &ImageLayer,
    what: &str,
    trust: Trust,
    visitor: &mut dyn Visitor,
) -> Result<LayerIndex, Fault> {
    shop.work.read.add(one.descriptor.size);
    let kept = Kept { source: &*image.blobs, store: shop.store };
    let source = Metered { source: &kept, progress: shop.progress, what };
    Ok(layer::read(&source, &blob(one), &reading(shop, trust), visitor)?)
}

/// Writes one operation, and says where the content comes from that has to follow.
fn write(writer: &mut Writer, operation: &Operation) -> io::Result<Option<Position>> {
    match operation {
        Operation::Entry { entry, data } => writer.entry(entry).map(|()| *data),
        Operation::Whiteout { path, mtime } => writer.whiteout(path, *mtime).map(|()| None),
        Operation::Opaque { dir, mtime } => writer.opaque(dir, *mtime).map(|()| None),
    }
}

/// Writes what a first pass lays out while it reads.
struct Guess<'a> {
    pass: FirstPass<'a>,
    /// Of what was written, which need not be held any longer.
    fingerprint: Fingerprinter,
    writer: Writer,
}

impl Visitor for Guess<'_> {
    fn selects(&mut self, _: u32, item: &Item) -> bool {
        self.pass.selects(item)
    }

    fn item(&mut self, ordinal: u32, item: &Item) -> io::Result<bool> {
        let mut data = None;
        for operation in self.pass.item(ordinal, item) {
            self.fingerprint.add(&operation);
            data = write(&mut self.writer, &operation)?;
        }
        Ok(data.is_some())
    }

    fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.writer.data(bytes)
    }
}

/// Writes what is laid out as the content for it comes by.
struct Replay<'a> {
    layer: u32,
    rest: contents::Iter<'a>,
    /// Where the next content comes from.
    next: Option<Position>,
    writer: Writer,
}

impl<'a> Replay<'a> {
    fn new(operations: &'a Operations, writer: Writer) -> Self {
        let mut replay = Self { layer: 0, rest: operations.iter(), next: None, writer };
        replay.look_ahead();
        replay
    }

    fn look_ahead(&mut self) {
        self.next = self.rest.clone().find_map(|operation| match operation {
            Operation::Entry { data, .. } => data,
            _ => None,
        });
    }

    /// Writes what needs no further content.
    fn flush(&mut self) -> io::Result<()> {
        for operation in self.rest.by_ref() {
            if write(&mut self.writer, &operation)?.is_some() {
                return Err(io::Error::other("a layer no longer holds what its index says"));
            }
        }
        Ok(())
    }
}

impl Visitor for Replay<'_> {
    /// What is laid out was judged by its index.
    fn selects(&mut self, _: u32, _: &Item) -> bool {
        false
    }

    fn item(&mut self, ordinal: u32, _: &Item) -> io::Result<bool> {
        if self.next != Some(Position { layer: self.layer, ordinal }) {
            return Ok(false);
        }
        for operation in self.rest.by_ref() {
            if write(&mut self.writer, &operation)?.is_some() {
                break;
            }
        }
        self.look_ahead();
        Ok(true)
    }

    fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.writer.data(bytes)
    }
}
