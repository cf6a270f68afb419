//! Small files whose bytes a layer index keeps, because later stages want them without reading the layer.

use crate::rootfs::RootPath;

/// Whether the file at `path` is one of those: accounts, release, package databases, repositories, keys, library paths.
pub(super) fn is_kept(path: &RootPath) -> bool {
    let bytes = path.as_bytes();
    FILES.contains(&bytes)
        || DIRECTORIES.iter().any(|(dir, ending)| {
            bytes
                .strip_prefix(*dir)
                .and_then(|below| below.strip_prefix(b"/"))
                .is_some_and(|name| !name.contains(&b'/') && name.ends_with(ending))
        })
}

const FILES: &[&[u8]] = &[
    b"etc/passwd",
    b"etc/group",
    b"etc/shadow",
    b"etc/gshadow",
    b"etc/os-release",
    b"usr/lib/os-release",
    b"var/lib/dpkg/status",
    b"lib/apk/db/installed",
    b"usr/lib/apk/db/installed",
    b"etc/apk/world",
    b"etc/apk/repositories",
    b"etc/apt/sources.list",
    b"etc/ld.so.conf",
];

/// Directories, and how the names of files in them end.
const DIRECTORIES: &[(&[u8], &[u8])] = &[
    (b"var/lib/dpkg/status.d", b""),
    (b"var/lib/dpkg/info", b".list"),
    (b"etc/apk/keys", b""),
    (b"etc/apt/sources.list.d", b""),
    (b"usr/share/keyrings", b""),
    (b"etc/ld.so.conf.d", b""),
    (b"opt/docker/config", b""),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listed_files_and_files_right_in_listed_directories_are_kept() {
        for (text, kept) in [
            ("etc/passwd", true),
            ("etc/passwd-", false),
            ("usr/etc/passwd", false),
            ("var/lib/dpkg/info/libc6:amd64.list", true),
            ("var/lib/dpkg/info/libc6:amd64.md5sums", false),
            ("var/lib/dpkg/info", false),
            ("var/lib/dpkg/status.d/base", true),
            ("var/lib/dpkg/status.d/a/b", false),
            ("var/lib/dpkg/status.data", false),
            ("opt/docker/config/x.json", true),
        ] {
            assert_eq!(is_kept(&RootPath::parse(text).unwrap()), kept, "{text}");
        }
    }
}
