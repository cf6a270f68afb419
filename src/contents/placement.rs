//! Placing entries on the view below them.

use std::sync::Arc;

use super::finding::{self, Finding, Overwrite};
use super::follow::{self, Last, PathLoop};
use super::operation::{self, LayerContents, Operation, Position};
use super::view::View;
use crate::code::{Code, Coded};
use crate::rootfs::{Attributes, Entry, Kind, RootPath, Tree};

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

/// Something to be placed.
pub(super) struct Thing<'a> {
    /// Where it belongs, before links below are followed.
    pub(super) at: RootPath,
    /// What it is; never a hard link.
    pub(super) kind: Kind,
    pub(super) attributes: Attributes,
    /// The item that holds its content.
    pub(super) data: Option<Position>,
    /// The physical place of the entry it is another name of.
    pub(super) link_to: Option<RootPath>,
    /// Its bytes, where later layers need them.
    pub(super) kept: Option<&'a Arc<[u8]>>,
}

/// What the source itself says of the directories that lead to what is placed.
pub(super) trait Directories {
    /// The attributes of the source's directory that belongs at `at`, and whether it is selected itself.
    fn directory(&self, at: &RootPath) -> Option<(Attributes, bool)>;
}

/// A layer of ours while its entries are placed, one after another.
pub(super) struct Placement<'a> {
    below: &'a View,
    allow: Allow,
    /// The time of what has none of its own.
    generated: i64,
    placed: Tree<Placed>,
    removed: Tree<()>,
    pub(super) contents: LayerContents,
}

struct Placed {
    from: RootPath,
    kind: Kind,
    attributes: Attributes,
}

/// What is at a place right now.
struct Found<'a> {
    kind: &'a Kind,
    attributes: &'a Attributes,
    layer: u32,
}

impl<'a> Placement<'a> {
    pub(super) fn on(below: &'a View, allow: Allow, latest: Option<i64>) -> Self {
        Self {
            below,
            allow,
            generated: latest.map_or(Attributes::EPOCH, |latest| latest.min(Attributes::EPOCH)),
            placed: Tree::default(),
            removed: Tree::default(),
            contents: LayerContents::default(),
        }
    }

    /// Places a thing and the parents it needs; gives back where it is, unless it is there already.
    pub(super) fn put(
        &mut self,
        thing: Thing<'_>,
        directories: &dyn Directories,
    ) -> Result<Option<RootPath>, Conflict> {
        let path = self.physical(&thing.at)?;
        if let Some(placed) = self.placed.get(&path) {
            let same = placed.kind == thing.kind && same_attributes(&placed.attributes, &thing.attributes);
            return if same || (placed.from == thing.at && thing.kind.is_directory()) {
                Ok(Some(path))
            } else {
                Err(Conflict::Twice { path, first: placed.from.clone(), second: thing.at })
            };
        }
        if !self.may_stand(&path, &thing)? {
            return Ok(None);
        }
        self.put_parents(&path, &thing.at, directories)?;
        self.emit(path.clone(), thing);
        Ok(Some(path))
    }

    /// Places a directory that the source has without describing it: as other parents, and not where a link leads on.
    pub(super) fn imply(&mut self, at: RootPath, directories: &dyn Directories) -> Result<(), Conflict> {
        let path = self.physical(&at)?;
        match self.found(&path).map(|found| found.kind) {
            Some(Kind::Directory | Kind::Symlink(_)) => Ok(()),
            _ => {
                let attributes = Attributes { mtime: self.generated, ..Attributes::of_missing_parent() };
                let kind = Kind::Directory;
                let thing = Thing { at, kind, attributes, data: None, link_to: None, kept: None };
                self.put(thing, directories).map(drop)
            }
        }
    }

    /// Takes away what the view below has at a path, before anything is placed.
    pub(super) fn remove(&mut self, path: RootPath) {
        self.removed.insert(path, ());
    }

    /// Deletes from the layers below what was removed at a path, unless what was placed since hides it anyway.
    pub(super) fn delete(&mut self, path: &RootPath, directories: &dyn Directories) -> Result<(), Conflict> {
        let mtime = self.generated;
        let is_covered =
            |at: &RootPath| self.placed.get(at).is_some_and(|placed| !placed.kind.is_directory());
        if is_covered(path) || path.ancestors().any(|above| is_covered(&above)) {
            return Ok(());
        }
        if !self.placed.contains(path) {
            self.put_parents(path, path, directories)?;
            self.contents.operations.push(Operation::Whiteout { path: path.clone(), mtime });
        } else if self.below.get(path).is_some_and(|node| node.entry.kind.is_directory()) {
            self.contents.operations.push(Operation::Opaque { dir: path.clone(), mtime });
        }
        Ok(())
    }

    /// What was placed, deletions before anything else in the directories they are in.
    pub(super) fn finish(mut self) -> LayerContents {
        operation::deletions_first(&mut self.contents.operations);
        self.contents
    }

    /// Where a path leads to, links above it followed.
    pub(super) fn physical(&self, at: &RootPath) -> Result<RootPath, PathLoop> {
        follow::follow(at, Last::Keep, |at| self.target_of(at))
    }

    fn target_of(&self, at: &RootPath) -> Option<&[u8]> {
        match self.found(at)?.kind {
            Kind::Symlink(target) => Some(target),
            _ => None,
        }
    }

    fn found(&self, path: &RootPath) -> Option<Found<'_>> {
        if let Some(placed) = self.placed.get(path) {
            return Some(Found {
                kind: &placed.kind,
                attributes: &placed.attributes,
                layer: self.below.layers(),
            });
        }
        let node = self.below.get(path)?;
        (!self.is_hidden(path)).then_some(Found {
            kind: &node.entry.kind,
            attributes: &node.entry.attributes,
            layer: node.layer,
        })
    }

    /// Whether this layer takes away what the view below has at a path.
    fn is_hidden(&self, path: &RootPath) -> bool {
        if self.removed.is_empty() {
            return false;
        }
        self.removed.contains(path) || path.ancestors().any(|above| self.removed.contains(&above))
    }

    /// Whether a thing may be emitted at a place; not, where what is below serves as well.
    fn may_stand(&mut self, path: &RootPath, thing: &Thing<'_>) -> Result<bool, Conflict> {
        let Some(found) = self.found(path) else { return Ok(true) };
        let (is, is_directory) = (thing.kind.word(), thing.kind.is_directory());
        match found.kind {
            Kind::Directory if is_directory => {
                if !same_attributes(found.attributes, &thing.attributes) {
                    self.contents.findings.push(Finding::Directory { path: path.clone() });
                }
                return Ok(true);
            }
            Kind::Symlink(_) if is_directory => return Ok(false),
            Kind::Symlink(_) if *found.kind == thing.kind => return Ok(false),
            Kind::Symlink(_) if !self.allow.replace => {
                let target = follow::follow(path, Last::Follow, |at| self.target_of(at))?;
                if target.is_root() || self.found(&target).is_some_and(|found| found.kind.is_directory()) {
                    return Err(Conflict::OverLink { path: path.clone(), is, target });
                }
            }
            Kind::Directory if !self.allow.replace && self.has_content(path) => {
                return Err(Conflict::OverDirectory { path: path.clone(), is });
            }
            _ => {}
        }
        let same = *found.kind == thing.kind && same_attributes(found.attributes, &thing.attributes);
        let (was, layer) = (found.kind.word(), found.layer);
        let overwrite = Overwrite { path: path.clone(), source: thing.at.clone(), was, is, layer, same };
        self.contents.findings.push(Finding::Overwrites(overwrite));
        if !is_directory && (was == Kind::Directory.word() || was == "symbolic link") {
            self.removed.insert(path.clone(), ());
        }
        Ok(true)
    }

    fn has_content(&self, path: &RootPath) -> bool {
        self.placed.has_below(path) || self.below.below(path).any(|(path, _)| !self.is_hidden(path))
    }

    fn put_parents(
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
        if let Some(placed) = self.placed.get(&path) {
            return match placed.kind {
                Kind::Directory => Ok(()),
                _ => Err(Conflict::Twice { first: placed.from.clone(), second: path.clone(), path }),
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
        let thing = Thing {
            at: path.clone(),
            kind: Kind::Directory,
            attributes,
            data: None,
            link_to: None,
            kept: None,
        };
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

    fn emit(&mut self, path: RootPath, thing: Thing<'_>) {
        if let Some(by) = finding::privilege(&thing.kind, &thing.attributes) {
            self.contents.findings.push(Finding::Privileged { path: path.clone(), by });
        }
        if let Some(bytes) = thing.kept {
            self.contents.kept.insert(path.clone(), Arc::clone(bytes));
        }
        let placed =
            Placed { from: thing.at, kind: thing.kind.clone(), attributes: thing.attributes.clone() };
        self.placed.insert(path.clone(), placed);
        let (kind, data) = match thing.link_to {
            Some(target) => (Kind::Hardlink(target), None),
            None => (thing.kind, thing.data),
        };
        let entry = Arc::new(Entry { path, kind, attributes: thing.attributes });
        self.contents.operations.push(Operation::Entry { entry, data });
    }
}

/// Whether two entries have the same mode, owner and extended attributes; times do not count.
fn same_attributes(a: &Attributes, b: &Attributes) -> bool {
    a.mode == b.mode && a.owner == b.owner && a.xattrs == b.xattrs
}
