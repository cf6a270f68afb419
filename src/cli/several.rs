//! `overcoat build` with several files.

use std::path::PathBuf;

use super::args::Build;
use super::build::tell_notes;
use super::failure::Failure;
use super::{json, progress, registries, spec_file, traffic, workspace};
use crate::interrupt::Interrupt;
use crate::ops::build::{BuildError, Options, Wanted};
use crate::ops::report::{BuiltReport, Report, SeveralReport, VERSION};
use crate::ops::several::{Item, Several};
use crate::ops::workspace::Workspace;
use crate::printable::escaped;
use crate::spec;

/// Builds all files, tells of each as soon as it is done, and sums up.
pub(super) fn run(
    paths: &[PathBuf],
    args: &Build,
    wanted: &Wanted,
    options: &Options,
    workspace: Workspace,
    interrupt: &Interrupt,
) -> Result<(), Failure> {
    let wanted = &Wanted { several: true, ..wanted.clone() };
    let workspace = &workspace.for_several();
    let mut readings: Vec<Reading> = paths.iter().map(|path| Reading::of(path.clone(), args)).collect();
    let numbers: Vec<usize> = (0..readings.len()).filter(|number| readings[*number].item.is_some()).collect();
    let items: Vec<Item> = readings.iter_mut().filter_map(|reading| reading.item.take()).collect();
    let progress = progress::progress(args.quiet);
    let done = |number: usize, built: &Result<Report, BuildError>| {
        if !args.json {
            tell(&items[number], built, args.quiet);
        }
    };
    let at_a_time = args.at_a_time.map_or(2 * workspace::jobs(args), usize::from);
    let several =
        Several { wanted, options, workspace, at_a_time, progress: &*progress, interrupt, done: &done };
    let built = several.build(&items);
    for ((number, item), built) in numbers.into_iter().zip(&items).zip(built) {
        readings[number].result = Some(built.map_err(|error| Failure::of_build(&item.file, &error)));
    }
    if !args.json && !args.quiet {
        registries::tell_warnings(workspace.remotes.registries());
    }
    sum_up(readings, args, workspace)
}

/// A file, what it says, and what came of it.
struct Reading {
    path: PathBuf,
    item: Option<Item>,
    /// Set at once where the file cannot be read, else once it is built.
    result: Option<Result<Report, Failure>>,
}

impl Reading {
    fn of(path: PathBuf, args: &Build) -> Self {
        let read = spec_file::read(&path).and_then(|file| match spec::parse(&file) {
            Err(_) => Err(Failure::of_specification(&file)),
            Ok(parsed) => {
                if !args.json && !args.quiet {
                    tell_notes(&file, &parsed);
                }
                Ok(Item { specification: parsed.specification, file })
            }
        });
        match read {
            Ok(item) => Self { path, item: Some(item), result: None },
            Err(failure) => {
                if !args.json {
                    super::tell(&failure.text());
                }
                Self { path, item: None, result: Some(Err(failure)) }
            }
        }
    }
}

/// Tells of one build: what it made, a line for each name, or why there is none.
fn tell(item: &Item, built: &Result<Report, BuildError>, quiet: bool) {
    let text = match built {
        Ok(_) if quiet => return,
        Ok(report) => lines(report),
        Err(error) => Failure::of_build(&item.file, error).text(),
    };
    super::tell(&text);
}

fn lines(report: &Report) -> String {
    let mut text = String::new();
    for target in &report.targets {
        for tag in &target.tags {
            let name = escaped(&format!("{}:{tag}", target.destination));
            text.push_str(&format!("{name}  {}\n", target.index.digest));
        }
    }
    text
}

/// Prints the summary, and fails as the first file did that failed.
fn sum_up(readings: Vec<Reading>, args: &Build, workspace: &Workspace) -> Result<(), Failure> {
    let traffic = workspace.remotes.registries().traffic().into();
    let mut report = SeveralReport { version: VERSION, builds: Vec::new(), succeeded: 0, failed: 0, traffic };
    let mut first = None;
    for Reading { path, result, .. } in readings {
        let file = path.display().to_string();
        match result.expect("every file was read, and built where it could be") {
            Ok(built) => {
                report.succeeded += 1;
                report.builds.push(BuiltReport { file, report: Some(built), diagnostics: Vec::new() });
            }
            Err(failure) => {
                report.failed += 1;
                let diagnostics = failure.diagnostics();
                report.builds.push(BuiltReport { file, report: None, diagnostics });
                first.get_or_insert(failure.exit());
            }
        }
    }
    super::print(&printed(&report, args))?;
    first.map_or(Ok(()), |exit| Err(Failure::told(exit)))
}

fn printed(report: &SeveralReport, args: &Build) -> String {
    if args.json {
        return json::document(report);
    }
    if args.quiet {
        let built = report.builds.iter().filter_map(|one| one.report.as_ref());
        let digests =
            built.flat_map(|report| &report.targets).map(|target| format!("{}\n", target.index.digest));
        return digests.collect();
    }
    let mut text = format!("{} built, {} failed\n", report.succeeded, report.failed);
    for one in report.builds.iter().filter(|one| one.report.is_none()) {
        text.push_str(&format!("failed: {}\n", escaped(&one.file)));
    }
    text + &traffic::line(&report.traffic)
}
