//! Indexes as bytes, for those that are kept.
//!
//! A head in [postcard](https://postcard.jamesmunns.com)'s form, then the records as they are in memory.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

use super::Index;
use super::record::Record;
use crate::package::family::Family;

/// The version of this form and of what an index holds; it grows when either changes.
pub const PACKAGE_INDEX_VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Head {
    version: u32,
    family: Family,
    left_out: u32,
    packages: u32,
    bytes: u64,
}

impl Index {
    /// Writes the index.
    pub fn write_to(&self, out: &mut dyn Write) -> io::Result<()> {
        let head = Head {
            version: PACKAGE_INDEX_VERSION,
            family: self.family,
            left_out: self.left_out,
            packages: u32::try_from(self.len()).map_err(io::Error::other)?,
            bytes: self.records.len() as u64,
        };
        out.write_all(&postcard::to_allocvec(&head).map_err(io::Error::other)?)?;
        out.write_all(&self.records)
    }

    /// Reads an index back, to the end of `input`.
    pub fn read_from(input: &mut dyn Read) -> io::Result<Self> {
        let mut records = Vec::new();
        input.read_to_end(&mut records)?;
        let (head, rest): (Head, _) = postcard::take_from_bytes(&records).map_err(|_| broken())?;
        let fits = head.version == PACKAGE_INDEX_VERSION && head.bytes == rest.len() as u64;
        if !fits || u32::try_from(rest.len()).is_err() {
            return Err(broken());
        }
        let before = records.len() - rest.len();
        records.drain(..before);
        let starts = starts(&records).filter(|starts| starts.len() == head.packages as usize);
        let starts = starts.ok_or_else(broken)?;
        Ok(Self { family: head.family, records, starts, left_out: head.left_out })
    }
}

/// Where each record begins, once all are read; nothing where one cannot be.
fn starts(records: &[u8]) -> Option<Vec<u32>> {
    let mut starts = Vec::new();
    let mut rest = records;
    while !rest.is_empty() {
        starts.push(u32::try_from(records.len() - rest.len()).ok()?);
        (_, rest) = postcard::take_from_bytes::<Record<'_>>(rest).ok()?;
    }
    Some(starts)
}

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "is no package index")
}
