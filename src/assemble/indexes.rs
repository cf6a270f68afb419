//! The indexes of input layers, each read once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::image::ImageLayer;
use crate::layer::{LayerIndex, Trust};
use crate::oci::Digest;

/// Indexes by the digest of the layer as it is stored, apart for bases and artifacts, as other rules hold for each.
#[derive(Default)]
pub(super) struct Indexes(Mutex<HashMap<(Trust, Digest), Arc<LayerIndex>>>);

impl Indexes {
    pub(super) fn insert(&self, trust: Trust, layer: &ImageLayer, index: Arc<LayerIndex>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert((trust, layer.descriptor.digest), index);
    }

    /// The indexes of these layers; nothing where one is missing.
    pub(super) fn all(&self, trust: Trust, layers: &[ImageLayer]) -> Option<Vec<Arc<LayerIndex>>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        layers.iter().map(|layer| known.get(&(trust, layer.descriptor.digest)).cloned()).collect()
    }
}
