//! What a control file says of its package.

use crate::package::{Fields, MultiArch, Package, SourcePackage};
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
    let name = needed(fields, "Package", is_name)?;
    let version = needed(fields, "Version", is_version)?;
    let architecture = needed(fields, "Architecture", is_name)?;
    Ok(Package {
        source: source(fields, name, version)?,
        name: name.to_owned(),
        version: version.to_owned(),
        architecture: architecture.to_owned(),
        priority: fields.get("Priority").map_or(0, priority),
        multi_arch: fields.get("Multi-Arch").map_or(MultiArch::No, multi_arch),
        installed_bytes: fields.get("Installed-Size").and_then(kibibytes).unwrap_or(0),
        ..Package::default()
    })
}

/// The value of a field that has to be there in a certain form: names of files of the database are made of it.
fn needed<'a>(
    fields: &'a Fields,
    field: &'static str,
    is_right: fn(&str) -> bool,
) -> Result<&'a str, DescribeError> {
    let found = fields.get(field).ok_or(DescribeError::Missing(field))?;
    match is_right(found) {
        true => Ok(found),
        false => Err(DescribeError::Value { field, found: found.into() }),
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-._".contains(&byte))
}

fn is_version(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.:~".contains(&byte))
}

/// `Source: name (version)`, or what the package itself says.
fn source(fields: &Fields, name: &str, version: &str) -> Result<SourcePackage, DescribeError> {
    let own = || SourcePackage { name: name.to_owned(), version: without_rebuild(version).to_owned() };
    let Some(text) = fields.get("Source") else { return Ok(own()) };
    let wrong = || DescribeError::Value { field: "Source", found: text.into() };
    let (name, version) = match text.split_once('(') {
        Some((name, rest)) => (name, Some(rest.strip_suffix(')').ok_or_else(wrong)?.trim())),
        None => (text, None),
    };
    let (name, own) = (name.trim(), own());
    if !is_name(name) || version.is_some_and(|version| !is_version(version)) {
        return Err(wrong());
    }
    Ok(SourcePackage { name: name.to_owned(), version: version.map_or(own.version, str::to_owned) })
}

/// A version without the `+b1` that a rebuild of unchanged source adds.
fn without_rebuild(version: &str) -> &str {
    match version.rsplit_once("+b") {
        Some((before, number)) if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => before,
        _ => version,
    }
}

fn priority(text: &str) -> u32 {
    match text {
        "required" => 4,
        "important" => 3,
        "standard" => 2,
        "optional" => 1,
        _ => 0,
    }
}

fn multi_arch(text: &str) -> MultiArch {
    match text {
        "same" => MultiArch::Same,
        "foreign" => MultiArch::Foreign,
        "allowed" => MultiArch::Allowed,
        _ => MultiArch::No,
    }
}

fn kibibytes(text: &str) -> Option<u64> {
    text.parse::<u64>().ok()?.checked_mul(1024)
}
