//! Commands that ask for something of which the answer is known.

use crate::contents::PathLoop;
use crate::emulate::script::{Did, Printed, Shell};
use crate::emulate::site::{There, resolve};
use crate::package::Family;
use crate::rootfs::RootPath;

/// Answers a command; nothing where it is none that asks.
pub(super) fn ask(
    shell: &mut Shell<'_, '_>,
    name: &str,
    arguments: &[&str],
) -> Result<Option<Did>, PathLoop> {
    Ok(Some(match (name, arguments) {
        ("getent", ["passwd", name]) => entry(shell.site.accounts.has_user(name)),
        ("getent", ["group", name]) => entry(shell.site.accounts.has_group(name)),
        ("getent", _) => Did::asked(),
        ("id", [.., user]) if !user.starts_with('-') => entry(shell.site.accounts.has_user(user)),
        // Scripts run as root.
        ("id", ["-u"] | ["-g"]) => Did::said("0"),
        ("id", _) => Did::asked(),
        ("basename", [path, ..]) => Did::said(last_of(path, arguments.get(1).copied())),
        ("dirname", [path]) => Did::said(dir_of(path)),
        ("printf", [format, arguments @ ..]) => printf(format, arguments),
        ("cat", files) => cat(shell, files)?,
        ("which" | "command" | "type", [options @ .., program]) => {
            let is_plain = options.iter().all(|option| option.starts_with('-'));
            if is_plain { which(shell, program)? } else { Did::asked() }
        }
        ("readlink", [options @ .., path]) => readlink(shell, options, path)?,
        ("uname", ["-m"]) => match shell.site.scene.platform.architecture() {
            "amd64" => Did::said("x86_64"),
            "arm64" => Did::said("aarch64"),
            _ => Did::asked(),
        },
        ("uname", _) => Did::asked(),
        ("dpkg", arguments) => dpkg(shell, arguments),
        ("dpkg-divert", ["--truename", path]) if !is_diverted(shell, path)? => Did::said(*path),
        ("dpkg-divert", ["--listpackage", path]) if !is_diverted(shell, path)? => Did::well(),
        ("dpkg-divert", ["--truename" | "--listpackage", ..]) => Did::asked(),
        ("find", [dir, ..]) if dir.starts_with('/') && !is_there(shell, dir)? => Did::ended(false),
        ("ls", files) => {
            let mut all = true;
            for file in files.iter().filter(|file| !file.starts_with('-')) {
                all &= is_there(shell, file)?;
            }
            Did::Done(Some(all), Printed::Unknown)
        }
        ("dpkg-architecture", [option]) => match option.trim_start_matches("-q") {
            "DEB_HOST_ARCH" | "DEB_BUILD_ARCH" => Did::said(shell.site.scene.platform.architecture()),
            "DEB_HOST_MULTIARCH" | "DEB_BUILD_MULTIARCH" => match shell.site.scene.platform.architecture() {
                "amd64" => Did::said("x86_64-linux-gnu"),
                "arm64" => Did::said("aarch64-linux-gnu"),
                _ => Did::asked(),
            },
            _ => Did::asked(),
        },
        ("update-alternatives", [.., "--version"]) => Did::asked(),
        _ => return Ok(None),
    }))
}

fn is_there(shell: &Shell<'_, '_>, text: &str) -> Result<bool, PathLoop> {
    let path = shell.path(text);
    Ok(path.map(|path| shell.site.leads_to(&path)).transpose()?.flatten().is_some())
}

/// Whether the base diverts a path: its lines are paths, where they lead, and by whom.
fn is_diverted(shell: &Shell<'_, '_>, path: &str) -> Result<bool, PathLoop> {
    let list = RootPath::parse("var/lib/dpkg/diversions").expect("it is a path");
    let bytes = shell.site.bytes(&list)?.unwrap_or_default();
    Ok(String::from_utf8_lossy(bytes).lines().step_by(3).any(|line| line == path))
}

/// An account that is there, whose line nobody prints, or none.
fn entry(is_there: bool) -> Did {
    if is_there { Did::Done(Some(true), Printed::Unknown) } else { Did::ended(false) }
}

fn last_of(path: &str, suffix: Option<&str>) -> String {
    let name = super::base_name(path.trim_end_matches('/'));
    suffix
        .and_then(|suffix| name.strip_suffix(suffix))
        .filter(|name| !name.is_empty())
        .unwrap_or(name)
        .to_owned()
}

fn dir_of(path: &str) -> &str {
    match path.trim_end_matches('/').rsplit_once('/') {
        Some(("", _)) => "/",
        Some((dir, _)) => dir.trim_end_matches('/'),
        None => ".",
    }
}

/// Texts with nothing but `%s` and `\n`.
fn printf(format: &str, arguments: &[&str]) -> Did {
    let (mut text, mut rest) = (String::new(), arguments.iter());
    let mut chars = format.chars();
    while let Some(char) = chars.next() {
        match char {
            '%' => match chars.next() {
                Some('s') => text.push_str(rest.next().unwrap_or(&"")),
                Some('%') => text.push('%'),
                _ => return Did::asked(),
            },
            '\\' => match chars.next() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some('\\') => text.push('\\'),
                _ => return Did::asked(),
            },
            char => text.push(char),
        }
    }
    if rest.next().is_some() {
        return Did::asked();
    }
    Did::Done(Some(true), Printed::Text(text))
}

fn cat(shell: &mut Shell<'_, '_>, files: &[&str]) -> Result<Did, PathLoop> {
    if files.is_empty() || files == ["-"] {
        return Ok(Did::Done(Some(true), shell.take_input().map_or(Printed::Unknown, Printed::Text)));
    }
    let mut text = String::new();
    for file in files {
        let path = shell.path(file);
        let bytes = match &path {
            Some(path) => shell.site.bytes(path)?,
            None => None,
        };
        match bytes.and_then(|bytes| std::str::from_utf8(bytes).ok()) {
            Some(own) => text.push_str(own),
            None => return Ok(Did::asked()),
        }
    }
    Ok(Did::Done(Some(true), Printed::Text(text)))
}

/// Where a program is: those of the packages' own tools are taken for there, as what they do is done here.
fn which(shell: &Shell<'_, '_>, program: &str) -> Result<Did, PathLoop> {
    const DIRS: [&str; 6] = ["usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin", "sbin", "bin"];
    if let Some(path) = program.strip_prefix('/') {
        let path = resolve(&RootPath::root(), path);
        let is_there =
            path.map(|path| shell.site.leads_to(&path)).transpose()?.flatten() == Some(There::File);
        return Ok(if is_there { Did::said(program) } else { Did::ended(false) });
    }
    for dir in DIRS {
        let path = format!("/{dir}/{program}");
        let at = resolve(&RootPath::root(), &path);
        if at.map(|at| shell.site.leads_to(&at)).transpose()?.flatten() == Some(There::File) {
            return Ok(Did::said(path));
        }
    }
    const TOOLS: [&str; 7] =
        ["adduser", "addgroup", "useradd", "groupadd", "usermod", "update-alternatives", "ucf"];
    Ok(if TOOLS.contains(&program) { Did::said(format!("/usr/sbin/{program}")) } else { Did::ended(false) })
}

fn readlink(shell: &Shell<'_, '_>, options: &[&str], path: &str) -> Result<Did, PathLoop> {
    let Some(path) = shell.path(path) else { return Ok(Did::ended(false)) };
    let text = |path: &RootPath| format!("/{}", String::from_utf8_lossy(path.as_bytes()));
    Ok(match options {
        ["-f" | "-e" | "-m"] => match shell.site.leads_to(&path)? {
            Some(_) => Did::said(text(&shell.site.destination(&path)?)),
            None => Did::asked(),
        },
        [] => {
            let path = shell.site.scene.view.physical(&path)?;
            match shell.site.scene.view.target_of(&path) {
                Some(target) => Did::said(String::from_utf8_lossy(target)),
                None if shell.site.there(&path)? == Some(There::Symlink) => Did::asked(),
                None => Did::ended(false),
            }
        }
        _ => Did::asked(),
    })
}

fn dpkg(shell: &Shell<'_, '_>, arguments: &[&str]) -> Did {
    match arguments {
        ["--print-architecture"] if shell.site.scene.family == Family::Deb => {
            Did::said(shell.site.scene.platform.architecture())
        }
        // No version is before every other one, or behind every other for the signs that say so.
        ["--compare-versions", "", sign, _] => match *sign {
            "lt" | "le" | "gt-nl" | "ge-nl" | "ne" | "<<" | "<=" | "<" => Did::ended(true),
            "gt" | "ge" | "lt-nl" | "le-nl" | "eq" | ">>" | ">=" | ">" | "=" => Did::ended(false),
            _ => Did::asked(),
        },
        // `dpkg --compare-versions "$2" lt 1.0` without quotes.
        ["--compare-versions", ..] => Did::asked(),
        _ => Did::asked(),
    }
}
