//! What the config of an image says: environment, labels, commands, ports and the like.

use std::collections::BTreeMap;
use std::fmt;

use super::form::{ModeWord, Table, Text};
use super::reader::Reader;
use super::script::{DestinationError, directory};
use super::{At, Excerpt, KeyError, Place, ValueError, written};
use crate::code::{Code, Coded};

/// An entrypoint or command, and how it meets the base's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arguments {
    /// Whether it is appended.
    pub mode: ArgumentsMode,
    /// Its words.
    pub items: Vec<String>,
}

/// How a list meets the base's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ArgumentsMode {
    /// It stands behind the base's, or alone where the base has none.
    #[default]
    Append,
    /// It stands in place of the base's.
    Replace,
}

/// A port that an image listens on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port {
    /// Its number, from 1.
    pub number: u16,
    /// The protocol.
    pub protocol: Protocol,
}

/// The protocol of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// `tcp`, the default
    Tcp,
    /// `udp`
    Udp,
    /// `sctp`
    Sctp,
}

/// An environment variable that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VariableError {
    /// A name that shells cannot hold.
    #[error("`{0}` cannot be the name of an environment variable")]
    Name(Excerpt),
    /// A value with a NUL.
    #[error("the value of `{0}` holds a NUL")]
    Nul(Excerpt),
    /// Environment, labels and annotations together are too large.
    #[error("environment, labels and annotations have {found} bytes, {LARGEST} are the most")]
    TooLarge {
        /// The bytes that they have.
        found: usize,
    },
}

/// A label or annotation that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// A key without a character, or with control characters.
    #[error("`{key}` cannot be the key of a {what}")]
    Key {
        /// Whether labels or annotations.
        what: &'static str,
        /// The key.
        key: Excerpt,
    },
    /// A key in a namespace that others own.
    #[error("{what} `{key}` is reserved: `{namespace}` belongs to {owner}")]
    Reserved {
        /// Whether labels or annotations.
        what: &'static str,
        /// The key.
        key: Excerpt,
        /// The namespace.
        namespace: &'static str,
        /// Who owns it.
        owner: &'static str,
    },
}

impl Coded for VariableError {
    fn code(&self) -> Code {
        Code::SpecEnvironment
    }
}

impl Coded for LabelError {
    fn code(&self) -> Code {
        match self {
            Self::Key { .. } => Code::SpecValue,
            Self::Reserved { .. } => Code::SpecReserved,
        }
    }
}

impl VariableError {
    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Self::Name(_) => Some("a name has letters, digits and `_`, first no digit".to_owned()),
            Self::Nul(_) | Self::TooLarge { .. } => None,
        }
    }
}

impl LabelError {
    pub(super) fn hint(&self) -> Option<String> {
        None
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = match self.protocol {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
            Protocol::Sctp => "sctp",
        };
        write!(f, "{}/{protocol}", self.number)
    }
}

/// Bytes of environment, labels and annotations together.
const LARGEST: usize = 256 << 10;

/// Namespaces of keys that a customization cannot set, and whose they are.
const RESERVED: [(&str, &str); 6] = [
    ("org.opencontainers.image.base.", "the build's own record of the base"),
    ("vnd.docker.reference.", "the attestations of an index"),
    ("in-toto.io/", "attestations"),
    ("io.buildkit.", "BuildKit"),
    ("containerd.io/", "containerd"),
    ("com.docker.dhi.", "the hardened base"),
];

/// The environment, typed.
pub(super) fn environment(table: Option<Table>, reader: &mut Reader) -> BTreeMap<String, At<String>> {
    let Some(Table(table)) = table else { return BTreeMap::new() };
    for (name, (key, value)) in &table {
        if !is_variable(name) {
            reader.fault::<()>(key.place, VariableError::Name(name.as_str().into()));
        } else if value.contains('\0') {
            reader.fault::<()>(value.place, VariableError::Nul(name.as_str().into()));
        }
    }
    table.into_iter().map(|(name, (_, value))| (name, value)).collect()
}

/// `[A-Za-z_][A-Za-z0-9_]*`
fn is_variable(name: &str) -> bool {
    let is_fit = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    name.bytes().all(is_fit) && !name.is_empty() && !name.as_bytes()[0].is_ascii_digit()
}

/// Labels or annotations, typed.
pub(super) fn labels(
    table: Option<Table>,
    what: &'static str,
    reader: &mut Reader,
) -> BTreeMap<String, String> {
    let Some(Table(table)) = table else { return BTreeMap::new() };
    for (key, (at, _)) in &table {
        reader.check(at.place, check_label(key, what));
    }
    table.into_iter().map(|(key, (_, value))| (key, value.value)).collect()
}

fn check_label(key: &str, what: &'static str) -> Result<(), LabelError> {
    if key.is_empty() || key.chars().any(char::is_control) {
        return Err(LabelError::Key { what, key: key.into() });
    }
    match RESERVED.iter().find(|(namespace, _)| key.starts_with(namespace)) {
        Some((namespace, owner)) => Err(LabelError::Reserved { what, key: key.into(), namespace, owner }),
        None => Ok(()),
    }
}

/// Reports environment, labels and annotations that are too large together.
pub(super) fn check_size(
    environment: &BTreeMap<String, At<String>>,
    others: [&BTreeMap<String, String>; 2],
    place: Place,
    reader: &mut Reader,
) {
    let of_others = others.into_iter().flatten().map(|(key, value)| key.len() + value.len());
    let found = environment.iter().map(|(key, value)| key.len() + value.len()).chain(of_others).sum();
    if found > LARGEST {
        reader.fault::<()>(place, VariableError::TooLarge { found });
    }
}

/// An entrypoint or command, typed. `keys` are those of the list and of its mode.
pub(super) fn arguments(
    list: Option<At<Vec<At<Text>>>>,
    mode: Option<At<ModeWord>>,
    has_list: bool,
    keys: [&'static str; 2],
    reader: &mut Reader,
) -> Option<Arguments> {
    let [key, mode_key] = keys;
    if let Some(mode) = mode.as_ref().filter(|_| !has_list) {
        reader.fault::<()>(mode.place, KeyError::Alone { key: mode_key, other: key });
    }
    let mode = match mode.map(|mode| mode.value) {
        Some(ModeWord::Replace) => ArgumentsMode::Replace,
        Some(ModeWord::Append) | None => ArgumentsMode::Append,
    };
    let words = list?.value.into_iter().filter_map(|word| {
        let checked = if word.0.contains('\0') { Err(ValueError::Nul(key)) } else { Ok(()) };
        reader.check(word.place, checked)?;
        Some(word.value.0)
    });
    Some(Arguments { mode, items: words.collect() })
}

/// A directory of the running container: absolute and clean; `/proc` and the like are where they belong.
pub(super) fn container_directory(text: At<Text>, reader: &mut Reader) -> Option<At<String>> {
    let checked = match directory(&text.0) {
        Ok(_) | Err(DestinationError::Kernel { .. } | DestinationError::Whiteout(_)) => Ok(()),
        Err(error) => Err(error),
    };
    reader.check(text.place, checked)?;
    Some(text.map(|text| text.0))
}

/// `8080`, `8080/tcp`, `53/udp`.
pub(super) fn port(text: At<Text>, reader: &mut Reader) -> Option<At<Port>> {
    let (number, protocol) = text.0.split_once('/').unwrap_or((&text.0, "tcp"));
    let protocol = match protocol {
        "tcp" => Some(Protocol::Tcp),
        "udp" => Some(Protocol::Udp),
        "sctp" => Some(Protocol::Sctp),
        _ => None,
    };
    let is_plain = number.bytes().all(|b| b.is_ascii_digit()) && !number.starts_with('0');
    let number: Option<u16> = number.parse().ok().filter(|_| is_plain);
    let port = number.zip(protocol).map(|(number, protocol)| Port { number, protocol });
    let port = port.ok_or_else(|| ValueError::Form {
        found: text.0.as_str().into(),
        expected: "port",
        example: "8080/tcp",
    });
    reader.check(text.place, port).map(|port| At::new(port, text.place))
}

/// Names of signals, without `SIG`.
const SIGNALS: &str = "HUP INT QUIT ILL TRAP ABRT IOT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CLD \
                       CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO POLL PWR SYS RTMIN RTMAX";

/// A signal by name or number: `SIGTERM`, `TERM`, `SIGRTMIN+3`, `15`.
pub(super) fn signal(text: At<Text>, reader: &mut Reader) -> Option<String> {
    let error = || ValueError::Form { found: text.0.as_str().into(), expected: "signal", example: "SIGTERM" };
    let checked = if is_signal(&text.0) { Ok(()) } else { Err(error()) };
    reader.check(text.place, checked)?;
    Some(text.value.0)
}

fn is_signal(text: &str) -> bool {
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().is_ok_and(|number| (1..=64).contains(&number));
    }
    let name = text.strip_prefix("SIG").unwrap_or(text);
    let offset = name.strip_prefix("RTMIN+").or_else(|| name.strip_prefix("RTMAX-"));
    match offset {
        Some(offset) => offset.len() <= 2 && offset.parse().is_ok_and(|offset: u8| offset <= 30),
        None => SIGNALS.split_whitespace().any(|known| known == name),
    }
}

/// The parts of an image customization that end in its config.
pub(super) struct Runtime {
    pub environment: BTreeMap<String, At<String>>,
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
    pub entrypoint: Option<Arguments>,
    pub cmd: Option<Arguments>,
    pub work_dir: Option<At<String>>,
    pub stop_signal: Option<String>,
    pub ports: Vec<At<Port>>,
    pub volumes: Vec<At<String>>,
}

impl Runtime {
    /// Takes its keys out of an image customization.
    pub(super) fn of(written: &mut written::Image, reader: &mut Reader) -> Self {
        let (has_entrypoint, has_cmd) = (written.has("entrypoint"), written.has("cmd"));
        let environment = environment(written.environment.take(), reader);
        let of_config = labels(written.labels.take(), "label", reader);
        let annotations = labels(written.annotations.take(), "annotation", reader);
        check_size(&environment, [&of_config, &annotations], written.place, reader);
        let (list, mode) = (written.entrypoint.take(), written.entrypoint_mode.take());
        let entrypoint = arguments(list, mode, has_entrypoint, ["entrypoint", "entrypoint-mode"], reader);
        let (list, mode) = (written.cmd.take(), written.cmd_mode.take());
        let cmd = arguments(list, mode, has_cmd, ["cmd", "cmd-mode"], reader);
        let ports = written.ports.take().into_iter().flatten();
        let volumes = written.volumes.take().into_iter().flatten();
        Self {
            environment,
            labels: of_config,
            annotations,
            entrypoint,
            cmd,
            ports: ports.filter_map(|text| port(text, reader)).collect(),
            volumes: volumes.filter_map(|text| container_directory(text, reader)).collect(),
            work_dir: written.work_dir.take().and_then(|text| container_directory(text, reader)),
            stop_signal: written.stop_signal.take().and_then(|text| signal(text, reader)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::minimal::{codes, errors, image};

    #[test]
    fn s06_names_of_variables_are_checked_and_values_kept() {
        for name in [r"A=B", r"A\0", "", "1A", "A-B", "A B", "É"] {
            let more = format!("environment: {{\"{name}\": x}}");
            assert_eq!(codes(&more), [Code::SpecEnvironment], "{name}");
        }
        assert_eq!(codes(r#"environment: {A: "x\0"}"#), [Code::SpecEnvironment]);
        assert_eq!(image(r#"environment: {_A1: "a\nb"}"#).environment["_A1"].as_str(), "a\nb");
    }

    #[test]
    fn environment_and_labels_are_limited_together() {
        let half = "x".repeat(LARGEST / 2);
        assert_eq!(
            codes(&format!("environment: {{A: {half}}}\nlabels: {{b: {half}}}")),
            [Code::SpecEnvironment]
        );
        assert!(!image(&format!("environment: {{A: {half}}}")).environment.is_empty());
    }

    #[test]
    fn s07_namespaces_of_others_are_refused() {
        for key in [
            "org.opencontainers.image.base.name",
            "vnd.docker.reference.type",
            "in-toto.io/predicate-type",
            "io.buildkit.x",
            "containerd.io/restart.loguri",
            "com.docker.dhi.definition",
        ] {
            assert_eq!(codes(&format!("labels: {{{key}: x}}")), [Code::SpecReserved], "{key}");
            assert_eq!(codes(&format!("annotations: {{{key}: x}}")), [Code::SpecReserved], "{key}");
        }
        assert_eq!(image("labels: {org.opencontainers.image.basename: x}").labels.len(), 1);
        assert_eq!(codes(r#"labels: {"": x, "a\tb": y}"#), [Code::SpecValue; 2]);
    }

    #[test]
    fn s13_a_command_is_a_list_that_is_appended_or_replaces() {
        let spec = image("entrypoint: [/bin/app, 8080]\ncmd: []\ncmd-mode: replace");
        let entrypoint = spec.entrypoint.unwrap();
        assert_eq!(
            (entrypoint.mode, entrypoint.items),
            (ArgumentsMode::Append, vec!["/bin/app".into(), "8080".into()])
        );
        assert_eq!(spec.cmd, Some(Arguments { mode: ArgumentsMode::Replace, items: vec![] }));
        let shell = crate::spec::parse(&crate::spec::minimal::file("cmd: /bin/sh -c x")).unwrap_err();
        assert!(shell[0].hint().unwrap().contains(r#"["/bin/sh", "-c", "…"]"#));
        assert_eq!(errors("cmd-mode: replace"), ["`cmd-mode` has no meaning without `cmd`"]);
        assert_eq!(codes("cmd: [\"a\\0\"]"), [Code::SpecValue]);
    }

    #[test]
    fn ports_signals_and_directories_are_those_of_image_configs() {
        let spec =
            image("ports: [8080, 53/udp, 9/sctp]\nvolumes: [/data]\nwork-dir: /\nstop-signal: SIGRTMIN+3");
        let ports: Vec<_> = spec.ports.iter().map(|port| port.value.to_string()).collect();
        assert_eq!(ports, ["8080/tcp", "53/udp", "9/sctp"]);
        assert_eq!(spec.work_dir.unwrap().as_str(), "/");
        for port in ["0", "65536", "x", "80/icmp", "'80/'", "'080'", "8000-8010"] {
            assert_eq!(codes(&format!("ports: [{port}]")), [Code::SpecValue], "{port}");
        }
        for signal in ["SIGNO", "0", "65", "sigterm", "''", "SIGRTMIN+99", "SIG"] {
            assert_eq!(codes(&format!("stop-signal: {signal}")), [Code::SpecValue], "{signal}");
        }
        for directory in ["data", "/a/../b", "''", "/a/"] {
            assert_eq!(codes(&format!("work-dir: {directory}")), [Code::SpecPath], "{directory}");
        }
    }
}
