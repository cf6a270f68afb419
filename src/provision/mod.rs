//! The packages that images get: from what is asked for, what their bases hold and what repositories offer, to files that are
//! verified and laid out.
//!
//! The platforms of a target are solved together, so that all get the same versions. Nothing is run in an image.

mod base;
mod beside;
mod choose;
mod error;
mod fragments;
mod installed;
mod keys;
mod listed;
mod locked;
mod owner_names;
mod ownership;
mod provided;
mod records;
mod sources;
mod wish;

pub use base::{Database, DatabaseKind};
pub use error::{Failed, ProvisionError};
pub use fragments::Fragment;
pub use locked::Drift;
pub use owner_names::Newcomers;
pub use provided::{Provided, Provision};
pub use records::Record;
pub use wish::{Provisioner, Wish};

use std::sync::Arc;

use rayon::prelude::*;

use choose::Chosen;
use owner_names::Accounts;
use ownership::Ownership;

use crate::contents::{Parcel, payload};
use crate::package::Unpacked;
use crate::repositories::Fetched;

/// Provides the packages that are wanted on the platforms of one target.
///
/// Where a package went that an index still names, the indexes are asked for once more. `newcomers` says which users and groups
/// the packages of a wish bring themselves: files may be theirs, by name.
pub fn provide(
    shop: &Provisioner<'_>,
    wishes: &[Wish],
    newcomers: &dyn Fn(usize, &[Arc<Unpacked>]) -> Newcomers,
) -> Result<Vec<Provision>, Failed> {
    match attempt(shop, wishes, newcomers) {
        Err(Failed { problem: ProvisionError::Repository(error), .. }) if error.is_superseded() => {
            shop.repositories.forget();
            attempt(shop, wishes, newcomers)
        }
        provided => provided,
    }
}

fn attempt(
    shop: &Provisioner<'_>,
    wishes: &[Wish],
    newcomers: &dyn Fn(usize, &[Arc<Unpacked>]) -> Newcomers,
) -> Result<Vec<Provision>, Failed> {
    let chosen = choose::choose(shop, wishes)?;
    let provide = |(number, (wish, chosen))| {
        let newcomers = |packages: &[Arc<Unpacked>]| newcomers(number, packages);
        provision(shop, wish, chosen, &newcomers).map_err(|problem| Failed { wish: Some(number), problem })
    };
    wishes.iter().zip(chosen).enumerate().map(provide).collect()
}

/// Fetches what was chosen for a platform, and lays it out.
fn provision(
    shop: &Provisioner<'_>,
    wish: &Wish,
    chosen: Chosen,
    newcomers: &dyn Fn(&[Arc<Unpacked>]) -> Newcomers,
) -> Result<Provision, ProvisionError> {
    let Chosen { base, solution, opened } = chosen;
    let numbers: Vec<u32> = solution.added.iter().map(|choice| choice.offer).collect();
    let fetched = shop.repositories.fetch(&opened, &numbers, &shop.work)?;
    if let Some(locked) = &wish.locked {
        let names = solution.added.iter().map(|choice| &*choice.package.name);
        locked::check_files(locked, names.zip(fetched.iter().map(Fetched::digest))).map_err(Box::new)?;
    }
    let unpack = |file: &Fetched| shop.repositories.unpack(file, &shop.reading);
    let unpacked: Vec<_> = fetched.par_iter().map(unpack).collect();
    let unpacked = unpacked.into_iter().collect::<Result<Vec<_>, _>>()?;
    let mut accounts = Accounts::of(&wish.base);
    if unpacked.iter().any(|package| accounts.lack(package)) {
        accounts.extend(newcomers(&unpacked));
    }
    let packages = solution.added.into_iter().zip(fetched).zip(unpacked);
    let packages = packages.map(|((choice, file), unpacked)| {
        let unpacked = accounts.owning(unpacked);
        let number = opened.offers().repository(choice.offer);
        let tag = opened.offers().tag(number).map(str::to_owned);
        let repository = opened.repository_of(choice.offer).name.clone();
        Provided { choice, file, unpacked, tag, repository }
    });
    let packages: Vec<Provided> = packages.collect();
    let sources = Arc::clone(opened.sources());
    let ownership = Ownership::of(&base, &wish.base, &packages);
    let parcels = packages.iter().map(|one| Parcel { name: one.name(), index: &one.unpacked.index });
    let parcels: Vec<_> = parcels.collect();
    let interrupt = shop.work.interrupt;
    let gone = ownership.gone();
    let payload = payload(&parcels, &wish.base, &ownership, &gone, shop.allow, wish.latest, interrupt)?;
    let records = records::of(&base, wish, &packages, &payload)?;
    let fragments = fragments::of(&packages);
    Ok(Provision { base, packages, payload, records, fragments, notes: solution.notes, sources })
}
