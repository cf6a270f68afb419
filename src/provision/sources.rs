//! Where packages come from: as the customization says, else as the base is configured.

use super::error::ProvisionError;
use super::keys;
use crate::contents::View;
use crate::package::{Family, SignedBy, Source, apk, deb};
use crate::plan::PackagesPlan;
use crate::rootfs::RootPath;
use crate::spec::{At, PackageSource};

/// The family of the sources that a customization names; nothing where it names none.
pub(super) fn family(plan: &PackagesPlan) -> Option<Family> {
    plan.repositories.first().map(|source| family_of(&source.value))
}

fn family_of(source: &PackageSource) -> Family {
    match source {
        PackageSource::Url(_) => Family::Apk,
        PackageSource::Line(_) => Family::Deb,
    }
}

/// The sources that a customization names.
pub(super) fn given(plan: &PackagesPlan, family: Family) -> Result<Vec<Source>, ProvisionError> {
    let mut sources = Vec::new();
    for source in &plan.repositories {
        sources.extend(one(source, family)?);
    }
    Ok(sources)
}

/// All keys that there are have to do with a source, whatever files of keys it names.
pub(super) fn trust_all(source: &mut Source) {
    if let Source::Deb { signed_by, .. } = source {
        signed_by.clear();
    }
}

fn one(source: &At<PackageSource>, family: Family) -> Result<Vec<Source>, ProvisionError> {
    let (PackageSource::Url(text) | PackageSource::Line(text)) = &source.value;
    let place = Some(source.place);
    if family_of(&source.value) != family {
        return Err(ProvisionError::OtherFamily { found: text.clone(), family, place });
    }
    let wrong = |problem: String| ProvisionError::Source { subject: format!("`{text}`"), problem, place };
    match family {
        Family::Apk => {
            let url = text.trim_end_matches('/').to_owned();
            Ok(vec![Source::Apk { url, tag: None, index: None }])
        }
        Family::Deb => {
            let read = deb::sources::read("sources.list", text.as_bytes());
            read.map_err(|error| wrong(error.problem.to_string()))
        }
    }
}

/// The sources that a base is configured with.
pub(super) fn of_base(
    base: &View,
    family: Family,
    architecture: &str,
) -> Result<Vec<Source>, ProvisionError> {
    let wrong = |subject: String, problem: String| ProvisionError::Source { subject, problem, place: None };
    let files = base.kept_files().map(|(path, bytes)| (path, &bytes[..]));
    match family {
        Family::Apk => {
            let configured = apk::repositories(files, architecture);
            configured.map_err(|error| wrong("the base".to_owned(), error.to_string()))
        }
        Family::Deb => {
            let mut sources = Vec::new();
            for (path, bytes) in files.filter(|(path, _)| is_of_apt(path)) {
                let name = String::from_utf8_lossy(path.name());
                let read = deb::sources::read(&name, bytes);
                sources
                    .extend(read.map_err(|error| wrong(format!("`{path}` of the base"), error.to_string()))?);
            }
            let trusted = keys::trusted(base);
            sources.iter_mut().for_each(|source| trust(source, &trusted));
            Ok(sources)
        }
    }
}

/// Whether a file says where apt gets packages from.
fn is_of_apt(path: &RootPath) -> bool {
    let is_in = path.parent().is_some_and(|dir| dir.as_bytes() == b"etc/apt/sources.list.d");
    is_in || path.as_bytes() == b"etc/apt/sources.list"
}

/// Sources that name no keys are signed by those that apt trusts with everything, and by none else.
fn trust(source: &mut Source, trusted: &[String]) {
    if let Source::Deb { signed_by, .. } = source
        && signed_by.is_empty()
    {
        // Without any the directory stands for them, which is no key: an empty list would mean all keys of the base.
        let files = if trusted.is_empty() { &[format!("/{}", keys::TRUSTED)][..] } else { trusted };
        *signed_by = files.iter().map(|file| SignedBy::File(file.into())).collect();
    }
}

/// A path that is one.
pub(super) fn path(text: &str) -> RootPath {
    RootPath::parse(text).expect("the names of files of a distribution are paths")
}
