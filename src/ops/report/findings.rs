//! What is noteworthy of a layer, told to people and machines.

use super::warnings::Warnings;
use super::{DanglingReport, OverwriteReport, PathReport, PlatformReport, PrivilegedReport};
use crate::assemble::{AssembledLayer, Origin};
use crate::contents::{Finding, Named, Overwrite};
use crate::plan::ImagePlan;
use crate::printable::printable;
use crate::rootfs::RootPath;

/// A layer whose findings are told: the `number`th of its image.
pub(super) struct Author<'a> {
    pub(super) plan: &'a ImagePlan,
    pub(super) layer: &'a AssembledLayer,
    pub(super) number: usize,
}

impl Author<'_> {
    /// Tells all findings of the layer.
    pub(super) fn tell(&self, report: &mut PlatformReport, warnings: &mut Warnings) {
        self.layer.findings.iter().for_each(|finding| self.finding(finding, report, warnings));
        self.dangling(report, warnings);
    }

    fn finding(&self, finding: &Finding, report: &mut PlatformReport, warnings: &mut Warnings) {
        let (by_layer, platform) = (self.number, report.platform.as_str());
        match finding {
            Finding::Overwrites(overwrite) => {
                self.warn_of(overwrite, platform, warnings);
                report.overwritten.push(self.overwrite(overwrite));
            }
            Finding::Directory { path } => {
                report.directories.push(PathReport { path: path.to_string(), by_layer });
            }
            Finding::Privileged { path, by } => {
                let (path, by) = (path.to_string(), (*by).to_owned());
                report.privileged.push(PrivilegedReport { path, by_layer, by });
            }
            Finding::KeepsConfig { path, package } => {
                let package = printable(package.as_bytes());
                let message = format!(
                    "`{path}` stays as the base has it, and not as the package `{package}` brings it"
                );
                warnings.add(platform, "W_KEEPS_CONFIG", message, None);
            }
            Finding::DeletesOurs { path, .. } => warn_of_deleting_ours(path, platform, warnings),
            Finding::DeletesPackaged { path, package } => {
                let package = printable(package.as_bytes());
                let message =
                    format!("`{path}` belongs to the package `{package}`, whose database will not know");
                warnings.add(platform, "W_DELETES_PACKAGED", message, None);
            }
        }
    }

    fn overwrite(&self, overwrite: &Overwrite) -> OverwriteReport {
        OverwriteReport {
            path: overwrite.path.to_string(),
            was: overwrite.was.to_owned(),
            is: overwrite.is.to_owned(),
            from_layer: overwrite.layer,
            by_layer: self.number,
            same: overwrite.same,
            named: Named::of(&overwrite.path).map(|named| named.word().to_owned()),
            exclude: self.exclude(overwrite),
        }
    }

    /// The exclude that keeps an artifact from overwriting something.
    fn exclude(&self, overwrite: &Overwrite) -> Option<String> {
        let Origin::Artifact(number) = self.layer.origin else { return None };
        let to = &self.plan.artifacts[number].to;
        let source = overwrite.source.as_bytes();
        let rest =
            if to.is_root() { source } else { source.strip_prefix(to.as_bytes())?.strip_prefix(b"/")? };
        Some(printable(rest))
    }

    fn warn_of(&self, overwrite: &Overwrite, platform: &str, warnings: &mut Warnings) {
        let Origin::Artifact(number) = self.layer.origin else { return };
        let (Some(named), Some(exclude), false) =
            (Named::of(&overwrite.path), self.exclude(overwrite), overwrite.same)
        else {
            return;
        };
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
            let (path, target) = (one.path.to_string(), printable(&one.target));
            let message = format!("symbolic link `{path}` leads to `{target}`, which is not there");
            let hint = "include its target too, or exclude the link".to_owned();
            warnings.add(&report.platform, "W_DANGLING", message, Some(hint));
            report.dangling.push(DanglingReport { path, target, by_layer: self.number });
        }
    }
}

fn warn_of_deleting_ours(path: &RootPath, platform: &str, warnings: &mut Warnings) {
    let message = format!("`{path}` is brought by one layer of this build and deleted by another");
    let hint = format!("add `{path}` to the excludes of the artifact, and the image is smaller");
    warnings.add(platform, "W_DELETES_OURS", message, Some(hint));
}
