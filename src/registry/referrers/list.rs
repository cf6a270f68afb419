//! The list of what refers to a manifest.

use std::collections::BTreeSet;

use crate::http::Response;
use crate::oci::{Digest, MediaType, Referrer, referrer};
use crate::registry::error::RegistryError;
use crate::registry::pull;
use crate::registry::repository::Repository;
use crate::registry::request::Target;
use crate::registry::route::Route;

impl Repository {
    /// What refers to the manifest `digest`, of one type or of any, each once.
    ///
    /// Where the registry has no such list it is that of the fallback tag, `sha256-` and the digits of the digest. A list
    /// that cannot be had is an error, never an empty one.
    pub fn referrers(
        &self,
        digest: &Digest,
        artifact_type: Option<&str>,
    ) -> Result<Vec<Referrer>, RegistryError> {
        let mut list = List::new(artifact_type, self.shared().limits.referrers);
        if self.abilities().referrers != Some(false)
            && let Some(first) = self.listed(digest, artifact_type)?
        {
            self.pages(first, |page, bytes| list.take(page, bytes))?;
            return Ok(list.found);
        }
        let tag = referrer::fallback_tag(digest);
        if let Some((descriptor, bytes)) = pull::tagged(self.own(), &tag, self.shared())? {
            let what = format!("{}:{tag}", self.full_name());
            list.add(&what, &descriptor.media_type, &bytes, false)?;
        }
        Ok(list.found)
    }

    /// The first page of the registry's own list; nothing where it has none.
    fn listed(
        &self,
        digest: &Digest,
        artifact_type: Option<&str>,
    ) -> Result<Option<(Response, Vec<u8>)>, RegistryError> {
        let filter = artifact_type.map(|filter| ("artifactType", filter.to_owned()));
        let target = Target::Route(Route::referrers(self.name(), digest), filter.into_iter().collect());
        let accepted = ("accept", MediaType::Index.as_str().to_owned());
        let (answer, bytes) = self.own().fetch(self.shared(), &target, &[accepted])?;
        if !matches!(answer.status, 404 | 405) {
            let answer = answer.expect(&[200])?;
            self.learn(|abilities| abilities.referrers = Some(true));
            return Ok(Some((answer, bytes)));
        }
        let refusal = answer.into_error();
        if !refusal.says("NAME_UNKNOWN") {
            self.learn(|abilities| abilities.referrers = abilities.referrers.or(Some(false)));
        }
        Ok(None)
    }
}

/// Referrers as they are found.
struct List<'a> {
    filter: Option<&'a str>,
    limit: usize,
    seen: BTreeSet<Digest>,
    found: Vec<Referrer>,
}

impl<'a> List<'a> {
    fn new(filter: Option<&'a str>, limit: usize) -> Self {
        Self { filter, limit, seen: BTreeSet::new(), found: Vec::new() }
    }

    fn take(&mut self, page: &Response, bytes: &[u8]) -> Result<(), RegistryError> {
        let applied = page.header("oci-filters-applied").unwrap_or_default();
        let is_filtered = applied.split(',').any(|filter| filter.trim() == "artifactType");
        self.add(&page.what, &MediaType::Index, bytes, is_filtered)
    }

    fn add(
        &mut self,
        what: &str,
        media_type: &MediaType,
        bytes: &[u8],
        is_filtered: bool,
    ) -> Result<(), RegistryError> {
        for referrer in entries(what, media_type, bytes)? {
            if self.seen.len() >= self.limit && !self.seen.contains(&referrer.descriptor.digest) {
                return Err(RegistryError::Referrers { what: what.to_owned(), limit: self.limit });
            }
            let is_new = self.seen.insert(referrer.descriptor.digest);
            let fits =
                is_filtered || self.filter.is_none() || referrer.artifact_type.as_deref() == self.filter;
            if is_new && fits {
                self.found.push(referrer);
            }
        }
        Ok(())
    }
}

/// The entries of an index, which has to be one by all rules.
fn entries(what: &str, media_type: &MediaType, bytes: &[u8]) -> Result<Vec<Referrer>, RegistryError> {
    referrer::parse(media_type, bytes)
        .map_err(|source| RegistryError::Document { what: what.to_owned(), source: Box::new(source) })
}
