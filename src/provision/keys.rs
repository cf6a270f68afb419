//! The keys that must have signed packages: those of the customization, else those of the base.

use super::error::ProvisionError;
use super::wish::Provisioner;
use crate::contents::View;
use crate::package::{Family, Keyring, apk};
use crate::plan::{Key, PackagesPlan};
use crate::repositories::Work;
use crate::rootfs::RootPath;

/// The keys that a customization names.
pub(super) fn given(shop: &Provisioner<'_>, plan: &PackagesPlan) -> Result<Keyring, ProvisionError> {
    let mut keyring = Keyring::default();
    for key in &plan.keys {
        let (name, bytes) = match &key.key {
            Key::Bytes(bytes) => (&key.name, bytes.to_vec()),
            Key::Url(url) => (&key.name, fetch(shop, url, &shop.work)?),
        };
        keyring.add(name, bytes).map_err(|error| ProvisionError::Key { error, place: Some(key.place) })?;
    }
    Ok(keyring)
}

fn fetch(shop: &Provisioner<'_>, url: &str, work: &Work<'_>) -> Result<Vec<u8>, ProvisionError> {
    Ok(shop.repositories.key(url, work)?)
}

/// Where the base keeps the keys that are trusted with sources that name none (apt).
pub(super) const TRUSTED: &str = "etc/apt/trusted.gpg.d";

/// Whether a file of the base is one of keys.
fn is_key(path: &RootPath, family: Family, architecture: &str) -> bool {
    let is_in = |dir: &str| path.parent().is_some_and(|parent| parent.as_bytes() == dir.as_bytes());
    match family {
        Family::Apk => apk::is_key(path, architecture),
        Family::Deb => [TRUSTED, "etc/apt/keyrings", "usr/share/keyrings"].into_iter().any(is_in),
    }
}

/// The keys of a base, by their absolute paths; files that hold none are passed over, as the tools do.
pub(super) fn of_base(base: &View, family: Family, architecture: &str) -> Keyring {
    let mut keyring = Keyring::default();
    for (path, bytes) in base.kept_files().filter(|(path, _)| is_key(path, family, architecture)) {
        // What is no key is not trusted.
        let _ = keyring.add(&format!("/{path}"), bytes.to_vec());
    }
    keyring
}

/// The files of keys that the base trusts with sources that name none (apt).
pub(super) fn trusted(base: &View) -> Vec<String> {
    let is_trusted = |path: &RootPath| path.parent().is_some_and(|dir| dir.as_bytes() == TRUSTED.as_bytes());
    let holds_keys = |bytes: &[u8]| Keyring::default().add(TRUSTED, bytes.to_vec()).is_ok();
    let files = base.kept_files().filter(|(path, bytes)| is_trusted(path) && holds_keys(bytes));
    files.map(|(path, _)| format!("/{path}")).collect()
}
