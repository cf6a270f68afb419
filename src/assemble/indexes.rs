//! The indexes of input layers, each read once.

use std::collections::HashMap;
use std::sync::Arc;

use crate::layer::{LayerIndex, Trust};
use crate::oci::Digest;
use crate::store::ImageLayer;

/// Indexes by the digest of the layer as it is stored, apart for bases and artifacts, as other rules hold for each.
#[derive(Default)]
pub(super) struct Indexes {
    base: HashMap<Digest, Arc<LayerIndex>>,
    artifact: HashMap<Digest, Arc<LayerIndex>>,
}

impl Indexes {
    pub(super) fn insert(&mut self, trust: Trust, layer: &ImageLayer, index: Arc<LayerIndex>) {
        self.map(trust).insert(layer.descriptor.digest, index);
    }

    /// The indexes of these layers; nothing where one is missing.
    pub(super) fn all(&self, trust: Trust, layers: &[ImageLayer]) -> Option<Vec<Arc<LayerIndex>>> {
        let map = match trust {
            Trust::Base => &self.base,
            Trust::Artifact => &self.artifact,
        };
        layers.iter().map(|layer| map.get(&layer.descriptor.digest).cloned()).collect()
    }

    fn map(&mut self, trust: Trust) -> &mut HashMap<Digest, Arc<LayerIndex>> {
        match trust {
            Trust::Base => &mut self.base,
            Trust::Artifact => &mut self.artifact,
        }
    }
}
