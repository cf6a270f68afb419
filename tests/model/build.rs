//! Builds through the library.

use std::fmt;
use std::path::Path;
use std::sync::Mutex;

use overcoat::code::{Code, Coded};
use overcoat::contents::Allow;
use overcoat::image::PlatformMismatch;
use overcoat::interrupt::Interrupt;
use overcoat::limits::Limits;
use overcoat::oci::RegistryMap;
use overcoat::ops::build::{Options, Wanted, build as build_images};
use overcoat::ops::workspace::Workspace;
use overcoat::package::Moment;
use overcoat::progress::{Meter, Progress, Silent};
use overcoat::registry::{NoMemory, Registries, Settings};
use overcoat::repositories::Policy;
use overcoat::spec::{self, SpecFile};

use super::image::Image;

/// How a build is done, where that may not change what comes out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct How {
    pub(crate) jobs: usize,
    pub(crate) two_passes: bool,
    /// Whether links and files may take the place of directories.
    pub(crate) replace: bool,
}

impl Default for How {
    fn default() -> Self {
        Self { jobs: 1, two_passes: false, replace: false }
    }
}

/// A customization of one target and platform; `rest` are lines of YAML.
pub(crate) fn customization(base: &str, rest: &str) -> String {
    format!(
        "name: model\ntargets: [{{destination: model/image, base: \"{base}\", tags: [\"1\"]}}]\nplatforms: [linux/amd64]\n{rest}"
    )
}

/// The image of a built customization, or why there is none.
pub(crate) fn build(dir: &Path, yaml: &str, how: How) -> Result<Image, Failed> {
    let readings = Readings::default();
    build_counted(dir, yaml, how, &readings)
}

/// A build that was refused.
pub(crate) struct Failed {
    pub(crate) code: Code,
    text: String,
}

impl fmt::Debug for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.code, self.text)
    }
}

/// Counts how often blobs of inputs are opened, by what they are of.
#[derive(Default)]
pub(crate) struct Readings(Mutex<Vec<String>>);

impl Readings {
    pub(crate) fn of(&self, beginning: &str) -> usize {
        self.0.lock().unwrap().iter().filter(|what| what.starts_with(beginning)).count()
    }
}

impl Progress for Readings {
    fn begin(&self, what: &str, _: u64) -> Box<dyn Meter> {
        self.0.lock().unwrap().push(what.to_owned());
        Box::new(Silent)
    }
}

pub(crate) fn build_counted(dir: &Path, yaml: &str, how: How, readings: &Readings) -> Result<Image, Failed> {
    let file = SpecFile::from_bytes("model.yaml".to_owned(), dir, yaml.as_bytes().to_vec()).unwrap();
    let parsed = spec::parse(&file).unwrap_or_else(|errors| panic!("{errors:?}\n{yaml}"));
    let out = tempfile::tempdir_in(dir).unwrap();
    let output = format!("oci:{}:built", out.path().join("image").display()).parse().unwrap();
    let options = Options {
        catalog: None,
        platforms: Vec::new(),
        registry_map: RegistryMap::default(),
        source: "none.invalid".to_owned(),
        allow: Allow { replace: how.replace },
        allow_devices: true,
        platform_mismatch: PlatformMismatch::Refuse,
        deny_privileged: false,
        epoch: None,
        limits: Limits::default(),
        repositories: Policy::at(Moment(0)),
        allow_skew: false,
        lock: None,
        strict_scripts: false,
        two_passes: how.two_passes,
    };
    let wanted = Wanted { outputs: vec![output], ..Wanted::default() };
    let built = build_images(
        &file,
        &parsed.specification,
        &wanted,
        &options,
        &workspace(dir, how),
        readings,
        &Interrupt::default(),
    );
    match built {
        Ok(_) => Ok(Image::read(&out.path().join("image"), "built")),
        Err(error) => {
            let left = std::fs::read_dir(out.path()).unwrap().count();
            assert_eq!(left, 0, "a build that fails leaves nothing behind");
            Err(Failed { code: error.code(), text: error.to_string() })
        }
    }
}

fn workspace(dir: &Path, how: How) -> Workspace {
    let (limits, interrupt) = (Limits::default(), Interrupt::default());
    let registries = Registries::new(Settings::default(), Box::new(NoMemory), &limits, &interrupt);
    Workspace::new(how.jobs, None, registries, dir.to_owned()).unwrap()
}
