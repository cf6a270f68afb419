//! What is known when the work of scripts is to be done.

use crate::code::{Code, Coded};
use crate::contents::{PathLoop, View};
use crate::oci::Platform;
use crate::package::{Family, Unpacked};
use crate::rootfs::{NewGroup, NewUser, RootPath};

/// An image of one platform in which everything is laid out but the state layer.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// Whose packages are added.
    pub family: Family,
    /// What the image is for.
    pub platform: &'a Platform,
    /// The base and all layers of ours below the state layer.
    pub view: &'a View,
    /// How many of the view's layers are the base's.
    pub base_layers: u32,
    /// Whether the state of alternatives is kept: dpkg's database is of kind `status`, with everything beside it.
    pub keeps_alternatives: bool,
    /// The packages that are added, in the order of their names.
    pub packages: &'a [&'a Unpacked],
    /// The regular files that the customization itself brings, with their bytes: certificates among them count.
    pub files: &'a [(RootPath, &'a [u8])],
    /// The users that the customization adds: theirs are their names and numbers.
    pub users: &'a [NewUser],
    /// The groups that the customization adds.
    pub groups: &'a [NewGroup],
}

/// What scripts would have made, and cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmulateError {
    /// Symbolic links never end.
    #[error(transparent)]
    Loop(#[from] PathLoop),
    /// No number is left for a user or group of a package.
    #[error("no number is left for `{name}` of package `{package}`")]
    Numbers {
        /// The user or group.
        name: String,
        /// The package that needs it.
        package: String,
    },
    /// A package would lay out the base anew.
    #[error("package `{package}` lays out an empty image, and the base has `{path}` already")]
    BaseLayout {
        /// The package.
        package: String,
        /// What is there.
        path: RootPath,
    },
}

impl Coded for EmulateError {
    fn code(&self) -> Code {
        match self {
            Self::Loop(error) => error.code(),
            Self::Numbers { .. } => Code::Accounts,
            Self::BaseLayout { .. } => Code::Conflict,
        }
    }
}
