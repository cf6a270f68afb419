//! Packages on their way into the store, or into files of this process where there is none.

use std::fs::File;
use std::io::{self, Read, Write};

use super::place::Place;
use super::{Problem, Shared, Work};
use crate::layer::VerifyError;
use crate::oci::{Digest, Hasher};
use crate::store::{Incoming, KeptBlob};

/// A package that came in, and is not verified yet but for its size.
pub(super) struct Downloaded {
    into: Into,
    pub(super) digest: Digest,
    size: u64,
}

/// Where bytes go.
enum Into {
    Store(Incoming),
    File(File),
}

/// What keeps bytes from coming in.
enum Failure {
    /// They cannot be had, or are not what was promised.
    Source(Problem),
    /// They cannot be written.
    Target(io::Error),
}

/// Fetches a package of so many bytes; `what` is what progress is shown of.
pub(super) fn download(
    place: &Place,
    size: u64,
    what: &str,
    shared: &Shared,
    work: &Work<'_>,
) -> Result<Downloaded, Problem> {
    let copy = |target: &mut dyn Write| copy(place, size, what, target, shared, work);
    if let Some(mut incoming) = shared.store.as_ref().and_then(|store| store.incoming()) {
        match copy(&mut incoming) {
            Ok(digest) => return Ok(Downloaded { into: Into::Store(incoming), digest, size }),
            Err(Failure::Source(problem)) => return Err(problem),
            // A build goes on without a store that cannot be written.
            Err(Failure::Target(error)) => incoming.fail(error, size),
        }
    }
    let mut file = (shared.spool)().map_err(Problem::Io)?;
    let digest = copy(&mut file).map_err(|failure| match failure {
        Failure::Source(problem) => problem,
        Failure::Target(error) => Problem::Io(error),
    })?;
    Ok(Downloaded { into: Into::File(file), digest, size })
}

fn copy(
    place: &Place,
    size: u64,
    what: &str,
    target: &mut dyn Write,
    shared: &Shared,
    work: &Work<'_>,
) -> Result<Digest, Failure> {
    let body = place.open(&shared.client).map_err(Failure::Source)?;
    let body = body.ok_or_else(|| Failure::Source(Problem::Gone { place: place.to_string() }))?;
    let mut reader = body.reader.take(size.saturating_add(1));
    let mut meter = work.progress.begin(what, size);
    let (mut hasher, mut length, mut buffer) = (Hasher::default(), 0, vec![0; CHUNK]);
    loop {
        work.interrupt.check().map_err(|error| Failure::Source(error.into()))?;
        let read = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Failure::Source(place.failed(error))),
        };
        hasher.update(&buffer[..read]);
        target.write_all(&buffer[..read]).map_err(Failure::Target)?;
        meter.advance(read as u64);
        length += read as u64;
    }
    let digest = hasher.finish();
    if length == size {
        return Ok(digest);
    }
    Err(Failure::Source(VerifyError::Size { digest, expected: size, found: length }.into()))
}

/// Bytes read at once.
const CHUNK: usize = 128 << 10;

impl Downloaded {
    /// The bytes, to be verified.
    pub(super) fn blob(&mut self) -> Result<KeptBlob, Problem> {
        let file = match &mut self.into {
            Into::Store(incoming) => incoming.file(),
            Into::File(file) => file.try_clone(),
        };
        Ok(KeptBlob::of(file.map_err(Problem::Io)?, self.digest, self.size))
    }

    /// Keeps the package, which is what was promised, in the store; false where there is none or it cannot be written.
    pub(super) fn keep(self) -> bool {
        match self.into {
            Into::Store(incoming) => incoming.keep(&self.digest),
            Into::File(_) => false,
        }
    }
}
