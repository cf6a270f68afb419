//! Settings as people write them: `registries.toml`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::settings::{HostSettings, NoHost, parse_host, parse_mirror};
use crate::code::{Code, Coded};
use crate::file_error::{At as _, FileError};
use crate::nearest::nearest;
use crate::oci::Locator;
use crate::printable::escaped;

/// What a file of settings says.
///
/// ```toml
/// [registry."registry.example.com:5000"]
/// ca = "ca.pem"                      # trusted for this registry instead of the platform's authorities
/// client-cert = "me.pem"
/// client-key = "me.key"
/// insecure = false                   # true: any certificate will do
/// plain-http = false                 # true: no TLS at all; so is localhost, where nothing is said of TLS
/// mirrors = ["mirror.example.com"]   # asked first
/// auth-hosts = ["auth.example.com"]  # may get the credential for a token
/// upload-hosts = ["up.example.com"]  # may get uploads, without a credential
///
/// [map]
/// "docker.io/acme" = "registry.example.com:5000/acme"
/// ```
///
/// Paths are taken from the file's own directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingsFile {
    /// By host, and port where one is written.
    pub hosts: BTreeMap<String, HostSettings>,
    /// Prefixes of references, and what they are looked for at instead.
    pub map: Vec<(String, String)>,
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// It does not say what it should.
    #[error("{}:{line}: {problem}", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        problem: SettingsProblem,
    },
}

/// What is wrong with settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsProblem {
    /// It is no TOML.
    #[error("{0}")]
    Toml(String),
    /// It is too large.
    #[error("a file of settings has at most {MOST} bytes")]
    Size,
    /// A key means nothing here.
    #[error("`{key}` is no setting")]
    Key {
        /// The key.
        key: String,
        /// The key that was probably meant.
        meant: Option<&'static str>,
    },
    /// A value is of another type.
    #[error("expected {0}")]
    Type(&'static str),
    /// A text is no host.
    #[error("`{0}` is no host, such as `registry.example.com:5000`")]
    Host(String),
    /// A certificate or key stands alone.
    #[error("`client-cert` and `client-key` need each other")]
    Half,
    /// What references are to be looked for at is no place.
    #[error("{0}")]
    Map(String),
}

impl SettingsError {
    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Form { problem: SettingsProblem::Key { meant: Some(meant), .. }, .. } => {
                Some(format!("did you mean `{meant}`?"))
            }
            _ => None,
        }
    }
}

impl Coded for SettingsError {
    fn code(&self) -> Code {
        match self {
            Self::File(error) => error.code(),
            Self::Form { .. } => Code::Usage,
        }
    }
}

const MOST: u64 = 1 << 20;
const TOP: [&str; 2] = ["registry", "map"];
const OF_HOST: [&str; 8] =
    ["plain-http", "insecure", "ca", "client-cert", "client-key", "mirrors", "auth-hosts", "upload-hosts"];

impl SettingsFile {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        let mut text = String::new();
        File::open(path).at(path)?.take(MOST + 1).read_to_string(&mut text).at(path)?;
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, SettingsError> {
        let error = |fault: Fault| {
            let before = text.bytes().take(fault.at);
            let line = before.filter(|byte| *byte == b'\n').count() + 1;
            SettingsError::Form { path: path.to_owned(), line, problem: fault.problem }
        };
        if text.len() as u64 > MOST {
            return Err(error(Fault { at: 0, problem: SettingsProblem::Size }));
        }
        let dir = path.parent().unwrap_or(Path::new(""));
        DeTable::parse(text)
            .map_err(Fault::from)
            .and_then(|table| Self::of(table.get_ref(), dir))
            .map_err(error)
    }

    fn of(table: &DeTable<'_>, dir: &Path) -> Result<Self, Fault> {
        let mut file = Self::default();
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "registry" => {
                    for (host, value) in entries(value)? {
                        let name = parse_host(host.get_ref()).map_err(|error| no_host(host.span(), error))?;
                        file.hosts.insert(name, settings(value, dir)?);
                    }
                }
                "map" => {
                    for (from, value) in entries(value)? {
                        file.map.push((from.get_ref().to_string(), target(value, dir)?));
                    }
                }
                _ => return Err(unknown(key, &TOP)),
            }
        }
        Ok(file)
    }
}

/// What is wrong, and at which byte.
struct Fault {
    at: usize,
    problem: SettingsProblem,
}

impl Fault {
    fn at(span: Range<usize>, problem: SettingsProblem) -> Self {
        Self { at: span.start, problem }
    }
}

impl From<toml::de::Error> for Fault {
    fn from(error: toml::de::Error) -> Self {
        let at = error.span().map_or(0, |span| span.start);
        Self { at, problem: SettingsProblem::Toml(error.message().to_owned()) }
    }
}

type Key<'i> = Spanned<std::borrow::Cow<'i, str>>;
type Value<'i> = Spanned<DeValue<'i>>;

fn settings(value: &Value<'_>, dir: &Path) -> Result<HostSettings, Fault> {
    let mut settings = HostSettings::default();
    let (mut certificate, mut private) = (None, None);
    for (key, value) in entries(value)? {
        match key.get_ref().as_ref() {
            "plain-http" => settings.plain_http = Some(boolean(value)?),
            "insecure" => settings.tls.insecure = boolean(value)?,
            "ca" => settings.tls.ca = Some(dir.join(text(value)?)),
            "client-cert" => certificate = Some(dir.join(text(value)?)),
            "client-key" => private = Some(dir.join(text(value)?)),
            "mirrors" => settings.mirrors = texts(value, parse_mirror)?,
            "auth-hosts" => settings.realms = texts(value, parse_host)?,
            "upload-hosts" => settings.uploads = texts(value, parse_host)?,
            _ => return Err(unknown(key, &OF_HOST)),
        }
    }
    settings.tls.client = match (certificate, private) {
        (Some(certificate), Some(private)) => Some((certificate, private)),
        (None, None) => None,
        _ => return Err(Fault::at(value.span(), SettingsProblem::Half)),
    };
    Ok(settings)
}

fn entries<'a, 'i>(value: &'a Value<'i>) -> Result<&'a DeTable<'i>, Fault> {
    value.get_ref().as_table().ok_or_else(|| Fault::at(value.span(), SettingsProblem::Type("a table")))
}

fn boolean(value: &Value<'_>) -> Result<bool, Fault> {
    value.get_ref().as_bool().ok_or_else(|| Fault::at(value.span(), SettingsProblem::Type("true or false")))
}

fn text<'a>(value: &'a Value<'_>) -> Result<&'a str, Fault> {
    let text = value.get_ref().as_str().filter(|text| !text.is_empty());
    text.ok_or_else(|| Fault::at(value.span(), SettingsProblem::Type("a text that is not empty")))
}

fn texts<T>(value: &Value<'_>, parse: impl Fn(&str) -> Result<T, NoHost>) -> Result<Vec<T>, Fault> {
    let array = value.get_ref().as_array();
    let array = array.ok_or_else(|| Fault::at(value.span(), SettingsProblem::Type("a list of texts")))?;
    array.iter().map(|value| parse(text(value)?).map_err(|error| no_host(value.span(), error))).collect()
}

fn no_host(span: Range<usize>, error: NoHost) -> Fault {
    Fault::at(span, SettingsProblem::Host(error.0))
}

/// What stands for a prefix: another, or a layout or archive beside the file.
fn target(value: &Value<'_>, dir: &Path) -> Result<String, Fault> {
    let to = text(value)?;
    match to.parse::<Locator>() {
        Ok(Locator::Registry(_) | Locator::Scratch) => Ok(to.to_owned()),
        Ok(local) => Ok(local.relative_to(dir).to_string()),
        Err(error) if to.starts_with("oci") || to.starts_with("docker-archive:") => {
            Err(Fault::at(value.span(), SettingsProblem::Map(error.to_string())))
        }
        // A host alone is no reference, and a prefix all the same.
        Err(_) => Ok(to.to_owned()),
    }
}

fn unknown(key: &Key<'_>, known: &[&'static str]) -> Fault {
    let meant = nearest(key.get_ref(), known.iter().copied());
    let meant = known.iter().copied().find(|known| Some(*known) == meant);
    let shown = escaped(key.get_ref()).chars().take(80).collect();
    Fault::at(key.span(), SettingsProblem::Key { key: shown, meant })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Tls;

    fn parse(text: &str) -> Result<SettingsFile, String> {
        SettingsFile::parse(Path::new("etc/registries.toml"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_says_how_registries_are_reached_and_what_is_found_elsewhere() {
        let file = parse(
            r#"
            [registry."reg.example:5000"]
            ca = "ca.pem"
            client-cert = "/me.pem"
            client-key = "me.key"
            mirrors = ["mirror.example/cache", "localhost:5000"]
            auth-hosts = ["auth.example"]
            upload-hosts = ["up.example:8443"]
            [registry."docker.io"]
            plain-http = false
            insecure = true
            [map]
            "docker.io/acme" = "reg.example:5000/acme"
            "dhi.io" = "oci:./images"
            "quay.io" = "localhost:5000"
            "#,
        )
        .unwrap();
        let own = HostSettings {
            tls: Tls {
                ca: Some("etc/ca.pem".into()),
                client: Some(("/me.pem".into(), "etc/me.key".into())),
                ..Tls::default()
            },
            mirrors: vec!["mirror.example/cache".to_owned(), "localhost:5000".to_owned()],
            realms: vec!["auth.example".to_owned()],
            uploads: vec!["up.example:8443".to_owned()],
            ..HostSettings::default()
        };
        let hub = HostSettings {
            plain_http: Some(false),
            tls: Tls { insecure: true, ..Tls::default() },
            ..HostSettings::default()
        };
        let hosts = [("docker.io".to_owned(), hub), ("reg.example:5000".to_owned(), own)];
        assert_eq!(file.hosts, BTreeMap::from(hosts));
        let map = [
            ("dhi.io", "oci:etc/./images"),
            ("docker.io/acme", "reg.example:5000/acme"),
            ("quay.io", "localhost:5000"),
        ];
        assert_eq!(file.map, map.map(|(from, to)| (from.to_owned(), to.to_owned())));
        assert_eq!(parse("").unwrap(), SettingsFile::default());
    }

    #[test]
    fn what_means_nothing_is_refused_with_its_line() {
        for (text, expected) in [
            ("\n[registry.\"a.io\"]\nplain_http = true", "3: `plain_http` is no setting"),
            ("[registries]", "1: `registries` is no setting"),
            ("[registry.\"a.io\"]\n\"x\\u001by\" = 1", "2: `x\\u{1b}y` is no setting"),
            ("[registry.\"a.io\"]\ninsecure = \"yes\"", "2: expected true or false"),
            ("[registry.\"a.io\"]\nca = \"\"", "2: expected a text that is not empty"),
            ("[registry.\"a.io\"]\nmirrors = \"b.io\"", "2: expected a list of texts"),
            (
                "[registry.\"a.io\"]\nmirrors = [\n\"b.io\",\n\"https://c.io\"]",
                "4: `https://c.io` is no host, such as `registry.example.com:5000`",
            ),
            ("[registry.acme]", "1: `acme` is no host, such as `registry.example.com:5000`"),
            ("[registry.\"a.io\"]\nclient-key = \"k\"", "1: `client-cert` and `client-key` need each other"),
            ("registry = 1", "1: expected a table"),
            ("[map]\n\"a.io\" = \"oci:\"", "2: `oci:` is no image reference: the directory is missing"),
            ("[map]\n\"a.io\" = 1", "2: expected a text that is not empty"),
            ("a = 1\na = 2", "2: duplicate key"),
            ("[map", "1: unclosed table, expected `]`"),
        ] {
            assert_eq!(parse(text).unwrap_err(), format!("etc/registries.toml:{expected}"), "{text}");
        }
        let long = "#".repeat(MOST as usize + 1);
        assert!(parse(&long).unwrap_err().contains("at most 1048576 bytes"));
        let error =
            SettingsFile::parse(Path::new("x"), "[registry.\"a.io\"]\nplain_http = true").unwrap_err();
        assert_eq!(error.hint().as_deref(), Some("did you mean `plain-http`?"));
        assert_eq!(error.code(), Code::Usage);
        assert!(SettingsFile::read(Path::new("/nowhere")).is_err());
    }
}
