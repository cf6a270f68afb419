//! The indexes of repositories, verified and parsed.

use super::Finding;
use crate::package::{Family, Moment, Offers, Source};

/// What the repositories of a base offer for one architecture.
pub struct Opened {
    family: Family,
    offers: Box<dyn Offers + Send>,
    repositories: Vec<Repository>,
    findings: Vec<Finding>,
}

/// One index: a repository of apk, or a component of a suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// Where it was configured, in the order of the sources.
    pub source: usize,
    /// That source.
    pub configured: Source,
    /// What it is called, such as `https://deb.example.org/debian trixie/main amd64`.
    pub name: String,
    /// Who has signed it: fingerprints, or names of key files (apk).
    pub signed_by: Vec<String>,
    /// When it was made, where it says so.
    pub date: Option<Moment>,
    /// The sha256 of what was signed, in hexadecimal.
    pub digest: String,
}

impl Opened {
    /// The packages there are to choose from.
    pub fn offers(&self) -> &dyn Offers {
        &*self.offers
    }

    /// Whose packages they are.
    pub fn family(&self) -> Family {
        self.family
    }

    /// The indexes: [`Offers::repository`] counts them.
    pub fn repositories(&self) -> &[Repository] {
        &self.repositories
    }

    /// What people want to know.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}
