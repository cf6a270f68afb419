//! What a base says of packages: whose they are, and where its database is.

use super::error::ProvisionError;
use crate::contents::{PathLoop, View};
use crate::package::Family;
use crate::rootfs::{Kind, RootPath};

/// A package database, as it is found in a base or made where there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// Its kind.
    pub kind: DatabaseKind,
    /// Where it is, links followed: a file, or the directory of kind [`DatabaseKind::StatusD`].
    pub path: RootPath,
    /// Whether the base has it.
    pub is_there: bool,
}

/// The kinds of package databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseKind {
    /// `installed` of apk, one file.
    Apk,
    /// `status` of dpkg, one file, and `info` beside it.
    Status,
    /// `status.d`, a file for each package, as bases without dpkg have it.
    StatusD,
}

impl DatabaseKind {
    /// Whose packages it lists.
    pub fn family(self) -> Family {
        match self {
            Self::Apk => Family::Apk,
            Self::Status | Self::StatusD => Family::Deb,
        }
    }
}

const APK: [&str; 2] = ["lib/apk/db/installed", "usr/lib/apk/db/installed"];
const STATUS: &str = "var/lib/dpkg/status";
pub(super) const STATUS_D: &str = "var/lib/dpkg/status.d";

impl Database {
    /// Finds the database of a base, or says where one is to be made.
    ///
    /// Whose packages they are follows from `ID_LIKE` of os-release, then from the database that is there, then from
    /// `configured`, the kind of the repositories that are given; never from `ID`, which hardened images change.
    pub fn find(base: &View, configured: Option<Family>) -> Result<Self, ProvisionError> {
        let (apk, deb) = (apk(base)?, deb(base)?);
        let there = |one: &Self| one.is_there;
        let chosen = match (family_of_release(base)?, there(&apk), there(&deb)) {
            (Some(Family::Apk), true, _) | (Some(Family::Apk), _, false) => apk,
            (Some(Family::Deb), _, true) | (Some(Family::Deb), false, _) => deb,
            (_, true, false) => apk,
            (_, false, true) => deb,
            (None, ..) => match configured {
                Some(Family::Apk) => apk,
                Some(Family::Deb) => deb,
                None => return Err(ProvisionError::NoFamily { both: there(&apk) }),
            },
        };
        Ok(chosen)
    }
}

fn apk(base: &View) -> Result<Database, PathLoop> {
    let place = |text: &str| base.destination(&path(text));
    let (first, second) = (place(APK[0])?, place(APK[1])?);
    let chosen = [&first, &second].into_iter().find(|path| base.get(path).is_some());
    let is_there = chosen.is_some();
    Ok(Database { kind: DatabaseKind::Apk, path: chosen.unwrap_or(&first).clone(), is_there })
}

fn deb(base: &View) -> Result<Database, PathLoop> {
    let status = base.destination(&path(STATUS))?;
    if base.get(&status).is_some() {
        return Ok(Database { kind: DatabaseKind::Status, path: status, is_there: true });
    }
    let dir = base.destination(&path(STATUS_D))?;
    let is_there = base.below(&dir).next().is_some();
    Ok(Database { kind: DatabaseKind::StatusD, path: dir, is_there })
}

/// The family that the base says it is like.
fn family_of_release(base: &View) -> Result<Option<Family>, PathLoop> {
    for name in ["etc/os-release", "usr/lib/os-release"] {
        let Some(release) = text(base, &base.destination(&path(name))?) else { continue };
        let like = release.lines().find_map(|line| line.strip_prefix("ID_LIKE="));
        let names = like.map(|like| like.trim().trim_matches(['"', '\'']).to_owned()).unwrap_or_default();
        return Ok(names.split_whitespace().find_map(|name| match name {
            "alpine" | "wolfi" | "chainguard" => Some(Family::Apk),
            "debian" | "ubuntu" => Some(Family::Deb),
            _ => None,
        }));
    }
    Ok(None)
}

/// The text of a small file of the base, where it is one.
fn text(base: &View, path: &RootPath) -> Option<String> {
    base.kept(path).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

/// The bytes of a file of the base that its index keeps; none where it is not there, and an error where they are not to be had.
pub(super) fn bytes(base: &View, path: &RootPath) -> Result<Vec<u8>, ProvisionError> {
    let path = base.destination(path)?;
    match (base.get(&path).map(|node| node.kind()), base.kept(&path)) {
        (None, _) => Ok(Vec::new()),
        (Some(Kind::File(content)), _) if content.size == 0 => Ok(Vec::new()),
        (Some(Kind::File(_)), Some(bytes)) => Ok(bytes.to_vec()),
        _ => Err(ProvisionError::Unreadable { path }),
    }
}

fn path(text: &str) -> RootPath {
    RootPath::parse(text).expect("the names of databases are paths")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contents::sample::view_of_files;

    #[test]
    fn the_family_follows_what_the_base_is_like_then_its_database() {
        let like = |text: &'static str| ("etc/os-release", text);
        let (alpine, debian) = (like("ID=dhi\nID_LIKE=alpine\n"), like("ID=dhi\nID_LIKE=\"debian x\"\n"));
        let (installed, status) = (("lib/apk/db/installed", "P:a\n"), ("var/lib/dpkg/status", ""));
        for (files, configured, expected) in [
            (&[alpine, status, installed][..], None, Some((DatabaseKind::Apk, true))),
            (&[debian, installed, status], None, Some((DatabaseKind::Status, true))),
            (&[like("ID=alpine\n"), status], None, Some((DatabaseKind::Status, true))),
            (&[alpine, status], None, Some((DatabaseKind::Status, true))),
            (&[alpine], Some(Family::Deb), Some((DatabaseKind::Apk, false))),
            (&[debian], None, Some((DatabaseKind::StatusD, false))),
            (&[like("ID=debian\n")], None, None),
            (&[], Some(Family::Apk), Some((DatabaseKind::Apk, false))),
            (&[("var/lib/dpkg/status.d/base", "Package: base\n")], None, Some((DatabaseKind::StatusD, true))),
        ] {
            let found = Database::find(&view_of_files(files, &[]), configured);
            assert_eq!(found.ok().map(|one| (one.kind, one.is_there)), expected, "{files:?}");
        }
    }

    #[test]
    fn a_database_is_at_its_real_place() {
        let installed = ("usr/lib/apk/db/installed", "P:a\n");
        for (files, links) in [
            (&[installed][..], &[("lib", "usr/lib")][..]),
            (&[installed], &[]),
            (&[installed], &[("lib/apk", "../usr/lib/apk")]),
        ] {
            let found = Database::find(&view_of_files(files, links), None).unwrap();
            assert_eq!(found.path.to_string(), "usr/lib/apk/db/installed", "{links:?}");
        }
        let both = [("lib/apk/db/installed", "P:a\n"), installed];
        let found = Database::find(&view_of_files(&both, &[]), None).unwrap();
        assert_eq!(found.path.to_string(), "lib/apk/db/installed");
    }
}
