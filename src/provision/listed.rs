//! What the packages of a base list as theirs.

use std::collections::{HashMap, HashSet};

use super::base::DatabaseKind;
use super::installed::{Base, Text};
use crate::contents::View;
use crate::package::apk::Installed;
use crate::package::deb::{diversions, status};
use crate::package::{Sum, apk};
use crate::rootfs::RootPath;

/// The paths of a base's packages, by where they are physically.
#[derive(Debug, Default)]
pub(super) struct Listed {
    /// The packages that list a file or link, whether it is still there or not.
    pub(super) files: HashMap<RootPath, Vec<String>>,
    /// The packages that list a directory (apk, whose directories have owners).
    pub(super) directories: HashMap<RootPath, Vec<String>>,
    /// What files and links are known by: all of apk's, and of dpkg's the configuration.
    pub(super) sums: HashMap<RootPath, Sum>,
}

impl Listed {
    /// Reads the lists of a base.
    pub(super) fn of(base: &Base, view: &View) -> Self {
        let mut listed = Self::default();
        match &base.text {
            Text::Apk(installed) => listed.apk(installed, view),
            Text::Deb { status, diversions } => {
                for (package, paths) in view.kept_files().filter_map(|(at, bytes)| list(at, bytes)) {
                    listed.deb(&package, paths, diversions, view);
                }
                if base.database.kind == DatabaseKind::Status {
                    listed.conffiles(status, view);
                }
            }
        }
        listed
    }

    fn apk(&mut self, installed: &Installed, view: &View) {
        for record in &installed.records {
            let name = &record.package.name;
            for apk::Directory { path, .. } in &record.directories {
                // Packages share the directory behind a link.
                if let Ok(at) = view.destination(path) {
                    add(self.directories.entry(at).or_default(), name);
                }
            }
            for file in record.files() {
                let Ok(at) = view.physical(&file.path) else { continue };
                self.sums.extend(file.sum.map(|sum| (at.clone(), sum)));
                add(self.files.entry(at).or_default(), name);
            }
        }
    }

    /// The paths of one package, of which dpkg does not say which ones are directories.
    fn deb(
        &mut self,
        package: &str,
        paths: Vec<RootPath>,
        diversions: &[diversions::Diversion],
        view: &View,
    ) {
        let directories: HashSet<RootPath> = paths.iter().filter_map(RootPath::parent).collect();
        for path in paths.iter().filter(|path| !path.is_root() && !directories.contains(*path)) {
            let path = diversions::place(diversions, path, package).unwrap_or(path);
            let Ok(at) = view.physical(path) else { continue };
            if !view.get(&at).is_some_and(|node| node.is_directory()) {
                add(self.files.entry(at).or_default(), package);
            }
        }
    }

    /// The sums of configuration that `status` says it came with: lines ` /etc/x <md5>`, `obsolete` behind some.
    fn conffiles(&mut self, status: &[u8], view: &View) {
        for record in status::read(status).unwrap_or_default() {
            let lines = record.fields.get("Conffiles").unwrap_or_default().lines();
            for line in lines {
                let mut words = line.split_ascii_whitespace();
                let (Some(path), Some(sum)) = (words.next(), words.next()) else { continue };
                let mut md5 = [0; 16];
                if let (Ok(path), Ok(())) = (RootPath::parse(path), hex::decode_to_slice(sum, &mut md5))
                    && let Ok(at) = view.physical(&path)
                {
                    self.sums.insert(at, Sum::Md5(md5));
                }
            }
        }
    }
}

fn add(names: &mut Vec<String>, name: &str) {
    if names.iter().all(|known| known != name) {
        names.push(name.to_owned());
    }
}

/// The package and the paths that a file of dpkg's database lists: `info/NAME.list`, `status.d/NAME.md5sums`.
fn list(at: &RootPath, bytes: &[u8]) -> Option<(String, Vec<RootPath>)> {
    let (dir, name) = (at.parent()?, std::str::from_utf8(at.name()).ok()?);
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let (stem, paths): (_, Vec<RootPath>) = match dir.as_bytes() {
        b"var/lib/dpkg/info" => {
            (name.strip_suffix(".list")?, lines.filter_map(|line| RootPath::parse(line).ok()).collect())
        }
        b"var/lib/dpkg/status.d" => {
            let listed = lines.filter_map(|line| line.get(34..));
            (name.strip_suffix(".md5sums")?, listed.filter_map(|line| RootPath::parse(line).ok()).collect())
        }
        _ => return None,
    };
    Some((stem.split(':').next().unwrap_or(stem).to_owned(), paths))
}
