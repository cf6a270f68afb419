//! The tags of a repository.

use serde::Deserialize;

use super::error::RegistryError;
use super::repository::Repository;
use super::request::Target;
use super::route::Route;
use crate::oci::is_tag;
use crate::oci::json::{self, JsonError};

/// A page of the list.
#[derive(Deserialize)]
struct Page {
    /// Some registries write `null` where there is none.
    tags: Option<Vec<String>>,
}

impl Repository {
    /// All tags of the repository, in the registry's order; none where there is no such repository.
    pub fn tags(&self) -> Result<Vec<String>, RegistryError> {
        let target = Target::Route(Route::tags(self.name()), Vec::new());
        let (first, bytes) = self.own().fetch(self.shared(), &target, &[])?;
        if first.status == 404 {
            first.discard();
            return Ok(Vec::new());
        }
        let mut tags = Vec::new();
        self.pages((first.expect(&[200])?, bytes), |answer, bytes| {
            let page: Page = json::parse(bytes)
                .and_then(json::typed)
                .map_err(|error| RegistryError::json(answer.what.clone(), error))?;
            for tag in page.tags.unwrap_or_default() {
                if !is_tag(&tag) {
                    let reason = "a tag in it has characters that no tag has".to_owned();
                    return Err(RegistryError::json(answer.what.clone(), JsonError { reason }));
                }
                tags.push(tag);
            }
            Ok(())
        })?;
        Ok(tags)
    }
}
