//! Files of accounts as lines of fields, added to without touching what is there.

use super::accounts::AccountError;

/// A file like `etc/passwd`: a line each, fields between colons.
///
/// Lines that hold no account (comments, blank ones, those of NIS, too few fields) are kept and say nothing.
pub(super) struct AccountFile {
    name: &'static str,
    bytes: Vec<u8>,
    is_changed: bool,
}

const FILE_LIMIT: usize = 1 << 20;
const LINE_LIMIT: usize = 4 << 10;

/// The field of a user's or group's number.
const ID: usize = 2;
/// The field of a user's primary group.
const PRIMARY: usize = 3;
/// The field of a group's members.
const MEMBERS: usize = 3;

impl AccountFile {
    pub(super) fn read(name: &'static str, bytes: &[u8]) -> Result<Self, AccountError> {
        let file = Self { name, bytes: bytes.to_vec(), is_changed: false };
        file.refuse_long()?;
        Ok(file)
    }

    /// The bytes, where something was added.
    pub(super) fn into_changed(self) -> Result<Option<Vec<u8>>, AccountError> {
        self.refuse_long()?;
        Ok(self.is_changed.then_some(self.bytes))
    }

    /// Whether an account has a line here.
    pub(super) fn has(&self, name: &str) -> bool {
        self.line(name).is_some()
    }

    /// The number of an account.
    pub(super) fn id(&self, name: &str) -> Option<u32> {
        lines(&self.bytes).filter(|line| line.name() == name.as_bytes()).find_map(|line| line.number(ID))
    }

    /// The number of a user and of its primary group.
    pub(super) fn user(&self, name: &str) -> Option<(u32, u32)> {
        user_of(&self.bytes, name)
    }

    /// The first account that has a number.
    pub(super) fn holder(&self, id: u32) -> Option<&[u8]> {
        lines(&self.bytes).find(|line| line.number(ID) == Some(id)).map(|line| line.name())
    }

    /// Adds a line, after completing the last one.
    pub(super) fn append(&mut self, line: &str) {
        if self.bytes.last().is_some_and(|last| *last != b'\n') {
            self.bytes.push(b'\n');
        }
        self.bytes.extend_from_slice(line.as_bytes());
        self.bytes.push(b'\n');
        self.is_changed = true;
    }

    /// Adds members to a group's own line; those that are there already stay as they are.
    pub(super) fn add_members(&mut self, group: &str, members: &[String]) {
        for member in members {
            let Some(line) = self.line(group) else { return };
            let (listed, missing_colons) = line.members();
            if listed.split(|b| *b == b',').any(|other| other == member.as_bytes()) {
                continue;
            }
            let comma = if listed.is_empty() || listed.ends_with(b",") { "" } else { "," };
            let added = [":".repeat(missing_colons).as_str(), comma, member].concat();
            let end = line.start + line.bytes.len();
            self.bytes.splice(end..end, added.into_bytes());
            self.is_changed = true;
        }
    }

    /// The line of an account: the first with a number, as that is the one that counts, or the first.
    fn line(&self, name: &str) -> Option<Line<'_>> {
        let own = || lines(&self.bytes).filter(|line| line.name() == name.as_bytes());
        own().find(|line| line.number(ID).is_some()).or_else(|| own().next())
    }

    fn refuse_long(&self) -> Result<(), AccountError> {
        if self.bytes.len() > FILE_LIMIT {
            let found = self.bytes.len();
            return Err(AccountError::FileTooLong { file: self.name, found, limit: FILE_LIMIT });
        }
        match self.bytes.split(|b| *b == b'\n').enumerate().find(|(_, line)| line.len() > LINE_LIMIT) {
            Some((before, line)) => Err(AccountError::LineTooLong {
                file: self.name,
                line: before + 1,
                found: line.len(),
                limit: LINE_LIMIT,
            }),
            None => Ok(()),
        }
    }
}

/// The uid and the primary gid of a user in the bytes of `etc/passwd`.
pub fn user_of(passwd: &[u8], name: &str) -> Option<(u32, u32)> {
    let own = lines(passwd).filter(|line| line.name() == name.as_bytes());
    own.filter_map(|line| line.number(ID).zip(line.number(PRIMARY))).next()
}

/// A line that may be an account.
#[derive(Clone, Copy)]
struct Line<'a> {
    bytes: &'a [u8],
    /// Where it begins in the file.
    start: usize,
}

fn lines(file: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let ends = file.split_inclusive(|b| *b == b'\n').scan(0, |end, line| {
        let start = *end;
        *end += line.len();
        Some((start, line.strip_suffix(b"\n").unwrap_or(line)))
    });
    ends.map(|(start, line)| {
        let bytes = line.trim_ascii_start();
        Line { bytes, start: start + line.len() - bytes.len() }
    })
    .filter(|line| !matches!(line.bytes.first(), None | Some(b'#' | b'+' | b'-')))
}

impl<'a> Line<'a> {
    fn field(self, number: usize) -> Option<&'a [u8]> {
        self.bytes.split(|b| *b == b':').nth(number)
    }

    fn name(self) -> &'a [u8] {
        self.field(0).unwrap_or_default()
    }

    fn number(self, field: usize) -> Option<u32> {
        let digits = self.field(field).filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
        std::str::from_utf8(digits).ok()?.parse().ok()
    }

    /// The list of members, which is the rest of a group's line, and how many colons are missing before it.
    fn members(self) -> (&'a [u8], usize) {
        let mut fields = self.bytes.splitn(MEMBERS + 1, |b| *b == b':');
        let before = fields.by_ref().take(MEMBERS).count();
        match fields.next() {
            Some(members) => (members, 0),
            None => (&[], MEMBERS + 1 - before),
        }
    }
}
