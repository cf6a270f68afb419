//! What a control file says of its package.

use crate::package::{Family, Fields, Package, Stanza, is_version};
use crate::printable::escaped;

/// Fields that describe no package.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DescribeError {
    /// A field is missing.
    #[error("there is no field `{0}`")]
    Missing(&'static str),
    /// A field has a value that it cannot have.
    #[error("field `{field}` is `{}`", escaped(.found))]
    Value {
        /// The field.
        field: &'static str,
        /// Its value.
        found: Box<str>,
    },
}

/// The package that a control file, or a stanza of a database, describes.
pub(super) fn describe(fields: &Fields) -> Result<Package, DescribeError> {
    // Names of files of the database are made of these.
    for (field, is_right) in [
        ("Package", is_name as fn(&str) -> bool),
        ("Version", |text| is_version(Family::Deb, text)),
        ("Architecture", is_name),
    ] {
        let found = fields.get(field).ok_or(DescribeError::Missing(field))?;
        if !is_right(found) {
            return Err(DescribeError::Value { field, found: found.into() });
        }
    }
    let package = Stanza::deb(|name| fields.get(name)).package(Family::Deb);
    if !is_name(&package.source.name) || !is_version(Family::Deb, &package.source.version) {
        let found = fields.get("Source").unwrap_or_default().into();
        return Err(DescribeError::Value { field: "Source", found });
    }
    Ok(package)
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-._".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::deb::stanza::fields;

    fn described(text: &str) -> Result<Package, DescribeError> {
        describe(&fields(text.as_bytes(), 1, false).unwrap())
    }

    #[test]
    fn a_rebuild_keeps_the_version_of_its_source() {
        let text = "Package: libcap2\nVersion: 1:2.66-4+deb12u3+b1\nArchitecture: amd64\n";
        let own = described(text).unwrap().source;
        assert_eq!((own.name.as_str(), own.version.as_str()), ("libcap2", "1:2.66-4+deb12u3"));
        let said = described(&format!("{text}Source: cap (2)\n")).unwrap().source;
        assert_eq!((said.name.as_str(), said.version.as_str()), ("cap", "2"));
    }

    #[test]
    fn what_no_file_can_be_named_after_is_refused() {
        let value = |field, found: &str| Err(DescribeError::Value { field, found: found.into() });
        for (text, error) in [
            ("Version: 1\nArchitecture: all\n", Err(DescribeError::Missing("Package"))),
            ("Package: a\nArchitecture: all\n", Err(DescribeError::Missing("Version"))),
            ("Package: a\nVersion: 1\n", Err(DescribeError::Missing("Architecture"))),
            ("Package:\nVersion: 1\nArchitecture: all\n", value("Package", "")),
            ("Package: ../a\nVersion: 1\nArchitecture: all\n", value("Package", "../a")),
            ("Package: a\nVersion: 1/2\nArchitecture: all\n", value("Version", "1/2")),
            ("Package: a\nVersion: 1\nArchitecture: a b\n", value("Architecture", "a b")),
            ("Package: a\nVersion: 1\nArchitecture: all\nSource: b/c\n", value("Source", "b/c")),
        ] {
            assert_eq!(described(text), error, "{text}");
        }
    }
}
