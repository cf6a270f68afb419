//! What is found out once for all who ask.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// Values by what they were made from; who asks for one that is being made waits for it. Failures are not kept.
#[derive(Debug)]
pub(super) struct Memo<K, V>(Mutex<HashMap<K, Slot<V>>>);

type Slot<V> = Arc<Mutex<Option<Arc<V>>>>;

impl<K, V> Default for Memo<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V> Memo<K, V> {
    /// The value of a key, made where there is none yet.
    pub(super) fn get<E>(&self, key: K, make: impl FnOnce() -> Result<V, E>) -> Result<Arc<V>, E> {
        let slot = Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
        let mut value = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = &*value {
            return Ok(Arc::clone(value));
        }
        let made = Arc::new(make()?);
        *value = Some(Arc::clone(&made));
        Ok(made)
    }

    /// Forgets all values, but not for those who have them.
    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::thread;

    #[test]
    fn a_value_is_made_once_for_all_threads() {
        let (memo, made) = (Memo::default(), AtomicU32::new(0));
        let make = || Ok::<_, ()>(made.fetch_add(1, Ordering::Relaxed));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| assert_eq!(*memo.get("a", make).unwrap(), 0));
            }
        });
        assert_eq!(*memo.get("b", make).unwrap(), 1);
        memo.clear();
        assert_eq!(*memo.get("a", make).unwrap(), 2);
    }

    #[test]
    fn a_failure_is_not_kept() {
        let memo = Memo::default();
        assert_eq!(memo.get(1, || Err("down")), Err("down"));
        assert_eq!(memo.get(1, || Ok::<_, &str>(5)), Ok(Arc::new(5)));
    }
}
