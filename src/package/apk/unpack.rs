//! Packages read: every hop from an index to their data verified.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, Read, Take};
use std::sync::Arc;

use sha1::{Digest as _, Sha1};
use sha2::Sha256;

use super::checksum::written;
use super::container::{Container, Member};
use super::control::Control;
use super::data::Data;
use super::signature::Signatures;
use super::{ApkError, FormatError, PromiseError};
use crate::layer::{Item, ItemKind, LayerIndex, Reading, Trust, Visitor, read_tar};
use crate::oci::Digest;
use crate::package::signature::SignatureError;
use crate::package::{Family, Identity, Keyring, OwnerNames, Package, PackageFile, Sum, Unpacked};
use crate::rootfs::{Kind, RootPath};

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
    let mut facts = Facts::default();
    let index = read_data(&mut data, control.data_hash, how, &mut facts)?;
    check(&index)?;
    let Facts { mut sums, owners, .. } = facts.ended();
    link(&index, &mut sums);
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

/// Reads a package up to its data.
fn begin<R: Read>(
    file: R,
    expected: &PackageFile,
    proof: Option<&Proof<'_>>,
    how: &Reading<'_>,
) -> Result<(Control, Data<Take<R>>), ApkError> {
    let unreadable = |error| promised(expected, error);
    let mut container = Container::open(file.take(expected.size.saturating_add(1))).map_err(unreadable)?;
    let limit = how.limits.control_bytes;
    let first = container.member("signature", limit).map_err(unreadable)?;
    let first = first.ok_or(FormatError::Missing("control section"))?;
    let signatures = Signatures::parse(&first, how)?;
    let control = match &signatures {
        Some(_) => container.member("control section", limit).map_err(unreadable)?,
        None => Some(first),
    };
    let control = control.ok_or(FormatError::Missing("control section"))?;
    if let Err(error) = identify(&control, expected) {
        let found = container.drain().map_err(ApkError::of_io)?;
        let size = PromiseError::Size { expected: expected.size, found };
        return Err(if found == expected.size { error } else { size }.into());
    }
    if let Some(proof) = proof {
        proof.hold(&signatures.unwrap_or_default(), &control)?;
    }
    let control = Control::parse(&control, how)?;
    let data = container.data(expected.size, control.data_hash);
    Ok((control, data))
}

/// What is wrong before the control section was found: no digest of one can be right.
fn promised(expected: &PackageFile, error: ApkError) -> ApkError {
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
    facts: &mut Facts,
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

/// What of the data is known besides its index.
#[derive(Default)]
struct Facts {
    sums: BTreeMap<u32, Sum>,
    owners: BTreeMap<u32, OwnerNames>,
    /// The names of the owner of the item that comes next.
    names: (Vec<u8>, Vec<u8>),
    /// The file whose bytes come now.
    file: Option<(u32, Sha1)>,
}

impl Facts {
    /// Everything, once the last item was shown.
    fn ended(mut self) -> Self {
        self.end_file();
        self
    }

    fn end_file(&mut self) {
        if let Some((ordinal, hasher)) = self.file.take() {
            self.sums.insert(ordinal, Sum::Sha1(hasher.finalize().into()));
        }
    }
}

impl Visitor for Facts {
    fn owner_names(&mut self, _: u32, user: &[u8], group: &[u8]) {
        self.names = (user.to_vec(), group.to_vec());
    }

    fn item(&mut self, ordinal: u32, item: &Item) -> io::Result<bool> {
        self.end_file();
        let ItemKind::Entry(entry) = &item.kind else { return Ok(false) };
        if let Some(names) = OwnerNames::of(entry.attributes.owner, &self.names.0, &self.names.1) {
            self.owners.insert(ordinal, names);
        }
        match &entry.kind {
            Kind::File(_) => self.file = Some((ordinal, Sha1::new())),
            Kind::Symlink(target) => _ = self.sums.insert(ordinal, Sum::Sha1(Sha1::digest(target).into())),
            _ => {}
        }
        Ok(self.file.is_some())
    }

    fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some((_, hasher)) = &mut self.file {
            hasher.update(bytes);
        }
        Ok(())
    }
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

/// Gives hard links the sum of the file that they are names of.
fn link(index: &LayerIndex, sums: &mut BTreeMap<u32, Sum>) {
    let mut links = Vec::new();
    let mut named = HashMap::new();
    for (ordinal, item) in index.items.ordinals().zip(index.items.iter()) {
        let ItemKind::Entry(entry) = item.kind else { continue };
        match entry.kind {
            Kind::Hardlink(target) => links.push((ordinal, target)),
            Kind::File(_) => _ = named.insert(entry.path, ordinal),
            _ => {}
        }
    }
    for (ordinal, target) in links {
        if let Some(sum) = named.get(&target).and_then(|file| sums.get(file)).copied() {
            sums.insert(ordinal, sum);
        }
    }
}

#[cfg(test)]
mod tests;
