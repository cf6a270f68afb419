//! Commands that scripts of packages use, and what they do to an image.

mod accounts;
mod attributes;
mod files;
mod options;
mod queries;
mod quiet;

use super::alternatives::Install;
use super::emulated::{Made, Reason};
use super::script::{Did, Shell};
use super::site::{Draft, Id, There};
use crate::contents::PathLoop;
use crate::rootfs::{Mode, RootPath};

pub(super) use quiet::cache_of;

/// Follows a command, whose words are all known.
pub(super) fn run(shell: &mut Shell<'_, '_>, words: &[&str]) -> Result<Did, PathLoop> {
    let (name, arguments) = (base_name(words[0]), &words[1..]);
    if let Some(did) = queries::ask(shell, name, arguments)? {
        return Ok(did);
    }
    if let Some(did) = idle(words) {
        return Ok(did);
    }
    match name {
        "mkdir" | "install" | "ln" | "touch" | "rm" | "rmdir" | "unlink" | "mv" | "cp" | "ucf" => {
            files::run(shell, name, arguments)
        }
        "chown" | "chgrp" | "chmod" => attributes::run(shell, name, arguments),
        "adduser" | "addgroup" | "useradd" | "groupadd" | "usermod" | "gpasswd" => {
            accounts::run(shell, name, arguments)
        }
        "update-alternatives" => Ok(alternatives(shell, arguments)),
        _ => Ok(Did::Unknown),
    }
}

/// What comes of a command that does nothing, whatever words it has besides these.
pub(super) fn idle(words: &[&str]) -> Option<Did> {
    let (name, arguments) = (base_name(words.first()?), &words[1..]);
    quiet::idle(name, arguments).or_else(|| quiet::without_effect(name))
}

/// Writes a text to a file; gives back whether that can be done.
pub(super) fn write(
    shell: &mut Shell<'_, '_>,
    path: &RootPath,
    text: &str,
    append: bool,
) -> Result<bool, PathLoop> {
    let mut bytes = Vec::new();
    let there = shell.site.leads_to(path)?;
    if append && there.is_some() {
        let Some(before) = shell.site.bytes(path)? else { return Ok(false) };
        bytes.extend_from_slice(before);
    }
    if !matches!(there, None | Some(There::File)) {
        return Ok(false);
    }
    bytes.extend_from_slice(text.as_bytes());
    let path = shell.site.destination(path)?;
    let before = shell.site.drafts.get(&path).cloned();
    let mode = shell.site.mode(&path)?.unwrap_or(Mode::new(0o644));
    let (user, group) = match before {
        Some(before) => (before.user, before.group),
        // What is there keeps its owner.
        None if there.is_some() => (None, None),
        None => (Some(Id::Number(0)), Some(Id::Number(0))),
    };
    let draft = Draft { mode: Some(mode), user, group, ..Draft::new(Made::File(bytes), Reason::Script) };
    shell.site.make(&path, draft)?;
    Ok(true)
}

fn alternatives(shell: &mut Shell<'_, '_>, arguments: &[&str]) -> Did {
    const ASKING: [&str; 5] = ["--query", "--list", "--display", "--get-selections", "--config"];
    const TAKING: [&str; 2] = ["--remove", "--remove-all"];
    if arguments.iter().any(|argument| ASKING.contains(argument)) {
        return Did::asked();
    }
    // Of a package that was never there nothing is to be taken away; of one that is, it stays the best choice there is.
    if arguments.iter().any(|argument| TAKING.contains(argument) || *argument == "--auto") {
        return Did::well();
    }
    match Install::parse(arguments) {
        Some(install) if shell.doubts == 0 => {
            shell.site.alternatives.offer(install);
            Did::well()
        }
        _ => Did::Unknown,
    }
}

/// The last component of what a command is called by.
fn base_name(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}
