//! What a definition of a catalog says of its image: the repository it is in, and its tags.
//!
//! A definition says much more, which is about how the image is made and passed over here.

use super::form::{NonEmpty, Text, Written as _};
use super::node::{Node, NodeKind};
use super::reader::Reader;
use super::shape::mapping;
use super::{At, Place, ReferenceError, SpecError, SpecErrorKind, SpecFile, TagError, ValueError, yaml};
use crate::oci::{RegistryName, is_tag};

/// An image as a catalog defines it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The repository of the image below its source, such as `golang`.
    pub repository: String,
    /// Its tags, in the order of the definition; at least one, each once.
    pub tags: Vec<String>,
}

mapping! {
    /// The keys of a definition that are read.
    WrittenDefinition {
        /// The image's name, such as `dhi.io/golang`.
        image: At<Text> = "image" [Required];
        /// The image's tags.
        tags: NonEmpty<At<Text>> = "tags" [Required];
    }
}

impl Definition {
    /// Reads a definition; fails with everything that is wrong with what is read of it, ordered by place.
    pub fn parse(file: &SpecFile) -> Result<Self, Vec<SpecError>> {
        let document = yaml::read(&file.text).map_err(|error| vec![error])?;
        let mut reader = Reader::new(document.errors);
        let definition = read(&document.root, &mut reader);
        let errors = reader.findings().errors;
        definition.filter(|_| errors.is_empty()).ok_or(errors)
    }

    /// The tag that says most: of the most parts between `.`, `-` and `_`, then the longest, then the first.
    pub fn most_specific_tag(&self) -> &str {
        let parts = |tag: &str| tag.split(['.', '-', '_']).count();
        let most = self.tags.iter().rev().max_by_key(|tag| (parts(tag), tag.len()));
        most.expect("a definition has a tag")
    }
}

fn read(root: &Node, reader: &mut Reader) -> Option<Definition> {
    let written = WrittenDefinition::read(&known(root), reader)?;
    let image = written.image.and_then(|image| reader.check(image.place, repository(&image.0)));
    let tags = written.tags.and_then(|tags| self::tags(tags, reader));
    Some(Definition { repository: image?, tags: tags? })
}

/// The mapping without the keys that are not read.
fn known(root: &Node) -> Node {
    let mut root = root.clone();
    if let NodeKind::Mapping(keys) = &mut root.kind {
        keys.retain(|(key, _)| WrittenDefinition::KEYS.iter().any(|known| known.name == key.value));
    }
    root
}

/// The repository below a source: a host goes, and `dhi/` too, for `dhi/golang` and `dhi.io/golang` are one.
fn repository(image: &str) -> Result<String, SpecErrorKind> {
    let name: RegistryName = image.parse().map_err(|error| ReferenceError::grammar(image, error))?;
    if image.contains('@') || image.rsplit('/').next().is_some_and(|last| last.contains(':')) {
        let (found, expected, example) = (image.into(), "repository", "dhi.io/golang");
        return Err(ValueError::Form { found, expected, example }.into());
    }
    let repository = if image.contains('/') { name.repository() } else { image };
    Ok(repository.strip_prefix("dhi/").unwrap_or(repository).to_owned())
}

fn tags(written: NonEmpty<At<Text>>, reader: &mut Reader) -> Option<Vec<String>> {
    let mut tags: Vec<(String, Place)> = Vec::new();
    for At { value: Text(tag), place } in written.0 {
        if !is_tag(&tag) {
            reader.fault::<()>(place, TagError::Tag(tag.as_str().into()));
        } else if let Some((_, first)) = tags.iter().find(|(other, _)| *other == tag) {
            reader.fault::<()>(place, ValueError::Twice { found: tag.as_str().into(), first: first.line });
        } else {
            tags.push((tag, place));
        }
    }
    // A list whose elements cannot be read has errors of its own.
    (!tags.is_empty()).then(|| tags.into_iter().map(|(tag, _)| tag).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::minimal::of;

    fn parsed(text: &str) -> Definition {
        Definition::parse(&of(text)).unwrap_or_else(|errors| panic!("{errors:#?}"))
    }

    fn errors(text: &str) -> Vec<String> {
        let errors = Definition::parse(&of(text)).expect_err(text);
        errors.iter().map(|error| format!("{}: {error}", error.place.line)).collect()
    }

    #[test]
    fn a_definition_says_its_repository_and_tags_and_the_rest_is_passed_over() {
        let definition = parsed(
            "# syntax=dhi.io/build:2-alpine3.23\nname: Go 1.26.x\nimage: dhi.io/golang\nvariant: runtime\n\
             tags:\n  - 1.26-alpine3.23\n  - 1.26.7-alpine3.23\nvars:\n  A: ${VERSION:^v?([0-9]+).*$}\n\
             paths:\n  - type: file\n    path: /a\n    content: |\n      off\n    mode: \"0644\"\n",
        );
        assert_eq!(definition.repository, "golang");
        assert_eq!(definition.tags, ["1.26-alpine3.23", "1.26.7-alpine3.23"]);
    }

    #[test]
    fn the_repository_is_the_name_without_the_host() {
        for (image, repository) in [
            ("dhi.io/golang", "golang"),
            ("dhi/golang", "golang"),
            ("golang", "golang"),
            ("dhi.io/dhi/golang", "golang"),
            ("registry.example:5000/team/app", "team/app"),
        ] {
            assert_eq!(parsed(&format!("image: {image}\ntags: [\"1\"]")).repository, repository);
        }
    }

    #[test]
    fn the_most_specific_tag_has_the_most_parts() {
        for (tags, most) in [
            ("'0', '0.34', 0.34.0, 0-debian, 0.34.0-debian, 0.34.0-debian13", "0.34.0-debian13"),
            ("'3.23', 3.23-alpine3.23", "3.23-alpine3.23"),
            ("20250419-glibc, 20250419-glibc-debian13, 20250419-glibc-debian", "20250419-glibc-debian13"),
            ("latest, 1.2.3", "1.2.3"),
            ("1.2-a, 1.2-b", "1.2-a"),
            ("shell", "shell"),
        ] {
            assert_eq!(parsed(&format!("image: a/b\ntags: [{tags}]")).most_specific_tag(), most);
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_line() {
        assert_eq!(
            errors("image: dhi.io/golang:1\ntags: [1.26, 'a b', '1', \"1\"]"),
            [
                "1: `dhi.io/golang:1` is no repository",
                "2: `tags[]`: expected text, found the number `1.26`",
                "2: `a b` is no tag",
                "2: `1` is given twice, first on line 2",
            ]
        );
        assert_eq!(errors("image: ../etc\ntags: []").len(), 2);
        assert_eq!(errors("name: x"), ["1: key `image` is missing", "1: key `tags` is missing"]);
        assert_eq!(errors("- image").len(), 1);
        assert_eq!(errors("image: a/b\nimage: a/b\ntags: ['1']").len(), 1);
    }
}
