//! Platforms: operating system, architecture and variant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A platform in containerd's normal form: `linux/arm64/v8` and `linux/arm64` are one, `linux/arm` is `linux/arm/v7`.
///
/// Ordered by its spelling, so that `linux/amd64` comes before `linux/arm64`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Platform {
    os: Box<str>,
    architecture: Box<str>,
    variant: Box<str>,
}

/// A text that is no platform.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no platform: expected operating system and architecture, such as `linux/amd64`")]
pub struct PlatformError {
    /// What was found.
    pub text: String,
}

impl Platform {
    /// The platform of these fields, as configs and indexes spell them.
    pub fn new(os: &str, architecture: &str, variant: Option<&str>) -> Result<Self, PlatformError> {
        let variant = variant.unwrap_or("");
        let word = |text: &str| {
            !text.is_empty()
                && text.len() <= 64
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
        };
        if !word(os) || !word(architecture) || !(variant.is_empty() || word(variant)) {
            let text =
                [os, architecture, variant].join("/").trim_end_matches('/').chars().take(160).collect();
            return Err(PlatformError { text });
        }
        let (os, architecture, variant) =
            (os.to_ascii_lowercase(), architecture.to_ascii_lowercase(), variant.to_ascii_lowercase());
        let architecture = match architecture.as_str() {
            "x86_64" | "x86-64" => "amd64",
            "aarch64" => "arm64",
            architecture => architecture,
        };
        let variant = match (architecture, variant.as_str()) {
            ("arm64", "8" | "v8") | ("amd64", "v1") => "",
            ("arm", "" | "7") => "v7",
            ("arm", "5") => "v5",
            ("arm", "6") => "v6",
            ("arm", "8") => "v8",
            (_, variant) => variant,
        };
        Ok(Self { os: os.into(), architecture: architecture.into(), variant: variant.into() })
    }

    /// The operating system, such as `linux`.
    pub fn os(&self) -> &str {
        &self.os
    }

    /// The architecture, such as `arm64`.
    pub fn architecture(&self) -> &str {
        &self.architecture
    }

    /// The variant, such as `v7`, where there is one.
    pub fn variant(&self) -> Option<&str> {
        (!self.variant.is_empty()).then_some(&*self.variant)
    }

    /// Whether both fields are `unknown`, as on attestations within an index.
    pub fn is_unknown(&self) -> bool {
        &*self.os == "unknown" && &*self.architecture == "unknown"
    }
}

impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, PlatformError> {
        let error = || PlatformError { text: text.chars().take(160).collect() };
        let mut parts = text.split('/');
        let (os, architecture) = (parts.next().ok_or_else(error)?, parts.next().ok_or_else(error)?);
        let variant = parts.next();
        if parts.next().is_some() || variant == Some("") {
            return Err(error());
        }
        Self::new(os, architecture, variant).map_err(|_| error())
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant().map_or(Ok(()), |variant| write!(f, "/{variant}"))
    }
}

impl Serialize for Platform {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Platform {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_platform_are_equal() {
        for (one, other) in [
            ("linux/arm64", "linux/arm64/v8"),
            ("linux/arm64", "linux/aarch64"),
            ("linux/amd64", "Linux/x86_64"),
            ("linux/arm", "linux/arm/v7"),
            ("linux/arm/v6", "linux/arm/6"),
        ] {
            assert_eq!(one.parse::<Platform>(), other.parse(), "{one}");
        }
        assert_ne!("linux/arm/v6".parse::<Platform>(), "linux/arm/v7".parse());
    }

    #[test]
    fn a_platform_needs_two_words_and_asks_no_host() {
        for text in
            ["", "linux", "linux/", "/amd64", "linux/amd64/", "a/b/c/d", "linux/amd 64", "linux/amd64/v1/x"]
        {
            assert!(text.parse::<Platform>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_normal_form_is_printed() {
        assert_eq!("linux/arm64/v8".parse::<Platform>().unwrap().to_string(), "linux/arm64");
        assert_eq!("linux/arm".parse::<Platform>().unwrap().to_string(), "linux/arm/v7");
    }
}
