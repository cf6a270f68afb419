//! Java's store of authorities: what the hook of ca-certificates-java makes of the certificates in use.

use std::collections::BTreeMap;

use sha1::{Digest as _, Sha1};

use super::{CERTS, certificate, path, pem};
use crate::contents::PathLoop;
use crate::emulate::emulated::{Gap, Note, Reason};
use crate::emulate::site::{Draft, Site, resolve};
use crate::rootfs::RootPath;

const STORE: &str = "etc/ssl/certs/java/cacerts";
const PACKAGE: &str = "ca-certificates-java";
/// What everybody opens the store with: it keeps nothing secret, and says that it is whole.
const PASSWORD: &str = "changeit";
/// 1980-01-01, in milliseconds: the time of what is generated.
const CREATED: i64 = 315_532_800_000;

/// Makes the store where its package comes in, or where the base has it.
pub(super) fn settle(site: &mut Site<'_>) -> Result<(), PathLoop> {
    let comes_in = site.scene.packages.iter().any(|package| package.package.name == PACKAGE);
    if !comes_in && site.leads_to(&path(STORE))?.is_none() {
        return miss(site);
    }
    let mut certificates: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for at in site.within(&path(CERTS))? {
        let is_link = at.name().ends_with(b".pem");
        let Ok(name) = std::str::from_utf8(at.name()) else { continue };
        if is_link && let Some(found) = certificate(site, &at)? {
            certificates.insert(format!("debian:{}", name.to_lowercase()), found.der);
        }
    }
    if certificates.is_empty() {
        bundled(site, &mut certificates)?;
    }
    let store = store(&certificates);
    site.make(&path(STORE), Draft::file(store, Reason::JavaCertificates))
}

/// The certificates of the bundle, where the image has nothing else.
fn bundled(site: &Site<'_>, certificates: &mut BTreeMap<String, Vec<u8>>) -> Result<(), PathLoop> {
    let bundle = site.bytes(&path(super::BUNDLE))?.unwrap_or_default();
    for (number, der) in pem::certificates(bundle).into_iter().enumerate() {
        certificates.insert(format!("bundle:{number:04}"), der);
    }
    Ok(())
}

/// Notes packages of Java whose store is nowhere.
pub(super) fn miss(site: &mut Site<'_>) -> Result<(), PathLoop> {
    let mut missing = Vec::new();
    for package in site.scene.packages {
        let items = &package.index.items;
        let links =
            items.ordinals().filter(|ordinal| items.is_entry(*ordinal) && items.name(*ordinal) == b"cacerts");
        for ordinal in links {
            let (at, target) = (items.path(ordinal), items.inodes().target(ordinal));
            let Some(target) = target.and_then(|target| std::str::from_utf8(target).ok()) else { continue };
            let end = resolve(&at.parent().unwrap_or_else(RootPath::root), target);
            if end.map(|end| site.leads_to(&end)).transpose()?.flatten().is_none() {
                missing.push(package.package.name.clone());
            }
        }
    }
    missing.dedup();
    site.notes.extend(missing.into_iter().map(|package| Note { package, gap: Gap::JavaCertificates }));
    Ok(())
}

/// A store of the form JKS: certificates by their names, and a digest that takes the password to make.
fn store(certificates: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    const MAGIC: u32 = 0xfeed_feed;
    const VERSION: u32 = 2;
    const TRUSTED: u32 = 2;
    let fits = |(name, der): &(&String, &Vec<u8>)| name.len() < 1 << 16 && u32::try_from(der.len()).is_ok();
    let certificates: Vec<(&String, &Vec<u8>)> = certificates.iter().filter(fits).collect();
    let mut bytes = Vec::new();
    let count = u32::try_from(certificates.len()).expect("an image has fewer than 2^32 files");
    for word in [MAGIC, VERSION, count] {
        bytes.extend_from_slice(&word.to_be_bytes());
    }
    for (name, der) in certificates {
        bytes.extend_from_slice(&TRUSTED.to_be_bytes());
        text(&mut bytes, name);
        bytes.extend_from_slice(&CREATED.to_be_bytes());
        text(&mut bytes, "X.509");
        bytes.extend_from_slice(&(der.len() as u32).to_be_bytes());
        bytes.extend_from_slice(der);
    }
    let password = PASSWORD.encode_utf16().flat_map(u16::to_be_bytes);
    let digest = Sha1::new()
        .chain_update(password.collect::<Vec<u8>>())
        .chain_update(b"Mighty Aphrodite")
        .chain_update(&bytes)
        .finalize();
    bytes.extend_from_slice(&digest);
    bytes
}

/// Adds a text with its length; its characters are in the plane that Java spells as UTF-8 does, or become `?`.
fn text(bytes: &mut Vec<u8>, text: &str) {
    let text: String =
        text.chars().map(|c| if matches!(c, '\0' | '\u{10000}'..) { '?' } else { c }).collect();
    bytes.extend_from_slice(&(text.len() as u16).to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
}
