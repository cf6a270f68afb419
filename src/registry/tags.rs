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

#[cfg(test)]
mod tests {
    use crate::code::{Code, Coded};
    use crate::registry::sample::{Server, answer, repository};

    #[test]
    fn every_page_of_tags_is_read() {
        let server = Server::start(|asked| match asked.target.as_str() {
            "/v2/acme/app/tags/list" => answer(200)
                .body(r#"{"name":"acme/app","tags":["1","2"]}"#)
                .with("link", "<list?last=2>; rel=\"next\""),
            "/v2/acme/app/tags/list?last=2" => answer(200).body(r#"{"name":"acme/app","tags":["3"]}"#),
            _ => answer(404),
        });
        assert_eq!(repository(&server).tags().unwrap(), ["1", "2", "3"]);
    }

    #[test]
    fn a_repository_without_tags_or_that_is_missing_has_none() {
        for reply in [answer(404), answer(200).body("{\"name\":\"x\",\"tags\":null}"), answer(200).body("{}")]
        {
            let server = Server::start(move |_| reply.clone());
            assert!(repository(&server).tags().unwrap().is_empty());
        }
    }

    #[test]
    fn a_list_that_cannot_be_understood_is_an_error() {
        for (body, code) in
            [("<html>", Code::Json), (r#"{"tags":["../x"]}"#, Code::Json), (r#"{"tags":[1]}"#, Code::Json)]
        {
            let server = Server::start(move |_| answer(200).body(body));
            assert_eq!(repository(&server).tags().unwrap_err().code(), code);
        }
        let server = Server::start(|_| answer(200).body("{}").with("link", "<list>; rel=next"));
        assert_eq!(repository(&server).tags().unwrap_err().code(), Code::LimitReferrers);
    }
}
