//! The limits of a build, and the byte budget that all its readers share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Limits on inputs; each is named in the error of whoever reaches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a manifest, index or config that is read.
    pub document_bytes: u64,
    /// Bytes of a manifest or index that is written.
    pub written_document_bytes: u64,
    /// Entries of an index.
    pub index_entries: usize,
    /// Indexes within indexes.
    pub index_depth: usize,
    /// Layers of an image.
    pub layers: usize,
    /// Bytes of a layer as it is stored.
    pub layer_compressed_bytes: u64,
    /// Bytes of a layer's tar.
    pub layer_bytes: u64,
    /// Bytes of all tars that one build reads.
    pub build_bytes: u64,
    /// Entries of a layer.
    pub layer_entries: u64,
    /// Bytes of a PAX, long-name or sparse header.
    pub tar_header_bytes: u64,
    /// log2 of the largest zstd window.
    pub zstd_window_log: u32,
    /// Bytes of a symbolic link's target.
    pub link_target_bytes: usize,
    /// Bytes of an extended attribute's value.
    pub xattr_bytes: usize,
    /// Extended attributes of an entry.
    pub xattrs: usize,
    /// Bytes of all names, link targets and extended attributes of a layer, which its index holds in memory.
    pub layer_name_bytes: u64,
    /// Bytes of one small file that is kept in a layer index.
    pub kept_file_bytes: u64,
    /// Bytes of all small files that are kept in one layer index.
    pub kept_bytes: u64,
    /// Bytes of a file beside a specification.
    pub source_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document_bytes: 8 << 20,
            written_document_bytes: 4 << 20,
            index_entries: 1_000,
            index_depth: 2,
            layers: 125,
            layer_compressed_bytes: 10 << 30,
            layer_bytes: 16 << 30,
            build_bytes: 64 << 30,
            layer_entries: 1_000_000,
            tar_header_bytes: 1 << 20,
            zstd_window_log: 27,
            link_target_bytes: 4095,
            xattr_bytes: 64 << 10,
            xattrs: 64,
            layer_name_bytes: 256 << 20,
            kept_file_bytes: 16 << 20,
            kept_bytes: 64 << 20,
            source_bytes: 1 << 30,
        }
    }
}

/// The uncompressed bytes that a build may still read, shared by all its threads.
#[derive(Clone, Debug)]
pub struct Budget(Arc<Spent>);

#[derive(Debug)]
struct Spent {
    limit: u64,
    spent: AtomicU64,
}

/// A budget that is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the build's inputs hold more than {limit} bytes")]
pub struct BudgetError {
    /// The bytes that were allowed.
    pub limit: u64,
}

impl Budget {
    /// A budget of `limit` bytes.
    pub fn new(limit: u64) -> Self {
        Self(Arc::new(Spent { limit, spent: AtomicU64::new(0) }))
    }

    /// Takes `bytes` out of the budget.
    pub fn spend(&self, bytes: u64) -> Result<(), BudgetError> {
        let before = self.0.spent.fetch_add(bytes, Ordering::Relaxed);
        match before.checked_add(bytes) {
            Some(spent) if spent <= self.0.limit => Ok(()),
            _ => Err(BudgetError { limit: self.0.limit }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_one_budget() {
        let budget = Budget::new(10);
        let other = budget.clone();
        assert!(budget.spend(6).is_ok());
        assert!(other.spend(4).is_ok());
        assert_eq!(budget.spend(1), Err(BudgetError { limit: 10 }));
    }
}
