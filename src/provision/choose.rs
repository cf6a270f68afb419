//! What is chosen for each platform of a target: from what the bases hold and what repositories offer.

use std::sync::Arc;

use rayon::prelude::*;

use super::base::Database;
use super::error::{Failed, ProvisionError};
use super::installed::Base;
use super::wish::{Provisioner, Wish};
use super::{keys, locked, sources};
use crate::package::{Lockstep, Problem, Solution, solve_alike};
use crate::repositories::{Opened, Wanted};

/// What is chosen for a platform.
pub(super) struct Chosen {
    pub(super) base: Base,
    pub(super) opened: Arc<Opened>,
    pub(super) solution: Solution,
}

/// Chooses for all platforms at once.
pub(super) fn choose(shop: &Provisioner<'_>, wishes: &[Wish]) -> Result<Vec<Chosen>, Failed> {
    let looks: Vec<_> = wishes.par_iter().map(|wish| look(shop, wish)).collect();
    let failed = |(number, look): (usize, Result<_, _>)| {
        look.map_err(|problem| Failed { wish: Some(number), problem })
    };
    let known = looks.into_iter().enumerate().map(failed).collect::<Result<Vec<_>, _>>()?;
    let problems = wishes.iter().zip(&known).map(|(wish, (base, opened))| Problem {
        family: base.database.kind.family(),
        architecture: base.architecture,
        offers: opened.offers(),
        installed: &base.installed,
        requests: &wish.packages.requests,
        upgrade: &wish.packages.upgrade,
        assume: &wish.packages.assume,
        locked: wish.locked.as_deref(),
    });
    let problems: Vec<_> = problems.collect();
    for (number, problem) in problems.iter().enumerate() {
        locked::check_offers(problem)
            .map_err(|drift| Failed { wish: Some(number), problem: Box::new(drift).into() })?;
    }
    let lockstep = if shop.allow_skew { Lockstep::Off } else { Lockstep::Required };
    let solutions = solve_alike(&problems, lockstep);
    let solutions = solutions.map_err(|failed| {
        let wish = known.iter().position(|(base, _)| base.architecture == failed.architecture);
        let problem = match locked::unsatisfied(&problems[wish.unwrap_or(0)], &failed) {
            Some(drift) => Box::new(drift).into(),
            None => failed.into(),
        };
        Failed { wish, problem }
    })?;
    for (number, (problem, solution)) in problems.iter().zip(&solutions).enumerate() {
        locked::check_choice(problem, solution)
            .map_err(|drift| Failed { wish: Some(number), problem: Box::new(drift).into() })?;
    }
    let known = known.into_iter().zip(solutions);
    Ok(known.map(|((base, opened), solution)| Chosen { base, opened, solution }).collect())
}

/// What a base holds, and what there is to choose from for it.
fn look(shop: &Provisioner<'_>, wish: &Wish) -> Result<(Base, Arc<Opened>), ProvisionError> {
    let plan = &wish.packages;
    let database = Database::find(&wish.base, sources::family(plan))?;
    let family = database.kind.family();
    let architecture = family
        .architecture(&wish.platform)
        .ok_or_else(|| ProvisionError::Platform { family, platform: wish.platform.clone() })?;
    let mut sources = match plan.repositories.is_empty() {
        false => sources::given(plan, family)?,
        true => sources::of_base(&wish.base, family, architecture)?,
    };
    if sources.is_empty() {
        return Err(ProvisionError::NoSources { family });
    }
    if !plan.keys.is_empty() {
        sources.iter_mut().for_each(sources::trust_all);
    }
    let keyring = match plan.keys.is_empty() {
        false => keys::given(shop, plan)?,
        true => keys::of_base(&wish.base, family, architecture),
    };
    if keyring.is_empty() {
        return Err(ProvisionError::NoKeys { family });
    }
    let wanted = Wanted { family, architecture, sources: &sources, keyring: &keyring, policy: shop.policy };
    let opened = shop.repositories.open(&wanted, &shop.work)?;
    let base = Base::read(&wish.base, database, architecture)?;
    Ok((base, opened))
}
