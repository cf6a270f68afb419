//! What a package says of the config of images that have it: a fragment of a customization.
//!
//! `/opt/docker/config/*.yaml`, which packages named `*-oci-config` bring. Its keys mean what they mean in a customization,
//! but for `entrypoint` and `cmd`, which take the place of the base's.

use std::collections::BTreeMap;

use super::reader::Reader;
use super::runtime::{ArgumentsMode, arguments, container_directory, environment, labels, signal};
use super::{Arguments, SpecError, SpecFile, written, yaml};
use crate::spec::form::Written as _;

/// The config that a package wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fragment {
    /// Variables, by name.
    pub environment: BTreeMap<String, String>,
    /// Labels of the config.
    pub labels: BTreeMap<String, String>,
    /// What starts.
    pub entrypoint: Option<Arguments>,
    /// Its arguments.
    pub cmd: Option<Arguments>,
    /// The working directory.
    pub work_dir: Option<String>,
    /// The signal that asks it to end.
    pub stop_signal: Option<String>,
}

/// Reads a fragment; fails with everything that is wrong with it.
pub fn parse_fragment(file: &SpecFile) -> Result<Fragment, Vec<SpecError>> {
    let document = yaml::read(&file.text).map_err(|error| vec![error])?;
    let mut reader = Reader::new(document.errors);
    let fragment = written::Fragment::read(&document.root, &mut reader).map(|one| fragment(one, &mut reader));
    let errors = reader.findings().errors;
    fragment.filter(|_| errors.is_empty()).ok_or(errors)
}

fn fragment(written: written::Fragment, reader: &mut Reader) -> Fragment {
    let replacing = |arguments: Arguments| Arguments { mode: ArgumentsMode::Replace, ..arguments };
    let entrypoint = arguments(written.entrypoint, None, true, ["entrypoint", "entrypoint-mode"], reader);
    let cmd = arguments(written.cmd, None, true, ["cmd", "cmd-mode"], reader);
    let variables = environment(written.environment, reader);
    Fragment {
        environment: variables.into_iter().map(|(name, value)| (name, value.value)).collect(),
        labels: labels(written.labels, "label", reader),
        entrypoint: entrypoint.map(replacing),
        cmd: cmd.map(replacing),
        work_dir: written.work_dir.and_then(|text| container_directory(text, reader)).map(|dir| dir.value),
        stop_signal: written.stop_signal.and_then(|text| signal(text, reader)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Fragment, Vec<String>> {
        let file = SpecFile::from_bytes("x.yaml".to_owned(), "".as_ref(), text.into()).unwrap();
        parse_fragment(&file).map_err(|errors| errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_fragment_has_the_keys_of_a_config() {
        let text = "environment: {A: b}\nentrypoint: [/usr/bin/x]\nwork-dir: /srv\nstop-signal: SIGQUIT\n";
        let fragment = read(text).unwrap();
        assert_eq!(fragment.environment["A"], "b");
        let entrypoint = Arguments { mode: ArgumentsMode::Replace, items: vec!["/usr/bin/x".to_owned()] };
        assert_eq!((fragment.entrypoint, fragment.cmd), (Some(entrypoint), None));
        assert_eq!(
            (fragment.work_dir.as_deref(), fragment.stop_signal.as_deref()),
            (Some("/srv"), Some("SIGQUIT"))
        );
    }

    #[test]
    fn whatever_else_it_has_is_told() {
        for (text, word) in [("packages: [x]\n", "packages"), ("environment: {1: x}\n", "1"), ("[]\n", "")] {
            let errors = read(text).unwrap_err();
            assert!(errors.iter().any(|error| error.contains(word)), "{text}: {errors:?}");
        }
    }
}
