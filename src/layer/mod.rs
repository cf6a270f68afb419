//! Layers: entries as bytes, with nothing but `std::io` below.

mod index;

pub use index::{Item, ItemKind, LayerIndex, Warning};
