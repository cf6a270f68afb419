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
    let Package { name: package, architecture, .. } = &unpacked.package;
    let Some(rest) = name.strip_prefix(&**package) else { return false };
    if kind == DatabaseKind::StatusDirectory {
        return rest.is_empty() || rest.strip_prefix('.') == Some(md5sums::MEMBER);
    }
    let (qualifier, member) = rest.split_once('.').unwrap_or((rest, ""));
    let is_any = architecture == Family::Deb.any_architecture();
    let is_own = match qualifier.strip_prefix(':') {
        Some(other) => is_any || other == architecture,
        None => qualifier.is_empty(),
    };
    // `libpython3.13.list` is not of `libpython3`.
    is_own && !member.is_empty() && !member.contains('.')
}

/// What names of the package's files in `info` begin with.
fn stem(package: &Package) -> String {
    match package.multi_arch {
        MultiArch::Same => format!("{}:{}", package.name, package.architecture),
        _ => package.name.clone(),
    }
}

/// Every path of the package, as it is there, in its order.
fn list(unpacked: &Unpacked) -> Vec<u8> {
    let items = &unpacked.index.items;
    let paths = items.ordinals().map(|ordinal| items.path(ordinal)).filter(|path| !path.is_root());
    let mut list = b"/.\n".to_vec();
    for path in paths {
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
