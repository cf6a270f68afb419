//! Artifacts: images whose files are layered in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::form::{NonEmpty, PlatformName, Text};
use super::reader::Reader;
use super::script::directory;
use super::{At, Excerpt, NoteKind, Place, ReferenceError, SpecErrorKind, SpecLimit, ValueError, written};
use crate::code::{Code, Coded};
use crate::oci::{Locator, Platform};
use crate::rootfs::{Pattern, PatternError, RootPath};

/// An image whose files are layered in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The image; relative paths are taken from the specification's directory.
    pub source: At<Locator>,
    /// What is taken; at least one.
    pub includes: Vec<At<Pattern>>,
    /// What of it is left out.
    pub excludes: Vec<At<Pattern>>,
    /// The user that everything taken shall belong to, instead of its own.
    pub uid: Option<u32>,
    /// The group that everything taken shall belong to, instead of its own.
    pub gid: Option<u32>,
    /// The directory under which everything taken is placed.
    pub to: RootPath,
    /// The platforms that get it, instead of all.
    pub platforms: Option<BTreeSet<Platform>>,
}

/// A pattern that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternFault {
    /// It has a component `..`.
    #[error("{side} `{pattern}`: path leaves the image through `..`")]
    Leaves {
        /// Whether it includes or excludes.
        side: Side,
        /// The pattern.
        pattern: Excerpt,
    },
    /// It does not follow the grammar.
    #[error("{side} `{pattern}`: {problem}")]
    Grammar {
        /// Whether it includes or excludes.
        side: Side,
        /// The pattern.
        pattern: Excerpt,
        /// What is wrong with it.
        problem: PatternError,
    },
}

/// Which list a pattern stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// `includes`
    Include,
    /// `excludes`
    Exclude,
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Include => "include",
            Self::Exclude => "exclude",
        })
    }
}

impl Coded for PatternFault {
    fn code(&self) -> Code {
        Code::SpecPattern
    }
}

impl PatternFault {
    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Self::Leaves { .. } => Some("paths start at the image root, for example `etc/ssl`".to_owned()),
            Self::Grammar { side: Side::Include, pattern, .. } if pattern.begins_with("!") => {
                Some("what is not to be taken stands under `excludes`, without `!`".to_owned())
            }
            Self::Grammar { .. } => None,
        }
    }
}

/// Patterns of all artifacts.
const MOST_PATTERNS: usize = 1_000;
/// Bytes of a pattern.
const LONGEST_PATTERN: usize = 1 << 10;

/// The artifacts, typed. `known` are the customization's platforms, where they could be read.
pub(super) fn artifacts(
    written: Vec<written::Artifact>,
    known: Option<&BTreeMap<Platform, Place>>,
    dir: &Path,
    reader: &mut Reader,
) -> Vec<Artifact> {
    let mut left = MOST_PATTERNS;
    for artifact in &written {
        let includes = artifact.includes.iter().flat_map(|list| &list.0);
        let over = includes.chain(artifact.excludes.iter().flatten()).nth(left).map(|pattern| pattern.place);
        if let Some(place) = over {
            reader.fault::<()>(place, SpecLimit::Patterns(MOST_PATTERNS));
            break;
        }
        left -= artifact.includes.as_ref().map_or(0, |list| list.0.len());
        left -= artifact.excludes.as_ref().map_or(0, Vec::len);
    }
    written.into_iter().filter_map(|one| artifact(one, known, dir, reader)).collect()
}

fn artifact(
    written: written::Artifact,
    known: Option<&BTreeMap<Platform, Place>>,
    dir: &Path,
    reader: &mut Reader,
) -> Option<Artifact> {
    let source = written.name.and_then(|name| {
        let read = source(&name.0, dir);
        reader.check(name.place, read).map(|source| At::new(source, name.place))
    });
    let includes = written.includes.map(|list| patterns(list.0, Side::Include, reader));
    let excludes = patterns(written.excludes.unwrap_or_default(), Side::Exclude, reader);
    let to = match written.to {
        Some(to) => reader.check(to.place, directory(&to.0)),
        None => Some(RootPath::root()),
    };
    let platforms = written.platforms.map(|list| subset(list, known, reader));
    Some(Artifact {
        source: source?,
        includes: includes?,
        excludes,
        uid: written.uid.map(|id| id.0),
        gid: written.gid.map(|id| id.0),
        to: to?,
        platforms,
    })
}

fn source(text: &str, dir: &Path) -> Result<Locator, ReferenceError> {
    let locator: Locator = text.parse().map_err(|error| ReferenceError::grammar(text, error))?;
    match locator {
        Locator::Scratch => Err(ReferenceError::Scratch("files")),
        locator => Ok(locator.relative_to(dir)),
    }
}

fn patterns(list: Vec<At<Text>>, side: Side, reader: &mut Reader) -> Vec<At<Pattern>> {
    list.into_iter()
        .filter_map(|written| {
            let text = written.0.trim_start_matches('/');
            if text.len() < written.0.len() && !text.is_empty() {
                reader.note(written.place, NoteKind::LeadingSlash { written: written.0.clone() });
            }
            reader.check(written.place, pattern(text, side)).map(|pattern| At::new(pattern, written.place))
        })
        .collect()
}

fn pattern(text: &str, side: Side) -> Result<Pattern, SpecErrorKind> {
    if text.len() > LONGEST_PATTERN {
        return Err(SpecLimit::Pattern { found: text.len(), limit: LONGEST_PATTERN }.into());
    }
    let pattern = Excerpt::from(text);
    if text.split('/').any(|component| component == "..") {
        return Err(PatternFault::Leaves { side, pattern }.into());
    }
    Pattern::parse(text).map_err(|problem| PatternFault::Grammar { side, pattern, problem }.into())
}

/// Platforms of a part of the customization, each of which the customization must have.
pub(super) fn subset(
    list: NonEmpty<At<PlatformName>>,
    known: Option<&BTreeMap<Platform, Place>>,
    reader: &mut Reader,
) -> BTreeSet<Platform> {
    let mut subset = BTreeMap::new();
    for At { value: PlatformName(platform), place } in list.0 {
        if known.is_some_and(|known| !known.contains_key(&platform)) {
            reader.fault::<()>(place, ValueError::ForeignPlatform(platform.to_string()));
        }
        insert(&mut subset, platform, place, reader);
    }
    subset.into_keys().collect()
}

/// Adds a platform, which may stand in its list once.
pub(super) fn insert(
    platforms: &mut BTreeMap<Platform, Place>,
    platform: Platform,
    place: Place,
    reader: &mut Reader,
) {
    match platforms.get(&platform) {
        Some(first) => {
            let found = platform.to_string().as_str().into();
            reader.fault::<()>(place, ValueError::Twice { found, first: first.line });
        }
        None => {
            platforms.insert(platform, place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::minimal::{codes, errors, image};

    fn artifact(keys: &str) -> String {
        format!("contents: {{artifacts: [{{name: acme/certs, {keys}}}]}}")
    }

    #[test]
    fn an_artifact_has_a_source_and_patterns() {
        let spec =
            image(&artifact("includes: [etc/ssl, /usr/**], excludes: [a], uid: 0, gid: 5, to: /opt/x"));
        let artifact = &spec.artifacts[0];
        assert_eq!(artifact.source.to_string(), "docker.io/acme/certs:latest");
        let includes: Vec<_> = artifact.includes.iter().map(|pattern| pattern.as_str()).collect();
        assert_eq!(includes, ["etc/ssl", "usr/**"]);
        assert_eq!((artifact.uid, artifact.gid), (Some(0), Some(5)));
        assert_eq!(artifact.to.to_string(), "opt/x");
    }

    #[test]
    fn local_images_are_found_from_the_directory_of_the_file() {
        let spec = image("contents: {artifacts: [{name: 'oci:a/b:c', includes: [d]}]}");
        assert_eq!(spec.artifacts[0].source.to_string(), "oci:/specs/a/b:c");
    }

    #[test]
    fn a_pattern_stays_in_the_image_and_negates_nothing() {
        assert_eq!(
            errors(&artifact("includes: [../etc], excludes: [a/../b]")),
            [
                "include `../etc`: path leaves the image through `..`",
                "exclude `a/../b`: path leaves the image through `..`",
            ]
        );
        for pattern in ["'!a'", "''", "/", "'[a'"] {
            assert_eq!(codes(&artifact(&format!("includes: [{pattern}]"))), [Code::SpecPattern], "{pattern}");
        }
        assert_eq!(codes(&artifact("includes: [a], to: opt")), [Code::SpecPath]);
    }

    #[test]
    fn s12_patterns_are_limited_in_number_and_length() {
        let list = |count: usize| "a, ".repeat(count);
        assert_eq!(
            image(&artifact(&format!("includes: [{}]", list(1000)))).artifacts[0].includes.len(),
            1000
        );
        let too_many = artifact(&format!("includes: [{}], excludes: [b]", list(1000)));
        assert_eq!(codes(&too_many), [Code::LimitSpec]);
        assert_eq!(codes(&artifact(&format!("includes: [{}]", "a".repeat(1025)))), [Code::LimitSpec]);
        assert!(!image(&artifact(&format!("includes: [{}]", "a".repeat(1024)))).artifacts.is_empty());
    }

    #[test]
    fn platforms_of_a_part_are_platforms_of_the_whole() {
        let text = "name: x\ntargets: [{destination: a/b, base: scratch}]\nplatforms: [linux/amd64]\n\
                    contents: {artifacts: [{name: a/b, includes: [c], platforms: [linux/arm64]}]}";
        let errors = crate::spec::parse(&crate::spec::minimal::of(text)).unwrap_err();
        assert_eq!(
            errors[0].to_string(),
            "platform `linux/arm64` is not among `platforms` of the customization"
        );
        let twice = artifact("includes: [c], platforms: [linux/arm64, linux/arm64]");
        assert_eq!(super::super::minimal::errors(&twice), ["`linux/arm64` is given twice, first on line 4"]);
    }

    #[test]
    fn scratch_is_no_artifact() {
        assert_eq!(codes("contents: {artifacts: [{name: scratch, includes: [a]}]}"), [Code::SpecReference]);
    }
}
