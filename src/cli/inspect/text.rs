//! What people read of an image.

use std::fmt::Write as _;

use serde_json::Value;

use crate::cli::size::size;
use crate::cli::table::{Align, Table};
use crate::oci::Annotations;
use crate::ops::inspect::{
    DescriptorReport, DocumentReport, InspectReport, InspectedLayer, InspectedPlatform, OtherReport,
    ReferrerReport,
};
use crate::printable::escaped;

/// The whole report as text.
pub(super) fn text(report: &InspectReport) -> String {
    let mut out = Fields { text: format!("{}\n", escaped(&report.reference)), is_cut: false };
    if let Some(index) = &report.index {
        out.document("index", index);
    }
    out.text.push_str(&referrers("referrers of the index", &report.referrers));
    for platform in &report.platforms {
        out.platform(platform);
    }
    if !report.others.is_empty() {
        out.text.push_str("\nother entries of the index\n");
        out.text.push_str(&others(&report.others, &report.platforms));
    }
    if out.is_cut {
        out.text.push_str("\nlists were cut short; --json prints all of them\n");
    }
    out.text
}

/// Values of a name that are shown.
const MOST: usize = 20;
/// Characters of a value that are shown.
const LONGEST: usize = 1_000;
/// Characters that are shown of what others wrote into a cell of a table: its column is as wide in every row.
const CELL: usize = 100;
/// Columns that names of fields take.
const NAMES: usize = 12;

/// Lines of names and values.
struct Fields {
    text: String,
    is_cut: bool,
}

impl Fields {
    fn platform(&mut self, platform: &InspectedPlatform) {
        let _ = writeln!(self.text, "\n{}", platform.platform);
        if let Some(other) = &platform.config_platform {
            self.field("but config", [format!("says {}", escaped(other))]);
        }
        if let Some(manifest) = &platform.manifest {
            self.document("manifest", manifest);
        }
        if let Some(config) = &platform.config {
            self.field("config", [named(config)]);
        }
        self.field("created", platform.created.iter().map(|created| escaped(created)));
        self.run(&platform.run);
        self.text.push('\n');
        self.text.push_str(&layers(platform));
        self.text.push_str(&referrers("referrers", &platform.referrers));
    }

    /// The execution parameters: first what says how the image starts, then the rest by their own names.
    fn run(&mut self, run: &Value) {
        const NAMED: [(&str, &str); 8] = [
            ("user", "User"),
            ("entrypoint", "Entrypoint"),
            ("cmd", "Cmd"),
            ("workdir", "WorkingDir"),
            ("ports", "ExposedPorts"),
            ("volumes", "Volumes"),
            ("env", "Env"),
            ("labels", "Labels"),
        ];
        for (name, key) in NAMED {
            match &run[key] {
                Value::Array(list) if key == "Env" => self.field(name, list.iter().map(plain)),
                Value::Object(map) if key == "Labels" => {
                    self.field(
                        name,
                        map.iter().map(|(key, value)| format!("{}={}", escaped(key), plain(value))),
                    );
                }
                Value::Object(map) if matches!(key, "ExposedPorts" | "Volumes") => {
                    self.field(name, map.keys().map(|key| escaped(key)));
                }
                Value::Null => {}
                value => self.field(name, [plain(value)]),
            }
        }
        let rest = run.as_object().into_iter().flatten();
        let rest =
            rest.filter(|(key, value)| !value.is_null() && NAMED.iter().all(|(_, named)| named != key));
        for (key, value) in rest {
            self.field(&escaped(key), [plain(value)]);
        }
    }

    fn document(&mut self, name: &str, document: &DocumentReport) {
        self.field(name, [named(&document.descriptor)]);
        self.field("annotations", pairs(&document.annotations));
    }

    /// The first values, below each other; nothing where there are none.
    fn field(&mut self, name: &str, values: impl IntoIterator<Item = String>) {
        let mut values = values.into_iter();
        for (number, value) in values.by_ref().take(MOST).enumerate() {
            let name = if number == 0 { name } else { "" };
            let shown = cut(&value, LONGEST);
            self.is_cut |= shown.len() < value.len();
            let line = format!("  {name:NAMES$}  {shown}");
            let _ = writeln!(self.text, "{}", line.trim_end());
        }
        let more = values.count();
        if more > 0 {
            let _ = writeln!(self.text, "  {:NAMES$}  and {more} more", "");
            self.is_cut = true;
        }
    }
}

fn layers(platform: &InspectedPlatform) -> String {
    let mut table = Table::new(&[
        ("layer", Align::Right),
        ("size", Align::Right),
        ("compression", Align::Left),
        ("digest", Align::Left),
        ("diff ID", Align::Left),
    ]);
    for (number, layer) in platform.layers.iter().enumerate() {
        let InspectedLayer { descriptor, diff_id, compression, .. } = layer;
        // A type that says no compression says at least what it is.
        let kind = compression.map_or_else(|| cut(&descriptor.media_type, CELL), str::to_owned);
        let number = (number + 1).to_string();
        table.row([number, size(descriptor.size), kind, short(&descriptor.digest), short(diff_id)]);
    }
    table.row(["total".to_owned(), size(platform.size), String::new(), String::new(), String::new()]);
    table.print(2)
}

fn referrers(head: &str, referrers: &[ReferrerReport]) -> String {
    if referrers.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&[
        ("artifact type", Align::Left),
        ("size", Align::Right),
        ("digest", Align::Left),
        ("annotations", Align::Left),
    ]);
    for ReferrerReport { descriptor, artifact_type, annotations } in referrers {
        let kind = cut(artifact_type.as_deref().unwrap_or(&descriptor.media_type), CELL);
        table.row([kind, size(descriptor.size), short(&descriptor.digest), in_line(annotations)]);
    }
    format!("\n  {head}\n{}", table.print(4))
}

fn others(others: &[OtherReport], platforms: &[InspectedPlatform]) -> String {
    let mut table = Table::new(&[
        ("what", Align::Left),
        ("platform", Align::Left),
        ("size", Align::Right),
        ("digest", Align::Left),
        ("about", Align::Left),
    ]);
    for OtherReport { descriptor, platform, kind, about, .. } in others {
        let is_about = |one: &&InspectedPlatform| {
            let manifest = one.manifest.as_ref().map(|manifest| manifest.descriptor.digest.as_str());
            manifest.is_some() && manifest == about.as_deref()
        };
        let subject = platforms.iter().find(is_about).map(|one| one.platform.clone());
        let about = subject.or_else(|| about.as_deref().map(|about| escaped(&short(about))));
        table.row([
            cut(kind.as_deref().unwrap_or(&descriptor.media_type), CELL),
            escaped(platform.as_deref().unwrap_or_default()),
            size(descriptor.size),
            short(&descriptor.digest),
            about.unwrap_or_default(),
        ]);
    }
    table.print(2)
}

/// A digest in full, a size and a media type.
fn named(descriptor: &DescriptorReport) -> String {
    let DescriptorReport { media_type, digest, size: bytes } = descriptor;
    format!("{digest}  {}  {}", size(*bytes), escaped(media_type))
}

/// As many digits of a digest as tell it from others.
fn short(digest: &str) -> String {
    digest.chars().take("sha256:".len() + 12).collect()
}

fn pairs(annotations: &Annotations) -> impl Iterator<Item = String> {
    annotations.iter().map(|(key, value)| format!("{}={}", escaped(key), escaped(value)))
}

/// Annotations on one line that people still read.
fn in_line(annotations: &Annotations) -> String {
    let shown =
        annotations.iter().take(CELL).map(|(key, value)| format!("{}={}", cut(key, CELL), cut(value, CELL)));
    cut(&shown.collect::<Vec<_>>().join(" "), CELL)
}

/// A text up to so many characters, made harmless.
fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", escaped(&text[..end])),
        None => escaped(text),
    }
}

/// A text as it is, anything else as JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => escaped(text),
        other => escaped(&other.to_string()),
    }
}
