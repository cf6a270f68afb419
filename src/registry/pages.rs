//! Lists that come in pages.

use std::collections::BTreeSet;

use super::error::RegistryError;
use super::link_header::next_page;
use super::repository::Repository;
use super::request::Target;
use crate::http::{HttpError, Response, Url};

impl Repository {
    /// Reads a list from its first page on, up to the limit of pages; `take` is given each page and its bytes.
    ///
    /// A page elsewhere than at the origin of the first, and one that was read already, ends it with an error.
    pub(super) fn pages(
        &self,
        first: (Response, Vec<u8>),
        mut take: impl FnMut(&Response, &[u8]) -> Result<(), RegistryError>,
    ) -> Result<(), RegistryError> {
        let (limit, mut seen, (mut page, mut bytes)) = (self.shared().limits.pages, BTreeSet::new(), first);
        loop {
            seen.insert(page.url.to_string());
            take(&page, &bytes)?;
            let Some(next) = next(&page)? else { return Ok(()) };
            if seen.contains(&next.to_string()) || seen.len() >= limit {
                return Err(RegistryError::Pages { what: page.what, limit });
            }
            (page, bytes) = self.own().fetch(self.shared(), &Target::Page(next), &[])?;
            page = page.expect(&[200])?;
        }
    }
}

/// Where a list goes on.
fn next(page: &Response) -> Result<Option<Url>, RegistryError> {
    let links = page.headers.get_all("link").iter().filter_map(|link| link.to_str().ok());
    let Some(address) = links.filter_map(next_page).next() else { return Ok(None) };
    let next = page.url.join(address).map_err(HttpError::from)?;
    if next.origin != page.url.origin {
        return Err(RegistryError::PageElsewhere { what: page.what.clone(), address: next.shown() });
    }
    Ok(Some(next))
}
