//! The accounts that have the same numbers on every Debian.

use super::accounts::lines;
use crate::rootfs::Login;

/// A user of a fixed number: its uid, gid and login; as `master`, the list of the image's own base-passwd, says, else as
/// Debian 13 does.
pub(super) fn static_user(master: &[u8], name: &str) -> Option<(u32, u32, Login)> {
    let of_master = lines(master).find(|fields| fields[0] == name).and_then(|fields| {
        let &[_, _, uid, gid, comment, home, shell] = fields.as_slice() else { return None };
        Some((uid.parse().ok()?, gid.parse().ok()?, login(comment, home, shell)))
    });
    of_master.or_else(|| {
        let (name, uid, gid, home) = *USERS.iter().find(|(own, ..)| *own == name)?;
        Some((uid, gid, login(name, home, NO_LOGIN)))
    })
}

/// The first group of a fixed number that is the wanted one.
pub(super) fn static_group(master: &[u8], is_wanted: impl Fn(&str, u32) -> bool) -> Option<(String, u32)> {
    let of_master = lines(master).filter_map(|fields| {
        let &[name, _, gid, ..] = fields.as_slice() else { return None };
        Some((name.to_owned(), gid.parse().ok()?))
    });
    let fixed = GROUPS.iter().map(|(name, gid)| ((*name).to_owned(), *gid));
    of_master.chain(fixed).find(|(name, gid)| is_wanted(name, *gid))
}

fn login(comment: &str, home: &str, shell: &str) -> Login {
    // They are of the image itself, and so are their homes, or nobody's.
    Login { comment: comment.to_owned(), home: home.to_owned(), shell: shell.to_owned(), makes_home: false }
}

const NO_LOGIN: &str = "/usr/sbin/nologin";

/// Names, uids, gids and homes.
const USERS: [(&str, u32, u32, &str); 17] = [
    ("daemon", 1, 1, "/usr/sbin"),
    ("bin", 2, 2, "/bin"),
    ("sys", 3, 3, "/dev"),
    ("sync", 4, 65534, "/bin"),
    ("games", 5, 60, "/usr/games"),
    ("man", 6, 12, "/var/cache/man"),
    ("lp", 7, 7, "/var/spool/lpd"),
    ("mail", 8, 8, "/var/mail"),
    ("news", 9, 9, "/var/spool/news"),
    ("uucp", 10, 10, "/var/spool/uucp"),
    ("proxy", 13, 13, "/bin"),
    ("www-data", 33, 33, "/var/www"),
    ("backup", 34, 34, "/var/backups"),
    ("list", 38, 38, "/var/list"),
    ("irc", 39, 39, "/run/ircd"),
    ("_apt", 42, 65534, "/nonexistent"),
    ("nobody", 65534, 65534, "/nonexistent"),
];

/// Names and gids.
const GROUPS: [(&str, u32); 38] = [
    ("root", 0),
    ("daemon", 1),
    ("bin", 2),
    ("sys", 3),
    ("adm", 4),
    ("tty", 5),
    ("disk", 6),
    ("lp", 7),
    ("mail", 8),
    ("news", 9),
    ("uucp", 10),
    ("man", 12),
    ("proxy", 13),
    ("kmem", 15),
    ("dialout", 20),
    ("fax", 21),
    ("voice", 22),
    ("cdrom", 24),
    ("floppy", 25),
    ("tape", 26),
    ("sudo", 27),
    ("audio", 29),
    ("dip", 30),
    ("www-data", 33),
    ("backup", 34),
    ("operator", 37),
    ("list", 38),
    ("irc", 39),
    ("src", 40),
    ("shadow", 42),
    ("utmp", 43),
    ("video", 44),
    ("sasl", 45),
    ("plugdev", 46),
    ("staff", 50),
    ("games", 60),
    ("users", 100),
    ("nogroup", 65534),
];
