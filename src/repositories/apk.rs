//! Sources of Alpine's kind: one signed index for each architecture.

use super::freshness::Seen;
use super::opened::{OpenedSource, SourceFacts};
use super::place::Place;
use super::{Finding, Problem, Repository, RepositoryError, Shared, Wanted, Work};
use crate::oci::Digest;
use crate::package::apk::{SignedIndex, verify_index};
use crate::package::{self, Family, Index, Moment, PACKAGE_INDEX_VERSION, Source};
use crate::store::Key;
use std::sync::Arc;

/// A source as it is configured.
#[derive(Clone, Copy)]
pub(super) struct Configured<'a> {
    pub(super) at: usize,
    pub(super) source: &'a Source,
    pub(super) url: &'a str,
    pub(super) tag: Option<&'a str>,
    pub(super) index: Option<&'a str>,
}

const INDEX: &str = "APKINDEX.tar.gz";

/// Opens a source.
pub(super) fn open(
    configured: Configured<'_>,
    wanted: &Wanted<'_>,
    shared: &Shared,
    work: &Work<'_>,
) -> Result<OpenedSource, RepositoryError> {
    let Configured { at, source, url, tag, index } = configured;
    let parse = |url| Place::parse(url).map_err(|problem| problem.of("`contents.repositories`"));
    // Packages lie beside their index.
    let (base, file) = match index.and_then(|index| index.rsplit_once('/')) {
        Some((directory, file)) => (parse(directory)?, file),
        None => (parse(url)?.below(wanted.architecture), INDEX),
    };
    let name = base.to_string();
    let of = |problem: Problem| problem.of(&name);
    let mut findings = Vec::new();
    let bytes = read(&base.below(file), &name, &mut findings, wanted, shared, work).map_err(of)?;
    let SignedIndex { by, text, .. } =
        verify_index(&bytes, wanted.keyring, &work.reading()).map_err(|error| of(error.into()))?;
    if by.is_sha1 {
        if wanted.policy.deny_sha1 {
            return Err(of(Problem::Sha1 { key: by.key }));
        }
        findings.push(Finding::Sha1 { repository: name.clone(), key: by.key.clone() });
    }
    let newest = newest(&text);
    let seen = Seen::of(&name, shared.store.as_deref());
    if let Some(newest) = newest {
        seen.refuse_older(newest, wanted.policy).map_err(of)?;
    }
    let index = parsed(&text, wanted.architecture, shared, work).map_err(of)?;
    if let Some(newest) = newest {
        seen.remember(newest);
    }
    keep(&name, &base, &bytes, shared);
    let market = package::Repository { tag: tag.map(str::to_owned), indexes: vec![Arc::new(index)] };
    let repository = Repository {
        source: at,
        configured: source.clone(),
        name,
        signed_by: vec![by.key],
        date: newest,
        digest: Digest::of(&bytes),
    };
    let facts = Arc::new(SourceFacts { base, repository, findings });
    Ok(OpenedSource { facts, market })
}

/// The bytes of an index: fetched, or as they were kept, where nobody is to be asked.
fn read(
    place: &Place,
    name: &str,
    findings: &mut Vec<Finding>,
    wanted: &Wanted<'_>,
    shared: &Shared,
    work: &Work<'_>,
) -> Result<Vec<u8>, Problem> {
    if wanted.policy.offline
        && place.is_remote()
        && let Some(kept) = kept(name, shared)
    {
        findings.push(Finding::Offline { repository: name.to_owned() });
        return Ok(kept);
    }
    let limit = ("apk-index-bytes", work.limits.apk_index_bytes);
    let bytes = place.read(&shared.client, limit)?;
    bytes.ok_or_else(|| Problem::NoIndex { architecture: wanted.architecture.to_owned() })
}

fn parsed(text: &[u8], architecture: &str, shared: &Shared, work: &Work<'_>) -> Result<Index, Problem> {
    let key = Key::of("package index", &(PACKAGE_INDEX_VERSION, Family::Apk, architecture, Digest::of(text)));
    if let Some(kept) = shared.store.as_ref().and_then(|store| store.fact(&key, Index::read_from)) {
        return Ok(kept);
    }
    let index = Index::apk(text, architecture, work.limits)?;
    if let Some(store) = &shared.store {
        store.keep_fact(&key, |out| index.write_to(out));
    }
    Ok(index)
}

/// When the newest of its packages was built: what an index without a date is known to be older by.
fn newest(text: &[u8]) -> Option<Moment> {
    let times = text.split(|byte| *byte == b'\n').filter_map(|line| line.strip_prefix(b"t:"));
    let times = times.filter_map(|time| std::str::from_utf8(time).ok()?.trim().parse().ok());
    times.max().map(Moment)
}

fn key(name: &str) -> Key {
    Key::of("index of a repository", &name)
}

fn kept(name: &str, shared: &Shared) -> Option<Vec<u8>> {
    shared.store.as_ref()?.fact(&key(name), |input| {
        let mut bytes = Vec::new();
        input.read_to_end(&mut bytes).map(|_| bytes)
    })
}

/// Keeps an index for those who cannot ask its server.
fn keep(name: &str, base: &Place, bytes: &[u8], shared: &Shared) {
    if let Some(store) = shared.store.as_ref().filter(|_| base.is_remote())
        && kept(name, shared).as_deref() != Some(bytes)
    {
        store.keep_fact(&key(name), |out| out.write_all(bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_as_new_as_its_newest_package() {
        assert_eq!(newest(b"P:a\nt:5\n\nP:b\nt:70\n\nP:c\nT:t:99\nt:6\n"), Some(Moment(70)));
        assert_eq!(newest(b"P:a\nt:x\n"), None);
        assert_eq!(newest(b""), None);
    }
}
