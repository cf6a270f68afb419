//! The indexes of input layers, each read once.

use std::collections::HashMap;
use std::sync::Arc;

use crate::layer::{LayerIndex, Trust};
use crate::oci::Digest;
use crate::store::ImageLayer;

/// Indexes by the digest of the layer as it is stored, apart for bases and artifacts, as other rules hold for each.
#[derive(Default)]
pub(super) struct Indexes(HashMap<(Trust, Digest), Arc<LayerIndex>>);

impl Indexes {
    pub(super) fn insert(&mut self, trust: Trust, layer: &ImageLayer, index: Arc<LayerIndex>) {
        self.0.insert((trust, layer.descriptor.digest), index);
    }

    /// The indexes of these layers; nothing where one is missing.
    pub(super) fn all(&self, trust: Trust, layers: &[ImageLayer]) -> Option<Vec<Arc<LayerIndex>>> {
        layers.iter().map(|layer| self.0.get(&(trust, layer.descriptor.digest)).cloned()).collect()
    }
}
