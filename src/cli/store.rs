//! `overcoat store`, and which store a command works with.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::args::{Prune, Store as Args, StoreChoice, StoreCommand};
use super::failure::Failure;
use super::message::Message;
use super::size::size;
use super::table::{Align, Table};
use super::{hint, json};
use crate::code::{Code, Coded as _};
use crate::ops::store::{self, HeldReport, InventoryReport, StoreReport};
use crate::printable::escaped;
use crate::store::{Room, Store, StoreError};

/// Opens the store of a build; nothing where there is none, which `tell` is told of where it is not asked for.
pub(super) fn open(choice: &StoreChoice, tell: impl Fn(&str)) -> Result<Option<Store>, Failure> {
    if choice.no_store {
        return Ok(None);
    }
    match (named(choice.store.as_deref()), default_path()) {
        (Some(path), _) => Store::open(path).map(Some).map_err(|error| failure(&error)),
        (None, None) => Ok(None),
        (None, Some(path)) => match Store::open(&path) {
            Ok(store) => Ok(Some(store)),
            Err(StoreError::File(error)) => {
                let message = format!("there is no store, so that nothing is kept for later builds: {error}");
                tell(
                    &Message::warning("W_STORE", &message, Some("set OVERCOAT_STORE, or pass --no-store"))
                        .text(),
                );
                Ok(None)
            }
            Err(error) => Err(failure(&error)),
        },
    }
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let report = match &args.command {
        StoreCommand::Info => store::info(&existing(args)?),
        StoreCommand::Prune(prune) => store::prune(&existing(args)?, &room(prune), prune.dry_run),
    };
    let report = report.map_err(|error| Failure::of(error.code(), &error.to_string(), None))?;
    super::print(&if args.json { json::document(&report) } else { text(&report, args) })
}

/// The store that the arguments or the environment name.
fn named(path: Option<&Path>) -> Option<&Path> {
    path.filter(|path| !path.as_os_str().is_empty())
}

/// Where the store is when nobody says: below the user's directory for caches.
fn default_path() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value: &OsString| Path::new(value).is_absolute());
    let caches = set("XDG_CACHE_HOME").map(PathBuf::from);
    let caches = caches.or_else(|| set("HOME").map(|home| PathBuf::from(home).join(".cache")));
    caches.map(|caches| caches.join("overcoat"))
}

/// Opens the store that is there; none is made to be looked at.
fn existing(args: &Args) -> Result<Store, Failure> {
    let path = named(args.store.as_deref()).map(Path::to_owned).or_else(default_path).ok_or_else(|| {
        Failure::of(
            Code::Usage,
            "no store is named, and there is no home directory to look for one",
            Some("pass --store DIR"),
        )
    })?;
    if !path.exists() {
        let message = format!("there is no store `{}`", path.display());
        return Err(Failure::of(Code::Store, &message, Some("the first build with this store makes it")));
    }
    Store::open(&path).map_err(|error| failure(&error))
}

fn failure(error: &StoreError) -> Failure {
    Failure::of(error.code(), &error.to_string(), hint::of_store(error).as_deref())
}

fn room(prune: &Prune) -> Room {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let since = prune.older_than.map(|age| now.saturating_sub(age).cast_signed());
    Room { since, bytes: prune.max_size.or(prune.all.then_some(0)) }
}

fn text(report: &StoreReport, args: &Args) -> String {
    let mut text = format!("{}\n", escaped(&report.path));
    text.push_str(&table(&report.holds));
    if let Some(removed) = &report.removed {
        let is_trial = matches!(&args.command, StoreCommand::Prune(prune) if prune.dry_run);
        let entries =
            [&removed.indexes, &removed.layers, &removed.blobs, &removed.registries, &removed.packages];
        let count: usize = entries.iter().map(|held| held.entries).sum();
        let bytes = entries.iter().map(|held| held.bytes).sum();
        let verb = if is_trial { "would remove" } else { "removed" };
        text.push_str(&format!("{verb} {count} entries, {}\n", size(bytes)));
    }
    text
}

fn table(holds: &InventoryReport) -> String {
    let mut table = Table::new(&[
        ("kind", Align::Left),
        ("entries", Align::Right),
        ("size", Align::Right),
        ("last use", Align::Left),
        ("longest unused since", Align::Left),
    ]);
    let kinds = [
        ("indexes", &holds.indexes),
        ("layers", &holds.layers),
        ("blobs", &holds.blobs),
        ("registries", &holds.registries),
        ("packages", &holds.packages),
    ];
    for (kind, held) in kinds {
        let HeldReport { entries, bytes, oldest_use, last_use } = held;
        let time = |time: &Option<String>| time.clone().unwrap_or_default();
        table.row([kind.to_owned(), entries.to_string(), size(*bytes), time(last_use), time(oldest_use)]);
    }
    table.print(2)
}
