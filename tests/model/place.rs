//! What an artifact makes of a base, as the design says it and in any order.

use std::collections::BTreeMap;

use super::fs::{Attributes, Fs, GENERATED, Inode, Kind, above, join};

/// What is taken of an artifact, and how it is changed.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) includes: Vec<Glob>,
    pub(crate) excludes: Vec<Glob>,
    pub(crate) to: String,
    pub(crate) uid: Option<u32>,
}

/// The patterns of this model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Glob {
    /// `**`
    All,
    /// A path and everything below it.
    Path(String),
    /// `DIR/*`: everything in a directory, and everything below that.
    In(String),
    /// `**/NAME`: every path of this name, and everything below it.
    Named(String),
}

impl Glob {
    pub(crate) fn text(&self) -> String {
        match self {
            Self::All => "**".to_owned(),
            Self::Path(path) => path.clone(),
            Self::In(dir) => format!("{dir}/*"),
            Self::Named(name) => format!("**/{name}"),
        }
    }

    fn matches(&self, path: &str) -> bool {
        let is_it = |path: &str| match self {
            Self::All => true,
            Self::Path(own) => own == path,
            Self::In(dir) => super::fs::parent(path) == dir,
            Self::Named(name) => super::fs::name(path) == name,
        };
        is_it(path) || above(path).any(is_it)
    }
}

impl Taken {
    pub(crate) fn all() -> Self {
        Self { includes: vec![Glob::All], excludes: Vec::new(), to: String::new(), uid: None }
    }

    pub(crate) fn takes(&self, path: &str) -> bool {
        self.includes.iter().any(|glob| glob.matches(path))
            && !self.excludes.iter().any(|glob| glob.matches(path))
    }

    /// Whether an include selects nothing, or everything that is included is excluded.
    pub(crate) fn is_nothing(&self, source: &Fs) -> bool {
        let is_unused = |glob: &Glob| !source.paths().any(|path| glob.matches(path));
        let is_described = |path: &&str| source.get(path).is_some_and(|inode| !inode.is_implied);
        let is_excluded =
            |path: &str| self.includes.iter().any(|glob| glob.matches(path)) && !self.takes(path);
        self.includes.iter().any(is_unused)
            || !source.paths().filter(is_described).any(|path| self.takes(path))
                && source.paths().any(is_excluded)
    }

    /// The artifact of a customization, in YAML.
    pub(crate) fn yaml(&self, name: &str) -> String {
        let list = |globs: &[Glob]| {
            globs.iter().map(|glob| format!("{:?}", glob.text())).collect::<Vec<_>>().join(", ")
        };
        let uid = self.uid.map_or(String::new(), |uid| format!(", uid: {uid}"));
        let (includes, excludes) = (list(&self.includes), list(&self.excludes));
        let to = if self.to.is_empty() { String::new() } else { format!(", to: /{}", self.to) };
        format!("{{name: \"{name}\", includes: [{includes}], excludes: [{excludes}]{to}{uid}}}")
    }

    fn attributes(&self, own: &Attributes) -> Attributes {
        let owner = (self.uid.unwrap_or(own.owner.0), own.owner.1);
        Attributes { owner, ..own.clone() }
    }
}

/// Why something cannot be placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused;

/// What comes of an artifact on a base.
#[derive(Clone, Debug)]
pub(crate) enum Placed {
    /// This, in whatever order its entries are placed.
    Always(Fs),
    /// Nothing, in whatever order.
    Never,
    /// The order decides.
    Undecided,
}

/// Places what is taken of a source.
pub(crate) fn place(base: &Fs, source: &Fs, taken: &Taken) -> Placed {
    let paths: Vec<&str> = source.paths().filter(|path| taken.takes(path)).collect();
    let is_link = |path: &&str| source.is_symlink(path);
    let (links, others): (Vec<_>, Vec<_>) = paths.iter().copied().partition(is_link);
    let orders = [
        paths.clone(),
        paths.iter().rev().copied().collect(),
        [links.clone(), others.clone()].concat(),
        [others, links].concat(),
    ];
    let outcomes = orders.map(|order| Placing::new(base, source, taken).run(&order));
    match &outcomes[0] {
        Ok(first)
            if outcomes.iter().all(|other| other.as_ref().is_ok_and(|fs| fs.rows() == first.rows())) =>
        {
            Placed::Always(first.clone())
        }
        Err(Refused) if outcomes.iter().all(Result::is_err) => Placed::Never,
        _ => Placed::Undecided,
    }
}

struct Placing<'a> {
    source: &'a Fs,
    taken: &'a Taken,
    made: Fs,
    /// What stands by an entry of the source, by its place.
    placed: BTreeMap<String, &'a str>,
    /// Directories that lead to what was placed, by the path of the source that leads through them.
    parents: BTreeMap<String, Option<&'a str>>,
    /// The inodes of hard links, by those of the source.
    inodes: BTreeMap<usize, usize>,
}

impl<'a> Placing<'a> {
    fn new(base: &Fs, source: &'a Fs, taken: &'a Taken) -> Self {
        let (made, placed, parents) = (base.clone(), BTreeMap::new(), BTreeMap::new());
        Self { source, taken, made, placed, parents, inodes: BTreeMap::new() }
    }

    fn run(mut self, order: &[&'a str]) -> Result<Fs, Refused> {
        let (implied, described): (Vec<_>, Vec<_>) =
            order.iter().copied().partition(|path| self.node(path).is_implied);
        described.into_iter().chain(implied).try_for_each(|path| self.put(path))?;
        Ok(self.made)
    }

    fn node(&self, path: &str) -> &'a Inode {
        self.source.get(path).expect("it is a path of the source")
    }

    fn at(&self, path: &str) -> String {
        if self.taken.to.is_empty() { path.to_owned() } else { join(&self.taken.to, path) }
    }

    fn place_of(&self, at: &str) -> Result<String, Refused> {
        self.made.resolve(at, false).map_err(|_| Refused)
    }

    fn put(&mut self, path: &'a str) -> Result<(), Refused> {
        let node = self.node(path);
        let place = self.place_of(&self.at(path))?;
        if node.is_implied && (self.made.is_directory(&place) || self.made.is_symlink(&place)) {
            return Ok(());
        }
        if let Some(first) = self.placed.get(&place) {
            return self.put_again(&place, first, path);
        }
        let is_directory = node.kind == Kind::Directory;
        match self.made.get(&place).map(|found| &found.kind) {
            Some(Kind::Symlink(_)) if is_directory => return Ok(()),
            Some(kind @ Kind::Symlink(_)) if *kind == node.kind => return Ok(()),
            Some(Kind::Symlink(_)) => {
                let end = self.made.resolve(&place, true).map_err(|_| Refused)?;
                if self.made.is_directory(&end) {
                    return Err(Refused);
                }
            }
            Some(Kind::Directory) if !is_directory && self.made.has_below(&place) => return Err(Refused),
            // Made for what is in it, which then was taken away again: nothing of this layer can be.
            Some(Kind::Directory) if !is_directory && self.parents.contains_key(&place) => {
                return Err(Refused);
            }
            Some(Kind::Directory) => self.agree(&place, path)?,
            _ => {}
        }
        self.put_parents(&place, path)?;
        self.create(&place, path);
        self.placed.insert(place, path);
        Ok(())
    }

    /// A second path of the source at one place has to be the same.
    fn put_again(&mut self, place: &str, first: &str, path: &str) -> Result<(), Refused> {
        let (one, other) = (self.node(first), self.node(path));
        let same =
            |inode: &Inode| (inode.kind.clone(), inode.attributes.mode, inode.attributes.xattrs.clone());
        let owners = [one, other].map(|inode| self.taken.attributes(&inode.attributes).owner);
        if same(one) != same(other) || owners[0] != owners[1] {
            return Err(Refused);
        }
        let number = self.source.inode(path).expect("it is a path of the source");
        self.inodes.entry(number).or_insert(self.made.inode(place).expect("it was placed"));
        Ok(())
    }

    /// A directory that already leads somewhere under another path of the source has to be the same.
    fn agree(&self, place: &str, path: &str) -> Result<(), Refused> {
        let Some(by) = self.parents.get(place).filter(|by| **by != Some(path)) else { return Ok(()) };
        let made = self.made.get(place).expect("it leads somewhere");
        let own = self.taken.attributes(&self.node(path).attributes);
        let same = |attributes: &Attributes| (attributes.mode, attributes.owner, attributes.xattrs.clone());
        if by.is_none() || same(&made.attributes) == same(&own) { Ok(()) } else { Err(Refused) }
    }

    fn create(&mut self, place: &str, path: &'a str) {
        let node = self.node(path);
        let number = self.source.inode(path).expect("it is a path of the source");
        match self.inodes.get(&number).filter(|_| !matches!(node.kind, Kind::Symlink(_))) {
            Some(inode) => self.made.link(place, *inode),
            None => {
                let attributes = if node.is_implied {
                    Attributes::implied()
                } else {
                    self.taken.attributes(&node.attributes)
                };
                self.made.create(place, Inode { attributes, ..node.clone() });
                self.inodes.insert(number, self.made.inode(place).expect("it was created"));
            }
        }
    }

    fn put_parents(&mut self, place: &str, path: &'a str) -> Result<(), Refused> {
        for dir in above(place) {
            if self.placed.contains_key(dir) && !self.made.is_directory(dir) {
                return Err(Refused);
            }
            if !self.made.is_directory(dir) {
                let attributes = self.parent(dir, path);
                self.made.create(dir, Inode { kind: Kind::Directory, attributes, is_implied: false });
            }
            let by = above(path).find(|above| self.place_of(&self.at(above)).as_deref() == Ok(dir));
            self.parents.entry(dir.to_owned()).or_insert(by);
        }
        Ok(())
    }

    /// What a directory is like that was nowhere: as the source has it, there or where the path leads through it.
    fn parent(&self, dir: &str, path: &str) -> Attributes {
        let is_here = |above: &&str| self.place_of(&self.at(above)).as_deref() == Ok(dir);
        let there = self.source.paths().find(|own| self.at(own) == dir && self.source.is_directory(own));
        let described = there.or_else(|| above(path).find(is_here)).map(|own| self.node(own));
        let described = described.filter(|node| node.kind == Kind::Directory && !node.is_implied);
        described.map_or_else(Attributes::implied, |node| Attributes {
            mtime: GENERATED,
            ..self.taken.attributes(&node.attributes)
        })
    }
}
