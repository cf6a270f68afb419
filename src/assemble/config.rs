//! A base's config to the config of the image.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::oci::ImageConfig;
use crate::plan::{ImagePlan, Runtime};
use crate::provision::Fragment;
use crate::spec::{ArgumentsMode, RunAs};

/// The `PATH` that runtimes use where a config has none.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The config of a planned image, before its layers are added; packages come over the base, and all else over packages.
pub(super) fn config(plan: &ImagePlan, fragments: &[Fragment]) -> ImageConfig {
    let mut config = match &plan.base {
        Some(base) => base.config.clone(),
        None => ImageConfig::empty(&plan.platform),
    };
    if *config.platform() != plan.platform {
        config.set_platform(&plan.platform);
    }
    config.complete();
    config.set_created(&plan.created.to_string());
    for fragment in fragments.iter().filter_map(|fragment| fragment.config.as_ref().ok()) {
        if !fragment.environment.is_empty() {
            let environment = environment(&config.environment(), &[], &fragment.environment);
            config.set_run("Env", environment.into());
        }
        run(&mut config, fragment);
    }
    let artifacts: Vec<Vec<String>> =
        plan.artifacts.iter().map(|one| one.image.config.environment()).collect();
    if !plan.runtime.environment.is_empty() || artifacts.iter().any(|variables| !variables.is_empty()) {
        let environment = environment(&config.environment(), &artifacts, &plan.runtime.environment);
        config.set_run("Env", environment.into());
    }
    run(&mut config, &plan.runtime);
    match &plan.accounts.runs_as {
        Some((RunAs::Name(name), _)) => config.set_run("User", name.as_str().into()),
        Some((RunAs::Id(uid), _)) => config.set_run("User", uid.to_string().into()),
        None => {}
    }
    config
}

fn run(config: &mut ImageConfig, runtime: &Runtime) {
    for (key, arguments) in [("Entrypoint", &runtime.entrypoint), ("Cmd", &runtime.cmd)] {
        let Some(arguments) = arguments else { continue };
        let mut items = match arguments.mode {
            ArgumentsMode::Append => config.run_list(key),
            ArgumentsMode::Replace => Vec::new(),
        };
        items.extend(arguments.items.iter().cloned());
        config.set_run(key, items.into());
    }
    for (key, text) in [("WorkingDir", &runtime.work_dir), ("StopSignal", &runtime.stop_signal)] {
        if let Some(text) = text {
            config.set_run(key, text.as_str().into());
        }
    }
    extend(
        config,
        "ExposedPorts",
        runtime.ports.iter().map(|port| (port.clone(), Value::Object(Map::new()))),
    );
    extend(config, "Volumes", runtime.volumes.iter().map(|path| (path.clone(), Value::Object(Map::new()))));
    let labels = runtime.labels.iter().map(|(key, value)| (key.clone(), Value::String(value.clone())));
    extend(config, "Labels", labels);
}

/// Adds members to an object of the execution parameters.
fn extend(config: &mut ImageConfig, key: &str, members: impl Iterator<Item = (String, Value)>) {
    let mut object = config.run(key).and_then(Value::as_object).cloned().unwrap_or_default();
    let before = object.clone();
    object.extend(members);
    if object != before {
        config.set_run(key, Value::Object(object));
    }
}

/// The environment: the base's variables, then the artifacts', then the customization's own by name.
///
/// The customization's value wins; an artifact's holds where that leaves the name absent or empty, and then over the
/// base's; a later artifact's over an earlier one's. An artifact's `PATH` goes in front of what there is.
fn environment(base: &[String], artifacts: &[Vec<String>], own: &BTreeMap<String, String>) -> Vec<String> {
    let mut merged = Variables::default();
    for variable in base {
        let (name, value) = split(variable);
        merged.set(name, value);
    }
    for variable in artifacts.iter().flatten() {
        match split(variable) {
            ("PATH", value) => {
                let existing = merged.get("PATH").unwrap_or(DEFAULT_PATH).to_owned();
                merged.set("PATH", &in_front(value, &existing));
            }
            (name, value) => merged.set(name, value),
        }
    }
    let brought = |name: &str| artifacts.iter().flatten().any(|variable| split(variable).0 == name);
    for (name, value) in own {
        if !(value.is_empty() && brought(name)) {
            merged.set(name, value);
        }
    }
    merged.0.into_iter().map(|(name, value)| format!("{name}={value}")).collect()
}

/// Variables in the order in which their names came up.
#[derive(Default)]
struct Variables(Vec<(String, String)>);

impl Variables {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    fn set(&mut self, name: &str, value: &str) {
        match self.0.iter_mut().find(|(other, _)| other == name) {
            Some((_, before)) => *before = value.to_owned(),
            None => self.0.push((name.to_owned(), value.to_owned())),
        }
    }
}

fn split(variable: &str) -> (&str, &str) {
    variable.split_once('=').unwrap_or((variable, ""))
}

/// The entries of `path` that `existing` does not have, and then `existing`.
fn in_front(path: &str, existing: &str) -> String {
    let has = |entry: &&str| !existing.split(':').any(|other| other == *entry);
    let mut entries: Vec<&str> = Vec::new();
    for entry in path.split(':').filter(|entry| !entry.is_empty()).filter(has) {
        if !entries.contains(&entry) {
            entries.push(entry);
        }
    }
    entries.extend(Some(existing).filter(|existing| !existing.is_empty()));
    entries.join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merge(base: &[&str], artifacts: &[&[&str]], own: &[(&str, &str)]) -> Vec<String> {
        let strings = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let artifacts: Vec<_> = artifacts.iter().map(|list| strings(list)).collect();
        let own = own.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        environment(&strings(base), &artifacts, &own)
    }

    #[test]
    fn the_customization_wins_over_artifacts_and_these_over_the_base() {
        let merged = merge(
            &["A=base", "B=base", "C=base"],
            &[&["B=one", "D=one"], &["D=two", "C=two"]],
            &[("C", "own")],
        );
        assert_eq!(merged, ["A=base", "B=one", "C=own", "D=two"]);
    }

    #[test]
    fn an_empty_value_leaves_the_name_to_the_artifact() {
        assert_eq!(merge(&["A=base"], &[&["A=one"]], &[("A", "")]), ["A=one"]);
        assert_eq!(merge(&["A=base"], &[], &[("A", "")]), ["A="]);
    }

    #[test]
    fn a_path_of_an_artifact_goes_in_front_and_a_later_one_first() {
        let merged = merge(&["PATH=/usr/bin:/bin"], &[&["PATH=/opt/a:/usr/bin"], &["PATH=/opt/b:/bin"]], &[]);
        assert_eq!(merged, ["PATH=/opt/b:/opt/a:/usr/bin:/bin"]);
        assert_eq!(merge(&[], &[&["PATH=/opt/a"]], &[]), [format!("PATH=/opt/a:{DEFAULT_PATH}")]);
    }

    #[test]
    fn a_path_of_the_customization_is_final() {
        assert_eq!(merge(&["PATH=/bin"], &[&["PATH=/opt/a"]], &[("PATH", "/only")]), ["PATH=/only"]);
    }
}
