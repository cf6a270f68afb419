//! Symbolic links of our layers that lead nowhere.

use super::operation::{LayerContents, Operation};
use super::view::View;
use crate::rootfs::{Entry, Kind, RootPath};

/// A symbolic link without anything at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dangling {
    /// The link.
    pub path: RootPath,
    /// Its target as written.
    pub target: Box<[u8]>,
}

/// The links among a layer's contents that lead nowhere in the finished view.
///
/// What a container finds below `dev`, `proc`, `run` and `sys` is there only when it runs, and does not count.
pub fn dangling(contents: &LayerContents, view: &View) -> Vec<Dangling> {
    let links = contents.operations.iter().filter_map(|operation| match operation {
        Operation::Entry { entry: Entry { path, kind: Kind::Symlink(target), .. }, .. } => {
            Some((path, target))
        }
        _ => None,
    });
    links
        .filter(|(path, target)| view.target_of(path) == Some(&**target))
        .filter(|(path, _)| match view.destination(path) {
            Ok(end) => !end.is_root() && view.get(&end).is_none() && !is_mounted(&end),
            Err(_) => true,
        })
        .map(|(path, target)| Dangling { path, target })
        .collect()
}

fn is_mounted(path: &RootPath) -> bool {
    matches!(path.components().next(), Some(b"dev" | b"proc" | b"run" | b"sys"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contents::sample::{index, path, view_of};
    use crate::rootfs::Attributes;
    use std::sync::Arc;

    #[test]
    fn a_link_is_dangling_when_nothing_is_at_its_end() {
        let below = view_of([index(&["usr/lib/x"])]).unwrap();
        let links = [("a", "usr/lib/x"), ("b", "usr/lib/y"), ("c", "/proc/mounts"), ("d", "d"), ("e", "a")];
        let operations = links.map(|(at, target)| Operation::Entry {
            entry: Entry {
                path: path(at),
                kind: Kind::Symlink(target.as_bytes().into()),
                attributes: Attributes::of_missing_parent(),
            },
            data: None,
        });
        let operations = Arc::new(operations.into_iter().collect());
        let contents = LayerContents { operations, ..LayerContents::default() };
        let mut view = below;
        view.apply_contents(&contents);
        let found: Vec<_> = dangling(&contents, &view).into_iter().map(|one| one.path.to_string()).collect();
        assert_eq!(found, ["b", "d"]);
    }
}
