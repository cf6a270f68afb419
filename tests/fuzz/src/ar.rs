//! A slow reference for the container of Debian's packages.

/// The members of an archive: the name as it is written without blanks at its end, and the content.
///
/// Nothing where the bytes are no archive, whatever their members are called.
pub fn members(bytes: &[u8]) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut rest = bytes.strip_prefix(b"!<arch>\n")?.to_vec();
    let mut members = Vec::new();
    while !rest.is_empty() {
        if rest.len() < 60 || rest[58..60] != *b"`\n" {
            return None;
        }
        let size = without_blanks(&rest[48..58]);
        if size.is_empty() || size.iter().any(|byte| !(b'0'..=b'9').contains(byte)) {
            return None;
        }
        let size = size.iter().fold(0_u64, |size, digit| size * 10 + u64::from(digit - b'0'));
        let end = 60 + usize::try_from(size).ok()?;
        let next = end + end % 2;
        if rest.len() < next || (next > end && rest[end] != b'\n') {
            return None;
        }
        members.push((without_blanks(&rest[..16]), rest[60..end].to_vec()));
        rest.drain(..next);
    }
    Some(members)
}

/// The compressions of the two tars, where the members are those of a package.
pub fn package(members: &[(Vec<u8>, Vec<u8>)]) -> Option<[&'static str; 2]> {
    let [(version, number), (control, _), (data, _)] = members else { return None };
    let is_version = *name(version) == *b"debian-binary" && number == b"2.0\n";
    let ending = |full: &[u8], stem: &str, endings: &[&'static str]| {
        let fits = |ending: &&&str| *name(full) == *format!("{stem}{ending}").as_bytes();
        endings.iter().find(fits).copied()
    };
    let control = ending(control, "control.tar", &["", ".gz", ".xz", ".zst"])?;
    let data = ending(data, "data.tar", &["", ".gz", ".xz", ".zst", ".lzma"])?;
    is_version.then_some([control, data])
}

fn name(full: &[u8]) -> &[u8] {
    full.strip_suffix(b"/").unwrap_or(full)
}

/// Without the blanks at its end, of any kind that ASCII has.
fn without_blanks(field: &[u8]) -> Vec<u8> {
    let mut field = field.to_vec();
    while field.last().is_some_and(u8::is_ascii_whitespace) {
        field.pop();
    }
    field
}
