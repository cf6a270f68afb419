//! What the hosted service would refuse although it can be built here.

use std::fmt;

use super::{Artifact, PackageRequest, Packages, Parsed, Place, Specification};
use crate::code::{Code, Coded};
use crate::oci::Locator;

/// Something that the hosted service would refuse, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostedError {
    /// Where it stands.
    pub place: Place,
    /// Why it would be refused.
    pub reason: HostedReason,
}

/// Why the hosted service would refuse something.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HostedReason {
    /// A key that it does not know.
    Key {
        /// The key with its path: `targets[].base`.
        key: String,
    },
    /// A key that it takes with a single target alone.
    ManyTargets {
        /// The key.
        key: String,
        /// How many targets there are.
        targets: usize,
    },
    /// An artifact that is in no registry.
    LocalArtifact,
    /// A package with a version.
    PackageVersion,
    /// A package that is kept out.
    PackageKeptOut,
}

impl fmt::Display for HostedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the hosted service ")?;
        match &self.reason {
            HostedReason::Key { key } => write!(f, "does not know `{key}`"),
            HostedReason::ManyTargets { key, targets } => {
                write!(f, "takes `{key}` with one target alone, and there are {targets}")
            }
            HostedReason::LocalArtifact => f.write_str("takes artifacts from registries alone"),
            HostedReason::PackageVersion => f.write_str("takes packages without a version alone"),
            HostedReason::PackageKeptOut => f.write_str("cannot keep packages out"),
        }
    }
}

impl std::error::Error for HostedError {}

impl Coded for HostedError {
    fn code(&self) -> Code {
        Code::SpecHosted
    }
}

/// Everything that the hosted service would refuse, ordered by place.
pub fn check(parsed: &Parsed) -> Vec<HostedError> {
    let mut found: Vec<_> = parsed
        .keys
        .iter()
        .filter(|key| key.is_ours)
        .map(|key| HostedError { place: key.place, reason: HostedReason::Key { key: key.path.clone() } })
        .collect();
    if let Specification::Image(customization) = &parsed.specification {
        found.extend(many_targets(parsed, customization.targets.len()));
        found.extend(local_artifacts(&customization.artifacts));
        found.extend(package_requests(&customization.packages));
    }
    found.sort_by_key(|error| error.place);
    found
}

/// The keys that need a single target.
const OF_ONE_TARGET: [&str; 3] = ["accounts", "entrypoint", "cmd"];

fn many_targets(parsed: &Parsed, targets: usize) -> impl Iterator<Item = HostedError> {
    let keys =
        parsed.keys.iter().filter(move |key| targets > 1 && OF_ONE_TARGET.contains(&key.path.as_str()));
    keys.map(move |key| HostedError {
        place: key.place,
        reason: HostedReason::ManyTargets { key: key.path.clone(), targets },
    })
}

fn local_artifacts(artifacts: &[Artifact]) -> impl Iterator<Item = HostedError> {
    let local = artifacts.iter().filter(|artifact| !matches!(artifact.source.value, Locator::Registry(_)));
    local.map(|artifact| HostedError { place: artifact.source.place, reason: HostedReason::LocalArtifact })
}

fn package_requests(packages: &Packages) -> impl Iterator<Item = HostedError> {
    packages.install.iter().filter_map(|request| {
        let reason = match request.value {
            PackageRequest::KeepOut { .. } => HostedReason::PackageKeptOut,
            PackageRequest::Install { version: Some(_), .. } => HostedReason::PackageVersion,
            PackageRequest::Install { version: None, .. } => return None,
        };
        Some(HostedError { place: request.place, reason })
    })
}
