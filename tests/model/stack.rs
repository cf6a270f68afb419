//! Random stacks of layers that break no rule.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::select;

use super::fs::{Attributes, Fs, Kind, above, is_below};
use super::layer::{Item, Layer, What, add, apply};
use super::place::{Glob, Taken};

/// Whose layers they are, and so which rules hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// Whatever the appliers of images agree on.
    Base,
    /// Each path once in a layer, nothing below a link or file of the same layer, hard links within the layer.
    Artifact,
}

/// 1 to 6 layers of up to 40 entries.
pub(crate) fn stacks(of: Of) -> impl Strategy<Value = Vec<Layer>> {
    let layer = prop_oneof![
        4 => prop::collection::vec(item(), 1..12),
        1 => prop::collection::vec(item(), 12..40),
    ];
    let layer = (layer, prop::option::weighted(0.2, attributes())).prop_map(|(mut layer, root)| {
        let what = What::Thing(Kind::Directory);
        layer.splice(
            0..0,
            root.map(|attributes| Item { path: String::new(), what, attributes: of_directory(attributes) }),
        );
        layer
    });
    prop::collection::vec(layer, 1..=6).prop_map(move |layers| sound(layers, of))
}

/// Paths of three letters, up to four deep.
pub(crate) fn path() -> impl Strategy<Value = String> {
    let names = prop::collection::vec(select(&["a", "b", "c"][..]), 1..=4);
    names.prop_map(|names| names.join("/"))
}

fn item() -> impl Strategy<Value = Item> {
    (path(), what(), attributes()).prop_map(|(path, what, attributes)| {
        let attributes = match &what {
            // Only files and directories can have attributes of users, and links have no mode.
            What::Thing(Kind::File(_)) => attributes,
            What::Thing(Kind::Directory) => of_directory(attributes),
            What::Thing(Kind::Symlink(_)) => {
                Attributes { mode: 0o777, xattrs: BTreeMap::new(), ..attributes }
            }
            _ => Attributes { xattrs: BTreeMap::new(), ..attributes },
        };
        Item { path, what, attributes }
    })
}

/// Not setgid, which what umoci creates below inherits.
fn of_directory(attributes: Attributes) -> Attributes {
    Attributes { mode: attributes.mode & !0o2000, ..attributes }
}

fn what() -> impl Strategy<Value = What> {
    let content = (select(&b"xyz"[..]), select(&[0_usize, 1, 5, 511, 512, 513, 1500][..]));
    prop_oneof![
        8 => Just(What::Thing(Kind::Directory)),
        8 => content.prop_map(|(byte, length)| What::Thing(Kind::File(vec![byte; length]))),
        4 => target().prop_map(|target| What::Thing(Kind::Symlink(target))),
        4 => path().prop_map(What::Hardlink),
        1 => Just(What::Thing(Kind::Fifo)),
        1 => Just(What::Thing(Kind::Device(1, 3))),
        3 => Just(What::Whiteout),
        1 => Just(What::Opaque),
    ]
}

/// Targets of symbolic links: relative, absolute, out of the root, to nothing.
pub(crate) fn target() -> impl Strategy<Value = String> {
    let form =
        select(&["PATH", "PATH", "/PATH", "../PATH", "../../../PATH", "PATH/..", "./PATH/", "none/PATH"][..]);
    (form, path()).prop_map(|(form, path)| form.replace("PATH", &path))
}

/// What is taken of an artifact, mostly all of it.
pub(crate) fn taken() -> impl Strategy<Value = Taken> {
    let glob = prop_oneof![
        2 => path().prop_map(Glob::Path),
        1 => path().prop_map(Glob::In),
        1 => select(&["a", "b", "c"][..]).prop_map(|name| Glob::Named(name.to_owned())),
    ];
    let includes = prop_oneof![3 => Just(vec![Glob::All]), 1 => prop::collection::vec(glob.clone(), 1..3)];
    let excludes = prop::collection::vec(glob, 0..3);
    let to = prop_oneof![3 => Just(String::new()), 1 => path()];
    let uid = prop::option::weighted(0.2, Just(9));
    (includes, excludes, to, uid).prop_map(|(includes, excludes, to, uid)| Taken {
        includes,
        excludes,
        to,
        uid,
    })
}

fn attributes() -> impl Strategy<Value = Attributes> {
    (
        select(&[0o755, 0o755, 0o700, 0o644, 0o600, 0o1777, 0o4755, 0o2750][..]),
        select(&[(0, 0), (0, 0), (7, 8), (70_000, 3)][..]),
        select(&[0_i64, 1_000_000_000, 1_700_000_000][..]),
        prop::option::weighted(0.1, select(&["one", "\0two"][..])),
    )
        .prop_map(|(mode, owner, mtime, xattr)| {
            let xattrs =
                xattr.map(|value| ("user.test".to_owned(), value.as_bytes().to_vec())).into_iter().collect();
            Attributes { mode, owner, mtime, xattrs }
        })
}

/// Leaves out what breaks a rule or cannot be applied.
fn sound(layers: Vec<Layer>, of: Of) -> Vec<Layer> {
    let mut fs = Fs::default();
    layers
        .into_iter()
        .map(|layer| {
            let leads_somewhere = |item: &Item| fs.resolve(&item.path, item.what == What::Opaque).is_ok();
            let is_sound = |item: &Item| !item.is_marker() || leads_somewhere(item);
            let layer: Layer = layer.into_iter().filter(is_sound).collect();
            let markers: Vec<Item> = layer.iter().filter(|item| item.is_marker()).cloned().collect();
            let mut applied = apply(&fs, &markers).expect("every deletion leads somewhere");
            let mut rules = Rules::new(of, &markers);
            let keeps =
                |item: &Item| item.is_marker() || rules.admit(item) && add(&mut applied, item).is_ok();
            let layer = {
                let mut keeps = keeps;
                layer.into_iter().filter(|item| keeps(item)).collect()
            };
            fs = applied;
            layer
        })
        .collect()
}

/// The rules on the entries of one layer.
struct Rules {
    of: Of,
    /// The paths so far, and which are directories.
    names: BTreeMap<String, bool>,
    whiteouts: BTreeSet<String>,
}

impl Rules {
    fn new(of: Of, markers: &[Item]) -> Self {
        let whiteouts = markers.iter().filter(|item| item.what == What::Whiteout);
        let whiteouts = whiteouts.map(|item| item.path.clone()).collect();
        Self { of, names: BTreeMap::new(), whiteouts }
    }

    /// Whether an entry breaks no rule. One that cannot be applied all the same does no harm to those after it.
    fn admit(&mut self, item: &Item) -> bool {
        let is_sound = self.of == Of::Base || self.is_alone(item) && self.links_within(item);
        if is_sound {
            self.names.insert(item.path.clone(), item.is_directory());
        }
        is_sound
    }

    fn is_alone(&self, item: &Item) -> bool {
        !self.names.contains_key(&item.path)
            && above(&item.path).all(|dir| self.names.get(dir) != Some(&false))
            && (item.is_directory() || !self.names.keys().any(|other| is_below(other, &item.path)))
    }

    fn links_within(&self, item: &Item) -> bool {
        let What::Hardlink(target) = &item.what else { return true };
        let is_deleted = |path: &str| self.whiteouts.contains(path);
        self.names.get(target) == Some(&false) && !is_deleted(target) && !above(target).any(is_deleted)
    }
}
