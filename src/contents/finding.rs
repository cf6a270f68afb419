//! What people want to know of a layer's contents.

use crate::rootfs::{Kind, RootPath};

/// Something noteworthy about a path of a layer of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It takes the place of something below.
    Overwrites(Overwrite),
    /// A directory that exists below gets other attributes.
    Directory {
        /// The directory.
        path: RootPath,
    },
    /// It runs as its owner or group, or has capabilities.
    Privileged {
        /// The file.
        path: RootPath,
        /// What gives it privileges.
        by: &'static str,
    },
    /// Configuration of a package that the base has already stays as the base has it.
    KeepsConfig {
        /// The file.
        path: RootPath,
        /// The package.
        package: String,
    },
    /// It deletes what a layer of ours brings.
    DeletesOurs {
        /// What is deleted.
        path: RootPath,
        /// The layer of the stack that brings it.
        layer: u32,
    },
    /// It deletes a file of an installed package.
    DeletesPackaged {
        /// What is deleted.
        path: RootPath,
        /// The package.
        package: String,
    },
}

/// Something that takes the place of something below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overwrite {
    /// The physical place.
    pub path: RootPath,
    /// The path in the source, where it is another: what an exclude would have to name.
    pub source: RootPath,
    /// What was there.
    pub was: &'static str,
    /// What is there now.
    pub is: &'static str,
    /// The layer of the stack that had brought it.
    pub layer: u32,
    /// Whether content and attributes stay the same.
    pub same: bool,
}

/// Files that break an image when they do not fit the rest of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// The database of installed packages.
    PackageDatabase,
    /// Users and groups.
    Accounts,
    /// The description of the distribution.
    OsRelease,
    /// The C library and its loader.
    CLibrary,
}

impl Named {
    /// What a path is, where it is one of them.
    pub fn of(path: &RootPath) -> Option<Self> {
        let bytes = path.as_bytes();
        let below = |dirs: &[&[u8]]| dirs.iter().any(|dir| bytes.starts_with(dir));
        let name = path.name();
        let in_lib = below(&[b"lib/", b"usr/lib/", b"lib64/", b"usr/lib64/"]);
        let loader = name.starts_with(b"ld-linux") || name.starts_with(b"ld-musl-") || name == b"ld.so.1";
        let library = name == b"libc.so.6" || name.starts_with(b"libc.musl-") || name.starts_with(b"libc-2.");
        match bytes {
            b"etc/passwd" | b"etc/group" | b"etc/shadow" | b"etc/gshadow" => Some(Self::Accounts),
            b"etc/os-release" | b"usr/lib/os-release" => Some(Self::OsRelease),
            _ if below(&[b"var/lib/dpkg/", b"lib/apk/db/", b"usr/lib/apk/db/", b"var/lib/rpm/"]) => {
                Some(Self::PackageDatabase)
            }
            _ if in_lib && (loader || library) => Some(Self::CLibrary),
            _ => None,
        }
    }

    /// The name for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::PackageDatabase => "package database",
            Self::Accounts => "accounts",
            Self::OsRelease => "os-release",
            Self::CLibrary => "C library",
        }
    }
}

/// What gives a file privileges, where something does.
pub(super) fn privilege(kind: &Kind, attributes: &crate::rootfs::Attributes) -> Option<&'static str> {
    if !matches!(kind, Kind::File(_)) {
        return None;
    }
    if attributes.xattrs.iter().any(|(name, _)| name == b"security.capability") {
        return Some("security.capability");
    }
    match attributes.mode.bits() & 0o6000 {
        0 => None,
        0o2000 => Some("setgid"),
        _ => Some("setuid"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_break_images_have_names() {
        for (path, named) in [
            ("var/lib/dpkg/status", Some(Named::PackageDatabase)),
            ("lib/apk/db/installed", Some(Named::PackageDatabase)),
            ("etc/group", Some(Named::Accounts)),
            ("usr/lib/os-release", Some(Named::OsRelease)),
            ("usr/lib/x86_64-linux-gnu/libc.so.6", Some(Named::CLibrary)),
            ("lib/ld-musl-x86_64.so.1", Some(Named::CLibrary)),
            ("usr/lib64/ld-linux-x86-64.so.2", Some(Named::CLibrary)),
            ("opt/libc.so.6", None),
            ("usr/lib/libcurl.so.4", None),
        ] {
            assert_eq!(Named::of(&RootPath::parse(path).unwrap()), named, "{path}");
        }
    }
}
