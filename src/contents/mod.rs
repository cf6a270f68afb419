//! Plan and layer indexes to what each layer will hold: pure, no byte is read or written here.
//!
//! [`View`] is what layers look like once they are applied; `placement` puts entries on the view below
//! them; [`payload()`], [`artifact`] and [`state`] say what the layers of ours hold; [`FirstPass`] guesses an artifact's layer while its
//! input is still being read.

mod amend;
mod artifact;
mod carriers;
mod change;
mod dangling;
mod finding;
mod first_pass;
mod follow;
mod ledger;
mod operation;
mod operations;
mod payload;
mod placement;
#[cfg(test)]
pub(crate) mod sample;
mod state;
mod view;

pub use artifact::{ArtifactError, Take, artifact};
pub use dangling::{Dangling, dangling};
pub use finding::{Finding, Named, Overwrite};
pub use first_pass::FirstPass;
pub use follow::PathLoop;
pub use operation::{LayerContents, Operation, Position};
pub use operations::{Iter, Operations};
pub use payload::{
    Claimant, Holder, Outcome, Owners, Parcel, Party, Payload, PayloadError, Taken, Verdict, payload,
};
pub use placement::{Allow, Conflict};
pub use state::{Addition, AdditionKind, StateError, state};
pub use view::{Node, View, ViewError};
