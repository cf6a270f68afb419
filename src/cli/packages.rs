//! The packages of a finished build, as people read them.

use super::list::Lines;
use super::size::size;
use super::table::{Align, Table};
use crate::ops::report::{PackageReport, PackagesReport, PlatformReport};
use crate::printable::escaped;

/// More packages than these are counted only.
const SHOWN: usize = 60;

/// The packages of a platform and where they come from.
pub(super) fn lines(platform: &PlatformReport, lines: &mut Lines) {
    let Some(packages) = &platform.packages else { return };
    let mut table = Table::new(&[
        ("package", Align::Left),
        ("version", Align::Left),
        ("size", Align::Right),
        ("digest", Align::Left),
        ("why", Align::Left),
    ]);
    for one in packages.added.iter().take(SHOWN) {
        table.row(row(one));
    }
    lines.text.push_str(&table.print(2));
    if let Some(more) = packages.added.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        lines.line(&format!("  and {more} more packages"));
        lines.is_cut = true;
    }
    from(packages, lines);
}

fn row(one: &PackageReport) -> [String; 5] {
    let digest = one.digest.chars().take("sha256:".len() + 12).collect();
    let version = match &one.replaces {
        Some(old) => format!("{} (was {old})", one.version),
        None => one.version.clone(),
    };
    [escaped(&one.name), escaped(&version), size(one.size), digest, escaped(&one.why)]
}

/// The repositories that packages come from, and the files that were made for them.
fn from(packages: &PackagesReport, lines: &mut Lines) {
    for repository in &packages.repositories {
        let count = packages.added.iter().filter(|one| one.repository == repository.name).count();
        if count > 0 {
            lines.line(&format!("  packages: {count} from {}", escaped(&repository.name)));
        }
    }
    let generated: Vec<String> = packages.generated.iter().map(|one| escaped(&one.path)).collect();
    lines.list("  packages: generated ", &generated);
}
