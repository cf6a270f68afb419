//! What the store knows already, and what it is told for the next build.

use std::sync::Arc;

use super::{Workshop, key};
use crate::image::ImageLayer;
use crate::layer::{BlobSource, LayerIndex, Trust, WrittenLayer};
use crate::store::{KeptBlob, Key};

/// A layer of ours that is made, now or by an earlier build.
#[derive(Clone)]
pub(super) struct MadeLayer {
    pub(super) layer: WrittenLayer,
    /// Its bytes where an earlier build made it; they are verified when they are read.
    pub(super) kept: Option<KeptBlob>,
}

impl MadeLayer {
    /// Who has its bytes.
    pub(super) fn blob(&self, shop: &Workshop<'_>) -> Arc<dyn BlobSource> {
        match &self.kept {
            Some(kept) => Arc::new(kept.clone()),
            None => Arc::new(shop.staging.clone()),
        }
    }
}

/// The index of a layer, where this process or the store has it. One that is beyond the build's budget is left to the
/// reading to refuse.
pub(super) fn index(shop: &Workshop<'_>, layer: &ImageLayer, trust: Trust) -> Option<Arc<LayerIndex>> {
    let key = key::index(shop, layer, trust);
    let shared = shop.shared.and_then(|shared| shared.index(&key));
    let index = match shared {
        Some(index) => index,
        None => {
            let index = Arc::new(shop.store?.index(&key)?);
            share(shop, key, &index);
            index
        }
    };
    index.charge(shop.budget).is_ok().then_some(index)
}

/// Tells the store and other builds of an index.
pub(super) fn keep_index(shop: &Workshop<'_>, layer: &ImageLayer, trust: Trust, index: &Arc<LayerIndex>) {
    let key = key::index(shop, layer, trust);
    if let Some(store) = shop.store {
        store.keep_index(&key, index);
    }
    share(shop, key, index);
}

fn share(shop: &Workshop<'_>, key: Key, index: &Arc<LayerIndex>) {
    if let Some(shared) = shop.shared {
        shared.keep_index(key, index);
    }
}

/// A layer of ours, where the store has it.
pub(super) fn layer(shop: &Workshop<'_>, key: &Key) -> Option<MadeLayer> {
    let (layer, kept) = shop.store?.layer(key)?;
    shop.work.reused.add(layer.size);
    Some(MadeLayer { layer, kept: Some(kept) })
}

/// Tells the store of a layer that was just written.
pub(super) fn keep_layer(shop: &Workshop<'_>, key: &Key, layer: WrittenLayer) -> MadeLayer {
    if let Some(store) = shop.store {
        store.keep_layer(key, &layer, shop.staging);
    }
    MadeLayer { layer, kept: None }
}
