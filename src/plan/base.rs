//! From what a target names to its base: the image, its tags and the name others know it by.

use super::context::Context;
use super::error::Problem;
use super::find::{find, image_problem};
use crate::oci::{Locator, RegistryName, annotations};
use crate::spec::{self, DefinitionId};
use crate::store::{self, Found, ImageError};

/// A target's base.
pub(super) struct Base {
    /// As people name it.
    pub(super) name: Locator,
    /// What is there; nothing for `scratch`.
    pub(super) found: Option<Found>,
    /// The tags that the specification does not have to name.
    pub(super) tags: Vec<String>,
    /// The reference that others know it by.
    pub(super) base_name: Option<String>,
}

/// Finds the base of a target.
pub(super) fn base(context: &Context<'_>, wanted: &spec::Base) -> Result<Base, Problem> {
    match wanted {
        spec::Base::Image(locator) => named(context, &locator.value),
        spec::Base::Definition(id) => defined(context, &id.value),
    }
}

fn named(context: &Context<'_>, locator: &Locator) -> Result<Base, Problem> {
    let found = match locator {
        Locator::Scratch => None,
        locator => Some(find(context, locator, "base")?),
    };
    let base_name = match locator {
        Locator::Registry(name) => Some(name.to_string()),
        _ => None,
    };
    let tags = locator.tag().map(str::to_owned).into_iter().collect();
    Ok(Base { name: locator.clone(), found, tags, base_name })
}

/// Finds an image by the label that names its definition: the one that has the definition's own name as its tag.
fn defined(context: &Context<'_>, id: &DefinitionId) -> Result<Base, Problem> {
    let (place, name) = repository(context, id)?;
    let Locator::Layout { dir, .. } = &place else {
        let name = name.expect("what is no layout was named by a registry");
        return named(context, &Locator::Registry(name));
    };
    let what = format!("definition {id} in");
    let tags = store::tags(dir, context.limits).map_err(|error| image_problem(&what, &place, error))?;
    let mut candidates = Vec::new();
    for (tag, descriptor) in tags {
        let at =
            Locator::Layout { dir: dir.clone(), tag: Some(tag.clone()), digest: Some(descriptor.digest) };
        let found = store::find(&at, context.limits, context.mismatch);
        let found = found.map_err(|error| image_problem(&what, &at, error))?;
        if is_of(&found, id).map_err(|error| image_problem(&what, &at, error))? {
            candidates.push((tag, found));
        }
    }
    match candidates.iter().position(|(tag, _)| *tag == id.stem) {
        Some(at) => {
            let (tag, found) = candidates.swap_remove(at);
            let base_name = name.as_ref().map(ToString::to_string);
            let name = name.map_or(
                Locator::Layout { dir: dir.clone(), tag: Some(tag.clone()), digest: None },
                Locator::Registry,
            );
            Ok(Base { name, found: Some(found), tags: vec![tag], base_name })
        }
        None => Err(Problem::Definition {
            id: id.clone(),
            place: name.map_or_else(|| place.to_string(), |name| name.full_repository()),
            candidates: candidates.into_iter().map(|(tag, _)| tag).collect(),
        }),
    }
}

/// Where a definition's images are, and their reference where that is a registry's.
fn repository(context: &Context<'_>, id: &DefinitionId) -> Result<(Locator, Option<RegistryName>), Problem> {
    if let Ok(layout @ Locator::Layout { .. }) = context.source.parse() {
        return Ok((layout, None));
    }
    let name: RegistryName = format!("{}/{}:{}", context.source, id.repository, id.stem).parse()?;
    Ok((context.map.apply(&name)?, Some(name)))
}

/// Whether an image is of a definition, and not merely made from one that is.
fn is_of(found: &Found, id: &DefinitionId) -> Result<bool, ImageError> {
    let Some(platform) = found.platforms().into_iter().next() else { return Ok(false) };
    let image = found.image(&platform)?;
    let is_derived = image.annotations.contains_key(annotations::BASE_DIGEST);
    Ok(!is_derived && image.config.label(annotations::DEFINITION) == Some(&format!("image/{id}")))
}
