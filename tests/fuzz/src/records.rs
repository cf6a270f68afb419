//! Indexes of packages, each record of them a map of all its fields.

use std::collections::BTreeMap;

use overcoat::limits::Limits;
use overcoat::package::Index;

use crate::versions::is_deb;

/// What an index says of one package.
#[derive(Debug, PartialEq, Eq)]
pub struct Offered {
    /// The name.
    pub name: String,
    /// The version.
    pub version: String,
    /// The architecture.
    pub architecture: String,
    /// Where its file is.
    pub location: String,
    /// The bytes of its file.
    pub size: u64,
    /// Its dependencies, as they are written: of apk by keys `D`, of Debian by `Pre-Depends` and `Depends`.
    pub depends: String,
}

/// Asserts that an index holds what another reader found, and is the same once it was kept.
pub fn check_index(index: &Index, expected: &[Offered]) {
    assert_eq!(index.len(), expected.len());
    for (number, expected) in expected.iter().enumerate() {
        let package = index.package(number);
        let file = package.file.expect("what is offered has a file");
        let found = Offered {
            name: package.name,
            version: package.version,
            architecture: package.architecture,
            location: file.location,
            size: file.size,
            depends: expected.depends.clone(),
        };
        assert_eq!(found, *expected);
    }
    let mut kept = Vec::new();
    index.write_to(&mut kept).expect("memory is written without fault");
    assert_eq!(Index::read_from(&mut kept.as_slice()).expect("it was just written"), *index);
}

/// The limits that both readers hold here.
pub fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.apk_index_bytes = 2_000;
    limits.deb_index_bytes = 2_000;
    limits.package_line_bytes = 400;
    limits
}

/// The packages of an `APKINDEX` for an architecture; nothing for what is none.
pub fn apk(bytes: &[u8], architecture: &str) -> Option<Vec<Offered>> {
    let mut found = Vec::new();
    for record in lines(bytes)?.split(|line| line.is_empty()).filter(|record| !record.is_empty()) {
        let mut fields = BTreeMap::new();
        for line in record {
            let (key, value) = (line.first()?, line.get(2..).filter(|_| line[1] == b':')?);
            if b"CPVASIoDpik".contains(key) && fields.insert(*key, value.to_vec()).is_some() {
                return None;
            }
        }
        let fields = texts(fields)?;
        let text = |key: u8| fields.get(&key).map_or("", String::as_str);
        let [name, version, size] = [text(b'P'), text(b'V'), text(b'S')];
        let is_of_version = |c: char| c.is_ascii_alphanumeric() || "+-._~:".contains(c);
        if !is_name(name)
            || version.is_empty()
            || !version.chars().all(is_of_version)
            || !is_identity(text(b'C'))
        {
            return None;
        }
        let own = if text(b'A').is_empty() { architecture } else { text(b'A') };
        let offered = Offered {
            name: name.to_owned(),
            version: version.to_owned(),
            architecture: own.to_owned(),
            location: format!("{name}-{version}.apk"),
            size: number(size)?,
            depends: text(b'D').to_owned(),
        };
        if [architecture, "noarch"].contains(&own) {
            found.push(offered);
        }
    }
    Some(found)
}

/// The packages of a `Packages` for an architecture, and how many are left out; nothing for what is none.
pub fn deb(bytes: &[u8], architecture: &str) -> Option<(Vec<Offered>, u32)> {
    let (mut found, mut left_out) = (Vec::new(), 0);
    let is_blank = |line: &&[u8]| line.trim_ascii().is_empty();
    for stanza in lines(bytes)?.split(is_blank).filter(|stanza| !stanza.is_empty()) {
        let Some(fields) = stanza_of(stanza)? else {
            left_out += 1;
            continue;
        };
        let text = |name: &str| fields.get(name).map_or("", String::as_str);
        let file = text("filename");
        let is_path = file.bytes().all(|byte| matches!(byte, b'!'..=b'~') && !b"?#\\".contains(&byte))
            && !file.starts_with('/')
            && !file.contains("://")
            && !file.split('/').any(|part| part == "..")
            && !file.split('/').next()?.contains(':');
        let is_digest = text("sha256").len() == 64 && text("sha256").chars().all(|c| c.is_ascii_hexdigit());
        if !is_name(text("package")) || !is_path || !is_digest {
            return None;
        }
        let offered = Offered {
            name: text("package").to_owned(),
            version: text("version").to_owned(),
            architecture: text("architecture").to_owned(),
            location: file.to_owned(),
            size: number(text("size"))?,
            depends: [text("pre-depends"), text("depends")].join(","),
        };
        if !is_deb(&offered.version) {
            left_out += 1;
        } else if [architecture, "all"].contains(&text("architecture")) {
            found.push(offered);
        }
    }
    Some((found, left_out))
}

/// The fields of a stanza by their names in lower case; nothing in it where one is missing that has to be there.
fn stanza_of(stanza: &[&[u8]]) -> Option<Option<BTreeMap<String, String>>> {
    const COUNT: [&str; 16] = [
        "package",
        "version",
        "architecture",
        "source",
        "pre-depends",
        "depends",
        "conflicts",
        "breaks",
        "provides",
        "replaces",
        "priority",
        "multi-arch",
        "installed-size",
        "filename",
        "size",
        "sha256",
    ];
    let mut fields: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut last: Option<String> = None;
    for (at, line) in stanza.iter().enumerate() {
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            if at == 0 {
                return None;
            }
            if let Some(value) = last.as_ref().and_then(|last| fields.get_mut(last)) {
                value.push(b' ');
                value.extend_from_slice(line.trim_ascii());
            }
            continue;
        }
        let colon = line.iter().position(|byte| *byte == b':').filter(|colon| *colon > 0)?;
        let name = String::from_utf8_lossy(&line[..colon]).to_ascii_lowercase();
        last = None;
        if COUNT.contains(&name.as_str()) {
            if fields.insert(name.clone(), line[colon + 1..].trim_ascii().to_vec()).is_some() {
                return None;
            }
            last = Some(name);
        }
    }
    let fields = texts(fields)?;
    let needed = ["package", "version", "architecture", "filename", "size", "sha256"];
    let is_whole = needed.iter().all(|name| fields.get(*name).is_some_and(|text| !text.is_empty()));
    Some(is_whole.then_some(fields))
}

/// The lines of an index, none of which is too long, nor all of them.
fn lines(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    (bytes.len() <= 2_000 && lines.iter().all(|line| line.len() <= 400)).then_some(lines)
}

/// The same fields as text, where all of them are.
fn texts<K: Ord>(fields: BTreeMap<K, Vec<u8>>) -> Option<BTreeMap<K, String>> {
    let text = |(key, value): (K, Vec<u8>)| {
        let text = String::from_utf8(value).ok()?.trim_ascii().to_owned();
        let is_clean = !text.contains(|c: char| c != '\t' && (c < ' ' || c == '\x7f'));
        is_clean.then_some((key, text))
    };
    fields.into_iter().map(text).collect()
}

fn is_name(name: &str) -> bool {
    let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    begins && name.len() <= 200 && name.chars().all(|c| c.is_ascii_alphanumeric() || "+-._".contains(c))
}

fn number(digits: &str) -> Option<u64> {
    if digits.is_empty() || !digits.chars().all(|c| c.is_ascii_digit()) { None } else { digits.parse().ok() }
}

/// Whether a text has the length and the characters of an identity of apk; base64 with its padding.
fn is_identity(text: &str) -> bool {
    let (hex, base64) =
        (|c: char| c.is_ascii_hexdigit(), |c: char| c.is_ascii_alphanumeric() || "+/".contains(c));
    let padded = |rest: &str, length, zeros: &str| {
        let digits = rest.strip_suffix('=').unwrap_or("");
        // The bits of the last digit that no byte has are zero.
        digits.len() == length && digits.chars().all(base64) && digits.ends_with(|c| zeros.contains(c))
    };
    match (text.get(..2), text.get(2..)) {
        (Some("Q1"), Some(rest)) => padded(rest, 27, "AEIMQUYcgkosw048"),
        (Some("Q2"), Some(rest)) => padded(rest, 43, "AEIMQUYcgkosw048"),
        (Some("X1"), Some(rest)) => rest.len() == 40 && rest.chars().all(hex),
        (Some("X2"), Some(rest)) => rest.len() == 64 && rest.chars().all(hex),
        _ => false,
    }
}
