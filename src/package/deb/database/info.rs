//! The files that dpkg keeps of each package beside its stanza.

use super::entry::CONFFILES;
use super::{DatabaseFile, DatabaseKind};
use crate::package::deb::{md5sums, stanza};
use crate::package::{Family, Fields, MultiArch, Package, Unpacked};
use crate::rootfs::Mode;

/// What dpkg, or a package's own postinst, runs.
const SCRIPTS: [&str; 5] = ["preinst", "postinst", "prerm", "postrm", "config"];

/// The files in `info`: the list of its files, their sums, and the members of its control section.
pub(super) fn files(unpacked: &Unpacked) -> Vec<DatabaseFile> {
    let stem = stem(&unpacked.package);
    let file = |kind: &str, bytes: Vec<u8>| DatabaseFile::new(&format!("info/{stem}.{kind}"), bytes);
    let mut files = vec![file("list", list(unpacked)), file(md5sums::MEMBER, sums(unpacked))];
    for (name, bytes) in &unpacked.members {
        if name == md5sums::MEMBER || (name == CONFFILES && bytes.is_empty()) {
            continue;
        }
        let mode = Mode::new(if SCRIPTS.contains(&&**name) { 0o755 } else { 0o644 });
        files.push(DatabaseFile { mode, ..file(name, bytes.to_vec()) });
    }
    files
}

/// The files in `status.d`: the control file, without the Status that only a `status` has, and the sums.
pub(super) fn of_directory(unpacked: &Unpacked) -> [DatabaseFile; 2] {
    let name = &unpacked.package.name;
    let fields = unpacked.fields.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("Status"));
    let fields = Fields::new(fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect());
    [
        DatabaseFile::new(&format!("status.d/{name}"), stanza::print(&fields).into_bytes()),
        DatabaseFile::new(&format!("status.d/{name}.{}", md5sums::MEMBER), sums(unpacked)),
    ]
}

/// Whether a file of this name tells of the package, or of another version of it.
pub(super) fn is_of(kind: DatabaseKind, name: &str, unpacked: &Unpacked) -> bool {
    let package = &unpacked.package;
    match (kind, name.rsplit_once('.')) {
        // `libpython3.13.list` is not of `libpython3`.
        (DatabaseKind::Status, Some((stem, _))) => is_stem_of(stem, package),
        (DatabaseKind::Status, None) => false,
        (DatabaseKind::StatusDirectory, Some((stem, md5sums::MEMBER))) if stem == package.name => true,
        (DatabaseKind::StatusDirectory, _) => name == package.name,
    }
}

/// Whether the database calls the package so, or another version of it.
pub(super) fn is_stem_of(stem: &str, package: &Package) -> bool {
    let is_any = package.architecture == Family::Deb.any_architecture();
    match stem.split_once(':') {
        Some((name, architecture)) => {
            name == package.name && (is_any || architecture == package.architecture)
        }
        None => stem == package.name,
    }
}

/// What names of the package's files in `info` begin with.
pub(super) fn stem(package: &Package) -> String {
    match package.multi_arch {
        MultiArch::Same => format!("{}:{}", package.name, package.architecture),
        _ => package.name.clone(),
    }
}

/// Every path of the package, as it is there, in its order, but that dpkg makes symbolic links once all else is there.
fn list(unpacked: &Unpacked) -> Vec<u8> {
    let items = &unpacked.index.items;
    let (links, others): (Vec<u32>, Vec<u32>) =
        items.ordinals().partition(|ordinal| items.inodes().target(*ordinal).is_some());
    let paths = others.into_iter().chain(links).map(|ordinal| items.path(ordinal));
    let mut list = b"/.\n".to_vec();
    for path in paths.filter(|path| !path.is_root()) {
        list.push(b'/');
        list.extend_from_slice(path.as_bytes());
        list.push(b'\n');
    }
    list
}

fn sums(unpacked: &Unpacked) -> Vec<u8> {
    match unpacked.members.get(md5sums::MEMBER) {
        Some(sums) => sums.to_vec(),
        None => md5sums::make(unpacked),
    }
}
