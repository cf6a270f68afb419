//! What a base has: its packages and the bytes of their database.

use std::sync::Arc;

use super::base::{self, Database, DatabaseKind};
use super::error::ProvisionError;
use crate::contents::View;
use crate::package::apk::Installed;
use crate::package::deb::diversions::{self, Diversion};
use crate::package::deb::status;
use crate::package::{Family, Package};
use crate::rootfs::RootPath;

/// A base as packages see it.
#[derive(Clone, Debug)]
pub(super) struct Base {
    pub(super) database: Database,
    /// The architecture as the family spells it.
    pub(super) architecture: &'static str,
    /// The packages that it has.
    pub(super) installed: Vec<Package>,
    /// The bytes and records of its database.
    pub(super) text: Text,
}

/// The bytes of a base's database.
#[derive(Clone, Debug)]
pub(super) enum Text {
    /// apk's, taken apart.
    Apk(Arc<Installed>),
    /// dpkg's `status`, empty for the other kind, and the paths that go elsewhere.
    Deb { status: Vec<u8>, diversions: Vec<Diversion> },
}

impl Base {
    /// Reads the database of a base.
    pub(super) fn read(
        view: &View,
        database: Database,
        architecture: &'static str,
    ) -> Result<Self, ProvisionError> {
        match database.kind.family() {
            Family::Apk => Self::apk(view, database, architecture),
            Family::Deb => Self::deb(view, database, architecture),
        }
    }

    fn apk(view: &View, database: Database, architecture: &'static str) -> Result<Self, ProvisionError> {
        let text = base::bytes(view, &database.path)?;
        let installed = Installed::parse(text).map_err(|error| wrong(&database.path, error.to_string()))?;
        let packages = installed.records.iter().map(|record| record.package.clone()).collect();
        let text = Text::Apk(Arc::new(installed));
        Ok(Self { database, architecture, installed: packages, text })
    }

    /// Where a base has both kinds of dpkg's database, what either lists is installed.
    fn deb(view: &View, database: Database, architecture: &'static str) -> Result<Self, ProvisionError> {
        let status = match database.kind {
            DatabaseKind::Status => base::bytes(view, &database.path)?,
            _ => Vec::new(),
        };
        let mut installed = Vec::new();
        add(&mut installed, &database.path, &status)?;
        let dir = view.destination(&super::sources::path(base::STATUS_D))?;
        let is_listed =
            |path: &RootPath| path.parent().as_ref() == Some(&dir) && status::is_of_package(path.name());
        for (path, bytes) in view.kept_files().filter(|(path, _)| is_listed(path)) {
            add(&mut installed, path, bytes)?;
        }
        let file = super::sources::path("var/lib/dpkg/diversions");
        let diversions = diversions::read(&base::bytes(view, &file)?);
        let diversions = diversions.map_err(|error| wrong(&file, error.to_string()))?;
        Ok(Self { database, architecture, installed, text: Text::Deb { status, diversions } })
    }

    /// The package of a name that it has.
    pub(super) fn package(&self, name: &str) -> Option<&Package> {
        self.installed.iter().find(|package| package.name == name)
    }
}

/// Adds the packages of a file that are installed, those that are there already not again.
fn add(installed: &mut Vec<Package>, path: &RootPath, bytes: &[u8]) -> Result<(), ProvisionError> {
    for record in status::read(bytes).map_err(|error| wrong(path, error.to_string()))? {
        match record.state {
            status::State::Absent => {}
            status::State::Partial(state) => {
                let name = &record.package.name;
                return Err(wrong(path, format!("package `{name}` is not whole: {state}")));
            }
            status::State::Installed => {
                let is_known = |known: &Package| {
                    known.name == record.package.name && known.architecture == record.package.architecture
                };
                if !installed.iter().any(is_known) {
                    installed.push(record.package);
                }
            }
        }
    }
    Ok(())
}

fn wrong(path: &RootPath, problem: String) -> ProvisionError {
    ProvisionError::Database { path: path.clone(), problem }
}
