//! The image while the work of scripts is done on it.

use std::collections::BTreeMap;

use super::accounts::Accounts;
use super::alternatives::Alternatives;
use super::emulated::{Gap, Made, Note, Reason};
use super::scene::Scene;
use crate::contents::PathLoop;
use crate::package::Unpacked;
use crate::rootfs::{Kind, Mode, RootPath};

/// An image, and what was made in it so far.
pub(super) struct Site<'a> {
    pub(super) scene: &'a Scene<'a>,
    pub(super) drafts: BTreeMap<RootPath, Draft>,
    pub(super) accounts: Accounts,
    pub(super) alternatives: Alternatives,
    pub(super) notes: Vec<Note>,
}

/// The most links on one way, as Linux has it.
const HOPS: usize = 40;

/// Something that will be generated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) made: Made,
    /// Its permissions; without, those it has, or the usual ones.
    pub(super) mode: Option<Mode>,
    /// Its user; without, the one it has, or root.
    pub(super) user: Option<Id>,
    /// Its group, likewise.
    pub(super) group: Option<Id>,
    pub(super) reason: Reason,
}

/// A user or group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Id {
    Number(u32),
    Name(String),
}

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum There {
    Directory,
    File,
    Symlink,
    Special,
}

impl Draft {
    pub(super) fn new(made: Made, reason: Reason) -> Self {
        Self { made, mode: None, user: None, group: None, reason }
    }

    /// A file of root's that everybody may read.
    pub(super) fn file(bytes: Vec<u8>, reason: Reason) -> Self {
        Self::plain(Made::File(bytes), 0o644, reason)
    }

    /// A symbolic link.
    pub(super) fn link(target: impl Into<Vec<u8>>, reason: Reason) -> Self {
        Self::plain(Made::Symlink(target.into()), 0o777, reason)
    }

    fn plain(made: Made, mode: u32, reason: Reason) -> Self {
        let root = || Some(Id::Number(0));
        Self { mode: Some(Mode::new(mode)), user: root(), group: root(), ..Self::new(made, reason) }
    }
}

impl<'a> Site<'a> {
    pub(super) fn new(scene: &'a Scene<'a>) -> Result<Self, PathLoop> {
        Ok(Self {
            scene,
            drafts: BTreeMap::new(),
            accounts: Accounts::of(scene)?,
            alternatives: Alternatives::default(),
            notes: Vec::new(),
        })
    }

    /// What is at a path, a link at its end not followed.
    pub(super) fn there(&self, path: &RootPath) -> Result<Option<There>, PathLoop> {
        let path = self.scene.view.physical(path)?;
        Ok(self.there_physically(&path))
    }

    /// What a path leads to, a link at its end followed.
    pub(super) fn leads_to(&self, path: &RootPath) -> Result<Option<There>, PathLoop> {
        Ok(self.there_physically(&self.destination(path)?))
    }

    fn there_physically(&self, path: &RootPath) -> Option<There> {
        match self.drafts.get(path).map(|draft| &draft.made) {
            Some(Made::File(_)) => return Some(There::File),
            Some(Made::Symlink(_)) => return Some(There::Symlink),
            Some(Made::Directory) => return Some(There::Directory),
            Some(Made::Attributes) | None => {}
        }
        let in_view = self.scene.view.get(path).map(|node| match node.kind() {
            Kind::Directory => There::Directory,
            Kind::File(_) | Kind::Hardlink(_) => There::File,
            Kind::Symlink(_) => There::Symlink,
            Kind::CharDevice(_) | Kind::BlockDevice(_) | Kind::Fifo => There::Special,
        });
        let is_above = || self.drafts.keys().any(|made| made.is_below(path));
        let is_given = || self.scene.files.iter().any(|(given, _)| given == path);
        in_view
            .or_else(|| is_given().then_some(There::File))
            .or_else(|| is_above().then_some(There::Directory))
    }

    /// Where a path leads to, a link at its end followed, those that were made too.
    pub(super) fn destination(&self, path: &RootPath) -> Result<RootPath, PathLoop> {
        let mut physical = self.scene.view.physical(path)?;
        for _ in 0..HOPS {
            let target = match self.drafts.get(&physical).map(|draft| &draft.made) {
                Some(Made::Symlink(target)) => target.as_slice(),
                Some(Made::File(_) | Made::Directory) => return Ok(physical),
                Some(Made::Attributes) | None => match self.scene.view.target_of(&physical) {
                    Some(target) => target,
                    None => return Ok(physical),
                },
            };
            let dir = physical.parent().unwrap_or_else(RootPath::root);
            let end = std::str::from_utf8(target).ok().and_then(|target| resolve(&dir, target));
            let Some(end) = end else { return Ok(physical) };
            physical = self.scene.view.physical(&end)?;
        }
        // Nothing is behind links that never end.
        Ok(physical)
    }

    /// The bytes of a file, where they are known.
    pub(super) fn bytes(&self, path: &RootPath) -> Result<Option<&[u8]>, PathLoop> {
        let path = self.destination(path)?;
        if let Some(Draft { made: Made::File(bytes), .. }) = self.drafts.get(&path) {
            return Ok(Some(bytes));
        }
        if let Some((_, bytes)) = self.scene.files.iter().find(|(given, _)| *given == path) {
            return Ok(Some(bytes));
        }
        let is_empty = |path| match self.scene.view.get(path).map(|node| node.kind()) {
            Some(Kind::File(content)) => content.size == 0,
            _ => false,
        };
        let kept = self.scene.view.kept(&path).map(|bytes| &**bytes);
        Ok(kept.or_else(|| is_empty(&path).then_some(&[])))
    }

    /// The permissions of what is at a path.
    pub(super) fn mode(&self, path: &RootPath) -> Result<Option<Mode>, PathLoop> {
        let path = self.scene.view.physical(path)?;
        let draft = self.drafts.get(&path);
        if let Some(mode) = draft.and_then(|draft| draft.mode) {
            return Ok(Some(mode));
        }
        let usual = |draft: &Draft| match draft.made {
            Made::Directory => Mode::new(0o755),
            _ => Mode::new(0o644),
        };
        let own = self.scene.view.get(&path).map(|node| node.attributes().mode);
        Ok(own.or_else(|| draft.map(usual)))
    }

    /// Makes something at a path, in place of what is there.
    pub(super) fn make(&mut self, path: &RootPath, draft: Draft) -> Result<(), PathLoop> {
        let path = self.scene.view.physical(path)?;
        let is_given = self.scene.files.iter().any(|(given, _)| *given == path);
        if !is_given && !is_volatile(&path) {
            self.drafts.insert(path, draft);
        }
        Ok(())
    }

    /// Makes something at a path where nothing is.
    pub(super) fn make_missing(&mut self, path: &RootPath, draft: Draft) -> Result<(), PathLoop> {
        if self.there(path)?.is_none() { self.make(path, draft) } else { Ok(()) }
    }

    /// Changes permissions or owner of what a path leads to; gives back whether something is there, or nothing where that
    /// cannot be done: a file of the base would have to be written again.
    pub(super) fn change(
        &mut self,
        path: &RootPath,
        change: impl Fn(&mut Draft),
    ) -> Result<Option<bool>, PathLoop> {
        let path = self.destination(path)?;
        let made = match self.there_physically(&path) {
            Some(There::Directory) => Made::Directory,
            Some(There::File) => Made::Attributes,
            // Links have no permissions, and nobody cares for their owner.
            Some(There::Symlink | There::Special) => return Ok(Some(true)),
            None => return Ok(Some(false)),
        };
        if made == Made::Attributes && self.is_of_base(&path) {
            let mut draft = Draft::new(made, Reason::Script);
            change(&mut draft);
            return Ok(self.has(&path, &draft).then_some(true));
        }
        if !is_volatile(&path) {
            let draft = self.drafts.entry(path).or_insert_with(|| Draft::new(made, Reason::Script));
            change(draft);
        }
        Ok(Some(true))
    }

    fn is_of_base(&self, path: &RootPath) -> bool {
        let node = self.scene.view.get(path).filter(|_| !self.drafts.contains_key(path));
        node.is_some_and(|node| node.layer() < self.scene.base_layers)
    }

    /// Whether what is at a path has the permissions and the owner of a draft.
    fn has(&self, path: &RootPath, draft: &Draft) -> bool {
        let Some(own) = self.scene.view.get(path).map(|node| node.attributes()) else { return false };
        draft.mode.is_none_or(|mode| mode == own.mode)
            && draft.user.as_ref().is_none_or(|user| self.accounts.uid(user) == Some(own.owner.uid))
            && draft.group.as_ref().is_none_or(|group| self.accounts.gid(group) == Some(own.owner.gid))
    }

    /// Everything right in a directory, of the image and of what was made, in order.
    pub(super) fn within(&self, dir: &RootPath) -> Result<Vec<RootPath>, PathLoop> {
        let dir = self.destination(dir)?;
        let made = self.drafts.keys().filter(|made| made.is_right_in(&dir)).cloned();
        let mut all: Vec<RootPath> = self.scene.view.within(&dir).map(|(path, _)| path).chain(made).collect();
        all.sort();
        all.dedup();
        Ok(all)
    }

    /// Everything that is below a path, of the image and of what was made.
    pub(super) fn below(&self, path: &RootPath) -> Result<Vec<RootPath>, PathLoop> {
        let path = self.destination(path)?;
        let made = self.drafts.keys().filter(|made| made.is_below(&path)).cloned();
        let mut all: Vec<RootPath> = self.scene.view.below(&path).map(|(path, _)| path).chain(made).collect();
        all.sort();
        all.dedup();
        Ok(all)
    }

    /// Notes what a package does not get.
    pub(super) fn note(&mut self, package: &Unpacked, gap: Gap) {
        self.notes.push(Note { package: package.package.name.clone(), gap });
    }
}

/// Whether nothing at a path outlives the start of a container.
fn is_volatile(path: &RootPath) -> bool {
    const DIRS: [&[u8]; 6] = [b"run", b"tmp", b"proc", b"sys", b"dev", b"var/run"];
    DIRS.iter().any(|dir| {
        path.as_bytes().strip_prefix(*dir).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    })
}

/// The path that a text means in a directory; `..` stops at the root. Nothing where it is too long, or holds a NUL.
pub(super) fn resolve(dir: &RootPath, text: &str) -> Option<RootPath> {
    let mut path = if text.starts_with('/') { RootPath::root() } else { dir.clone() };
    for component in text.split('/').filter(|component| !matches!(*component, "" | ".")) {
        path = match component {
            ".." => path.parent().unwrap_or(path),
            name => RootPath::parse(path.join(name.as_bytes()).as_bytes()).ok()?,
        };
    }
    Some(path)
}
