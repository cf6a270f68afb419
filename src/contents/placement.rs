//! Placing entries on the view below them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::finding::{self, Finding, Overwrite};
use super::follow::{self, Last, PathLoop};
use super::ledger::{Ledger, Place, Thing};
use super::operation::Operation;
use super::view::View;
use crate::code::{Code, Coded};
use crate::rootfs::{Attributes, Kind, PathSet, RootPath, Tree};

/// What a build may do that is refused otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allow {
    /// A file or link may take the place of a directory with content, or of a link to one.
    pub replace: bool,
}

/// Two things that cannot be at one place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// What is no directory meets a directory that is not empty.
    #[error("{is} `{path}` would take the place of a directory that is not empty")]
    OverDirectory {
        /// The place.
        path: RootPath,
        /// What would be there.
        is: &'static str,
    },
    /// What is no directory meets a link to a directory.
    #[error("{is} `{path}` would take the place of a symbolic link to the directory `{target}`")]
    OverLink {
        /// The place.
        path: RootPath,
        /// What would be there.
        is: &'static str,
        /// Where the link leads.
        target: RootPath,
    },
    /// Two paths of one source meet.
    #[error("`{first}` and `{second}` both belong at `{path}`, and differ")]
    Twice {
        /// The place.
        path: RootPath,
        /// The path that came first.
        first: RootPath,
        /// The path that came second.
        second: RootPath,
    },
    /// Symbolic links never end.
    #[error(transparent)]
    Loop(#[from] PathLoop),
}

impl Coded for Conflict {
    fn code(&self) -> Code {
        match self {
            Self::Loop(error) => error.code(),
            _ => Code::Conflict,
        }
    }
}

/// What the source itself says of the directories that lead to what is placed.
pub(super) trait Directories {
    /// The attributes of the source's directory that belongs at `at`, and whether it is selected itself.
    fn directory(&self, at: &RootPath) -> Option<(Attributes, bool)>;
}

/// A layer of ours while its entries are placed, one after another.
pub(super) struct Placement<'a, L> {
    below: &'a View,
    allow: Allow,
    /// The time of what has none of its own.
    generated: i64,
    /// Where things were placed, numbered as in the ledger.
    placed: PathSet,
    /// The directories that things belonged in which links have led elsewhere, by their numbers.
    origins: HashMap<u32, u32>,
    origin_dirs: PathSet,
    /// The directory of what was placed last, where no link led there: it and all above it were placed, and stay.
    settled: Option<RootPath>,
    /// What of the view below is deleted, with everything below it.
    removed: Tree<()>,
    /// Directories and links of the view below whose place something else takes.
    replaced: Tree<()>,
    /// What was placed, in order.
    pub(super) ledger: L,
    /// The bytes of small files that later layers need, by path.
    pub(super) kept: BTreeMap<RootPath, Arc<[u8]>>,
    pub(super) findings: Vec<Finding>,
}

/// What is at a place right now.
struct Found {
    kind: Kind,
    attributes: Attributes,
    layer: u32,
}

impl<'a, L: Ledger> Placement<'a, L> {
    pub(super) fn on(below: &'a View, allow: Allow, latest: Option<i64>, ledger: L) -> Self {
        Self {
            below,
            allow,
            generated: latest.map_or(Attributes::EPOCH, |latest| latest.min(Attributes::EPOCH)),
            placed: PathSet::default(),
            origins: HashMap::new(),
            origin_dirs: PathSet::default(),
            settled: None,
            removed: Tree::default(),
            replaced: Tree::default(),
            ledger,
            kept: BTreeMap::new(),
            findings: Vec::new(),
        }
    }

    /// Places a thing and the parents it needs; gives back where it is, unless it is there already.
    pub(super) fn put(
        &mut self,
        thing: Thing<'_>,
        directories: &dyn Directories,
    ) -> Result<Option<Place>, Conflict> {
        let path = self.physical(&thing.at)?;
        if let Some(number) = self.placed(&path) {
            let (kind, attributes) = (self.ledger.kind(number), self.ledger.attributes(number));
            let same = kind == thing.kind && same_attributes(&attributes, &thing.attributes);
            let origin = self.origin(&path, number);
            return if same || (origin == thing.at && thing.kind.is_directory()) {
                Ok(Some(Place { number, path }))
            } else {
                Err(Conflict::Twice { path, first: origin, second: thing.at })
            };
        }
        if !self.may_stand(&path, &thing)? {
            return Ok(None);
        }
        if !self.is_settled(&path) {
            self.put_parents(&path, &thing.at, directories)?;
            self.settled = path.parent().filter(|_| path == thing.at);
        }
        let number = self.emit(path.clone(), thing);
        Ok(Some(Place { number, path }))
    }

    /// What was placed at a path.
    pub(super) fn placed(&self, path: &RootPath) -> Option<u32> {
        self.placed.find(path)
    }

    /// Places a directory that the source has without describing it: as other parents, and not where a link leads on.
    pub(super) fn imply(&mut self, at: RootPath, directories: &dyn Directories) -> Result<(), Conflict> {
        let path = self.physical(&at)?;
        match self.found(&path).map(|found| found.kind) {
            Some(Kind::Directory | Kind::Symlink(_)) => Ok(()),
            _ => {
                let attributes = Attributes { mtime: self.generated, ..Attributes::of_missing_parent() };
                let kind = Kind::Directory;
                let thing = Thing::made(at, kind, attributes);
                self.put(thing, directories).map(drop)
            }
        }
    }

    /// Takes away what the view below has at a path, before anything is placed.
    pub(super) fn remove(&mut self, path: &RootPath) {
        self.removed.insert(path, ());
    }

    /// Writes that what the view below has at a path goes, where nothing is placed.
    pub(super) fn delete(&mut self, path: &RootPath, directories: &dyn Directories) -> Result<(), Conflict> {
        self.put_parents(path, path, directories)?;
        // The marker itself is what is placed, so that numbers stay those of the ledger.
        let dir = path.parent().unwrap_or_else(RootPath::root);
        self.placed.insert(&dir.join(&[b".wh.", path.name()].concat()));
        self.ledger.mark(Operation::Whiteout { path: path.clone(), mtime: self.generated });
        Ok(())
    }

    /// Whether what was placed at a path or above it is no directory, so that it hides what the view below has there.
    pub(super) fn covers(&self, path: &RootPath) -> bool {
        let is_covered =
            |at: &RootPath| self.placed(at).is_some_and(|number| !self.ledger.is_directory(number));
        is_covered(path) || path.ancestors().any(|above| is_covered(&above))
    }

    /// Where a path leads to, links above it followed.
    pub(super) fn physical(&self, at: &RootPath) -> Result<RootPath, PathLoop> {
        if self.is_settled(at) {
            return Ok(at.clone());
        }
        follow::follow(at, Last::Keep, |at| self.target_of(at))
    }

    fn is_settled(&self, at: &RootPath) -> bool {
        self.settled.as_ref().is_some_and(|dir| at.is_right_in(dir))
    }

    fn target_of(&self, at: &RootPath) -> Option<&[u8]> {
        match self.placed(at) {
            Some(number) => self.ledger.target(number),
            None => self.below.target_of(at).filter(|_| !self.is_hidden(at)),
        }
    }

    fn found(&self, path: &RootPath) -> Option<Found> {
        if let Some(number) = self.placed(path) {
            let (kind, attributes) = (self.ledger.kind(number), self.ledger.attributes(number));
            return Some(Found { kind, attributes, layer: self.below.layers() });
        }
        let node = self.below.get(path).filter(|_| !self.is_hidden(path))?;
        Some(Found { kind: node.kind(), attributes: node.attributes(), layer: node.layer() })
    }

    /// Where what was placed at a path belonged.
    fn origin(&self, path: &RootPath, number: u32) -> RootPath {
        match self.origins.get(&number) {
            Some(dir) => self.origin_dirs.get(*dir).join(path.name()),
            None => path.clone(),
        }
    }

    /// Whether this layer takes away what the view below has at a path.
    fn is_hidden(&self, path: &RootPath) -> bool {
        holds(&self.removed, path) || holds(&self.replaced, path)
    }

    /// Where the link at a path of the view below leads, where that is a directory there.
    ///
    /// What this layer places does not count, so that its order does not either. A link that never ends leads to nothing.
    fn directory_of_link(&self, path: &RootPath) -> Option<RootPath> {
        let node = |at: &RootPath| self.below.get(at).filter(|_| !holds(&self.removed, at));
        let target_of = |at: &RootPath| node(at).and_then(|_| self.below.target_of(at));
        let end = follow::follow(path, Last::Follow, target_of).ok()?;
        let is_directory = end.is_root() || node(&end).is_some_and(|node| node.is_directory());
        is_directory.then_some(end)
    }

    /// Whether a thing may be emitted at a place; not, where what is below serves as well.
    fn may_stand(&mut self, path: &RootPath, thing: &Thing<'_>) -> Result<bool, Conflict> {
        let Some(found) = self.found(path) else { return Ok(true) };
        let (is, is_directory) = (thing.kind.word(), thing.kind.is_directory());
        match found.kind {
            Kind::Directory if is_directory => {
                if !same_attributes(&found.attributes, &thing.attributes) {
                    self.findings.push(Finding::Directory { path: path.clone() });
                }
                return Ok(true);
            }
            Kind::Symlink(_) if is_directory => return Ok(false),
            Kind::Symlink(_) if found.kind == thing.kind => return Ok(false),
            Kind::Symlink(_) if !self.allow.replace => {
                if let Some(target) = self.directory_of_link(path) {
                    return Err(Conflict::OverLink { path: path.clone(), is, target });
                }
            }
            Kind::Directory if !self.allow.replace && self.has_content(path) => {
                return Err(Conflict::OverDirectory { path: path.clone(), is });
            }
            _ => {}
        }
        let same = found.kind == thing.kind && same_attributes(&found.attributes, &thing.attributes);
        let (was, layer) = (found.kind.word(), found.layer);
        let overwrite = Overwrite { path: path.clone(), source: thing.at.clone(), was, is, layer, same };
        self.findings.push(Finding::Overwrites(overwrite));
        if !is_directory && (was == Kind::Directory.word() || was == "symbolic link") {
            self.replaced.insert(path, ());
        }
        Ok(true)
    }

    /// Whether a directory is not empty; what is placed has its parents placed.
    fn has_content(&self, path: &RootPath) -> bool {
        self.placed.has_in(path) || self.below.any_below(path, |below| !self.is_hidden(below))
    }

    pub(super) fn put_parents(
        &mut self,
        path: &RootPath,
        at: &RootPath,
        directories: &dyn Directories,
    ) -> Result<(), Conflict> {
        path.ancestors().skip(1).try_for_each(|parent| self.put_parent(parent, at, directories))
    }

    /// Emits a directory that leads to what is placed: as it is below, else as the source has it, else 0755 of root.
    fn put_parent(
        &mut self,
        path: RootPath,
        at: &RootPath,
        directories: &dyn Directories,
    ) -> Result<(), Conflict> {
        if let Some(number) = self.placed(&path) {
            return if self.ledger.is_directory(number) {
                Ok(())
            } else {
                Err(Conflict::Twice { first: self.origin(&path, number), second: path.clone(), path })
            };
        }
        let below = self.found(&path).filter(|found| found.kind.is_directory());
        let below = below.map(|found| found.attributes.without_overlay());
        let generated = |attributes| Attributes { mtime: self.generated, ..attributes };
        let attributes = match (self.described(&path, at, directories)?, below) {
            (Some((own, true)), _) => own,
            (_, Some(below)) => generated(below),
            (Some((own, false)), None) => generated(own),
            (None, None) => generated(Attributes::of_missing_parent()),
        };
        let thing = Thing::made(path.clone(), Kind::Directory, attributes);
        self.may_stand(&path, &thing)?;
        self.emit(path, thing);
        Ok(())
    }

    /// What the source says of a directory, under its own path or under the one by which links lead through it to `at`.
    fn described(
        &self,
        dir: &RootPath,
        at: &RootPath,
        directories: &dyn Directories,
    ) -> Result<Option<(Attributes, bool)>, PathLoop> {
        let own = directories.directory(dir);
        if own.is_some() || at.is_below(dir) {
            return Ok(own);
        }
        for above in at.ancestors() {
            if self.physical(&above)? == *dir {
                return Ok(directories.directory(&above));
            }
        }
        Ok(None)
    }

    fn emit(&mut self, path: RootPath, thing: Thing<'_>) -> u32 {
        if let Some(by) = finding::privilege(&thing.kind, &thing.attributes) {
            self.findings.push(Finding::Privileged { path: path.clone(), by });
        }
        if let Some(bytes) = thing.kept {
            self.kept.insert(path.clone(), Arc::clone(bytes));
        }
        let number = self.placed.insert(&path);
        // Links lead a thing into another directory, and leave it its name.
        if let Some(dir) = thing.at.parent().filter(|_| thing.at != path) {
            self.origins.insert(number, self.origin_dirs.insert(&dir));
        }
        self.ledger.record(path, thing);
        number
    }
}

/// Whether two entries have the same mode, owner and extended attributes; times do not count.
pub(super) fn same_attributes(a: &Attributes, b: &Attributes) -> bool {
    a.mode == b.mode && a.owner == b.owner && a.xattrs == b.xattrs
}

/// Whether a set of paths has a path or one above it.
fn holds(paths: &Tree<()>, path: &RootPath) -> bool {
    !paths.is_empty() && (paths.contains(path) || path.ancestors().any(|above| paths.contains(&above)))
}
