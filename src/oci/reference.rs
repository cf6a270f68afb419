//! The grammar of references, as the
//! [distribution](https://github.com/distribution/reference/blob/main/reference.go) has it.
//!
//! `oci-spec` has it as one regular expression, which takes longer to compile than a whole build may take whose inputs
//! are known; so that one is asked only why a text is no reference.

use oci_spec::distribution::{ParseError, Reference};

use super::is_tag;

/// Host, repository and tag of a reference without a digest; on Docker Hub where it names no host.
pub(super) fn parse(text: &str) -> Result<(String, String, Option<String>), String> {
    let (name, tag) = match text.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (text, None),
    };
    let is_sound = tag.is_none_or(is_tag) && is_name(name);
    let (host, repository) = if is_sound { split(name) } else { return Err(why_not(text)) };
    // The library finds a host in `Acme/app` and none in `a.b_c/app`, although only dots and colons make one.
    if repository.contains(|char: char| char.is_ascii_uppercase()) {
        return Err(ParseError::NameContainsUppercase.to_string());
    }
    if host.contains('_') {
        return Err("a host has no `_`".to_owned());
    }
    if repository.len() > REPOSITORY_LIMIT {
        return Err(ParseError::NameTooLong.to_string());
    }
    Ok((host, repository, tag.map(str::to_owned)))
}

/// The longest repository, in bytes.
const REPOSITORY_LIMIT: usize = 255;
const DOCKER_HUB: &str = "docker.io";

/// What is wrong with a text that is no reference.
fn why_not(text: &str) -> String {
    let error = text.parse::<Reference>().err().unwrap_or(ParseError::TagInvalidFormat);
    error.to_string()
}

/// Whether a text is the components of a repository, a host before them or not.
fn is_name(name: &str) -> bool {
    let is_path = |path: &str| path.split('/').all(is_component);
    is_path(name) || name.split_once('/').is_some_and(|(host, path)| is_host(host) && is_path(path))
}

/// `[a-z0-9]+((\.|_|__|-*)[a-z0-9]+)*`
fn is_component(component: &str) -> bool {
    let is_letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let (first, last) = (component.bytes().next(), component.bytes().next_back());
    let is_separator = |run: &str| matches!(run, "." | "_" | "__") || run.bytes().all(|b| b == b'-');
    first.is_some_and(is_letter)
        && last.is_some_and(is_letter)
        && component.split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()).all(is_separator)
}

/// Labels as those of domains, separated by dots, and a port or none.
fn is_host(host: &str) -> bool {
    let (domain, port) = host.split_once(':').map_or((host, None), |(domain, port)| (domain, Some(port)));
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    domain.split('.').all(is_label)
        && port.is_none_or(|port| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
}

/// Host and repository of a name: what comes before the first `/` is a host if it looks like one.
fn split(name: &str) -> (String, String) {
    let looks_like_host = |text: &str| text.contains(['.', ':']) || text == "localhost";
    let (host, repository) = match name.split_once('/') {
        Some((host, repository)) if looks_like_host(host) => (host, repository),
        _ => (DOCKER_HUB, name),
    };
    let host = if host == "index.docker.io" { DOCKER_HUB } else { host };
    let is_official = host == DOCKER_HUB && !repository.contains('/');
    let repository = if is_official { format!("library/{repository}") } else { repository.to_owned() };
    (host.to_owned(), repository)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What the library makes of a text, but for the hosts and repositories that it does not look at again.
    fn expected(text: &str) -> Option<(String, String)> {
        let parsed: Reference = text.parse().ok()?;
        let is_upper = parsed.repository().contains(|char: char| char.is_ascii_uppercase());
        let is_host = !parsed.registry().contains('_');
        (!is_upper && is_host).then(|| (parsed.registry().to_owned(), parsed.repository().to_owned()))
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_a_reference_is_what_the_library_takes_for_one(
            text in "(([aB0-]{1,3}(\\.[a-]{1,2})?|localhost|index.docker.io)(:[0-9]{0,2})?/)?[ab0._-]{1,6}(/[ab0._-]{1,5}){0,2}(:[aB0._-]{0,3})?"
        ) {
            prop_assert_eq!(parse(&text).ok().map(|(host, repository, _)| (host, repository)), expected(&text));
        }

        #[test]
        fn no_text_makes_a_difference(text in "[aA0./:_-]{0,12}") {
            prop_assert_eq!(parse(&text).ok().map(|(host, repository, _)| (host, repository)), expected(&text));
        }
    }

    #[test]
    fn the_longest_repository_is_one_and_a_longer_one_is_not() {
        for (length, is_one) in [(255, true), (256, false)] {
            let text = format!("a.b/{}", "a".repeat(length));
            assert_eq!(parse(&text).is_ok(), is_one);
            assert_eq!(expected(&text).is_some(), is_one);
        }
    }

    #[test]
    fn a_tag_is_ascii_whatever_the_library_says() {
        assert_eq!(parse("a:é"), Err("invalid tag format".to_owned()));
        assert_eq!(parse("a/B"), Err("invalid reference format".to_owned()));
        assert_eq!(parse("a/b:C"), Ok(("docker.io".to_owned(), "a/b".to_owned(), Some("C".to_owned()))));
    }
}
