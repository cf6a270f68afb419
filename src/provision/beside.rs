//! What stands beside apk's database: scripts, triggers, and what was asked for. Each is written where the base has it.

use super::base::Database;
use super::error::ProvisionError;
use super::provided::Provided;
use super::records::Record;
use super::sources::path;
use super::wish::Wish;
use crate::contents::View;
use crate::package::apk::{Installed, Scripts, triggers, world};
use crate::package::{Atom, Identity, Package, Request, Unpacked};
use crate::rootfs::{Mode, RootPath};

/// The files that packages change.
pub(super) fn of(
    database: &Database,
    installed: &Installed,
    wish: &Wish,
    packages: &[Provided],
) -> Result<Vec<Record>, ProvisionError> {
    let changes = Changes::of(installed, packages);
    let dir = database.path.parent().unwrap_or_else(RootPath::root);
    let view = &wish.base;
    let mut records = Vec::new();
    // apk 3 has the compressed one, where there is no other.
    let scripts = [(Scripts::Plain, "scripts.tar"), (Scripts::Gzip, "scripts.tar.gz")];
    let scripts = scripts.map(|(scripts, name)| (scripts, dir.join(name.as_bytes())));
    if let Some((scripts, at)) = scripts.into_iter().find(|(_, at)| view.kept(at).is_some()) {
        let write = |bytes: &[u8]| changes.scripts(scripts, bytes, wish.latest);
        let wrong = |problem: String| ProvisionError::Database { path: at.clone(), problem };
        records.extend(changed(view, &at, write).map_err(wrong)?);
    }
    let no_error = |never: std::convert::Infallible| match never {};
    let write = |bytes: &[u8]| Ok(triggers(bytes, &changes.identities(), &changes.added));
    records.extend(changed(view, &dir.join(b"triggers"), write).unwrap_or_else(no_error));
    let asked: Vec<Atom> = wish.packages.requests.iter().filter_map(asked).collect();
    let at = view.physical(&path("etc/apk/world"))?;
    records.extend(changed(view, &at, |bytes| Ok(world(bytes, &asked))).unwrap_or_else(no_error));
    Ok(records)
}

/// A file of the base that is written anew, where it is there and becomes another one.
fn changed<E>(
    view: &View,
    at: &RootPath,
    write: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>,
) -> Result<Option<Record>, E> {
    let Some(base) = view.kept(at) else { return Ok(None) };
    let bytes = write(base)?;
    if *bytes == **base {
        return Ok(None);
    }
    let mode = view.get(at).map_or(Mode::new(0o644), |node| node.attributes().mode);
    Ok(Some(Record { path: at.clone(), bytes: Some(bytes), mode }))
}

/// What goes and what comes, with what each is known by.
struct Changes<'a> {
    gone: Vec<(&'a Package, &'a Identity)>,
    added: Vec<(&'a Unpacked, &'a Identity)>,
}

impl<'a> Changes<'a> {
    fn of(installed: &'a Installed, packages: &'a [Provided]) -> Self {
        let replaced = packages.iter().filter(|one| one.choice.replaces.is_some());
        let gone = replaced.filter_map(|one| {
            let record = installed.get(one.name())?;
            Some((&record.package, record.identity.as_ref()?))
        });
        let added = packages.iter().filter_map(|one| {
            let file = one.choice.package.file.as_ref()?;
            Some((&*one.unpacked, &file.identity))
        });
        Self { gone: gone.collect(), added: added.collect() }
    }

    fn identities(&self) -> Vec<&'a Identity> {
        self.gone.iter().map(|(_, identity)| *identity).collect()
    }

    fn scripts(&self, scripts: Scripts, base: &[u8], latest: Option<i64>) -> Result<Vec<u8>, String> {
        let latest = latest.unwrap_or(i64::MAX);
        scripts.write(base, &self.gone, &self.added, latest).map_err(|error| error.to_string())
    }
}

/// What is asked for, with its tag; what is kept out is nothing that apk knows.
fn asked(request: &Request) -> Option<Atom> {
    match request {
        Request::Install { atom, from } => {
            let qualifier = from.clone().or_else(|| atom.qualifier.clone());
            Some(Atom { qualifier, ..atom.clone() })
        }
        Request::KeepOut(_) => None,
    }
}
