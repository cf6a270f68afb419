//! Packages read: every hop from an index to their data verified.

use std::collections::HashSet;
use std::io::{Read, Take};
use std::sync::Arc;

use sha1::{Digest as _, Sha1};
use sha2::Sha256;

use super::checksum::written;
use super::container::{Container, Member};
use super::control::Control;
use super::data::Data;
use super::signature::Signatures;
use super::{ApkError, FormatError, PromiseError};
use crate::layer::{ItemKind, LayerIndex, Reading, Trust, read_tar};
use crate::oci::Digest;
use crate::package::facts::Facts;
use crate::package::signature::SignatureError;
use crate::package::{Family, Identity, Keyring, Package, PackageFile, Unpacked};
use crate::rootfs::RootPath;

/// What a package has to show besides being the one that its index promises.
#[derive(Clone, Copy, Debug)]
pub struct Proof<'a> {
    /// The keys of whose signatures a package's own has to be right.
    pub keyring: &'a Keyring,
    /// Whether it has to have one.
    pub is_required: bool,
}

/// Reads a package that an index promises under the name and version of `asked`, to its end.
///
/// Verified are its size, its control section's digest, its own signature where its key is known, its data's digest, and all
/// rules for tars of artifacts; devices are refused. What the root's dotfiles are is not known here: see [`is_dropped`].
pub fn unpack(
    file: impl Read + Send,
    asked: &Package,
    expected: &PackageFile,
    proof: &Proof<'_>,
    how: &Reading<'_>,
) -> Result<Unpacked, ApkError> {
    let (control, mut data) = begin(file, expected, Some(proof), how)?;
    let named = |package: &Package| format!("{}-{}", package.name, package.version);
    if (&asked.name, &asked.version) != (&control.package.name, &control.package.version) {
        let (expected, found) = (named(asked), named(&control.package));
        return Err(PromiseError::Name { expected, found }.into());
    }
    let mut facts = Facts::<Sha1>::default();
    let index = read_data(&mut data, control.data_hash, how, &mut facts)?;
    check(&index)?;
    let (sums, owners) = facts.finish(&index.items);
    Ok(Unpacked {
        family: Family::Apk,
        package: control.package,
        fields: control.fields,
        members: control.scripts,
        index: Arc::new(index),
        sums,
        owners,
    })
}

/// The data tar of a package that was unpacked before, decoded: whoever reads it to its end has verified the package again, but
/// for its own signature.
pub fn open_data<R: Read + Send>(
    file: R,
    expected: &PackageFile,
    how: &Reading<'_>,
) -> Result<impl Read + Send + use<R>, ApkError> {
    begin(file, expected, None, how).map(|(_, data)| data)
}

/// Whether an entry is not installed: dotfiles at the root, and what is below them, are a package's own.
pub fn is_dropped(path: &RootPath) -> bool {
    path.as_bytes().starts_with(b".")
}

/// Reads a package up to its data. Nothing is parsed but signatures before it is known to be what was promised.
fn begin<R: Read>(
    file: R,
    expected: &PackageFile,
    proof: Option<&Proof<'_>>,
    how: &Reading<'_>,
) -> Result<(Control, Data<Take<R>>), ApkError> {
    let unreadable = |error| unreadable(expected, error);
    let mut container = Container::open(file.take(expected.size.saturating_add(1))).map_err(unreadable)?;
    let limit = how.limits.control_bytes;
    let mut next = |section| {
        let missing = || FormatError::Missing(section).into();
        container.member(section, limit).and_then(|member| member.ok_or_else(missing)).map_err(unreadable)
    };
    let mut control = next("signature")?;
    let mut signatures = Signatures::default();
    let mut identity = identify(&control, expected);
    if identity.is_err()
        && let Some(found) = signatures_in(&control, how)?
    {
        signatures = found;
        control = next("control section")?;
        identity = identify(&control, expected);
    }
    if let Err(error) = identity {
        let found = container.drain().map_err(ApkError::of_io)?;
        let size = PromiseError::Size { expected: expected.size, found };
        return Err(if found == expected.size { error } else { size }.into());
    }
    if let Some(proof) = proof {
        proof.hold(&signatures, &control)?;
    }
    let control = Control::parse(&control, how)?;
    let data = container.data(expected.size, control.data_hash);
    Ok((control, data))
}

/// The signatures in a member that is not the control section that was promised; nothing where it holds none.
fn signatures_in(member: &Member, how: &Reading<'_>) -> Result<Option<Signatures>, ApkError> {
    match Signatures::parse(member, how) {
        Err(ApkError::Entry(error)) if error.kind.is_in_content() => Ok(None),
        Err(ApkError::Format(_)) => Ok(None),
        result => result,
    }
}

/// What is wrong before the control section was found: no digest of one can be right.
fn unreadable(expected: &PackageFile, error: ApkError) -> ApkError {
    match error {
        ApkError::Format(problem) if problem != FormatError::Version3 => {
            PromiseError::Unreadable { expected: written(&expected.identity), problem }.into()
        }
        error => error,
    }
}

/// Holds a control section against what an index knows it by.
fn identify(control: &Member, expected: &PackageFile) -> Result<(), PromiseError> {
    let found = match expected.identity {
        Identity::ControlSha1(_) => Identity::ControlSha1(Sha1::digest(&control.stored).into()),
        _ => Identity::ControlSha256(Sha256::digest(&control.stored).into()),
    };
    if found == expected.identity {
        return Ok(());
    }
    Err(PromiseError::Identity { expected: written(&expected.identity), found: written(&found) })
}

impl Proof<'_> {
    /// Holds a package's own signatures, which are of the compressed control section, against the keys.
    fn hold(&self, signatures: &Signatures, control: &Member) -> Result<(), SignatureError> {
        match signatures.verify(&control.stored, self.keyring) {
            Err(error) if self.is_required || signatures.name_known(self.keyring) => Err(error),
            _ => Ok(()),
        }
    }
}

fn read_data<R: Read + Send>(
    data: &mut Data<R>,
    name: [u8; 32],
    how: &Reading<'_>,
    facts: &mut Facts<Sha1>,
) -> Result<LayerIndex, ApkError> {
    let how = Reading { trust: Trust::Artifact, allow_devices: false, ..*how };
    read_tar(Box::new(&mut *data), Digest::Sha256(name), &how, facts).map_err(|error| {
        if let Some(failure) = data.failure() {
            return ApkError::Data(failure.clone());
        }
        match error.kind.is_in_content().then(|| data.keeps_promise()) {
            Some(Err(broken)) => broken,
            _ => error.into(),
        }
    })
}

/// Holds entries against the rules for packages that those for artifacts do not have.
fn check(index: &LayerIndex) -> Result<(), FormatError> {
    let mut directories = HashSet::from([RootPath::root()]);
    for item in index.items.iter() {
        let entry = match item.kind {
            ItemKind::Entry(entry) => entry,
            ItemKind::Whiteout(path) | ItemKind::Opaque(path) => return Err(FormatError::Whiteout(path)),
        };
        let path = entry.path;
        if is_dropped(&path) {
            continue;
        }
        if path.as_bytes().iter().any(u8::is_ascii_control) {
            return Err(FormatError::Name(path));
        }
        if path.parent().is_some_and(|parent| !directories.contains(&parent)) {
            return Err(FormatError::Parent(path));
        }
        let top = path.components().next().unwrap_or_default();
        if !entry.kind.is_directory() && KERNEL.contains(&top) {
            return Err(FormatError::Place(path));
        }
        if entry.kind.is_directory() {
            directories.insert(path);
        }
    }
    Ok(())
}

/// Directories whose content is the kernel's.
const KERNEL: &[&[u8]] = &[b"dev", b"proc", b"sys"];

#[cfg(test)]
mod tests;
