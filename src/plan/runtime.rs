//! The changes that a customization makes to an image's config.

use std::collections::BTreeMap;

use crate::spec::Arguments;

/// What a customization says of the config, apart from the user.
#[derive(Clone, Debug, Default)]
pub struct Runtime {
    /// Variables, by name.
    pub environment: BTreeMap<String, String>,
    /// Labels of the config.
    pub labels: BTreeMap<String, String>,
    /// Annotations of the manifests.
    pub annotations: BTreeMap<String, String>,
    /// What starts, appended or in place of the base's.
    pub entrypoint: Option<Arguments>,
    /// Its arguments, appended or in place of the base's.
    pub cmd: Option<Arguments>,
    /// The working directory.
    pub work_dir: Option<String>,
    /// The signal that asks it to end.
    pub stop_signal: Option<String>,
    /// Ports, such as `8080/tcp`.
    pub ports: Vec<String>,
    /// Paths that are volumes.
    pub volumes: Vec<String>,
}
