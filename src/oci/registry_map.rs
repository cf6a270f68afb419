//! Where references are looked for instead of in their registries.

use super::{Locator, LocatorError, RegistryName};
use crate::printable::without_user;

/// Prefixes of references that are looked for elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistryMap(Vec<(String, String)>);

/// A text that is no mapping of registries.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no mapping: {problem}")]
pub struct RegistryMapError {
    /// What was found.
    pub text: String,
    /// What is wrong with it.
    pub problem: String,
}

/// How places that are no registries are spelled.
const LOCAL: [&str; 3] = ["oci:", "oci-archive:", "docker-archive:"];

impl RegistryMap {
    /// Adds `FROM=TO`: a host or prefix, and the prefix, layout or archive that stands for it.
    pub fn add(&mut self, text: &str) -> Result<(), RegistryMapError> {
        let error = |problem: String| RegistryMapError { text: without_user(text), problem };
        let expected = || error("expected FROM=TO, such as `docker.io/acme=oci:./images`".to_owned());
        let (from, to) = text.split_once('=').ok_or_else(expected)?;
        let (from, to) = (from.trim_end_matches('/'), to.trim_end_matches('/'));
        if from.is_empty() || to.is_empty() {
            return Err(expected());
        }
        if LOCAL.iter().any(|scheme| to.starts_with(scheme)) {
            to.parse::<Locator>().map_err(|problem| error(problem.problem))?;
        }
        self.0.push((full_prefix(from), to.to_owned()));
        Ok(())
    }

    /// Where `name` is to be looked for: the longest prefix decides, whole components alone.
    ///
    /// What follows the prefix is appended to a directory or a registry. Its digest decides everywhere; its tag where the
    /// mapping names none and leads to no archive, which stands for one image.
    pub fn apply(&self, name: &RegistryName) -> Result<Locator, LocatorError> {
        let full = name.full_repository();
        let Some((to, rest)) = self.longest(&full) else { return Ok(Locator::Registry(name.clone())) };
        let pinned = name.digest().copied();
        match to.parse() {
            Ok(Locator::Layout { dir, tag, digest }) => {
                let dir = if rest.is_empty() { dir } else { dir.join(rest.trim_start_matches('/')) };
                let tag = tag.or_else(|| name.tag().map(str::to_owned));
                Ok(Locator::Layout { dir, tag, digest: pinned.or(digest) })
            }
            Ok(Locator::OciArchive { file, tag, digest }) => {
                Ok(Locator::OciArchive { file, tag, digest: pinned.or(digest) })
            }
            Ok(Locator::DockerArchive { .. }) if pinned.is_some() => Err(LocatorError {
                text: name.to_string(),
                problem: format!("its digest cannot be held against `{to}`, which has none"),
            }),
            Ok(archive @ Locator::DockerArchive { .. }) => Ok(archive),
            _ => {
                let tag = name.tag().map(|tag| format!(":{tag}")).unwrap_or_default();
                let digest = pinned.map(|digest| format!("@{digest}")).unwrap_or_default();
                format!("{to}{rest}{tag}{digest}").parse()
            }
        }
    }

    /// What the longest prefix of a repository leads to, and what follows the prefix; of equal ones the last counts.
    fn longest<'a>(&self, full: &'a str) -> Option<(&str, &'a str)> {
        let mut found: Option<(usize, &str, &str)> = None;
        for (from, to) in &self.0 {
            let Some(rest) = full.strip_prefix(from.as_str()) else { continue };
            let is_whole = rest.is_empty() || rest.starts_with('/');
            if is_whole && found.is_none_or(|(length, ..)| from.len() >= length) {
                found = Some((from.len(), to, rest));
            }
        }
        found.map(|(_, to, rest)| (to, rest))
    }
}

/// A prefix with its host: what has none is on Docker Hub.
fn full_prefix(from: &str) -> String {
    let first = from.split('/').next().unwrap_or(from);
    let is_host = first.contains('.') || first.contains(':') || first == "localhost";
    if is_host { from.to_owned() } else { format!("docker.io/{from}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_decides_and_the_rest_is_appended() {
        let mut map = RegistryMap::default();
        for text in
            ["docker.io=oci:hub", "acme=oci:acme", "acme/jre=oci:one:jre", "dhi.io=127.0.0.1:5000/dhi"]
        {
            map.add(text).unwrap();
        }
        let apply = |text: &str| map.apply(&text.parse().unwrap()).unwrap().to_string();
        assert_eq!(apply("alpine:3"), "oci:hub/library/alpine:3");
        assert_eq!(apply("acme/tools:1"), "oci:acme/tools:1");
        assert_eq!(apply("acme/jre:21"), "oci:one:jre");
        assert_eq!(apply("acmes/tools:1"), "oci:hub/acmes/tools:1");
        assert_eq!(apply("dhi.io/golang:1.25"), "127.0.0.1:5000/dhi/golang:1.25");
        assert_eq!(apply("quay.io/a/b:1"), "quay.io/a/b:1");
        for text in ["nothing", "=oci:x", "a=", "a=oci:", "a=oci:x:b c", "a=docker-archive:x:y"] {
            assert!(map.add(text).is_err(), "{text}");
        }
    }

    #[test]
    fn r02_a_digest_is_held_against_whatever_stands_for_the_registry() {
        let mut map = RegistryMap::default();
        for text in ["a.io=oci:one", "b.io=oci-archive:b.tar:1", "c.io=docker-archive:c.tar"] {
            map.add(text).unwrap();
        }
        let digest = crate::oci::Digest::of(b"");
        let apply = |host: &str| map.apply(&format!("{host}/x:1@{digest}").parse().unwrap());
        assert_eq!(apply("a.io").unwrap().to_string(), format!("oci:one/x:1@{digest}"));
        assert_eq!(apply("b.io").unwrap().to_string(), format!("oci-archive:b.tar:1@{digest}"));
        assert!(apply("c.io").is_err());
    }
}
