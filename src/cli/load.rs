//! Which container engines there are.

use std::env;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::args::EngineChoice;
use super::failure::Failure;
use crate::code::Code;
use crate::oci::Platform;
use crate::ops::load::{Engine, EngineKind, Load};

/// What `--load` asks for: the engine that is named, or all of them.
pub(super) fn load(choice: Option<EngineChoice>) -> Result<Load, Failure> {
    let chosen = choice.map(|choice| match choice {
        EngineChoice::Docker => EngineKind::Docker,
        EngineChoice::Podman => EngineKind::Podman,
    });
    let kinds = EngineKind::ALL.into_iter().filter(|kind| chosen.is_none_or(|chosen| chosen == *kind));
    let engines = kinds.map(|kind| Engine { kind, program: program(kind.name()) });
    Ok(Load { engines: engines.collect(), platform: platform()? })
}

/// The platform of this machine; containers are Linux wherever they run.
fn platform() -> Result<Platform, Failure> {
    let platform = Platform::new("linux", env::consts::ARCH, None);
    platform.map_err(|error| Failure::of(Code::Usage, &error.to_string(), None))
}

/// Where a program is installed. Directories that only the working directory gives a meaning are passed over.
fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let programs = env::split_paths(&path).filter(|dir| dir.is_absolute()).map(|dir| dir.join(name));
    programs.into_iter().find(|program| is_program(program))
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}
