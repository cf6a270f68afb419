//! The order in which the work of scripts is done.

use super::alternatives;
use super::emulated::{Emulated, Generated, Made};
use super::scene::{EmulateError, Scene};
use super::script::{Script, follow};
use super::site::{Draft, Id, Site};
use crate::package::Family;
use crate::rootfs::{Mode, Owner, RootPath};

/// Says what scripts would have made of a scene. The same scene always comes to the same.
pub fn emulate(scene: &Scene<'_>) -> Result<Emulated, EmulateError> {
    let mut site = Site::new(scene)?;
    follow_scripts(&mut site)?;
    alternatives::settle(&mut site)?;
    finish(site)
}

/// Follows the scripts of all packages, each as on an installation from nothing.
fn follow_scripts(site: &mut Site<'_>) -> Result<(), EmulateError> {
    for package in site.scene.packages {
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
    emulated.notes = site.notes;
    Ok(emulated)
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
