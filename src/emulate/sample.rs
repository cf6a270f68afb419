//! Images and packages for tests: real tars, really read.

use std::io::Read;
use std::sync::Arc;

use super::{Emulated, Scene, emulate};
use crate::contents::View;
use crate::interrupt::Interrupt;
use crate::layer::{IndexOnly, LayerIndex, Reading, Trust, read_tar};
use crate::limits::{Budget, Limits};
use crate::oci::{Digest, Platform};
use crate::package::{Family, Package, Unpacked};
use crate::rootfs::RootPath;

/// A layer with these items: `d/`, `file=content`, `link -> target`, each with `0755` behind it where it has such a mode.
pub(super) fn layer(lines: &[&str]) -> Arc<LayerIndex> {
    let items: Vec<(String, Vec<u8>)> = lines.iter().map(|line| split(line)).collect();
    layer_of(items.iter().map(|(name, content)| (name.as_str(), content.as_slice())))
}

fn split(line: &str) -> (String, Vec<u8>) {
    match line.split_once('=') {
        Some((name, content)) if !name.contains(" -> ") => (name.to_owned(), content.as_bytes().to_vec()),
        _ => (line.to_owned(), Vec::new()),
    }
}

/// A layer with these items: names as [`layer`] spells them, and contents.
pub(super) fn layer_of<'a>(items: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Arc<LayerIndex> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in items {
        let (name, mode) = match name.rsplit_once(' ') {
            Some((name, mode)) if mode.starts_with('0') => (name, u32::from_str_radix(mode, 8).ok()),
            _ => (name, None),
        };
        let mut header = tar::Header::new_gnu();
        header.set_mode(mode.unwrap_or(if name.ends_with('/') { 0o755 } else { 0o644 }));
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(content.len() as u64);
        if let Some((name, target)) = name.split_once(" -> ") {
            header.set_entry_type(tar::EntryType::Symlink);
            tar.append_link(&mut header, name, target).unwrap();
        } else if name.ends_with('/') {
            header.set_entry_type(tar::EntryType::Directory);
            tar.append_data(&mut header, name, std::io::empty()).unwrap();
        } else {
            tar.append_data(&mut header, name, content).unwrap();
        }
    }
    index_of(&mut tar.into_inner().unwrap().as_slice())
}

/// The index of a tar.
pub(super) fn index_of(tar: &mut (dyn Read + Send)) -> Arc<LayerIndex> {
    let limits = Limits::default();
    let (budget, interrupt) = (Budget::of(&limits), Interrupt::default());
    let how = Reading {
        trust: Trust::Base,
        allow_devices: true,
        limits: &limits,
        budget: &budget,
        interrupt: &interrupt,
    };
    Arc::new(read_tar(Box::new(tar), Digest::of(b"tar"), &how, &mut IndexOnly).unwrap())
}

/// A package with these scripts and the like, and these files.
pub(super) fn package(name: &str, members: &[(&str, &str)], lines: &[&str]) -> Unpacked {
    package_of(name, members, layer(lines))
}

/// The same of files that were read.
pub(super) fn package_of(name: &str, members: &[(&str, &str)], index: Arc<LayerIndex>) -> Unpacked {
    let is_apk = members.iter().any(|(name, _)| name.starts_with('.'));
    let members = members.iter().map(|(name, text)| ((*name).to_owned(), Arc::from(text.as_bytes())));
    Unpacked {
        family: if is_apk { Family::Apk } else { Family::Deb },
        package: Package { name: name.to_owned(), version: "1.0-1".to_owned(), ..Package::default() },
        fields: Default::default(),
        members: members.collect(),
        index,
        sums: Default::default(),
        owners: Default::default(),
    }
}

/// A package of apk with these files.
pub(super) fn apk(name: &str, members: &[(&str, &str)], lines: &[&str]) -> Unpacked {
    Unpacked { family: Family::Apk, ..package(name, members, lines) }
}

/// An image of Debian's kind for amd64: a base, and packages on it.
pub(super) struct Image {
    pub(super) base: Vec<Arc<LayerIndex>>,
    pub(super) packages: Vec<Unpacked>,
    pub(super) files: Vec<(RootPath, Vec<u8>)>,
    pub(super) family: Family,
    pub(super) platform: &'static str,
}

impl Image {
    /// A base of these items, with these packages.
    pub(super) fn new(base: &[&str], packages: Vec<Unpacked>) -> Self {
        let family = packages.first().map_or(Family::Deb, |package| package.family);
        Self { base: vec![layer(base)], packages, files: Vec::new(), family, platform: "linux/amd64" }
    }

    /// What the scripts of its packages would have made.
    pub(super) fn emulate(&self) -> Emulated {
        self.with(|scene| emulate(scene).unwrap())
    }

    /// Shows the scene.
    pub(super) fn with<T>(&self, show: impl FnOnce(&Scene<'_>) -> T) -> T {
        let layers = self.base.iter().cloned().chain(self.packages.iter().map(|one| Arc::clone(&one.index)));
        let view = View::of(layers, &Interrupt::default()).unwrap();
        let platform: Platform = self.platform.parse().unwrap();
        let packages: Vec<&Unpacked> = self.packages.iter().collect();
        let files: Vec<(RootPath, &[u8])> =
            self.files.iter().map(|(path, bytes)| (path.clone(), bytes.as_slice())).collect();
        show(&Scene {
            family: self.family,
            platform: &platform,
            view: &view,
            base_layers: u32::try_from(self.base.len()).unwrap(),
            keeps_alternatives: self.family == Family::Deb,
            packages: &packages,
            files: &files,
            users: &[],
            groups: &[],
        })
    }
}

/// What was made, a line each: `path mode uid:gid what`.
pub(super) fn listing(emulated: &Emulated) -> Vec<String> {
    emulated.files.iter().map(line).collect()
}

fn line(one: &super::Generated) -> String {
    use super::Made;
    let what = match &one.made {
        Made::File(bytes) => format!("={}", String::from_utf8_lossy(bytes)),
        Made::Symlink(target) => format!("-> {}", String::from_utf8_lossy(target)),
        Made::Directory => "/".to_owned(),
        Made::Attributes => "*".to_owned(),
    };
    format!("{} {:o} {} {what}", one.path, one.mode.bits(), one.owner)
}

/// What was not made, a line each.
pub(super) fn notes(emulated: &Emulated) -> Vec<String> {
    emulated.notes.iter().map(ToString::to_string).collect()
}
