//! A specification file to everything it says.

use std::collections::BTreeMap;

use super::artifact::{artifacts, insert};
use super::chart::mappings;
use super::form::{NonEmpty, PlatformName, Text, Written};
use super::node::{Node, NodeKind};
use super::package::packages;
use super::reader::{FoundKey, Reader};
use super::runtime::Runtime;
use super::script::{List, check_meetings, files};
use super::target::{Subject, targets};
use super::{
    At, ChartCustomization, Customization, Packages, Place, SpecError, SpecFile, SpecNote, Specification,
    TagSuffix, ValueError, accounts, written, yaml,
};
use crate::oci::{Compression, Platform};

/// A specification that holds everything the format asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// What it says.
    pub specification: Specification,
    /// Unusual spellings that were accepted, ordered by place, each once.
    pub notes: Vec<SpecNote>,
    /// The keys that it has.
    pub(super) keys: Vec<FoundKey>,
}

/// Reads a specification.
///
/// Fails with everything that is wrong with it, ordered by place; bad syntax and spent budgets come alone.
pub fn parse(file: &SpecFile) -> Result<Parsed, Vec<SpecError>> {
    let document = yaml::read(&file.text).map_err(|error| vec![error])?;
    let mut reader = Reader::new(document.errors);
    let specification = match is_chart(&document.root) {
        true => chart(&document.root, file, &mut reader).map(Specification::Chart),
        false => image(&document.root, file, &mut reader).map(Specification::Image),
    };
    let findings = reader.findings();
    match specification {
        Some(specification) if findings.errors.is_empty() => {
            Ok(Parsed { specification, notes: findings.notes, keys: findings.keys })
        }
        _ => Err(findings.errors),
    }
}

fn is_chart(root: &Node) -> bool {
    match &root.kind {
        NodeKind::Mapping(keys) => keys.iter().any(|(key, _)| key.value == "reference_mappings"),
        NodeKind::List(_) | NodeKind::Scalar(_) | NodeKind::Faulty => false,
    }
}

fn image(root: &Node, file: &SpecFile, reader: &mut Reader) -> Option<Customization> {
    let mut written = written::Image::read(root, reader)?;
    let suffix =
        suffix(written.name.as_ref(), written.tag_suffix.as_ref(), written.has("tag-suffix"), reader);
    let suffix = suffix.filter(|_| written.name.is_some());
    let targets = written
        .targets
        .take()
        .map(|list| targets(list.0, Subject::Image, suffix.as_ref(), &file.dir, reader));
    let platforms = written.platforms.take().map(|list| platforms(list, reader));
    let known = platforms.as_ref();
    let mut contents = written.contents.take();
    let packages = contents.as_mut().map_or_else(Packages::default, |contents| packages(contents, reader));
    let written_artifacts = contents.and_then(|contents| contents.artifacts).unwrap_or_default();
    let artifacts = artifacts(written_artifacts, known, &file.dir, reader);
    let mut all = files(written.paths.take().unwrap_or_default(), List::Paths, known, reader);
    all.extend(files(written.scripts.take().unwrap_or_default(), List::Scripts, known, reader));
    check_meetings(&all, known.unwrap_or(&BTreeMap::new()), reader);
    let accounts =
        written.accounts.take().map(|written| accounts::accounts(written, reader)).unwrap_or_default();
    let runtime = Runtime::of(&mut written, reader);
    Some(Customization {
        id: written.id.map(|id| id.0),
        name: written.name?.map(|name| name.0),
        suffix: suffix?,
        targets: targets?,
        packages,
        artifacts,
        files: all,
        accounts,
        environment: runtime.environment,
        labels: runtime.labels,
        annotations: runtime.annotations,
        entrypoint: runtime.entrypoint,
        cmd: runtime.cmd,
        work_dir: runtime.work_dir,
        stop_signal: runtime.stop_signal,
        ports: runtime.ports,
        volumes: runtime.volumes,
        platforms: platforms?,
        compression: written.compression.map_or(Compression::Zstd, |codec| codec.0),
    })
}

fn chart(root: &Node, file: &SpecFile, reader: &mut Reader) -> Option<ChartCustomization> {
    let written = written::Chart::read(root, reader)?;
    let suffix =
        suffix(written.name.as_ref(), written.tag_suffix.as_ref(), written.has("tag-suffix"), reader);
    if let (Some(suffix), Some(name)) = (&suffix, &written.name) {
        let place = written.tag_suffix.as_ref().map_or(name.place, |suffix| suffix.place);
        reader.check(place, suffix.check_version());
    }
    let targets =
        written.targets.map(|list| targets(list.0, Subject::Chart, suffix.as_ref(), &file.dir, reader));
    let mappings = written.reference_mappings.map(|list| mappings(list.value.0, reader));
    Some(ChartCustomization {
        id: written.id.map(|id| id.0),
        name: written.name?.map(|name| name.0),
        suffix: suffix?,
        targets: targets?,
        mappings: mappings?,
    })
}

/// The suffix that is written, else the slug of the name.
fn suffix(
    name: Option<&At<Text>>,
    written: Option<&At<Text>>,
    has_suffix: bool,
    reader: &mut Reader,
) -> Option<TagSuffix> {
    if let Some(name) = name.filter(|name| name.0.is_empty()) {
        return reader.fault(name.place, ValueError::Empty("name"));
    }
    match (written, name) {
        (Some(written), _) => reader.check(written.place, TagSuffix::parse(&written.0)),
        (None, Some(name)) if !has_suffix => reader.check(name.place, TagSuffix::of_name(&name.0)),
        (None, _) => None,
    }
}

fn platforms(list: NonEmpty<At<PlatformName>>, reader: &mut Reader) -> BTreeMap<Platform, Place> {
    let mut platforms = BTreeMap::new();
    for At { value: PlatformName(platform), place } in list.0 {
        insert(&mut platforms, platform, place, reader);
    }
    platforms
}
