//! The stanza of a package in `status`, as dpkg writes it.

use std::collections::BTreeMap;

use crate::package::deb::md5sums;
use crate::package::{Family, Fields, Unpacked, deb_groups};
use crate::rootfs::RootPath;

/// The fields that dpkg knows, in its order. All others follow in that of the control file.
const ORDER: [(&str, Form); 26] = [
    ("Package", Form::Text),
    ("Essential", Form::Flag),
    ("Protected", Form::Flag),
    ("Status", Form::Own),
    ("Priority", Form::Word),
    ("Section", Form::Text),
    ("Installed-Size", Form::Text),
    ("Origin", Form::Text),
    ("Maintainer", Form::Text),
    ("Bugs", Form::Text),
    ("Architecture", Form::Text),
    ("Multi-Arch", Form::Flag),
    ("Source", Form::Text),
    ("Version", Form::Text),
    ("Replaces", Form::Relations),
    ("Provides", Form::Relations),
    ("Depends", Form::Relations),
    ("Pre-Depends", Form::Relations),
    ("Recommends", Form::Relations),
    ("Suggests", Form::Relations),
    ("Breaks", Form::Relations),
    ("Conflicts", Form::Relations),
    ("Enhances", Form::Relations),
    ("Conffiles", Form::Own),
    ("Description", Form::Text),
    ("Config-Version", Form::Nothing),
];

/// Fields that say where a repository has a package, which nobody asks of one that is installed.
const OF_REPOSITORIES: [&str; 6] = ["Filename", "Size", "MD5sum", "SHA1", "SHA256", "SHA512"];

/// How a field of a control file comes into the database.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As it is.
    Text,
    /// In small letters.
    Word,
    /// As it is, unless it says `no`.
    Flag,
    /// With one blank behind each comma and around each bar.
    Relations,
    /// The database has one of its own.
    Own,
    /// Not at all.
    Nothing,
}

/// The stanza of a package that is installed.
pub(super) fn installed(unpacked: &Unpacked) -> Fields {
    let control = &unpacked.fields;
    let mut fields: Vec<(String, String)> = Vec::new();
    for (name, form) in ORDER {
        let value = match form {
            Form::Own if name == "Status" => Some("install ok installed".to_owned()),
            Form::Own => conffiles(unpacked),
            Form::Nothing => None,
            _ => control.get(name).and_then(|value| printed(value, form)),
        };
        fields.extend(value.map(|value| (name.to_owned(), value)));
    }
    let is_known = |name: &str| {
        let known = ORDER.iter().map(|(known, _)| *known).chain(OF_REPOSITORIES);
        known.into_iter().any(|known| known.eq_ignore_ascii_case(name))
    };
    let others = control.iter().filter(|(name, _)| !is_known(name));
    fields.extend(others.map(|(name, value)| (name.to_owned(), value.to_owned())));
    Fields::new(fields)
}

/// What dpkg writes for a value; nothing where it writes no field.
fn printed(value: &str, form: Form) -> Option<String> {
    match form {
        _ if value.is_empty() => None,
        Form::Word => Some(value.to_ascii_lowercase()),
        Form::Flag if value.eq_ignore_ascii_case("no") => None,
        Form::Relations => {
            let groups = deb_groups(value);
            let groups: Vec<_> = groups.iter().map(|group| group.written(Family::Deb).to_string()).collect();
            Some(groups.join(", "))
        }
        _ => Some(value.to_owned()),
    }
}

/// The configuration files that the package says it has, with the sums that they come with.
fn conffiles(unpacked: &Unpacked) -> Option<String> {
    let member = unpacked.members.get(CONFFILES)?;
    let sums: BTreeMap<RootPath, [u8; 16]> = md5sums::of_files(unpacked).collect();
    let lines = member.split(|byte| *byte == b'\n').filter_map(|line| {
        // A line that begins with a word is about a file that the package no longer has.
        let path = std::str::from_utf8(line).ok()?.trim_end();
        let md5 = sums.get(&RootPath::parse(path.strip_prefix('/')?).ok()?)?;
        Some(format!("\n {path} {}", hex::encode(md5)))
    });
    Some(lines.collect::<String>()).filter(|lines| !lines.is_empty())
}

/// The member of the control section that lists configuration files.
pub(super) const CONFFILES: &str = "conffiles";
