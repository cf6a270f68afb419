//! Building: a specification to images in the places where they are wanted.

use std::fmt;
use std::sync::Arc;

use super::load::{Answering, Load, LoadError};
use super::report::Report;
use super::workspace::Workspace;
use super::{publish, push};
use crate::assemble::{self, AssembleError, AssembledImage, Order, Origin, Work, Workshop};
use crate::code::{Code, Coded, Exit, Failure as _};
use crate::contents::{Allow, Finding};
use crate::emulate::Note;
use crate::file_error::FileError;
use crate::image::PlatformMismatch;
use crate::interrupt::{Interrupt, Interrupted};
use crate::layer::{Reading, Trust};
use crate::limits::{Budget, Limited, Limits};
use crate::oci::{Platform, RegistryMap};
use crate::plan::{self, Context, FilePlan, ImagePlan, PackageLock, Plan, PlanError, Timestamp};
use crate::progress::Progress;
use crate::provision::Provisioner;
use crate::registry::{PushError, Repository};
use crate::repositories::{self, Policy};
use crate::rootfs::RootPath;
use crate::spec::{Catalog, Place, SpecFile, Specification};
use crate::store::{Output, Staging, Store, WriteError};

/// How to build.
pub struct Options {
    /// The platforms that are wanted; all of the specification's where it is empty.
    pub platforms: Vec<Platform>,
    /// Where references are looked for instead.
    pub registry_map: RegistryMap,
    /// The registry or layout that has the images of definitions.
    pub source: String,
    /// The definitions of images, where there is a catalog of them.
    pub catalog: Option<Catalog>,
    /// What may be replaced.
    pub allow: Allow,
    /// Whether artifacts may bring devices.
    pub allow_devices: bool,
    /// Whether a config may be for another platform than its index says.
    pub platform_mismatch: PlatformMismatch,
    /// Whether files with privileges must not be added.
    pub deny_privileged: bool,
    /// The time that outputs are made at, where it is set from outside.
    pub epoch: Option<Timestamp>,
    /// The limits on inputs.
    pub limits: Limits,
    /// What is tolerated of repositories of packages.
    pub repositories: Policy,
    /// Whether platforms may get packages of different versions.
    pub allow_skew: bool,
    /// The packages that images may get, where only some may.
    pub lock: Option<PackageLock>,
    /// Whether scripts of packages whose work is not understood are errors.
    pub strict_scripts: bool,
    /// Whether layers are always laid out before they are written; the bytes are the same.
    pub two_passes: bool,
}

/// Where images go.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Places on this machine's disks.
    pub outputs: Vec<Output>,
    /// Whether to push to the destinations that the specification names.
    pub push: bool,
    /// The container engine that gets them, where one does.
    pub load: Option<Load>,
    /// Whether images of other specifications go to the same outputs, so that each needs its full name.
    pub several: bool,
}

/// Why a build failed.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The specification cannot be planned.
    #[error("the specification cannot be planned")]
    Plan(Vec<PlanError>),
    /// There is nowhere to write to.
    #[error("no output is asked for")]
    NoOutput,
    /// An output cannot hold what is built.
    #[error("`{output}` holds one {thing}, and this customization makes {found}")]
    OutputHoldsOne {
        /// The output.
        output: String,
        /// What it holds one of.
        thing: Thing,
        /// How many there are.
        found: usize,
    },
    /// Two outputs are one place.
    #[error("outputs `{0}` and `{1}` are the same place")]
    OutputTwice(String, String),
    /// A local file cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// An image cannot be assembled.
    #[error(transparent)]
    Assemble(#[from] Box<AssembleError>),
    /// A file has privileges, which was denied.
    #[error("{platform}: {subject}: `{path}` has privileges by {by}")]
    Privileged {
        /// The platform.
        platform: Platform,
        /// The input or the part that brings it.
        subject: String,
        /// Where the specification names that.
        place: Option<Place>,
        /// The file.
        path: String,
        /// What gives it privileges.
        by: &'static str,
    },
    /// A package's script would have done something that is not done.
    #[error("{platform}: {note}")]
    Script {
        /// The platform.
        platform: Platform,
        /// Where the specification asks for packages.
        place: Option<Place>,
        /// What is not done.
        note: Note,
    },
    /// An index would be too large.
    #[error("the index would have {found} bytes, more than {limit}")]
    IndexSize {
        /// The bytes it would have.
        found: u64,
        /// The bytes it may have.
        limit: u64,
    },
    /// An output cannot be written.
    #[error(transparent)]
    Write(#[from] Box<WriteError>),
    /// Two specifications of one call give one name to two images.
    #[error("`{name}` is written by another customization of this call")]
    NameTwice {
        /// The name.
        name: String,
    },
    /// A destination leads to no registry.
    #[error("destination `{destination}` cannot be pushed to: {problem}")]
    Destination {
        /// The destination.
        destination: String,
        /// Where it leads instead.
        problem: String,
    },
    /// An image cannot be pushed.
    #[error("{repository}: {error}")]
    Push {
        /// The repository.
        repository: String,
        /// Why.
        #[source]
        error: Box<PushError>,
    },
    /// An image cannot be loaded into a container engine.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The build was asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

/// What an output may hold only one of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    /// The image of one platform.
    Platform,
    /// The images of one target.
    Target,
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Platform => "platform",
            Self::Target => "target",
        })
    }
}

impl Coded for BuildError {
    fn code(&self) -> Code {
        match self {
            Self::Plan(errors) => errors.first().map_or(Code::Usage, Coded::code),
            Self::NoOutput => Code::Usage,
            Self::OutputHoldsOne { .. } | Self::OutputTwice(..) => Code::Output,
            Self::File(error) => error.code(),
            Self::Assemble(error) => error.code(),
            Self::Privileged { .. } | Self::Script { .. } => Code::Denied,
            Self::IndexSize { .. } => Code::LimitManifest,
            Self::Write(error) => error.code(),
            Self::NameTwice { .. } | Self::Destination { .. } => Code::Output,
            Self::Push { error, .. } => error.code(),
            Self::Load(error) => error.code(),
            Self::Interrupted(interrupted) => interrupted.code(),
        }
    }
}

impl Limited for BuildError {
    fn limit(&self) -> Option<&'static str> {
        match self {
            Self::Assemble(error) => error.fault.limit(),
            Self::IndexSize { .. } => Some("written-document-bytes"),
            Self::Push { error, .. } => error.limit(),
            _ => None,
        }
    }
}

/// Builds a specification and writes its images to where they are wanted, each of them whole or not at all.
///
/// Once `interrupt` is set it ends soon, leaves nothing behind but outputs that are whole, and fails with
/// [`BuildError::Interrupted`].
pub fn build(
    file: &SpecFile,
    specification: &Specification,
    wanted: &Wanted,
    options: &Options,
    workspace: &Workspace,
    progress: &dyn Progress,
    interrupt: &Interrupt,
) -> Result<Report, BuildError> {
    let call = Call { wanted, options, workspace, progress, interrupt };
    let built = call.run(file, specification);
    // Work that is asked to end fails in many words; why it ended is what counts.
    built.map_err(|error| interrupt.check().err().map_or(error, BuildError::Interrupted))
}

/// What a build is asked for.
struct Call<'a> {
    wanted: &'a Wanted,
    options: &'a Options,
    workspace: &'a Workspace,
    progress: &'a dyn Progress,
    interrupt: &'a Interrupt,
}

impl Call<'_> {
    fn run(&self, file: &SpecFile, specification: &Specification) -> Result<Report, BuildError> {
        let outputs = &self.wanted.outputs;
        let load = self.wanted.load.as_ref();
        if outputs.is_empty() && !self.wanted.push && load.is_none() {
            return Err(BuildError::NoOutput);
        }
        check_places(outputs)?;
        let plan = self.plan(file, specification)?;
        for output in outputs {
            check_output(output, &plan, self.wanted.several)?;
            output.check().map_err(|error| Box::new(WriteError::from(error)))?;
        }
        let repositories = match self.wanted.push {
            true => push::repositories(&plan, &self.options.registry_map, self.workspace)?,
            false => Vec::new(),
        };
        let engine = load.map(|load| load.begin(&plan, self.interrupt)).transpose()?;
        let staging = match outputs.first() {
            Some(first) => Staging::beside(first)?,
            None => Staging::within(&self.workspace.scratch)?,
        };
        let name = name(specification);
        Making { call: self, name, plan: &plan, repositories, engine: engine.as_ref(), staging: &staging }
            .run()
    }

    fn plan(&self, file: &SpecFile, specification: &Specification) -> Result<Plan, BuildError> {
        let options = self.options;
        let spool = || match self.wanted.outputs.first() {
            Some(first) => Staging::nameless(first),
            None => tempfile::tempfile_in(&self.workspace.scratch),
        };
        let context = Context {
            limits: &options.limits,
            map: &options.registry_map,
            remotes: &self.workspace.remotes,
            source: &options.source,
            catalog: options.catalog.as_ref(),
            mismatch: options.platform_mismatch,
            epoch: options.epoch,
            lock: options.lock.as_ref(),
            platforms: &options.platforms,
            interrupt: self.interrupt,
            spool: &spool,
        };
        plan::resolve(file, specification, &context).map_err(BuildError::Plan)
    }
}

/// How an attempt to build ended.
enum Outcome {
    Made(Box<Report>),
    /// A layer that the store had turned out to be broken when it was read.
    Broken(BuildError),
}

/// A plan to be carried out.
struct Making<'a> {
    call: &'a Call<'a>,
    name: &'a str,
    plan: &'a Plan,
    /// Where each target is pushed to; nothing where nothing is.
    repositories: Vec<Repository>,
    engine: Option<&'a Answering<'a>>,
    staging: &'a Staging,
}

impl Making<'_> {
    /// Tries until no layer of the store turns out to be broken.
    fn run(&self) -> Result<Report, BuildError> {
        let store = self.call.workspace.store.as_ref();
        let mut outcome = self.attempt(store)?;
        // What was broken is gone by then; should more be broken, there is an attempt without.
        for store in [store, None] {
            if let Outcome::Broken(_) = outcome {
                outcome = self.attempt(store)?;
            }
        }
        match outcome {
            Outcome::Made(report) => Ok(*report),
            Outcome::Broken(error) => Err(error),
        }
    }

    /// Assembles what is planned, writes it to the outputs and pushes it.
    fn attempt(&self, store: Option<&Arc<Store>>) -> Result<Outcome, BuildError> {
        let Call { wanted, options, workspace, progress, interrupt } = *self.call;
        let limits = &options.limits;
        let budget = &Budget::of(limits);
        let provisioner = Provisioner {
            repositories: &workspace.repositories,
            keeps_indexes: wanted.several,
            policy: &options.repositories,
            allow_skew: options.allow_skew,
            allow: options.allow,
            reading: Reading { trust: Trust::Artifact, allow_devices: false, limits, budget, interrupt },
            work: repositories::Work { limits, budget, progress, interrupt },
        };
        let shop = Workshop {
            jobs: workspace.jobs,
            limits,
            budget,
            provisioner,
            interrupt,
            allow: options.allow,
            allow_devices: options.allow_devices,
            two_passes: options.two_passes,
            staging: self.staging,
            store,
            shared: workspace.shared.as_ref(),
            work: &Work::default(),
            progress,
        };
        let images = workspace.pool.install(|| assemble::assemble(&shop, &orders(self.plan)));
        let images = images.map_err(Box::new)?;
        if options.deny_privileged {
            refuse_privileged(self.plan, &images)?;
        }
        if options.strict_scripts {
            refuse_scripts(self.plan, &images)?;
        }
        let made = publish::indexed(self.plan, images, limits.written_document_bytes)?;
        let published = publish::publish(&made, wanted, workspace, &shop)
            .and_then(|()| push::push(&made, &self.repositories, workspace, &shop))
            .and_then(|pushed| {
                Ok((pushed, self.engine.map(|engine| engine.load(&made, &shop)).transpose()?))
            });
        match published {
            Ok((pushed, loaded)) => {
                let store = workspace.store.as_deref();
                let report = Report::of(self.name, &made, &wanted.outputs, shop.work, store);
                let mut report = Report { loaded, ..report };
                report.add_pushed(pushed);
                Ok(Outcome::Made(Box::new(report)))
            }
            Err(error) if is_of_bytes(&error) && publish::forget_broken(&made, &shop) => {
                Ok(Outcome::Broken(error))
            }
            Err(error) => Err(error),
        }
    }
}

/// Whether bytes that were read may be why an output cannot be written.
fn is_of_bytes(error: &BuildError) -> bool {
    matches!(error.code().exit(), Exit::Verification | Exit::Io)
}

fn name(specification: &Specification) -> &str {
    match specification {
        Specification::Image(customization) => &customization.name.value,
        Specification::Chart(chart) => &chart.name.value,
    }
}

fn check_places(outputs: &[Output]) -> Result<(), BuildError> {
    for (number, output) in outputs.iter().enumerate() {
        if let Some(other) = outputs[..number].iter().find(|other| output.collides_with(other)) {
            return Err(BuildError::OutputTwice(other.to_string(), output.to_string()));
        }
    }
    Ok(())
}

fn check_output(output: &Output, plan: &Plan, several: bool) -> Result<(), BuildError> {
    let holds_one = |thing, found| BuildError::OutputHoldsOne { output: output.to_string(), thing, found };
    let images = plan.targets.iter().map(|target| target.images.len()).max().unwrap_or(0);
    let targets = if several { plan.targets.len().max(2) } else { plan.targets.len() };
    match output {
        Output::DockerArchive { .. } if images != 1 => Err(holds_one(Thing::Platform, images)),
        Output::DockerArchive { .. } | Output::OciArchive { .. } if targets != 1 => {
            Err(holds_one(Thing::Target, targets))
        }
        Output::Layout { tag: Some(_), .. } if targets != 1 => Err(holds_one(Thing::Target, targets)),
        _ => Ok(()),
    }
}

/// All images of a plan, in the order of its targets.
fn orders(plan: &Plan) -> Vec<Order<'_>> {
    plan.targets
        .iter()
        .flat_map(|target| target.images.values().map(move |plan| Order { plan, target }))
        .collect()
}

fn refuse_privileged(plan: &Plan, images: &[AssembledImage]) -> Result<(), BuildError> {
    let plans = plan.targets.iter().flat_map(|target| target.images.values());
    for (plan, image) in plans.zip(images) {
        for layer in &image.layers {
            for finding in &layer.findings {
                if let Finding::Privileged { path, by } = finding {
                    return Err(privileged(plan, &layer.origin, path, by));
                }
            }
        }
    }
    Ok(())
}

fn refuse_scripts(plan: &Plan, images: &[AssembledImage]) -> Result<(), BuildError> {
    let plans = plan.targets.iter().flat_map(|target| target.images.values());
    for (plan, image) in plans.zip(images) {
        if let Some(note) = image.packages.iter().flat_map(|packages| &packages.notes).next() {
            let (platform, place) = (plan.platform.clone(), plan.packages.place());
            return Err(BuildError::Script { platform, place, note: note.clone() });
        }
    }
    Ok(())
}

fn privileged(plan: &ImagePlan, origin: &Origin, path: &RootPath, by: &'static str) -> BuildError {
    let (subject, place) = match origin {
        Origin::Artifact(number) => {
            let artifact = &plan.artifacts[*number];
            (format!("artifact {}", artifact.source), Some(artifact.place))
        }
        Origin::Packages => ("packages".to_owned(), plan.packages.place()),
        Origin::Base | Origin::State => {
            // A link may have led elsewhere, where the file has its own name all the same.
            let is_it = |file: &&FilePlan| file.path.name() == path.name() && file.mode.is_setid();
            ("paths".to_owned(), plan.files.iter().find(is_it).map(|file| file.place))
        }
    };
    BuildError::Privileged { platform: plan.platform.clone(), subject, place, path: path.to_string(), by }
}
