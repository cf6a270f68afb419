//! `overcoat inspect`

mod text;

use std::io::{self, Write as _};

use super::args::Inspect;
use super::build::{interrupt, limits, registry_map};
use super::failure::Failure;
use super::{hint, json, registries};
use crate::code::{Code, Coded as _};
use crate::ops::inspect::{self, InspectError, Places};
use crate::registry::{NoMemory, Registries};

pub(super) fn run(args: &Inspect) -> Result<(), Failure> {
    let registries::Chosen { settings, map } = registries::chosen(&args.registries)?;
    let map = registry_map(&map, &args.registry_map)?;
    let (limits, interrupt) = (limits(&args.limits)?, interrupt()?);
    let registries = Registries::new(settings, Box::new(NoMemory), &limits, &interrupt);
    let places = Places { map: &map, registries: &registries, limits: &limits, interrupt: &interrupt };
    if args.raw {
        return raw(args, &places);
    }
    let report = inspect::inspect(&args.reference, &args.platforms, &places);
    if !args.json {
        registries::tell_warnings(&registries);
    }
    let report = report.map_err(|error| failure(args, &error))?;
    super::print(&if args.json { json::document(&report) } else { text::text(&report) })
}

/// Prints a document as it is, without a line break of ours.
fn raw(args: &Inspect, places: &Places<'_>) -> Result<(), Failure> {
    let platform = match args.platforms.as_slice() {
        [] => None,
        [platform] => Some(platform),
        _ => {
            return Err(Failure::of(
                Code::Usage,
                "--raw prints one document, so it takes one platform",
                None,
            ));
        }
    };
    let bytes = inspect::raw(&args.reference, platform, places).map_err(|error| failure(args, &error))?;
    let mut out = io::stdout().lock();
    match out.write_all(&bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::output(&error)),
        _ => Ok(()),
    }
}

fn failure(args: &Inspect, error: &InspectError) -> Failure {
    let message = match error.code() {
        Code::Interrupted => "stopped by SIGINT".to_owned(),
        Code::Terminated => "stopped by SIGTERM".to_owned(),
        _ => format!("{}: {error}", args.reference),
    };
    Failure::of(error.code(), &message, hint::of_inspect(error).as_deref())
}
