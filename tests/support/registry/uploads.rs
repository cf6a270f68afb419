//! Uploads of blobs: in one piece or in chunks, and mounts from other repositories.

use std::sync::Arc;

use super::api::Call;
use super::response::Response;
use super::store::{Upload, digest_as};

pub(super) fn begin(call: &mut Call<'_>, repo: &str) -> Response {
    let head = &call.request.head;
    if let Some(digest) = head.parameter("mount")
        && call.mounts
    {
        // Without `from` nothing is looked for: not every registry finds a blob by itself.
        let from = head.parameter("from");
        if let Some(blob) = from.and_then(|from| call.store.blob(Some(&from), &digest)) {
            call.store.repo(repo).blobs.insert(digest.clone(), blob);
            return created(call, repo, &digest);
        }
    }
    if let Some(digest) = head.parameter("digest")
        && call.behaviour.monolithic_post
    {
        return complete(call, repo, &digest, call.request.body.clone());
    }
    // What came with a POST that is not taken is not kept either.
    let id = call.store.begin(repo);
    progress(call, 202, repo, &id)
}

pub(super) fn status(call: &mut Call<'_>, repo: &str, id: &str) -> Response {
    match find(call, repo, id) {
        Ok(_) => progress(call, 204, repo, id),
        Err(refusal) => refusal,
    }
}

pub(super) fn patch(call: &mut Call<'_>, repo: &str, id: &str) -> Response {
    match append(call, repo, id) {
        Ok(()) => progress(call, 202, repo, id),
        Err(refusal) => refusal,
    }
}

pub(super) fn put(call: &mut Call<'_>, repo: &str, id: &str) -> Response {
    let Some(digest) = call.request.head.parameter("digest") else { return invalid_digest() };
    if let Err(refusal) = append(call, repo, id) {
        return refusal;
    }
    let bytes = call.store.end(id);
    complete(call, repo, &digest, bytes)
}

pub(super) fn cancel(call: &mut Call<'_>, repo: &str, id: &str) -> Response {
    if let Err(refusal) = find(call, repo, id) {
        return refusal;
    }
    call.store.end(id);
    Response::new(204)
}

/// Appends the body to an upload, if it begins where that ends.
fn append(call: &mut Call<'_>, repo: &str, id: &str) -> Result<(), Response> {
    let request = call.request;
    let length = find(call, repo, id)?.bytes.len();
    if let Some(range) = request.head.headers.get("content-range") {
        let bounds =
            range.split_once('-').and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)));
        let (first, last): (usize, usize) =
            bounds.ok_or_else(|| Response::error(400, "BLOB_UPLOAD_INVALID", "not a range"))?;
        if first != length || last.checked_sub(first).map(|more| more + 1) != Some(request.body.len()) {
            return Err(progress(call, 416, repo, id));
        }
    }
    find(call, repo, id)?.bytes.extend_from_slice(&request.body);
    Ok(())
}

/// The upload of a location that was told.
fn find<'a>(call: &'a mut Call<'_>, repo: &str, id: &str) -> Result<&'a mut Upload, Response> {
    let state = call.request.head.parameter("_state").and_then(|state| state.parse().ok());
    let unknown = || Response::error(404, "BLOB_UPLOAD_UNKNOWN", "upload unknown to the registry");
    let upload = call.store.upload(repo, id).ok_or_else(unknown)?;
    let is_told = |state: usize| (1..=upload.told).contains(&state);
    if !state.is_some_and(is_told) {
        return Err(Response::error(400, "BLOB_UPLOAD_INVALID", "the query of the location is not kept"));
    }
    Ok(upload)
}

/// Says how far an upload is, and where it goes on: elsewhere each time.
fn progress(call: &mut Call<'_>, status: u16, repo: &str, id: &str) -> Response {
    let upload = call.store.upload(repo, id).expect("only uploads that are there go on");
    upload.told += 1;
    let last = upload.bytes.len().saturating_sub(1);
    let location = format!("/v2/{repo}/blobs/uploads/{id}?_state={}", upload.told);
    Response::new(status)
        .with("Location", call.url(&location))
        .with("Range", format!("0-{last}"))
        .with("Docker-Upload-UUID", id)
}

fn complete(call: &mut Call<'_>, repo: &str, digest: &str, bytes: Vec<u8>) -> Response {
    if digest_as(digest, &bytes).as_deref() != Some(digest) {
        return invalid_digest();
    }
    call.store.repo(repo).blobs.insert(digest.to_owned(), Arc::new(bytes));
    created(call, repo, digest)
}

fn created(call: &Call<'_>, repo: &str, digest: &str) -> Response {
    Response::new(201)
        .with("Location", call.url(&format!("/v2/{repo}/blobs/{digest}")))
        .with("Docker-Content-Digest", digest)
}

fn invalid_digest() -> Response {
    Response::error(400, "DIGEST_INVALID", "the digest is not that of the content")
}
