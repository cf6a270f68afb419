//! The arguments of every command.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::registries::RegistryChoice;
use crate::limits::{self, Limits};
use crate::oci::{Locator, Platform};
use crate::store::Output;

/// Put your own packages, tools, certificates, files and settings on top of a hardened base image
#[derive(Parser)]
#[command(name = "overcoat", version, max_term_width = 110)]
pub(super) struct Overcoat {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Subcommand)]
pub(super) enum Command {
    Build(Build),
    Inspect(Inspect),
    Validate(Validate),
    Schema(Schema),
    Store(Store),
}

impl Command {
    /// Whether machines read what is printed.
    pub(super) fn json(&self) -> bool {
        match self {
            Self::Build(args) => args.json,
            Self::Inspect(args) => args.json,
            Self::Validate(args) => args.json,
            Self::Schema(_) => false,
            Self::Store(args) => args.json,
        }
    }
}

/// Build the images that customizations describe
///
/// Bases and artifacts are taken from registries, or from image layouts and archives on disk, where --registry-map
/// sends references, so that a file written for a registry builds unchanged. Layers of the base stay byte for byte as they
/// are. Several files share what they read, make and send; a failure of one does not stop the others. Exit codes: 2 usage
/// or specification, 3 corrupt input, 4 registry, 5 limit, 6 local I/O, 7 verification, 8 a tag was moved by somebody
/// else, 9 denied, 130 and 143 signals.
#[derive(Args)]
pub(super) struct Build {
    /// The customizations to build, or directories of them; - reads one from standard input
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,

    /// Push each image to its destination, under its tags
    #[arg(long)]
    pub(super) push: bool,

    /// Where to write: oci:DIR[:TAG], oci-archive:FILE or docker-archive:FILE[:NAME:TAG]; repeatable
    ///
    /// Without TAG an image gets every tag of its base with the customization's suffix.
    #[arg(short, long = "output", value_name = "OUTPUT")]
    pub(super) outputs: Vec<Output>,

    /// Load the image of this machine's platform into docker or podman, whichever answers
    #[arg(long)]
    pub(super) load: bool,

    /// The container engine that --load takes
    #[arg(long, value_enum, value_name = "ENGINE", requires = "load")]
    pub(super) engine: Option<EngineChoice>,

    /// Build for this platform only; repeatable [default: all of the customization]
    #[arg(long = "platform", value_name = "OS/ARCH")]
    pub(super) platforms: Vec<Platform>,

    /// Look for references that begin with FROM at TO instead, such as docker.io/acme=oci:./images, and push there
    /// what has such a destination; repeatable
    #[arg(long, value_name = "FROM=TO")]
    pub(super) registry_map: Vec<String>,

    /// The registry or image layout that has the images of definitions
    #[arg(long, value_name = "SOURCE", default_value = "dhi.io")]
    pub(super) source: String,

    /// A checkout of the catalog of definitions, which says the repository and the tags of each
    #[arg(long, value_name = "DIR", env = "OVERCOAT_CATALOG")]
    pub(super) catalog: Option<PathBuf>,

    /// Threads that work at a time [default: one per processor]
    #[arg(short, long, value_name = "N", env = "OVERCOAT_JOBS", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub(super) jobs: Option<u16>,

    /// Customizations that are built at a time, where there are several [default: two per thread]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub(super) at_a_time: Option<u16>,

    /// Allow what is refused otherwise; repeatable
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(super) allow: Vec<Allowance>,

    /// Fail on findings that are reported otherwise; repeatable
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(super) deny: Vec<Denial>,

    /// Add the packages that the report of an earlier build has (--json), by version and digest, and no others
    #[arg(long, value_name = "REPORT")]
    pub(super) packages_of: Option<PathBuf>,

    /// Fail where a package's script would have done something that is not done without running it
    #[arg(long)]
    pub(super) strict_scripts: bool,

    /// Fail where a package is not signed itself, besides the index it is in (apk)
    #[arg(long)]
    pub(super) signed_packages: bool,

    /// Days after which an index of packages without a date of its own to end is stale
    #[arg(long, value_name = "DAYS", default_value_t = 14)]
    pub(super) stale_days: u32,

    /// Set a limit on inputs; repeatable (--help lists all)
    #[arg(long = "limit", value_name = "NAME=VALUE", long_help = limits())]
    pub(super) limits: Vec<String>,

    /// Print a report for machines (`overcoat schema build-report` describes it, `builds-report` that of several files)
    #[arg(long)]
    pub(super) json: bool,

    /// Print the digest of each index alone
    #[arg(short, long, conflicts_with = "json")]
    pub(super) quiet: bool,

    #[command(flatten)]
    pub(super) registries: RegistryChoice,

    #[command(flatten)]
    pub(super) store: StoreChoice,

    /// Lay every layer out before it is written, reading its input twice; the bytes are the same
    #[arg(long, hide = true)]
    pub(super) two_passes: bool,
}

/// Which store is used.
#[derive(Args)]
pub(super) struct StoreChoice {
    /// Keep what later builds can use in this directory [default: overcoat in the user's cache directory]
    #[arg(long, value_name = "DIR", env = "OVERCOAT_STORE")]
    pub(super) store: Option<PathBuf>,

    /// Use nothing of earlier builds and keep nothing for later ones; the bytes are the same
    #[arg(long)]
    pub(super) no_store: bool,
}

/// Look at the store, where builds keep what later ones can use, or make room in it
#[derive(Args)]
pub(super) struct Store {
    #[command(subcommand)]
    pub(super) command: StoreCommand,

    /// The store's directory [default: overcoat in the user's cache directory]
    #[arg(long, value_name = "DIR", env = "OVERCOAT_STORE", global = true)]
    pub(super) store: Option<PathBuf>,

    /// Print a report for machines (`overcoat schema store-report` describes it)
    #[arg(long, global = true)]
    pub(super) json: bool,
}

#[derive(Subcommand)]
pub(super) enum StoreCommand {
    /// Print what the store holds, by kind and last use
    Info,
    /// Remove what was not used for the longest time; safe while builds run
    Prune(Prune),
}

#[derive(Args)]
#[command(group = clap::ArgGroup::new("room").required(true).multiple(true))]
pub(super) struct Prune {
    /// Remove what was not used for so long: a number with s, m, h, d or w behind it
    #[arg(long, value_name = "AGE", value_parser = age, group = "room")]
    pub(super) older_than: Option<u64>,

    /// Remove what was used longest ago until the rest has at most so many bytes; K, M, G and T stand for powers of 1024
    #[arg(long, value_name = "BYTES", value_parser = bytes, group = "room")]
    pub(super) max_size: Option<u64>,

    /// Remove everything
    #[arg(long, group = "room", conflicts_with_all = ["older_than", "max_size"])]
    pub(super) all: bool,

    /// Only print what would be removed
    #[arg(long)]
    pub(super) dry_run: bool,
}

/// Seconds.
fn age(text: &str) -> Result<u64, String> {
    let units = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400), ('w', 604_800)];
    let unit = units.iter().find_map(|(unit, seconds)| Some((text.strip_suffix(*unit)?, seconds)));
    let digits = unit.filter(|(digits, _)| digits.bytes().all(|digit| digit.is_ascii_digit()));
    let age = digits.and_then(|(digits, seconds)| digits.parse::<u64>().ok()?.checked_mul(*seconds));
    age.ok_or_else(|| "expected a number with s, m, h, d or w behind it, such as 30d".to_owned())
}

fn bytes(text: &str) -> Result<u64, String> {
    limits::number(text)
        .ok_or_else(|| "expected a number with K, M, G or T behind it at most, such as 20G".to_owned())
}

/// What may be allowed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Allowance {
    /// A file or link takes the place of a directory with content, or of a link to one
    Replace,
    /// Artifacts bring devices and named pipes
    Devices,
    /// A config is for another platform than its index says
    PlatformMismatch,
    /// A repository of packages is older than one that was seen before
    Rollback,
    /// Platforms get packages of different versions
    PlatformSkew,
    /// Package indexes that the store has are used as they are, without asking whether there are newer ones
    Offline,
}

/// A container engine.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum EngineChoice {
    Docker,
    Podman,
}

/// What may be denied.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Denial {
    /// Files are added that run with the rights of their owner or group (setuid, setgid) or with capabilities
    Setuid,
    /// Repositories of packages are signed with SHA-1 alone
    Sha1,
    /// Repositories of packages were not renewed for too long, or are past their date
    Stale,
}

/// Show an image: its index, platforms, layers, config, annotations, and what refers to it
///
/// Digests are verified; no layer is read.
#[derive(Args)]
pub(super) struct Inspect {
    /// The image: a reference, oci:DIR[:TAG], oci-archive:FILE[:TAG] or docker-archive:FILE[:NAME:TAG], the first three
    /// with @DIGEST as well
    #[arg(value_name = "REF")]
    pub(super) reference: Locator,

    /// Show this platform only; repeatable
    #[arg(long = "platform", value_name = "OS/ARCH")]
    pub(super) platforms: Vec<Platform>,

    /// Print the index, or the manifest of the platform, byte for byte
    #[arg(long, conflicts_with = "json")]
    pub(super) raw: bool,

    /// Print a report for machines (`overcoat schema inspect-report` describes it)
    #[arg(long)]
    pub(super) json: bool,

    /// Look for references that begin with FROM at TO instead, such as docker.io/acme=oci:./images; repeatable
    #[arg(long, value_name = "FROM=TO")]
    pub(super) registry_map: Vec<String>,

    /// Set a limit on what is read; repeatable (--help lists all)
    #[arg(long = "limit", value_name = "NAME=VALUE", long_help = limits())]
    pub(super) limits: Vec<String>,

    #[command(flatten)]
    pub(super) registries: RegistryChoice,
}

/// Check customizations, and report everything that is wrong with them at once
#[derive(Args)]
pub(super) struct Validate {
    /// The customizations to check; - reads one from standard input
    #[arg(required = true)]
    pub(super) files: Vec<PathBuf>,

    /// Report what the hosted service would refuse, too
    #[arg(long)]
    pub(super) hosted: bool,

    /// Print the findings for machines
    #[arg(long)]
    pub(super) json: bool,
}

/// Print a JSON Schema, by which editors complete and check
#[derive(Args)]
pub(super) struct Schema {
    /// Of which form
    #[arg(value_enum, default_value_t = Form::Customization)]
    pub(super) of: Form,
}

/// What has a schema.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// The customization file
    Customization,
    /// The report of `build --json`
    BuildReport,
    /// The report of `build --json` with several files
    BuildsReport,
    /// The report of `inspect --json`
    InspectReport,
    /// What commands print with `--json` when they fail
    Diagnostics,
    /// The report of `store --json`
    StoreReport,
}

/// The help of `--limit`.
fn limits() -> String {
    let mut text =
        "Set a limit on inputs; repeatable. K, M, G and T behind a value stand for powers of 1024. \
                    Names and defaults:\n"
            .to_owned();
    for (name, default) in Limits::names() {
        let units = [(40, "T"), (30, "G"), (20, "M"), (10, "K"), (0, "")];
        let whole = units.iter().find(|(shift, _)| default >> shift << shift == default);
        let (shift, unit) = whole.expect("every number is a multiple of one");
        text.push_str(&format!("\n  {name}={}{unit}", default >> shift));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_of_every_command_fit_together() {
        Overcoat::command().debug_assert();
    }
}
