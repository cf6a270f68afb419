//! Targets: what is made of one base, platform by platform, and what it is called.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::accounts::AccountsPlan;
use super::artifact::{ArtifactPlan, Artifacts};
use super::base::{self, Base};
use super::context::Context;
use super::error::Problem;
use super::file::{FilePlan, Files};
use super::find::image_problem;
use super::packages::PackagesPlan;
use super::problems::Problems;
use super::{Runtime, Timestamp};
use crate::image::Image;
use crate::oci::{Compression, Locator, Platform};
use crate::package::Locked;
use crate::rootfs::Attributes;
use crate::spec::{self, Customization, Place};

/// The image that is made for one target.
#[derive(Clone, Debug)]
pub struct Target {
    /// The repository it is for.
    pub destination: String,
    /// The tags it gets.
    pub tags: Vec<String>,
    /// The base's reference, where it is one that others can use too.
    pub base_name: Option<String>,
    /// The base as people name it.
    pub base: Locator,
    /// Where the specification names it.
    pub base_place: Place,
    /// What is made for each platform.
    pub images: BTreeMap<Platform, ImagePlan>,
}

/// What is made for one platform.
#[derive(Clone, Debug)]
pub struct ImagePlan {
    /// The platform.
    pub platform: Platform,
    /// The base; nothing for `scratch`.
    pub base: Option<Image>,
    /// Packages of the base's distribution.
    pub packages: Arc<PackagesPlan>,
    /// The packages that it may get, where only some may.
    pub locked: Option<Arc<Locked>>,
    /// What is layered in, later over earlier.
    pub artifacts: Vec<ArtifactPlan>,
    /// Static files, in their order.
    pub files: Vec<FilePlan>,
    /// Users and groups.
    pub accounts: AccountsPlan,
    /// The changes of the config.
    pub runtime: Runtime,
    /// How the layers that are added are compressed.
    pub compression: Compression,
    /// When the image says it was made.
    pub created: Timestamp,
    /// The latest time that an entry may have.
    pub latest: Option<Timestamp>,
}

/// What all targets of a customization have in common.
pub(super) struct Shared<'a> {
    pub(super) customization: &'a Customization,
    pub(super) context: &'a Context<'a>,
    pub(super) platforms: Vec<Platform>,
    pub(super) packages: Arc<PackagesPlan>,
    pub(super) artifacts: Artifacts<'a>,
    pub(super) files: Files<'a>,
}

impl Shared<'_> {
    /// Plans a target; nothing where its base or its tags are not to be had.
    pub(super) fn target(&self, target: &spec::Target, problems: &mut Problems) -> Option<Target> {
        let place = base_place(&target.base);
        let base = problems.keep(Some(place), base::base(self.context, &target.base))?;
        let tags = problems.keep(Some(place), self.tags(target, &base));
        let images = self
            .platforms
            .iter()
            .filter_map(|platform| Some((platform.clone(), self.image(target, platform, &base, problems)?)));
        Some(Target {
            images: images.collect(),
            destination: target.destination.value.to_string(),
            tags: tags?,
            base_name: base.base_name,
            base: base.name,
            base_place: place,
        })
    }

    fn tags(&self, target: &spec::Target, base: &Base) -> Result<Vec<String>, Problem> {
        let named: Vec<&str> = target.tags.iter().map(|tag| tag.as_str()).collect();
        let tags = if named.is_empty() { base.tags.iter().map(String::as_str).collect() } else { named };
        if tags.is_empty() {
            return Err(Problem::NoTags { base: base.name.to_string() });
        }
        let suffix = &self.customization.suffix;
        tags.into_iter().map(|tag| suffix.tag(tag).map_err(Problem::from)).collect()
    }

    /// Plans the image of a platform; nothing where an input is not to be had.
    fn image(
        &self,
        target: &spec::Target,
        platform: &Platform,
        base: &Base,
        problems: &mut Problems,
    ) -> Option<ImagePlan> {
        let place = base_place(&target.base);
        let locked = problems.keep(self.packages.place(), self.locked(target, platform, base));
        let base = match &base.found {
            None => None,
            Some(found) => {
                let image = found.image(platform).map_err(|error| image_problem("base", &base.name, error));
                Some(problems.keep(Some(place), image)?)
            }
        };
        let artifacts = self.artifacts.on(platform, problems);
        let inputs = base.iter().chain(artifacts.iter().map(|one| &one.image));
        Some(ImagePlan {
            platform: platform.clone(),
            created: self.created(inputs),
            base,
            packages: Arc::clone(&self.packages),
            locked: locked?,
            artifacts,
            files: self.files.on(platform),
            accounts: (&self.customization.accounts).into(),
            runtime: self.customization.into(),
            compression: self.customization.compression,
            latest: self.context.epoch,
        })
    }

    /// The packages that an image may get, where they are pinned; then those of every image that gets some have to be.
    fn locked(
        &self,
        target: &spec::Target,
        platform: &Platform,
        base: &Base,
    ) -> Result<Option<Arc<Locked>>, Problem> {
        let Some(lock) = self.context.lock.filter(|_| self.packages.is_wanted()) else { return Ok(None) };
        let (destination, base) = (target.destination.value.to_string(), base.name.to_string());
        let locked = lock.of(&destination, &base, platform);
        let unpinned = || Problem::Unpinned { destination, base, platform: platform.clone() };
        locked.map(Some).ok_or_else(unpinned)
    }

    /// The time set from outside, else the newest among the inputs, else 1980.
    fn created<'i>(&self, inputs: impl Iterator<Item = &'i Image>) -> Timestamp {
        let newest = inputs.filter_map(|image| Timestamp::parse(image.config.created()?)).max();
        let oldest = Timestamp::from_seconds(Attributes::EPOCH).expect("1980 is in every calendar");
        self.context.epoch.or(newest).unwrap_or(oldest)
    }
}

fn base_place(base: &spec::Base) -> Place {
    match base {
        spec::Base::Definition(id) => id.place,
        spec::Base::Image(locator) => locator.place,
    }
}
