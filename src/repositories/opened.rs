//! The indexes of repositories, verified and parsed.

use std::sync::Arc;

use super::place::Place;
use super::{Finding, Policy, Wanted};
use crate::oci::Digest;
use crate::package::{self, Family, Identity, Keyring, Market, Moment, Offers, Source};

/// What the repositories of a base offer for one architecture.
#[derive(Debug)]
pub struct Opened {
    pub(super) sources: Arc<Sources>,
    pub(super) market: Market,
}

/// The repositories of a base, and what their packages are held against: small, where what they offer is large.
#[derive(Debug)]
pub struct Sources {
    pub(super) family: Family,
    pub(super) keyring: Keyring,
    pub(super) policy: Policy,
    each: Vec<Arc<SourceFacts>>,
}

/// Where a package is, what it is known by, and what it is held against.
pub(super) type FileKey = (String, Option<(Identity, u64)>, Digest, Policy);

/// One source and what it offers.
#[derive(Debug)]
pub(super) struct OpenedSource {
    pub(super) facts: Arc<SourceFacts>,
    pub(super) market: package::Repository,
}

/// One source.
#[derive(Debug)]
pub(super) struct SourceFacts {
    /// What the locations of its packages lie below.
    pub(super) base: Place,
    pub(super) repository: Repository,
    pub(super) findings: Vec<Finding>,
}

/// One source as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// Its place among the sources that were wanted.
    pub source: usize,
    /// The source as it is configured.
    pub configured: Source,
    /// What it is called, such as `https://deb.example.org/debian trixie`.
    pub name: String,
    /// Who has signed it: fingerprints of certificates, or the name of a key file (apk).
    pub signed_by: Vec<String>,
    /// When it was made (deb), or its newest package (apk), where that is known.
    pub date: Option<Moment>,
    /// The sha256 of what was signed.
    pub digest: Digest,
}

impl Opened {
    pub(super) fn new(wanted: &Wanted<'_>, sources: &[Arc<OpenedSource>]) -> Self {
        let market = Market::new(sources.iter().map(|source| source.market.clone()).collect());
        let sources = Sources {
            family: wanted.family,
            keyring: wanted.keyring.clone(),
            policy: wanted.policy.clone(),
            each: sources.iter().map(|source| Arc::clone(&source.facts)).collect(),
        };
        Self { sources: Arc::new(sources), market }
    }

    /// The packages there are to choose from; [`Offers::repository`] counts [`Sources::repositories`].
    pub fn offers(&self) -> &dyn Offers {
        &self.market
    }

    /// Where they come from.
    pub fn sources(&self) -> &Arc<Sources> {
        &self.sources
    }

    /// The source that a package is from, by its number among the offers.
    pub fn repository_of(&self, number: u32) -> &Repository {
        &self.source_of(number).repository
    }

    /// What tells a package from others of this process.
    pub(super) fn key(&self, number: u32) -> FileKey {
        let package = self.market.package(number);
        let identity = package.file.as_ref().map(|file| (file.identity.clone(), file.size));
        let location = package.file.as_ref().map_or("", |file| file.location.as_str());
        let place = self.source_of(number).base.below(location).to_string();
        (place, identity, self.sources.keyring.digest(), self.sources.policy.clone())
    }

    /// The source that a package is from.
    pub(super) fn source_of(&self, number: u32) -> &SourceFacts {
        &self.sources.each[self.market.repository(number)]
    }
}

impl Sources {
    /// The sources, in their order.
    pub fn repositories(&self) -> impl ExactSizeIterator<Item = &Repository> {
        self.each.iter().map(|source| &source.repository)
    }

    /// What people want to know.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.each.iter().flat_map(|source| &source.findings)
    }
}
