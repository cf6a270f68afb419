//! What people read of a finished build.

use super::size::size;
use super::table::{Align, Table};
use crate::ops::report::{PlatformReport, Report, SourceReport, TargetReport, WarningReport};

/// The whole report as text.
pub(super) fn summary(report: &Report) -> String {
    let mut text = String::new();
    for target in &report.targets {
        text.push_str(&target_text(target));
    }
    text.push_str(&warnings(&report.warnings));
    text.push_str("digests to sign\n");
    for target in &report.targets {
        let what = std::iter::once("index").chain(target.platforms.iter().map(|one| one.platform.as_str()));
        for (digest, what) in target.sign.iter().zip(what) {
            text.push_str(&format!("  {digest}  {what}\n"));
        }
    }
    for output in &report.outputs {
        text.push_str(&format!("written to {output}\n"));
    }
    text
}

fn target_text(target: &TargetReport) -> String {
    let names: Vec<String> = target.tags.iter().map(|tag| format!("{}:{tag}", target.destination)).collect();
    let mut text = format!("{}\n  on {}\n\n", names.join("\n"), target.base);
    for platform in &target.platforms {
        text.push_str(&platform_text(platform));
        text.push('\n');
    }
    text
}

fn platform_text(platform: &PlatformReport) -> String {
    let mut table = Table::new(&[
        ("layer", Align::Left),
        ("files", Align::Right),
        ("size", Align::Right),
        ("compressed", Align::Right),
        ("digest", Align::Left),
    ]);
    for layer in &platform.layers {
        let name = match (layer.source, &layer.artifact) {
            (SourceReport::Base, _) => "base".to_owned(),
            (SourceReport::Artifact, artifact) => artifact.clone().unwrap_or_default(),
            (SourceReport::State, _) => "accounts and files".to_owned(),
        };
        let digest = layer.digest.chars().take("sha256:".len() + 12).collect();
        table.row([name, layer.files.to_string(), size(layer.size), size(layer.compressed), digest]);
    }
    let mut text = format!("{}\n{}", platform.platform, table.print(2));
    for (count, what) in [
        (platform.overwritten.len(), "overwritten"),
        (platform.directories.len(), "directory attributes changed"),
        (platform.privileged.len(), "with privileges"),
    ] {
        if count > 0 {
            text.push_str(&format!("  {count} {what}: {}\n", paths(platform, what)));
        }
    }
    text
}

/// The first few paths of a kind of finding.
fn paths(platform: &PlatformReport, what: &str) -> String {
    const SHOWN: usize = 4;
    let name = |layer: usize| match &platform.layers[layer].artifact {
        Some(artifact) => artifact.clone(),
        None => "accounts and files".to_owned(),
    };
    let all: Vec<String> = match what {
        "overwritten" => {
            platform.overwritten.iter().map(|one| format!("{} by {}", one.path, name(one.by_layer))).collect()
        }
        "with privileges" => {
            platform.privileged.iter().map(|one| format!("{} ({})", one.path, one.by)).collect()
        }
        _ => {
            platform.directories.iter().map(|one| format!("{} by {}", one.path, name(one.by_layer))).collect()
        }
    };
    let rest = all.len().saturating_sub(SHOWN);
    let shown = all.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if rest > 0 { format!("{shown} and {rest} more (--json lists all)") } else { shown }
}

/// Warnings, each with its platforms and what to do.
fn warnings(warnings: &[WarningReport]) -> String {
    const SHOWN: usize = 12;
    let mut text = String::new();
    for warning in warnings.iter().take(SHOWN) {
        text.push_str(&format!(
            "warning[{}]: {} ({})\n",
            warning.code,
            warning.message,
            warning.platforms.join(", ")
        ));
        if let Some(hint) = &warning.hint {
            text.push_str(&format!("hint: {hint}\n"));
        }
    }
    if warnings.len() > SHOWN {
        text.push_str(&format!("and {} more warnings (--json lists all)\n", warnings.len() - SHOWN));
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}
