//! What packages declare for systemd: accounts in `sysusers.d`, directories in `tmpfiles.d`.

use super::accounts::{GroupWish, PrimaryGroup, Range, UserWish};
use super::emulated::{Made, Reason};
use super::site::{Draft, Id, Site, resolve};
use crate::contents::PathLoop;
use crate::rootfs::{Login, Mode, RootPath};

const ACCOUNTS: &str = "usr/lib/sysusers.d";
const FILES: &str = "usr/lib/tmpfiles.d";

/// Wishes for the accounts that packages declare.
pub(super) fn accounts(site: &mut Site<'_>) {
    for (package, text) in texts(site, ACCOUNTS) {
        for line in text.lines() {
            let fields = fields(line);
            let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
            account(site, &package, &fields);
        }
    }
}

fn account(site: &mut Site<'_>, package: &str, fields: &[&str]) {
    let field =
        |number: usize| fields.get(number).copied().filter(|field| *field != "-" && !field.is_empty());
    let (Some(kind), Some(name)) = (field(0), field(1)) else { return };
    if ![Some(name), field(2), field(3), field(4), field(5)].into_iter().flatten().all(is_field) {
        return;
    }
    let package = package.to_owned();
    let range = Range::Down;
    let (number, group) = match field(2).unwrap_or_default().split_once(':') {
        Some((number, group)) => (number, Some(group)),
        None => (field(2).unwrap_or_default(), None),
    };
    let number: Option<u32> = number.parse().ok();
    let accounts = &mut site.accounts;
    match kind.trim_end_matches(['!', '+']) {
        "u" => {
            let group = match group {
                None => PrimaryGroup::Own,
                Some(group) => match group.parse() {
                    Ok(number) => PrimaryGroup::Other(Id::Number(number)),
                    Err(_) => {
                        accounts.wish_group(group, GroupWish { gid: None, range, package: package.clone() });
                        PrimaryGroup::Other(Id::Name(group.to_owned()))
                    }
                },
            };
            let login = Login {
                comment: field(3).unwrap_or_default().to_owned(),
                home: field(4).unwrap_or("/").to_owned(),
                shell: field(5).unwrap_or("/usr/sbin/nologin").to_owned(),
                // systemd-sysusers makes no homes.
                makes_home: false,
            };
            accounts.wish_user(name, UserWish { uid: number, group, login, range, package });
        }
        "g" => accounts.wish_group(name, GroupWish { gid: number, range, package }),
        "m" => {
            let Some(group) = field(2) else { return };
            let nobody = || Login {
                comment: String::new(),
                home: "/".to_owned(),
                shell: "/usr/sbin/nologin".to_owned(),
                makes_home: false,
            };
            // Both are made where they are not there.
            if !accounts.need_user(name, &package) {
                let (group, login) = (PrimaryGroup::Own, nobody());
                let package = package.clone();
                accounts.wish_user(name, UserWish { uid: None, group, login, range, package });
            }
            if !accounts.need_group(group, &package) {
                accounts.wish_group(group, GroupWish { gid: None, range, package });
            }
            accounts.wish_member(group, name);
        }
        _ => {}
    }
}

/// Whether a text can be a field of a file of accounts.
fn is_field(text: &str) -> bool {
    text.len() <= 256 && !text.contains(|c: char| c == ':' && text.len() > 64 || c == '\n' || c.is_control())
}

/// Makes the directories that packages declare, but for those that are empty whenever a machine starts.
pub(super) fn directories(site: &mut Site<'_>) -> Result<(), PathLoop> {
    for (package, text) in texts(site, FILES) {
        for line in text.lines() {
            let fields = fields(line);
            let field = |number: usize| fields.get(number).map(String::as_str).filter(|field| *field != "-");
            let (Some(kind), Some(at)) = (field(0), field(1)) else { continue };
            if !matches!(kind.trim_end_matches(['!', '+', '-', '=', '~', '^', '$']), "d" | "D")
                || at.contains('%')
            {
                continue;
            }
            let Some(path) = resolve(&RootPath::root(), at).filter(|path| !path.is_root()) else { continue };
            let mode = field(2).map(|mode| mode.trim_start_matches([':', '~']));
            let mode =
                mode.and_then(|mode| u32::from_str_radix(mode, 8).ok()).map_or(Mode::new(0o755), Mode::new);
            let user = field(3).map(|name| name.trim_start_matches(':'));
            let group = field(4).map(|name| name.trim_start_matches(':'));
            let draft = Draft {
                mode: Some(mode),
                user: user.and_then(|name| id(name, |name| site.accounts.need_user(name, &package))),
                group: group.and_then(|name| id(name, |name| site.accounts.need_group(name, &package))),
                ..Draft::new(Made::Directory, Reason::TemporaryFiles)
            };
            site.make_missing(&path, draft)?;
        }
    }
    Ok(())
}

fn id(text: &str, is_there: impl FnOnce(&str) -> bool) -> Option<Id> {
    match text.parse() {
        Ok(number) => Some(Id::Number(number)),
        Err(_) if text == "root" => Some(Id::Number(0)),
        Err(_) => is_there(text).then(|| Id::Name(text.to_owned())),
    }
}

/// The files of packages right in a directory, with the packages' names.
fn texts(site: &Site<'_>, dir: &str) -> Vec<(String, String)> {
    let dir = RootPath::parse(dir).expect("it is a path");
    let mut texts = Vec::new();
    for package in site.scene.packages {
        let items = &package.index.items;
        let files = package.index.kept.iter().filter(|(ordinal, _)| items.path(**ordinal).is_right_in(&dir));
        let name = &package.package.name;
        texts.extend(files.map(|(_, bytes)| (name.clone(), String::from_utf8_lossy(bytes).into_owned())));
    }
    texts
}

/// The fields of a line: separated by blanks, quotes around those that hold some.
fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut field, mut quote) = (Vec::new(), None::<String>, None);
    if line.trim_start().starts_with('#') {
        return fields;
    }
    for char in line.chars() {
        match (char, quote) {
            ('"' | '\'', None) => {
                quote = Some(char);
                field.get_or_insert_default();
            }
            (char, Some(own)) if char == own => quote = None,
            (' ' | '\t', None) => fields.extend(field.take()),
            (char, _) => field.get_or_insert_default().push(char),
        }
    }
    fields.extend(field);
    fields
}

#[cfg(test)]
mod tests {
    use crate::emulate::sample::{Image, listing, package};

    #[test]
    fn declared_accounts_get_numbers_from_the_top_unless_they_have_some() {
        let lines = "# comment\nu zed - \"Zed the second\" /var/lib/zed /bin/sh\nu! abc 77\ng grp -\nm abc grp\nu low 200:grp\n";
        let file = format!("usr/lib/sysusers.d/x.conf={lines}");
        let made = Image::new(&["etc/passwd=root:x:0:0::/:/\n"], vec![package("x", &[], &[&file])]).emulate();
        let users: Vec<_> = made.users.iter().map(|user| (user.name.as_str(), user.uid, user.gid)).collect();
        assert_eq!(users, [("abc", 77, Some(77)), ("low", 200, Some(999)), ("zed", 998, Some(998))]);
        let login = made.users[2].login.as_ref().unwrap();
        assert_eq!((login.comment.as_str(), login.home.as_str()), ("Zed the second", "/var/lib/zed"));
        let groups: Vec<_> = made
            .groups
            .iter()
            .map(|group| (group.name.as_str(), group.gid, group.members.join(",")))
            .collect();
        let none = String::new;
        assert_eq!(groups, [("abc", 77, none()), ("grp", 999, "abc".to_owned()), ("zed", 998, none())]);
    }

    #[test]
    fn declared_directories_are_made_where_they_last() {
        let lines = "d /run/x 0755 root root\nd /var/lib/x 0750 www-data adm -\nD! /var/cache/x\nf /var/f 0644\nd /var/%H\n";
        let file = format!("usr/lib/tmpfiles.d/x.conf={lines}");
        let made = Image::new(&["etc/passwd=root:x:0:0::/:/\n"], vec![package("x", &[], &[&file])]).emulate();
        assert_eq!(listing(&made), ["var/cache/x 755 0:0 /", "var/lib/x 750 33:4 /"]);
    }
}
