//! Packages of repositories on bases, through the whole command.

mod apk;
mod bases;
mod layers;
mod refused;
mod requests;
mod scene;
mod sources;
mod store;
