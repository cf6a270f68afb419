//! What every layer of ours keeps to, so that all kinds of appliers come to the same (t09, t10, m07).

use std::collections::BTreeMap;

use super::fs::{Fs, above, is_below, name, parent};
use super::image::ReadLayer;
use super::layer::{Item, What};

/// Fails where a layer on the view `below` would mean different things to different appliers. Directories may take the place
/// of links that are `deleted`.
pub(crate) fn check(layer: &ReadLayer, below: &Fs, deleted: &[String]) -> Result<(), String> {
    let mut names: BTreeMap<&str, &Item> = BTreeMap::new();
    let mut markers: Vec<&Item> = Vec::new();
    for (item, spelled) in layer.items.iter().zip(&layer.names) {
        check_name(item, spelled)?;
        check_parents(item, &names)?;
        let is_link = |path: &str| {
            below.is_symlink(path)
                && !deleted.iter().any(|deleted| deleted == path || is_below(path, deleted))
        };
        if item.is_directory() && is_link(&item.path) || above(&item.path).any(is_link) {
            return Err(format!("{item:?} hides a link"));
        }
        if item.is_marker() {
            let dir = if item.what == What::Opaque { item.path.as_str() } else { parent(&item.path) };
            if let Some(before) = names.keys().find(|other| is_below(other, dir)) {
                return Err(format!("{before} stands before {item:?}"));
            }
            if markers.contains(&item) {
                return Err(format!("{item:?} stands twice"));
            }
            markers.push(item);
            continue;
        }
        if let What::Hardlink(target) = &item.what
            && names.get(target.as_str()).is_none_or(|target| target.is_directory())
        {
            return Err(format!("{item:?} names no earlier entry of its layer"));
        }
        if names.insert(&item.path, item).is_some() {
            return Err(format!("{item:?} stands twice"));
        }
    }
    let both =
        markers.iter().find(|item| item.what == What::Whiteout && names.contains_key(item.path.as_str()));
    both.map_or(Ok(()), |item| Err(format!("{item:?} stands beside what it hides")))
}

/// A name is spelled in the one way that every reader takes for the same path.
fn check_name(item: &Item, spelled: &str) -> Result<(), String> {
    let end = if item.is_directory() { "/" } else { "" };
    let own = match item.what {
        What::Whiteout if parent(&item.path).is_empty() => format!(".wh.{}", item.path),
        What::Whiteout => format!("{}/.wh.{}", parent(&item.path), name(&item.path)),
        What::Opaque => format!("{}/.wh..wh..opq", item.path),
        _ => format!("{}{end}", item.path),
    };
    let is_clean = item.path.split('/').all(|name| !matches!(name, "" | "." | ".."));
    if own == spelled && is_clean { Ok(()) } else { Err(format!("{item:?} is spelled {spelled}")) }
}

/// The directories that lead to an item come first.
fn check_parents(item: &Item, names: &BTreeMap<&str, &Item>) -> Result<(), String> {
    for dir in above(&item.path).chain((item.what == What::Opaque).then_some(item.path.as_str())) {
        if !names.get(dir).is_some_and(|dir| dir.is_directory()) {
            return Err(format!("{item:?} comes before its directory {dir}"));
        }
    }
    Ok(())
}
