//! Images as they are found and as they are published, wherever that is.

mod error;
mod found;
mod platform_image;
mod publication;
mod root;
mod select;

pub use error::{FormatProblem, ImageError};
pub use found::{Found, ImageDocuments, PlatformMismatch};
pub use platform_image::{Image, ImageLayer, check_layers};
pub use publication::{Publication, PublishedImage, PublishedLayer};
pub use root::Root;
