//! Building from registries and pushing to them, whatever they answer.

mod push;
mod scene;
