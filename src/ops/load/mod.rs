//! Handing the image of a platform to a container engine of this machine, as `docker load` takes it.

mod process;

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use process::{Ended, RunError};

use super::build::BuildError;
use super::publish::{self, Made};
use super::report::LoadedReport;
use crate::assemble::Workshop;
use crate::code::{Code, Coded};
use crate::image::Publication;
use crate::interrupt::{Interrupt, Interrupted};
use crate::oci::Platform;
use crate::plan::{Plan, Target};
use crate::printable::escaped;
use crate::store::Output;

/// What is loaded, and into what.
#[derive(Clone, Debug)]
pub struct Load {
    /// The engines, the preferred one first.
    pub engines: Vec<Engine>,
    /// The platform whose image is loaded.
    pub platform: Platform,
}

/// A container engine.
#[derive(Clone, Debug)]
pub struct Engine {
    /// Which one.
    pub kind: EngineKind,
    /// Its program, an absolute path; nothing where it is not installed.
    pub program: Option<PathBuf>,
}

/// A kind of container engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineKind {
    /// Docker, which needs a server.
    Docker,
    /// Podman.
    Podman,
}

impl EngineKind {
    /// Both, the preferred one first.
    pub const ALL: [Self; 2] = [Self::Docker, Self::Podman];

    /// The name of its program.
    pub fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
        }
    }

    /// Arguments with which it succeeds only if it can load images.
    fn question(self) -> &'static [&'static str] {
        match self {
            Self::Docker => &["version", "--format", "{{.Server.Version}}"],
            Self::Podman => &["version"],
        }
    }
}

impl fmt::Display for EngineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An image that cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// No engine answers.
    #[error("no container engine answers: {}", joined(.0, "; "))]
    Silent(Vec<Silence>),
    /// There is no image for the platform of this machine.
    #[error("no image for {wanted}, the platform of this machine; there is {}", joined(offered, ", "))]
    Platform {
        /// The platform of this machine.
        wanted: Platform,
        /// Those of the target.
        offered: Vec<Platform>,
    },
    /// The engine does not take the image.
    #[error("{engine} load: {problem}")]
    Refused {
        /// The engine.
        engine: EngineKind,
        /// How it ended.
        problem: Problem,
    },
}

/// An engine that does not answer.
#[derive(Debug, thiserror::Error)]
#[error("{engine} {problem}")]
pub struct Silence {
    /// The engine.
    pub engine: EngineKind,
    /// Why it does not.
    pub problem: Problem,
}

/// What is wrong with an engine's program.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// It is not installed.
    #[error("is not installed")]
    Absent,
    /// It cannot be run.
    #[error("cannot be run: {0}")]
    Spawn(#[source] io::Error),
    /// It did not end in time.
    #[error("did not answer within {} s", .0.as_secs())]
    Late(Duration),
    /// It failed.
    #[error("failed with {status}{}", after_colon(words))]
    Failed {
        /// How it ended.
        status: ExitStatus,
        /// The end of what it said: at most 512 bytes.
        words: String,
    },
}

impl Coded for LoadError {
    fn code(&self) -> Code {
        match self {
            Self::Silent(_) | Self::Refused { .. } => Code::Engine,
            Self::Platform { .. } => Code::PlatformAbsent,
        }
    }
}

/// How long an engine may take to answer; loading an image may take any time.
const PATIENCE: Duration = Duration::from_secs(5);
/// The archive's name while it is loaded.
const ARCHIVE: &str = "load.tar";

impl Load {
    /// The engine that takes images, once it is sure that the plan has one for it.
    pub(super) fn begin(&self, plan: &Plan, interrupt: &Interrupt) -> Result<Answering<'_>, BuildError> {
        for target in &plan.targets {
            if !target.images.contains_key(&self.platform) {
                let offered = target.images.keys().cloned().collect();
                return Err(LoadError::Platform { wanted: self.platform.clone(), offered }.into());
            }
        }
        let mut silent = Vec::new();
        for engine in &self.engines {
            let answering = |program| Answering { kind: engine.kind, program, platform: &self.platform };
            match answer(engine, interrupt)? {
                Ok(program) => return Ok(answering(program)),
                Err(problem) => silent.push(Silence { engine: engine.kind, problem }),
            }
        }
        Err(LoadError::Silent(silent).into())
    }
}

/// The program of an engine that answers, or why it does not.
fn answer(engine: &Engine, interrupt: &Interrupt) -> Result<Result<PathBuf, Problem>, Interrupted> {
    let Some(program) = &engine.program else { return Ok(Err(Problem::Absent)) };
    let question: Vec<&OsStr> = engine.kind.question().iter().map(OsStr::new).collect();
    match process::run(program, &question, Some(PATIENCE), interrupt) {
        Err(RunError::Interrupted(interrupted)) => Err(interrupted),
        Err(RunError::Io(error)) => Ok(Err(Problem::Spawn(error))),
        Ok(ended) => Ok(of_end(ended).map(|()| program.clone())),
    }
}

fn of_end(ended: Ended) -> Result<(), Problem> {
    match ended.status {
        None => Err(Problem::Late(PATIENCE)),
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(Problem::Failed { status, words: ended.words }),
    }
}

/// An engine that takes images.
pub(super) struct Answering<'a> {
    kind: EngineKind,
    program: PathBuf,
    platform: &'a Platform,
}

impl Answering<'_> {
    /// Loads the image of every target, under all its names.
    pub(super) fn load(&self, made: &[Made<'_>], shop: &Workshop<'_>) -> Result<LoadedReport, BuildError> {
        let mut names = Vec::new();
        for made in made {
            let of_target = full_names(made.target);
            self.load_one(&of_target, publish::publication(made), shop)?;
            names.extend(of_target);
        }
        Ok(LoadedReport { engine: self.kind.name().to_owned(), platform: self.platform.to_string(), names })
    }

    fn load_one(
        &self,
        names: &[String],
        publication: Publication,
        shop: &Workshop<'_>,
    ) -> Result<(), BuildError> {
        let Publication { index, mut images } = publication;
        images.retain(|image| image.platform == *self.platform);
        // In the directory of unfinished blobs, which goes whatever happens.
        let file = shop.staging.path().join(ARCHIVE);
        let output = Output::DockerArchive { file: file.clone(), name: None };
        publish::write(self.kind.name(), &output, names, &Publication { index, images }, shop)?;
        let arguments = ["load".as_ref(), "-i".as_ref(), file.as_os_str()];
        match process::run(&self.program, &arguments, None, shop.interrupt) {
            Err(RunError::Interrupted(interrupted)) => Err(interrupted.into()),
            Err(RunError::Io(error)) => Err(self.refused(Problem::Spawn(error))),
            Ok(ended) => of_end(ended).map_err(|problem| self.refused(problem)),
        }
    }

    fn refused(&self, problem: Problem) -> BuildError {
        LoadError::Refused { engine: self.kind, problem }.into()
    }
}

fn full_names(target: &Target) -> Vec<String> {
    target.tags.iter().map(|tag| format!("{}:{tag}", target.destination)).collect()
}

fn joined(items: &[impl fmt::Display], between: &str) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}

/// Words of others, if there are any, on one line.
fn after_colon(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!(": {}", escaped(words)) }
}
