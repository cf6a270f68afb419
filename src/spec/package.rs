//! Packages: which are asked for, where they come from and who signed them.

use std::path::PathBuf;

use super::form::{Text, UpgradeForm};
use super::reader::Reader;
use super::source::beside;
use super::{At, Place, SpecErrorKind, ValueError, written};
use crate::package::Relation;

/// Packages of the base's distribution.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packages {
    /// Where `contents.packages` stands, where it does.
    pub at: Option<Place>,
    /// What is asked for, in order.
    pub install: Vec<At<PackageRequest>>,
    /// Where packages come from; empty for what the base is configured with.
    pub repositories: Vec<At<PackageSource>>,
    /// The keys that must have signed them; empty for those of the base.
    pub keyring: Vec<At<KeySource>>,
    /// Which packages of the base may become newer.
    pub upgrade: Upgrade,
    /// Names to treat as present although nothing provides them.
    pub assume: Vec<At<String>>,
}

/// A package that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PackageRequest {
    /// It is to be there.
    Install {
        /// Its name, or a name that packages provide, such as `cmd:bash`.
        name: String,
        /// The versions that will do, where some are named.
        version: Option<(Relation, String)>,
        /// The suite (`git/trixie-backports`) or tag (`git@edge`) that it may come from although that serves only who asks.
        from: Option<String>,
    },
    /// `!name`: it is not to be there.
    KeepOut {
        /// Its name.
        name: String,
    },
}

/// Where packages come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PackageSource {
    /// A repository of Alpine's format by its URL.
    Url(String),
    /// A one-line source of Debian's format, `deb` included.
    Line(String),
}

/// Where a signing key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// In a file below the specification's directory: a relative path without `..`.
    Beside(PathBuf),
    /// At an https URL.
    Url(String),
}

/// Which packages of the base may become newer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Upgrade {
    /// None.
    #[default]
    No,
    /// Those that the packages asked for need to be newer.
    Auto,
    /// These.
    Names(Vec<At<String>>),
}

/// The packages, typed.
pub(super) fn packages(written: &mut written::Contents, reader: &mut Reader) -> Packages {
    let at = written.packages.as_ref().map(|list| list.place);
    let install = written.packages.take().map(|list| list.value);
    let upgrade = match written.upgrade.take() {
        Some(UpgradeForm::Auto) => Upgrade::Auto,
        Some(UpgradeForm::Names(names)) => Upgrade::Names(each(Some(names), package_name, reader)),
        Some(UpgradeForm::No) | None => Upgrade::No,
    };
    Packages {
        at,
        install: each(install, request, reader),
        repositories: each(written.repositories.take(), repository, reader),
        keyring: each(written.keyring.take(), key, reader),
        upgrade,
        assume: each(written.assume.take(), provided, reader),
    }
}

fn each<T>(
    list: Option<Vec<At<Text>>>,
    parse: impl Fn(&str) -> Result<T, SpecErrorKind>,
    reader: &mut Reader,
) -> Vec<At<T>> {
    list.into_iter()
        .flatten()
        .filter_map(|text| reader.check(text.place, parse(&text.0)).map(|value| At::new(value, text.place)))
        .collect()
}

fn request(text: &str) -> Result<PackageRequest, SpecErrorKind> {
    if let Some(name) = text.strip_prefix('!') {
        return Ok(PackageRequest::KeepOut { name: package_name(name)? });
    }
    let (text, from) = match text.split_once(['/', '@']) {
        Some((text, from)) if is_version(from) => (text, Some(from.to_owned())),
        Some(_) => return Err(form(text, "package name", "git")),
        None => (text, None),
    };
    let (name, version) = match text.find(['=', '<', '>', '~']) {
        Some(at) => (&text[..at], Some(versions(&text[at..])?)),
        None => (text, None),
    };
    Ok(PackageRequest::Install { name: requested_name(name)?, version, from })
}

/// An operator and a version behind it.
fn versions(text: &str) -> Result<(Relation, String), SpecErrorKind> {
    const OPERATORS: [(&str, Relation); 6] = [
        (">=", Relation::GreaterEqual),
        ("<=", Relation::LessEqual),
        ("=", Relation::Equal),
        (">", Relation::Greater),
        ("<", Relation::Less),
        ("~", Relation::Like),
    ];
    let split = |(operator, relation): &(&str, Relation)| Some((*relation, text.strip_prefix(operator)?));
    match OPERATORS.iter().find_map(split) {
        Some((relation, version)) if is_version(version) => Ok((relation, version.to_owned())),
        _ => Err(form(text, "version of a package", "git=2.52.0-r0")),
    }
}

/// The name of a package, or one with its kind before it: `so:libz.so.1`.
fn requested_name(text: &str) -> Result<String, SpecErrorKind> {
    match text.split_once(':') {
        Some((kind, name)) => {
            package_name(kind)?;
            package_name(name).map(|_| text.to_owned())
        }
        None => package_name(text),
    }
}

/// Letters, digits and `+ . _ -`, as both distributions have them.
fn package_name(text: &str) -> Result<String, SpecErrorKind> {
    let is_fit = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'.' | b'_' | b'-');
    // Names that are made up for apk's world begin with a dot.
    let first = text.strip_prefix('.').unwrap_or(text).bytes().next();
    match first {
        Some(first) if (first.is_ascii_alphanumeric() || first == b'_') && text.bytes().all(is_fit) => {
            Ok(text.to_owned())
        }
        _ => Err(form(text, "package name", "git")),
    }
}

/// Letters, digits and `. + - ~ : _`, first a letter or digit.
fn is_version(text: &str) -> bool {
    let is_fit = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'+' | b'-' | b'~' | b':' | b'_');
    text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric()) && text.bytes().all(is_fit)
}

/// A name that packages depend on: a package, a path, or a name with its kind, such as `so:libc.so.6`.
fn provided(text: &str) -> Result<String, SpecErrorKind> {
    match !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic()) {
        true => Ok(text.to_owned()),
        false => Err(form(text, "name that a package can need", "/bin/sh")),
    }
}

fn repository(text: &str) -> Result<PackageSource, SpecErrorKind> {
    const EXAMPLE: &str = "https://dl-cdn.alpinelinux.org/alpine/v3.23/main";
    if text.chars().any(char::is_control) {
        return Err(form(text, "repository", EXAMPLE));
    }
    if text.strip_prefix("deb").is_some_and(|rest| rest.starts_with([' ', '\t'])) {
        return match text.split_whitespace().any(is_url) {
            true => Ok(PackageSource::Line(text.to_owned())),
            false => Err(form(text, "one-line source", "deb https://deb.debian.org/debian trixie main")),
        };
    }
    match is_url(text) {
        true => Ok(PackageSource::Url(text.to_owned())),
        false => Err(form(text, "repository", EXAMPLE)),
    }
}

fn is_url(text: &str) -> bool {
    let schemes = ["https://", "http://", "file:"];
    schemes.iter().any(|scheme| text.len() > scheme.len() && text.starts_with(scheme))
        && !text.contains(char::is_whitespace)
}

fn key(text: &str) -> Result<KeySource, SpecErrorKind> {
    if text.contains("://") {
        return match text.starts_with("https://") && is_url(text) {
            true => Ok(KeySource::Url(text.to_owned())),
            false => Err(form(text, "https URL", "https://example.com/key.gpg")),
        };
    }
    Ok(KeySource::Beside(beside(text)?))
}

fn form(found: &str, expected: &'static str, example: &'static str) -> SpecErrorKind {
    ValueError::Form { found: found.into(), expected, example }.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;
    use crate::spec::minimal::{codes, image};

    #[test]
    fn packages_are_asked_for_pinned_or_kept_out() {
        let packages = image("contents: {packages: [git, curl=8.5.0-r0, '!mawk', libstdc++6]}").packages;
        let install: Vec<_> = packages.install.into_iter().map(|request| request.value).collect();
        let kept_out = PackageRequest::KeepOut { name: "mawk".to_owned() };
        let expected = [
            named("git", None, None),
            named("curl", Some((Relation::Equal, "8.5.0-r0")), None),
            kept_out,
            named("libstdc++6", None, None),
        ];
        assert_eq!(install, expected);
        assert_eq!(packages.at.map(|place| place.line), Some(4));
    }

    fn named(name: &str, version: Option<(Relation, &str)>, from: Option<&str>) -> PackageRequest {
        PackageRequest::Install {
            name: name.to_owned(),
            version: version.map(|(relation, version)| (relation, version.to_owned())),
            from: from.map(str::to_owned),
        }
    }

    #[test]
    fn versions_suites_and_tags_can_be_asked_for() {
        for (text, expected) in [
            ("a>=1.2-r0", named("a", Some((Relation::GreaterEqual, "1.2-r0")), None)),
            ("a<=1", named("a", Some((Relation::LessEqual, "1")), None)),
            ("a>1", named("a", Some((Relation::Greater, "1")), None)),
            ("a<1", named("a", Some((Relation::Less, "1")), None)),
            ("a~1.2", named("a", Some((Relation::Like, "1.2")), None)),
            ("a=2:1.0~rc1-1", named("a", Some((Relation::Equal, "2:1.0~rc1-1")), None)),
            ("a/trixie-backports", named("a", None, Some("trixie-backports"))),
            ("a@edge", named("a", None, Some("edge"))),
            ("cmd:bash", named("cmd:bash", None, None)),
        ] {
            assert_eq!(request(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_no_distribution_names_is_refused() {
        for name in [
            "''", "a b", "git=", "'=1'", "'!'", "'!a=1'", "git>", "git=>1", "git/", "a/b/c", "-x", "../x",
            "a:", "'a@'",
        ] {
            assert_eq!(codes(&format!("contents: {{packages: [{name}]}}")), [Code::SpecValue], "{name}");
        }
    }

    #[test]
    fn repositories_and_keys_have_their_forms() {
        let packages = image(
            "contents: {repositories: ['https://x/main', 'file:///srv/apk', 'deb [signed-by=/k] http://x trixie main'], \
             keyring: [keys/a.pub, 'https://x/k'], assume: [/bin/sh], upgrade: [busybox]}",
        )
        .packages;
        assert!(matches!(packages.repositories[2].value, PackageSource::Line(_)));
        assert_eq!(packages.keyring[0].value, KeySource::Beside("keys/a.pub".into()));
        assert!(matches!(&packages.upgrade, Upgrade::Names(names) if names[0].value == "busybox"));
        assert_eq!(image("contents: {upgrade: auto}").packages.upgrade, Upgrade::Auto);
        assert_eq!(image("contents: {upgrade: false}").packages.upgrade, Upgrade::No);
        for more in
            ["repositories: [x]", "repositories: [deb x main]", "keyring: ['http://x/k']", "assume: ['']"]
        {
            assert_eq!(codes(&format!("contents: {{{more}}}")), [Code::SpecValue], "{more}");
        }
        assert_eq!(codes("contents: {keyring: [../k]}"), [Code::SourceOutside]);
    }
}
