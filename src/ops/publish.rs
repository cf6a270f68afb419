//! Assembled images to indexes, outputs and the report.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::build::BuildError;
use super::report::{
    BlobReport, DanglingReport, LayerReport, OverwriteReport, PathReport, PlatformReport, PrivilegedReport,
    Report, SourceReport, TargetReport, VERSION, WarningReport,
};
use crate::assemble::{AssembledImage, AssembledLayer, Origin, Workshop};
use crate::contents::{Finding, Named, Overwrite};
use crate::oci::{Annotations, Descriptor, Index, IndexEntry, MediaType, annotations, json};
use crate::plan::{ImagePlan, Plan, Target};
use crate::store::{self, Copying, Output, Publication, PublishedImage, PublishedLayer};

/// Writes the images of a plan to every output, and says what was done.
pub(super) fn publish(
    plan: &Plan,
    images: Vec<AssembledImage>,
    outputs: &[Output],
    shop: &Workshop<'_>,
    name: &str,
) -> Result<Report, BuildError> {
    let mut images = images.into_iter();
    let mut made = Vec::new();
    for target in &plan.targets {
        let images: Vec<AssembledImage> = images.by_ref().take(target.images.len()).collect();
        let index = index(target, &images);
        let (found, limit) = (index.len() as u64, shop.limits.written_document_bytes);
        if found > limit {
            return Err(BuildError::IndexSize { found, limit });
        }
        made.push((target, images, index));
    }
    let publications: Vec<Publication> =
        made.iter().map(|(_, images, index)| publication(images, index.clone())).collect();
    for output in outputs {
        for ((target, ..), publication) in made.iter().zip(&publications) {
            let meter = Mutex::new(shop.progress.begin(&output.to_string(), bytes(publication)));
            let progress = |bytes| {
                if let Ok(mut meter) = meter.lock() {
                    meter.advance(bytes);
                }
            };
            let copying = Copying {
                staging: Some(shop.staging),
                progress: &progress,
                limits: shop.limits,
                interrupt: shop.interrupt,
            };
            store::write(output, &names(plan, target, output), publication, &copying).map_err(Box::new)?;
        }
    }
    let mut warnings = Warnings::default();
    let targets =
        made.iter().map(|(target, images, index)| report(target, images, index, &mut warnings)).collect();
    Ok(Report {
        version: VERSION,
        name: name.to_owned(),
        targets,
        warnings: warnings.into_list(),
        outputs: outputs.iter().map(Output::to_string).collect(),
    })
}

/// The index of a target's images, in the order of their platforms.
fn index(target: &Target, images: &[AssembledImage]) -> Vec<u8> {
    let entries = images
        .iter()
        .map(|image| IndexEntry::new(image.descriptor.clone(), image.config.platform_fields()))
        .collect();
    let mut annotations = Annotations::new();
    if let Some(name) = &target.base_name {
        annotations.insert(annotations::BASE_NAME.to_owned(), name.clone());
    }
    json::to_bytes(&Index::new(entries, annotations))
}

fn publication(images: &[AssembledImage], index: Vec<u8>) -> Publication {
    let layer = |layer: &AssembledLayer| PublishedLayer {
        descriptor: layer.descriptor.clone(),
        diff_id: layer.diff_id,
        uncompressed: layer.uncompressed,
        blob: Arc::clone(&layer.blob),
    };
    let image = |image: &AssembledImage| PublishedImage {
        platform: image.platform.clone(),
        manifest: image.manifest.clone(),
        config: image.config_bytes.clone(),
        layers: image.layers.iter().map(layer).collect(),
    };
    Publication { index, images: images.iter().map(image).collect() }
}

/// What an image is called where the output says nothing: its tags, and full references where these could collide.
fn names(plan: &Plan, target: &Target, output: &Output) -> Vec<String> {
    let is_full = plan.targets.len() > 1 || matches!(output, Output::DockerArchive { .. });
    let name = |tag: &String| if is_full { format!("{}:{tag}", target.destination) } else { tag.clone() };
    target.tags.iter().map(name).collect()
}

/// Bytes of all layers together, each counted for every platform that has it.
fn bytes(publication: &Publication) -> u64 {
    publication.images.iter().flat_map(|image| &image.layers).map(|layer| layer.descriptor.size).sum()
}

fn report(target: &Target, images: &[AssembledImage], index: &[u8], warnings: &mut Warnings) -> TargetReport {
    let index = Descriptor::of(MediaType::Index, index);
    let sign = std::iter::once(&index).chain(images.iter().map(|image| &image.descriptor));
    TargetReport {
        destination: target.destination.clone(),
        tags: target.tags.clone(),
        base: target.base.to_string(),
        sign: sign.map(|descriptor| descriptor.digest.to_string()).collect(),
        platforms: images
            .iter()
            .map(|image| platform(&target.images[&image.platform], image, warnings))
            .collect(),
        index: blob(&index),
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
        let message = format!("{subject}: {warning}");
        warnings.add(&platform, warning.code(), message, None);
    }
    let mut report = PlatformReport {
        manifest: blob(&image.descriptor),
        config: blob(&Descriptor::of(MediaType::Config, &image.config_bytes)),
        run: image.config.run_parameters(),
        layers: image.layers.iter().map(|one| layer(plan, one)).collect(),
        overwritten: Vec::new(),
        directories: Vec::new(),
        privileged: Vec::new(),
        dangling: Vec::new(),
        platform,
    };
    for (number, layer) in image.layers.iter().enumerate() {
        let by = Author { plan, layer, number };
        layer.findings.iter().for_each(|finding| by.finding(finding, &mut report, warnings));
        by.dangling(&mut report, warnings);
    }
    report
}

fn layer(plan: &ImagePlan, layer: &AssembledLayer) -> LayerReport {
    let (source, artifact) = match layer.origin {
        Origin::Base => (SourceReport::Base, None),
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

/// The layer that findings are about.
struct Author<'a> {
    plan: &'a ImagePlan,
    layer: &'a AssembledLayer,
    number: usize,
}

impl Author<'_> {
    fn finding(&self, finding: &Finding, report: &mut PlatformReport, warnings: &mut Warnings) {
        let (by_layer, platform) = (self.number, &report.platform);
        match finding {
            Finding::Overwrites(overwrite) => {
                self.warn_of(overwrite, platform, warnings);
                report.overwritten.push(OverwriteReport {
                    path: overwrite.path.to_string(),
                    was: overwrite.was.to_owned(),
                    is: overwrite.is.to_owned(),
                    from_layer: overwrite.layer,
                    by_layer,
                    same: overwrite.same,
                    named: Named::of(&overwrite.path).map(|named| named.word().to_owned()),
                    exclude: self.exclude(overwrite),
                });
            }
            Finding::Directory { path } => {
                report.directories.push(PathReport { path: path.to_string(), by_layer });
            }
            Finding::Privileged { path, by } => {
                report.privileged.push(PrivilegedReport {
                    path: path.to_string(),
                    by_layer,
                    by: (*by).to_owned(),
                });
            }
            Finding::DeletesOurs { path, .. } => {
                let message =
                    format!("`{path}` is brought by one layer of this build and deleted by another");
                let hint = format!("add `{path}` to the excludes of the artifact, and the image is smaller");
                warnings.add(platform, "W_DELETES_OURS", message, Some(hint));
            }
            Finding::DeletesPackaged { path, package } => {
                let message =
                    format!("`{path}` belongs to the package `{package}`, whose database will not know");
                warnings.add(platform, "W_DELETES_PACKAGED", message, None);
            }
        }
    }

    /// The exclude that keeps an artifact from overwriting something.
    fn exclude(&self, overwrite: &Overwrite) -> Option<String> {
        let Origin::Artifact(number) = self.layer.origin else { return None };
        let to = &self.plan.artifacts[number].to;
        let source = overwrite.source.as_bytes();
        let rest =
            if to.is_root() { source } else { source.strip_prefix(to.as_bytes())?.strip_prefix(b"/")? };
        Some(String::from_utf8_lossy(rest).into_owned())
    }

    fn warn_of(&self, overwrite: &Overwrite, platform: &str, warnings: &mut Warnings) {
        let (Some(named), Some(exclude), false) =
            (Named::of(&overwrite.path), self.exclude(overwrite), overwrite.same)
        else {
            return;
        };
        let Origin::Artifact(number) = self.layer.origin else { return };
        let code = match named {
            Named::PackageDatabase => "W_OVERWRITES_PACKAGE_DATABASE",
            Named::Accounts => "W_OVERWRITES_ACCOUNTS",
            Named::OsRelease => "W_OVERWRITES_OS_RELEASE",
            Named::CLibrary => "W_OVERWRITES_C_LIBRARY",
        };
        let (source, path) = (&self.plan.artifacts[number].source, &overwrite.path);
        let message = format!("{source} overwrites `{path}` ({})", named.word());
        warnings.add(platform, code, message, Some(format!("add `{exclude}` to its excludes")));
    }

    fn dangling(&self, report: &mut PlatformReport, warnings: &mut Warnings) {
        for one in &self.layer.dangling {
            let (path, target) = (one.path.to_string(), String::from_utf8_lossy(&one.target).into_owned());
            let message = format!("symbolic link `{path}` leads to `{target}`, which is not there");
            let hint = "include its target too, or exclude the link".to_owned();
            warnings.add(&report.platform, "W_DANGLING", message, Some(hint));
            report.dangling.push(DanglingReport { path, target, by_layer: self.number });
        }
    }
}

/// Warnings, each once with the platforms it is about.
#[derive(Default)]
struct Warnings {
    order: Vec<(String, String)>,
    platforms: BTreeMap<(String, String), (Vec<String>, Option<String>)>,
}

impl Warnings {
    fn add(&mut self, platform: &str, code: &str, message: String, hint: Option<String>) {
        let key = (code.to_owned(), message);
        let (platforms, _) = self.platforms.entry(key.clone()).or_insert_with(|| {
            self.order.push(key);
            (Vec::new(), hint)
        });
        if !platforms.iter().any(|known| known == platform) {
            platforms.push(platform.to_owned());
        }
    }

    fn into_list(mut self) -> Vec<WarningReport> {
        let warning = |key: (String, String)| {
            let (platforms, hint) = self.platforms.remove(&key).expect("every key in the order was added");
            WarningReport { code: key.0, platforms, message: key.1, hint }
        };
        self.order.into_iter().map(warning).collect()
    }
}
