//! What one repository offers for one architecture, and what several do together.

mod apk;
mod deb;
mod error;
mod lines;
mod market;
mod mentions;
mod names;
mod record;
mod stored;

use std::io::Read;

use serde::Deserialize;

pub use error::{IndexError, IndexFault};
pub use market::{Market, Repository};
pub use stored::PACKAGE_INDEX_VERSION;

use record::{Outline, Record};

use super::description::Package;
use super::family::Family;
use crate::limits::Limits;

/// The packages of one repository for one architecture, compact: those that nobody asks for stay a few hundred bytes of
/// text each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    family: Family,
    /// Records, one behind the other.
    records: Vec<u8>,
    /// Where each begins.
    starts: Vec<u32>,
    left_out: u32,
}

impl Index {
    /// Reads Debian's `Packages`, decompressed (Debian Policy, 5.1); packages of other architectures are passed over.
    pub fn deb(text: impl Read, architecture: &str, limits: &Limits) -> Result<Self, IndexError> {
        deb::read(text, architecture, limits)
    }

    /// Reads the `APKINDEX` of apk's index; packages of other architectures are passed over.
    pub fn apk(text: impl Read, architecture: &str, limits: &Limits) -> Result<Self, IndexError> {
        apk::read(text, architecture, limits)
    }

    /// Whose packages they are.
    pub fn family(&self) -> Family {
        self.family
    }

    /// How many packages there are.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// A package, by its place from 0.
    pub fn package(&self, number: usize) -> Package {
        let record = self.record(number);
        Package { file: Some(record.file()), ..record.stanza.package(self.family) }
    }

    /// How many stanzas name a package that cannot be fetched, or whose version dpkg does not take (deb).
    pub fn left_out(&self) -> u32 {
        self.left_out
    }

    fn record(&self, number: usize) -> Record<'_> {
        self.beginning(number)
    }

    fn outline(&self, number: usize) -> Outline<'_> {
        self.beginning(number)
    }

    /// What a record begins with.
    fn beginning<'a, T: Deserialize<'a>>(&'a self, number: usize) -> T {
        let bytes = &self.records[self.starts[number] as usize..];
        let (beginning, _) =
            postcard::take_from_bytes(bytes).expect("each record was written by us or read once");
        beginning
    }
}

/// Bytes of records that there is room for from the start. What of it is not used costs nothing; and so much is had from the
/// system in one piece, and given back as one, where growing by and by leaves holes that later work cannot use.
const ROOM: usize = 40 << 20;

/// An index while its records come in.
struct Builder {
    index: Index,
}

impl Builder {
    fn new(family: Family) -> Self {
        Self { index: Index { family, records: Vec::with_capacity(ROOM), starts: Vec::new(), left_out: 0 } }
    }

    fn leave_out(&mut self) {
        self.index.left_out = self.index.left_out.saturating_add(1);
    }

    fn add(&mut self, record: &Record<'_>) -> Result<(), IndexError> {
        let Index { records, starts, .. } = &mut self.index;
        starts.push(u32::try_from(records.len()).map_err(std::io::Error::other)?);
        *records = postcard::to_extend(record, std::mem::take(records)).map_err(std::io::Error::other)?;
        Ok(())
    }

    fn finish(mut self) -> Index {
        self.index.records.shrink_to_fit();
        self.index.starts.shrink_to_fit();
        self.index
    }
}

#[cfg(test)]
mod tests;
