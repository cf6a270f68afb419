//! A plan: everything a build will do, decided, and nothing done yet.
//!
//! A plan pins its inputs by digest and holds intent alone; with the indexes of the inputs' layers it gives the contents of
//! every layer, and two equal plans give equal bytes.

mod base;
mod error;
mod file;
mod resolve;
mod runtime;
mod time;

use std::collections::BTreeMap;

pub use error::{PlanError, Problem};
pub use file::Content;
pub use resolve::{Context, resolve};
pub use runtime::Runtime;
pub use time::Timestamp;

use crate::oci::{Compression, Locator, Platform};
use crate::rootfs::{Mode, NewGroup, NewUser, Owner, RootPath, Selection};
use crate::spec::{Place, RunAs};
use crate::store::Image;

/// The plan of a customization: an image for each of its targets.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The images, in the order of the targets.
    pub targets: Vec<Target>,
}

/// The image that is made for one target.
#[derive(Clone, Debug)]
pub struct Target {
    /// The repository it is for.
    pub destination: String,
    /// The tags it gets.
    pub tags: Vec<String>,
    /// The base's reference, where it is one that others can use too.
    pub base_name: Option<String>,
    /// The base as people name it.
    pub base: Locator,
    /// Where the specification names it.
    pub base_place: Place,
    /// What is made for each platform.
    pub images: BTreeMap<Platform, ImagePlan>,
}

/// What is made for one platform.
#[derive(Clone, Debug)]
pub struct ImagePlan {
    /// The platform.
    pub platform: Platform,
    /// The base; nothing for `scratch`.
    pub base: Option<Image>,
    /// What is layered in, later over earlier.
    pub artifacts: Vec<ArtifactPlan>,
    /// Static files, in their order.
    pub files: Vec<FilePlan>,
    /// Users and groups.
    pub accounts: AccountsPlan,
    /// The changes of the config.
    pub runtime: Runtime,
    /// How the layers that are added are compressed.
    pub compression: Compression,
    /// When the image says it was made.
    pub created: Timestamp,
    /// The latest time that an entry may have.
    pub latest: Option<Timestamp>,
}

/// An artifact and what is taken from it.
#[derive(Clone, Debug)]
pub struct ArtifactPlan {
    /// The artifact as people name it.
    pub source: Locator,
    /// What an output may call it: its reference, or its digest where that would be a path of this machine.
    pub label: String,
    /// Where the specification names it.
    pub place: Place,
    /// Where the specification names each include.
    pub include_places: Vec<Place>,
    /// The image.
    pub image: Image,
    /// Which paths.
    pub selection: Selection,
    /// The user that gets them, in place of their own.
    pub uid: Option<u32>,
    /// The group that gets them, in place of their own.
    pub gid: Option<u32>,
    /// The directory they go below.
    pub to: RootPath,
}

/// A static file, directory or link, or a deletion.
#[derive(Clone, Debug)]
pub struct FilePlan {
    /// Where.
    pub path: RootPath,
    /// Where the specification names it.
    pub place: Place,
    /// What.
    pub kind: FileKind,
    /// Its permissions.
    pub mode: Mode,
    /// Its owner.
    pub owner: Owner,
}

/// What a static file is.
#[derive(Clone, Debug)]
pub enum FileKind {
    /// A file with this content.
    File(Content),
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink(String),
    /// What is there goes.
    Delete,
}

/// The accounts that are wanted.
#[derive(Clone, Debug, Default)]
pub struct AccountsPlan {
    /// Whether root may be the image's user.
    pub root: bool,
    /// The image's user.
    pub runs_as: Option<(RunAs, Place)>,
    /// Users to add.
    pub users: Vec<NewUser>,
    /// Groups to add.
    pub groups: Vec<NewGroup>,
    /// Where the specification names each user.
    pub user_places: Vec<Place>,
    /// Where the specification names each group.
    pub group_places: Vec<Place>,
}

impl AccountsPlan {
    /// Where the specification names a user.
    pub fn user_place(&self, name: &str) -> Option<Place> {
        self.users.iter().zip(&self.user_places).find(|(user, _)| user.name == name).map(|(_, place)| *place)
    }

    /// Where the specification names a group, or else the user whose own group it is.
    pub fn group_place(&self, name: &str) -> Option<Place> {
        let found = self.groups.iter().zip(&self.group_places).find(|(group, _)| group.name == name);
        found.map(|(_, place)| *place).or_else(|| self.user_place(name))
    }

    /// Where the specification first speaks of accounts.
    pub fn place(&self) -> Option<Place> {
        self.user_places.iter().chain(&self.group_places).min().copied()
    }
}
