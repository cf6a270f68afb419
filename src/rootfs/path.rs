//! Paths inside an image.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use crate::printable::printable;

/// A path inside an image, from its root and never out of it: `usr/local/go`.
///
/// Holds no leading or trailing `/`, no empty, `.` or `..` component and no NUL; the root is the empty path. Bytes need not
/// be UTF-8. Ordered by components, so that everything below a directory follows it before anything else does. Cloning
/// shares the bytes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RootPath(Arc<[u8]>);

/// A text that is no path inside an image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It has a component `..`.
    #[error("path `{0}` leaves the image through `..`")]
    Leaves(String),
    /// It holds a NUL.
    #[error("path `{0}` holds a NUL byte")]
    Nul(String),
    /// It is longer than the limit.
    #[error("path of {found} bytes is longer than {limit}")]
    TooLong {
        /// The bytes it has.
        found: usize,
        /// The bytes it may have.
        limit: usize,
    },
    /// A component is longer than the limit.
    #[error("path component of {found} bytes is longer than {limit}")]
    ComponentTooLong {
        /// The bytes it has.
        found: usize,
        /// The bytes it may have.
        limit: usize,
    },
}

impl RootPath {
    /// The longest path, in bytes: what Linux accepts.
    pub const LIMIT: usize = 4096;
    /// The longest component, in bytes: what Linux accepts.
    pub const COMPONENT_LIMIT: usize = 255;

    /// The root of an image.
    pub fn root() -> Self {
        Self(Arc::from([]))
    }

    /// Reads a path as tar archives and people write it: `/abs`, `./x`, `x/` and `a//b` are accepted.
    pub fn parse(bytes: impl AsRef<[u8]>) -> Result<Self, PathError> {
        let bytes = bytes.as_ref();
        if bytes.len() > Self::LIMIT {
            return Err(PathError::TooLong { found: bytes.len(), limit: Self::LIMIT });
        }
        if bytes.contains(&0) {
            return Err(PathError::Nul(printable(bytes)));
        }
        let mut clean = Vec::with_capacity(bytes.len());
        for component in bytes.split(|b| *b == b'/') {
            match component {
                b"" | b"." => continue,
                b".." => return Err(PathError::Leaves(printable(bytes))),
                long if long.len() > Self::COMPONENT_LIMIT => {
                    return Err(PathError::ComponentTooLong {
                        found: long.len(),
                        limit: Self::COMPONENT_LIMIT,
                    });
                }
                component => {
                    if !clean.is_empty() {
                        clean.push(b'/');
                    }
                    clean.extend_from_slice(component);
                }
            }
        }
        Ok(Self(clean.into()))
    }

    /// The path of bytes that were those of a path.
    pub(super) fn of_clean(bytes: &[u8]) -> Self {
        debug_assert!(Self::parse(bytes).is_ok_and(|path| path.as_bytes() == bytes));
        Self(bytes.into())
    }

    /// The path of these parts of paths, none of them empty, one below the other.
    pub(super) fn of_components<'a>(parts: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut bytes = Vec::with_capacity(64);
        for part in parts {
            if !bytes.is_empty() {
                bytes.push(b'/');
            }
            bytes.extend_from_slice(part);
        }
        Self::of_clean(&bytes)
    }

    /// The bytes of the directory that holds it, and its last component; both empty for the root.
    pub(super) fn split(&self) -> (&[u8], &[u8]) {
        match self.0.iter().rposition(|b| *b == b'/') {
            Some(slash) => (&self.0[..slash], &self.0[slash + 1..]),
            None => (&[], &self.0),
        }
    }

    /// The path's bytes, empty for the root.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether it is the root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The directory that holds it; nothing for the root.
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        let end = self.0.iter().rposition(|b| *b == b'/').unwrap_or(0);
        Some(Self(self.0[..end].into()))
    }

    /// The last component, empty for the root.
    pub fn name(&self) -> &[u8] {
        self.split().1
    }

    /// Its components, from the root down.
    pub fn components(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split(|b| *b == b'/').filter(|component| !component.is_empty())
    }

    /// The paths above it, from the root down, without itself.
    pub fn ancestors(&self) -> impl Iterator<Item = Self> + '_ {
        let root = (!self.is_root()).then(Self::root);
        let slashes =
            self.0.iter().enumerate().filter(|(_, b)| **b == b'/').map(|(at, _)| Self(self.0[..at].into()));
        root.into_iter().chain(slashes)
    }

    /// The path of `name` below it. `name` is one component of a path.
    pub fn join(&self, name: &[u8]) -> Self {
        debug_assert!(!name.is_empty() && !name.contains(&b'/') && name != b".." && name != b".");
        let mut bytes = Vec::with_capacity(self.0.len() + 1 + name.len());
        bytes.extend_from_slice(&self.0);
        if !bytes.is_empty() {
            bytes.push(b'/');
        }
        bytes.extend_from_slice(name);
        Self(bytes.into())
    }

    /// The path of `below` as seen from here: `opt` and `a/b` give `opt/a/b`.
    pub fn join_path(&self, below: &Self) -> Self {
        match (self.is_root(), below.is_root()) {
            (true, _) => below.clone(),
            (_, true) => self.clone(),
            _ => Self([&*self.0, b"/", &*below.0].concat().into()),
        }
    }

    /// Whether it is `other` or lies below it. `usr/locale` is not in `usr/local`.
    pub fn is_in(&self, other: &Self) -> bool {
        other.is_root() || self == other || self.is_below(other)
    }

    /// Whether `dir` is the directory that holds it.
    pub fn is_right_in(&self, dir: &Self) -> bool {
        !self.is_root() && self.split().0 == &*dir.0
    }

    /// Whether it lies below `other`.
    pub fn is_below(&self, other: &Self) -> bool {
        if other.is_root() {
            return !self.is_root();
        }
        self.0.len() > other.0.len() && self.0.starts_with(&other.0) && self.0[other.0.len()] == b'/'
    }
}

impl Ord for RootPath {
    fn cmp(&self, other: &Self) -> Ordering {
        match first_difference(&self.0, &other.0) {
            // A component that ends comes before one that goes on.
            Some(at) => match (self.0[at], other.0[at]) {
                (b'/', _) => Ordering::Less,
                (_, b'/') => Ordering::Greater,
                (a, b) => a.cmp(&b),
            },
            None => self.0.len().cmp(&other.0.len()),
        }
    }
}

/// The place of the first byte that both have and that differs. Trees of a million paths live on this.
fn first_difference(a: &[u8], b: &[u8]) -> Option<usize> {
    const WIDE: usize = 16;
    let blocks = a.as_chunks::<WIDE>().0.iter().zip(b.as_chunks::<WIDE>().0);
    let start = blocks.take_while(|(a, b)| a == b).count() * WIDE;
    let rest = a[start..].iter().zip(&b[start..]).position(|(a, b)| a != b);
    rest.map(|at| start + at)
}

impl PartialOrd for RootPath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for RootPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(if self.is_root() { b"/" } else { &self.0 }))
    }
}

impl fmt::Debug for RootPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RootPath {
        RootPath::parse(text).unwrap()
    }

    #[test]
    fn t02_spellings_of_one_path_are_one_key() {
        for text in ["a/b", "/a/b", "./a/b", "a/b/", "a//b", "a/./b"] {
            assert_eq!(path(text), path("a/b"), "{text}");
        }
        assert!(path(".").is_root() && path("/").is_root());
    }

    #[test]
    fn t01_a_path_never_leaves_the_image() {
        for text in ["../x", "a/../../x", "a/..", ".."] {
            assert!(matches!(RootPath::parse(text), Err(PathError::Leaves(_))), "{text}");
        }
        assert_eq!(path("a/..b").as_bytes(), b"a/..b");
    }

    #[test]
    fn t31_long_paths_and_components_are_refused() {
        assert!(matches!(RootPath::parse("a/".repeat(2049)), Err(PathError::TooLong { .. })));
        assert!(matches!(RootPath::parse("a".repeat(256)), Err(PathError::ComponentTooLong { .. })));
        assert!(RootPath::parse("a".repeat(255)).is_ok());
    }

    #[test]
    fn what_is_below_a_directory_follows_it() {
        let mut paths =
            ["usr-x", "usr/lib", "usr", "usr/a/b", "usr.x", "", "usr/lib/x", "usr/lib-x"].map(path);
        paths.sort();
        let sorted: Vec<_> =
            paths.iter().map(|p| String::from_utf8_lossy(p.as_bytes()).into_owned()).collect();
        assert_eq!(sorted, ["", "usr", "usr/a/b", "usr/lib", "usr/lib/x", "usr/lib-x", "usr-x", "usr.x"]);
    }

    #[test]
    fn below_goes_by_components() {
        assert!(path("usr/local/go").is_in(&path("usr/local")));
        assert!(!path("usr/locale").is_in(&path("usr/local")));
        assert!(path("usr").is_below(&RootPath::root()));
        assert!(!RootPath::root().is_below(&RootPath::root()));
        for (text, dir, expected) in [
            ("a/b", "a", true),
            ("a/b/c", "a", false),
            ("a", "", true),
            ("", "", false),
            ("ab/c", "a", false),
        ] {
            assert_eq!(path(text).is_right_in(&path(dir)), expected, "{text} {dir}");
        }
    }

    #[test]
    fn a_path_comes_apart_and_together() {
        let p = path("a/b/c");
        assert_eq!(p.parent(), Some(path("a/b")));
        assert_eq!(path("a").parent(), Some(RootPath::root()));
        assert_eq!(p.name(), b"c");
        assert_eq!(p.ancestors().collect::<Vec<_>>(), [RootPath::root(), path("a"), path("a/b")]);
        assert_eq!(path("opt").join_path(&p), path("opt/a/b/c"));
        assert_eq!(RootPath::root().join(b"a"), path("a"));
    }

    #[test]
    fn t32_names_that_are_not_utf8_are_kept_and_escaped_for_people() {
        let p = RootPath::parse(b"a/\xff\n").unwrap();
        assert_eq!(p.as_bytes(), b"a/\xff\n");
        assert_eq!(p.to_string(), r"a/\xff\n");
    }

    #[test]
    fn paths_of_any_length_are_ordered_as_their_components_are() {
        let mut paths = Vec::new();
        for common in 0..40 {
            let start = "a/".repeat(common / 2) + &"a".repeat(common % 2);
            for end in ["", "b", "b/c", "b-c", "b.c", "bb"] {
                let text = format!("{start}{end}");
                paths.push(path(text.trim_end_matches('/')));
            }
        }
        for one in &paths {
            for other in &paths {
                let by_components = one.components().cmp(other.components());
                assert_eq!(one.cmp(other), by_components, "{one} {other}");
            }
        }
    }
}
