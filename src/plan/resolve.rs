//! A specification to a plan: every input found and pinned.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io;

use super::base::{self, Base};
use super::error::{PlanError, Problem};
use super::file::Content;
use super::time::Timestamp;
use super::{AccountsPlan, ArtifactPlan, FileKind, FilePlan, ImagePlan, Plan, Runtime, Target};
use crate::limits::Limits;
use crate::oci::{Locator, Platform, RegistryMap};
use crate::rootfs::{Attributes, NewGroup, NewUser, Selection};
use crate::spec::{
    self, At, Customization, FileSource, Place, SourceDir, SourceError, SpecFile, Specification, StaticKind,
};
use crate::store::{Found, PlatformMismatch};

/// What a plan depends on besides its specification.
pub struct Context<'a> {
    /// The limits on inputs.
    pub limits: &'a Limits,
    /// Where references are looked for instead.
    pub map: &'a RegistryMap,
    /// The registry or layout that has the images of definitions.
    pub source: &'a str,
    /// Whether a config may be for another platform than its index says.
    pub mismatch: PlatformMismatch,
    /// The time that outputs are made at, where it is set from outside.
    pub epoch: Option<Timestamp>,
    /// The platforms that are wanted; all of the specification's where it is empty.
    pub platforms: &'a [Platform],
    /// Makes a file without a name for a long content.
    pub spool: &'a dyn Fn() -> io::Result<File>,
}

/// Plans a specification; all problems at once.
pub fn resolve(
    file: &SpecFile,
    specification: &Specification,
    context: &Context<'_>,
) -> Result<Plan, Vec<PlanError>> {
    let mut problems = Problems::default();
    let customization = match specification {
        Specification::Image(customization) => customization,
        Specification::Chart(chart) => {
            let place = chart.mappings.first().map(|mapping| mapping.from.place);
            return Err(vec![PlanError {
                place,
                problem: Problem::Unsupported { what: "chart customizations" },
            }]);
        }
    };
    if let Some(request) = customization.packages.install.first() {
        problems.add(Some(request.place), Problem::Unsupported { what: "packages" });
    }
    let platforms = platforms(customization, context, &mut problems);
    let files = files(file, customization, context, &mut problems);
    let artifacts = artifacts(customization, context, &mut problems);
    let mut targets = Vec::new();
    let mut written = HashSet::new();
    for target in &customization.targets {
        let place = match &target.base {
            spec::Base::Definition(id) => id.place,
            spec::Base::Image(locator) => locator.place,
        };
        let Some(base) = problems.keep(Some(place), base::base(context, &target.base)) else { continue };
        let Some(tags) = problems.keep(Some(place), tags(customization, target, &base)) else { continue };
        for tag in &tags {
            let full = format!("{}:{tag}", target.destination.value);
            if !written.insert(full.clone()) {
                problems.add(Some(target.destination.place), Problem::Collision(full));
            }
        }
        let mut images = BTreeMap::new();
        for platform in &platforms {
            let parts = Parts { customization, context, platform, base: &base, base_place: place };
            images.extend(
                parts.image(&artifacts, &files, &mut problems).map(|image| (platform.clone(), image)),
            );
        }
        let destination = target.destination.value.to_string();
        targets.push(Target {
            destination,
            tags,
            base_name: base.base_name,
            base: base.name,
            base_place: place,
            images,
        });
    }
    problems.into_result(Plan { targets })
}

/// Problems as they are found.
#[derive(Default)]
struct Problems(Vec<PlanError>);

impl Problems {
    fn add(&mut self, place: Option<Place>, problem: Problem) {
        // The same input may be asked for on several platforms; people read it once.
        let known =
            |other: &PlanError| other.place == place && other.problem.to_string() == problem.to_string();
        if !self.0.iter().any(known) {
            self.0.push(PlanError { place, problem });
        }
    }

    fn keep<T>(&mut self, place: Option<Place>, result: Result<T, Problem>) -> Option<T> {
        result.map_err(|problem| self.add(place, problem)).ok()
    }

    fn into_result(mut self, plan: Plan) -> Result<Plan, Vec<PlanError>> {
        self.0.sort_by_key(|error| error.place);
        if self.0.is_empty() { Ok(plan) } else { Err(self.0) }
    }
}

fn platforms(customization: &Customization, context: &Context<'_>, problems: &mut Problems) -> Vec<Platform> {
    let offered: Vec<Platform> = customization.platforms.keys().cloned().collect();
    for platform in context.platforms.iter().filter(|platform| !offered.contains(platform)) {
        let (platform, offered) = (platform.clone(), offered.clone());
        problems.add(None, Problem::Platform { platform, offered });
    }
    let is_wanted =
        |platform: &Platform| context.platforms.is_empty() || context.platforms.contains(platform);
    offered.into_iter().filter(is_wanted).collect()
}

fn tags(customization: &Customization, target: &spec::Target, base: &Base) -> Result<Vec<String>, Problem> {
    let named: Vec<String> = target.tags.iter().map(|tag| tag.value.clone()).collect();
    let tags = if named.is_empty() { base.tags.clone() } else { named };
    if tags.is_empty() {
        return Err(Problem::NoTags { base: base.name.to_string() });
    }
    tags.iter().map(|tag| customization.suffix.tag(tag).map_err(Problem::from)).collect()
}

/// A static file that was read, and the platforms it is for.
struct ReadFile<'a> {
    plan: FilePlan,
    of: &'a spec::StaticFile,
}

fn files<'a>(
    file: &SpecFile,
    customization: &'a Customization,
    context: &Context<'_>,
    problems: &mut Problems,
) -> Vec<ReadFile<'a>> {
    let read = |of: &'a spec::StaticFile| {
        let kind = match &of.kind {
            StaticKind::File(FileSource::Inline(text)) => FileKind::File(Content::of(text.as_bytes())),
            StaticKind::File(FileSource::Beside(source)) => {
                FileKind::File(problems.keep(Some(source.place), beside(file, source, context))?)
            }
            StaticKind::EmptyFile => FileKind::File(Content::of(b"")),
            StaticKind::Directory => FileKind::Directory,
            StaticKind::Symlink { target } => FileKind::Symlink(target.clone()),
            StaticKind::Delete => FileKind::Delete,
        };
        let (path, place) = (of.path.value.clone(), of.path.place);
        Some(ReadFile { plan: FilePlan { path, place, kind, mode: of.mode, owner: of.owner }, of })
    };
    customization.files.iter().filter_map(read).collect()
}

/// Reads a file beside the specification, once.
fn beside(
    file: &SpecFile,
    source: &At<std::path::PathBuf>,
    context: &Context<'_>,
) -> Result<Content, Problem> {
    let dir = SourceDir::open(&file.dir).map_err(SourceError::from)?;
    let source = dir.file(&source.value, context.limits.source_bytes)?;
    let size = source.size();
    let content = Content::read(source, size, || (context.spool)());
    content.map_err(|error| error.downcast::<SourceError>().map_or_else(Problem::Spool, Problem::from))
}

/// An artifact that was found, before a platform of it is chosen.
struct FoundArtifact<'a> {
    of: &'a spec::Artifact,
    found: Found,
    selection: Selection,
}

fn artifacts<'a>(
    customization: &'a Customization,
    context: &Context<'_>,
    problems: &mut Problems,
) -> Vec<FoundArtifact<'a>> {
    let patterns = |list: &[At<crate::rootfs::Pattern>]| list.iter().map(|one| one.value.clone()).collect();
    let find = |of: &'a spec::Artifact| {
        let found =
            problems.keep(Some(of.source.place), base::find(context, &of.source.value, "artifact"))?;
        Some(FoundArtifact {
            of,
            found,
            selection: Selection::new(patterns(&of.includes), patterns(&of.excludes)),
        })
    };
    customization.artifacts.iter().filter_map(find).collect()
}

/// What one image is planned from.
struct Parts<'a> {
    customization: &'a Customization,
    context: &'a Context<'a>,
    platform: &'a Platform,
    base: &'a Base,
    base_place: Place,
}

impl Parts<'_> {
    fn image(
        &self,
        artifacts: &[FoundArtifact<'_>],
        files: &[ReadFile<'_>],
        problems: &mut Problems,
    ) -> Option<ImagePlan> {
        let platform = self.platform;
        let base = match &self.base.found {
            None => None,
            Some(found) => {
                let image = found
                    .image(platform)
                    .map_err(|error| base::image_problem("base", &self.base.name, error));
                Some(problems.keep(Some(self.base_place), image)?)
            }
        };
        let is_here = |only: &Option<std::collections::BTreeSet<Platform>>| {
            only.as_ref().is_none_or(|only| only.contains(platform))
        };
        let mut planned = Vec::new();
        for artifact in artifacts.iter().filter(|artifact| is_here(&artifact.of.platforms)) {
            let place = artifact.of.source.place;
            planned.push(problems.keep(Some(place), self.artifact(artifact))?);
        }
        let inputs = base.iter().chain(planned.iter().map(|one: &ArtifactPlan| &one.image));
        let newest = inputs.filter_map(|image| Timestamp::parse(image.config.created()?)).max();
        let oldest = Timestamp::from_seconds(Attributes::EPOCH).expect("1980 is in every calendar");
        Some(ImagePlan {
            platform: platform.clone(),
            base,
            artifacts: planned,
            files: files
                .iter()
                .filter(|file| is_here(&file.of.platforms))
                .map(|file| file.plan.clone())
                .collect(),
            accounts: accounts(self.customization),
            runtime: runtime(self.customization),
            compression: self.customization.compression,
            created: self.context.epoch.or(newest).unwrap_or(oldest),
            latest: self.context.epoch,
        })
    }

    fn artifact(&self, artifact: &FoundArtifact<'_>) -> Result<ArtifactPlan, Problem> {
        let of = artifact.of;
        let found = artifact.found.image(self.platform);
        let image = found.map_err(|error| base::image_problem("artifact", &of.source.value, error))?;
        let label = match (&of.source.value, artifact.found.index().or(image.manifest.as_ref())) {
            (Locator::Registry(name), _) => name.to_string(),
            (_, Some(descriptor)) => descriptor.digest.to_string(),
            (_, None) => image.layers.last().map_or(String::new(), |layer| layer.diff_id.to_string()),
        };
        Ok(ArtifactPlan {
            source: of.source.value.clone(),
            label,
            place: of.source.place,
            include_places: of.includes.iter().map(|include| include.place).collect(),
            image,
            selection: artifact.selection.clone(),
            uid: of.uid,
            gid: of.gid,
            to: of.to.clone(),
        })
    }
}

fn accounts(customization: &Customization) -> AccountsPlan {
    let accounts = &customization.accounts;
    let users = accounts.users.iter().map(|user| NewUser {
        name: user.name.to_string(),
        uid: user.uid,
        gid: user.gid,
    });
    let groups = accounts.groups.iter().map(|group| NewGroup {
        name: group.name.to_string(),
        gid: group.gid,
        members: group.members.iter().map(|member| member.to_string()).collect(),
    });
    AccountsPlan {
        root: accounts.root,
        runs_as: accounts.runs_as.as_ref().map(|user| (user.value.clone(), user.place)),
        users: users.collect(),
        groups: groups.collect(),
        user_places: accounts.users.iter().map(|user| user.name.place).collect(),
        group_places: accounts.groups.iter().map(|group| group.name.place).collect(),
    }
}

fn runtime(customization: &Customization) -> Runtime {
    let environment =
        customization.environment.iter().map(|(name, value)| (name.clone(), value.value.clone()));
    Runtime {
        environment: environment.collect(),
        labels: customization.labels.clone(),
        annotations: customization.annotations.clone(),
        entrypoint: customization.entrypoint.clone(),
        cmd: customization.cmd.clone(),
        work_dir: customization.work_dir.as_ref().map(|dir| dir.value.clone()),
        stop_signal: customization.stop_signal.clone(),
        ports: customization.ports.iter().map(|port| port.value.to_string()).collect(),
        volumes: customization.volumes.iter().map(|path| path.value.clone()).collect(),
    }
}
