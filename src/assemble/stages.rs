//! The stages of a build, each over all images at once.
//!
//! 1. The bases' layers are indexed, unless the store knows them.
//! 2. Packages are chosen on the bases of all platforms, and known from the store or read.
//! 3. Artifacts that nobody read yet are read once: indexed, and written as it seems they will be. What layers hold is laid
//!    out from the indexes alone, each as soon as those below it are.
//! 4. The rest is laid out.
//! 5. What is not written yet as it was laid out is taken from the store, or written now.
//! 6. Configs and manifests are put together.

use rayon::prelude::*;

use super::error::AssembleError;
use super::finish::{self, Written};
use super::image::AssembledImage;
use super::indexes::Indexes;
use super::layout::Layout;
use super::{Order, Workshop, all, artifacts, bases, packages, states};

/// Assembles images, in the order they are given.
///
/// The first error in that order is reported, whichever came first in time.
pub fn assemble<'a>(
    shop: &'a Workshop<'a>,
    orders: &[Order<'a>],
) -> Result<Vec<AssembledImage>, AssembleError> {
    let indexes = &Indexes::default();
    bases::index(shop, orders, indexes)?;
    let views = bases::views(shop, orders, indexes)?;
    let provisions = packages::provide(shop, orders, &views)?;
    let layouts = orders.iter().zip(views.into_iter().zip(provisions));
    let on = |(order, (base, provision)): (&Order<'a>, _)| Layout::on(base, provision, shop, *order, indexes);
    let layouts: Vec<_> = layouts.map(on).collect();
    let guessed = artifacts::read(shop, orders, &layouts, indexes)?;
    let laid_out = all(layouts.into_par_iter().map(Layout::finish).collect())?;
    let packages = packages::write(shop, orders, &laid_out)?;
    let artifacts = artifacts::write(shop, orders, &laid_out, &guessed)?;
    drop(guessed);
    let states = states::write(shop, orders, &laid_out)?;
    let written = packages.into_iter().zip(artifacts).zip(states);
    let written = written.map(|((packages, artifacts), state)| Written { packages, artifacts, state });
    let parts = orders.iter().zip(laid_out).zip(written);
    parts.map(|((order, one), written)| finish::finish(shop, order, one, written, indexes)).collect()
}
