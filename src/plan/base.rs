//! From what a target names to its base: the image, its tags and the name others know it by.

use std::collections::BTreeSet;

use super::context::Context;
use super::error::Problem;
use super::find::{find, image_problem, look};
use crate::image::{Found, ImageError};
use crate::oci::{Locator, RegistryName, annotations};
use crate::spec::{self, DefinitionId};
use crate::store;

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

/// What the image of a definition is called.
struct Named {
    /// Its repository, below the source.
    repository: String,
    /// The tag that leads to it.
    tag: String,
    /// All its tags, as far as they are known.
    tags: Vec<String>,
}

impl Named {
    /// As the catalog says; without one, the definition's own name is its only tag.
    fn of(context: &Context<'_>, id: &DefinitionId) -> Result<Self, Problem> {
        let Some(catalog) = context.catalog else {
            let (repository, tag) = (id.repository.clone(), id.stem.clone());
            return Ok(Self { repository, tags: vec![tag.clone()], tag });
        };
        let definition = catalog.definition(id)?;
        let tag = definition.most_specific_tag().to_owned();
        Ok(Self { repository: definition.repository, tag, tags: definition.tags })
    }
}

/// Finds the image of a definition: it has the definition's most specific tag, and a label that names the definition.
fn defined(context: &Context<'_>, id: &DefinitionId) -> Result<Base, Problem> {
    let named = Named::of(context, id)?;
    let (place, name) = place(context, &named)?;
    let absent = || {
        let (candidates, others) = definitions(context, &place, id);
        let place = name.as_ref().map_or_else(|| context.source.to_owned(), RegistryName::full_repository);
        let (tag, is_cataloged) = (named.tag.clone(), context.catalog.is_some());
        Problem::Definition { id: id.clone(), tag, is_cataloged, place, candidates, others }
    };
    let problem = |error| image_problem(&format!("definition {id} in"), &place, error);
    let found = match look(context, &place) {
        Ok(found) => found,
        Err(
            ImageError::NameAbsent { .. } | ImageError::NotInRegistry { .. } | ImageError::NoImage { .. },
        ) => return Err(absent()),
        Err(error) => return Err(problem(error)),
    };
    if definition(&found).map_err(problem)? != Some(id.to_string()) {
        return Err(absent());
    }
    let base_name = name.as_ref().map(ToString::to_string);
    let name = name.map_or_else(|| place.clone(), Locator::Registry);
    Ok(Base { name, found: Some(found), tags: named.tags, base_name })
}

/// Where a definition's image should be, and its reference where that is a registry's.
fn place(context: &Context<'_>, named: &Named) -> Result<(Locator, Option<RegistryName>), Problem> {
    let tag = Some(named.tag.clone());
    match context.source.parse() {
        Ok(Locator::Layout { dir, .. }) => return Ok((Locator::Layout { dir, tag, digest: None }, None)),
        Ok(Locator::OciArchive { file, .. }) => {
            return Ok((Locator::OciArchive { file, tag, digest: None }, None));
        }
        _ => {}
    }
    let name: RegistryName = format!("{}/{}:{}", context.source, named.repository, named.tag).parse()?;
    Ok((context.map.apply(&name)?, Some(name)))
}

/// The tags of a place whose images are of a definition, and the other definitions that images there are of; what else
/// lies there, broken or not, is passed over.
fn definitions(context: &Context<'_>, place: &Locator, id: &DefinitionId) -> (Vec<String>, Vec<String>) {
    let (mut candidates, mut others) = (Vec::new(), BTreeSet::new());
    for (tag, place) in tags(context, place, id) {
        match look(context, &place).and_then(|found| definition(&found)) {
            Ok(Some(other)) if other == id.to_string() => candidates.push(tag),
            Ok(other) => others.extend(other),
            Err(_) => {}
        }
    }
    (candidates, others.into_iter().collect())
}

/// Tags of a place that may lead to images of a definition, each with where it leads.
///
/// Of a registry, where each costs requests, not many: first those that begin with the definition's own name.
fn tags(context: &Context<'_>, place: &Locator, id: &DefinitionId) -> Vec<(String, Locator)> {
    const MOST_REMOTE: usize = 10;
    match place {
        Locator::Layout { dir, .. } => {
            let there = store::tags(dir, context.limits).unwrap_or_default().into_iter();
            let layout = |tag: &str, digest| Locator::Layout {
                dir: dir.clone(),
                tag: Some(tag.to_owned()),
                digest: Some(digest),
            };
            there.map(|(tag, descriptor)| (tag.clone(), layout(&tag, descriptor.digest))).collect()
        }
        Locator::Registry(name) => {
            let registries = context.remotes.registries();
            let mut tags = registries.repository(name.host(), name.repository()).tags().unwrap_or_default();
            tags.sort_by_key(|tag| !tag.starts_with(&id.stem));
            tags.truncate(MOST_REMOTE);
            let named = |tag: String| {
                let name: RegistryName = format!("{}:{tag}", name.full_repository()).parse().ok()?;
                Some((tag, Locator::Registry(name)))
            };
            tags.into_iter().filter_map(named).collect()
        }
        _ => Vec::new(),
    }
}

/// The definition that an image is of, unless it is merely made from one that is.
fn definition(found: &Found) -> Result<Option<String>, ImageError> {
    let Some(platform) = found.platforms().into_iter().next() else { return Ok(None) };
    let image = found.image(&platform)?;
    if image.annotations.contains_key(annotations::BASE_DIGEST) {
        return Ok(None);
    }
    let label = image.config.label(annotations::DEFINITION).and_then(|label| label.strip_prefix("image/"));
    Ok(label.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::image::{PlatformMismatch, Publication, PublishedImage};
    use crate::interrupt::Interrupt;
    use crate::limits::Limits;
    use crate::oci::{
        Annotations, Descriptor, ImageConfig, Index, IndexEntry, Manifest, MediaType, RegistryMap, json,
    };
    use crate::plan::Remotes;
    use crate::registry::{NoMemory, Registries, Settings};
    use crate::spec::{At, Catalog, Place};
    use crate::store::Copying;

    /// Adds an image without layers to the layout in `dir`; gives the path of its config.
    fn add(dir: &Path, tag: &str, definition: &str, annotations: &[(&str, &str)]) -> std::path::PathBuf {
        let platform = "linux/amd64".parse().unwrap();
        let mut config = ImageConfig::empty(&platform);
        config.set_run("Labels", serde_json::json!({annotations::DEFINITION: definition, "tag": tag}));
        let config = config.to_bytes();
        let described = Descriptor::of(MediaType::Config, &config);
        let annotations: Annotations =
            annotations.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let manifest = json::to_bytes(&Manifest::new(described.clone(), Vec::new(), annotations));
        let entry = IndexEntry::new(Descriptor::of(MediaType::Manifest, &manifest), &platform);
        let index = json::to_bytes(&Index::new(vec![entry], Annotations::new()));
        let images = vec![PublishedImage { platform, manifest, config, layers: Vec::new() }];
        let copying = Copying {
            staging: None,
            progress: &|_| (),
            limits: &Limits::default(),
            interrupt: &Interrupt::default(),
        };
        let output = format!("oci:{}", dir.display()).parse().unwrap();
        store::write(&output, &[tag.to_owned()], &Publication { index, images }, &copying).unwrap();
        dir.join("blobs/sha256").join(described.digest.hex())
    }

    fn registries() -> Registries {
        Registries::new(Settings::default(), Box::new(NoMemory), &Limits::default(), &Interrupt::default())
    }

    fn resolve(source: &str, map: &[String]) -> Result<Base, Problem> {
        resolve_by(None, source, map)
    }

    fn resolve_by(catalog: Option<&Catalog>, source: &str, map: &[String]) -> Result<Base, Problem> {
        let mut mapped = RegistryMap::default();
        map.iter().for_each(|mapping| mapped.add(mapping).unwrap());
        let context = Context {
            limits: &Limits::default(),
            map: &mapped,
            remotes: &Remotes::new(registries(), None),
            source,
            catalog,
            mismatch: PlatformMismatch::Refuse,
            epoch: None,
            lock: None,
            platforms: &[],
            interrupt: &Interrupt::default(),
            spool: &tempfile::tempfile,
        };
        let id = "golang/alpine-3.23/1.25".parse().unwrap();
        base(&context, &spec::Base::Definition(At::new(id, Place::default())))
    }

    #[test]
    fn a_definition_is_found_by_its_tag_and_label_whatever_else_lies_there() {
        let root = tempfile::tempdir().unwrap();
        add(root.path(), "1.25", "image/golang/alpine-3.23/1.25", &[]);
        let broken = add(root.path(), "0", "broken", &[]);
        fs::write(broken, "broken").unwrap();
        let layout = format!("oci:{}", root.path().display());
        let of_layout = resolve(&layout, &[]).unwrap();
        assert_eq!((of_layout.tags.as_slice(), &of_layout.base_name), (&["1.25".to_owned()][..], &None));
        let mapped = resolve("dhi.io", &[format!("dhi.io/golang={layout}")]).unwrap();
        assert_eq!(mapped.base_name.as_deref(), Some("dhi.io/golang:1.25"));
        assert_eq!(mapped.name.to_string(), "dhi.io/golang:1.25");
    }

    #[test]
    fn a_definition_under_other_tags_is_named_and_what_is_made_from_it_is_not() {
        let root = tempfile::tempdir().unwrap();
        let definition = "image/golang/alpine-3.23/1.25";
        add(root.path(), "1.25", "image/golang/alpine-3.23/1.24", &[]);
        add(root.path(), "1.25.1", definition, &[]);
        add(root.path(), "1.25.1_custom", definition, &[(annotations::BASE_DIGEST, "sha256:")]);
        let Err(Problem::Definition { candidates, .. }) =
            resolve(&format!("oci:{}", root.path().display()), &[])
        else {
            panic!("the tag is of another definition")
        };
        assert_eq!(candidates, ["1.25.1"]);
    }

    #[test]
    fn a_catalog_says_the_repository_and_tags_of_a_definition() {
        let root = tempfile::tempdir().unwrap();
        let definition = root.path().join("catalog/image/golang/alpine-3.23/1.25.yaml");
        fs::create_dir_all(definition.parent().unwrap()).unwrap();
        fs::write(&definition, "image: dhi.io/go\ntags: [1.25-alpine3.23, 1.25.4-alpine3.23]\n").unwrap();
        let catalog = Catalog::open(&root.path().join("catalog")).unwrap();
        let images = root.path().join("images");
        add(&images, "1.25-alpine3.23", "image/golang/alpine-3.23/1.25", &[]);
        let map = [format!("dhi.io/go=oci:{}", images.display())];
        let resolved = || resolve_by(Some(&catalog), "dhi.io", &map);
        match resolved() {
            Err(Problem::Definition { tag, candidates, is_cataloged: true, .. }) => {
                assert_eq!(
                    (tag.as_str(), candidates),
                    ("1.25.4-alpine3.23", vec!["1.25-alpine3.23".to_owned()])
                );
            }
            Err(problem) => panic!("{problem}"),
            Ok(_) => panic!("a less specific tag may be of another version"),
        }
        add(&images, "1.25.4-alpine3.23", "image/golang/alpine-3.23/1.25", &[]);
        let base = resolved().unwrap();
        assert_eq!(base.tags, ["1.25-alpine3.23", "1.25.4-alpine3.23"]);
        assert_eq!(base.base_name.as_deref(), Some("dhi.io/go:1.25.4-alpine3.23"));
    }
}
