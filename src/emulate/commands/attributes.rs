//! Commands that change owners and permissions.

use super::options::Options;
use crate::contents::PathLoop;
use crate::emulate::script::{Did, Shell};
use crate::emulate::site::{Id, There};
use crate::rootfs::{Mode, RootPath};

/// Follows one of them.
pub(super) fn run(shell: &mut Shell<'_, '_>, name: &str, arguments: &[&str]) -> Result<Did, PathLoop> {
    let known =
        ["-R", "-h", "-f", "-v", "-c", "--recursive", "--quiet", "--silent", "--no-dereference", "--from="];
    let (modes, rest): (Vec<&str>, Vec<&str>) =
        arguments.iter().partition(|argument| name == "chmod" && is_removal(argument));
    let Some(mut options) = Options::parse(&rest, &known) else { return Ok(Did::Unknown) };
    options.operands.splice(0..0, modes);
    let Some((what, texts)) = options.operands.split_first() else { return Ok(Did::Unknown) };
    let Some(paths) = texts.iter().map(|text| shell.path(text)).collect::<Option<Vec<RootPath>>>() else {
        return Ok(Did::Unknown);
    };
    let is_recursive = options.has(&["-R", "--recursive"]);
    // Without looking behind links there is nothing to be done for them.
    let keeps_links = options.has(&["-h", "--no-dereference"]);
    let mut all_there = true;
    for path in paths {
        if keeps_links && shell.site.there(&path)? == Some(There::Symlink) {
            continue;
        }
        let mut all = vec![path.clone()];
        if is_recursive {
            all.extend(shell.site.below(&path)?);
        }
        for path in all {
            if is_recursive && shell.site.there(&path)? == Some(There::Symlink) {
                continue;
            }
            match change(shell, name, what, &path)? {
                Some(is_there) => all_there &= is_there,
                None => return Ok(Did::Unknown),
            }
        }
    }
    Ok(Did::ended(all_there))
}

/// Whether an argument of chmod takes permissions away, and is no option: `-x`, `-w`.
fn is_removal(argument: &str) -> bool {
    argument.len() > 1
        && argument.starts_with('-')
        && argument[1..].chars().all(|char| "rwxst".contains(char))
}

/// Changes one path; gives back whether something is there, or nothing where the change is not understood.
fn change(
    shell: &mut Shell<'_, '_>,
    name: &str,
    what: &str,
    path: &RootPath,
) -> Result<Option<bool>, PathLoop> {
    let Some(there) = shell.site.leads_to(path)? else { return Ok(Some(false)) };
    if shell.doubts > 0 {
        return Ok(None);
    }
    if name == "chmod" {
        let path = shell.site.destination(path)?;
        let before = shell.site.mode(&path)?.unwrap_or(Mode::new(0o644));
        let Some(mode) = mode_of(what, before, there == There::Directory) else { return Ok(None) };
        if mode == before {
            return Ok(Some(true));
        }
        return shell.site.change(&path, |draft| draft.mode = Some(mode));
    }
    let (user, group) = match (name, what.split_once([':', '.'])) {
        ("chgrp", _) => (None, Some(what)),
        (_, Some((user, group))) => (Some(user), Some(group)),
        (_, None) => (Some(what), None),
    };
    let login_group = user.filter(|_| group == Some("")).map(str::to_owned);
    let user = user.filter(|user| !user.is_empty()).map(|user| owner_of(shell, user, true));
    let group = group.filter(|group| !group.is_empty()).map(|group| owner_of(shell, group, false));
    // `user:` is the user's own group.
    let group = group.or_else(|| login_group.map(|user| shell.site.accounts.login_group(&user)));
    if user == Some(None) || group == Some(None) {
        return Ok(None);
    }
    let (user, group) = (user.flatten(), group.flatten());
    shell.site.change(path, |draft| {
        draft.user = user.clone().or(draft.user.take());
        draft.group = group.clone().or(draft.group.take());
    })
}

/// The user or group that a word means; nothing where there is none.
pub(super) fn owner_of(shell: &mut Shell<'_, '_>, text: &str, is_user: bool) -> Option<Id> {
    if text == "root" {
        return Some(Id::Number(0));
    }
    if let Ok(number) = text.parse() {
        return Some(Id::Number(number));
    }
    let package = shell.script.package.package.name.clone();
    let accounts = &mut shell.site.accounts;
    let is_there =
        if is_user { accounts.need_user(text, &package) } else { accounts.need_group(text, &package) };
    is_there.then(|| Id::Name(text.to_owned()))
}

/// The permissions that a word makes of others: `2755`, `u+s`, `g+rwX,o-rwx`.
pub(super) fn mode_of(text: &str, before: Mode, is_directory: bool) -> Option<Mode> {
    if !text.is_empty() && text.len() <= 5 && text.bytes().all(|b| (b'0'..=b'7').contains(&b)) {
        let bits = u32::from_str_radix(text, 8).ok()?;
        // Digits alone leave a directory what it has of set-id bits.
        let kept = if is_directory && text.len() <= 4 { before.bits() & 0o6000 } else { 0 };
        return (bits <= 0o7777).then(|| Mode::new(bits | kept));
    }
    let mut bits = before.bits();
    for clause in text.split(',') {
        bits = clause_of(clause, bits, is_directory)?;
    }
    Some(Mode::new(bits))
}

fn clause_of(clause: &str, before: u32, is_directory: bool) -> Option<u32> {
    let at = clause.find(['+', '-', '='])?;
    let (mut who, mut all) = (0u32, clause[..at].is_empty());
    for char in clause[..at].chars() {
        who |= match char {
            'u' => 0o4700,
            'g' => 0o2070,
            'o' => 0o1007,
            'a' => {
                all = true;
                0
            }
            _ => return None,
        };
    }
    if all {
        who = 0o7777;
    }
    let mut set = 0;
    for char in clause[at + 1..].chars() {
        set |= match char {
            'r' => 0o444,
            'w' => 0o222,
            'x' => 0o111,
            'X' if is_directory || before & 0o111 != 0 => 0o111,
            'X' => 0,
            's' => 0o6000,
            't' => 0o1000,
            _ => return None,
        };
    }
    // The sticky bit is nobody's own.
    let set = set & (who | 0o1000);
    Some(match clause.as_bytes()[at] {
        b'+' => before | set,
        b'-' => before & !set,
        _ => before & !(who & 0o777) | set,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_are_read_as_chmod_reads_them() {
        for (text, before, is_directory, after) in [
            ("755", 0o644, false, Some(0o755)),
            ("2755", 0o644, false, Some(0o2755)),
            ("0750", 0o2755, true, Some(0o2750)),
            ("u+s", 0o755, false, Some(0o4755)),
            ("g+s", 0o755, true, Some(0o2755)),
            ("g+w,o-rwx", 0o755, true, Some(0o770)),
            ("o=", 0o755, false, Some(0o750)),
            ("u=rwx,go=rx", 0o600, false, Some(0o755)),
            ("a+rX", 0o600, false, Some(0o644)),
            ("a+rX", 0o600, true, Some(0o755)),
            ("+t", 0o777, true, Some(0o1777)),
            ("-x", 0o755, false, Some(0o644)),
            ("g=u", 0o755, false, None),
            ("99", 0o755, false, None),
            ("", 0o755, false, None),
        ] {
            let mode = mode_of(text, Mode::new(before), is_directory);
            assert_eq!(mode.map(Mode::bits), after, "{text}");
        }
    }
}
