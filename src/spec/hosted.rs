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
            PackageRequest::Install { version: None, from: None, .. } => return None,
            PackageRequest::Install { .. } => HostedReason::PackageVersion,
        };
        Some(HostedError { place: request.place, reason })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::minimal::{of, parsed};
    use crate::spec::parse;

    fn refused(parsed: &Parsed) -> Vec<String> {
        let found = check(parsed);
        assert!(found.iter().all(|error| error.code() == Code::SpecHosted));
        found.iter().map(|error| format!("{}: {error}", error.place.line)).collect()
    }

    #[test]
    fn what_the_hosted_service_knows_is_not_refused() {
        let more = "contents: {packages: [git], artifacts: [{name: a/b, includes: [c]}]}\n\
                    accounts: {runs-as: x}\nentrypoint: [a]\npaths: [{path: /a, contents: b}]";
        assert_eq!(refused(&parsed(more)), [""; 0]);
    }

    #[test]
    fn our_keys_and_values_are_refused_where_they_stand() {
        let more = "tag-suffix: x\n\
                    contents:\n  packages: ['!mawk', git=1]\n  upgrade: false\n  artifacts:\n  \
                    - {name: oci:x, includes: [a], uid: 0}\nscripts: [{path: /a, contents: b}]";
        assert_eq!(
            refused(&parsed(more)),
            [
                "4: the hosted service does not know `tag-suffix`",
                "6: the hosted service cannot keep packages out",
                "6: the hosted service takes packages without a version alone",
                "7: the hosted service does not know `contents.upgrade`",
                "9: the hosted service takes artifacts from registries alone",
                "9: the hosted service does not know `contents.artifacts[].uid`",
                "10: the hosted service does not know `scripts`",
            ]
        );
    }

    #[test]
    fn several_targets_share_no_accounts_and_commands() {
        let text = "name: x\nplatforms: [linux/amd64]\ntargets:\n- {destination: a/b, tag_definition_id: a/b-1/c}\n\
                    - {destination: a/c, tag_definition_id: a/b-1/c}\naccounts: {}\ncmd: [x]\nentrypoint: [y]";
        let found = refused(&parse(&of(text)).unwrap());
        assert_eq!(found.len(), 3, "{found:#?}");
        assert_eq!(found[0], "6: the hosted service takes `accounts` with one target alone, and there are 2");
    }
}
