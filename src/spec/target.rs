//! Targets: bases, and the repositories that receive what is made of them.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

use super::reader::Reader;
use super::{At, Excerpt, KeyError, TagError, TagSuffix, written};
use crate::code::{Code, Coded};
use crate::oci::{Locator, RegistryName, is_tag};

/// A base and the repository that receives what is made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The repository that receives the customized tags.
    pub destination: At<Destination>,
    /// The base.
    pub base: Base,
    /// The base's tags that get the suffix; empty where they are to be found out.
    pub tags: Vec<At<String>>,
}

/// What a target is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// The image or chart of a definition.
    Definition(At<DefinitionId>),
    /// The image at a place; relative paths are taken from the specification's directory.
    Image(At<Locator>),
}

/// A repository to push to; no tag, no digest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Destination {
    host: Box<str>,
    repository: Box<str>,
}

/// The id of a definition: `golang/alpine-3.23/1.25`, `haproxy/helm/1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DefinitionId {
    /// The repository, such as `golang`.
    pub repository: String,
    /// The distribution and its version, such as `alpine-3.23`; `helm` for charts.
    pub distro: String,
    /// The definition's own name, such as `1.25`.
    pub stem: String,
}

/// A reference to an image or repository that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// It does not follow the grammar.
    #[error("`{text}` is no image reference: {problem}")]
    Grammar {
        /// What was found.
        text: Excerpt,
        /// What is wrong with it.
        problem: String,
        /// Whether it has letters in upper case, which repositories have not.
        has_upper_case: bool,
    },
    /// A destination with a tag or digest.
    #[error("destination `{0}` names more than a repository")]
    Pinned(Excerpt),
    /// A destination on Docker Hub without a namespace.
    #[error("destination `{0}` has no namespace")]
    Namespace(Excerpt),
    /// No id of a definition.
    #[error("`{0}` is no definition id")]
    Definition(Excerpt),
    /// The id of a chart where an image is customized.
    #[error("`{0}` is the definition of a chart")]
    Chart(Excerpt),
    /// The id of an image where a chart is customized.
    #[error("`{0}` is the definition of an image, and `reference_mappings` customizes charts")]
    NoChart(Excerpt),
    /// Nothing where something is needed.
    #[error("`scratch` holds no {0}")]
    Scratch(&'static str),
}

/// Two targets that write the same tag.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CollisionError {
    /// A tag of one repository comes from two bases.
    #[error("tag `{tag}` of `{destination}` is also written by the target on line {first}")]
    Tag {
        /// The customized tag.
        tag: String,
        /// The repository.
        destination: Destination,
        /// The line of the other target.
        first: u32,
    },
    /// One definition goes to one repository twice.
    #[error("`{destination}` already receives `{definition}` from the target on line {first}")]
    Definition {
        /// The definition.
        definition: DefinitionId,
        /// The repository.
        destination: Destination,
        /// The line of the other target.
        first: u32,
    },
}

impl Destination {
    /// The registry's host and port; `docker.io` for Docker Hub.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The repository, with its namespace.
    pub fn repository(&self) -> &str {
        &self.repository
    }
}

impl FromStr for Destination {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let name: RegistryName = text.parse().map_err(|error| ReferenceError::grammar(text, error))?;
        let last = text.rsplit('/').next().unwrap_or(text);
        if text.contains('@') || last.contains(':') {
            return Err(ReferenceError::Pinned(text.into()));
        }
        if !text.contains('/') {
            return Err(ReferenceError::Namespace(text.into()));
        }
        Ok(Self { host: name.host().into(), repository: name.repository().into() })
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.repository)
    }
}

impl DefinitionId {
    /// Whether it is a chart's.
    pub fn is_chart(&self) -> bool {
        self.distro == "helm"
    }
}

impl FromStr for DefinitionId {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let is_word = |word: &str| {
            word.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
                && word.len() <= 128
                && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
        };
        match text.split('/').collect::<Vec<_>>()[..] {
            [repository, distro, stem]
                if [repository, distro, stem].into_iter().all(is_word)
                    && (distro == "helm" || distro.contains('-')) =>
            {
                Ok(Self { repository: repository.into(), distro: distro.into(), stem: stem.into() })
            }
            _ => Err(ReferenceError::Definition(text.into())),
        }
    }
}

impl fmt::Display for DefinitionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.repository, self.distro, self.stem)
    }
}

impl ReferenceError {
    pub(super) fn grammar(text: &str, error: crate::oci::LocatorError) -> Self {
        let has_upper_case = text.contains(|c: char| c.is_ascii_uppercase());
        Self::Grammar { text: text.into(), problem: error.problem, has_upper_case }
    }

    pub(super) fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Pinned(_) => {
                "the tags are the base's with the suffix; `targets[].tags` chooses them".to_owned()
            }
            Self::Namespace(_) => "write `namespace/repo`, or `host/repo`".to_owned(),
            Self::Definition(_) => {
                "for example `golang/alpine-3.23/1.25`; an image by reference goes under `base`".to_owned()
            }
            Self::Chart(_) => "charts are customized by `reference_mappings`".to_owned(),
            Self::Grammar { has_upper_case: true, .. } => "repositories are named in lower case".to_owned(),
            Self::Grammar { .. } | Self::NoChart(_) | Self::Scratch(_) => return None,
        })
    }
}

impl Coded for ReferenceError {
    fn code(&self) -> Code {
        Code::SpecReference
    }
}

impl Coded for CollisionError {
    fn code(&self) -> Code {
        Code::Output
    }
}

impl CollisionError {
    pub(super) fn hint(&self) -> Option<String> {
        Some("give one of them another destination or other `tags`".to_owned())
    }
}

/// Whether images or charts are customized.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Image,
    Chart,
}

/// The targets, typed; collisions are reported where `suffix` could be read.
pub(super) fn targets(
    written: Vec<written::Target>,
    subject: Subject,
    suffix: Option<&TagSuffix>,
    dir: &Path,
    reader: &mut Reader,
) -> Vec<Target> {
    let targets: Vec<_> = written
        .into_iter()
        .filter_map(|one| target(one, subject, suffix.filter(|_| subject == Subject::Image), dir, reader))
        .collect();
    if let (Some(suffix), Subject::Image) = (suffix, subject) {
        for (at, later) in targets.iter().enumerate() {
            if let Some(error) = targets[..at].iter().find_map(|first| collision(first, later, suffix)) {
                reader.fault::<()>(later.destination.place, error);
            }
        }
    }
    targets
}

fn target(
    written: written::Target,
    subject: Subject,
    suffix: Option<&TagSuffix>,
    dir: &Path,
    reader: &mut Reader,
) -> Option<Target> {
    let (place, has_base) = (written.place, written.has("tag_definition_id") || written.has("base"));
    let destination = written
        .destination
        .and_then(|text| reader.check(text.place, text.0.parse()).map(|value| At::new(value, text.place)));
    let base = match (written.tag_definition_id, written.base) {
        (Some(_), Some(base)) => {
            reader.fault(base.place, KeyError::Excludes { key: "base", other: "tag_definition_id" })
        }
        (Some(id), None) => {
            let read = definition(&id.0, subject);
            reader.check(id.place, read).map(|value| Base::Definition(At::new(value, id.place)))
        }
        (None, Some(base)) => {
            let read = locator(&base.0, subject, dir);
            reader.check(base.place, read).map(|value| Base::Image(At::new(value, base.place)))
        }
        (None, None) => {
            // A value that cannot be read was there: it has its own error.
            if !has_base {
                let mapping = "targets[]".to_owned();
                let missing = KeyError::Missing { key: "tag_definition_id", mapping, or: Some("base") };
                reader.fault::<()>(place, missing);
            }
            None
        }
    };
    let tags = match written.tags {
        Some(list) => base_tags(list, suffix, reader),
        None => Vec::new(),
    };
    Some(Target { destination: destination?, base: base?, tags })
}

fn definition(text: &str, subject: Subject) -> Result<DefinitionId, ReferenceError> {
    let id: DefinitionId = text.parse()?;
    match (subject, id.is_chart()) {
        (Subject::Image, true) => Err(ReferenceError::Chart(text.into())),
        (Subject::Chart, false) => Err(ReferenceError::NoChart(text.into())),
        _ => Ok(id),
    }
}

fn locator(text: &str, subject: Subject, dir: &Path) -> Result<Locator, ReferenceError> {
    let locator: Locator = text.parse().map_err(|error| ReferenceError::grammar(text, error))?;
    match (&locator, subject) {
        (Locator::Scratch, Subject::Chart) => Err(ReferenceError::Scratch("chart")),
        _ => Ok(locator.relative_to(dir)),
    }
}

fn base_tags(
    list: At<super::form::NonEmpty<At<super::form::Text>>>,
    suffix: Option<&TagSuffix>,
    reader: &mut Reader,
) -> Vec<At<String>> {
    let tags = list.value.0.into_iter().filter_map(|tag| {
        let checked = match suffix {
            Some(suffix) => suffix.tag(&tag.0).map(drop),
            None if is_tag(&tag.0) => Ok(()),
            None => Err(TagError::Tag(tag.0.as_str().into())),
        };
        reader.check(tag.place, checked)?;
        Some(tag.map(|text| text.0))
    });
    tags.collect()
}

/// The tags of a base that are known from the file alone.
fn known_tags(target: &Target) -> BTreeSet<&str> {
    match &target.base {
        _ if !target.tags.is_empty() => target.tags.iter().map(|tag| tag.as_str()).collect(),
        Base::Image(locator) => locator.tag().into_iter().collect(),
        Base::Definition(_) => BTreeSet::new(),
    }
}

fn collision(first: &Target, later: &Target, suffix: &TagSuffix) -> Option<CollisionError> {
    if first.destination.value != later.destination.value {
        return None;
    }
    let destination = later.destination.value.clone();
    let line = first.destination.place.line;
    if let Some(base) = known_tags(first).intersection(&known_tags(later)).next() {
        let tag = suffix.tag(base).ok()?;
        return Some(CollisionError::Tag { tag, destination, first: line });
    }
    match (&first.base, &later.base) {
        (Base::Definition(one), Base::Definition(other))
            if one.value == other.value && first.tags.is_empty() && later.tags.is_empty() =>
        {
            let definition = one.value.clone();
            Some(CollisionError::Definition { definition, destination, first: line })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::minimal::of;
    use crate::spec::{Specification, parse};

    fn read(targets: &str) -> Result<Vec<Target>, Vec<(Code, String)>> {
        let text = format!("name: git\nplatforms: [linux/amd64]\ntargets:\n{targets}");
        match parse(&of(&text)).map(|parsed| parsed.specification) {
            Ok(Specification::Image(image)) => Ok(image.targets),
            Ok(Specification::Chart(chart)) => panic!("{chart:?}"),
            Err(errors) => Err(errors.iter().map(|error| (error.code(), error.to_string())).collect()),
        }
    }

    fn code(targets: &str) -> Code {
        read(targets).unwrap_err()[0].0
    }

    #[test]
    fn a_destination_is_a_repository() {
        let destination = |text: &str| text.parse::<Destination>();
        assert_eq!(destination("acme/dhi-golang").unwrap().to_string(), "docker.io/acme/dhi-golang");
        assert_eq!(destination("localhost:5000/golang").unwrap().host(), "localhost:5000");
        assert_eq!(destination("registry.example.com/a/b/c").unwrap().repository(), "a/b/c");
        for text in ["golang", "a/b:1", "a/B", "https://a/b", "", "a/b@sha256:0", "a/../b", "a//b", "/a/b"] {
            assert!(destination(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_base_is_a_definition_or_an_image() {
        let targets = read(
            "- {destination: a/b, tag_definition_id: golang/alpine-3.23/1.25-dev}\n\
             - {destination: a/c, base: oci:base:1.25, tags: ['1.25', latest]}\n\
             - {destination: a/d, base: scratch}\n",
        )
        .unwrap();
        assert!(
            matches!(&targets[0].base, Base::Definition(id) if id.to_string() == "golang/alpine-3.23/1.25-dev")
        );
        assert!(matches!(&targets[1].base, Base::Image(at) if at.to_string() == "oci:/specs/base:1.25"));
        assert_eq!(targets[1].tags.len(), 2);
    }

    #[test]
    fn a_target_has_one_base() {
        let neither = read("- {destination: a/b}\n").unwrap_err();
        assert_eq!(
            neither,
            [(Code::SpecKey, "key `tag_definition_id` of `targets[]` is missing".to_owned())]
        );
        let both = "- {destination: a/b, base: alpine, tag_definition_id: golang/alpine-3.23/1}\n";
        assert_eq!(code(both), Code::SpecKey);
        for id in
            ["golang", "golang/1.25", "golang/alpine/1", "a/b-1/c/d", "../b-1/c", "a/b-1/", "haproxy/helm/1"]
        {
            let targets = format!("- {{destination: a/b, tag_definition_id: {id}}}\n");
            assert_eq!(code(&targets), Code::SpecReference, "{id}");
        }
        assert_eq!(code("- {destination: a/b, base: 'a/b:c:d'}\n"), Code::SpecReference);
    }

    #[test]
    fn s08_tags_are_checked_with_their_suffix() {
        for tag in ["../x", "':x'", "'@sha256'", "'-x'", &"x".repeat(125)] {
            let targets = format!("- {{destination: a/b, base: alpine, tags: [{tag}]}}\n");
            assert_eq!(code(&targets), Code::SpecTag, "{tag}");
        }
        let longest = "x".repeat(124);
        assert!(read(&format!("- {{destination: a/b, base: alpine, tags: [{longest}]}}\n")).is_ok());
    }

    #[test]
    fn two_targets_never_write_one_tag() {
        for (one, other) in [
            ("base: 'alpine:3'", "base: 'debian:3'"),
            ("base: alpine, tags: ['1', '2']", "base: debian, tags: ['2']"),
            ("tag_definition_id: a/b-1/c", "tag_definition_id: a/b-1/c"),
            ("base: 'oci:x:3'", "base: alpine, tags: ['3']"),
        ] {
            let targets =
                |to: &str| format!("- {{destination: a/b, {one}}}\n- {{destination: {to}, {other}}}\n");
            assert_eq!(code(&targets("docker.io/a/b")), Code::Output, "{one}");
            assert!(read(&targets("a/c")).is_ok(), "{one}");
        }
        let (one, other) = ("tag_definition_id: go/alpine-3/1", "tag_definition_id: go/debian-13/1");
        assert!(read(&format!("- {{destination: a/b, {one}}}\n- {{destination: a/b, {other}}}\n")).is_ok());
    }
}
