//! Puts packages, tools, certificates, files and settings on top of a hardened base image.
//!
//! The modules stand in rows, from the bottom up; a module imports only rows below its own (`tests/modules.rs` holds that):
//!
//! 0. [`code`], [`file_error`], [`interrupt`], [`limits`]: what every row needs.
//! 1. [`oci`]: the nouns of the OCI specifications.
//! 2. [`rootfs`]: what is inside an image.
//! 3. [`layer`]: entries as bytes.
//! 4. [`spec`]: the customization YAML.

pub mod code;
pub mod file_error;
pub mod interrupt;
pub mod limits;

pub mod oci;

pub mod rootfs;

pub mod layer;

pub mod spec;
