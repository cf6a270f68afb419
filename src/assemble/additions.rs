//! What the state layer of an image adds: the package database, accounts, homes, what scripts would have made, then static
//! files in their order.

use super::accounts::{self, AccountsError};
use crate::contents::{Addition, AdditionKind, View};
use crate::emulate::{Emulated, Generated, Made};
use crate::plan::{Content, FileKind, FilePlan, ImagePlan};
use crate::provision::Record;
use crate::rootfs::{FileContent, Mode, Owner, RootPath};
use crate::spec::Place;

/// Additions, with the content of each file and where the specification asks for it.
#[derive(Default)]
pub(super) struct Additions {
    list: Vec<Addition>,
    contents: Vec<Option<Content>>,
    places: Vec<Option<Place>>,
}

/// What is added to the view below: `records` of the package database, and what `emulated` says.
///
/// The database is always ours; any other generated file yields to one that the customization names.
pub(super) fn of(
    plan: &ImagePlan,
    records: &[Record],
    emulated: &Emulated,
    below: &View,
) -> Result<Additions, AccountsError> {
    let mut additions = Additions::default();
    records.iter().for_each(|record| additions.record(record, plan));
    accounts::add(plan, emulated, below, &mut additions)?;
    let is_given = |path: &RootPath| plan.files.iter().any(|file| file.path == *path);
    let generated = emulated.files.iter().filter(|one| !is_given(&one.path));
    generated.for_each(|one| additions.generated(one, plan));
    plan.files.iter().for_each(|file| additions.static_file(file));
    Ok(additions)
}

impl Additions {
    /// What is added, in order.
    pub(super) fn list(&self) -> &[Addition] {
        &self.list
    }

    /// The content of an addition that is a file.
    pub(super) fn content(&self, number: usize) -> Option<&Content> {
        self.contents[number].as_ref()
    }

    /// Where the specification asks for an addition.
    pub(super) fn place(&self, number: usize) -> Option<Place> {
        self.places[number]
    }

    /// Digests and sizes of all contents.
    pub(super) fn digests(&self) -> impl Iterator<Item = Option<FileContent>> {
        self.contents.iter().map(|content| content.as_ref().map(|content| content.file))
    }

    /// Adds a file.
    pub(super) fn file(
        &mut self,
        path: RootPath,
        content: Content,
        mode: Mode,
        owner: Owner,
        place: Option<Place>,
    ) {
        self.list.push(Addition { path, kind: AdditionKind::File(content.file), mode, owner });
        self.contents.push(Some(content));
        self.places.push(place);
    }

    /// Adds what has no content.
    pub(super) fn other(
        &mut self,
        path: RootPath,
        kind: AdditionKind,
        mode: Mode,
        owner: Owner,
        place: Option<Place>,
    ) {
        self.list.push(Addition { path, kind, mode, owner });
        self.contents.push(None);
        self.places.push(place);
    }

    fn record(&mut self, record: &Record, plan: &ImagePlan) {
        let (path, place) = (record.path.clone(), plan.packages.place());
        match &record.bytes {
            Some(bytes) => self.file(path, Content::of(bytes), record.mode, Owner::ROOT, place),
            None => self.other(path, AdditionKind::Delete, record.mode, Owner::ROOT, place),
        }
    }

    fn generated(&mut self, one: &Generated, plan: &ImagePlan) {
        let (path, mode, owner, place) = (one.path.clone(), one.mode, one.owner, plan.packages.place());
        let kind = match &one.made {
            Made::File(bytes) => return self.file(path, Content::of(bytes), mode, owner, place),
            Made::Symlink(target) => AdditionKind::Symlink(target.as_slice().into()),
            Made::Directory => AdditionKind::Directory,
            Made::Attributes => return,
        };
        self.other(path, kind, mode, owner, place);
    }

    fn static_file(&mut self, file: &FilePlan) {
        let (path, mode, owner, place) = (file.path.clone(), file.mode, file.owner, Some(file.place));
        let kind = match &file.kind {
            FileKind::File(content) => return self.file(path, content.clone(), mode, owner, place),
            FileKind::Directory => AdditionKind::Directory,
            FileKind::Symlink(target) => AdditionKind::Symlink(target.as_bytes().into()),
            FileKind::Delete => AdditionKind::Delete,
        };
        self.other(path, kind, mode, owner, place);
    }
}
