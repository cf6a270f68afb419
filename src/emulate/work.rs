//! The order in which the work of scripts is done.

use super::emulated::{Emulated, Generated, Made};
use super::scene::{EmulateError, Scene};
use super::script::{Script, follow};
use super::site::{Draft, Id, Site};
use super::{alternatives, busybox, caches, certificates, declared, defaults, library_cache};
use crate::package::{Family, Unpacked};
use crate::rootfs::{AccountFiles, Mode, Owner, RootPath};

/// Says what scripts would have made of a scene. The same scene always comes to the same.
pub fn emulate(scene: &Scene<'_>) -> Result<Emulated, EmulateError> {
    refuse_base_layout(scene)?;
    let mut site = Site::new(scene)?;
    declared::accounts(&mut site);
    defaults::settle(&mut site)?;
    follow_scripts(&mut site)?;
    declared::directories(&mut site)?;
    alternatives::settle(&mut site)?;
    busybox::settle(&mut site)?;
    certificates::settle(&mut site)?;
    caches::tell(&mut site)?;
    library_cache::write(&mut site)?;
    finish(site)
}

/// Refuses a package that lays out an empty image where there is one already.
fn refuse_base_layout(scene: &Scene<'_>) -> Result<(), EmulateError> {
    const LAYOUTS: [&str; 3] = ["alpine-baselayout", "alpine-baselayout-data", "wolfi-baselayout"];
    let passwd = scene.view.destination(&RootPath::parse("etc/passwd").expect("it is a path"))?;
    let is_of_base = scene.view.get(&passwd).is_some_and(|node| node.layer() < scene.base_layers);
    let is_layout = |package: &&&Unpacked| LAYOUTS.contains(&package.package.name.as_str());
    match scene.packages.iter().find(is_layout) {
        Some(package) if is_of_base => {
            Err(EmulateError::BaseLayout { package: package.package.name.clone(), path: passwd })
        }
        _ => Ok(()),
    }
}

/// Packages of which all that their scripts do is done here otherwise, or matters on a machine alone.
const DONE: [&str; 8] = [
    "base-passwd",
    "busybox",
    "ca-certificates",
    "ca-certificates-java",
    "debconf",
    "libc-bin",
    "libc6",
    "tzdata",
];

/// Follows the scripts of all packages, each as on an installation from nothing.
fn follow_scripts(site: &mut Site<'_>) -> Result<(), EmulateError> {
    for package in site.scene.packages.iter().filter(|package| !DONE.contains(&package.package.name.as_str()))
    {
        let version = package.package.version.as_str();
        let scripts: [(&str, &[&str]); 2] = match package.family {
            Family::Deb => [("preinst", &["install"]), ("postinst", &["configure", ""])],
            Family::Apk => [(".pre-install", &[version]), (".post-install", &[version])],
        };
        for (name, arguments) in scripts {
            follow(&Script { package, name, arguments }, site)?;
        }
    }
    Ok(())
}

/// Chooses numbers, and gives everything its owner.
fn finish(mut site: Site<'_>) -> Result<Emulated, EmulateError> {
    let mut emulated = Emulated::default();
    site.accounts.settle(&mut emulated)?;
    let drafts = std::mem::take(&mut site.drafts);
    emulated.files = drafts.into_iter().map(|(path, draft)| generated(&site, path, draft)).collect();
    emulated.masters = masters(&site)?;
    emulated.notes = site.notes;
    emulated.notes.sort_by(|a, b| a.package.cmp(&b.package));
    emulated.notes.dedup();
    Ok(emulated)
}

/// The accounts that base-passwd brings to an image without any.
fn masters(site: &Site<'_>) -> Result<AccountFiles, EmulateError> {
    let mut masters = AccountFiles::default();
    if !site.scene.packages.iter().any(|package| package.package.name == "base-passwd") {
        return Ok(masters);
    }
    let path = |text: &str| RootPath::parse(text).expect("it is a path");
    for (name, slot) in [("passwd", &mut masters.passwd), ("group", &mut masters.group)] {
        let is_there = site.leads_to(&path(&format!("etc/{name}")))?.is_some();
        let master = site.bytes(&path(&format!("usr/share/base-passwd/{name}.master")))?;
        *slot = master.filter(|_| !is_there).map(<[u8]>::to_vec);
    }
    Ok(masters)
}

fn generated(site: &Site<'_>, path: RootPath, draft: Draft) -> Generated {
    let own = site.scene.view.get(&path).map(|node| node.attributes());
    let usual = match draft.made {
        Made::Directory => Mode::new(0o755),
        Made::Symlink(_) => Mode::new(0o777),
        Made::File(_) | Made::Attributes => Mode::new(0o644),
    };
    let mode = draft.mode.or(own.as_ref().map(|own| own.mode)).unwrap_or(usual);
    let before = own.map_or(Owner::ROOT, |own| own.owner);
    let uid = draft.user.as_ref().and_then(|id: &Id| site.accounts.uid(id)).unwrap_or(before.uid);
    let gid = draft.group.as_ref().and_then(|id: &Id| site.accounts.gid(id)).unwrap_or(before.gid);
    Generated { path, made: draft.made, mode, owner: Owner { uid, gid }, reason: draft.reason }
}
