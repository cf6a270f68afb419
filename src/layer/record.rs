//! What a first reading of a layer remembers.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::judge::Judge;
use super::kept::is_kept;
use super::{Elf, Fault, Item, ItemKind, Items, ReadError, ReadErrorKind, Reading, Trust, Visitor};
use crate::limits::Limits;
use crate::oci::Digest;
use crate::rootfs::RootPath;

/// The items so far, what is kept of them, and what a judge says of an artifact's.
pub(super) struct Record<'a> {
    limits: &'a Limits,
    pub(super) items: Items,
    pub(super) kept: BTreeMap<u32, Arc<[u8]>>,
    kept_bytes: u64,
    pub(super) elf: BTreeMap<u32, Elf>,
    judge: Option<Judge>,
    /// Which entries of an artifact are selected, by ordinal.
    selected: Vec<bool>,
}

impl<'a> Record<'a> {
    /// Begins the record of a layer.
    pub(super) fn new(how: &Reading<'a>) -> Self {
        Self {
            limits: how.limits,
            items: Items::default(),
            kept: BTreeMap::new(),
            kept_bytes: 0,
            elf: BTreeMap::new(),
            judge: (how.trust == Trust::Artifact).then(|| Judge::new(how.allow_devices)),
            selected: Vec::new(),
        }
    }

    /// Judges the next item of an artifact, and refuses it if it is selected and cannot be used.
    pub(super) fn judge(&mut self, item: &mut Item, visitor: &mut dyn Visitor) -> Result<(), ReadErrorKind> {
        let Some(judge) = &mut self.judge else { return Ok(()) };
        let fault = judge.admit(&self.items, item).cloned();
        let ordinal = u32::try_from(self.items.len()).expect("reading counts items in 32 bits");
        let is_selected = visitor.selects(ordinal, item);
        self.selected.push(is_selected && matches!(item.kind, ItemKind::Entry(_)));
        fault.filter(|_| is_selected).map_or(Ok(()), |fault| Err(fault.into()))
    }

    /// Takes in the item that was judged last.
    pub(super) fn push(&mut self, item: &Item) {
        self.items.push(item);
        if let Some(judge) = &mut self.judge {
            judge.remember(&self.items);
        }
    }

    /// Whether the bytes of a file are to be kept.
    pub(super) fn keeps(&self, path: &RootPath, size: u64) -> bool {
        let room = self.limits.kept_bytes.saturating_sub(self.kept_bytes).min(self.limits.kept_file_bytes);
        size <= room && is_kept(path)
    }

    /// Keeps the bytes of a file.
    pub(super) fn keep(&mut self, ordinal: u32, bytes: Vec<u8>) {
        self.kept_bytes += bytes.len() as u64;
        self.kept.insert(ordinal, bytes.into());
    }

    /// The faults of the items that are not selected, once all are known; one of a selected item is an error.
    pub(super) fn faults(&mut self, layer: Digest) -> Result<BTreeMap<u32, Fault>, ReadError> {
        let Some(judge) = self.judge.take() else { return Ok(BTreeMap::new()) };
        let faults = judge.finish(&self.items);
        match faults.iter().find(|(ordinal, _)| self.selected[**ordinal as usize]) {
            Some((ordinal, fault)) => {
                let (path, offset) = (self.items.path(*ordinal), self.items.offset(*ordinal));
                Err(ReadError::at(layer, path.as_bytes(), offset, fault.clone().into()))
            }
            None => Ok(faults),
        }
    }
}
