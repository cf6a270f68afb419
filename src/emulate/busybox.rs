//! The commands that busybox is.

use super::emulated::{Gap, Reason};
use super::site::{Draft, Site, resolve};
use crate::contents::PathLoop;
use crate::package::Family;
use crate::rootfs::RootPath;

const LISTS: &str = "etc/busybox-paths.d";
const BUSYBOX: &str = "/bin/busybox";

/// Links the commands that packages of busybox list, where nothing else is.
pub(super) fn settle(site: &mut Site<'_>) -> Result<(), PathLoop> {
    let dir = RootPath::parse(LISTS).expect("it is a path");
    for package in site.scene.packages.iter().filter(|package| package.family == Family::Apk) {
        let items = &package.index.items;
        let lists = package.index.kept.iter().filter(|(ordinal, _)| items.path(**ordinal).is_right_in(&dir));
        let lists: Vec<String> =
            lists.map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect();
        if lists.is_empty() && package.package.name == "busybox" {
            let (script, command) = (".post-install".to_owned(), "/bin/busybox --install -s".to_owned());
            site.note(package, Gap::Script { script, command, commands: 1 });
        }
        for line in lists.iter().flat_map(|list| list.lines()) {
            let at = resolve(&RootPath::root(), line.trim()).filter(|at| !at.is_root());
            if let (Some(at), false) = (at, line.trim() == BUSYBOX) {
                site.make_missing(&at, Draft::link(BUSYBOX, Reason::Busybox))?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::emulate::sample::{Image, apk, listing, notes};

    #[test]
    fn commands_that_busybox_lists_become_links_where_nothing_is() {
        let list = "/bin/busybox\n/bin/sh\n\n/usr/bin/awk\n/bin/ls\n";
        let list = format!("etc/busybox-paths.d/busybox={list}");
        let busybox = apk("busybox", &[], &["bin/", "bin/busybox", &list, "bin/ls=mine"]);
        let made = Image::new(&["usr/bin/"], vec![busybox]).emulate();
        assert_eq!(listing(&made), ["bin/sh 777 0:0 -> /bin/busybox", "usr/bin/awk 777 0:0 -> /bin/busybox"]);
    }

    #[test]
    fn a_busybox_without_a_list_is_told() {
        let made = Image::new(&[], vec![apk("busybox", &[], &["bin/", "bin/busybox"])]).emulate();
        assert_eq!(
            notes(&made),
            ["`busybox`: its script .post-install was not run, and does `/bin/busybox --install -s`"]
        );
    }
}
