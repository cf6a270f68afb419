//! Blobs: read whole or in part, and deleted.

use super::api::Call;
use super::request::{Headers, Method};
use super::response::Response;
use super::store::digest_as;

pub(super) fn get(call: &Call<'_>, repo: &str, digest: &str) -> Response {
    if digest_as(digest, &[]).is_none() {
        return Response::error(400, "DIGEST_INVALID", "not a digest");
    }
    let Some(blob) = call.store.blob(Some(repo), digest) else { return unknown() };
    let head = &call.request.head;
    let mut answer = Response::new(200).with("ETag", format!("\"{digest}\""));
    if head.method != Method::Head || call.behaviour.head_digest {
        answer = answer.with("Docker-Content-Digest", digest);
    }
    match call.behaviour.ranges {
        true => ranged(answer, &head.headers, &blob),
        false => answer.typed(BYTES, blob.to_vec()),
    }
}

/// The bytes, or the part of them that is asked for.
pub(super) fn ranged(answer: Response, headers: &Headers, bytes: &[u8]) -> Response {
    let mut answer = answer.with("Accept-Ranges", "bytes");
    match headers.get("range").and_then(|range| part(range, bytes.len())) {
        None => answer.typed(BYTES, bytes),
        Some(Err(Unsatisfiable)) => {
            answer.status = 416;
            answer
                .with("Content-Range", format!("bytes */{}", bytes.len()))
                .typed("text/plain", "the blob ends before\n")
        }
        Some(Ok((first, last))) => {
            answer.status = 206;
            answer
                .with("Content-Range", format!("bytes {first}-{last}/{}", bytes.len()))
                .typed(BYTES, &bytes[first..=last])
        }
    }
}

pub(super) fn delete(call: &mut Call<'_>, repo: &str, digest: &str) -> Response {
    match call.store.repo(repo).blobs.remove(digest) {
        Some(_) => Response::new(202),
        None => unknown(),
    }
}

fn unknown() -> Response {
    Response::error(404, "BLOB_UNKNOWN", "blob unknown to the repository")
}

/// A range that begins after the end.
#[derive(Debug, PartialEq, Eq)]
struct Unsatisfiable;

/// The first and the last byte of a range; none where it is not one range of bytes, which then counts as none.
fn part(range: &str, length: usize) -> Option<Result<(usize, usize), Unsatisfiable>> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let end = length.checked_sub(1);
    let (first, last) = match (first.is_empty(), last.is_empty()) {
        (true, true) => return None,
        (true, false) => (length.saturating_sub(last.parse().ok()?), end),
        (false, true) => (first.parse().ok()?, end),
        (false, false) => {
            (first.parse().ok()?, end.map(|end| last.parse().map_or(end, |last: usize| last.min(end))))
        }
    };
    Some(last.filter(|last| first <= *last).map(|last| (first, last)).ok_or(Unsatisfiable))
}

const BYTES: &str = "application/octet-stream";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_cut_at_the_end_and_refused_behind_it() {
        for (range, expected) in [
            ("bytes=0-3", Some(Ok((0, 3)))),
            ("bytes=4-99", Some(Ok((4, 9)))),
            ("bytes=9-", Some(Ok((9, 9)))),
            ("bytes=-3", Some(Ok((7, 9)))),
            ("bytes=10-", Some(Err(Unsatisfiable))),
            ("bytes=5-4", Some(Err(Unsatisfiable))),
            ("bytes=-", None),
            ("lines=1-2", None),
        ] {
            assert_eq!(part(range, 10), expected, "{range}");
        }
        assert_eq!(part("bytes=0-", 0), Some(Err(Unsatisfiable)));
    }
}
