//! State layers: what a customization itself adds to its images.

use rayon::prelude::*;

use super::blame::about;
use super::error::AssembleError;
use super::layout::LaidOut;
use super::{Order, Workshop, codec, write};
use crate::layer::WrittenLayer;

/// Writes the state layer of every image, those that are the same once; gives nothing for those that hold nothing.
pub(super) fn write(
    shop: &Workshop<'_>,
    orders: &[Order<'_>],
    laid_out: &[LaidOut],
) -> Result<Vec<Option<WrittenLayer>>, AssembleError> {
    let is_same = |a: usize, b: usize| {
        orders[a].plan.compression == orders[b].plan.compression && laid_out[a].has_state_of(&laid_out[b])
    };
    let like: Vec<usize> = (0..orders.len()).map(|n| (0..n).find(|m| is_same(*m, n)).unwrap_or(n)).collect();
    let written = (0..orders.len()).into_par_iter().map(|number| {
        let (plan, one) = (orders[number].plan, &laid_out[number]);
        if like[number] != number || one.state.is_empty() {
            return Ok(None);
        }
        let written = write::state(shop, &one.state, &one.additions, codec(plan.compression));
        written.map(Some).map_err(about(plan, "accounts and files", None))
    });
    let written = super::all(written.collect())?;
    Ok(like.into_iter().map(|number| written[number]).collect())
}
