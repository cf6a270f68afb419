//! Versions as lists that are ordered item by item: slow, and nothing like the engine's way.

/// What a version of apk comes to: a cell for each token, greater cells for greater versions.
///
/// A cell is what kind of token it is, its length where it is a number, and its text. The last says whether the version ends
/// here or goes on with what is none.
pub fn apk(version: &str) -> Vec<Cell> {
    let mut cells = Vec::new();
    let rest = tokens(version, &mut cells);
    cells.push(Cell(if rest == Some("") { END } else { INVALID }, 0, String::new()));
    cells
}

/// A token and its place in the order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell(u8, usize, String);

/// Whether all of a version was understood.
pub fn is_apk(version: &str) -> bool {
    apk(version).last().is_some_and(|cell| cell.0 == END)
}

/// Whether one version begins as another does, up to the other's end.
pub fn is_like(version: &str, like: &str) -> bool {
    let (version, mut like) = (apk(version), apk(like));
    let end = like.pop();
    version.starts_with(&like) && (end.is_some_and(|cell| cell.0 == END) || version.len() == like.len() + 1)
}

const EARLY: u8 = 0;
const INVALID: u8 = 1;
const END: u8 = 2;
const REVISION: u8 = 3;
const HASH: u8 = 4;
const SUFFIX_NUMBER: u8 = 5;
const SUFFIX: u8 = 6;
const LETTER: u8 = 7;
const NUMBER: u8 = 8;
const FIRST: u8 = 9;

/// Adds a cell for each token; gives back what follows them, unless a token breaks off.
fn tokens<'a>(version: &'a str, cells: &mut Vec<Cell>) -> Option<&'a str> {
    let mut rest = number(version, FIRST, cells)?;
    while let Some(after) = rest.strip_prefix('.') {
        let (digits, after) = run(after, |c| c.is_ascii_digit());
        let length = if digits.starts_with('0') { 0 } else { digits.len() };
        cells.push(some(Cell(NUMBER, length, digits.to_owned()))?);
        rest = after;
    }
    if let Some(letter) = rest.chars().next().filter(char::is_ascii_lowercase) {
        cells.push(Cell(LETTER, 0, letter.to_string()));
        rest = &rest[1..];
    }
    while let Some(after) = rest.strip_prefix('_') {
        let (name, after) = run(after, |c| c.is_ascii_lowercase());
        let kinds = ["alpha", "beta", "pre", "rc", "", "cvs", "svn", "git", "hg", "p"];
        let place = kinds.iter().position(|kind| !kind.is_empty() && *kind == name)?;
        cells.push(Cell(if place < 4 { EARLY } else { SUFFIX }, place, String::new()));
        rest = if after.starts_with(|c: char| c.is_ascii_digit()) {
            number(after, SUFFIX_NUMBER, cells)?
        } else {
            after
        };
    }
    if let Some(after) = rest.strip_prefix('~') {
        let (digits, after) = run(after, |c| "0123456789abcdef".contains(c));
        cells.push(some(Cell(HASH, 0, digits.to_owned()))?);
        rest = after;
    }
    match rest.strip_prefix("-r") {
        Some(after) => number(after, REVISION, cells),
        None => Some(rest),
    }
}

/// Adds a number, which is not empty.
fn number<'a>(text: &'a str, kind: u8, cells: &mut Vec<Cell>) -> Option<&'a str> {
    let (digits, rest) = run(text, |c| c.is_ascii_digit());
    some(Cell(kind, 0, digits.to_owned()))?;
    let digits = digits.trim_start_matches('0');
    cells.push(Cell(kind, digits.len(), digits.to_owned()));
    Some(rest)
}

fn some(cell: Cell) -> Option<Cell> {
    (!cell.2.is_empty()).then_some(cell)
}

fn run(text: &str, is_kind: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !is_kind(c)).unwrap_or(text.len()))
}

/// What a version of Debian comes to: epoch, upstream version and revision, each characters by their weight and numbers by
/// turns. Nothing stands behind the last that is not as good as nothing.
pub fn deb(version: &str) -> [Vec<(Vec<i32>, (usize, String))>; 3] {
    let (epoch, rest) = version.split_once(':').unwrap_or(("", version));
    let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
    [epoch, upstream, revision].map(turns)
}

fn turns(mut part: &str) -> Vec<(Vec<i32>, (usize, String))> {
    let mut turns = Vec::new();
    while !part.is_empty() {
        let (word, rest) = run(part, |c| !c.is_ascii_digit());
        let (digits, rest) = run(rest, |c| c.is_ascii_digit());
        let digits = digits.trim_start_matches('0');
        let weights = word.bytes().map(weight).chain([0]).collect();
        turns.push((weights, (digits.len(), digits.to_owned())));
        part = rest;
    }
    turns
}

/// Orders what versions of Debian come to.
pub fn order_deb(a: &str, b: &str) -> std::cmp::Ordering {
    let (mut a, mut b) = (deb(a), deb(b));
    for (a, b) in a.iter_mut().zip(&mut b) {
        let longest = a.len().max(b.len());
        for turns in [a, b] {
            turns.resize(longest, (vec![0], (0, String::new())));
        }
    }
    a.cmp(&b)
}

fn weight(byte: u8) -> i32 {
    match byte {
        b'~' => -1,
        b'a'..=b'z' | b'A'..=b'Z' => i32::from(byte),
        _ => i32::from(byte) + 1000,
    }
}

/// Whether dpkg takes a version.
pub fn is_deb(version: &str) -> bool {
    let (epoch, rest) = version.split_once(':').unwrap_or(("0", version));
    let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, "0"));
    let is_part = |part: &str, more: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    let is_number = !epoch.is_empty() && epoch.chars().all(|c| c.is_ascii_digit());
    let digits = epoch.trim_start_matches('0');
    let is_small = digits.is_empty() || digits.parse::<i32>().is_ok();
    is_number && is_small && is_part(upstream, ".+-~:") && is_part(revision, ".+~")
}
