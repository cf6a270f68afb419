//! A YAML document as it was written: each value with its place, scalars as their source text.

use super::{At, Excerpt, Place};

/// A value of a document.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Where it begins.
    pub place: Place,
    /// What it is.
    pub kind: NodeKind,
}

/// A key and its value.
pub(super) type Entry = (At<String>, Node);

/// What a value is.
#[derive(Clone, Debug)]
pub(super) enum NodeKind {
    /// Text, a number, a truth value or nothing.
    Scalar(Scalar),
    /// Values in order.
    List(Vec<Node>),
    /// Values by key, in order; no key stands twice.
    Mapping(Vec<Entry>),
    /// Something that is already reported.
    Faulty,
}

/// A scalar as it was written.
#[derive(Clone, Debug)]
pub(super) struct Scalar {
    /// Its text, without quotes and escapes.
    pub text: String,
    /// Whether it was quoted or a block.
    pub quoted: bool,
    /// What YAML 1.2's core schema takes it for.
    pub kind: ScalarKind,
}

/// What YAML 1.2's core schema takes a scalar for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScalarKind {
    Null,
    Bool,
    Integer,
    Float,
    Text,
}

impl Node {
    /// Words for what was found instead of what was expected.
    pub(super) fn described(&self) -> String {
        match &self.kind {
            NodeKind::List(_) => "a list".to_owned(),
            NodeKind::Mapping(_) => "a mapping".to_owned(),
            NodeKind::Scalar(scalar) => scalar.described(),
            NodeKind::Faulty => "what cannot be read".to_owned(),
        }
    }
}

impl Scalar {
    fn described(&self) -> String {
        let text = Excerpt::from(self.text.as_str());
        match self.kind {
            ScalarKind::Null => "nothing".to_owned(),
            ScalarKind::Bool => format!("`{text}`"),
            ScalarKind::Integer | ScalarKind::Float => format!("the number `{text}`"),
            ScalarKind::Text => format!("the text `{text}`"),
        }
    }
}

impl ScalarKind {
    /// The kind of a scalar without quotes.
    pub(super) fn of_plain(text: &str) -> Self {
        match text {
            "" | "~" | "null" | "Null" | "NULL" => Self::Null,
            "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => Self::Bool,
            _ if is_integer(text) => Self::Integer,
            _ if is_float(text) => Self::Float,
            _ => Self::Text,
        }
    }
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['-', '+']).unwrap_or(text)
}

fn all(text: &str, is: impl Fn(&u8) -> bool) -> bool {
    !text.is_empty() && text.as_bytes().iter().all(is)
}

fn is_integer(text: &str) -> bool {
    if let Some(digits) = text.strip_prefix("0o") {
        return all(digits, |b| matches!(b, b'0'..=b'7'));
    }
    match text.strip_prefix("0x") {
        Some(digits) => all(digits, u8::is_ascii_hexdigit),
        None => all(unsigned(text), u8::is_ascii_digit),
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, infinity and no number.
fn is_float(text: &str) -> bool {
    if matches!(text, ".nan" | ".NaN" | ".NAN") || matches!(unsigned(text), ".inf" | ".Inf" | ".INF") {
        return true;
    }
    let (mantissa, exponent) = match unsigned(text).split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned(text), None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|exponent| all(unsigned(exponent), u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_have_the_types_of_yaml_1_2() {
        for (kind, texts) in [
            (ScalarKind::Null, &["", "~", "null"][..]),
            (ScalarKind::Bool, &["true", "False"]),
            (ScalarKind::Integer, &["0", "-1", "+12", "0644", "0o644", "0xfF", "007"]),
            (ScalarKind::Float, &["1.10", ".5", "1.", "1e3", "-1.5E-3", ".inf", "-.INF", ".nan", "+.5"]),
            (
                ScalarKind::Text,
                &[
                    "yes", "on", "1.2.3", "1_000", "0b1", "0o8", "0x", ".", "-", "e1", "1e", "12:30",
                    "-.nan", "nUll",
                ],
            ),
        ] {
            for text in texts {
                assert_eq!(ScalarKind::of_plain(text), kind, "{text}");
            }
        }
    }
}
