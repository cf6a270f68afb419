//! Sources of Debian's kind: the indexes of a suite's components for one architecture.

use std::io::{self, BufReader, Read};
use std::sync::Arc;

use super::opened::{OpenedSource, SourceFacts};
use super::place::Place;
use super::suite::{Asked, Suite};
use super::{Finding, Problem, Repository, RepositoryError, Shared, Wanted, Work};
use crate::code::AnyFailure;
use crate::interrupt::Interrupted;
use crate::layer::{VerifiedReader, VerifyError};
use crate::oci::{Descriptor, Digest, MediaType};
use crate::package::deb::{Compression, DecodeError, Decoder, Release, ReleaseFile, ReleaseIndex};
use crate::package::{self, Family, Index, IndexError, PACKAGE_INDEX_VERSION, SignedBy, Source};
use crate::progress::Metered;
use crate::store::Key;

/// A source as it is configured.
#[derive(Clone, Copy)]
pub(super) struct Configured<'a> {
    pub(super) at: usize,
    pub(super) source: &'a Source,
    pub(super) url: &'a str,
    pub(super) suite: &'a str,
    pub(super) components: &'a [String],
    pub(super) architectures: &'a [String],
    pub(super) signed_by: &'a [SignedBy],
}

/// Opens a source; one that is not for the architecture by its own word offers nothing.
pub(super) fn open(
    configured: Configured<'_>,
    wanted: &Wanted<'_>,
    shared: &Shared,
    work: &Work<'_>,
) -> Result<OpenedSource, RepositoryError> {
    let Configured { at, source, url, suite: asked, .. } = configured;
    let base = Place::parse(url).map_err(|problem| problem.of("`contents.repositories`"))?;
    let name = format!("{base} {asked}");
    let of = |problem: Problem| problem.of(&name);
    let suite = shared.suites.get(
        (
            url.to_owned(),
            asked.to_owned(),
            configured.signed_by.to_vec(),
            wanted.keyring.digest(),
            wanted.policy.clone(),
        ),
        || {
            let certificates = wanted.keyring.certificates(configured.signed_by)?;
            let policy = wanted.policy;
            Suite::open(
                &Asked { name: &name, base: &base, suite: asked, certificates: &certificates, policy },
                shared,
                work,
            )
        },
    );
    let suite = suite.map_err(of)?;
    let paths = paths(configured, wanted.architecture, &suite.release).map_err(of)?;
    let indexes = crate::pool::each(paths.len(), &paths, |path| {
        index(path, &name, &suite, wanted, shared, work).map(Arc::new)
    })
    .map_err(of)?;
    let mut findings = suite.findings.clone();
    let count = indexes.iter().map(|index| index.left_out()).sum();
    if count > 0 {
        findings.push(Finding::LeftOut { repository: name.clone(), count });
    }
    let market = package::Repository { tag: suite.release.not_automatic.then(|| asked.to_owned()), indexes };
    let repository = Repository {
        source: at,
        configured: source.clone(),
        name,
        signed_by: suite.by.iter().map(ToString::to_string).collect(),
        date: Some(suite.release.date),
        digest: suite.digest,
    };
    let facts = Arc::new(SourceFacts { base, repository, findings });
    Ok(OpenedSource { facts, market })
}

/// The paths of the indexes that are wanted, without the endings of their forms.
fn paths(configured: Configured<'_>, architecture: &str, release: &Release) -> Result<Vec<String>, Problem> {
    let Configured { suite, components, architectures, .. } = configured;
    if !architectures.is_empty() && !architectures.iter().any(|one| one == architecture) {
        return Ok(Vec::new());
    }
    let (suite, architecture) = (suite.to_owned(), architecture.to_owned());
    if suite.ends_with('/') {
        let path = release.beginning("Packages").next().map(|_| "Packages".to_owned());
        return path.map(|path| vec![path]).ok_or(Problem::NoIndex { architecture });
    }
    let is_offered = |one: &str| release.architectures.iter().any(|offered| offered == one);
    if !release.architectures.is_empty() && !is_offered(&architecture) && !release.splits_all {
        let offered = release.architectures.iter().filter(|one| *one != "all").cloned().collect();
        return Err(Problem::NoArchitecture { suite, architecture, offered });
    }
    let mut paths = Vec::new();
    for component in components {
        let before = paths.len();
        let all = release.splits_all.then_some("all");
        for architecture in [&*architecture].into_iter().chain(all) {
            let path = format!("{component}/binary-{architecture}/Packages");
            paths.extend(release.beginning(&path).next().map(|_| path.clone()));
        }
        if paths.len() == before {
            let offered = release.components(&architecture).into_iter().map(str::to_owned).collect();
            let component = component.clone();
            return Err(Problem::NoComponent { suite, component, architecture, offered });
        }
    }
    Ok(paths)
}

/// An index, parsed: as the store has it by its digest, else fetched in the first of its forms that is there.
fn index(
    path: &str,
    name: &str,
    suite: &Suite,
    wanted: &Wanted<'_>,
    shared: &Shared,
    work: &Work<'_>,
) -> Result<Index, Problem> {
    let forms = suite.release.index(path);
    let Some(first) = forms.first() else {
        let offered = suite.release.beginning(path).map(str::to_owned).collect();
        return Err(Problem::NoFormat { path: path.to_owned(), offered });
    };
    let digest = first.plain.unwrap_or(first.stored).sha256;
    let key = Key::of("package index", &(PACKAGE_INDEX_VERSION, Family::Deb, wanted.architecture, digest));
    if let Some(kept) = shared.store.as_ref().and_then(|store| store.fact(&key, Index::read_from)) {
        return Ok(kept);
    }
    for form in &forms {
        for place in places(form, suite) {
            let what = format!("{name} {path}");
            if let Some(index) = fetch(&place, form, &what, wanted.architecture, shared, work)? {
                if let Some(store) = &shared.store {
                    store.keep_fact(&key, |out| index.write_to(out));
                }
                return Ok(index);
            }
        }
    }
    Err(Problem::Gone { place: suite.place.below(path).to_string() })
}

/// Where a file of a suite is: under its digest, which no mirror changes under one's hands, or under its name.
fn places(form: &ReleaseIndex, suite: &Suite) -> Vec<Place> {
    let directory = form.path.rsplit_once('/').map_or("", |(directory, _)| directory);
    let by_hash = format!("{directory}/by-hash/SHA256/{}", hex::encode(form.stored.sha256));
    let by_hash = suite.release.by_hash.then(|| by_hash.trim_start_matches('/').to_owned());
    by_hash.iter().chain([&form.path]).map(|path| suite.place.below(path)).collect()
}

/// Fetches and parses an index; nothing where there is none.
fn fetch(
    place: &Place,
    form: &ReleaseIndex,
    what: &str,
    architecture: &str,
    shared: &Shared,
    work: &Work<'_>,
) -> Result<Option<Index>, Problem> {
    let Some(body) = place.open(&shared.client)? else { return Ok(None) };
    let metered = Metered::new(body.reader, work.progress.begin(what, form.stored.size));
    let mut stored = VerifiedReader::new(work.interrupt.reader(metered), &descriptor(&form.stored));
    match parse(&mut stored, form, architecture, work) {
        Ok(index) => Ok(Some(index)),
        Err(IndexError::Io(error)) if is_of_reading(&error) => Err(of_io(error, place)),
        // Bytes that cannot be read because they are others are told as that.
        Err(error) => match (io::copy(&mut stored, &mut io::sink()), error) {
            (Err(other), _) => Err(of_io(other, place)),
            (Ok(_), IndexError::Io(error)) => Err(of_io(error, place)),
            (Ok(_), error) => Err(error.into()),
        },
    }
}

fn parse(
    stored: &mut (impl Read + Send),
    form: &ReleaseIndex,
    architecture: &str,
    work: &Work<'_>,
) -> Result<Index, IndexError> {
    let buffered = BufReader::with_capacity(CHUNK, stored);
    let mut decoder = Decoder::new(form.compression, buffered, work.limits);
    let index = match form.plain.filter(|_| form.compression != Compression::None) {
        Some(plain) => {
            let mut plain = VerifiedReader::new(&mut decoder, &descriptor(&plain));
            let index = Index::deb(&mut plain, architecture, work.limits)?;
            io::copy(&mut plain, &mut io::sink())?;
            index
        }
        None => Index::deb(&mut decoder, architecture, work.limits)?,
    };
    // To their end: only then the bytes are known to be what was promised.
    io::copy(&mut decoder, &mut io::sink())?;
    Ok(index)
}

/// Bytes read at once.
const CHUNK: usize = 128 << 10;

fn descriptor(file: &ReleaseFile) -> Descriptor {
    let media_type = MediaType::Other("application/vnd.debian.packages".to_owned());
    Descriptor::new(media_type, Digest::Sha256(file.sha256), file.size)
}

/// Whether an error is one of getting bytes, which says nothing of them.
fn is_of_reading(error: &io::Error) -> bool {
    let is_interrupt = error.get_ref().is_some_and(|inner| inner.is::<Interrupted>());
    is_interrupt || AnyFailure::of_io(error).is_some()
}

/// What kept an index from being read to its end.
fn of_io(error: io::Error, place: &Place) -> Problem {
    if AnyFailure::of_io(&error).is_some() {
        return place.failed(error);
    }
    let error = match error.downcast::<VerifyError>() {
        Ok(error) => return error.into(),
        Err(error) => error,
    };
    let error = match error.downcast::<Interrupted>() {
        Ok(error) => return error.into(),
        Err(error) => error,
    };
    match error.downcast::<DecodeError>() {
        Ok(error) => error.into(),
        Err(error) => place.failed(error),
    }
}
