//! The store: what it holds, and how room is made in it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::file_error::FileError;
use crate::plan::Timestamp;
use crate::store::{Held, Inventory, Room, Store};

/// The version of the report's form; it grows when a field changes its meaning or goes.
pub const VERSION: u32 = 1;

/// What a store holds.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "Report of overcoat store")]
pub struct StoreReport {
    /// The version of this form: 1.
    pub version: u32,
    /// The store's directory.
    pub path: String,
    /// What it holds.
    pub holds: InventoryReport,
    /// What was removed from it, or would be; nothing where nobody asked for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed: Option<InventoryReport>,
}

/// Entries by kind.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InventoryReport {
    /// Indexes of input layers.
    pub indexes: HeldReport,
    /// Records of assembled layers.
    pub layers: HeldReport,
    /// Blobs: the bytes of those layers, layers and documents of images in registries, and packages.
    pub blobs: HeldReport,
    /// What was learned of registries: whether they have referrers, mount blobs and so on.
    pub registries: HeldReport,
    /// Indexes of packages, what packages hold, and what was seen of their repositories.
    pub packages: HeldReport,
}

/// Entries of one kind.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeldReport {
    /// How many there are.
    pub entries: usize,
    /// Their bytes.
    pub bytes: u64,
    /// When the one that was not used for the longest time was last used; RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest_use: Option<String>,
    /// When one was last used; RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_use: Option<String>,
}

/// What the store holds.
pub fn info(store: &Store) -> Result<StoreReport, FileError> {
    Ok(report(store, store.inventory()?, None))
}

/// Makes room; says what it would remove where `is_trial`.
pub fn prune(store: &Store, room: &Room, is_trial: bool) -> Result<StoreReport, FileError> {
    let pruned = store.prune(room, is_trial)?;
    Ok(report(store, pruned.left, Some(pruned.removed)))
}

/// The JSON Schema of a report.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(StoreReport).to_value()
}

fn report(store: &Store, holds: Inventory, removed: Option<Inventory>) -> StoreReport {
    let path = store.path().display().to_string();
    StoreReport { version: VERSION, path, holds: inventory(holds), removed: removed.map(inventory) }
}

fn inventory(Inventory { indexes, layers, blobs, registries, packages }: Inventory) -> InventoryReport {
    let (indexes, layers) = (held(indexes), held(layers));
    InventoryReport {
        indexes,
        layers,
        blobs: held(blobs),
        registries: held(registries),
        packages: held(packages),
    }
}

fn held(Held { entries, bytes, oldest, newest }: Held) -> HeldReport {
    let text = |time: i64| Timestamp::from_seconds(time).map(|time| time.to_string());
    HeldReport { entries, bytes, oldest_use: oldest.and_then(text), last_use: newest.and_then(text) }
}
