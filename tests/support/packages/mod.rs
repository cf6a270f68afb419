//! Packages and repositories, made for tests.

pub(crate) mod apk;
pub(crate) mod base;
pub(crate) mod deb;
mod entry;

pub(crate) use entry::Filled;
