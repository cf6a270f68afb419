//! State layers: what a customization itself adds to its images.

use rayon::prelude::*;

use super::blame::about;
use super::error::AssembleError;
use super::fingerprint::Fingerprint;
use super::key::{self, Inputs};
use super::known::{self, MadeLayer};
use super::layout::LaidOut;
use super::{Order, Workshop, codec, write};

/// Writes the state layer of every image, those that are the same once; gives nothing for those that hold nothing.
pub(super) fn write(
    shop: &Workshop<'_>,
    orders: &[Order<'_>],
    laid_out: &[LaidOut],
) -> Result<Vec<Option<MadeLayer>>, AssembleError> {
    let is_same = |a: usize, b: usize| {
        orders[a].plan.compression == orders[b].plan.compression && laid_out[a].has_state_of(&laid_out[b])
    };
    let like: Vec<usize> = (0..orders.len()).map(|n| (0..n).find(|m| is_same(*m, n)).unwrap_or(n)).collect();
    let written = (0..orders.len()).into_par_iter().map(|number| {
        let (plan, one) = (orders[number].plan, &laid_out[number]);
        if like[number] != number || one.state.is_empty() {
            return Ok(None);
        }
        let codec = codec(plan.compression);
        let contents = Inputs::contents(one.additions.digests());
        let key = key::layer(codec, Fingerprint::of(&one.state.operations), contents);
        if let Some(made) = known::layer(shop, &key) {
            return Ok(Some(made));
        }
        let written = write::state(shop, &one.state, &one.additions, codec);
        let written = written.map_err(about(plan, "accounts and files", None))?;
        Ok(Some(known::keep_layer(shop, &key, written)))
    });
    let written = super::all(written.collect())?;
    Ok(like.into_iter().map(|number| written[number].clone()).collect())
}
