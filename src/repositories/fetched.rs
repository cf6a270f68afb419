//! Packages whose bytes are at hand.

use std::fmt;
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

use super::download::{Downloaded, download};
use super::place::Place;
use super::{Opened, Problem, RepositoryError, Shared, Sources, Work, record};
use crate::layer::{Reading, Trust, VerifyError};
use crate::oci::{Descriptor, Digest, MediaType};
use crate::package::apk::{self, Proof};
use crate::package::deb::{self, Expected};
use crate::package::{Family, Identity, Offers as _, Package, PackageFile, Unpacked};
use crate::progress::Silent;
use crate::store::{KeptBlob, Key};

/// A package whose bytes are at hand: in the store, or in a file of this process.
#[derive(Clone)]
pub struct Fetched(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    sources: Arc<Sources>,
    package: Arc<Package>,
    file: PackageFile,
    place: Place,
    digest: Digest,
    /// Its verified bytes, where no store has them.
    blob: Mutex<Option<KeptBlob>>,
    unpacked: Mutex<Option<Arc<Unpacked>>>,
}

impl Fetched {
    /// Finds a package in the store, or fetches and verifies it.
    pub(super) fn get(
        shared: &Arc<Shared>,
        opened: &Arc<Opened>,
        number: u32,
        work: &Work<'_>,
    ) -> Result<Self, RepositoryError> {
        let package = opened.market.package(number);
        let source = opened.source_of(number);
        let what = format!("{} {}", package.name, package.version);
        let file = package.file.clone().expect("what an index offers has a file");
        let place = source.base.below(&file.location);
        let known = known(&file, shared)
            .filter(|digest| shared.store.as_ref().is_some_and(|store| store.has_input(digest, file.size)));
        let fetched = |digest| {
            Self(Arc::new(Inner {
                shared: Arc::clone(shared),
                sources: Arc::clone(&opened.sources),
                package: Arc::clone(&package),
                file: file.clone(),
                place: place.clone(),
                digest,
                blob: Mutex::default(),
                unpacked: Mutex::default(),
            }))
        };
        match known {
            Some(digest) => Ok(fetched(digest)),
            None => {
                let got = download(&place, file.size, &package.name, shared, work)
                    .map_err(|problem| problem.of(&what))?;
                let fetched = fetched(got.digest);
                fetched.0.accept(got, &work.reading()).map_err(|problem| problem.of(&what))?;
                Ok(fetched)
            }
        }
    }

    /// Whose package it is.
    pub fn family(&self) -> Family {
        self.0.sources.family
    }

    /// What its repository says of it.
    pub fn package(&self) -> &Arc<Package> {
        &self.0.package
    }

    /// Where it is from; no secrets.
    pub fn place(&self) -> String {
        self.0.place.to_string()
    }

    /// The sha256 of its bytes.
    pub fn digest(&self) -> &Digest {
        &self.0.digest
    }

    /// Its bytes.
    pub fn size(&self) -> u64 {
        self.0.file.size
    }

    /// Its data tar, decoded, for [`replay_tar`](crate::layer::replay_tar): whoever reads it to its end has verified it.
    pub fn open_data<'a>(&self, how: &Reading<'a>) -> Result<Box<dyn Read + Send + 'a>, RepositoryError> {
        self.0.open_data(how).map_err(|problem| self.0.error(problem))
    }

    /// What it holds: as the store remembers it, else as its bytes say.
    pub(super) fn unpack(&self, how: &Reading<'_>) -> Result<Arc<Unpacked>, RepositoryError> {
        self.0.unpack(how).map_err(|problem| self.0.error(problem))
    }
}

impl Inner {
    fn error(&self, problem: Problem) -> RepositoryError {
        problem.of(format_args!("{} {}", self.package.name, self.package.version))
    }

    /// Verifies a package that came in, and keeps it.
    fn accept(&self, mut got: Downloaded, how: &Reading<'_>) -> Result<KeptBlob, Problem> {
        let blob = got.blob()?;
        match self.file.identity {
            Identity::Sha256(expected) if got.digest != Digest::Sha256(expected) => {
                let expected = Digest::Sha256(expected);
                return Err(VerifyError::Digest { expected, found: got.digest }.into());
            }
            Identity::Sha256(_) => {}
            // Only reading it all tells whether it is what the index knows by a part of it.
            _ => self.remember(Arc::new(self.read(&blob, how)?)),
        }
        if let Some(store) = &self.shared.store {
            store.keep_noted(&identity_key(&self.file), &got.digest);
        }
        if !got.keep() {
            *self.blob.lock().unwrap_or_else(PoisonError::into_inner) = Some(blob.clone());
        }
        Ok(blob)
    }

    /// Its bytes, verified: those of the store, and where these are broken or gone, fetched once more.
    fn blob(&self, how: &Reading<'_>) -> Result<KeptBlob, Problem> {
        if let Some(blob) = &*self.blob.lock().unwrap_or_else(PoisonError::into_inner) {
            return Ok(blob.clone());
        }
        let kept = self.shared.store.as_ref().and_then(|store| store.input(&self.descriptor()));
        if let Some(kept) = kept {
            return Ok(kept);
        }
        let work =
            Work { limits: how.limits, budget: how.budget, progress: &Silent, interrupt: how.interrupt };
        let got = download(&self.place, self.file.size, &self.package.name, &self.shared, &work)?;
        if got.digest != self.digest {
            return Err(VerifyError::Digest { expected: self.digest, found: got.digest }.into());
        }
        self.accept(got, how)
    }

    fn unpack(&self, how: &Reading<'_>) -> Result<Arc<Unpacked>, Problem> {
        if let Some(unpacked) = &*self.unpacked.lock().unwrap_or_else(PoisonError::into_inner) {
            return Ok(Arc::clone(unpacked));
        }
        if let Some(kept) = self.recorded() {
            let kept = Arc::new(kept);
            *self.unpacked.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&kept));
            return Ok(kept);
        }
        let blob = self.blob(how)?;
        // Where it was fetched just now, it was read as well.
        if let Some(unpacked) = &*self.unpacked.lock().unwrap_or_else(PoisonError::into_inner) {
            return Ok(Arc::clone(unpacked));
        }
        let unpacked = Arc::new(self.read(&blob, how)?);
        self.remember(Arc::clone(&unpacked));
        Ok(unpacked)
    }

    /// What the store remembers, if that is the package that the index means.
    fn recorded(&self) -> Option<Unpacked> {
        let kept = self.shared.store.as_ref()?.fact(&self.key(), record::read)?;
        let of =
            |package: &Package| (package.name.clone(), package.version.clone(), package.architecture.clone());
        (of(&kept.package) == of(&self.package)).then_some(kept)
    }

    fn remember(&self, unpacked: Arc<Unpacked>) {
        if let Some(store) = &self.shared.store {
            store.keep_fact(&self.key(), |out| record::write(&unpacked, out));
        }
        *self.unpacked.lock().unwrap_or_else(PoisonError::into_inner) = Some(unpacked);
    }

    fn key(&self) -> Key {
        let Sources { family, keyring, policy, .. } = &*self.sources;
        let proof = (*family == Family::Apk).then(|| (keyring.digest(), policy.require_package_signature));
        record::key(*family, &self.digest, proof)
    }

    fn read(&self, blob: &KeptBlob, how: &Reading<'_>) -> Result<Unpacked, Problem> {
        let how = &Reading { trust: Trust::Artifact, allow_devices: false, ..*how };
        let file = blob.reader();
        match self.sources.family {
            Family::Deb => Ok(deb::unpack(file, &self.promised(), how)?),
            Family::Apk => {
                let Sources { keyring, policy, .. } = &*self.sources;
                let proof = Proof { keyring, is_required: policy.require_package_signature };
                Ok(apk::unpack(file, &self.package, &self.file, &proof, how)?)
            }
        }
    }

    fn open_data<'a>(&self, how: &Reading<'a>) -> Result<Box<dyn Read + Send + 'a>, Problem> {
        let file = self.blob(how)?.reader();
        Ok(match self.sources.family {
            Family::Deb => Box::new(deb::open_data(file, &self.promised(), how)?),
            Family::Apk => Box::new(apk::open_data(file, &self.file, how)?),
        })
    }

    fn promised(&self) -> Expected<'_> {
        Expected::of(&self.package).expect("indexes of Debian's kind promise a sha256")
    }

    fn descriptor(&self) -> Descriptor {
        Descriptor::new(MediaType::Other(PACKAGE.to_owned()), self.digest, self.file.size)
    }
}

impl fmt::Debug for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Fetched").field(&self.0.package.name).field(&self.0.digest).finish()
    }
}

const PACKAGE: &str = "application/vnd.debian.binary-package";

/// The sha256 of a package, as its index says or as it was found once.
fn known(file: &PackageFile, shared: &Shared) -> Option<Digest> {
    match file.identity {
        Identity::Sha256(sha256) => Some(Digest::Sha256(sha256)),
        _ => shared.store.as_ref()?.noted(&identity_key(file)),
    }
}

fn identity_key(file: &PackageFile) -> Key {
    Key::of("package of an identity", &(&file.identity, file.size))
}
