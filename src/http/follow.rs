//! Requests that are redirected.

use ureq::http::HeaderValue;

use super::address::{Reach, reach_of};
use super::client::Client;
use super::deliver::Undelivered;
use super::error::{HttpError, RedirectProblem};
use super::request::Request;
use super::response::Response;
use super::url::Url;

impl Client {
    /// Sends a request that reads to `url`, and once more to wherever it is redirected, up to the limit of redirects; what
    /// it shows is left out from the first other origin on.
    pub(crate) fn follow(
        &self,
        mut url: Url,
        request: &Request<'_, '_>,
        mut authorization: Option<&HeaderValue>,
    ) -> Result<Response, HttpError> {
        let first = url.origin.clone();
        let (mut reach, mut from) = (Reach::ALL, String::new());
        for left in (0..=self.limits().redirects).rev() {
            let answer = self.deliver(&url, reach, request, authorization).map_err(|error| match error {
                Undelivered::Error(error) => error,
                Undelivered::OutOfReach(address) => {
                    let problem = RedirectProblem::Reach(address);
                    HttpError::Redirect { what: from.clone(), to: url.shown(), problem }
                }
            })?;
            if !answer.is_redirect() {
                return Ok(answer);
            }
            let next = next(&answer, left)?;
            if next.origin != answer.url.origin {
                authorization = None;
            }
            if next.origin != first {
                reach = Reach { private: true, ..reach_of(&first) };
            }
            (from, url) = (answer.what, next);
        }
        unreachable!("the last redirect is an error")
    }
}

/// Where an answer redirects a request to, if that may be followed and so many more.
fn next(answer: &Response, left: u32) -> Result<Url, HttpError> {
    let next = answer.redirected()?;
    let problem = match () {
        () if answer.url.origin.is_tls && !next.origin.is_tls => RedirectProblem::Plain,
        () if left == 0 => RedirectProblem::Count,
        () => return Ok(next),
    };
    Err(answer.not_followed(next.shown(), problem))
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn r11_tls_is_not_left_and_a_query_is_not_told() {
        let from = Response {
            what: String::new(),
            status: 307,
            headers: [("location", "http://reg.example/x?signature=secret")]
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                .into_iter()
                .collect(),
            url: "https://reg.example/v2/".parse().unwrap(),
            body: Box::new(io::empty()),
        };
        let error = next(&from, 1).unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
        assert!(matches!(error, HttpError::Redirect { problem: RedirectProblem::Plain, .. }), "{error}");
    }
}
