//! Certificates of authorities: the bundle, links to each by the hash of its name, and the store of Java (packages.md 7.3).

mod der;
mod java;
mod pem;

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use super::emulated::{Gap, Note, Reason};
use super::site::{Draft, Site, There};
use crate::contents::PathLoop;
use crate::package::Family;
use crate::rootfs::RootPath;

const SHARED: &str = "usr/share/ca-certificates";
const LOCAL: &str = "usr/local/share/ca-certificates";
const CONFIGURATION: &str = "etc/ca-certificates.conf";
const CERTS: &str = "etc/ssl/certs";
const BUNDLE: &str = "etc/ssl/certs/ca-certificates.crt";
const TOOL: &str = "usr/sbin/update-ca-certificates";
/// Bundles of other names that images have; the first is every family's.
const BUNDLES: [&str; 6] = [
    BUNDLE,
    "etc/ssl/cert.pem",
    "etc/ssl/ca-bundle.pem",
    "etc/pki/tls/certs/ca-bundle.crt",
    "etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "var/lib/ca-certificates/ca-bundle.pem",
];

/// A file with a certificate.
struct Certificate {
    /// Where it is.
    path: RootPath,
    /// What the file holds.
    text: Vec<u8>,
    /// The certificate itself.
    der: Vec<u8>,
}

/// Puts certificates where programs look for them, where packages or the customization bring some.
pub(super) fn settle(site: &mut Site<'_>) -> Result<(), PathLoop> {
    let packages = site.scene.packages.iter().map(|package| package.package.name.as_str());
    let mut names: Vec<&str> = packages.collect();
    names.retain(|name| *name == "ca-certificates" || *name == "ca-certificates-java");
    if names.is_empty() && !brings_some(site)? {
        return java::miss(site);
    }
    match site.scene.family {
        Family::Apk => append(site)?,
        Family::Deb if has_sources(site)? => update(site)?,
        Family::Deb => append(site)?,
    }
    java::settle(site)
}

/// Whether there is a certificate that the base has not.
fn brings_some(site: &Site<'_>) -> Result<bool, PathLoop> {
    for dir in [SHARED, LOCAL] {
        for path in certificates_below(site, dir)? {
            let node = site.scene.view.get(&path);
            if node.is_none_or(|node| node.layer() >= site.scene.base_layers) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Whether the image has what a bundle is made of: without, it has the bundle alone.
fn has_sources(site: &Site<'_>) -> Result<bool, PathLoop> {
    Ok(!certificates_below(site, SHARED)?.is_empty() || site.leads_to(&path(TOOL))?.is_some())
}

/// The files below a directory that end in `.crt`, by their bytes.
fn certificates_below(site: &Site<'_>, dir: &str) -> Result<Vec<RootPath>, PathLoop> {
    let dir = site.destination(&path(dir))?;
    let given = site.scene.files.iter().map(|(given, _)| given).filter(|given| given.is_below(&dir)).cloned();
    let mut all = site.below(&dir)?;
    all.extend(given);
    all.retain(|path| path.name().ends_with(b".crt") && path.name() != b".crt");
    all.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
    all.dedup();
    Ok(all)
}

/// Reads the certificate of a file; notes one that holds none.
fn certificate(site: &mut Site<'_>, at: &RootPath) -> Result<Option<Certificate>, PathLoop> {
    let text = match site.bytes(at)? {
        Some(bytes) => bytes.to_vec(),
        None => return Ok(None),
    };
    let mut found = pem::certificates(&text);
    if found.is_empty() && der::subject(&text).is_some() {
        // A certificate that is no PEM goes into bundles as one.
        let der = text;
        return Ok(Some(Certificate { path: at.clone(), text: pem::print(&der), der }));
    }
    let is_one = found.first().is_some_and(|der| der::subject(der).is_some());
    if !is_one {
        let package = "ca-certificates".to_owned();
        site.notes.push(Note { package, gap: Gap::Certificate { path: at.clone() } });
        return Ok(None);
    }
    Ok(Some(Certificate { path: at.clone(), text, der: found.swap_remove(0) }))
}

/// Does what Debian's update-ca-certificates does.
fn update(site: &mut Site<'_>) -> Result<(), PathLoop> {
    let shared = site.destination(&path(SHARED))?;
    let names = certificates_below(site, SHARED)?.into_iter().filter_map(|path| {
        let below = path.as_bytes().strip_prefix(shared.as_bytes())?.strip_prefix(b"/")?;
        String::from_utf8(below.to_vec()).ok()
    });
    let names: Vec<String> = names.collect();
    let before = site.bytes(&path(CONFIGURATION))?.map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let configuration = configuration(before.as_deref(), &names);
    if before.as_ref() != Some(&configuration) {
        site.make(
            &path(CONFIGURATION),
            Draft::file(configuration.clone().into_bytes(), Reason::Certificates),
        )?;
    }
    let chosen = configuration.lines().filter(|line| names.iter().any(|name| name == line));
    let chosen = chosen.map(|name| shared.join_path(&path(name)));
    let mut all = Vec::new();
    for at in chosen.chain(certificates_below(site, LOCAL)?) {
        all.extend(certificate(site, &at)?);
    }
    let mut bundle = Vec::new();
    all.iter().for_each(|certificate| push_lines(&mut bundle, &certificate.text));
    site.make(&path(BUNDLE), Draft::file(bundle, Reason::Certificates))?;
    link(site, &all)
}

/// The list of certificates: lines that are there stay, others come behind in their order.
fn configuration(before: Option<&str>, names: &[String]) -> String {
    let mut text = before.unwrap_or_default().to_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let known: BTreeSet<&str> =
        before.unwrap_or_default().lines().map(|line| line.trim_start_matches('!')).collect();
    for name in names.iter().filter(|name| !known.contains(name.as_str())) {
        text.push_str(name);
        text.push('\n');
    }
    text
}

fn push_lines(bytes: &mut Vec<u8>, text: &[u8]) {
    bytes.extend_from_slice(text);
    if !text.ends_with(b"\n") {
        bytes.push(b'\n');
    }
}

/// Links each certificate by its name, and by the hash of its subject.
fn link(site: &mut Site<'_>, certificates: &[Certificate]) -> Result<(), PathLoop> {
    let certs = path(CERTS);
    let named: BTreeMap<String, &Certificate> =
        certificates.iter().filter_map(|one| Some((link_name(&one.path)?, one))).collect();
    // Links of the base stay, and so do their numbers.
    let mut taken: BTreeMap<String, String> = BTreeMap::new();
    for at in site.within(&certs)? {
        let target = site.scene.view.target_of(&at).and_then(|target| std::str::from_utf8(target).ok());
        if let (Some(target), Ok(name)) = (target, std::str::from_utf8(at.name())) {
            taken.insert(name.to_owned(), target.to_owned());
        }
    }
    let mut seen = BTreeSet::new();
    for (name, certificate) in &named {
        let target = [b"/", certificate.path.as_bytes()].concat();
        site.make(&certs.join(name.as_bytes()), Draft::link(target, Reason::Certificates))?;
        // The same certificate under two names has one hash link.
        if !seen.insert(<[u8; 32]>::from(Sha256::digest(&certificate.der))) {
            continue;
        }
        let Some(hash) = der::subject_hash(&certificate.der) else { continue };
        let number = (0..).map(|number: u32| format!("{hash:08x}.{number}"));
        let mut free = number.filter(|link| taken.get(link).is_none_or(|target| target == name));
        let link = free.next().expect("one of all numbers is free");
        site.make(&certs.join(link.as_bytes()), Draft::link(name.as_str(), Reason::Certificates))?;
        taken.insert(link, name.clone());
    }
    Ok(())
}

/// The name of the link to a certificate.
fn link_name(at: &RootPath) -> Option<String> {
    let name = std::str::from_utf8(at.name()).ok()?.strip_suffix(".crt")?;
    let name = name.replace([' ', ','], "_").replace(['(', ')'], "=");
    Some(name + ".pem").filter(|name| name.len() <= RootPath::COMPONENT_LIMIT)
}

/// Adds certificates of the machine's own to every bundle that is there.
fn append(site: &mut Site<'_>) -> Result<(), PathLoop> {
    let mut own = Vec::new();
    for at in certificates_below(site, LOCAL)? {
        own.extend(certificate(site, &at)?);
    }
    let mut done = BTreeSet::new();
    for name in BUNDLES {
        let at = site.destination(&path(name))?;
        let is_bundle = site.leads_to(&at)? == Some(There::File);
        let Some(before) = site.bytes(&at)?.filter(|_| is_bundle).map(<[u8]>::to_vec) else { continue };
        if !done.insert(at.clone()) {
            continue;
        }
        let known: BTreeSet<Vec<u8>> = pem::certificates(&before).into_iter().collect();
        let mut bundle = before.clone();
        if !bundle.is_empty() && !bundle.ends_with(b"\n") {
            bundle.push(b'\n');
        }
        let missing = own.iter().filter(|certificate| !known.contains(&certificate.der));
        let missing: Vec<&Certificate> = missing.collect();
        missing.iter().for_each(|certificate| push_lines(&mut bundle, &certificate.text));
        if !missing.is_empty() {
            let mode = site.mode(&at)?;
            let draft = Draft { mode, ..Draft::file(bundle, Reason::Certificates) };
            site.make(&at, draft)?;
        }
    }
    Ok(())
}

fn path(text: &str) -> RootPath {
    RootPath::parse(text).expect("names that were read from paths are some")
}

#[cfg(test)]
mod tests;
