//! What other tools see in an archive.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::Outcome;
use super::archives::Archive;
use super::listing::{Entry, LARGEST, Listing};
use crate::support::{succeed, tool};

/// What GNU tar, bsdtar and Python's tarfile list of each archive, or what they say where they cannot; nothing where one of
/// them is missing. They read content where `wanted` says so: sparse files take them minutes.
pub(crate) fn list(archives: &[Archive], wanted: &[bool]) -> Option<Vec<[Outcome; 3]>> {
    let (gnu_tar, bsdtar, python) = (tool("tar")?, tool("bsdtar")?, tool("python3")?);
    let by_python = by_python(&python, archives, wanted);
    let each = archives.iter().zip(wanted).zip(by_python).map(|((archive, wanted), by_python)| {
        let file = archive.file.path();
        let listing = |program, entries: Vec<Entry>| match wanted {
            true => Listing::new(entries, || run(program, &["-xOf"], file)),
            false => Ok(Listing { entries, content: None }),
        };
        let by_gnu = gnu(&gnu_tar, file).and_then(|entries| listing(&gnu_tar, entries));
        let by_bsd = bsd(&bsdtar, file).and_then(|entries| listing(&bsdtar, entries));
        [by_gnu, by_bsd, by_python]
    });
    Some(each.collect())
}

fn run(program: &Path, args: &[&str], file: &Path) -> Result<Vec<u8>, String> {
    let mut command = Command::new(program);
    command.args(args).arg(file).env("LC_ALL", "C.UTF-8").env("TZ", "UTC").stdin(Stdio::null());
    let output = command.output().expect("the tool can be run");
    let words = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(output.stdout) } else { Err(words.trim().chars().take(200).collect()) }
}

/// `-rw-r--r-- 0/0 5 2026-01-01 00:00:00 name`
fn gnu(program: &Path, file: &Path) -> Result<Vec<Entry>, String> {
    let args = ["--list", "-v", "--numeric-owner", "--full-time", "--quoting-style=escape", "-f"];
    lines(&run(program, &args, file)?).map(|line| entry(line, 2, 5)).collect()
}

/// `-rw-r--r--  0 0 0 5 Jan  1  2026 name`
fn bsd(program: &Path, file: &Path) -> Result<Vec<Entry>, String> {
    lines(&run(program, &["--numeric-owner", "-tvf"], file)?).map(|line| entry(line, 4, 8)).collect()
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

/// Takes a line apart that has the size in one field, and the name from another on.
fn entry(line: &[u8], size: usize, name: usize) -> Result<Entry, String> {
    let odd = || format!("an odd line: {}", line.escape_ascii());
    let mut rest = line;
    let mut fields = Vec::new();
    while fields.len() < name {
        rest = rest.trim_ascii_start();
        let end = rest.iter().position(|byte| *byte == b' ').ok_or_else(odd)?;
        fields.push(&rest[..end]);
        rest = &rest[end..];
    }
    let name = rest.strip_prefix(b" ").ok_or_else(odd)?;
    let kind = char::from(line[0]);
    let (name, link) = match kind {
        'l' => split(name, b" -> ").ok_or_else(odd)?,
        'h' => split(name, b" link to ").ok_or_else(odd)?,
        _ => (name, &[][..]),
    };
    // Devices have two numbers here.
    let size = std::str::from_utf8(fields[size]).ok().and_then(|size| size.parse().ok()).unwrap_or(0);
    Ok(Entry::new(&unescaped(name), if kind == 'C' { '-' } else { kind }, size, &unescaped(link)))
}

fn split<'a>(name: &'a [u8], by: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = name.windows(by.len()).position(|window| window == by)?;
    Some((&name[..at], &name[at + by.len()..]))
}

/// A name without the escapes that both tools write: `\\`, `\n` and the like, `\303`.
fn unescaped(name: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = name;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let octal = after.get(..3).filter(|digits| digits.iter().all(|digit| (b'0'..=b'7').contains(digit)));
        match (first, octal, after.first()) {
            (b'\\', Some(digits), _) => {
                bytes.push(digits.iter().fold(0_u8, |byte, digit| (byte << 3) | (digit - b'0')));
                rest = &after[3..];
            }
            (b'\\', None, Some(letter)) => {
                bytes.push(match letter {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'r' => b'\r',
                    b'a' => 7,
                    b'b' => 8,
                    b'v' => 11,
                    b'f' => 12,
                    other => *other,
                });
                rest = &after[1..];
            }
            _ => bytes.push(*first),
        }
    }
    bytes
}

/// Prints a line for each archive and the bytes of content that are wanted: entries and content, or an error.
const LIST: &str = "
import json, sys, tarfile
kinds = [('l', 'issym'), ('h', 'islnk'), ('d', 'isdir'), ('c', 'ischr'), ('b', 'isblk'), ('p', 'isfifo'), ('-', 'isreg')]
raw = lambda name: name.encode('utf-8', 'surrogateescape').hex()
for file, largest in zip(sys.argv[1::2], sys.argv[2::2]):
    try:
        archive = tarfile.open(file, 'r:', encoding='utf-8', errors='surrogateescape')
        entries = [[raw(one.name), next((kind for kind, test in kinds if getattr(one, test)()), '?'), one.size,
                    raw(one.linkname)] for one in archive]
        files = [one for one in archive if one.isreg()]
        read = sum(one.size for one in files) <= int(largest)
        content = b''.join(archive.extractfile(one).read() for one in files).hex() if read else None
        print(json.dumps([entries, content]))
    except Exception as error:
        print(json.dumps(repr(error)))
";

fn by_python(program: &Path, archives: &[Archive], wanted: &[bool]) -> Vec<Outcome> {
    let mut command = Command::new(program);
    command.args(["-c", LIST]);
    for (archive, wanted) in archives.iter().zip(wanted) {
        command.arg(archive.file.path()).arg(if *wanted { LARGEST.to_string() } else { "-1".to_owned() });
    }
    let raw = |value: &Value| hex::decode(value.as_str().expect("bytes are text")).expect("bytes are hex");
    let entry = |line: &Value| {
        let kind = line[1].as_str().and_then(|kind| kind.chars().next()).expect("each entry has a kind");
        Entry::new(&raw(&line[0]), kind, line[2].as_u64().unwrap_or(0), &raw(&line[3]))
    };
    let outcome = |line: &str| match serde_json::from_str(line).expect("Python prints JSON") {
        Value::String(error) => Err(error),
        listed => {
            let entries = listed[0].as_array().expect("entries are a list").iter().map(entry).collect();
            match &listed[1] {
                Value::Null => Ok(Listing { entries, content: None }),
                content => Listing::new(entries, || Ok(raw(content))),
            }
        }
    };
    succeed(&mut command).lines().map(outcome).collect()
}
