//! Assembled images to the report of a build.

use super::findings::Author;
use super::packages;
use super::warnings::Warnings;
use super::{
    BlobReport, LayerReport, PlatformReport, Report, SourceReport, TallyReport, TargetReport, VERSION,
    WorkReport,
};
use crate::assemble::{AssembledImage, AssembledLayer, Origin, Tally, Work};
use crate::oci::{Descriptor, MediaType};
use crate::ops::publish::Made;
use crate::plan::ImagePlan;
use crate::store::{Output, Store};

impl Report {
    /// The report of what was made and written; `store` may have had a problem even where it was not used in the end.
    pub(in crate::ops) fn of(
        name: &str,
        made: &[Made<'_>],
        outputs: &[Output],
        work: &Work,
        store: Option<&Store>,
    ) -> Self {
        let mut warnings = Warnings::default();
        let targets = made.iter().map(|made| target(made, &mut warnings)).collect();
        if let Some(error) = store.and_then(Store::problem) {
            let message = format!("the store could not be written: {error}");
            warnings.add_to_all(
                "W_STORE",
                message,
                Some("the images are whole; later builds take longer".to_owned()),
            );
        }
        Self {
            version: VERSION,
            name: name.to_owned(),
            targets,
            traffic: None,
            work: work_report(work),
            warnings: warnings.into_list(),
            loaded: None,
            outputs: outputs.iter().map(Output::to_string).collect(),
        }
    }
}

fn work_report(work: &Work) -> WorkReport {
    let tally = |tally: &Tally| TallyReport { layers: tally.layers(), bytes: tally.bytes() };
    WorkReport { read: tally(&work.read), written: tally(&work.written), reused: tally(&work.reused) }
}

fn target(made: &Made<'_>, warnings: &mut Warnings) -> TargetReport {
    let (target, images) = (made.target, &made.images);
    let index = Descriptor::of(MediaType::Index, &made.index);
    let sign = std::iter::once(&index).chain(images.iter().map(|image| &image.descriptor));
    let platforms = images.iter().map(|image| platform(&target.images[&image.platform], image, warnings));
    TargetReport {
        destination: target.destination.clone(),
        tags: target.tags.clone(),
        base: target.base.to_string(),
        sign: sign.map(|descriptor| descriptor.digest.to_string()).collect(),
        platforms: platforms.collect(),
        index: blob(&index),
        pushed: None,
    }
}

fn blob(descriptor: &Descriptor) -> BlobReport {
    BlobReport {
        media_type: descriptor.media_type.to_string(),
        digest: descriptor.digest.to_string(),
        size: descriptor.size,
    }
}

fn platform(plan: &ImagePlan, image: &AssembledImage, warnings: &mut Warnings) -> PlatformReport {
    let platform = image.platform.to_string();
    for (subject, warning) in &image.warnings {
        warnings.add(&platform, warning.code(), format!("{subject}: {warning}"), None);
    }
    let mut report = PlatformReport {
        manifest: blob(&image.descriptor),
        config: blob(&Descriptor::of(MediaType::Config, &image.config_bytes)),
        run: image.config.run_parameters(),
        layers: image.layers.iter().map(|one| layer(plan, one)).collect(),
        packages: image.packages.as_ref().map(|added| packages::report(plan, added, &platform, warnings)),
        overwritten: Vec::new(),
        directories: Vec::new(),
        privileged: Vec::new(),
        dangling: Vec::new(),
        platform,
    };
    for (number, layer) in image.layers.iter().enumerate() {
        Author { plan, layer, number }.tell(&mut report, warnings);
    }
    report
}

fn layer(plan: &ImagePlan, layer: &AssembledLayer) -> LayerReport {
    let (source, artifact) = match layer.origin {
        Origin::Base => (SourceReport::Base, None),
        Origin::Packages => (SourceReport::Packages, None),
        Origin::Artifact(number) => (SourceReport::Artifact, Some(plan.artifacts[number].source.to_string())),
        Origin::State => (SourceReport::State, None),
    };
    LayerReport {
        source,
        artifact,
        media_type: layer.descriptor.media_type.to_string(),
        digest: layer.descriptor.digest.to_string(),
        diff_id: layer.diff_id.to_string(),
        files: layer.files,
        size: layer.uncompressed,
        compressed: layer.descriptor.size,
    }
}
