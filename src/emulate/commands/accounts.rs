//! Commands that add users and groups (packages.md 7.4).

use super::options::Options;
use crate::contents::PathLoop;
use crate::emulate::accounts::{GroupWish, PrimaryGroup, Range, UserWish};
use crate::emulate::script::{Did, Shell};
use crate::emulate::site::Id;
use crate::package::Family;
use crate::rootfs::Login;

/// Follows one of them.
pub(super) fn run(shell: &mut Shell<'_, '_>, name: &str, arguments: &[&str]) -> Result<Did, PathLoop> {
    let is_apk = shell.site.scene.family == Family::Apk;
    let wish = match name {
        "adduser" if is_apk => busybox_user(arguments),
        "addgroup" if is_apk => busybox_group(arguments),
        "adduser" | "addgroup" => debian(name, arguments),
        "useradd" => shadow_user(arguments),
        "groupadd" => shadow_group(arguments),
        "usermod" => member_by_usermod(arguments),
        _ => member_by_gpasswd(arguments),
    };
    let Some(wish) = wish.filter(Wish::is_sound) else { return Ok(Did::Unknown) };
    if wish.is_met(shell) {
        return Ok(Did::ended(!matches!(wish, Wish::User { .. } | Wish::Group { .. }) || !is_apk));
    }
    if shell.doubts > 0 || !wish.make(shell) {
        return Ok(Did::Unknown);
    }
    Ok(Did::well())
}

/// What such a command asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wish {
    User { name: String, uid: Option<u32>, group: Primary, login: Login },
    Group { name: String, gid: Option<u32> },
    Member { user: String, group: String },
}

/// The primary group that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Primary {
    Own,
    Named(String),
    Nobodys,
}

impl Wish {
    /// Whether its texts can stand in files of accounts.
    fn is_sound(&self) -> bool {
        let is_name = |name: &String| {
            let is_sign = |char: char| char.is_ascii_alphanumeric() || "_-.".contains(char);
            (1..=32).contains(&name.len()) && name.chars().all(is_sign) && !name.starts_with(['-', '.'])
        };
        let is_field =
            |text: &String| text.len() <= 256 && !text.contains(|c: char| c == ':' || c.is_control());
        match self {
            Self::User { name, group, login, .. } => {
                let group = match group {
                    Primary::Named(group) => is_name(group) || group.parse::<u32>().is_ok(),
                    Primary::Own | Primary::Nobodys => true,
                };
                is_name(name)
                    && group
                    && [&login.comment, &login.home, &login.shell].into_iter().all(is_field)
            }
            Self::Group { name, .. } => is_name(name),
            Self::Member { user, group } => is_name(user) && is_name(group),
        }
    }

    /// Whether nothing is left to be done.
    fn is_met(&self, shell: &Shell<'_, '_>) -> bool {
        match self {
            Self::User { name, .. } => shell.site.accounts.has_user(name),
            Self::Group { name, .. } => shell.site.accounts.has_group(name),
            Self::Member { .. } => false,
        }
    }

    /// Sees to it; gives back whether everybody is known whom it names.
    fn make(self, shell: &mut Shell<'_, '_>) -> bool {
        let package = shell.script.package.package.name.clone();
        let accounts = &mut shell.site.accounts;
        match self {
            Self::Group { name, gid } => {
                accounts.wish_group(&name, GroupWish { gid, range: Range::Up, package })
            }
            Self::Member { user, group } => {
                if !(accounts.need_user(&user, &package) && accounts.need_group(&group, &package)) {
                    return false;
                }
                accounts.wish_member(&group, &user);
            }
            Self::User { name, uid, group, login } => {
                let group = match group {
                    Primary::Own => PrimaryGroup::Own,
                    Primary::Nobodys => {
                        if !accounts.need_group("nogroup", &package) {
                            let gid = Some(65533);
                            let wish = GroupWish { gid, range: Range::Up, package: package.clone() };
                            accounts.wish_group("nogroup", wish);
                        }
                        PrimaryGroup::Other(Id::Name("nogroup".to_owned()))
                    }
                    Primary::Named(group) => match group.parse() {
                        Ok(number) => PrimaryGroup::Other(Id::Number(number)),
                        Err(_) if accounts.need_group(&group, &package) => {
                            PrimaryGroup::Other(Id::Name(group))
                        }
                        Err(_) => return false,
                    },
                };
                accounts.wish_user(&name, UserWish { uid, group, login, range: Range::Up, package });
            }
        }
        true
    }
}

/// Debian's adduser and addgroup, of system accounts; what somebody is to log in as is not made here.
fn debian(command: &str, arguments: &[&str]) -> Option<Wish> {
    let flags =
        ["--system", "--group", "--quiet", "--force-badname", "--disabled-password", "--disabled-login"];
    let more =
        ["--no-create-home", "--allow-badname", "--allow-bad-names", "--verbose", "--allow-all-names", "-q"];
    let values = ["--home=", "--shell=", "--gecos=", "--comment=", "--ingroup=", "--uid=", "--gid="];
    let levels = ["--stdoutmsglevel=", "--stderrmsglevel=", "--logmsglevel="];
    let known: Vec<&str> = flags.into_iter().chain(more).chain(values).chain(levels).collect();
    let options = Options::parse(arguments, &known)?;
    let number = |name: &str| options.value(&[name]).map(|text| text.parse::<u32>().ok());
    let (uid, gid) = (number("--uid"), number("--gid"));
    if uid == Some(None) || gid == Some(None) {
        return None;
    }
    let owned = |text: &str| text.to_owned();
    let is_system = options.has(&["--system"]);
    match *options.operands.as_slice() {
        [user, group] if !is_system => Some(Wish::Member { user: owned(user), group: owned(group) }),
        // Of `adduser --system --group NAME` both come, of `addgroup --system NAME` the group.
        [name] if is_system && command == "addgroup" => {
            Some(Wish::Group { name: owned(name), gid: gid.flatten() })
        }
        [name] if is_system => Some(debian_user(name, &options, uid.flatten())),
        _ => None,
    }
}

fn debian_user(name: &str, options: &Options<'_>, uid: Option<u32>) -> Wish {
    let home = options.value(&["--home"]).unwrap_or("/nonexistent");
    let makes_home = !options.has(&["--no-create-home"]) && home != "/nonexistent";
    let login = Login {
        comment: options
            .value(&["--gecos", "--comment"])
            .unwrap_or_default()
            .trim_end_matches(',')
            .to_owned(),
        home: home.to_owned(),
        shell: options.value(&["--shell"]).unwrap_or("/usr/sbin/nologin").to_owned(),
        makes_home,
    };
    let group = match (options.has(&["--group"]), options.value(&["--ingroup", "--gid"])) {
        (true, _) => Primary::Own,
        (false, Some(group)) => Primary::Named(group.to_owned()),
        (false, None) => Primary::Nobodys,
    };
    Wish::User { name: name.to_owned(), uid, group, login }
}

/// busybox's adduser, of system accounts.
fn busybox_user(arguments: &[&str]) -> Option<Wish> {
    let options = Options::parse(arguments, &["-S", "-D", "-H", "-h=", "-s=", "-G=", "-g=", "-u=", "-k="])?;
    let owned = |text: &str| text.to_owned();
    if let [user, group] = *options.operands.as_slice() {
        return Some(Wish::Member { user: owned(user), group: owned(group) });
    }
    let ([name], true) = (options.operands.as_slice(), options.has(&["-S"])) else { return None };
    let uid = match options.value(&["-u"]) {
        Some(text) => Some(text.parse().ok()?),
        None => None,
    };
    let login = Login {
        comment: options.value(&["-g"]).unwrap_or("Linux User").trim_end_matches(',').to_owned(),
        home: options.value(&["-h"]).map_or_else(|| format!("/home/{name}"), owned),
        shell: options.value(&["-s"]).unwrap_or("/bin/false").to_owned(),
        makes_home: !options.has(&["-H"]),
    };
    let group = options.value(&["-G"]).map_or(Primary::Nobodys, |group| Primary::Named(owned(group)));
    Some(Wish::User { name: owned(name), uid, group, login })
}

fn busybox_group(arguments: &[&str]) -> Option<Wish> {
    let options = Options::parse(arguments, &["-S", "-g="])?;
    let owned = |text: &str| text.to_owned();
    match *options.operands.as_slice() {
        [user, group] => Some(Wish::Member { user: owned(user), group: owned(group) }),
        [name] => {
            let gid = match options.value(&["-g"]) {
                Some(text) => Some(text.parse().ok()?),
                None if options.has(&["-S"]) => None,
                None => return None,
            };
            Some(Wish::Group { name: owned(name), gid })
        }
        _ => None,
    }
}

/// shadow's useradd, of system accounts.
fn shadow_user(arguments: &[&str]) -> Option<Wish> {
    let flags =
        ["-r", "--system", "-M", "--no-create-home", "-m", "--create-home", "-N", "-U", "--no-user-group"];
    let more = [
        "--user-group",
        "-d=",
        "--home-dir=",
        "--home=",
        "-s=",
        "--shell=",
        "-g=",
        "--gid=",
        "-c=",
        "--comment=",
    ];
    let known: Vec<&str> = flags.into_iter().chain(more).chain(["-u=", "--uid=", "-K="]).collect();
    let options = Options::parse(arguments, &known)?;
    let ([name], true) = (options.operands.as_slice(), options.has(&["-r", "--system"])) else { return None };
    let uid = match options.value(&["-u", "--uid"]) {
        Some(text) => Some(text.parse().ok()?),
        None => None,
    };
    let login = Login {
        comment: options.value(&["-c", "--comment"]).unwrap_or_default().to_owned(),
        home: options
            .value(&["-d", "--home-dir", "--home"])
            .map_or_else(|| format!("/home/{name}"), str::to_owned),
        shell: options.value(&["-s", "--shell"]).unwrap_or("/bin/sh").to_owned(),
        makes_home: options.has(&["-m", "--create-home"]),
    };
    let group = match options.value(&["-g", "--gid"]) {
        Some(group) => Primary::Named(group.to_owned()),
        None if options.has(&["-N", "--no-user-group"]) => return None,
        None => Primary::Own,
    };
    Some(Wish::User { name: (*name).to_owned(), uid, group, login })
}

fn shadow_group(arguments: &[&str]) -> Option<Wish> {
    let options = Options::parse(arguments, &["-r", "--system", "-f", "--force", "-g=", "--gid="])?;
    let [name] = options.operands.as_slice() else { return None };
    let gid = match options.value(&["-g", "--gid"]) {
        Some(text) => Some(text.parse().ok()?),
        None if options.has(&["-r", "--system"]) => None,
        None => return None,
    };
    Some(Wish::Group { name: (*name).to_owned(), gid })
}

fn member_by_usermod(arguments: &[&str]) -> Option<Wish> {
    let options = Options::parse(arguments, &["-a", "--append", "-G=", "--groups="])?;
    let ([user], true) = (options.operands.as_slice(), options.has(&["-a", "--append"])) else { return None };
    let group = options.value(&["-G", "--groups"])?;
    Some(Wish::Member { user: (*user).to_owned(), group: group.to_owned() })
}

fn member_by_gpasswd(arguments: &[&str]) -> Option<Wish> {
    let options = Options::parse(arguments, &["-a=", "--add="])?;
    let [group] = options.operands.as_slice() else { return None };
    Some(Wish::Member { user: options.value(&["-a", "--add"])?.to_owned(), group: (*group).to_owned() })
}
