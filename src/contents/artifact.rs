//! What an artifact's layer holds, from the indexes of the artifact's layers alone.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use super::operation::{LayerContents, Position};
use super::placement::{Allow, Conflict, Directories, Placement, Thing};
use super::view::{Node, View, ViewError};
use crate::code::{Code, Coded};
use crate::layer::{Fault, ItemKind, LayerIndex};
use crate::nearest::nearest;
use crate::rootfs::{Attributes, Kind, RootPath, Selection};

/// What is taken from an artifact, and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Take {
    /// Which paths.
    pub selection: Selection,
    /// The user that gets them, in place of their own.
    pub uid: Option<u32>,
    /// The group that gets them, in place of their own.
    pub gid: Option<u32>,
    /// The directory they go below.
    pub to: RootPath,
    /// The latest time that an entry may have, in seconds since 1970.
    pub latest: Option<i64>,
    /// What is allowed besides.
    pub allow: Allow,
}

impl Take {
    /// The attributes that an entry of the source gets.
    pub(super) fn attributes(&self, own: &Attributes) -> Attributes {
        let mut attributes = own.clone();
        attributes.owner.uid = self.uid.unwrap_or(attributes.owner.uid);
        attributes.owner.gid = self.gid.unwrap_or(attributes.owner.gid);
        attributes.mtime = attributes.mtime.max(0).min(self.latest.unwrap_or(i64::MAX));
        attributes
    }

    /// The path of the source that belongs at `at`, where one does.
    pub(super) fn source_of(&self, at: &RootPath) -> Option<RootPath> {
        if self.to.is_root() {
            return Some(at.clone());
        }
        let rest = at.as_bytes().strip_prefix(self.to.as_bytes())?.strip_prefix(b"/")?;
        RootPath::parse(rest).ok()
    }
}

/// An artifact that cannot be taken as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArtifactError {
    /// Its layers cannot be applied.
    #[error(transparent)]
    View(#[from] ViewError),
    /// It cannot be placed on what is below.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// An include selects nothing.
    #[error("include `{include}` selects nothing")]
    Nothing {
        /// The include.
        include: String,
        /// Its place in the list.
        number: usize,
        /// Where it leads to, where it is written through a link.
        physical: Option<RootPath>,
        /// An existing path that is most like it.
        nearest: Option<RootPath>,
    },
    /// All that is included is excluded.
    #[error("everything that is included is excluded as well")]
    AllExcluded,
    /// Something that is taken cannot be used.
    #[error("`{path}`: {fault}")]
    Fault {
        /// Its path.
        path: RootPath,
        /// Why.
        fault: Fault,
    },
}

impl Coded for ArtifactError {
    fn code(&self) -> Code {
        match self {
            Self::View(error) => error.code(),
            Self::Conflict(error) => error.code(),
            Self::Nothing { .. } | Self::AllExcluded => Code::GlobEmpty,
            Self::Fault { fault, .. } => fault.code(),
        }
    }
}

/// Lays out what is taken from an artifact of these layers, the lowest first, on the view `below`.
///
/// The order is the one in which a single reading gives it: the topmost layer first, within it the order of the stream,
/// parents before children, content at the item that holds it.
pub fn artifact(
    layers: &[Arc<LayerIndex>],
    take: &Take,
    below: &View,
) -> Result<LayerContents, ArtifactError> {
    refuse_faults(layers, take)?;
    let flat = &View::of(layers.iter().map(|index| &**index))?;
    let Selected { entries: selected, implied } = select(flat, take)?;
    selected.iter().try_for_each(|one| one.refuse_fault(layers))?;
    let carriers = carriers(&selected);
    let mut order: Vec<_> =
        selected.iter().map(|one| (if one.carries(&carriers) { one.data } else { one.item }, one)).collect();
    order.sort_by_key(|(at, _)| (Reverse(at.layer), at.ordinal));

    let directories = Flat::on(below, flat, take);
    let mut placement = Placement::on(below, take.allow, take.latest);
    let mut places: HashMap<Position, RootPath> = HashMap::new();
    for (_, one) in order {
        let is_link = one.item != one.data && !matches!(one.node.entry.kind, Kind::Symlink(_));
        let carried = (is_link && !one.carries(&carriers)).then(|| places.get(&one.data).cloned()).flatten();
        let thing = Thing {
            at: take.to.join_path(one.path),
            kind: one.node.entry.kind.clone(),
            attributes: take.attributes(&one.node.entry.attributes),
            data: matches!(one.node.entry.kind, Kind::File(_)).then_some(one.data),
            link_to: carried,
            kept: flat.kept(one.path),
        };
        if let Some(place) = placement.put(thing, &directories)? {
            places.entry(one.data).or_insert(place);
        }
    }
    implied.into_iter().try_for_each(|path| placement.imply(take.to.join_path(path), &directories))?;
    Ok(placement.contents)
}

/// Refuses a selected item that cannot be used; what is not selected may be as it likes.
fn refuse_faults(layers: &[Arc<LayerIndex>], take: &Take) -> Result<(), ArtifactError> {
    let mut cursor = take.selection.cursor();
    for index in layers {
        for (ordinal, fault) in &index.faults {
            match &index.items[*ordinal as usize].kind {
                ItemKind::Entry(entry) if cursor.takes(&entry.path) => {
                    return Err(ArtifactError::Fault { path: entry.path.clone(), fault: fault.clone() });
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// A selected path that an entry describes.
struct Entry<'a> {
    path: &'a RootPath,
    node: &'a Node,
    item: Position,
    data: Position,
}

impl Entry<'_> {
    /// Refuses an item that cannot be used, wherever links of lower layers have led it.
    fn refuse_fault(&self, layers: &[Arc<LayerIndex>]) -> Result<(), ArtifactError> {
        match layers[self.item.layer as usize].faults.get(&self.item.ordinal) {
            Some(fault) => Err(ArtifactError::Fault { path: self.path.clone(), fault: fault.clone() }),
            None => Ok(()),
        }
    }

    /// Whether content is written under this name, and under the others as hard links to it.
    fn carries(&self, carriers: &HashMap<Position, Position>) -> bool {
        carriers.get(&self.data) == Some(&self.item)
    }
}

/// For each content, the selected item that is written with it: the one that holds it, else the first link to it.
fn carriers(selected: &[Entry<'_>]) -> HashMap<Position, Position> {
    let mut carriers = HashMap::new();
    for one in selected {
        let carrier = carriers.entry(one.data).or_insert(one.item);
        let rank = |item: &Position| (*item != one.data, Reverse(item.layer), item.ordinal);
        if rank(&one.item) < rank(carrier) {
            *carrier = one.item;
        }
    }
    carriers
}

/// What is selected of a flattened artifact.
#[derive(Default)]
struct Selected<'a> {
    entries: Vec<Entry<'a>>,
    /// Directories that no entry describes, and that would be missing where nothing below them is selected.
    implied: Vec<&'a RootPath>,
}

fn select<'a>(flat: &'a View, take: &Take) -> Result<Selected<'a>, ArtifactError> {
    let includes = take.selection.includes();
    let mut unused: Vec<bool> = vec![true; includes.len()];
    let mut left = includes.len();
    let mut selected = Selected::default();
    let mut is_excluded = false;
    let mut cursor = take.selection.cursor();
    for (path, node) in flat.iter().filter(|(path, _)| !path.is_root()) {
        if left > 0 {
            for number in cursor.included_by(path) {
                left -= usize::from(std::mem::take(&mut unused[*number]));
            }
        }
        if !cursor.takes(path) {
            is_excluded = is_excluded || !cursor.included_by(path).is_empty();
            continue;
        }
        match (node.item, node.data) {
            (Some(item), Some(data)) => selected.entries.push(Entry { path, node, item, data }),
            _ => selected.implied.push(path),
        }
    }
    if let Some(number) = unused.iter().position(|unused| *unused) {
        return Err(nothing(flat, includes[number].as_str(), number));
    }
    if selected.entries.is_empty() && is_excluded {
        return Err(ArtifactError::AllExcluded);
    }
    Ok(selected)
}

/// The error for an include that selects nothing, with where it leads and what is like it.
fn nothing(flat: &View, include: &str, number: usize) -> ArtifactError {
    let plain: Vec<&str> = include.split('/').take_while(|c| !c.contains(['*', '?', '[', '\\'])).collect();
    let path = RootPath::parse(plain.join("/")).unwrap_or_else(|_| RootPath::root());
    let physical =
        flat.destination(&path).ok().filter(|physical| *physical != path && flat.get(physical).is_some());
    let nearest = nearest_path(flat, &path).filter(|_| physical.is_none());
    ArtifactError::Nothing { include: include.to_owned(), number, physical, nearest }
}

/// The existing path that is most like `path`: as deep as it exists, and there the most similar name.
fn nearest_path(flat: &View, path: &RootPath) -> Option<RootPath> {
    let mut place = RootPath::root();
    for component in path.components() {
        let next = place.join(component);
        if flat.get(&next).is_some() {
            place = next;
            continue;
        }
        let names: Vec<String> = flat
            .below(&place)
            .filter(|(below, _)| below.parent().as_ref() == Some(&place))
            .map(|(below, _)| String::from_utf8_lossy(below.name()).into_owned())
            .collect();
        let wanted = String::from_utf8_lossy(component);
        let name = nearest(&wanted, names.iter().map(String::as_str));
        return name.map(|name| place.join(name.as_bytes())).or((!place.is_root()).then_some(place));
    }
    Some(place)
}

/// The directories of a flattened artifact.
struct Flat<'a> {
    flat: &'a View,
    take: &'a Take,
    /// Selected ones that links below lead elsewhere, by where that is: such a place may be made as a parent first.
    led: HashMap<RootPath, Attributes>,
}

impl<'a> Flat<'a> {
    fn on(below: &View, flat: &'a View, take: &'a Take) -> Self {
        let mut led = HashMap::new();
        let mut cursor = take.selection.cursor();
        for (path, node) in flat.iter().filter(|(path, node)| !path.is_root() && is_described(node)) {
            let at = take.to.join_path(path);
            if let Some(place) = below.physical(&at).ok().filter(|place| *place != at && cursor.takes(path)) {
                led.entry(place).or_insert_with(|| take.attributes(&node.entry.attributes));
            }
        }
        Self { flat, take, led }
    }
}

fn is_described(node: &Node) -> bool {
    node.item.is_some() && node.entry.kind.is_directory()
}

impl Directories for Flat<'_> {
    fn directory(&self, at: &RootPath) -> Option<(Attributes, bool)> {
        let own = self.take.source_of(at).and_then(|source| {
            let node = self.flat.get(&source).filter(|node| is_described(node))?;
            Some((self.take.attributes(&node.entry.attributes), self.take.selection.takes(&source)))
        });
        own.or_else(|| Some((self.led.get(at)?.clone(), true)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contents::sample::{index, path};
    use crate::contents::{Finding, FirstPass, Operation};
    use crate::layer::LayerIndex;
    use crate::rootfs::Pattern;

    fn taking(includes: &[&str], excludes: &[&str]) -> Take {
        let patterns = |list: &[&str]| list.iter().map(|text| Pattern::parse(text).unwrap()).collect();
        Take {
            selection: Selection::new(patterns(includes), patterns(excludes)),
            uid: None,
            gid: None,
            to: RootPath::root(),
            latest: None,
            allow: Allow::default(),
        }
    }

    fn view(lines: &[&str]) -> View {
        View::of([&index(lines)]).unwrap()
    }

    /// Lays out the layers, lowest first, and says what is written; `~` marks what has another time than its own.
    fn lay(layers: &[&[&str]], take: &Take, below: &View) -> Result<Vec<String>, ArtifactError> {
        let indexes: Vec<_> = layers.iter().map(|lines| Arc::new(index(lines))).collect();
        Ok(written(&artifact(&indexes, take, below)?.operations))
    }

    fn written(operations: &[Operation]) -> Vec<String> {
        operations.iter().map(one).collect()
    }

    fn one(operation: &Operation) -> String {
        let Operation::Entry { entry, .. } = operation else { panic!("artifacts delete nothing") };
        let mark = if entry.attributes.mtime == 1_000 { "" } else { "~" };
        let rest = match &entry.kind {
            Kind::Directory => format!("/ {}", entry.attributes.mode),
            Kind::Symlink(target) => format!(" -> {}", String::from_utf8_lossy(target)),
            Kind::Hardlink(target) => format!(" => {target}"),
            _ => String::new(),
        };
        format!("{mark}{}{rest}", entry.path)
    }

    #[test]
    fn the_topmost_layer_comes_first_and_parents_before_children() {
        let lower: &[&str] = &["usr/", "usr/a", "usr/b", "usr/deep/x"];
        let upper: &[&str] = &["usr/c", "usr/.wh.b", "usr/a=new"];
        let laid = lay(&[lower, upper], &taking(&["usr"], &[]), &View::default()).unwrap();
        assert_eq!(laid, ["usr/ 0755", "usr/c", "usr/a", "~usr/deep/ 0755", "usr/deep/x"]);
    }

    #[test]
    fn m04_what_is_written_is_included_and_not_excluded_plus_parents() {
        let lines: &[&str] = &["opt/ 0750", "opt/a/", "opt/a/x", "opt/a/y", "opt/b"];
        let laid = lay(&[lines], &taking(&["opt/a"], &["opt/a/y"]), &View::default()).unwrap();
        assert_eq!(laid, ["~opt/ 0750", "opt/a/ 0755", "opt/a/x"]);
        let error = lay(&[lines], &taking(&["opt/a"], &["opt"]), &View::default()).unwrap_err();
        assert_eq!(error, ArtifactError::AllExcluded);
    }

    #[test]
    fn a_directory_that_links_below_lead_to_is_as_the_source_has_it() {
        let below = view(&["usr/lib/", "lib -> usr/lib"]);
        for lines in [&["lib/d/ 0700", "lib/d/x"], &["lib/d/x", "lib/d/ 0700"]] {
            let laid = lay(&[lines], &taking(&["lib"], &[]), &below).unwrap();
            assert_eq!(laid[2..], ["usr/lib/d/ 0700", "usr/lib/d/x"]);
            let laid = lay(&[lines], &taking(&["lib/d/x"], &[]), &below).unwrap();
            assert_eq!(laid[2..], ["~usr/lib/d/ 0700", "usr/lib/d/x"]);
        }
        let laid =
            lay(&[&["lib/d/ 0700"], &["lib/d/x"]], &taking(&["lib"], &[]), &view(&["lib -> none"])).unwrap();
        assert_eq!(laid, ["~none/ 0755", "none/d/ 0700", "none/d/x"]);
    }

    #[test]
    fn the_directory_that_takes_an_artifact_in_has_nothing_of_its_root() {
        let mut take = taking(&["**"], &[]);
        take.to = path("b/a");
        let laid = lay(&[&["./ 0700", "x"]], &take, &view(&["b -> c"])).unwrap();
        assert_eq!(laid, ["~c/ 0755", "~c/a/ 0755", "c/a/x"]);
    }

    #[test]
    fn a_place_that_is_made_as_a_parent_first_is_as_the_directory_that_belongs_there() {
        let below = view(&["a -> b", "b/c/x -> y"]);
        let mut take = taking(&["**"], &[]);
        take.to = path("a/c");
        let laid = lay(&[&["x/d/", "y/ 0700"]], &take, &below).unwrap();
        assert_eq!(laid[2..], ["b/c/y/ 0700", "b/c/y/d/ 0755"]);
    }

    #[test]
    fn t05_what_cannot_be_used_is_refused_wherever_a_lower_link_has_led_it() {
        let upper = {
            let mut upper = index(&["lib/x", "etc"]);
            upper.faults.insert(0, Fault::Duplicate);
            upper.faults.insert(1, Fault::Type("named pipe"));
            Arc::new(upper)
        };
        let lower = Arc::new(index(&["lib -> usr/lib", "usr/lib/y", "etc/x"]));
        let lay = |include: &str| {
            let layers = [Arc::clone(&lower), Arc::clone(&upper)];
            artifact(&layers, &taking(&[include], &[]), &View::default())
        };
        assert!(
            matches!(lay("usr/lib"), Err(ArtifactError::Fault { path: at, .. }) if at == path("usr/lib/x"))
        );
        assert!(lay("usr/lib/y").is_ok());
        assert!(
            matches!(lay("etc/x"), Err(ArtifactError::Nothing { .. })),
            "a pipe has taken its directory's place"
        );
    }

    #[test]
    fn what_overlayfs_keeps_in_attributes_of_a_parent_stays_below() {
        let mut below = index(&["opt/ 0700"]);
        let ItemKind::Entry(opt) = &mut below.items[0].kind else { panic!() };
        let xattrs = &mut Arc::make_mut(opt).attributes.xattrs;
        for name in ["trusted.overlay.opaque", "user.own"] {
            xattrs.set(name.as_bytes(), b"y");
        }
        let below = View::of([&below]).unwrap();
        let contents = artifact(&[Arc::new(index(&["opt/x"]))], &taking(&["opt/x"], &[]), &below).unwrap();
        let Operation::Entry { entry, .. } = &contents.operations[0] else { panic!() };
        let names: Vec<_> = entry.attributes.xattrs.iter().map(|(name, _)| name).collect();
        assert_eq!(names, [b"user.own"]);
    }

    #[test]
    fn a_directory_that_no_entry_describes_is_taken_all_the_same() {
        let layers: &[&[&str]] = &[&["d/e/x", "d/y"], &["d/e/.wh.x"]];
        let laid = lay(layers, &taking(&["**"], &[]), &View::default()).unwrap();
        assert_eq!(laid, ["~d/ 0755", "d/y", "~d/e/ 0755"]);
        let laid = lay(layers, &taking(&["**"], &[]), &view(&["d/", "d/e/ 0700"])).unwrap();
        assert_eq!(laid, ["~d/ 0755", "d/y"], "where there is one, it stays as it is");
        let error = lay(&[&["d/x"]], &taking(&["d"], &["d/x"]), &View::default()).unwrap_err();
        assert_eq!(error, ArtifactError::AllExcluded);
    }

    #[test]
    fn s11_an_include_that_selects_nothing_names_what_is_like_it() {
        let lines: &[&str] = &["usr/lib/libz.so", "lib -> usr/lib"];
        let nothing = |include: &str| match lay(&[lines], &taking(&["usr", include], &[]), &View::default()) {
            Err(ArtifactError::Nothing { number: 1, physical, nearest, .. }) => (physical, nearest),
            other => panic!("{other:?}"),
        };
        assert_eq!(nothing("usr/lib/libzz.so"), (None, Some(path("usr/lib/libz.so"))));
        assert_eq!(nothing("lib/libz.so"), (Some(path("usr/lib/libz.so")), None));
    }

    #[test]
    fn t06_a_path_below_a_link_of_the_base_lands_where_it_leads() {
        let below = view(&["usr/", "usr/lib/", "lib -> usr/lib"]);
        let laid = lay(&[&["lib/", "lib/x"]], &taking(&["lib"], &[]), &below).unwrap();
        assert_eq!(
            laid,
            ["~usr/ 0755", "~usr/lib/ 0755", "usr/lib/x"],
            "and the directory over the link is dropped"
        );
    }

    #[test]
    fn the_same_link_again_is_not_written_and_another_one_is_refused() {
        let below = view(&["usr/lib/x", "lib -> usr/lib"]);
        let laid = lay(&[&["lib -> usr/lib", "y"]], &taking(&["**"], &[]), &below).unwrap();
        assert_eq!(laid, ["y"]);
        for lines in [&["lib -> usr/lib64"][..], &["lib"]] {
            let error = lay(&[lines], &taking(&["lib"], &[]), &below).unwrap_err();
            assert!(matches!(error, ArtifactError::Conflict(Conflict::OverLink { .. })), "{error}");
        }
        let error = lay(&[&["up"]], &taking(&["up"], &[]), &view(&["up -> .."])).unwrap_err();
        assert!(matches!(error, ArtifactError::Conflict(Conflict::OverLink { .. })), "{error}");
        let mut take = taking(&["lib"], &[]);
        take.allow.replace = true;
        assert_eq!(lay(&[&["lib"]], &take, &below).unwrap(), ["lib"]);
    }

    #[test]
    fn a_file_over_a_directory_with_content_is_refused() {
        let error = lay(&[&["usr"]], &taking(&["usr"], &[]), &view(&["usr/x"])).unwrap_err();
        assert!(matches!(error, ArtifactError::Conflict(Conflict::OverDirectory { .. })), "{error}");
        assert_eq!(lay(&[&["usr"]], &taking(&["usr"], &[]), &view(&["usr/"])).unwrap(), ["usr"]);
    }

    #[test]
    fn two_paths_on_one_place_are_written_once_if_they_are_the_same() {
        let below = view(&["usr/lib/", "lib -> usr/lib"]);
        let laid = lay(&[&["lib/x=1", "usr/lib/x=1"]], &taking(&["**"], &[]), &below).unwrap();
        assert_eq!(laid, ["~usr/ 0755", "~usr/lib/ 0755", "usr/lib/x"]);
        let error = lay(&[&["lib/x=1", "usr/lib/x=2"]], &taking(&["**"], &[]), &below).unwrap_err();
        assert!(matches!(error, ArtifactError::Conflict(Conflict::Twice { .. })), "{error}");
    }

    #[test]
    fn m07_a_parent_keeps_what_it_has_below() {
        let below = view(&["opt/ 0700", "opt/in/ 0711"]);
        let laid = lay(&[&["opt/", "opt/in/", "opt/in/x"]], &taking(&["opt/in/x"], &[]), &below).unwrap();
        assert_eq!(laid, ["~opt/ 0700", "~opt/in/ 0711", "opt/in/x"]);
    }

    #[test]
    fn a_hard_link_without_its_target_becomes_the_file() {
        let lines: &[&str] = &["a", "d/b => a", "d/c => a"];
        let laid = lay(&[lines], &taking(&["d"], &[]), &View::default()).unwrap();
        assert_eq!(laid, ["~d/ 0755", "d/b", "d/c => d/b"]);
        let laid = lay(&[lines], &taking(&["**"], &[]), &View::default()).unwrap();
        assert_eq!(laid, ["a", "~d/ 0755", "d/b => a", "d/c => a"]);
    }

    #[test]
    fn a_hard_link_whose_target_is_replaced_above_keeps_its_content() {
        let laid = lay(&[&["a=old", "b => a"], &["a=new"]], &taking(&["**"], &[]), &View::default()).unwrap();
        assert_eq!(laid, ["a", "b"]);
    }

    #[test]
    fn what_is_taken_gets_the_owner_and_directory_that_are_asked_for() {
        let mut take = taking(&["usr/bin"], &[]);
        (take.uid, take.gid, take.to) = (Some(7), Some(8), path("opt/tool"));
        let contents = artifact(&[Arc::new(index(&["usr/bin/x"]))], &take, &View::default()).unwrap();
        assert_eq!(written(&contents.operations).last().unwrap(), "opt/tool/usr/bin/x");
        let Operation::Entry { entry, .. } = contents.operations.last().unwrap() else { panic!() };
        assert_eq!(entry.attributes.owner.to_string(), "7:8");
    }

    #[test]
    fn every_overwrite_is_a_finding() {
        let contents =
            artifact(&[Arc::new(index(&["etc/passwd=1"]))], &taking(&["etc"], &[]), &view(&["etc/passwd=2"]))
                .unwrap();
        let [Finding::Overwrites(overwrite)] = &contents.findings[..] else {
            panic!("{:?}", contents.findings)
        };
        assert_eq!((overwrite.path.to_string().as_str(), overwrite.same), ("etc/passwd", false));
    }

    /// What a first pass gives for these layers, lowest first.
    fn guess(layers: &[Arc<LayerIndex>], take: &Take, below: &View) -> Option<Vec<Operation>> {
        let mut pass = FirstPass::new(take, below, layers.len() as u32 - 1);
        for layer in layers.iter().rev() {
            for (ordinal, item) in layer.items.iter().enumerate() {
                pass.item(ordinal as u32, item);
            }
            pass.end_layer(layer);
        }
        pass.finish()
    }

    #[test]
    fn a_first_pass_is_right_where_nothing_comes_too_late() {
        let below = view(&["usr/lib/", "lib -> usr/lib"]);
        let lower = Arc::new(index(&[
            "usr/",
            "usr/lib/",
            "usr/lib/a",
            "usr/lib/b => usr/lib/a",
            "lib/",
            "lib/c",
            "x -> y",
        ]));
        let upper = Arc::new(index(&["usr/", "usr/.wh.gone", "usr/new", "usr/lib/", "usr/lib/d"]));
        for layers in [vec![lower.clone()], vec![lower, upper]] {
            let take = taking(&["**"], &["usr/lib/none"]);
            let exact = artifact(&layers, &take, &below).unwrap();
            assert!(exact.writes_the_same(&guess(&layers, &take, &below).unwrap()));
        }
    }

    #[test]
    fn a_first_pass_is_known_to_be_wrong_where_something_comes_too_late() {
        for (layers, include) in [
            ([index(&["d/x", "d/ 0700"])].map(Arc::new).to_vec(), "d/x"),
            ([index(&["a", "d/b => a"])].map(Arc::new).to_vec(), "d"),
            ([index(&["d/ 0700", "d/y"]), index(&["d/x"])].map(Arc::new).to_vec(), "d/x"),
            ([index(&["lib -> usr/lib"]), index(&["lib/x"])].map(Arc::new).to_vec(), "usr/lib/x"),
        ] {
            let take = taking(&[include], &[]);
            let exact = artifact(&layers, &take, &View::default()).unwrap();
            let guess = guess(&layers, &take, &View::default());
            assert!(guess.is_none_or(|guess| !exact.writes_the_same(&guess)), "{include}");
        }
    }
}
