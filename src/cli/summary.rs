//! What people read of a finished build.

use super::list::Lines;
use super::size::size;
use super::table::{Align, Table};
use super::{packages, traffic, warnings};
use crate::ops::report::{
    LayerReport, OverwriteReport, PlatformReport, PushReport, Report, SourceReport, TagReport, TargetReport,
};
use crate::printable::escaped;

/// The whole report as text.
pub(super) fn summary(report: &Report) -> String {
    let mut lines = Lines::default();
    for target in &report.targets {
        target_lines(target, &mut lines);
    }
    if !report.warnings.is_empty() {
        let platforms = report.targets.first().map_or(0, |target| target.platforms.len());
        warnings::tell(&report.warnings, platforms, &mut lines);
        lines.line("");
    }
    lines.line("digests to sign");
    for target in &report.targets {
        to_sign(target, report.targets.len() > 1, &mut lines);
    }
    for output in &report.outputs {
        lines.line(&format!("written to {}", escaped(output)));
    }
    if let Some(loaded) = &report.loaded {
        let names: Vec<String> = loaded.names.iter().map(|name| escaped(name)).collect();
        lines.list(&format!("loaded into {} for {}: ", loaded.engine, loaded.platform), &names);
    }
    for pushed in report.targets.iter().filter_map(|target| target.pushed.as_ref()) {
        push(pushed, &mut lines);
    }
    if let Some(traffic) = &report.traffic {
        lines.text.push_str(&traffic::line(traffic));
    }
    if report.work.reused.layers > 0 {
        let (reused, written) = (report.work.reused.layers, report.work.written.layers);
        lines.line(&format!("{reused} of {} new layers reused from the store", reused + written));
    }
    if lines.is_cut {
        lines.line("lists were cut short; --json prints all of them");
    }
    lines.text
}

fn target_lines(target: &TargetReport, lines: &mut Lines) {
    for tag in &target.tags {
        lines.line(&format!("{}:{tag}", target.destination));
    }
    lines.line(&format!("  on {}\n", escaped(&target.base)));
    for platform in &target.platforms {
        lines.line(&platform.platform);
        lines.text.push_str(&layers(platform));
        for (number, layer) in platform.layers.iter().enumerate() {
            findings(platform, number, layer, lines);
        }
        packages::lines(platform, lines);
        lines.line("");
    }
}

fn to_sign(target: &TargetReport, is_named: bool, lines: &mut Lines) {
    let platforms = target.platforms.iter().map(|one| one.platform.as_str());
    let of = if is_named { format!(" of {}", target.destination) } else { String::new() };
    for (digest, what) in target.sign.iter().zip(std::iter::once("index").chain(platforms)) {
        lines.line(&format!("  {digest}  {what}{of}"));
    }
}

fn push(pushed: &PushReport, lines: &mut Lines) {
    let repository = escaped(&pushed.repository);
    for tag in &pushed.tags {
        let how = match tag.outcome {
            TagReport::Unchanged => "unchanged",
            TagReport::Created => "pushed",
            TagReport::Moved => "moved",
        };
        lines.line(&format!("{how}: {repository}:{}", tag.tag));
    }
    let counts =
        [(&pushed.uploaded, "sent"), (&pushed.mounted, "mounted"), (&pushed.present, "there already")];
    let counts = counts.into_iter().filter(|(tally, _)| tally.layers > 0);
    let counts: Vec<_> =
        counts.map(|(tally, how)| format!("{} {how} ({})", tally.layers, size(tally.bytes))).collect();
    if !counts.is_empty() {
        lines.line(&format!("  blobs: {}", counts.join(", ")));
    }
}

fn layers(platform: &PlatformReport) -> String {
    let mut table = Table::new(&[
        ("layer", Align::Left),
        ("files", Align::Right),
        ("size", Align::Right),
        ("compressed", Align::Right),
        ("digest", Align::Left),
    ]);
    for layer in &platform.layers {
        let digest = layer.digest.chars().take("sha256:".len() + 12).collect();
        table.row([name(layer), layer.files.to_string(), size(layer.size), size(layer.compressed), digest]);
    }
    let all = &platform.layers;
    let (files, bytes) =
        (all.iter().map(|one| one.files).sum::<usize>(), all.iter().map(|one| one.size).sum());
    let compressed = all.iter().map(|one| one.compressed).sum();
    table.row(["total".to_owned(), files.to_string(), size(bytes), size(compressed), String::new()]);
    table.print(2)
}

/// What people call a layer.
fn name(layer: &LayerReport) -> String {
    match (layer.source, &layer.artifact) {
        (SourceReport::Base, _) => "base".to_owned(),
        (SourceReport::Packages, _) => "packages".to_owned(),
        (SourceReport::Artifact, artifact) => escaped(artifact.as_deref().unwrap_or("artifact")),
        (SourceReport::State, _) => "accounts and files".to_owned(),
    }
}

/// What is noteworthy of a layer, a line for each kind.
fn findings(platform: &PlatformReport, number: usize, layer: &LayerReport, lines: &mut Lines) {
    let name = name(layer);
    let overwritten = || platform.overwritten.iter().filter(|one| one.by_layer == number);
    let is_account = |one: &OverwriteReport| {
        layer.source == SourceReport::State && one.named.as_deref() == Some("accounts")
    };
    let paths = |kind: &dyn Fn(&OverwriteReport) -> bool| -> Vec<String> {
        overwritten().filter(|one| kind(one)).map(|one| escaped(&one.path)).collect()
    };
    lines.list(&format!("  {name}: adds to "), &paths(&is_account));
    lines.list(&format!("  {name}: overwrites "), &paths(&|one| !one.same && !is_account(one)));
    lines.list(&format!("  {name}: repeats unchanged "), &paths(&|one| one.same && !is_account(one)));
    let directories = platform.directories.iter().filter(|one| one.by_layer == number);
    let directories: Vec<String> = directories.map(|one| escaped(&one.path)).collect();
    lines.list(&format!("  {name}: changes attributes of "), &directories);
    let privileged = platform.privileged.iter().filter(|one| one.by_layer == number);
    let privileged: Vec<String> =
        privileged.map(|one| format!("{} ({})", escaped(&one.path), one.by)).collect();
    lines.list(&format!("  {name}: brings with privileges "), &privileged);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::report::{
        BlobReport, DanglingReport, LoadedReport, PathReport, PrivilegedReport, TallyReport, VERSION,
        WorkReport,
    };

    fn tally(layers: u64) -> TallyReport {
        TallyReport { layers, bytes: 0 }
    }

    fn blob() -> BlobReport {
        BlobReport { media_type: "type".to_owned(), digest: "sha256:0".to_owned(), size: 1 }
    }

    fn layer(source: SourceReport, artifact: Option<&str>) -> LayerReport {
        LayerReport {
            source,
            artifact: artifact.map(str::to_owned),
            media_type: "type".to_owned(),
            digest: "sha256:0123456789abcdef".to_owned(),
            diff_id: "sha256:0".to_owned(),
            files: 2,
            size: 2_000,
            compressed: 1_000,
        }
    }

    fn overwrite(path: &str, by_layer: usize, same: bool, named: Option<&str>) -> OverwriteReport {
        OverwriteReport {
            path: path.to_owned(),
            was: "file".to_owned(),
            is: "file".to_owned(),
            from_layer: 0,
            by_layer,
            same,
            named: named.map(str::to_owned),
            exclude: None,
        }
    }

    #[test]
    fn a_summary_says_what_each_layer_does_and_quotes_nothing_that_moves_a_cursor() {
        let overwritten = vec![
            overwrite("etc/a\u{1b}[2J", 1, false, None),
            overwrite("etc/passwd", 1, false, Some("accounts")),
            overwrite("etc/same", 1, true, None),
            overwrite("etc/passwd", 2, false, Some("accounts")),
            overwrite("etc/b", 2, false, None),
        ];
        let platform = PlatformReport {
            packages: None,
            platform: "linux/amd64".to_owned(),
            manifest: blob(),
            config: blob(),
            run: serde_json::Value::Null,
            layers: vec![
                layer(SourceReport::Base, None),
                layer(SourceReport::Artifact, Some("oci:x\u{202e}:1")),
                layer(SourceReport::State, None),
            ],
            overwritten,
            directories: vec![PathReport { path: "etc".to_owned(), by_layer: 1 }],
            privileged: vec![PrivilegedReport {
                path: "usr/bin/su".to_owned(),
                by_layer: 1,
                by: "setuid".to_owned(),
            }],
            dangling: Vec::<DanglingReport>::new(),
        };
        let target = TargetReport {
            destination: "docker.io/a/b".to_owned(),
            tags: vec!["1_x".to_owned(), "2_x".to_owned()],
            base: "oci:base:1".to_owned(),
            index: blob(),
            platforms: vec![platform],
            sign: vec!["sha256:1".to_owned(), "sha256:2".to_owned()],
            pushed: None,
        };
        let report = Report {
            version: VERSION,
            name: "x".to_owned(),
            targets: vec![target],
            warnings: Vec::new(),
            loaded: Some(LoadedReport {
                engine: "podman".to_owned(),
                platform: "linux/amd64".to_owned(),
                names: vec!["docker.io/a/b:1_x".to_owned()],
            }),
            outputs: vec!["oci:out".to_owned()],
            traffic: None,
            work: WorkReport { read: tally(0), written: tally(1), reused: tally(2) },
        };
        let expected = "\
docker.io/a/b:1_x
docker.io/a/b:2_x
  on oci:base:1

linux/amd64
  layer               files    size  compressed  digest
  base                    2  2.0 kB      1.0 kB  sha256:0123456789ab
  oci:x\\u{202e}:1         2  2.0 kB      1.0 kB  sha256:0123456789ab
  accounts and files      2  2.0 kB      1.0 kB  sha256:0123456789ab
  total                   6  6.0 kB      3.0 kB
  oci:x\\u{202e}:1: overwrites etc/a\\u{1b}[2J, etc/passwd
  oci:x\\u{202e}:1: repeats unchanged etc/same
  oci:x\\u{202e}:1: changes attributes of etc
  oci:x\\u{202e}:1: brings with privileges usr/bin/su (setuid)
  accounts and files: adds to etc/passwd
  accounts and files: overwrites etc/b

digests to sign
  sha256:1  index
  sha256:2  linux/amd64
written to oci:out
loaded into podman for linux/amd64: docker.io/a/b:1_x
2 of 3 new layers reused from the store
";
        assert_eq!(summary(&report), expected);
    }
}
