//! Scripts of packages, followed as far as they say what they do: a shell that runs nothing.
//!
//! Words are known or not. What depends on something that is not known is looked at, but not done; it is told as not
//! understood where it would have had an effect.

mod builtin;
mod command;
mod expand;
mod glob;
mod parse;
mod read;
mod run;
mod syntax;
mod test;

use std::collections::BTreeMap;

pub(super) use glob::matches;
pub(super) use run::Shell;

use super::emulated::Gap;
use super::site::Site;
use crate::contents::PathLoop;
use crate::package::Unpacked;
use crate::printable::printable;

/// Bytes of a script that is looked at.
const LIMIT: usize = 1 << 20;

/// A script of a package, and what it is called with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Script<'a> {
    pub(super) package: &'a Unpacked,
    /// What its package calls it.
    pub(super) name: &'a str,
    pub(super) arguments: &'a [&'a str],
}

/// What a command of a script does, as far as it is understood.
pub(super) enum Did {
    /// It is done, and prints this where it is known.
    Done(Option<bool>, Printed),
    /// It is not understood.
    Unknown,
}

/// What a command prints.
pub(super) enum Printed {
    Text(String),
    Unknown,
}

impl Did {
    /// It ended well, and printed nothing.
    pub(super) fn well() -> Self {
        Self::ended(true)
    }

    /// It ended so, and printed nothing.
    pub(super) fn ended(well: bool) -> Self {
        Self::Done(Some(well), Printed::Text(String::new()))
    }

    /// It changes nothing, and nobody knows how it ends and what it prints.
    pub(super) fn asked() -> Self {
        Self::Done(None, Printed::Unknown)
    }

    /// It ended well, and printed a line.
    pub(super) fn said(text: impl Into<String>) -> Self {
        Self::Done(Some(true), Printed::Text(text.into() + "\n"))
    }
}

/// Follows a script, and notes what of it is not understood.
pub(super) fn follow(script: &Script<'_>, site: &mut Site<'_>) -> Result<(), PathLoop> {
    let Some(bytes) = script.package.members.get(script.name) else { return Ok(()) };
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= LIMIT && is_of_shell(text));
    let parsed = text.and_then(|text| parse::parse(text).ok());
    let Some(commands) = parsed else {
        let first = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
        note(script, site, printable(&first[..first.len().min(80)]), 1);
        return Ok(());
    };
    let mut shell = Shell::new(site, *script, templates(script.package));
    shell.run_script(&commands)?;
    let (unknown, caches) = shell.finish();
    caches.into_iter().for_each(|of| site.note(script.package, Gap::Cache { of }));
    if let Some(first) = unknown.first() {
        note(script, site, first.clone(), unknown.len());
    }
    Ok(())
}

fn note(script: &Script<'_>, site: &mut Site<'_>, command: String, commands: usize) {
    let script_name = script.name.to_owned();
    site.note(script.package, Gap::Script { script: script_name, command, commands });
}

/// Whether the first line says that a shell is to read the script; one without such a line is run by one.
fn is_of_shell(text: &str) -> bool {
    let Some(line) = text.strip_prefix("#!").and_then(|text| text.lines().next()) else { return true };
    let mut words = line.split_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word));
    let name = words.find(|word| *word != "env" && *word != "busybox");
    matches!(name, Some("sh" | "bash" | "dash" | "ash" | "busybox"))
}

/// What debconf answers where nobody was asked: the defaults of the package's templates.
fn templates(package: &Unpacked) -> BTreeMap<String, String> {
    let text = package.members.get("templates").and_then(|bytes| std::str::from_utf8(bytes).ok());
    let (mut defaults, mut name) = (BTreeMap::new(), None);
    for line in text.unwrap_or_default().lines() {
        if let Some(own) = line.strip_prefix("Template:") {
            name = Some(own.trim().to_owned());
            defaults.insert(own.trim().to_owned(), String::new());
        } else if let (Some(value), Some(name)) = (line.strip_prefix("Default:"), &name) {
            defaults.insert(name.clone(), value.trim().to_owned());
        }
    }
    defaults
}

#[cfg(test)]
mod tests;
