//! Manifests and indexes: read, put and deleted, by tag or by digest.

use std::sync::Arc;

use serde_json::Value;

use super::api::Call;
use super::request::Method;
use super::response::Response;
use super::routes::is_tag;
use super::store::{Kind, Manifest, References, digest_as};

pub(super) fn get(call: &Call<'_>, repo: &str, reference: &str) -> Response {
    let head = &call.request.head;
    let Some((digest, manifest)) = call.store.manifest(repo, reference) else { return unknown() };
    if !is_accepted(head.headers.all("accept"), &manifest.media_type) {
        return Response::error(404, "MANIFEST_UNKNOWN", "of no type that is accepted");
    }
    let etag = format!("\"{digest}\"");
    if head.headers.get("if-none-match") == Some(&etag) {
        return Response::new(304).with("ETag", etag);
    }
    let mut answer = Response::new(200).with("ETag", etag);
    if head.method != Method::Head || call.behaviour.head_digest {
        answer = answer.with("Docker-Content-Digest", digest);
    }
    answer.typed(&manifest.media_type, manifest.bytes.to_vec())
}

pub(super) fn put(call: &mut Call<'_>, repo: &str, reference: &str) -> Response {
    let document = match check(call, repo, reference) {
        Ok(document) => document,
        Err(refusal) => return refusal,
    };
    let head = &call.request.head;
    let bytes = call.request.body.clone();
    let is_digest = digest_as(reference, &[]).is_some();
    let algorithm = if is_digest { reference } else { CANONICAL };
    let digest = digest_as(algorithm, &bytes).expect("the algorithm is known");
    let mut answer = Response::new(201).with("Docker-Content-Digest", &digest);
    if call.behaviour.manifest_location {
        answer = answer.with("Location", call.url(&format!("/v2/{repo}/manifests/{reference}")));
    }
    if let (true, Some(subject)) = (call.behaviour.subject, document["subject"]["digest"].as_str()) {
        answer = answer.with("OCI-Subject", subject);
    }
    let mut tags: Vec<String> = if is_digest { Vec::new() } else { vec![reference.to_owned()] };
    if is_digest && call.behaviour.tags_in_query {
        for tag in head.parameters("tag").filter(|tag| is_tag(tag)) {
            answer = answer.with("OCI-Tag", &tag);
            tags.push(tag);
        }
    }
    let media_type = head.headers.get("content-type").unwrap_or_default().to_owned();
    let repo = call.store.repo(repo);
    repo.manifests.insert(digest.clone(), Manifest { media_type, bytes: Arc::new(bytes) });
    repo.tags.extend(tags.into_iter().map(|tag| (tag, digest.clone())));
    answer
}

pub(super) fn delete(call: &mut Call<'_>, repo: &str, reference: &str) -> Response {
    let repo = call.store.repo(repo);
    let is_gone = if is_tag(reference) {
        repo.tags.remove(reference).is_some()
    } else {
        repo.tags.retain(|_, digest| digest != reference);
        repo.manifests.remove(reference).is_some()
    };
    if is_gone { Response::new(202) } else { unknown() }
}

/// The document of a manifest that may be put, or why it may not.
fn check(call: &Call<'_>, repo: &str, reference: &str) -> Result<Value, Response> {
    let bytes = &call.request.body;
    if bytes.len() > call.behaviour.longest_manifest {
        return Err(Response::error(413, "SIZE_INVALID", "the manifest is too long"));
    }
    let is_fitting = digest_as(reference, bytes).map_or(is_tag(reference), |found| found == reference);
    if !is_fitting {
        return Err(Response::error(400, "DIGEST_INVALID", "neither a tag nor the digest of the manifest"));
    }
    let invalid = |message: &str| Response::error(400, "MANIFEST_INVALID", message);
    let document: Value = serde_json::from_slice(bytes).map_err(|_| invalid("not JSON"))?;
    let content_type = call.request.head.headers.get("content-type").ok_or_else(|| invalid("no type"))?;
    if document.get("mediaType").is_some_and(|media_type| media_type != content_type) {
        return Err(invalid("Content-Type is not the mediaType"));
    }
    let references = References::of(&document).map_err(|message| invalid(&message))?;
    for one in references.all {
        let is_there = match one.kind {
            Kind::Foreign => true,
            Kind::Blob => call.store.blob(Some(repo), &one.digest).is_some(),
            Kind::Manifest => call.store.manifest(repo, &one.digest).is_some(),
        };
        if !is_there {
            return Err(Response::error(400, "MANIFEST_BLOB_UNKNOWN", &one.digest));
        }
    }
    Ok(document)
}

/// Whether a type is among those that a client accepts; who says nothing accepts all.
fn is_accepted<'a>(accept: impl Iterator<Item = &'a str>, media_type: &str) -> bool {
    let mut ranges = accept.flat_map(|value| value.split(',')).peekable();
    let mut types = ranges.by_ref().map(|range| range.split(';').next().unwrap_or_default().trim());
    let first = types.next();
    first.is_none_or(|first| {
        [first].into_iter().chain(types).any(|range| range == media_type || range == "*/*")
    })
}

fn unknown() -> Response {
    Response::error(404, "MANIFEST_UNKNOWN", "manifest unknown")
}

/// Any digest of the algorithm that is used for what is put by tag.
const CANONICAL: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
