//! The packages that the report of an earlier build has, to be had again.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::VERSION;
use crate::code::{Code, Coded};
use crate::file_error::{At, FileError};
use crate::limits::Limits;
use crate::oci::Digest;
use crate::package::{Locked, LockedPackage};
use crate::plan::PackageLock;

/// Why a report does not say which packages there were.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is too large for a report.
    #[error("{} has more than {limit} bytes", path.display())]
    Size {
        /// The file.
        path: PathBuf,
        /// The most that it may have.
        limit: u64,
    },
    /// It is no report of this form.
    #[error("{} is no report of `overcoat build --json`: {problem}", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
}

impl Coded for ReportError {
    fn code(&self) -> Code {
        match self {
            Self::File(error) => error.code(),
            Self::Size { .. } | Self::Form { .. } => Code::Usage,
        }
    }
}

impl ReportError {
    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Size { .. } => Some("`--limit document-bytes=BYTES` sets another limit"),
            Self::Form { .. } => Some("`overcoat schema build-report` describes it"),
            Self::File(_) => None,
        }
    }
}

/// Reads the report of one build; what else it says is passed over.
pub fn read(path: &Path, limits: &Limits) -> Result<PackageLock, ReportError> {
    let limit = limits.document_bytes;
    let mut bytes = Vec::new();
    let file = File::open(path).at(path)?;
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).at(path)?;
    if bytes.len() as u64 > limit {
        return Err(ReportError::Size { path: path.to_owned(), limit });
    }
    let form = |problem: String| ReportError::Form { path: path.to_owned(), problem };
    let report: Report = serde_json::from_slice(&bytes).map_err(|error| form(error.to_string()))?;
    if report.version != VERSION {
        return Err(form(format!("its version is {}, not {VERSION}", report.version)));
    }
    lock(report).map_err(form)
}

fn lock(report: Report) -> Result<PackageLock, String> {
    let mut lock = PackageLock::default();
    for target in report.targets {
        for platform in target.platforms {
            let added = platform.packages.map(|packages| packages.added).unwrap_or_default();
            let packages = added.into_iter().map(|package| {
                let digest: Digest =
                    package.digest.parse().map_err(|error| format!("{}: {error}", package.name))?;
                Ok((package.name, LockedPackage { version: package.version, digest }))
            });
            let packages: Locked = packages.collect::<Result<_, String>>()?;
            lock.pin(&target.destination, &target.base, &platform.platform, packages);
        }
    }
    Ok(lock)
}

#[derive(Deserialize)]
struct Report {
    version: u32,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    destination: String,
    base: String,
    platforms: Vec<Platform>,
}

#[derive(Deserialize)]
struct Platform {
    platform: String,
    packages: Option<Packages>,
}

#[derive(Deserialize)]
struct Packages {
    added: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    digest: String,
}
