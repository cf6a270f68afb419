//! Selections: which paths of an artifact are taken.

use std::collections::HashMap;

use super::automaton::{Automaton, Bits};
use super::pattern::Form;
use super::{Pattern, RootPath};

/// The paths that are included and not excluded, where a pattern that matches a directory speaks for all below it.
#[derive(Clone, Debug)]
pub struct Selection {
    includes: Patterns,
    excludes: Patterns,
}

impl PartialEq for Selection {
    fn eq(&self, other: &Self) -> bool {
        self.includes() == other.includes() && self.excludes() == other.excludes()
    }
}

impl Eq for Selection {}

impl Selection {
    /// The paths that one of `includes` matches and none of `excludes`.
    pub fn new(includes: Vec<Pattern>, excludes: Vec<Pattern>) -> Self {
        Self { includes: Patterns::new(includes), excludes: Patterns::new(excludes) }
    }

    /// The patterns of what is taken.
    pub fn includes(&self) -> &[Pattern] {
        &self.includes.all
    }

    /// The patterns of what is not taken all the same.
    pub fn excludes(&self) -> &[Pattern] {
        &self.excludes.all
    }

    /// Whether it takes a path; never the root. For many paths in a row, [`cursor`](Self::cursor) is cheaper.
    pub fn takes(&self, path: &RootPath) -> bool {
        self.cursor().takes(path)
    }

    /// Which includes match the path or a directory above it, by their place in the list, ascending.
    pub fn included_by(&self, path: &RootPath) -> Vec<usize> {
        let mut places = self.cursor().included_by(path).to_vec();
        places.sort_unstable();
        places
    }

    /// The same questions for many paths, cheapest where neighbours follow each other.
    pub fn cursor(&self) -> Cursor<'_> {
        Cursor::new(self)
    }
}

/// Answers for one path after the other, and remembers them for the directories above the last one.
#[derive(Debug)]
pub struct Cursor<'a> {
    selection: &'a Selection,
    last: Vec<u8>,
    /// The root, the directories above the last path and that path; behind these what is left of deeper ones.
    levels: Vec<Level>,
    /// The place of the last path in the levels.
    depth: usize,
    /// The places of the includes that match on some level; each level has those of the levels above it too.
    included: Vec<usize>,
    /// The same by place.
    is_included: Vec<bool>,
}

#[derive(Clone, Debug)]
struct Level {
    /// Bytes of the last path that are the path of this level.
    end: usize,
    /// How many of the included places hold on this level.
    included: usize,
    excluded: bool,
    includes: Bits,
    excludes: Bits,
}

impl<'a> Cursor<'a> {
    fn new(selection: &'a Selection) -> Self {
        let root = Level {
            end: 0,
            included: 0,
            excluded: false,
            includes: selection.includes.globs.start(),
            excludes: selection.excludes.globs.start(),
        };
        Self {
            selection,
            last: Vec::new(),
            levels: vec![root],
            depth: 0,
            included: Vec::new(),
            is_included: vec![false; selection.includes.all.len()],
        }
    }

    /// Whether the selection takes a path; never the root.
    pub fn takes(&mut self, path: &RootPath) -> bool {
        self.move_to(path);
        let level = &self.levels[self.depth];
        level.included > 0 && !level.excluded
    }

    /// Which includes match the path or a directory above it, by their place in the list, those of the outermost first.
    pub fn included_by(&mut self, path: &RootPath) -> &[usize] {
        self.move_to(path);
        &self.included
    }

    fn move_to(&mut self, path: &RootPath) {
        let path = path.as_bytes();
        self.leave(common(&self.last, path));
        let mut end = self.levels[self.depth].end;
        while end < path.len() {
            let start = if end == 0 { 0 } else { end + 1 };
            end = path[start..].iter().position(|b| *b == b'/').map_or(path.len(), |at| start + at);
            self.enter(&path[..end]);
        }
        self.last.clear();
        self.last.extend_from_slice(path);
    }

    /// Forgets the levels that are longer than `end` bytes.
    fn leave(&mut self, end: usize) {
        while self.levels[self.depth].end > end {
            self.depth -= 1;
        }
        for place in self.included.drain(self.levels[self.depth].included..) {
            self.is_included[place] = false;
        }
    }

    /// Goes from a directory to a path in it.
    fn enter(&mut self, path: &[u8]) {
        self.depth += 1;
        if self.depth == self.levels.len() {
            self.levels.push(self.levels[self.depth - 1].clone());
        }
        let (above, below) = self.levels.split_at_mut(self.depth);
        let (parent, level) = (&above[self.depth - 1], &mut below[0]);
        let added = &path[parent.end..];
        level.end = path.len();
        level.includes.clone_from(&parent.includes);
        let (included, is_included) = (&mut self.included, &mut self.is_included);
        self.selection.includes.matching(&mut level.includes, path, added, |place| {
            if !std::mem::replace(&mut is_included[place], true) {
                included.push(place);
            }
        });
        level.included = included.len();
        level.excluded = parent.excluded;
        if !parent.excluded {
            level.excludes.clone_from(&parent.excludes);
            let excluded = &mut level.excluded;
            self.selection.excludes.matching(&mut level.excludes, path, added, |_| *excluded = true);
        }
    }
}

/// How many bytes of `path` are whole components that `last` begins with as well.
fn common(last: &[u8], path: &[u8]) -> usize {
    let same = last.iter().zip(path).take_while(|(a, b)| a == b).count();
    let ends = |bytes: &[u8]| bytes.get(same).is_none_or(|b| *b == b'/');
    if ends(last) && ends(path) {
        return same;
    }
    path[..same].iter().rposition(|b| *b == b'/').unwrap_or(0)
}

/// Patterns that are asked together: plain ones by lookup, the others as one automaton.
#[derive(Clone, Debug)]
struct Patterns {
    all: Vec<Pattern>,
    plain: HashMap<Box<[u8]>, Vec<usize>>,
    globs: Automaton,
    /// The places of the automaton's globs.
    places: Vec<usize>,
}

impl Patterns {
    fn new(all: Vec<Pattern>) -> Self {
        let mut plain: HashMap<Box<[u8]>, Vec<usize>> = HashMap::new();
        let (mut globs, mut places) = (Vec::new(), Vec::new());
        for (place, pattern) in all.iter().enumerate() {
            match pattern.form() {
                Form::Plain(path) => plain.entry(path.as_bytes().into()).or_default().push(place),
                Form::Glob { glob, .. } => {
                    globs.push(glob);
                    places.push(place);
                }
            }
        }
        let globs = Automaton::new(globs);
        Self { all, plain, globs, places }
    }

    /// Moves the automaton's state over what was added to a path, and gives the places of the patterns that match the path.
    fn matching(&self, state: &mut Bits, path: &[u8], added: &[u8], mut found: impl FnMut(usize)) {
        self.plain.get(path).into_iter().flatten().for_each(|place| found(*place));
        self.globs.advance(state, added);
        self.globs.accepted(state).for_each(|glob| found(self.places[glob]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::{Duration, Instant};

    fn path(text: &str) -> RootPath {
        RootPath::parse(text).unwrap()
    }

    fn patterns(texts: &[&str]) -> Vec<Pattern> {
        texts.iter().map(|text| Pattern::parse(text).unwrap()).collect()
    }

    fn selection(includes: &[&str], excludes: &[&str]) -> Selection {
        Selection::new(patterns(includes), patterns(excludes))
    }

    #[test]
    fn a_directory_is_taken_with_everything_below_and_nothing_beside() {
        let selection = selection(&["usr/local/go"], &[]);
        assert!(selection.takes(&path("usr/local/go")));
        assert!(selection.takes(&path("usr/local/go/bin/go")));
        assert!(!selection.takes(&path("usr/local/gopher")));
        assert!(!selection.takes(&path("usr/local")));
        assert!(!selection.takes(&RootPath::root()));
    }

    #[test]
    fn an_exclude_below_an_include_wins_and_so_does_one_above_it() {
        let below = selection(&["usr/local/go"], &["usr/local/go/test", "**/*.md"]);
        assert!(below.takes(&path("usr/local/go/src")));
        assert!(!below.takes(&path("usr/local/go/test/x")));
        assert!(!below.takes(&path("usr/local/go/doc/a.md")));
        let above = selection(&["usr/local/go"], &["usr"]);
        assert!(!above.takes(&path("usr/local/go/src")));
    }

    #[test]
    fn an_exclude_outside_every_include_does_nothing() {
        let selection = selection(&["usr/bin"], &["etc/**", "opt"]);
        assert!(selection.takes(&path("usr/bin/env")));
        assert!(!selection.takes(&path("etc/passwd")));
    }

    #[test]
    fn includes_are_told_apart_by_their_place() {
        let selection = selection(&["usr/bin", "lib/x", "usr/**/e*", "usr", "usr/bin"], &["usr/bin"]);
        assert_eq!(selection.included_by(&path("usr/bin/env")), [0, 2, 3, 4]);
        assert_eq!(selection.included_by(&path("usr/lib")), [3]);
        assert!(selection.included_by(&path("lib")).is_empty());
        assert!(selection.included_by(&RootPath::root()).is_empty());
    }

    #[test]
    fn globs_longer_than_a_word_of_state_work_in_any_place() {
        let tail = "/?[^é]".repeat(100);
        let globs: Vec<_> = (0..100).map(|n| Pattern::parse(&format!("{n}/**{tail}")).unwrap()).collect();
        let selection = Selection::new(globs, Vec::new());
        let path = |n: usize| path(&format!("{n}/x{}", "/ab".repeat(100)));
        (0..100).for_each(|n| assert_eq!(selection.included_by(&path(n)), [n]));
        assert!(selection.included_by(&path(100)).is_empty());
    }

    #[test]
    fn s12_a_thousand_patterns_on_a_hundred_thousand_paths_end() {
        let includes = (0..1000).map(|n| Pattern::parse(&format!("**/**/**/a*{n}b*c*")).unwrap()).collect();
        let selection = Selection::new(includes, patterns(&["**/x*y*z"]));
        let mut cursor = selection.cursor();
        let start = Instant::now();
        let taken = (0..100_000_u32)
            .filter(|n| cursor.takes(&path(&format!("usr/a{}/a{}b{:x}", n / 300, n % 1300, n * 7))))
            .count();
        assert!(taken > 0 && taken < 100_000);
        // A guard against hanging, not a measurement: this build is not optimized, and other tests run beside it.
        assert!(start.elapsed() < Duration::from_secs(120), "took {:?}", start.elapsed());
    }

    fn texts(of: &'static str) -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec(of, 0..6)
    }

    proptest! {
        #[test]
        fn a_cursor_answers_as_its_patterns_do_one_by_one(
            includes in texts(r"(\*\*/)?[ab]{1,2}\*?(/[ab?]{1,2}){0,2}(/\*\*)?"),
            excludes in texts(r"(\*\*/)?[ab]{1,2}(/[ab?]{1,2}){0,2}"),
            paths in prop::collection::vec("([ab]{1,2}(/[ab]{1,2}){0,3})?", 1..30),
        ) {
            let parse = |texts: &[String]| patterns(&texts.iter().map(String::as_str).collect::<Vec<_>>());
            let selection = Selection::new(parse(&includes), parse(&excludes));
            let mut cursor = selection.cursor();
            let on_or_above = |pattern: &Pattern, path: &RootPath| {
                pattern.matches(path) || path.ancestors().any(|above| pattern.matches(&above))
            };
            for path in paths.iter().map(|text| path(text)) {
                let by: Vec<_> = selection.includes().iter().enumerate()
                    .filter(|(_, p)| on_or_above(p, &path)).map(|(place, _)| place).collect();
                let takes = !by.is_empty() && !selection.excludes().iter().any(|p| on_or_above(p, &path));
                prop_assert_eq!(cursor.takes(&path), takes, "{}", path);
                let mut found = cursor.included_by(&path).to_vec();
                found.sort_unstable();
                prop_assert_eq!(&found, &by, "{}", path);
                prop_assert_eq!(selection.included_by(&path), by);
                prop_assert_eq!(selection.takes(&path), takes);
            }
        }
    }
}
