//! Suites of repositories of Debian's kind: who signed them, and since and until when.

use serde::{Deserialize, Serialize};

use super::freshness::{self, Seen};
use super::place::Place;
use super::{Finding, Policy, Problem, Shared, Work};
use crate::oci::Digest;
use crate::package::deb::Release;
use crate::package::signature::openpgp::{self, Certificate, Verified};
use crate::package::{Fingerprint, SignatureError};
use crate::store::Key;

/// A suite whose `Release` is verified.
#[derive(Debug)]
pub(super) struct Suite {
    /// What it says of itself.
    pub(super) release: Release,
    /// What its files lie below.
    pub(super) place: Place,
    /// Who has signed it.
    pub(super) by: Vec<Fingerprint>,
    /// The sha256 of what was signed.
    pub(super) digest: Digest,
    pub(super) findings: Vec<Finding>,
}

/// Which suite is meant, and who has to have signed it.
pub(super) struct Asked<'a> {
    /// What it is called in messages.
    pub(super) name: &'a str,
    /// The repository.
    pub(super) base: &'a Place,
    /// The suite, or a path that ends in `/`.
    pub(super) suite: &'a str,
    pub(super) certificates: &'a [Certificate],
    pub(super) policy: &'a Policy,
}

/// A `Release` as it is signed.
#[derive(PartialEq, Serialize, Deserialize)]
enum Signed {
    /// `InRelease`.
    Inside(Vec<u8>),
    /// `Release` and `Release.gpg`.
    Beside(Vec<u8>, Vec<u8>),
}

impl Suite {
    /// Fetches and verifies what a suite says of itself.
    pub(super) fn open(asked: &Asked<'_>, shared: &Shared, work: &Work<'_>) -> Result<Self, Problem> {
        let Asked { name, base, suite, policy, .. } = *asked;
        if asked.certificates.is_empty() {
            return Err(Problem::NoKeys);
        }
        let is_flat = suite.ends_with('/');
        let path = suite.trim_matches('/');
        let place = match (is_flat, path) {
            (true, "" | ".") => base.clone(),
            (true, path) => base.below(path),
            (false, suite) => base.below(&format!("dists/{suite}")),
        };
        let mut findings = Vec::new();
        let kept = Kept { key: Key::of("release of a suite", &name), shared, is_used: place.is_remote() };
        let signed = match kept.get().filter(|_| policy.offline) {
            Some(kept) => {
                findings.push(Finding::Offline { repository: name.to_owned() });
                kept
            }
            None => fetch(&place, suite, shared, work)?,
        };
        let Verified { text, by } = signed.verify(asked)?;
        let release = Release::parse(&text)?;
        if !is_flat && !release.is(suite) {
            return Err(Problem::OtherSuite { asked: suite.to_owned(), found: called(&release) });
        }
        let seen = Seen::of(name, shared.store.as_deref());
        seen.refuse_older(release.date, policy)?;
        findings.extend(freshness::judge(name, &release, policy)?);
        seen.remember(release.date);
        kept.put(&signed);
        Ok(Self { release, place, by, digest: Digest::of(text.as_bytes()), findings })
    }
}

impl Signed {
    fn verify(&self, asked: &Asked<'_>) -> Result<Verified, SignatureError> {
        let (certificates, now) = (asked.certificates, asked.policy.now);
        match self {
            Self::Inside(signed) => openpgp::verify_clearsigned(signed, certificates, now),
            Self::Beside(text, signature) => openpgp::verify_detached(text, signature, certificates, now),
        }
    }
}

fn fetch(place: &Place, suite: &str, shared: &Shared, work: &Work<'_>) -> Result<Signed, Problem> {
    let read = |file| place.below(file).read(&shared.client, ("document-bytes", work.limits.document_bytes));
    if let Some(signed) = read("InRelease")? {
        return Ok(Signed::Inside(signed));
    }
    let Some(text) = read("Release")? else { return Err(Problem::NoSuite { suite: suite.to_owned() }) };
    let signature = read("Release.gpg")?.ok_or(SignatureError::NoneCounts(Vec::new()))?;
    Ok(Signed::Beside(text, signature))
}

/// What is kept of a suite for those who cannot ask its server.
struct Kept<'a> {
    key: Key,
    shared: &'a Shared,
    is_used: bool,
}

impl Kept<'_> {
    fn get(&self) -> Option<Signed> {
        self.shared.store.as_ref().filter(|_| self.is_used)?.noted(&self.key)
    }

    fn put(&self, signed: &Signed) {
        if let Some(store) = self.shared.store.as_ref().filter(|_| self.is_used)
            && self.get().as_ref() != Some(signed)
        {
            store.keep_noted(&self.key, signed);
        }
    }
}

/// What a release calls itself.
fn called(release: &Release) -> String {
    let names: Vec<_> =
        [&release.codename, &release.suite].into_iter().flatten().map(|one| format!("`{one}`")).collect();
    if names.is_empty() { "one without a name".to_owned() } else { names.join(", ") }
}
