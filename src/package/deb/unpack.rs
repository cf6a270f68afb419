//! A package from its bytes, once.

use std::io::{self, BufReader, Read};
use std::sync::Arc;

use super::archive::{Archive, Member};
use super::control;
use super::describe::describe;
use super::files::Files;
use super::md5sums;
use super::{Decoder, UnpackError};
use crate::code::AnyFailure;
use crate::interrupt::Interrupt;
use crate::layer::{Reading, Trust, VerifiedReader, read_tar};
use crate::oci::{Descriptor, Digest, MediaType};
use crate::package::{Family, Identity, Package, Unpacked};

/// What an index promises of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its version.
    pub version: &'a str,
    /// Its architecture.
    pub architecture: &'a str,
    /// Its bytes.
    pub size: u64,
    /// The sha256 of its bytes.
    pub sha256: [u8; 32],
}

impl<'a> Expected<'a> {
    /// What an index promises of this package; nothing where that says nothing of its bytes.
    pub fn of(package: &'a Package) -> Option<Self> {
        let file = package.file.as_ref()?;
        let Identity::Sha256(sha256) = file.identity else { return None };
        let Package { name, version, architecture, .. } = package;
        Some(Self { name, version, architecture, size: file.size, sha256 })
    }

    fn digest(&self) -> Digest {
        Digest::Sha256(self.sha256)
    }

    fn verified<R: Read>(&self, file: R) -> VerifiedReader<R> {
        let media_type = MediaType::Other("application/vnd.debian.binary-package".to_owned());
        VerifiedReader::new(file, &Descriptor::new(media_type, self.digest(), self.size))
    }

    fn refuse_other(&self, package: &Package) -> Result<(), UnpackError> {
        for (field, expected, found) in [
            ("Package", self.name, &package.name),
            ("Version", self.version, &package.version),
            ("Architecture", self.architecture, &package.architecture),
        ] {
            if expected != found {
                let (expected, found) = (expected.into(), found.as_str().into());
                return Err(UnpackError::Identity { field, expected, found });
            }
        }
        Ok(())
    }
}

/// Bytes read at once.
const CHUNK: usize = 128 << 10;

/// Reads a package for the first time, to its end: everything that its index and it itself say of its bytes is verified, and
/// all rules for artifacts hold for its files but that no devices are ever allowed.
///
/// Bytes that are broken because they are not those that the index promises are told as that.
pub fn unpack(
    file: impl Read + Send,
    expected: &Expected<'_>,
    how: &Reading<'_>,
) -> Result<Unpacked, UnpackError> {
    let mut verified = expected.verified(file);
    match read(&mut verified, expected, how) {
        Err(error) if error.is_in_content() => Err(explanation(error, verified, how.interrupt)),
        result => result,
    }
}

/// Reads what is left, and tells of its digest or size if those are wrong.
fn explanation(error: UnpackError, mut rest: impl Read, interrupt: &Interrupt) -> UnpackError {
    match io::copy(&mut interrupt.reader(&mut rest), &mut io::sink()) {
        Ok(_) => error,
        Err(other) => UnpackError::of_io(Member::Data, other),
    }
}

fn read(file: impl Read + Send, expected: &Expected<'_>, how: &Reading<'_>) -> Result<Unpacked, UnpackError> {
    let how = &Reading { trust: Trust::Artifact, allow_devices: false, ..*how };
    let of = |member| move |error| UnpackError::of_io(member, error);
    let file = BufReader::with_capacity(CHUNK, how.interrupt.reader(file));
    let mut archive = Archive::open(file).map_err(of(Member::Control))?;
    let compression = archive.enter(Member::Control).map_err(of(Member::Control))?;
    let control = control::read(compression, &mut archive, expected.digest(), how)?;
    let package = describe(&control.fields)?;
    expected.refuse_other(&package)?;
    let compression = archive.enter(Member::Data).map_err(of(Member::Data))?;
    let mut files = Files::default();
    let tar = Box::new(Decoder::new(compression, &mut archive, how.limits));
    let index = read_tar(tar, expected.digest(), how, &mut files)
        .map_err(|error| UnpackError::of_tar(Member::Data, error))?;
    archive.finish().map_err(of(Member::Data))?;
    let (sums, owners) = files.finish(&index.items);
    let unpacked = Unpacked {
        family: Family::Deb,
        package,
        fields: control.fields,
        members: control.members,
        index: Arc::new(index),
        sums,
        owners,
    };
    md5sums::compare(&unpacked)?;
    Ok(unpacked)
}

/// The decompressed tar of a package's files, for [`crate::layer::replay_tar`]: its end is the end of a package that is what
/// the index promises. Errors hold an [`UnpackError`] as [`AnyFailure`].
pub fn open_data<'a, R: Read + Send + 'a>(
    file: R,
    expected: &Expected<'_>,
    how: &Reading<'a>,
) -> Result<impl Read + Send + use<'a, R>, UnpackError> {
    let of = |member| move |error| UnpackError::of_io(member, error);
    let file = BufReader::with_capacity(CHUNK, how.interrupt.reader(expected.verified(file)));
    let mut archive = Archive::open(file).map_err(of(Member::Control))?;
    archive.enter(Member::Control).map_err(of(Member::Control))?;
    let compression = archive.enter(Member::Data).map_err(of(Member::Data))?;
    Ok(Data(Decoder::new(compression, archive, how.limits)))
}

/// The tar of a package's files, which ends with the package.
struct Data<B: io::BufRead>(Decoder<Archive<B>>);

impl<B: io::BufRead> Read for Data<B> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(out).and_then(|read| match read {
            0 if !out.is_empty() => self.0.get_mut().finish().map(|()| 0),
            read => Ok(read),
        });
        read.map_err(|error| AnyFailure::new(UnpackError::of_io(Member::Data, error)).into_io())
    }
}

#[cfg(test)]
mod tests;
