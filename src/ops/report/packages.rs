//! The packages that an image got.

use schemars::JsonSchema;
use serde::Serialize;

use super::warnings::Warnings;
use crate::assemble::AddedPackages;
use crate::package::{Note, Request, Why};
use crate::plan::{ImagePlan, PackagesPlan};
use crate::provision::Provided;

/// The packages that an image got.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PackagesReport {
    /// Their kind: `apk` or `deb`.
    pub family: String,
    /// The database that they are entered in.
    pub database: String,
    /// The repositories that they were chosen from.
    pub repositories: Vec<RepositoryReport>,
    /// The packages, by name.
    pub added: Vec<PackageReport>,
    /// Files that scripts of packages would have made.
    pub generated: Vec<GeneratedReport>,
}

/// A repository of packages.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RepositoryReport {
    /// What it is called.
    pub name: String,
    /// Who has signed it: fingerprints of keys, or names of their files.
    pub signed_by: Vec<String>,
    /// When it was made, where it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// The digest of what was signed.
    pub digest: String,
}

/// A package.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PackageReport {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its architecture as its kind spells it.
    pub architecture: String,
    /// The source that it was built from.
    pub source: String,
    /// The version of that source.
    pub source_version: String,
    /// The name of the repository that it comes from.
    pub repository: String,
    /// Where its file is below the repository.
    pub location: String,
    /// The digest of its file.
    pub digest: String,
    /// Bytes of its file.
    pub size: u64,
    /// The version of the base that it takes the place of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    /// Why it is there, such as `requested` or `required by git: libc6 (>= 2.38)`.
    pub why: String,
}

/// A file that scripts would have made.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GeneratedReport {
    /// Where.
    pub path: String,
    /// What for.
    pub reason: String,
}

/// The report of the packages of a platform, and what is probably not meant so.
pub(super) fn report(
    plan: &ImagePlan,
    added: &AddedPackages,
    platform: &str,
    warnings: &mut Warnings,
) -> PackagesReport {
    let provision = &added.provision;
    for finding in provision.sources.findings() {
        warnings.add(platform, finding.code(), finding.to_string(), finding.hint().map(str::to_owned));
    }
    for note in &provision.notes {
        let (code, message) = note_words(note);
        warnings.add(platform, code, message, None);
    }
    for fragment in &provision.fragments {
        if let Err(problem) = &fragment.config {
            let message = format!(
                "`{}`: `{}` is no config that is understood: {problem}",
                fragment.package, fragment.path
            );
            warnings.add(platform, "W_PKG_CONFIG", message, None);
        }
    }
    for note in &added.notes {
        warnings.add(platform, note.code(), note.to_string(), None);
    }
    let repositories = provision.sources.repositories().map(|one| RepositoryReport {
        name: one.name.clone(),
        signed_by: one.signed_by.clone(),
        date: one.date.map(|date| date.to_string()),
        digest: one.digest.to_string(),
    });
    let generated = added
        .generated
        .iter()
        .map(|(path, reason)| GeneratedReport { path: path.to_string(), reason: reason.words().to_owned() });
    PackagesReport {
        family: provision.family().to_string(),
        database: provision.database().path.to_string(),
        repositories: repositories.collect(),
        added: provision.packages.iter().map(|one| package(one, &plan.packages)).collect(),
        generated: generated.collect(),
    }
}

fn package(one: &Provided, plan: &PackagesPlan) -> PackageReport {
    let package = &one.choice.package;
    PackageReport {
        name: package.name.clone(),
        version: package.version.clone(),
        architecture: package.architecture.clone(),
        source: package.source.name.clone(),
        source_version: package.source.version.clone(),
        repository: one.repository.clone(),
        location: package.file.as_ref().map(|file| file.location.clone()).unwrap_or_default(),
        digest: one.digest().to_string(),
        size: one.size(),
        replaces: one.choice.replaces.clone(),
        why: why(&one.choice.why, plan),
    }
}

fn why(why: &Why, plan: &PackagesPlan) -> String {
    match why {
        Why::Requested(number) => match plan.requests.get(*number) {
            Some(Request::Install { atom, .. }) => format!("requested: {}", atom.name),
            _ => "requested".to_owned(),
        },
        Why::Required { by, atom } => format!("required by {by}: {atom}"),
        Why::Completes(others) => format!("completes {}", others.join(", ")),
        Why::Upgrade => "upgrade".to_owned(),
    }
}

/// The code and the words of a note.
fn note_words(note: &Note) -> (&'static str, String) {
    match note {
        Note::Alternative { package, group, by } => {
            ("W_PKG_ALTERNATIVE", format!("`{package}` needs `{group}`, which `{by}` meets"))
        }
        Note::KeptOut { package, name } => {
            ("W_PKG_KEPT_OUT", format!("`{package}` needs `{name}`, which is kept out"))
        }
        Note::Assumed { package, name } => {
            ("W_PKG_ASSUMED", format!("`{package}` needs `{name}`, which is assumed to be there"))
        }
        Note::Skew { source, packages } => {
            let list: Vec<String> =
                packages.iter().map(|(name, version)| format!("{name} {version}")).collect();
            ("W_PKG_SKEW", format!("packages of the source `{source}` differ: {}", list.join(", ")))
        }
    }
}
