//! Static files: what a specification adds or deletes, its contents read once.

use std::path::PathBuf;

use super::content::Content;
use super::context::Context;
use super::error::Problem;
use super::problems::Problems;
use crate::oci::Platform;
use crate::rootfs::{Mode, Owner, RootPath};
use crate::spec::{
    At, Customization, FileSource, Place, SourceDir, SourceError, SpecFile, StaticFile, StaticKind,
};

/// A static file, directory or link, or a deletion.
#[derive(Clone, Debug)]
pub struct FilePlan {
    /// Where.
    pub path: RootPath,
    /// Where the specification names it.
    pub place: Place,
    /// What.
    pub kind: FileKind,
    /// Its permissions.
    pub mode: Mode,
    /// Its owner.
    pub owner: Owner,
}

/// What a static file is.
#[derive(Clone, Debug)]
pub enum FileKind {
    /// A file with this content.
    File(Content),
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink(String),
    /// What is there goes.
    Delete,
}

/// The static files of a customization, before a platform is chosen.
pub(super) struct Files<'a>(Vec<(FilePlan, &'a StaticFile)>);

impl<'a> Files<'a> {
    /// Reads all contents, those beside the specification too.
    pub(super) fn read(
        file: &SpecFile,
        customization: &'a Customization,
        context: &Context<'_>,
        problems: &mut Problems,
    ) -> Self {
        let read = |of: &'a StaticFile| {
            let kind = kind(file, of, context, problems)?;
            let (path, place) = (of.path.value.clone(), of.path.place);
            Some((FilePlan { path, place, kind, mode: of.mode, owner: of.owner }, of))
        };
        Self(customization.files.iter().filter_map(read).collect())
    }

    /// Those that a platform gets, in their order.
    pub(super) fn on(&self, platform: &Platform) -> Vec<FilePlan> {
        let is_here = |of: &StaticFile| of.platforms.as_ref().is_none_or(|only| only.contains(platform));
        self.0.iter().filter(|(_, of)| is_here(of)).map(|(plan, _)| plan.clone()).collect()
    }
}

fn kind(
    file: &SpecFile,
    of: &StaticFile,
    context: &Context<'_>,
    problems: &mut Problems,
) -> Option<FileKind> {
    Some(match &of.kind {
        StaticKind::File(FileSource::Inline(text)) => FileKind::File(Content::of(text.as_bytes())),
        StaticKind::File(FileSource::Beside(source)) => {
            FileKind::File(problems.keep(Some(source.place), beside(file, source, context))?)
        }
        StaticKind::EmptyFile => FileKind::File(Content::of(b"")),
        StaticKind::Directory => FileKind::Directory,
        StaticKind::Symlink { target } => FileKind::Symlink(target.clone()),
        StaticKind::Delete => FileKind::Delete,
    })
}

/// Reads a file beside the specification, once.
pub(super) fn beside(
    file: &SpecFile,
    source: &At<PathBuf>,
    context: &Context<'_>,
) -> Result<Content, Problem> {
    let dir = SourceDir::open(&file.dir).map_err(SourceError::from)?;
    let source = dir.file(&source.value, context.limits.source_bytes)?;
    let size = source.size();
    let content = Content::read(context.interrupt.reader(source), size, || (context.spool)());
    content.map_err(|error| error.downcast::<SourceError>().map_or_else(Problem::Spool, Problem::from))
}
