//! Bases: every layer indexed once, every stack of layers applied once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::blame::about_base;
use super::error::{AssembleError, Fault};
use super::indexes::Indexes;
use super::{Order, Workshop, key, write};
use crate::contents::View;
use crate::image::{Image, ImageLayer};
use crate::layer::Trust;
use crate::oci::Digest;

/// Indexes the layers of all bases.
pub(super) fn index(
    shop: &Workshop<'_>,
    orders: &[Order<'_>],
    indexes: &Indexes,
) -> Result<(), AssembleError> {
    let mut seen = HashSet::new();
    let mut jobs: Vec<(&Order<'_>, &Image, &ImageLayer)> = Vec::new();
    for order in orders {
        let Some(base) = &order.plan.base else { continue };
        let new = base.layers.iter().filter(|layer| seen.insert(layer.descriptor.digest));
        jobs.extend(new.map(|layer| (order, base, layer)));
    }
    let read = jobs.par_iter().map(|(order, base, layer)| {
        let what = format!("base {}", order.plan.platform);
        write::index(shop, base, layer, &what, Trust::Base).map_err(about_base(order))
    });
    let read: Vec<_> = super::all(read.collect())?;
    for ((_, _, layer), index) in jobs.into_iter().zip(read) {
        indexes.insert(Trust::Base, layer, index);
    }
    Ok(())
}

/// What the base of each image looks like; images with one base share it.
pub(super) fn views(
    shop: &Workshop<'_>,
    orders: &[Order<'_>],
    indexes: &Indexes,
) -> Result<Vec<Arc<View>>, AssembleError> {
    let mut places: HashMap<Vec<Digest>, usize> = HashMap::new();
    let mut distinct = Vec::new();
    let which: Vec<usize> = orders
        .iter()
        .map(|order| {
            let layers = order.plan.base.iter().flat_map(|base| &base.layers);
            let digests = layers.map(|layer| layer.descriptor.digest).collect();
            *places.entry(digests).or_insert_with(|| {
                distinct.push(order);
                distinct.len() - 1
            })
        })
        .collect();
    let views = super::all(distinct.par_iter().map(|order| view(shop, order, indexes)).collect())?;
    Ok(which.into_iter().map(|place| Arc::clone(&views[place])).collect())
}

fn view(shop: &Workshop<'_>, order: &Order<'_>, indexes: &Indexes) -> Result<Arc<View>, AssembleError> {
    let layers = order.plan.base.as_ref().map_or(&[][..], |base| &base.layers);
    let keys: Vec<_> = layers.iter().map(|layer| key::index(shop, layer, Trust::Base)).collect();
    if let Some(view) = shop.shared.and_then(|shared| shared.view(&keys)) {
        return Ok(view);
    }
    let layers = indexes.all(Trust::Base, layers).expect("every layer of every base is indexed");
    let view = View::of(layers, shop.interrupt).map_err(Fault::from);
    let view = view.map(Arc::new).map_err(about_base(order))?;
    if let Some(shared) = shop.shared {
        shared.keep_view(keys, &view);
    }
    Ok(view)
}
