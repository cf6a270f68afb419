//! The stages of a build, each over all images at once.
//!
//! 1. The bases' layers are indexed.
//! 2. Artifacts that nobody read yet are read once: indexed, and written as it seems they will be.
//! 3. What every layer holds is laid out from the indexes alone.
//! 4. What is not written yet as it was laid out is written now.
//! 5. Configs and manifests are put together.

use rayon::prelude::*;

use super::error::AssembleError;
use super::finish::{self, Written};
use super::image::AssembledImage;
use super::indexes::Indexes;
use super::layout::lay_out;
use super::{Order, Workshop, all, artifacts, bases, states};

/// Assembles images, in the order they are given.
///
/// The first error in that order is reported, whichever came first in time.
pub fn assemble(shop: &Workshop<'_>, orders: &[Order<'_>]) -> Result<Vec<AssembledImage>, AssembleError> {
    let mut indexes = Indexes::default();
    bases::index(shop, orders, &mut indexes)?;
    let views = bases::views(shop, orders, &indexes)?;
    let guessed = artifacts::read(shop, orders, &views, &mut indexes)?;
    let laid_out =
        orders.par_iter().zip(views).map(|(order, base)| lay_out(shop, order, base, &indexes)).collect();
    let laid_out = all(laid_out)?;
    let artifacts = artifacts::write(shop, orders, &laid_out, &guessed)?;
    drop(guessed);
    let states = states::write(shop, orders, &laid_out)?;
    let written = artifacts.into_iter().zip(states).map(|(artifacts, state)| Written { artifacts, state });
    let parts = orders.iter().zip(laid_out).zip(written);
    parts.map(|((order, one), written)| finish::finish(shop, order, one, written, &indexes)).collect()
}
