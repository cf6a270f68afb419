//! Layouts pushed to registries that are processes, with nothing of the library.

use std::path::Path;

use serde_json::Value;

use super::super::Layout;
use super::super::layout::{array, text};
use super::super::registry::{Ask, Method};
use super::Process;

impl Process {
    /// Puts the image that has a name in a layout into a repository, under that name as tag; gives its digest.
    pub(crate) fn push_layout(&self, dir: &Path, name: &str, repo: &str) -> String {
        let layout = Layout::new(dir);
        let descriptor = layout.named(name);
        self.push(&layout, &descriptor, repo, name);
        text(&descriptor["digest"])
    }

    fn push(&self, layout: &Layout, descriptor: &Value, repo: &str, reference: &str) {
        let bytes = layout.blob(descriptor);
        let document: Value = serde_json::from_slice(&bytes).expect("manifests are JSON");
        let list = |key: &str| document.get(key).map_or_else(Vec::new, |list| array(list).clone());
        for manifest in list("manifests") {
            self.push(layout, &manifest, repo, &text(&manifest["digest"]));
        }
        for blob in document.get("config").cloned().into_iter().chain(list("layers")) {
            self.push_blob(repo, &text(&blob["digest"]), layout.blob(&blob));
        }
        let put = Ask::new(Method::Put, &format!("/v2/{repo}/manifests/{reference}"));
        self.created(put.header("Content-Type", &text(&descriptor["mediaType"])).body(bytes));
    }

    fn push_blob(&self, repo: &str, digest: &str, bytes: Vec<u8>) {
        let begun = self.ask(Ask::new(Method::Post, &format!("/v2/{repo}/blobs/uploads/")));
        let begun = begun.expect("the registry answers");
        let location = begun.header("location").expect("an upload has a location");
        // Written out or not, it is asked for by its path.
        let path = &location[location.find("/v2/").expect("it lies in the API")..];
        let separator = if path.contains('?') { '&' } else { '?' };
        self.created(Ask::new(Method::Put, &format!("{path}{separator}digest={digest}")).body(bytes));
    }

    fn created(&self, ask: Ask) {
        let answer = self.ask(ask).expect("the registry answers");
        assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
    }
}
