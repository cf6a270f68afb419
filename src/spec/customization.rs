//! A specification, fully typed.

use std::collections::BTreeMap;

use super::{
    Accounts, Arguments, Artifact, At, Packages, Place, Port, ReferenceMapping, StaticFile, TagSuffix, Target,
};
use crate::oci::{Compression, Platform};

/// What a specification customizes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "there is one in a run")]
pub enum Specification {
    /// Images.
    Image(Customization),
    /// Helm charts.
    Chart(ChartCustomization),
}

/// What is put on top of a base image, and where the result goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customization {
    /// A hosted service's name for it; decides nothing.
    pub id: Option<String>,
    /// People's name for it.
    pub name: At<String>,
    /// What the tags of the base end in.
    pub suffix: TagSuffix,
    /// The bases and the repositories that receive the results; at least one.
    pub targets: Vec<Target>,
    /// Packages of the base's distribution.
    pub packages: Packages,
    /// Images whose files are layered in, in order; later wins.
    pub artifacts: Vec<Artifact>,
    /// `paths`, then `scripts`, each in the order of the file.
    pub files: Vec<StaticFile>,
    /// Users, groups and the image's user.
    pub accounts: Accounts,
    /// Variables by name.
    pub environment: BTreeMap<String, At<String>>,
    /// Labels of the image config.
    pub labels: BTreeMap<String, String>,
    /// Annotations of the image manifests.
    pub annotations: BTreeMap<String, String>,
    /// The entrypoint, where one is set.
    pub entrypoint: Option<Arguments>,
    /// The command, where one is set.
    pub cmd: Option<Arguments>,
    /// The working directory, absolute, where one is set.
    pub work_dir: Option<At<String>>,
    /// The signal that ends the image's process, where one is set.
    pub stop_signal: Option<String>,
    /// Ports that the image listens on.
    pub ports: Vec<At<Port>>,
    /// Directories that are volumes, absolute.
    pub volumes: Vec<At<String>>,
    /// The platforms to build, at least one, and where each stands.
    pub platforms: BTreeMap<Platform, Place>,
    /// The codec of added layers.
    pub compression: Compression,
}

/// What replaces the image references of Helm charts, and where the result goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartCustomization {
    /// A hosted service's name for it; decides nothing.
    pub id: Option<String>,
    /// People's name for it.
    pub name: At<String>,
    /// What the versions of the charts end in.
    pub suffix: TagSuffix,
    /// The charts and the repositories that receive the results; at least one.
    pub targets: Vec<Target>,
    /// Which repositories stand in place of which; at least one.
    pub mappings: Vec<ReferenceMapping>,
}
