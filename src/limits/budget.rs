//! What the inputs of one build may cost together, whichever thread reads them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Limited, Limits, Windows};

/// What a build may still read and hold, shared by all its threads.
#[derive(Clone, Debug)]
pub struct Budget {
    spent: Arc<Spent>,
    windows: Windows,
}

#[derive(Debug)]
struct Spent {
    bytes: Account,
    entries: Account,
    names: Account,
    kept: Account,
}

/// A budget that is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BudgetError {
    /// Bytes of all tars.
    #[error("the build's inputs hold more than {limit} bytes")]
    Bytes {
        /// The bytes that were allowed.
        limit: u64,
    },
    /// Entries of all layers.
    #[error("the build's inputs hold more than {limit} entries")]
    Entries {
        /// The entries that were allowed.
        limit: u64,
    },
    /// Names, link targets and extended attributes of all layers.
    #[error("names, link targets and extended attributes of the build's inputs have more than {limit} bytes")]
    Names {
        /// The bytes that were allowed.
        limit: u64,
    },
    /// Small files that indexes keep.
    #[error("accounts, package databases and the like of the build's inputs have more than {limit} bytes")]
    Kept {
        /// The bytes that were allowed.
        limit: u64,
    },
}

impl Budget {
    /// The budget that these limits give one build.
    pub fn of(limits: &Limits) -> Self {
        let spent = Spent {
            bytes: Account::new(limits.build_bytes),
            entries: Account::new(limits.build_entries),
            names: Account::new(limits.build_name_bytes),
            kept: Account::new(limits.build_kept_bytes),
        };
        Self { spent: Arc::new(spent), windows: Windows::new(limits.zstd_window_bytes) }
    }

    /// A budget of `limit` uncompressed bytes, and by default limits otherwise.
    pub fn new(limit: u64) -> Self {
        Self::of(&Limits { build_bytes: limit, ..Limits::default() })
    }

    /// Takes uncompressed bytes out of the budget.
    pub fn spend(&self, bytes: u64) -> Result<(), BudgetError> {
        self.spent.bytes.take(bytes).map_err(|limit| BudgetError::Bytes { limit })
    }

    /// Takes an entry that an index will hold out of the budget, with the bytes of its name, link target and extended
    /// attributes.
    pub fn enter(&self, names: u64) -> Result<(), BudgetError> {
        self.spent.entries.take(1).map_err(|limit| BudgetError::Entries { limit })?;
        self.spent.names.take(names).map_err(|limit| BudgetError::Names { limit })
    }

    /// Takes the bytes of a small file that an index will keep out of the budget.
    pub fn keep(&self, bytes: u64) -> Result<(), BudgetError> {
        self.spent.kept.take(bytes).map_err(|limit| BudgetError::Kept { limit })
    }

    /// The windows of the build's decoders.
    pub fn windows(&self) -> &Windows {
        &self.windows
    }
}

impl Limited for BudgetError {
    fn limit(&self) -> Option<&'static str> {
        Some(match self {
            Self::Bytes { .. } => "build-bytes",
            Self::Entries { .. } => "build-entries",
            Self::Names { .. } => "build-name-bytes",
            Self::Kept { .. } => "build-kept-bytes",
        })
    }
}

/// A number that only falls.
#[derive(Debug)]
struct Account {
    limit: u64,
    left: AtomicU64,
}

impl Account {
    fn new(limit: u64) -> Self {
        Self { limit, left: AtomicU64::new(limit) }
    }

    /// Takes `amount`, or gives back the limit where less is left.
    fn take(&self, amount: u64) -> Result<(), u64> {
        let taken = |left: u64| left.checked_sub(amount);
        let before = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken);
        before.map(drop).map_err(|_| self.limit)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn clones_share_one_budget() {
        let budget = Budget::new(10);
        let other = budget.clone();
        assert!(budget.spend(6).is_ok());
        assert!(other.spend(4).is_ok());
        assert_eq!(budget.spend(1), Err(BudgetError::Bytes { limit: 10 }));
        assert_eq!(budget.spend(u64::MAX), Err(BudgetError::Bytes { limit: 10 }));
        assert!(other.spend(0).is_ok());
    }

    #[test]
    fn each_account_has_a_limit_of_its_own() {
        let limits =
            Limits { build_entries: 2, build_name_bytes: 5, build_kept_bytes: 7, ..Limits::default() };
        let budget = Budget::of(&limits);
        assert_eq!(budget.enter(5), Ok(()));
        assert_eq!(budget.enter(1), Err(BudgetError::Names { limit: 5 }));
        assert_eq!(budget.enter(0), Err(BudgetError::Entries { limit: 2 }));
        assert_eq!(budget.keep(7), Ok(()));
        assert_eq!(budget.keep(1), Err(BudgetError::Kept { limit: 7 }));
        assert_eq!(budget.spend(limits.build_bytes), Ok(()));
    }

    #[test]
    fn every_error_names_a_limit_that_can_be_set() {
        for error in [
            BudgetError::Bytes { limit: 0 },
            BudgetError::Entries { limit: 0 },
            BudgetError::Names { limit: 0 },
            BudgetError::Kept { limit: 0 },
        ] {
            let name = error.limit().unwrap();
            assert!(Limits::default().set_by(&format!("{name}=0")).is_ok(), "{name}");
        }
    }

    #[test]
    fn threads_together_get_what_one_would() {
        let budget = Budget::new(10_000);
        let spend = &|amount| (0..3_000).filter(|_| budget.spend(amount).is_ok()).count() as u64 * amount;
        let taken: u64 = thread::scope(|scope| {
            let threads = [1, 2, 4, 1].map(|amount| scope.spawn(move || spend(amount)));
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(taken, 10_000);
    }
}
