//! `etc/ld.so.cache`, as ldconfig would have written it (packages.md 7.1).

mod format;

use std::collections::{BTreeMap, BTreeSet};

use format::{Entry, Hwcap};

use super::emulated::Reason;
use super::scene::Scene;
use super::script::matches;
use super::site::{Draft, Site, There, resolve};
use crate::contents::PathLoop;
use crate::layer::Elf;
use crate::package::Family;
use crate::rootfs::RootPath;

const CACHE: &str = "etc/ld.so.cache";
const CONFIGURATION: &str = "etc/ld.so.conf";
const FRAGMENTS: &str = "etc/ld.so.conf.d";
/// How deep configurations may include each other.
const DEPTH: usize = 8;
/// Directories that configurations may name.
const DIRECTORIES: usize = 4096;

/// What an architecture's libraries are.
struct Target {
    machine: u16,
    flags: u32,
    triplet: &'static str,
}

impl Target {
    fn of(scene: &Scene<'_>) -> Option<Self> {
        match scene.platform.architecture() {
            "amd64" => Some(Self { machine: Elf::X86_64, flags: 0x0303, triplet: "x86_64-linux-gnu" }),
            "arm64" => Some(Self { machine: Elf::AARCH64, flags: 0x0a03, triplet: "aarch64-linux-gnu" }),
            _ => None,
        }
    }
}

/// Writes the cache where the base has one, or where libraries would not be found without.
pub(super) fn write(site: &mut Site<'_>) -> Result<(), PathLoop> {
    let Some(target) = Target::of(site.scene) else { return Ok(()) };
    let configured = configured(site)?;
    if !is_needed(site, &configured)? {
        return Ok(());
    }
    let defaults = defaults(&target).into_iter().map(str::to_owned);
    let mut seen = BTreeSet::new();
    let mut entries = Vec::new();
    for dir in configured.into_iter().chain(defaults) {
        let Some(path) = resolve(&RootPath::root(), &dir) else { continue };
        let physical = site.destination(&path)?;
        // One that is an earlier one by another name is left out.
        if site.leads_to(&physical)? == Some(There::Directory) && seen.insert(physical.clone()) {
            list(site, &dir, &physical, &target, &mut entries)?;
        }
    }
    let bytes = format::to_bytes(entries);
    site.make(&path(CACHE), Draft::file(bytes, Reason::LibraryCache))
}

/// Where the loader searches by itself.
fn defaults(target: &Target) -> [&'static str; 4] {
    match target.triplet {
        "x86_64-linux-gnu" => ["/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib", "/usr/lib"],
        _ => ["/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/lib", "/usr/lib"],
    }
}

fn is_needed(site: &Site<'_>, configured: &[String]) -> Result<bool, PathLoop> {
    if site.scene.family == Family::Apk {
        return Ok(site.leads_to(&path(CONFIGURATION))?.is_some());
    }
    if site.leads_to(&path(CACHE))?.is_some() {
        return Ok(true);
    }
    let is_new = |path: &RootPath| {
        site.scene.view.get(path).is_some_and(|node| node.layer() >= site.scene.base_layers)
    };
    if site.within(&path(FRAGMENTS))?.iter().any(is_new) {
        return Ok(true);
    }
    // The loader finds libraries in its own directories without a cache, but ctypes and others ask `ldconfig -p`.
    let Some(target) = Target::of(site.scene) else { return Ok(false) };
    let dirs = configured.iter().map(String::as_str).chain(defaults(&target));
    for dir in physical(site, dirs)? {
        let is_library = |path: &RootPath| is_new(path) && site.scene.view.elf(path).is_some();
        if site.within(&dir)?.iter().any(is_library) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn physical<'t>(site: &Site<'_>, dirs: impl IntoIterator<Item = &'t str>) -> Result<Vec<RootPath>, PathLoop> {
    let dirs = dirs.into_iter().filter_map(|dir| resolve(&RootPath::root(), dir));
    dirs.map(|dir| site.destination(&dir)).collect()
}

/// The directories that configurations name, in their order.
fn configured(site: &Site<'_>) -> Result<Vec<String>, PathLoop> {
    let mut dirs = Vec::new();
    read(site, &path(CONFIGURATION), 0, &mut dirs)?;
    Ok(dirs)
}

fn read(site: &Site<'_>, file: &RootPath, depth: usize, dirs: &mut Vec<String>) -> Result<(), PathLoop> {
    let Some(bytes) = site.bytes(file)?.filter(|_| depth < DEPTH) else { return Ok(()) };
    let text = String::from_utf8_lossy(bytes).into_owned();
    let dir = file.parent().unwrap_or_else(RootPath::root);
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        let mut words = line.split_whitespace();
        match words.next() {
            Some("include") => {
                for pattern in words {
                    for file in included(site, &dir, pattern)? {
                        read(site, &file, depth + 1, dirs)?;
                    }
                }
            }
            Some("hwcap") | None => {}
            Some(_) => {
                let named = line.split([' ', '\t', ':', ',']).map(|dir| dir.split('=').next().unwrap_or(dir));
                let named = named.map(|dir| dir.trim_end_matches('/')).filter(|dir| dir.starts_with('/'));
                dirs.extend(named.map(str::to_owned));
                dirs.truncate(DIRECTORIES);
            }
        }
    }
    Ok(())
}

/// The files that a pattern of an `include` describes, in order.
fn included(site: &Site<'_>, dir: &RootPath, pattern: &str) -> Result<Vec<RootPath>, PathLoop> {
    let (dir, name) = match pattern.rsplit_once('/') {
        Some((above, name)) => (resolve(dir, if above.is_empty() { "/" } else { above }), name),
        None => (Some(dir.clone()), pattern),
    };
    let Some(dir) = dir else { return Ok(Vec::new()) };
    let dir = site.destination(&dir)?;
    let fits = |path: &RootPath| {
        let is_shown = !path.name().starts_with(b".");
        is_shown && std::str::from_utf8(path.name()).is_ok_and(|own| matches(name, own))
    };
    Ok(site.within(&dir)?.into_iter().filter(fits).collect())
}

/// A library of a directory.
struct Library {
    file: String,
    is_link: bool,
}

/// Lists the libraries of a directory, first those for processors that can more.
fn list(
    site: &Site<'_>,
    name: &str,
    dir: &RootPath,
    target: &Target,
    entries: &mut Vec<Entry>,
) -> Result<(), PathLoop> {
    let hwcaps = dir.join(b"glibc-hwcaps");
    for below in &site.within(&hwcaps)? {
        let Ok(hwcap) = std::str::from_utf8(below.name()) else { continue };
        for (key, library) in libraries(site, below, target)? {
            let value = format!("{name}/glibc-hwcaps/{hwcap}/{}", library.file);
            entries.push(Entry { flags: target.flags, key, value, hwcap: Some(Hwcap(hwcap.to_owned())) });
        }
    }
    for (key, library) in libraries(site, dir, target)? {
        // The name that ldconfig would make a link of, where somebody has made it.
        let has_key = site.leads_to(&dir.join(key.as_bytes()))?.is_some();
        let file = if has_key { &key } else { &library.file };
        let value = format!("{name}/{file}");
        entries.push(Entry { flags: target.flags, key, value, hwcap: None });
    }
    Ok(())
}

/// The libraries right in a directory by the names they are found by; of several of one name the file, and the newest.
fn libraries(
    site: &Site<'_>,
    dir: &RootPath,
    target: &Target,
) -> Result<BTreeMap<String, Library>, PathLoop> {
    let mut libraries: BTreeMap<String, Library> = BTreeMap::new();
    for path in &site.within(dir)? {
        let Ok(file) = std::str::from_utf8(path.name()) else { continue };
        let is_link = site.there(path)? == Some(There::Symlink);
        let is_library = (file.starts_with("lib") || file.starts_with("ld-")) && file.contains(".so");
        let end = site.destination(path)?;
        let Some(elf) = site.scene.view.elf(&end).filter(|elf| is_library && elf.machine == target.machine)
        else {
            continue;
        };
        let soname = elf.soname.as_deref().and_then(|name| std::str::from_utf8(name).ok());
        let key = soname.unwrap_or(file);
        let mut keys = vec![key];
        if is_link && file.ends_with(".so") && key.starts_with(file) && key != file {
            keys.push(file);
        }
        for key in keys {
            let library = Library { file: file.to_owned(), is_link };
            let is_better = |old: &Library| {
                (old.is_link, is_link) == (true, false)
                    || old.is_link == is_link && format::order(file, &old.file).is_gt()
            };
            if libraries.get(key).is_none_or(is_better) {
                libraries.insert(key.to_owned(), library);
            }
        }
    }
    Ok(libraries)
}

fn path(text: &str) -> RootPath {
    RootPath::parse(text).expect("it is a path")
}

#[cfg(test)]
mod tests;
