//! Packages: chosen for all platforms of a target at once, then written as a layer of each image.

use std::io;
use std::sync::Arc;

use rayon::prelude::*;

use super::blame::about;
use super::error::{AssembleError, Fault};
use super::fingerprint::Fingerprint;
use super::key::{self, Inputs};
use super::known::{self, MadeLayer};
use super::layout::LaidOut;
use super::{Order, Workshop, codec, write};
use crate::contents::{LayerContents, View};
use crate::emulate::{self, Emulated, Made, Scene};
use crate::oci::Digest;
use crate::package::Unpacked;
use crate::plan::{FileKind, FilePlan, ImagePlan};
use crate::provision::{self, DatabaseKind, Newcomers, Provision, Wish};
use crate::rootfs::RootPath;
use crate::store::Key;

/// The packages of each image, where some are asked for; those of one target are solved together.
pub(super) fn provide(
    shop: &Workshop<'_>,
    orders: &[Order<'_>],
    bases: &[Arc<View>],
) -> Result<Vec<Option<Arc<Provision>>>, AssembleError> {
    let mut provisions = Vec::new();
    let targets = orders.chunk_by(|a, b| std::ptr::eq(a.target, b.target));
    for orders in targets {
        let bases = &bases[provisions.len()..];
        let wish = |(order, base): (&Order<'_>, &Arc<View>)| Wish {
            packages: Arc::clone(&order.plan.packages),
            locked: order.plan.locked.clone(),
            platform: order.plan.platform.clone(),
            base: Arc::clone(base),
            latest: order.plan.latest.map(|time| time.seconds()),
        };
        let wishes: Vec<Wish> = orders.iter().zip(bases).map(wish).collect();
        if !wishes[0].packages.is_wanted() {
            provisions.extend(orders.iter().map(|_| None));
            continue;
        }
        let newcomers = |number: usize, packages: &[Arc<Unpacked>]| {
            newcomers(orders[number].plan, &bases[number], packages)
        };
        let provided = provision::provide(&shop.provisioner, &wishes, &newcomers).map_err(|error| {
            let plan = orders[error.wish.unwrap_or(0)].plan;
            let place = error.problem.place(&plan.packages);
            let platform = error.wish.map(|_| plan.platform.clone());
            AssembleError { platform, subject: "packages".to_owned(), place, fault: error.problem.into() }
        })?;
        provisions.extend(provided.into_iter().map(|one| Some(Arc::new(one))));
    }
    if !shop.provisioner.keeps_indexes {
        shop.provisioner.repositories.release();
    }
    Ok(provisions)
}

/// The users and groups that packages bring to a base; none where that fails, as it will once everything is laid out.
fn newcomers(plan: &ImagePlan, base: &View, packages: &[Arc<Unpacked>]) -> Newcomers {
    let packages: Vec<&Unpacked> = packages.iter().map(|package| &**package).collect();
    let Some(family) = packages.first().map(|package| package.family) else { return Newcomers::default() };
    let scene = Scene {
        family,
        platform: &plan.platform,
        view: base,
        base_layers: base.layers(),
        keeps_alternatives: false,
        packages: &packages,
        files: &[],
        users: &plan.accounts.users,
        groups: &plan.accounts.groups,
    };
    let emulated = emulate::emulate(&scene).unwrap_or_default();
    let groups: Vec<_> = emulated.groups.into_iter().map(|group| (group.name, group.gid)).collect();
    Newcomers { users: emulated.users.into_iter().map(|user| (user.name, user.uid)).collect(), groups }
}

/// What scripts of the packages would have made on everything below the state layer, where the base has so many layers.
///
/// What an artifact brings is what the image gets, and is not generated again.
pub(super) fn emulate(
    plan: &ImagePlan,
    provision: Option<&Provision>,
    view: &View,
    base_layers: u32,
) -> Result<Emulated, AssembleError> {
    let Some(provision) = provision else { return Ok(Emulated::default()) };
    let about = about(plan, "packages", plan.packages.place());
    let packages: Vec<&Unpacked> = provision.packages.iter().map(|package| &*package.unpacked).collect();
    let certificates = certificates(plan).map_err(|error| about(Fault::Write(error)))?;
    let files: Vec<_> = certificates.iter().map(|(path, bytes)| (path.clone(), &bytes[..])).collect();
    let scene = Scene {
        family: provision.family(),
        platform: &plan.platform,
        view,
        base_layers,
        keeps_alternatives: provision.database().kind == DatabaseKind::Status,
        packages: &packages,
        files: &files,
        users: &plan.accounts.users,
        groups: &plan.accounts.groups,
    };
    let mut emulated = emulate::emulate(&scene).map_err(|error| about(Fault::Emulate(error)))?;
    let is_of_artifact = |path: &RootPath| view.get(path).is_some_and(|node| node.layer() > base_layers);
    emulated.files.retain(|one| one.made == Made::Directory || !is_of_artifact(&one.path));
    Ok(emulated)
}

/// What the layer of packages holds once scripts have changed attributes of its files.
pub(super) fn payload(provision: Option<&Provision>, emulated: &Emulated) -> LayerContents {
    let Some(provision) = provision else { return LayerContents::default() };
    let changed = emulated.files.iter().filter(|one| one.made == Made::Attributes);
    let changes = changed.map(|one| (one.path.clone(), (one.mode, one.owner))).collect();
    provision.payload.contents.amended(&changes)
}

/// The certificates among the static files of a plan.
fn certificates(plan: &ImagePlan) -> io::Result<Vec<(RootPath, Vec<u8>)>> {
    const LARGEST: u64 = 1 << 20;
    let certificate = |file: &FilePlan| match &file.kind {
        FileKind::File(content) if file.path.name().ends_with(b".crt") && content.file.size <= LARGEST => {
            Some(content.bytes().map(|bytes| (file.path.clone(), bytes)))
        }
        _ => None,
    };
    plan.files.iter().filter_map(certificate).collect()
}

/// Writes the layer of packages of every image, those that are the same once; gives nothing for those without.
pub(super) fn write(
    shop: &Workshop<'_>,
    orders: &[Order<'_>],
    laid_out: &[LaidOut],
) -> Result<Vec<Option<MadeLayer>>, AssembleError> {
    let keys: Vec<_> = orders
        .iter()
        .zip(laid_out)
        .map(|(order, one)| Some(key(order, one.provision.as_ref()?, &one.payload)))
        .collect();
    let like = |number: usize| keys.iter().position(|key| *key == keys[number]).unwrap_or(number);
    let written = (0..orders.len()).into_par_iter().map(|number| {
        let (plan, one) = (orders[number].plan, &laid_out[number]);
        let (Some(key), Some(provision)) = (&keys[number], &one.provision) else { return Ok(None) };
        if like(number) != number || one.payload.is_empty() {
            return Ok(None);
        }
        if let Some(made) = known::layer(shop, key) {
            return Ok(Some(made));
        }
        let written = write::packages(shop, provision, &one.payload, codec(plan.compression));
        Ok(Some(known::keep_layer(
            shop,
            key,
            written.map_err(about(plan, "packages", plan.packages.place()))?,
        )))
    });
    let written: Vec<_> = super::all(written.collect())?;
    Ok((0..orders.len()).map(|number| written[like(number)].clone()).collect())
}

fn key(order: &Order<'_>, provision: &Provision, payload: &LayerContents) -> Key {
    let digests: Vec<Digest> = provision.packages.iter().map(|package| package.digest()).collect();
    let operations = Fingerprint::of(&payload.operations);
    key::layer(codec(order.plan.compression), operations, Inputs::Packages(&digests))
}
