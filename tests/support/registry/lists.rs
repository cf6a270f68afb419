//! Lists, in pages: the tags of a repository, and what refers to a manifest.

use serde_json::{Map, Value, json};

use super::api::Call;
use super::response::Response;
use super::store::{Manifest, digest_as};

pub(super) fn tags(call: &Call<'_>, repo: &str) -> Response {
    let head = &call.request.head;
    let Some(found) = call.store.repos.get(repo) else {
        return Response::error(404, "NAME_UNKNOWN", "repository name not known to registry");
    };
    let asked = head.parameter("n").and_then(|n| n.parse().ok()).unwrap_or(usize::MAX);
    let last = head.parameter("last").unwrap_or_default();
    let mut rest = found.tags.keys().filter(|tag| **tag > last);
    let page: Vec<&String> = rest.by_ref().take(asked.min(call.behaviour.tags_page)).collect();
    let answer = Response::new(200).json(&json!({"name": repo, "tags": page}));
    match (page.last(), rest.next()) {
        (Some(last), Some(_)) => {
            answer.with("Link", next(call, &format!("/v2/{repo}/tags/list?n={}&last={last}", page.len())))
        }
        _ => answer,
    }
}

pub(super) fn referrers(call: &Call<'_>, repo: &str, subject: &str) -> Response {
    let head = &call.request.head;
    if !call.behaviour.referrers {
        // A registry that does not know the path does not answer in the form of the specification.
        return Response::new(404).typed("text/plain", "404 page not found\n");
    }
    if digest_as(subject, &[]).is_none() {
        return Response::error(400, "DIGEST_INVALID", "not a digest");
    }
    let filter = head.parameter("artifactType").filter(|_| call.behaviour.filters);
    let manifests = call.store.repos.get(repo).map(|repo| &repo.manifests).into_iter().flatten();
    let all = manifests.filter_map(|(digest, manifest)| referrer(digest, manifest, subject));
    let fitting =
        all.filter(|descriptor| filter.as_ref().is_none_or(|filter| descriptor["artifactType"] == **filter));
    let from = head.parameter("from").and_then(|from| from.parse().ok()).unwrap_or(0);
    let mut rest = fitting.skip(from);
    let page: Vec<Value> = rest.by_ref().take(call.behaviour.referrers_page).collect();
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": page});
    let mut answer = Response::new(200).typed(INDEX, index.to_string());
    if filter.is_some() {
        answer = answer.with("OCI-Filters-Applied", "artifactType");
    }
    if rest.next().is_some() {
        let filter =
            filter.map_or_else(String::new, |filter| format!("artifactType={}&", filter.replace('+', "%2B")));
        let to = format!("/v2/{repo}/referrers/{subject}?{filter}from={}", from + page.len());
        answer = answer.with("Link", next(call, &to));
    }
    answer
}

/// The descriptor of a manifest, if it refers to a subject.
fn referrer(digest: &str, manifest: &Manifest, subject: &str) -> Option<Value> {
    let document = manifest.document();
    if document["subject"]["digest"] != subject {
        return None;
    }
    let mut descriptor = Map::new();
    descriptor.insert("mediaType".to_owned(), json!(manifest.media_type));
    descriptor.insert("digest".to_owned(), json!(digest));
    descriptor.insert("size".to_owned(), json!(manifest.bytes.len()));
    let artifact_type = document.get("artifactType").or_else(|| document["config"].get("mediaType"));
    for (key, value) in [("artifactType", artifact_type), ("annotations", document.get("annotations"))] {
        if let Some(value) = value {
            descriptor.insert(key.to_owned(), value.clone());
        }
    }
    Some(descriptor.into())
}

fn next(call: &Call<'_>, path: &str) -> String {
    format!("<{}>; rel=\"next\"", call.url(path))
}

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
