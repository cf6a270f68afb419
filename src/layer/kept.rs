//! Small files whose bytes a layer index keeps, because later stages want them without reading the layer.

use crate::rootfs::RootPath;

/// Whether the file at `path` is one of those: accounts, release, package databases, repositories, keys, library paths, and
/// what packages' scripts would have read.
pub(super) fn is_kept(path: &RootPath) -> bool {
    let bytes = path.as_bytes();
    let below = |dir: &&[u8]| bytes.strip_prefix(*dir).and_then(|below| below.strip_prefix(b"/"));
    let is_right_in = |(dir, ending): &(&[u8], &[u8])| {
        below(dir).is_some_and(|name| !name.contains(&b'/') && name.ends_with(ending))
    };
    let is_below = |(dir, ending): &(&[u8], &[u8])| below(dir).is_some_and(|name| name.ends_with(ending));
    FILES.contains(&bytes) || DIRECTORIES.iter().any(is_right_in) || TREES.iter().any(is_below)
}

const FILES: &[&[u8]] = &[
    b"etc/passwd",
    b"etc/group",
    b"etc/shadow",
    b"etc/gshadow",
    b"etc/os-release",
    b"usr/lib/os-release",
    b"var/lib/dpkg/status",
    b"var/lib/dpkg/diversions",
    b"var/lib/dpkg/statoverride",
    b"var/lib/dpkg/arch",
    b"lib/apk/db/installed",
    b"lib/apk/db/scripts.tar",
    b"lib/apk/db/scripts.tar.gz",
    b"lib/apk/db/triggers",
    b"usr/lib/apk/db/installed",
    b"usr/lib/apk/db/scripts.tar",
    b"usr/lib/apk/db/scripts.tar.gz",
    b"usr/lib/apk/db/triggers",
    b"etc/apk/world",
    b"etc/apk/arch",
    b"etc/apk/repositories",
    b"etc/apt/sources.list",
    b"etc/apt/trusted.gpg",
    b"etc/ld.so.conf",
    b"etc/ca-certificates.conf",
    b"etc/ssl/cert.pem",
    b"etc/ssl/ca-bundle.pem",
    b"etc/ssl/certs/ca-certificates.crt",
    b"etc/pki/tls/certs/ca-bundle.crt",
    b"etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    b"var/lib/ca-certificates/ca-bundle.pem",
    b"usr/share/libc-bin/nsswitch.conf",
    b"usr/share/openssh/sshd_config",
];

/// Directories, and how the names of files right in them end.
const DIRECTORIES: &[(&[u8], &[u8])] = &[
    (b"var/lib/dpkg/status.d", b""),
    (b"var/lib/dpkg/info", b".list"),
    (b"var/lib/dpkg/triggers", b""),
    (b"var/lib/dpkg/alternatives", b""),
    (b"etc/apk/keys", b""),
    (b"lib/apk/keys", b""),
    (b"usr/lib/apk/keys", b""),
    (b"etc/apk/repositories.d", b".list"),
    (b"lib/apk/repositories.d", b".list"),
    (b"usr/lib/apk/repositories.d", b".list"),
    (b"etc/apt/sources.list.d", b""),
    (b"etc/apt/trusted.gpg.d", b""),
    (b"etc/apt/keyrings", b""),
    (b"usr/share/keyrings", b""),
    (b"etc/ld.so.conf.d", b""),
    (b"etc/busybox-paths.d", b""),
    (b"usr/share/base-passwd", b".master"),
    (b"usr/lib/sysusers.d", b".conf"),
    (b"usr/lib/tmpfiles.d", b".conf"),
];

/// Directories, and how the names of files anywhere below them end.
const TREES: &[(&[u8], &[u8])] = &[
    (b"opt/docker/config", b""),
    (b"usr/share/apk/keys", b""),
    (b"usr/share/ca-certificates", b".crt"),
    (b"usr/local/share/ca-certificates", b".crt"),
    // Defaults that scripts copy.
    (b"usr/share", b".conf"),
    (b"usr/share", b".conf.default"),
    (b"usr/share", b".cnf"),
    (b"usr/share", b"/inputrc"),
    (b"usr/share/nginx/html", b".html"),
    (b"usr/share/tomcat10/etc", b""),
    (b"usr/share/tomcat10/skel", b""),
    (b"usr/lib/php", b"/php.ini-production"),
    (b"usr/lib/php", b"/php.ini-production.cli"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listed_files_those_right_in_listed_directories_and_those_below_listed_trees_are_kept() {
        for (text, kept) in [
            ("etc/passwd", true),
            ("etc/passwd-", false),
            ("usr/etc/passwd", false),
            ("var/lib/dpkg/info/libc6:amd64.list", true),
            ("var/lib/dpkg/info/libc6:amd64.md5sums", false),
            ("var/lib/dpkg/info", false),
            ("var/lib/dpkg/status.d/base", true),
            ("var/lib/dpkg/triggers/ldconfig", true),
            ("var/lib/dpkg/status.d/a/b", false),
            ("var/lib/dpkg/status.data", false),
            ("opt/docker/config/x.json", true),
            ("opt/docker/config/a/b/x.yaml", true),
            ("opt/docker/configs/x.yaml", false),
            ("usr/share/ca-certificates/mozilla/A.crt", true),
            ("usr/share/ca-certificates/mozilla/A.pem", false),
            ("usr/lib/php/8.4/php.ini-production.cli", true),
            ("usr/lib/php/8.4/php.ini-development", false),
            ("usr/share/base-passwd/passwd.master", true),
        ] {
            assert_eq!(is_kept(&RootPath::parse(text).unwrap()), kept, "{text}");
        }
    }
}
