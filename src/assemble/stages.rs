//! The stages of a build, each over all images at once.
//!
//! 1. The bases' layers are indexed, unless the store knows them.
//! 2. Artifacts that nobody read yet are read once: indexed, and written as it seems they will be. What layers hold is laid
//!    out from the indexes alone, each as soon as those below it are.
//! 3. The rest is laid out.
//! 4. What is not written yet as it was laid out is taken from the store, or written now.
//! 5. Configs and manifests are put together.

use rayon::prelude::*;

use super::error::AssembleError;
use super::finish::{self, Written};
use super::image::AssembledImage;
use super::indexes::Indexes;
use super::layout::Layout;
use super::{Order, Workshop, all, artifacts, bases, states};

/// Assembles images, in the order they are given.
///
/// The first error in that order is reported, whichever came first in time.
pub fn assemble(shop: &Workshop<'_>, orders: &[Order<'_>]) -> Result<Vec<AssembledImage>, AssembleError> {
    let indexes = &Indexes::default();
    bases::index(shop, orders, indexes)?;
    let views = bases::views(shop, orders, indexes)?.into_iter();
    let layouts = orders.iter().zip(views).map(|(order, base)| Layout::on(base, shop, *order, indexes));
    let layouts: Vec<_> = layouts.collect();
    let guessed = artifacts::read(shop, orders, &layouts, indexes)?;
    let laid_out = all(layouts.into_par_iter().map(Layout::finish).collect())?;
    let artifacts = artifacts::write(shop, orders, &laid_out, &guessed)?;
    drop(guessed);
    let states = states::write(shop, orders, &laid_out)?;
    let written = artifacts.into_iter().zip(states).map(|(artifacts, state)| Written { artifacts, state });
    let parts = orders.iter().zip(laid_out).zip(written);
    parts.map(|((order, one), written)| finish::finish(shop, order, one, written, indexes)).collect()
}
