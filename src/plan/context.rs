//! What planning works with.

use std::fs::File;
use std::io;

use super::{PackageLock, Remotes, Timestamp};
use crate::image::PlatformMismatch;
use crate::interrupt::Interrupt;
use crate::limits::Limits;
use crate::oci::{Platform, RegistryMap};
use crate::spec::Catalog;

/// What a plan depends on besides its specification.
pub struct Context<'a> {
    /// The limits on inputs.
    pub limits: &'a Limits,
    /// Where references are looked for instead.
    pub map: &'a RegistryMap,
    /// The images in registries.
    pub remotes: &'a Remotes,
    /// The registry or layout that has the images of definitions.
    pub source: &'a str,
    /// The definitions of images, where there is a catalog of them.
    pub catalog: Option<&'a Catalog>,
    /// Whether a config may be for another platform than its index says.
    pub mismatch: PlatformMismatch,
    /// The time that outputs are made at, where it is set from outside.
    pub epoch: Option<Timestamp>,
    /// The packages that images may get, where only some may.
    pub lock: Option<&'a PackageLock>,
    /// The platforms that are wanted; all of the specification's where it is empty.
    pub platforms: &'a [Platform],
    /// Whether to stop.
    pub interrupt: &'a Interrupt,
    /// Makes a file without a name for a long content.
    pub spool: &'a dyn Fn() -> io::Result<File>,
}
