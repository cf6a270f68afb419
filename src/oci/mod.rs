//! The nouns of the OCI specifications as plain values; nothing here reads or writes a file.

pub mod annotations;
mod config;
mod config_shape;
mod descriptor;
mod digest;
mod document;
mod index;
pub mod json;
mod locator;
mod manifest;
mod media_type;
mod platform;
mod reference;
pub mod referrer;
mod registry_map;
mod registry_name;

pub use annotations::Annotations;
pub use config::{ConfigError, ImageConfig};
pub use descriptor::Descriptor;
pub use digest::{Digest, DigestError, Hasher};
pub use document::{Document, DocumentError};
pub use index::{Index, IndexEntry, PlatformFields};
pub use locator::{Locator, LocatorError};
pub use manifest::Manifest;
pub use media_type::{Compression, MediaType};
pub use platform::{Platform, PlatformError};
pub use referrer::Referrer;
pub use registry_map::{RegistryMap, RegistryMapError};
pub use registry_name::{RegistryName, is_tag};
