//! Manifests and indexes: by tag, where their own bytes say what they are, or by digest, where that decides.

use std::io::{Cursor, Read};

use crate::http::{Method, Response};
use crate::oci::{Descriptor, Digest, Document, DocumentError, MediaType};
use crate::registry::error::RegistryError;
use crate::registry::place::Place;
use crate::registry::registries::Shared;

const ACCEPTED: [MediaType; 4] =
    [MediaType::Index, MediaType::Manifest, MediaType::DockerIndex, MediaType::DockerManifest];

/// What a tag leads to, as the registry says it.
pub(in crate::registry) fn resolve(
    place: &Place,
    tag: &str,
    shared: &Shared,
) -> Result<Option<Descriptor>, RegistryError> {
    let answer = head(place, tag)?;
    match answer.status {
        404 => return Ok(None),
        405 => {}
        _ => {
            let answer = answer.expect(&[200])?;
            if let Some(descriptor) = described(&answer) {
                return Ok(Some(descriptor));
            }
        }
    }
    Ok(tagged(place, tag, shared)?.map(|(descriptor, _)| descriptor))
}

/// The manifest or index that a tag leads to.
pub(in crate::registry) fn tagged(
    place: &Place,
    tag: &str,
    shared: &Shared,
) -> Result<Option<(Descriptor, Vec<u8>)>, RegistryError> {
    let Some((answer, bytes)) = fetched(place, tag, shared)? else { return Ok(None) };
    let digest = match answer.content_digest() {
        Some(said) => hashed(&answer, &said, &bytes)?,
        None => Digest::of(&bytes),
    };
    typed(&answer, digest, bytes).map(Some)
}

/// The manifest or index of a digest; what the answer's headers say does not matter.
pub(in crate::registry) fn manifest(
    place: &Place,
    digest: &Digest,
    shared: &Shared,
) -> Result<Option<(Descriptor, Vec<u8>)>, RegistryError> {
    let Some((answer, bytes)) = fetched(place, &digest.to_string(), shared)? else { return Ok(None) };
    let digest = hashed(&answer, digest, &bytes)?;
    typed(&answer, digest, bytes).map(Some)
}

/// The bytes of a manifest or index of a digest, whatever they are.
pub(in crate::registry) fn open_manifest(
    place: &Place,
    digest: &Digest,
    shared: &Shared,
) -> Result<Option<Box<dyn Read + Send>>, RegistryError> {
    let Some((answer, bytes)) = fetched(place, &digest.to_string(), shared)? else { return Ok(None) };
    hashed(&answer, digest, &bytes)?;
    Ok(Some(Box::new(Cursor::new(bytes))))
}

/// Whether there is a manifest or index of a digest.
pub(in crate::registry) fn has_manifest(
    place: &Place,
    digest: &Digest,
    shared: &Shared,
) -> Result<bool, RegistryError> {
    let answer = head(place, &digest.to_string())?;
    match answer.status {
        404 => Ok(false),
        405 => Ok(manifest(place, digest, shared)?.is_some()),
        _ => answer.expect(&[200]).map(|_| true),
    }
}

fn fetched(
    place: &Place,
    reference: &str,
    shared: &Shared,
) -> Result<Option<(Response, Vec<u8>)>, RegistryError> {
    let (answer, bytes) = place.fetch(shared, &place.manifest_target(reference), &[accept()])?;
    if answer.status == 404 {
        answer.discard();
        return Ok(None);
    }
    Ok(Some((answer.expect(&[200])?, bytes)))
}

fn head(place: &Place, reference: &str) -> Result<Response, RegistryError> {
    place.ask(Method::Head, place.manifest_target(reference), vec![accept()])
}

fn accept() -> (&'static str, String) {
    ("accept", ACCEPTED.map(|media_type| media_type.as_str().to_owned()).join(", "))
}

/// What the answer to a HEAD describes, where it says all that is needed.
fn described(answer: &Response) -> Option<Descriptor> {
    let media_type = MediaType::parse(answer.header("content-type")?.split(';').next()?.trim());
    let size = answer.header("content-length")?.parse().ok()?;
    ACCEPTED.contains(&media_type).then_some(Descriptor::new(media_type, answer.content_digest()?, size))
}

fn hashed(answer: &Response, expected: &Digest, bytes: &[u8]) -> Result<Digest, RegistryError> {
    let mut hasher = expected.hasher();
    hasher.update(bytes);
    match hasher.finish() {
        found if found == *expected => Ok(found),
        found => Err(answer.other_digest(*expected, found)),
    }
}

fn typed(answer: &Response, digest: Digest, bytes: Vec<u8>) -> Result<(Descriptor, Vec<u8>), RegistryError> {
    let media_type = Document::own_type(&bytes).ok_or_else(|| RegistryError::Document {
        what: answer.what.clone(),
        source: Box::new(no_document(&bytes)),
    })?;
    Ok((Descriptor::new(media_type, digest, bytes.len() as u64), bytes))
}

/// Why bytes that have no type of their own are neither manifest nor index.
fn no_document(bytes: &[u8]) -> DocumentError {
    let unlike = || DocumentError::Ambiguous {
        expected: MediaType::Manifest,
        found: "is of another type, or of none".to_owned(),
    };
    Document::parse(&MediaType::Manifest, bytes).err().unwrap_or_else(unlike)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::{Code, Coded};
    use crate::limits::Limits;
    use crate::registry::sample::{Server, answer, registries, repository, working};

    const INDEX: &[u8] = br#"{"schemaVersion":2,"manifests":[]}"#;

    #[test]
    fn a_tag_is_resolved_by_one_head() {
        let (shelf, server, repository) = working();
        shelf.put_tag("acme/app", "1", INDEX);
        let descriptor = Descriptor::of(MediaType::Index, INDEX);
        assert_eq!(repository.resolve("1").unwrap(), Some(descriptor.clone()));
        assert_eq!(server.lines(), ["HEAD /v2/acme/app/manifests/1"]);
        assert_eq!(repository.resolve("2").unwrap(), None);
        assert_eq!(repository.tagged("1").unwrap(), Some((descriptor.clone(), INDEX.to_vec())));
        assert_eq!(repository.tagged("2").unwrap(), None);
        assert_eq!(repository.manifest(&descriptor.digest).unwrap(), Some((descriptor, INDEX.to_vec())));
        assert_eq!(repository.manifest(&Digest::of(b"")).unwrap(), None);
    }

    #[test]
    fn where_a_head_cannot_say_it_the_manifest_is_read() {
        let media_type = MediaType::Index.as_str();
        let said = answer(200).with("content-type", media_type).with("content-length", INDEX.len());
        let whole = said.clone().with("docker-content-digest", Digest::of(INDEX));
        for head in [
            answer(405),
            said,
            whole.clone().without("content-type"),
            whole.without("content-type").with("content-type", "application/json"),
        ] {
            let server = Server::start(move |asked| match asked.method.as_str() {
                "HEAD" => head.clone(),
                _ => answer(200).body(INDEX),
            });
            let found = repository(&server).resolve("1").unwrap();
            assert_eq!(found, Some(Descriptor::of(MediaType::Index, INDEX)));
            assert_eq!(server.lines().len(), 2);
        }
    }

    #[test]
    fn r02_other_bytes_under_a_digest_are_refused() {
        let server =
            Server::start(|_| answer(200).body(INDEX).with("docker-content-digest", Digest::of(b"{}")));
        let repository = repository(&server);
        for error in
            [repository.manifest(&Digest::of(b"{}")).unwrap_err(), repository.tagged("1").unwrap_err()]
        {
            assert_eq!(error.code(), Code::Digest, "{error}");
        }
        // Where the digest matches, what the header says does not matter.
        assert!(repository.manifest(&Digest::of(INDEX)).unwrap().is_some());
    }

    #[test]
    fn r03_the_body_says_what_it_is() {
        let server = Server::start(|_| {
            answer(200).body(INDEX).with("content-type", "application/vnd.oci.image.manifest.v1+json")
        });
        let (descriptor, _) = repository(&server).manifest(&Digest::of(INDEX)).unwrap().unwrap();
        assert_eq!(descriptor.media_type, MediaType::Index);
        for (body, code) in [
            (&br#"{"schemaVersion":2,"manifests":[],"layers":[],"config":{}}"#[..], Code::Ambiguous),
            (b"{}", Code::Ambiguous),
            (b"<html>", Code::Json),
            (br#"{"schemaVersion":2,"manifests":[],"manifests":[]}"#, Code::Json),
        ] {
            let server = Server::start(move |_| answer(200).body(body));
            let error = repository(&server).tagged("1").unwrap_err();
            assert_eq!(error.code(), code, "{error}");
        }
    }

    #[test]
    fn r05_a_manifest_is_read_up_to_the_limit() {
        let server = Server::start(|_| answer(200).body(INDEX));
        for (limit, code) in [(INDEX.len(), None), (INDEX.len() - 1, Some(Code::LimitManifest))] {
            let limits = Limits { document_bytes: limit as u64, ..Limits::default() };
            let repository = registries(&limits).repository(&server.host, "acme/app");
            let results = [repository.tagged("1"), repository.manifest(&Digest::of(INDEX))];
            for result in results {
                assert_eq!(result.err().map(|error| error.code()), code);
            }
        }
    }

    #[test]
    fn a_registry_that_fails_is_not_one_without_the_manifest() {
        for (status, code) in [(401, Code::Auth), (403, Code::Auth), (400, Code::Remote), (418, Code::Remote)]
        {
            let server = Server::start(move |_| answer(status));
            let repository = repository(&server);
            assert_eq!(repository.resolve("1").unwrap_err().code(), code);
            assert_eq!(repository.tagged("1").unwrap_err().code(), code);
            assert_eq!(repository.has_manifest(&Digest::of(INDEX)).unwrap_err().code(), code);
        }
    }
}
