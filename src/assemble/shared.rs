//! What the builds of a process read of inputs, so that each input is read and decoded once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::contents::View;
use crate::layer::LayerIndex;
use crate::store::Key;

/// Indexes by their keys, and views of bases by the keys of their layers' indexes.
#[derive(Default)]
pub struct Shared {
    indexes: Mutex<HashMap<Key, Arc<LayerIndex>>>,
    views: Mutex<HashMap<Vec<Key>, Arc<View>>>,
}

impl Shared {
    /// The index of this key.
    pub(super) fn index(&self, key: &Key) -> Option<Arc<LayerIndex>> {
        lock(&self.indexes).get(key).cloned()
    }

    pub(super) fn keep_index(&self, key: Key, index: &Arc<LayerIndex>) {
        lock(&self.indexes).insert(key, Arc::clone(index));
    }

    /// The view of the layers of these indexes, the lowest first.
    pub(super) fn view(&self, keys: &[Key]) -> Option<Arc<View>> {
        lock(&self.views).get(keys).cloned()
    }

    pub(super) fn keep_view(&self, keys: Vec<Key>, view: &Arc<View>) {
        lock(&self.views).insert(keys, Arc::clone(view));
    }
}

fn lock<T>(one: &Mutex<T>) -> MutexGuard<'_, T> {
    one.lock().unwrap_or_else(PoisonError::into_inner)
}
