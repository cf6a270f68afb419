//! The order of a push, as the log has it.

use super::request::form;

use super::routes::Route;
use super::store::References;
use super::{Entry, Log, Method};

impl Log {
    /// Fails where a manifest was put before something that it names, or anything was put into a repository after its tags.
    pub(crate) fn push_order(&self) -> Result<(), String> {
        let done: Vec<&Entry> = self.iter().filter(|entry| entry.succeeded()).collect();
        for (place, entry) in done.iter().enumerate() {
            let Some(Route::Manifest { repo, reference }) = manifest_put(entry) else { continue };
            let later = done[place + 1..].iter().filter(|later| is_in(later, &repo));
            let before = done[..place].iter().filter(|before| is_in(before, &repo));
            let made_before: Vec<String> = before.filter_map(|entry| made(entry)).collect();
            for later in later {
                let Some(digest) = made(later) else { continue };
                if named(entry)?.contains(&digest) && !made_before.contains(&digest) {
                    return Err(format!("{digest} came after {reference} of {repo}, which names it"));
                }
                if is_plain_tag(&reference) && !tag_put(later) {
                    return Err(format!("{digest} came after tag {reference} of {repo}"));
                }
            }
        }
        Ok(())
    }
}

fn manifest_put(entry: &Entry) -> Option<Route> {
    let route = Route::parse(path(entry))?;
    (entry.method == Method::Put && matches!(route, Route::Manifest { .. })).then_some(route)
}

fn tag_put(entry: &Entry) -> bool {
    matches!(manifest_put(entry), Some(Route::Manifest { reference, .. }) if is_plain_tag(&reference))
}

/// Whether it is a tag, and none that stands in for the referrers API.
fn is_plain_tag(reference: &str) -> bool {
    !reference.contains(':') && !reference.starts_with("sha256-")
}

fn is_in(entry: &Entry, repo: &str) -> bool {
    Route::parse(path(entry)).is_some_and(|route| route.repo() == Some(repo))
}

/// The digest, or the tag, that a request has brought into its repository.
fn made(entry: &Entry) -> Option<String> {
    if let Some(Route::Manifest { reference, .. }) = manifest_put(entry) {
        return Some(reference);
    }
    let query = entry.target.split_once('?').map_or("", |(_, query)| query);
    let parameter = if entry.target.contains("mount=") { "mount" } else { "digest" };
    (entry.status == Some(201)).then(|| form(query, parameter).next()).flatten()
}

/// The digests that a manifest names.
fn named(entry: &Entry) -> Result<Vec<String>, String> {
    let document = serde_json::from_slice(&entry.body).map_err(|error| error.to_string())?;
    Ok(References::of(&document)?.all.into_iter().map(|one| one.digest).collect())
}

fn path(entry: &Entry) -> &str {
    entry.target.split('?').next().unwrap_or_default()
}
