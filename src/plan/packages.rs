//! Packages: what is asked for, where it comes from, and the keys that must have signed it, read once.

use std::sync::Arc;

use super::context::Context;
use super::error::Problem;
use super::file;
use super::problems::Problems;
use crate::package::{Atom, Request, Upgrade};
use crate::spec::{self, At, KeySource, PackageRequest, PackageSource, Packages, Place, SpecFile};

/// The packages that are wanted, whatever the base: its own database says of which kind they are.
#[derive(Clone, Debug, Default)]
pub struct PackagesPlan {
    /// What is asked for, in order, and where.
    pub requests: Vec<Request>,
    /// Where the specification asks for each.
    pub places: Vec<Place>,
    /// Where packages come from; empty for what the base is configured with.
    pub repositories: Vec<At<PackageSource>>,
    /// The keys that must have signed them; empty for those of the base.
    pub keys: Vec<KeyPlan>,
    /// Which packages of the base may become newer.
    pub upgrade: Upgrade,
    /// Where the specification names those, where it does.
    pub upgrade_place: Option<Place>,
    /// Names to treat as present.
    pub assume: Vec<String>,
}

/// A key that must have signed packages.
#[derive(Clone, Debug)]
pub struct KeyPlan {
    /// The name of its file: apk knows keys by it.
    pub name: String,
    /// Where the specification names it.
    pub place: Place,
    /// Where it is.
    pub key: Key,
}

/// Where a key is.
#[derive(Clone, Debug)]
pub enum Key {
    /// Here, read from beside the specification.
    Bytes(Arc<[u8]>),
    /// At an https URL.
    Url(String),
}

impl PackagesPlan {
    /// Whether anything is to be added or made newer.
    pub fn is_wanted(&self) -> bool {
        let is_install = |request: &Request| matches!(request, Request::Install { .. });
        self.requests.iter().any(is_install) || matches!(self.upgrade, Upgrade::Names(_))
    }

    /// Where the specification asks for something first.
    pub fn place(&self) -> Option<Place> {
        self.places.iter().copied().chain(self.upgrade_place).min()
    }

    /// Takes over what a specification asks for.
    pub(super) fn read(
        file: &SpecFile,
        packages: &Packages,
        context: &Context<'_>,
        problems: &mut Problems,
    ) -> Arc<Self> {
        let key = |source: &At<KeySource>| problems.keep(Some(source.place), key(file, source, context));
        let keys = packages.keyring.iter().filter_map(key).collect();
        let (upgrade, upgrade_place) = match &packages.upgrade {
            spec::Upgrade::No => (Upgrade::No, None),
            spec::Upgrade::Auto => (Upgrade::Auto, None),
            spec::Upgrade::Names(names) => {
                let place = names.first().map(|name| name.place);
                (Upgrade::Names(names.iter().map(|name| name.value.clone()).collect()), place)
            }
        };
        Arc::new(Self {
            requests: packages.install.iter().map(|asked| request(&asked.value)).collect(),
            places: packages.install.iter().map(|asked| asked.place).collect(),
            repositories: packages.repositories.clone(),
            keys,
            upgrade,
            upgrade_place,
            assume: packages.assume.iter().map(|name| name.value.clone()).collect(),
        })
    }
}

fn request(asked: &PackageRequest) -> Request {
    match asked {
        PackageRequest::KeepOut { name } => Request::KeepOut(name.clone()),
        PackageRequest::Install { name, version, from } => {
            let atom = Atom { name: name.clone(), qualifier: None, version: version.clone() };
            Request::Install { atom, from: from.clone() }
        }
    }
}

fn key(file: &SpecFile, source: &At<KeySource>, context: &Context<'_>) -> Result<KeyPlan, Problem> {
    let (name, key) = match &source.value {
        KeySource::Url(url) => {
            let path = url.split(['?', '#']).next().unwrap_or(url);
            (path.rsplit('/').next().unwrap_or(path).to_owned(), Key::Url(url.clone()))
        }
        KeySource::Beside(path) => {
            let content = file::beside(file, &At::new(path.clone(), source.place), context)?;
            let bytes = content.bytes().map_err(Problem::Spool)?;
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
            (name, Key::Bytes(bytes.into()))
        }
    };
    Ok(KeyPlan { name, place: source.place, key })
}
