//! Packages of repositories on bases, through the whole command.

mod apk;
mod apk_read;
mod apk_refused;
mod bases;
mod config;
mod gaps;
mod layers;
mod locked;
mod real;
mod refused;
mod report;
mod requests;
mod scene;
mod sources;
mod store;
mod worlds;
