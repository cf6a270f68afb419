//! Following symbolic links inside the root.

use std::collections::VecDeque;

use crate::code::{Code, Coded};
use crate::rootfs::RootPath;

/// Symbolic links that lead to each other, or too many on one way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("path `{path}` leads through more than {HOPS} symbolic links")]
pub struct PathLoop {
    /// The path that was followed.
    pub path: RootPath,
}

impl Coded for PathLoop {
    fn code(&self) -> Code {
        Code::PathLoop
    }
}

/// The most links on one way: what Linux follows.
const HOPS: usize = 40;

/// Which links are followed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Last {
    /// A link at the end too.
    Follow,
    /// A link at the end is where the way ends.
    Keep,
}

/// Where `path` leads to when `target_of` tells the target of each symbolic link.
///
/// An absolute target starts at the root, `..` stops there, and what does not exist is taken as written.
pub(super) fn follow<'a>(
    path: &RootPath,
    last: Last,
    target_of: impl Fn(&RootPath) -> Option<&'a [u8]>,
) -> Result<RootPath, PathLoop> {
    // Most paths lead through no link at all.
    let mut above = path.ancestors().skip(1);
    if above.all(|at| target_of(&at).is_none()) && (last == Last::Keep || target_of(path).is_none()) {
        return Ok(path.clone());
    }
    let mut pending: VecDeque<Vec<u8>> = path.components().map(<[u8]>::to_vec).collect();
    let mut place = RootPath::root();
    let mut hops = 0;
    while let Some(component) = pending.pop_front() {
        match component.as_slice() {
            b"" | b"." => continue,
            b".." => place = place.parent().unwrap_or(place),
            name => {
                let next = place.join(name);
                let target = target_of(&next).filter(|_| last == Last::Follow || !pending.is_empty());
                let Some(target) = target else {
                    place = next;
                    continue;
                };
                hops += 1;
                if hops > HOPS {
                    return Err(PathLoop { path: path.clone() });
                }
                if target.starts_with(b"/") {
                    place = RootPath::root();
                }
                for component in target.split(|b| *b == b'/').rev() {
                    pending.push_front(component.to_vec());
                }
            }
        }
    }
    Ok(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RootPath {
        RootPath::parse(text).unwrap()
    }

    fn links<'a>(list: &'a [(&'a str, &'a str)]) -> impl Fn(&RootPath) -> Option<&'a [u8]> {
        |at| list.iter().find(|(from, _)| path(from) == *at).map(|(_, to)| to.as_bytes())
    }

    #[test]
    fn links_stay_inside_the_root() {
        let list = [("lib", "usr/lib"), ("abs", "/usr"), ("out", "../../../etc"), ("a/up", "..")];
        for (from, to) in [
            ("lib/x", "usr/lib/x"),
            ("abs/lib", "usr/lib"),
            ("out/passwd", "etc/passwd"),
            ("a/up/b", "b"),
            ("none/x", "none/x"),
            ("lib", "lib"),
        ] {
            assert_eq!(follow(&path(from), Last::Keep, links(&list)), Ok(path(to)), "{from}");
        }
        assert_eq!(follow(&path("lib"), Last::Follow, links(&list)), Ok(path("usr/lib")));
    }

    #[test]
    fn t07_a_loop_ends_after_forty_hops() {
        let list = [("a", "b"), ("b", "a")];
        assert_eq!(follow(&path("a/x"), Last::Keep, links(&list)), Err(PathLoop { path: path("a/x") }));
        assert_eq!(follow(&path("a"), Last::Keep, links(&list)), Ok(path("a")));
    }
}
