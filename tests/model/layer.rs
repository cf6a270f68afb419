//! Layers as lists of items, and what applying them means.

use super::fs::{Attributes, Fault, Fs, Inode, Kind, above};

/// One entry of a layer's tar.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) path: String,
    pub(crate) what: What,
    pub(crate) attributes: Attributes,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// Anything but a hard link.
    Thing(Kind),
    /// Another name of what this path names.
    Hardlink(String),
    /// The path goes.
    Whiteout,
    /// What the directory has in lower layers goes.
    Opaque,
}

pub(crate) type Layer = Vec<Item>;

impl Item {
    pub(crate) fn is_marker(&self) -> bool {
        matches!(self.what, What::Whiteout | What::Opaque)
    }

    pub(crate) fn is_directory(&self) -> bool {
        self.what == What::Thing(Kind::Directory)
    }
}

impl std::fmt::Debug for Item {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { path, what, attributes } = self;
        if attributes.owner != (0, 0) {
            write!(f, "{}:{} ", attributes.owner.0, attributes.owner.1)?;
        }
        match what {
            What::Thing(Kind::Directory) => write!(f, "{path}/ {:o}", attributes.mode),
            What::Thing(Kind::File(content)) => write!(f, "{path} {:o} {}", attributes.mode, content.len()),
            What::Thing(Kind::Symlink(target)) => write!(f, "{path} -> {target}"),
            What::Thing(kind) => write!(f, "{path} {kind:?}"),
            What::Hardlink(target) => write!(f, "{path} => {target}"),
            What::Whiteout => write!(f, "-{path}"),
            What::Opaque => write!(f, "!{path}"),
        }
    }
}

/// Applies a layer: its deletions to what is below, all at once, and then its entries one after the other.
pub(crate) fn apply(fs: &Fs, layer: &[Item]) -> Result<Fs, Fault> {
    let mut applied = fs.clone();
    for item in layer {
        match item.what {
            What::Whiteout => applied.remove(&fs.resolve(&item.path, false)?),
            What::Opaque => applied.remove_below(&fs.resolve(&item.path, true)?),
            _ => {}
        }
    }
    layer.iter().filter(|item| !item.is_marker()).try_for_each(|item| add(&mut applied, item))?;
    Ok(applied)
}

pub(crate) fn apply_all<'a>(layers: impl IntoIterator<Item = &'a Layer>) -> Result<Fs, Fault> {
    layers.into_iter().try_fold(Fs::default(), |fs, layer| apply(&fs, layer))
}

/// Applies one entry, or changes nothing.
pub(crate) fn add(fs: &mut Fs, item: &Item) -> Result<(), Fault> {
    let place = fs.resolve(&item.path, false)?;
    if above(&place).any(|dir| fs.get(dir).is_some() && !fs.is_directory(dir)) {
        return Err(Fault::NoDirectory);
    }
    match &item.what {
        What::Thing(kind) => {
            fs.imply_above(&place);
            let (kind, attributes) = (kind.clone(), item.attributes.clone());
            fs.create(&place, Inode { kind, attributes, is_implied: false });
        }
        What::Hardlink(target) => {
            // What was at the place goes before the link is made.
            let mut without = fs.clone();
            without.remove(&place);
            let target = without.resolve(target, false)?;
            let inode = without.inode(&target).filter(|_| !without.is_directory(&target));
            let inode = inode.ok_or(Fault::NoTarget)?;
            fs.imply_above(&place);
            fs.link(&place, inode);
        }
        What::Whiteout | What::Opaque => unreachable!("deletions are applied before entries"),
    }
    Ok(())
}

/// The same layer with its deletions first, in the order they have among each other.
pub(crate) fn markers_first(layer: &Layer) -> Layer {
    let (markers, entries): (Vec<_>, Vec<_>) = layer.iter().cloned().partition(Item::is_marker);
    [markers, entries].concat()
}

/// Whether a tool that applies deletions one after the other comes to the same result.
pub(crate) fn is_plain(layers: &[Layer]) -> bool {
    let one_by_one: Vec<Layer> = layers
        .iter()
        .flat_map(|layer| {
            let (markers, entries): (Vec<_>, Vec<_>) = layer.iter().cloned().partition(Item::is_marker);
            markers.into_iter().map(|marker| vec![marker]).chain([entries])
        })
        .collect();
    match (apply_all(layers), apply_all(&one_by_one)) {
        (Ok(at_once), Ok(one_by_one)) => at_once.rows() == one_by_one.rows(),
        _ => false,
    }
}
