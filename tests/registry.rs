//! Building from registries and pushing to them, whatever they answer.

mod counts;
mod push;
mod scene;
mod several;
