//! Commands that do nothing to an image: what they start runs nowhere, what they clean up was never there, or something
//! else here sees to it.

use crate::emulate::script::Did;

/// What comes of a command that does nothing whatever it is told.
pub(super) fn without_effect(name: &str) -> Option<Did> {
    if NOTHING.binary_search(&name).is_ok() || name.starts_with("db_") {
        return Some(Did::well());
    }
    ASKING.binary_search(&name).is_ok().then(Did::asked)
}

/// What comes of a command that does nothing with these arguments.
pub(super) fn idle(name: &str, arguments: &[&str]) -> Option<Did> {
    let has = |wanted: &[&str]| arguments.iter().any(|argument| wanted.contains(argument));
    match name {
        "." | "source" => {
            let file = arguments.first()?;
            const CLIENTS: [&str; 2] = ["/usr/share/debconf/confmodule", "/usr/share/debconf/confmodule.sh"];
            CLIENTS.contains(file).then(Did::well)
        }
        "dpkg-statoverride" if has(&["--list"]) => Some(Did::ended(false)),
        "dpkg-divert" if has(&["--list"]) => Some(Did::asked()),
        // Of names that a merged root has no more; nobody asks for them where files are laid out on it.
        "dpkg-divert" if arguments.iter().any(|argument| argument.ends_with(".usr-is-merged")) => {
            Some(Did::well())
        }
        "dpkg-divert" if has(&["--remove"]) => Some(Did::well()),
        "sed" | "perl" => {
            let in_place = |argument: &&str| argument.starts_with("-i") || argument.starts_with("--in-place");
            let in_place = arguments.iter().any(in_place) || name == "perl";
            (!in_place).then(Did::asked)
        }
        "find" => {
            const ACTING: [&str; 7] = ["-delete", "-exec", "-execdir", "-ok", "-okdir", "-fprint", "-fls"];
            (!has(&ACTING)).then(Did::asked)
        }
        name if name.starts_with("python3") || name.starts_with("pypy3") => {
            const COMPILERS: [&str; 2] = ["/py_compile.py", "/compileall.py"];
            let compiles = |argument: &&str| COMPILERS.iter().any(|compiler| argument.ends_with(compiler));
            arguments.iter().any(compiles).then(Did::well)
        }
        "mountpoint" => Some(Did::well()),
        "aa-enabled" | "aa-status" => Some(Did::ended(false)),
        "systemctl" if has(&["is-active", "is-enabled", "show", "cat"]) => Some(Did::ended(false)),
        "systemctl" => Some(Did::well()),
        "dpkg-maintscript-helper" if arguments.first() == Some(&"supports") => Some(Did::well()),
        "rm" | "rmdir" | "mv" | "cp" if has(&["--help", "--version"]) => Some(Did::asked()),
        _ => None,
    }
}

/// What a command builds a cache of.
pub(in crate::emulate) fn cache_of(name: &str) -> Option<&'static str> {
    let name = super::base_name(name);
    CACHES.iter().find(|(command, _)| *command == name).map(|(_, of)| *of)
}

/// Commands that build caches, and of what.
const CACHES: [(&str, &str); 12] = [
    ("glib-compile-schemas", "GLib schemas"),
    ("gio-querymodules", "GIO modules"),
    ("gdk-pixbuf-query-loaders", "gdk-pixbuf loaders"),
    ("gtk-query-immodules-3.0", "GTK input modules"),
    ("gtk-update-icon-cache", "icons"),
    ("update-icon-caches", "icons"),
    ("update-mime-database", "MIME types"),
    ("update-desktop-database", "desktop files"),
    ("fc-cache", "fonts"),
    ("update-gsfontmap", "fonts of Ghostscript"),
    ("depmod", "kernel modules"),
    ("helpztags", "help of vim"),
];

/// Commands that do nothing, in order.
const NOTHING: &[&str] = &[
    "apparmor_parser",
    "chcon",
    "deb-systemd-helper",
    "deb-systemd-invoke",
    "debconf-set-selections",
    "dh_installxmlcatalogs",
    "dpkg-maintscript-helper",
    "dpkg-statoverride",
    "dpkg-trigger",
    "initctl",
    "invoke-rc.d",
    "kill",
    "killall",
    "ldconfig",
    "logger",
    "mandb",
    "modprobe",
    "py3clean",
    "py3compile",
    "pyclean",
    "pycompile",
    "pypy3compile",
    "rc-service",
    "rc-update",
    "restorecon",
    "rm_conffile",
    "service",
    "sleep",
    "start-stop-daemon",
    "sync",
    "sysctl",
    "systemd-hwdb",
    "systemd-sysusers",
    "systemd-tmpfiles",
    "ucfr",
    "udevadm",
    "update-binfmts",
    "update-ca-certificates",
    "update-command-not-found",
    "update-initramfs",
    "update-passwd",
    "update-rc.d",
];

/// Commands that only ask for something, in order.
const ASKING: &[&str] = &[
    "arch",
    "awk",
    "cmp",
    "comm",
    "cut",
    "date",
    "debconf-show",
    "df",
    "diff",
    "dpkg-query",
    "du",
    "egrep",
    "expr",
    "fgrep",
    "file",
    "gawk",
    "grep",
    "head",
    "hostname",
    "ischroot",
    "logname",
    "ls",
    "mawk",
    "md5sum",
    "mktemp",
    "mount",
    "nproc",
    "pgrep",
    "pidof",
    "ps",
    "runlevel",
    "seq",
    "sha1sum",
    "sha256sum",
    "sort",
    "stat",
    "tail",
    "tr",
    "uniq",
    "wc",
    "whoami",
    "zgrep",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_in_order() {
        assert!(NOTHING.is_sorted() && ASKING.is_sorted());
    }
}
