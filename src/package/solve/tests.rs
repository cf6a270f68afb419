//! What the solver chooses, rule by rule and against the answers of the real tools.

mod apk;
mod deb;
mod errors;
mod golden;
mod platforms;
mod properties;
mod tool;
mod world;
