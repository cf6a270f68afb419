//! Puts packages, tools, certificates, files and settings on top of a hardened base image.
//!
//! The modules stand in rows, from the bottom up; a module imports only rows below its own (`tests/modules.rs` holds that):
//!
//! 0. [`code`], [`file_error`], [`interrupt`], [`limits`], [`nearest`], [`pool`], [`printable`],
//!    [`progress`]: what every row needs.
//! 1. [`oci`]: the nouns of the OCI specifications.
//! 2. [`rootfs`]: what is inside an image.
//! 3. [`layer`]: entries as bytes.
//! 4. [`image`]: images as they are found and as they are published. [`package`]: packages of distributions, as formats and
//!    as what goes together. [`http`]: requests to servers of any kind.
//! 5. [`spec`]: the customization YAML. [`store`]: images on this machine's disks, and what builds keep for later ones.
//!    [`registry`]: images in registries.
//! 6. [`plan`]: everything decided, and nothing done yet. [`repositories`]: indexes and packages, fetched and verified.
//! 7. [`contents`]: what each layer will hold, from the plan and layer indexes alone.
//! 8. [`emulate`]: what packages' scripts would have made. [`provision`]: which packages an image gets, and what becomes of
//!    them in it.
//! 9. [`assemble`]: layers, configs and manifests.
//! 10. [`ops`]: one verb a file.
//! 11. [`cli`]: the terminal; the only place that knows arguments, environment and signals.
//!
//! A build walks them so: [`spec::parse`] reads a customization, [`plan::resolve`] finds and pins its inputs,
//! [`assemble::assemble`] reads layers, lays out what ours will hold and writes them, and [`store::write`] and
//! [`registry::push`] publish the images; what [`store::Store`] has of all that is not done again.

pub mod code;
pub mod file_error;
pub mod interrupt;
pub mod limits;
pub mod nearest;
pub mod pool;
pub mod printable;
pub mod progress;

pub mod oci;

pub mod rootfs;

pub mod layer;

pub mod http;
pub mod image;
pub mod package;

pub mod registry;
pub mod spec;
pub mod store;

pub mod plan;
pub mod repositories;

pub mod contents;

pub mod emulate;
pub mod provision;

pub mod assemble;

pub mod ops;

pub mod cli;
