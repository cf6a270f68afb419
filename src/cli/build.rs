//! `overcoat build`

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{SystemTime, UNIX_EPOCH};

use signal_hook::flag;

use super::args::{Allowance, Build, Denial};
use super::failure::Failure;
use super::{hint, json, load, progress, registries, several, spec_file, summary, workspace};
use crate::code::{Code, Coded as _};
use crate::contents::Allow;
use crate::image::PlatformMismatch;
use crate::interrupt::Interrupt;
use crate::limits::Limits;
use crate::oci::RegistryMap;
use crate::ops;
use crate::ops::build::{Options, Wanted, build};
use crate::ops::report::Report;
use crate::ops::workspace::Workspace;
use crate::package::Moment;
use crate::plan::{PackageLock, Timestamp};
use crate::repositories::{Policy, Stale};
use crate::spec::{self, Catalog, Parsed, SpecFile};

pub(super) fn run(args: &Build) -> Result<(), Failure> {
    let registries::Chosen { settings, map } = registries::chosen(&args.registries)?;
    let options = options(args, &map)?;
    let load = args.load.then(|| load::load(args.engine)).transpose()?;
    let wanted = Wanted { outputs: args.outputs.clone(), push: args.push, load, several: false };
    let interrupt = interrupt()?;
    let files = spec_file::customizations(&args.files)?;
    let workspace = workspace::workspace(args, &options, settings, &interrupt)?;
    match files.as_slice() {
        [path] => one(path, args, &wanted, &options, &workspace, &interrupt),
        _ => several::run(&files, args, &wanted, &options, workspace, &interrupt),
    }
}

/// Builds the only file, and prints what there is to say of it.
fn one(
    path: &Path,
    args: &Build,
    wanted: &Wanted,
    options: &Options,
    workspace: &Workspace,
    interrupt: &Interrupt,
) -> Result<(), Failure> {
    let file = spec_file::read(path)?;
    let parsed = spec::parse(&file).map_err(|_| Failure::of_specification(&file))?;
    if !args.json && !args.quiet {
        tell_notes(&file, &parsed);
    }
    let progress = progress::progress(args.quiet);
    let built = build(&file, &parsed.specification, wanted, options, workspace, &*progress, interrupt);
    if !args.json && !args.quiet {
        registries::tell_warnings(workspace.remotes.registries());
    }
    let mut report = built.map_err(|error| Failure::of_build(&file, &error))?;
    report.add_traffic(workspace.remotes.registries().traffic());
    super::print(&printed(args, &report))
}

/// Tells people what there is to say of a specification that can be read.
pub(super) fn tell_notes(file: &SpecFile, parsed: &Parsed) {
    for note in &parsed.notes {
        super::tell(&note.snippet(file));
    }
}

fn printed(args: &Build, report: &Report) -> String {
    if args.json {
        return json::document(report);
    }
    if args.quiet {
        return report.targets.iter().map(|target| format!("{}\n", target.index.digest)).collect();
    }
    summary::summary(report)
}

fn options(args: &Build, map: &[String]) -> Result<Options, Failure> {
    let registry_map = registry_map(map, &args.registry_map)?;
    let limits = limits(&args.limits)?;
    let allows = |what| args.allow.contains(&what);
    let mismatch = allows(Allowance::PlatformMismatch);
    Ok(Options {
        platforms: args.platforms.clone(),
        registry_map,
        source: args.source.clone(),
        catalog: catalog(args)?,
        allow: Allow { replace: allows(Allowance::Replace) },
        allow_devices: allows(Allowance::Devices),
        platform_mismatch: if mismatch { PlatformMismatch::Allow } else { PlatformMismatch::Refuse },
        deny_privileged: args.deny.contains(&Denial::Setuid),
        repositories: policy(args)?,
        allow_skew: allows(Allowance::PlatformSkew),
        lock: args.packages_of.as_deref().map(|report| lock(report, &limits)).transpose()?,
        strict_scripts: args.strict_scripts,
        epoch: epoch()?,
        limits,
        two_passes: args.two_passes,
    })
}

/// The packages that the report of an earlier build has.
fn lock(report: &Path, limits: &Limits) -> Result<PackageLock, Failure> {
    let lock = ops::report::lock::read(report, limits);
    lock.map_err(|error| Failure::of(error.code(), &format!("--packages-of: {error}"), error.hint()))
}

/// What is tolerated of repositories of packages.
fn policy(args: &Build) -> Result<Policy, Failure> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok();
    let now = now.and_then(|now| i64::try_from(now.as_secs()).ok()).unwrap_or_default();
    let denies = |what| args.deny.contains(&what);
    let allows = |what| args.allow.contains(&what);
    Ok(Policy {
        allow_rollback: allows(Allowance::Rollback),
        stale: if denies(Denial::Stale) { Stale::Refuse } else { Stale::Warn },
        stale_days: args.stale_days,
        deny_sha1: denies(Denial::Sha1),
        require_package_signature: args.signed_packages,
        offline: allows(Allowance::Offline),
        ..Policy::at(Moment(now))
    })
}

/// The registries that settings send elsewhere, and after them those that arguments do.
pub(super) fn registry_map(settings: &[String], arguments: &[String]) -> Result<RegistryMap, Failure> {
    let mut registry_map = RegistryMap::default();
    for text in settings.iter().chain(arguments) {
        registry_map.add(text).map_err(|error| Failure::of(Code::Usage, &error.to_string(), None))?;
    }
    Ok(registry_map)
}

/// The limits that arguments set.
pub(super) fn limits(texts: &[String]) -> Result<Limits, Failure> {
    let mut limits = Limits::default();
    for text in texts {
        limits.set_by(text).map_err(|error| {
            Failure::of(Code::Usage, &error.to_string(), hint::of_set_limit(&error).as_deref())
        })?;
    }
    Ok(limits)
}

/// The catalog that the arguments or the environment name.
fn catalog(args: &Build) -> Result<Option<Catalog>, Failure> {
    let path = args.catalog.as_ref().filter(|path| !path.as_os_str().is_empty());
    let catalog = path.map(|path| Catalog::open(path)).transpose();
    catalog.map_err(|error| Failure::of(error.code(), &format!("catalog {error}"), None))
}

/// The time that outputs are made at, where the environment sets it.
fn epoch() -> Result<Option<Timestamp>, Failure> {
    let Some(text) = std::env::var_os("SOURCE_DATE_EPOCH").filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let seconds = text.to_str().and_then(|text| text.parse().ok()).filter(|seconds| *seconds >= 0);
    match seconds.and_then(Timestamp::from_seconds) {
        Some(time) => Ok(Some(time)),
        None => {
            let message = format!(
                "SOURCE_DATE_EPOCH is `{}`, which is no number of seconds since 1970",
                text.display()
            );
            Err(Failure::of(Code::Usage, &message, None))
        }
    }
}

/// Stops at SIGINT and SIGTERM, and leaves nothing behind; who asks a second time does not wait for that.
pub(super) fn interrupt() -> Result<Interrupt, Failure> {
    let interrupt = Interrupt::default();
    let asked = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        let number = usize::try_from(signal).expect("signals have positive numbers");
        // In this order: the first signal finds nothing asked yet.
        flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&asked))
            .and_then(|_| flag::register(signal, Arc::clone(&asked)))
            .and_then(|_| flag::register_usize(signal, interrupt.signal(), number))
            .map_err(|error| Failure::of(Code::Io, &format!("signals cannot be caught: {error}"), None))?;
    }
    Ok(interrupt)
}
