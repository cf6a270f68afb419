//! Pushes: what they refuse, what they make of registries that do things otherwise, and in which order they go.

mod answers;
mod kills;
mod moved;
mod order;
mod referrers;
mod refused;
mod resets;
