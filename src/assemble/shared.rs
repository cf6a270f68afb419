//! What the builds of a process read of inputs and laid out, so that each input is read and decoded once, and each artifact
//! laid out once on the same layers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::layout::ArtifactLayer;
use crate::contents::{Take, View};
use crate::layer::LayerIndex;
use crate::store::Key;

/// Indexes by their keys, and views of bases by the keys of their layers' indexes.
#[derive(Default)]
pub struct Shared {
    indexes: Mutex<HashMap<Key, Arc<LayerIndex>>>,
    views: Mutex<HashMap<Vec<Key>, Arc<View>>>,
    laid_out: Mutex<Vec<(Step, Outcome)>>,
}

/// What a step comes to: the artifact's layer, and the view with it.
type Outcome = (Arc<ArtifactLayer>, Arc<View>);

/// An artifact on the layers below it.
pub(super) struct Step {
    pub(super) below: Arc<View>,
    /// The artifact's layers, the lowest first.
    pub(super) layers: Vec<Arc<LayerIndex>>,
    pub(super) take: Take,
}

impl Step {
    /// Whether both come out the same: they are held, so that what has one address is one.
    fn is_like(&self, other: &Self) -> bool {
        let same = |(a, b): (&Arc<LayerIndex>, &Arc<LayerIndex>)| Arc::ptr_eq(a, b);
        Arc::ptr_eq(&self.below, &other.below)
            && self.layers.len() == other.layers.len()
            && self.layers.iter().zip(&other.layers).all(same)
            && self.take == other.take
    }
}

/// Entries of a kind that are held; when there are more, all go, so that many inputs do not fill the memory.
const MOST: usize = 64;

impl Shared {
    /// The index of this key.
    pub(super) fn index(&self, key: &Key) -> Option<Arc<LayerIndex>> {
        lock(&self.indexes).get(key).cloned()
    }

    pub(super) fn keep_index(&self, key: Key, index: &Arc<LayerIndex>) {
        let mut indexes = lock(&self.indexes);
        if indexes.len() >= MOST {
            indexes.clear();
        }
        indexes.insert(key, Arc::clone(index));
    }

    /// The view of the layers of these indexes, the lowest first.
    pub(super) fn view(&self, keys: &[Key]) -> Option<Arc<View>> {
        lock(&self.views).get(keys).cloned()
    }

    pub(super) fn keep_view(&self, keys: Vec<Key>, view: &Arc<View>) {
        let mut views = lock(&self.views);
        if views.len() >= MOST {
            views.clear();
        }
        views.insert(keys, Arc::clone(view));
    }

    /// What an artifact's layer holds, and the view with it.
    pub(super) fn laid_out(&self, step: &Step) -> Option<Outcome> {
        let laid_out = lock(&self.laid_out);
        laid_out.iter().find(|(known, _)| known.is_like(step)).map(|(_, outcome)| outcome.clone())
    }

    pub(super) fn keep_laid_out(&self, step: Step, layer: &Arc<ArtifactLayer>, above: &Arc<View>) {
        let mut laid_out = lock(&self.laid_out);
        if laid_out.len() >= MOST {
            laid_out.clear();
        }
        laid_out.push((step, (Arc::clone(layer), Arc::clone(above))));
    }
}

fn lock<T>(one: &Mutex<T>) -> MutexGuard<'_, T> {
    one.lock().unwrap_or_else(PoisonError::into_inner)
}
