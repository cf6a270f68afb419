//! Packages and repositories, made for tests.

pub(crate) mod apk;
