//! Caches that triggers of other packages would have built: they are not, and that is told.

use super::emulated::{Gap, Note};
use super::site::{Site, There, resolve};
use crate::contents::PathLoop;
use crate::package::Unpacked;
use crate::rootfs::RootPath;

/// A cache.
struct Cache {
    /// What it is a cache of.
    of: &'static str,
    /// Directories whose files it is made of, below which `*` stands for one component; and how their names end.
    made_of: &'static [(&'static str, &'static str)],
    /// Programs, one of which would build it: without, nobody misses it.
    tools: &'static [&'static str],
}

const CACHES: [Cache; 7] = [
    Cache {
        of: "GLib schemas",
        made_of: &[("usr/share/glib-2.0/schemas", ".xml")],
        tools: &["glib-compile-schemas"],
    },
    Cache {
        of: "GIO modules",
        made_of: &[("usr/lib/*/gio/modules", ".so"), ("usr/lib/gio/modules", ".so")],
        tools: &["gio-querymodules"],
    },
    Cache {
        of: "gdk-pixbuf loaders",
        made_of: &[
            ("usr/lib/*/gdk-pixbuf-2.0/*/loaders", ".so"),
            ("usr/lib/gdk-pixbuf-2.0/*/loaders", ".so"),
        ],
        tools: &["gdk-pixbuf-query-loaders"],
    },
    Cache {
        of: "icons",
        made_of: &[("usr/share/icons/*", "index.theme")],
        tools: &["gtk-update-icon-cache", "gtk4-update-icon-cache"],
    },
    Cache {
        of: "MIME types",
        made_of: &[("usr/share/mime/packages", ".xml")],
        tools: &["update-mime-database"],
    },
    Cache {
        of: "fonts",
        made_of: &[("usr/share/fonts/*", ""), ("usr/share/fonts/*/*", "")],
        tools: &["fc-cache"],
    },
    Cache {
        of: "kernel modules",
        made_of: &[("lib/modules/*", "modules.order"), ("usr/lib/modules/*", "modules.order")],
        tools: &["depmod"],
    },
];

/// Notes the caches that packages would have had built.
pub(super) fn tell(site: &mut Site<'_>) -> Result<(), PathLoop> {
    for cache in &CACHES {
        if !has_tool(site, cache)? {
            continue;
        }
        for package in site.scene.packages.iter().filter(|package| has_file(package, cache)) {
            let package = package.package.name.clone();
            site.notes.push(Note { package, gap: Gap::Cache { of: cache.of } });
        }
    }
    Ok(())
}

fn has_file(package: &Unpacked, cache: &Cache) -> bool {
    let items = &package.index.items;
    let is_source = |ordinal: &u32| {
        cache.made_of.iter().any(|(_, ending)| items.name(*ordinal).ends_with(ending.as_bytes()))
            && !items.inodes().is_directory(*ordinal)
            && cache.made_of.iter().any(|(dir, ending)| {
                items.name(*ordinal).ends_with(ending.as_bytes()) && lies_in(&items.path(*ordinal), dir)
            })
    };
    items.ordinals().filter(|ordinal| items.is_entry(*ordinal)).any(|ordinal| is_source(&ordinal))
}

/// Whether a path is right in a directory, of which `*` stands for one component.
fn lies_in(path: &RootPath, dir: &str) -> bool {
    let mut components = path.components();
    let above = dir
        .split('/')
        .all(|wanted| components.next().is_some_and(|own| wanted == "*" || own == wanted.as_bytes()));
    above && components.count() == 1
}

fn has_tool(site: &Site<'_>, cache: &Cache) -> Result<bool, PathLoop> {
    for tool in cache.tools {
        for dir in ["usr/bin", "usr/sbin", "sbin"] {
            let at = resolve(&RootPath::root(), &format!("{dir}/{tool}"));
            if at.map(|at| site.leads_to(&at)).transpose()?.flatten() == Some(There::File) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use crate::emulate::sample::{Image, notes, package};

    #[test]
    fn a_cache_that_somebody_could_build_and_nobody_does_is_told() {
        let schemas = || package("schemas", &[], &["usr/share/glib-2.0/schemas/org.x.gschema.xml"]);
        let made = Image::new(&["usr/bin/glib-compile-schemas 0755"], vec![schemas()]).emulate();
        assert_eq!(notes(&made), ["`schemas`: the cache of GLib schemas was not built"]);
        assert_eq!(notes(&Image::new(&[], vec![schemas()]).emulate()), [""; 0]);
        let other = package("other", &[], &["usr/share/glib-2.0/schemas/deeper/x.xml"]);
        assert_eq!(
            notes(&Image::new(&["usr/bin/glib-compile-schemas 0755"], vec![other]).emulate()),
            [""; 0]
        );
    }
}
