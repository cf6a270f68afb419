//! What packages want to be told of: the files of `triggers` (deb-triggers(5)).

use std::collections::BTreeMap;

use super::DatabaseFile;
use super::info::{is_stem_of, stem};
use crate::package::Unpacked;

/// The files below `triggers` that change with these packages: `File` for paths, and one for each name that is no path.
///
/// `base` gives the content of a file of that directory. What added packages did want to be told of before they were
/// replaced is dropped where a file changes. Nothing is ever pending: what others would have done is made otherwise.
pub fn triggers(base: impl Fn(&str) -> Option<Vec<u8>>, added: &[&Unpacked]) -> Vec<DatabaseFile> {
    let mut added = added.to_vec();
    added.sort_by(|a, b| a.package.name.cmp(&b.package.name));
    let mut lines: BTreeMap<&str, Vec<String>> = BTreeMap::from([(PATHS, Vec::new())]);
    for package in &added {
        let stem = stem(&package.package);
        for Interest { trigger, how } in interests(package) {
            match trigger.starts_with('/') {
                true => lines.entry(PATHS).or_default().push(format!("{trigger} {stem}{how}\n")),
                false => lines.entry(trigger).or_default().push(format!("{stem}{how}\n")),
            }
        }
    }
    let file = |(name, lines): (&str, Vec<String>)| {
        let before = base(name).unwrap_or_default();
        let mut after: Vec<u8> =
            before.split_inclusive(|byte| *byte == b'\n').fold(Vec::new(), |mut kept, line| {
                if !added.iter().any(|package| is_about(line, package)) {
                    kept.extend_from_slice(line);
                }
                kept
            });
        after.extend(lines.concat().bytes());
        (after != before).then(|| DatabaseFile::new(&format!("triggers/{name}"), after))
    };
    lines.into_iter().filter_map(file).collect()
}

/// The list of paths.
const PATHS: &str = "File";

/// Other files of the directory.
const RESERVED: [&str; 3] = [PATHS, "Unincorp", "Lock"];

/// Something that a package wants to be told of.
struct Interest<'a> {
    /// A path, or a name.
    trigger: &'a str,
    /// What its line ends with: whether others wait for what it does.
    how: &'static str,
}

/// What the member `triggers` says but for what the package itself sets off.
fn interests(package: &Unpacked) -> impl Iterator<Item = Interest<'_>> {
    let text = package.members.get("triggers").and_then(|bytes| std::str::from_utf8(bytes).ok());
    text.unwrap_or_default().lines().filter_map(|line| {
        let words: Vec<_> = line.split_ascii_whitespace().collect();
        let [directive, trigger] = words[..] else { return None };
        let how = match directive {
            "interest" | "interest-await" => "",
            "interest-noawait" => "/noawait",
            _ => return None,
        };
        is_trigger(trigger).then_some(Interest { trigger, how })
    })
}

/// Whether it is a path, or a name that a file of the directory can have.
fn is_trigger(trigger: &str) -> bool {
    let is_name = !trigger.contains('/') && !trigger.starts_with('.') && !RESERVED.contains(&trigger);
    trigger.bytes().all(|byte| byte.is_ascii_graphic()) && (trigger.starts_with('/') || is_name)
}

/// Whether a line, `[path ]package[/noawait]`, is of the package or another version of it.
fn is_about(line: &[u8], package: &Unpacked) -> bool {
    let word = line.trim_ascii_end().rsplit(|byte| *byte == b' ').next().unwrap_or_default();
    let word = word.split(|byte| *byte == b'/').next().unwrap_or_default();
    std::str::from_utf8(word).is_ok_and(|stem| is_stem_of(stem, &package.package))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::raw::artifact;
    use crate::package::deb::made::{CONTROL, data, made};

    fn unpacked(triggers: &str) -> Unpacked {
        let same = CONTROL.replace("Maintainer", "Multi-Arch: same\nMaintainer");
        let made = made(&same, &[("triggers", triggers)], data());
        made.read(&made.bytes(), &artifact()).unwrap()
    }

    fn written(base: &[(&str, &str)], triggers: &str) -> Vec<(String, String)> {
        let base = |name: &str| {
            let file = base.iter().find(|(other, _)| *other == name)?;
            Some(file.1.as_bytes().to_vec())
        };
        let files = super::triggers(base, &[&unpacked(triggers)]);
        files
            .into_iter()
            .map(|file| (file.path.to_string(), String::from_utf8(file.bytes).unwrap()))
            .collect()
    }

    #[test]
    fn interests_are_added_to_those_of_the_base() {
        let base = [("File", "/usr/share/man man-db/noawait\n"), ("ldconfig", "libc-bin/noawait\n")];
        let triggers = "# comment\ninterest-noawait /usr/a\ninterest /usr/b\n interest-await ldconfig \n";
        let file = |name: &str, text: &str| (format!("triggers/{name}"), text.to_owned());
        assert_eq!(
            written(&base, triggers),
            [
                file("File", "/usr/share/man man-db/noawait\n/usr/a made:amd64/noawait\n/usr/b made:amd64\n"),
                file("ldconfig", "libc-bin/noawait\nmade:amd64\n"),
            ]
        );
        assert_eq!(written(&base, "activate-noawait ldconfig\n"), []);
        assert_eq!(written(&[], ""), []);
    }

    #[test]
    fn interests_of_a_replaced_version_go() {
        let base = [("File", "/usr/a made\n/usr/b made:amd64/noawait\n/usr/c made-up\n/usr/d made:i386\n")];
        let expected = ("triggers/File".to_owned(), "/usr/c made-up\n/usr/d made:i386\n".to_owned());
        assert_eq!(written(&base, ""), [expected]);
    }

    #[test]
    fn names_that_no_file_can_have_are_no_triggers() {
        for name in ["File", "Unincorp", "a/b", "../x", ".", "\u{e9}"] {
            assert_eq!(written(&[], &format!("interest {name}\n")), [], "{name}");
        }
    }
}
