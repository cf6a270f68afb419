//! Names that several packages can stand for, as update-alternatives keeps them (packages.md 7.2).

mod call;
mod state;

use std::collections::BTreeMap;

pub(super) use call::Install;
use state::Group;

use super::emulated::Reason;
use super::site::{Draft, Site, There, resolve};
use crate::contents::PathLoop;
use crate::rootfs::RootPath;

/// What packages offer to stand for.
#[derive(Debug, Default)]
pub(super) struct Alternatives {
    offers: BTreeMap<String, Vec<Install>>,
}

/// One that can stand for a name.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Choice {
    path: String,
    priority: i64,
    /// What it has for names that come with the name, by those.
    slaves: BTreeMap<String, String>,
}

const STATES: &str = "var/lib/dpkg/alternatives";
const LINKS: &str = "etc/alternatives";

impl Alternatives {
    /// Takes an offer down; those of a name are taken in the order of their packages.
    pub(super) fn offer(&mut self, install: Install) {
        self.offers.entry(install.name.clone()).or_default().push(install);
    }
}

/// Makes the links of all names that packages offer to stand for, and what remembers them.
pub(super) fn settle(site: &mut Site<'_>) -> Result<(), PathLoop> {
    for (name, all) in std::mem::take(&mut site.alternatives.offers) {
        let mut offers = Vec::new();
        for offer in all {
            // What is not there cannot stand for anything.
            if leads(site, &offer.path)? {
                offers.push(offer);
            }
        }
        let Some(first) = offers.first() else { continue };
        let state = path(STATES).join(name.as_bytes());
        let known = site.bytes(&state)?.and_then(Group::parse);
        let current = current(site, &name)?;
        let has_state = known.is_some();
        let mut group = known.unwrap_or_else(|| Group::new(&first.link));
        offers.iter().for_each(|offer| group.add(offer));
        // Who is in place without that anything remembers why, stays: how good it is cannot be known.
        let is_foreign =
            |path: &String| !has_state && !group.choices.iter().any(|choice| choice.path == *path);
        if current.as_ref().is_some_and(is_foreign) {
            continue;
        }
        let Some(winner) = group.winner(current.as_deref()).cloned() else { continue };
        link(site, &name, &group.link, &winner.path)?;
        for (slave, at) in &group.slaves {
            let Some(target) = winner.slaves.get(slave) else { continue };
            if leads(site, target)? {
                link(site, slave, at, target)?;
            }
        }
        if site.scene.keeps_alternatives {
            site.make(&state, Draft::file(group.to_bytes(), Reason::Alternatives))?;
        }
    }
    Ok(())
}

/// What stands for a name at present.
fn current(site: &Site<'_>, name: &str) -> Result<Option<String>, PathLoop> {
    let at = site.scene.view.physical(&path(LINKS).join(name.as_bytes()))?;
    let target = site.scene.view.target_of(&at).and_then(|target| std::str::from_utf8(target).ok());
    Ok(target.map(str::to_owned))
}

fn leads(site: &Site<'_>, target: &str) -> Result<bool, PathLoop> {
    match resolve(&RootPath::root(), target) {
        Some(path) => Ok(site.leads_to(&path)?.is_some()),
        None => Ok(false),
    }
}

/// Makes `at` lead to what stands for a name. A file that is no link stays, as update-alternatives leaves it.
fn link(site: &mut Site<'_>, name: &str, at: &str, target: &str) -> Result<(), PathLoop> {
    let own = path(LINKS).join(name.as_bytes());
    if let Some(at) = resolve(&RootPath::root(), at).filter(|at| !at.is_root())
        && matches!(site.there(&at)?, None | Some(There::Symlink))
    {
        site.make(&at, Draft::link(format!("/{LINKS}/{name}"), Reason::Alternatives))?;
    }
    site.make(&own, Draft::link(target, Reason::Alternatives))
}

fn path(text: &str) -> RootPath {
    RootPath::parse(text).expect("it is a path")
}

#[cfg(test)]
mod tests;
