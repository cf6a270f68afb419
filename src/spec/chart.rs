//! Reference mappings of charts.

use std::fmt;
use std::str::FromStr;

use super::reader::Reader;
use super::{At, ReferenceError, written};
use crate::oci::{Digest, RegistryName};

/// A repository of a chart's images, and the one that stands in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferenceMapping {
    /// What charts name.
    pub from: At<MappedImage>,
    /// What they shall name; without tag and digest the chart's stay.
    pub to: At<MappedImage>,
}

/// An image reference as charts write it: host, tag and digest are there only where they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappedImage {
    /// The registry's host and port, where one is written.
    pub host: Option<String>,
    /// The repository as it is written.
    pub repository: String,
    /// The tag, where one is written.
    pub tag: Option<String>,
    /// The digest, where one is written.
    pub digest: Option<Digest>,
}

impl FromStr for MappedImage {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let name: RegistryName = text.parse().map_err(|error| ReferenceError::grammar(text, error))?;
        let named = text.split('@').next().unwrap_or(text);
        let (named, tag) = match named.rsplit_once(':') {
            Some((named, tag)) if !tag.contains('/') => (named, Some(tag)),
            _ => (named, None),
        };
        let (host, repository) = match named.split_once('/') {
            Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => (Some(host), rest),
            _ => (None, named),
        };
        Ok(Self {
            host: host.map(str::to_owned),
            repository: repository.to_owned(),
            tag: tag.map(str::to_owned),
            digest: name.digest().cloned(),
        })
    }
}

impl fmt::Display for MappedImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.host.as_ref().map_or(Ok(()), |host| write!(f, "{host}/"))?;
        f.write_str(&self.repository)?;
        self.tag.as_ref().map_or(Ok(()), |tag| write!(f, ":{tag}"))?;
        self.digest.as_ref().map_or(Ok(()), |digest| write!(f, "@{digest}"))
    }
}

/// The mappings, typed.
pub(super) fn mappings(written: Vec<written::Mapping>, reader: &mut Reader) -> Vec<ReferenceMapping> {
    let mut image = |text: At<super::form::Text>| {
        reader.check(text.place, text.0.parse()).map(|image: MappedImage| At::new(image, text.place))
    };
    written
        .into_iter()
        .filter_map(|mapping| {
            let (from, to) = (mapping.from.and_then(&mut image), mapping.to.and_then(&mut image));
            Some(ReferenceMapping { from: from?, to: to? })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::minimal::of;
    use crate::spec::{ChartCustomization, Specification, parse};

    const CHART: &str =
        "name: mirrored\ntargets: [{destination: acme/chart, tag_definition_id: haproxy/helm/1}]\n";

    fn chart(more: &str) -> Result<ChartCustomization, Vec<String>> {
        match parse(&of(&format!("{CHART}{more}"))) {
            Ok(parsed) => match parsed.specification {
                Specification::Chart(chart) => Ok(chart),
                Specification::Image(image) => panic!("{image:?}"),
            },
            Err(errors) => Err(errors.iter().map(ToString::to_string).collect()),
        }
    }

    #[test]
    fn a_mapping_keeps_what_was_written_apart_from_what_was_not() {
        let chart =
            chart("reference_mappings: [{from: dhi/haproxy, to: 'localhost:5000/haproxy:1'}]").unwrap();
        let ReferenceMapping { from, to } = &chart.mappings[0];
        assert_eq!(
            (from.host.as_deref(), from.repository.as_str(), from.tag.as_deref()),
            (None, "dhi/haproxy", None)
        );
        assert_eq!((to.host.as_deref(), to.tag.as_deref()), (Some("localhost:5000"), Some("1")));
        let pinned = format!("dhi.io/haproxy:3@{}", Digest::of(b""));
        assert_eq!(pinned.parse::<MappedImage>().unwrap().to_string(), pinned);
        assert_eq!("haproxy".parse::<MappedImage>().unwrap().to_string(), "haproxy");
    }

    #[test]
    fn keys_of_images_are_refused_in_charts() {
        let mapping = "reference_mappings: [{from: a/b, to: c/d}]\n";
        assert_eq!(
            chart(&format!("{mapping}platforms: [linux/amd64]\ncontent: 1")).unwrap_err(),
            [
                "`platforms` belongs to images, and `reference_mappings` makes this a chart",
                "unknown key `content`",
            ]
        );
    }

    #[test]
    fn mappings_and_targets_are_checked() {
        assert_eq!(
            chart("reference_mappings: []").unwrap_err(),
            ["`reference_mappings` needs at least one element"]
        );
        assert_eq!(
            chart("reference_mappings: [{from: A}]").unwrap_err().len(),
            2,
            "a reference that is none, and no `to`"
        );
        let image = "name: x\ntargets: [{destination: a/b, tag_definition_id: golang/alpine-3.23/1}]\n\
                     reference_mappings: [{from: a/b, to: c/d}]";
        assert!(parse(&of(image)).unwrap_err()[0].to_string().contains("is the definition of an image"));
    }
}
