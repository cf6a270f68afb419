//! The changes that a customization makes to an image's config.

use std::collections::BTreeMap;

use crate::spec::{Arguments, Customization, Fragment};

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

impl From<&Fragment> for Runtime {
    fn from(fragment: &Fragment) -> Self {
        Self {
            environment: fragment.environment.clone(),
            labels: fragment.labels.clone(),
            entrypoint: fragment.entrypoint.clone(),
            cmd: fragment.cmd.clone(),
            work_dir: fragment.work_dir.clone(),
            stop_signal: fragment.stop_signal.clone(),
            ..Self::default()
        }
    }
}

impl From<&Customization> for Runtime {
    fn from(customization: &Customization) -> Self {
        let environment =
            customization.environment.iter().map(|(name, value)| (name.clone(), value.value.clone()));
        Self {
            environment: environment.collect(),
            labels: customization.labels.clone(),
            annotations: customization.annotations.clone(),
            entrypoint: customization.entrypoint.clone(),
            cmd: customization.cmd.clone(),
            work_dir: customization.work_dir.as_ref().map(|dir| dir.value.clone()),
            stop_signal: customization.stop_signal.clone(),
            ports: customization.ports.iter().map(|port| port.value.to_string()).collect(),
            volumes: customization.volumes.iter().map(|path| path.value.clone()).collect(),
        }
    }
}
