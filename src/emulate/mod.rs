//! What the scripts of packages would have made, had they been run: made from data, and nothing is run (packages.md
//! section 7).
//!
//! A [`Scene`] is an image once everything but its generated files is laid out; [`emulate`] says what generated files it
//! gets, who its packages need as users and groups, and what of their scripts was not understood.

mod emulated;
mod scene;

pub use emulated::{Emulated, Gap, Generated, Made, Note, Reason};
pub use scene::{Database, EmulateError, Scene};

/// Says what scripts would have made of a scene. The same scene always comes to the same.
pub fn emulate(scene: &Scene<'_>) -> Result<Emulated, EmulateError> {
    let _ = scene;
    Ok(Emulated::default())
}
