//! Building from registries and pushing to them, whatever they answer.

mod counts;
mod pull;
mod push;
mod scene;
mod several;
