//! Building: a specification to images in the places where they are wanted.

use std::fmt;

use super::load::{Answering, Load, LoadError};
use super::publish;
use super::report::Report;
use crate::assemble::{self, AssembleError, AssembledImage, Order, Origin, Work, Workshop};
use crate::code::{Code, Coded, Exit};
use crate::contents::{Allow, Finding};
use crate::file_error::FileError;
use crate::image::PlatformMismatch;
use crate::interrupt::{Interrupt, Interrupted};
use crate::limits::{Budget, Limited, Limits};
use crate::oci::{Platform, RegistryMap};
use crate::plan::{self, Context, FilePlan, ImagePlan, Plan, PlanError, Timestamp};
use crate::progress::Progress;
use crate::rootfs::RootPath;
use crate::spec::{Catalog, Place, SpecFile, Specification};
use crate::store::{Output, Staging, Store, WriteError};

/// How to build.
pub struct Options {
    /// How many threads work at a time; at least one.
    pub jobs: usize,
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
    /// Whether layers are always laid out before they are written; the bytes are the same.
    pub two_passes: bool,
    /// The container engine that gets the images besides the outputs, where one does.
    pub load: Option<Load>,
    /// What builds keep for those after them; the bytes are the same without.
    pub store: Option<Store>,
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
    /// The threads cannot be started.
    #[error("threads cannot be started: {0}")]
    Threads(String),
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
            Self::Threads(_) => Code::Io,
            Self::File(error) => error.code(),
            Self::Assemble(error) => error.code(),
            Self::Privileged { .. } => Code::Denied,
            Self::IndexSize { .. } => Code::LimitManifest,
            Self::Write(error) => error.code(),
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
            _ => None,
        }
    }
}

/// Builds a specification and writes its images to `outputs`, each of them whole or not at all.
///
/// Once `interrupt` is set it ends soon, leaves nothing behind but outputs that are whole, and fails with
/// [`BuildError::Interrupted`].
pub fn build(
    file: &SpecFile,
    specification: &Specification,
    outputs: &[Output],
    options: &Options,
    progress: &dyn Progress,
    interrupt: &Interrupt,
) -> Result<Report, BuildError> {
    let built = run(file, specification, outputs, options, progress, interrupt);
    // Work that is asked to end fails in many words; why it ended is what counts.
    built.map_err(|error| interrupt.check().err().map_or(error, BuildError::Interrupted))
}

fn run(
    file: &SpecFile,
    specification: &Specification,
    outputs: &[Output],
    options: &Options,
    progress: &dyn Progress,
    interrupt: &Interrupt,
) -> Result<Report, BuildError> {
    let place = options.load.as_ref().map(Load::place);
    let first = outputs.first().or(place.as_ref()).ok_or(BuildError::NoOutput)?;
    check_places(outputs)?;
    let context = Context {
        limits: &options.limits,
        map: &options.registry_map,
        source: &options.source,
        catalog: options.catalog.as_ref(),
        mismatch: options.platform_mismatch,
        epoch: options.epoch,
        platforms: &options.platforms,
        interrupt,
        spool: &|| Staging::nameless(first),
    };
    let plan = plan::resolve(file, specification, &context).map_err(BuildError::Plan)?;
    for output in outputs {
        check_output(output, &plan)?;
        output.check().map_err(|error| Box::new(WriteError::from(error)))?;
    }
    let engine = options.load.as_ref().map(|load| load.begin(&plan, interrupt)).transpose()?;
    let staging = Staging::beside(first)?;
    let name = name(specification);
    Making {
        name,
        plan: &plan,
        outputs,
        engine: engine.as_ref(),
        options,
        staging: &staging,
        progress,
        interrupt,
    }
    .run()
}

/// How an attempt to build ended.
enum Outcome {
    Made(Box<Report>),
    /// A layer that the store had turned out to be broken when it was read.
    Broken(BuildError),
}

/// A plan to be carried out.
struct Making<'a> {
    name: &'a str,
    plan: &'a Plan,
    outputs: &'a [Output],
    engine: Option<&'a Answering<'a>>,
    options: &'a Options,
    staging: &'a Staging,
    progress: &'a dyn Progress,
    interrupt: &'a Interrupt,
}

impl Making<'_> {
    /// Tries until no layer of the store turns out to be broken.
    fn run(&self) -> Result<Report, BuildError> {
        let store = self.options.store.as_ref();
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

    /// Assembles what is planned and writes it to the outputs.
    fn attempt(&self, store: Option<&Store>) -> Result<Outcome, BuildError> {
        let (options, limits) = (self.options, &self.options.limits);
        let shop = Workshop {
            jobs: options.jobs,
            limits,
            budget: &Budget::of(limits),
            interrupt: self.interrupt,
            allow: options.allow,
            allow_devices: options.allow_devices,
            two_passes: options.two_passes,
            staging: self.staging,
            store,
            work: &Work::default(),
            progress: self.progress,
        };
        let images = assemble(&shop, self.plan)?;
        if options.deny_privileged {
            refuse_privileged(self.plan, &images)?;
        }
        let made = publish::indexed(self.plan, images, limits.written_document_bytes)?;
        let published = publish::publish(&made, self.outputs, &shop)
            .and_then(|()| self.engine.map(|engine| engine.load(&made, &shop)).transpose());
        match published {
            Ok(loaded) => {
                let store = options.store.as_ref();
                let report = Report::of(self.name, &made, self.outputs, shop.work, store);
                Ok(Outcome::Made(Box::new(Report { loaded, ..report })))
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

fn check_output(output: &Output, plan: &Plan) -> Result<(), BuildError> {
    let holds_one = |thing, found| BuildError::OutputHoldsOne { output: output.to_string(), thing, found };
    let images = plan.targets.iter().map(|target| target.images.len()).max().unwrap_or(0);
    let targets = plan.targets.len();
    match output {
        Output::DockerArchive { .. } if images != 1 => Err(holds_one(Thing::Platform, images)),
        Output::DockerArchive { .. } | Output::OciArchive { .. } if targets != 1 => {
            Err(holds_one(Thing::Target, targets))
        }
        Output::Layout { tag: Some(_), .. } if targets != 1 => Err(holds_one(Thing::Target, targets)),
        _ => Ok(()),
    }
}

/// Assembles all images of a plan, on as many threads as there are jobs.
fn assemble(shop: &Workshop<'_>, plan: &Plan) -> Result<Vec<AssembledImage>, BuildError> {
    let orders: Vec<Order<'_>> = plan
        .targets
        .iter()
        .flat_map(|target| target.images.values().map(move |plan| Order { plan, target }))
        .collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(shop.jobs).build();
    let pool = pool.map_err(|error| BuildError::Threads(error.to_string()))?;
    Ok(pool.install(|| assemble::assemble(shop, &orders)).map_err(Box::new)?)
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

fn privileged(plan: &ImagePlan, origin: &Origin, path: &RootPath, by: &'static str) -> BuildError {
    let (subject, place) = match origin {
        Origin::Artifact(number) => {
            let artifact = &plan.artifacts[*number];
            (format!("artifact {}", artifact.source), Some(artifact.place))
        }
        Origin::Base | Origin::State => {
            // A link may have led elsewhere, where the file has its own name all the same.
            let is_it = |file: &&FilePlan| file.path.name() == path.name() && file.mode.is_setid();
            ("paths".to_owned(), plan.files.iter().find(is_it).map(|file| file.place))
        }
    };
    BuildError::Privileged { platform: plan.platform.clone(), subject, place, path: path.to_string(), by }
}
