//! Whatever packages hold: what comes out is what a simple model says, and a layer that every applier understands.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

const NAMES: [&str; 3] = ["p", "q", "r"];
const FILES: [&str; 9] = ["a", "d/x", "d/y", "d/s", "d/s/z", "lib/x", "usr/lib/x", "usr/lib/y", "usr/a"];
const DIRECTORIES: [&str; 5] = ["d", "d/s", "lib", "usr", "usr/lib"];
const OF_BASE: [&str; 6] = ["a", "d/x", "d/s", "usr/lib/x", "usr/a", "d/old"];

/// A package: at each of [`FILES`] a text, a link, or another name of its first file; directories with a mode.
#[derive(Clone, Debug)]
struct Package {
    files: Vec<u8>,
    directories: Vec<u8>,
}

#[derive(Clone, Debug)]
struct World {
    is_merged: bool,
    /// At each of [`OF_BASE`] a text, and whose it is: nobody's, a package's, or that of one that is replaced, and goes.
    base: Vec<(u8, u8)>,
    packages: Vec<Package>,
    /// Who goes before whom: bits of pairs of the base and the packages.
    before: u16,
}

fn worlds() -> impl Strategy<Value = World> {
    let package = (prop::collection::vec(0..16_u8, FILES.len()), prop::collection::vec(0..4_u8, 5))
        .prop_map(|(files, directories)| Package { files, directories });
    let base = prop::collection::vec((0..5_u8, 0..4_u8), OF_BASE.len());
    (any::<bool>(), base, prop::collection::vec(package, 1..=3), any::<u16>())
        .prop_map(|(is_merged, base, packages, before)| World { is_merged, base, packages, before })
}

impl Package {
    fn has(&self, at: &str) -> bool {
        FILES.iter().position(|file| *file == at).is_some_and(|number| (1..6).contains(&self.files[number]))
    }

    /// Its lines; a file and something below it never stand in one package.
    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (at, mode) in DIRECTORIES.iter().zip(&self.directories).filter(|(at, _)| !self.has(at)) {
            match mode {
                0 => {}
                1 => lines.push(format!("{at}/ 0700")),
                _ => lines.push(format!("{at}/ 0755")),
            }
        }
        let mut first = None;
        for (at, what) in FILES.iter().zip(&self.files) {
            let line = match what {
                _ if *at == "d/s/z" && self.has("d/s") => continue,
                1..=3 => {
                    first = first.or(Some(*at));
                    format!("{at}={what}")
                }
                // A link would lead others on there, which is more than the model knows of.
                4 if *at == "d/s" => format!("{at}=4"),
                4 => format!("{at} -> t"),
                5 => format!("{at} => {}", first.get_or_insert(at)),
                _ => continue,
            };
            // A hard link to itself is the file then.
            lines.push(if line == format!("{at} => {at}") { format!("{at}=5") } else { line });
        }
        lines
    }
}

impl World {
    fn below(&self) -> Vec<String> {
        let mut lines: Vec<String> = vec!["usr/ 0711".into(), "usr/lib/".into()];
        if self.is_merged {
            lines.push("lib -> usr/lib".into());
        }
        for (at, (text, _)) in OF_BASE.iter().zip(&self.base).filter(|(_, (text, _))| *text > 0) {
            lines.push(format!("{at}={text}"));
        }
        lines
    }

    fn holder(&self, at: &str) -> Option<&'static str> {
        let number = OF_BASE.iter().position(|file| *file == at).filter(|number| self.base[*number].0 > 0)?;
        [None, Some("base"), Some("!"), Some("!")][usize::from(self.base[number].1)]
    }

    fn gone(&self) -> Vec<&'static str> {
        OF_BASE.iter().zip(&self.base).filter(|(_, (_, whose))| *whose == 3).map(|(at, _)| *at).collect()
    }

    fn is_before(&self, a: &str, b: &str) -> bool {
        let number = |name| NAMES.iter().position(|other| *other == name).map_or(0, |number| number + 1);
        self.before >> (number(a) * 4 + number(b)) & 1 == 1
    }

    fn facts(&self) -> Facts {
        let held = OF_BASE.iter().filter_map(|at| Some((*at, self.holder(at)?))).collect();
        let all = [&["base"], &NAMES[..]].concat();
        let pairs = all.iter().flat_map(|a| all.iter().map(move |b| (*a, *b)));
        Facts { held, before: pairs.filter(|(a, b)| self.is_before(a, b)).collect(), ..Facts::default() }
    }

    /// Lays the packages out in an order.
    fn lay(&self, order: &[usize]) -> Result<Payload, PayloadError> {
        let lines: Vec<Vec<String>> = order.iter().map(|number| self.packages[*number].lines()).collect();
        let lines: Vec<Vec<&str>> =
            lines.iter().map(|one| one.iter().map(String::as_str).collect()).collect();
        let packages: Vec<(&'static str, &[&str])> =
            order.iter().zip(&lines).map(|(number, lines)| (NAMES[*number], &lines[..])).collect();
        lay(&packages, &self.view(), self.facts(), &self.gone())
    }

    fn view(&self) -> View {
        view(&self.below().iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn place(&self, at: &str) -> String {
        match at.strip_prefix("lib") {
            Some(rest) if self.is_merged => format!("usr/lib{rest}"),
            _ => at.to_owned(),
        }
    }

    /// What a simple mind expects, as the lines of one layer; nothing where packages do not fit together.
    fn model(&self) -> Option<BTreeSet<String>> {
        let gone: BTreeSet<_> = self.gone().into_iter().collect();
        let mut tree: BTreeMap<String, String> = BTreeMap::new();
        let mut modes: BTreeMap<String, &str> =
            BTreeMap::from([("usr".to_owned(), "0711"), ("usr/lib".to_owned(), "0755")]);
        for line in self.below().iter().filter(|line| line.contains(['=', '>'])) {
            let (at, text) = line.split_once('=').or_else(|| line.split_once(" -> ")).unwrap();
            above(at).for_each(|dir| _ = modes.entry(dir).or_insert("0755"));
            if !gone.contains(at) {
                tree.insert(at.to_owned(), text.to_owned());
            }
        }
        let mut claims: BTreeMap<String, BTreeMap<&str, String>> = BTreeMap::new();
        let mut wanted: BTreeSet<String> = BTreeSet::new();
        let mut described: BTreeMap<String, &str> = BTreeMap::new();
        for (name, package) in NAMES.iter().zip(&self.packages) {
            let mut texts: BTreeMap<String, String> = BTreeMap::new();
            for line in package.lines() {
                if let Some((dir, mode)) = line.split_once("/ ") {
                    let mode = if mode == "0700" { "0700" } else { "0755" };
                    wanted.extend(above(&self.place(dir)).chain([self.place(dir)]));
                    described.entry(self.place(dir)).or_insert(mode);
                    continue;
                }
                let (at, text) = match line.split_once(" => ") {
                    Some((at, target)) => (at.to_owned(), texts[target].clone()),
                    None => {
                        let (at, text) = line.split_once('=').or_else(|| line.split_once(" -> ")).unwrap();
                        (at.to_owned(), text.to_owned())
                    }
                };
                texts.insert(at.clone(), text.clone());
                wanted.extend(above(&self.place(&at)));
                let before = claims.entry(self.place(&at)).or_default().insert(name, text.clone());
                if before.is_some_and(|before| before != text) {
                    return None;
                }
            }
        }
        if wanted.iter().any(|dir| tree.contains_key(dir) && self.holder(dir) != Some("!")) {
            return None;
        }
        wanted.iter().for_each(|dir| _ = tree.remove(dir));
        for (place, claims) in &claims {
            let has_content =
                |dir: &String| tree.keys().chain(modes.keys()).any(|at| above(at).any(|one| one == *dir));
            if wanted.contains(place) || modes.contains_key(place) && has_content(place) {
                return None;
            }
            let mut all: BTreeMap<&str, Option<&String>> =
                claims.iter().map(|(a, b)| (*a, Some(b))).collect();
            if self.holder(place) == Some("base") {
                all.insert("base", tree.get(place));
            }
            let wins = |a: &str, b: &str| {
                let (owner, newcomer) = if a < b { (a, b) } else { (b, a) };
                if self.is_before(owner, newcomer) || self.is_before(newcomer, owner) {
                    return a == if self.is_before(owner, newcomer) { owner } else { newcomer };
                }
                a == owner && all[a] == all[b]
            };
            let winner = all.keys().find(|a| all.keys().all(|b| *a == b || wins(a, b)))?;
            if *winner != "base" {
                modes.remove(place);
                tree.insert(place.clone(), claims[winner].clone());
            }
        }
        for dir in wanted {
            let mode = described.get(&dir).copied().unwrap_or("0755");
            modes.entry(dir).or_insert(mode);
        }
        let files = tree.into_iter().map(|(at, text)| match text.as_str() {
            "t" | "usr/lib" => format!("{at} -> {text}"),
            _ => format!("{at}={text}"),
        });
        Some(files.chain(modes.into_iter().map(|(dir, mode)| format!("{dir}/ {mode}"))).collect())
    }
}

/// The directories above a path but for the root.
fn above(at: &str) -> impl Iterator<Item = String> {
    at.match_indices('/').map(|(end, _)| at[..end].to_owned()).collect::<Vec<_>>().into_iter()
}

/// What is in a view, times aside.
fn listing(view: &View) -> Vec<(String, Kind, String)> {
    let kind = |node: &crate::contents::Node<'_>| (node.kind(), node.attributes().mode.to_string());
    let all = view.iter().map(|(at, node)| (at.to_string(), kind(&node)));
    all.map(|(at, (kind, mode))| (at, kind, mode)).collect()
}

/// What `hardening.md` asks of layers: 2.
fn check(payload: &Payload, below: &View) {
    let mut directories: BTreeSet<RootPath> = [RootPath::root()].into();
    let (mut files, mut deleted) = (BTreeSet::new(), BTreeSet::new());
    let mut touched = BTreeSet::new();
    for operation in payload.contents.operations.iter() {
        let (Operation::Entry { entry: crate::rootfs::Entry { path: at, .. }, .. }
        | Operation::Whiteout { path: at, .. }) = &operation
        else {
            panic!("packages hide no directories")
        };
        assert!(directories.contains(&at.parent().unwrap()), "{at}: parents come first, and are no links");
        assert!(!directories.contains(at) && !files.contains(at) && !deleted.contains(at), "{at}: once");
        match &operation {
            Operation::Whiteout { path: at, .. } => {
                assert!(below.get(at).is_some_and(|node| !node.is_directory()), "{at}: what is there goes");
                assert!(!touched.contains(&at.parent().unwrap()), "{at}: before its siblings");
                deleted.insert(at.clone());
            }
            Operation::Entry { entry, .. } if entry.kind.is_directory() => {
                assert_eq!(below.target_of(at), None, "{at}: never a directory over a link");
                touched.insert(at.parent().unwrap());
                directories.insert(at.clone());
            }
            Operation::Entry { entry, .. } => {
                if let Kind::Hardlink(target) = &entry.kind {
                    assert!(files.contains(target), "{at}: links to what this layer has already");
                }
                touched.insert(at.parent().unwrap());
                files.insert(at.clone());
            }
            Operation::Opaque { .. } => unreachable!(),
        }
    }
    let mut owned: BTreeMap<RootPath, BTreeSet<usize>> = BTreeMap::new();
    for (parcel, outcomes) in payload.outcomes.iter().enumerate() {
        for outcome in outcomes {
            if let Outcome::Placed(at) = outcome {
                owned.entry(at.clone()).or_default().insert(parcel);
            }
        }
    }
    for at in &files {
        assert_eq!(owned.get(at).map(BTreeSet::len), Some(1), "{at}: exactly one package has it");
    }
}

/// What is written, with the names of packages in place of their numbers.
fn text(payload: &Payload, order: &[usize]) -> Vec<String> {
    let name = |line: String| match line.rsplit_once(' ') {
        Some((at, from)) if from.contains(':') => {
            let (parcel, ordinal) = from.split_once(':').unwrap();
            format!("{at} {}:{ordinal}", NAMES[order[parcel.parse::<usize>().unwrap()]])
        }
        _ => line,
    };
    written(payload).into_iter().map(name).collect()
}

proptest! {
    #[test]
    fn packages_come_out_as_a_simple_model_says(world in worlds()) {
        let order: Vec<usize> = (0..world.packages.len()).collect();
        match (world.lay(&order), world.model()) {
            (Ok(payload), Some(lines)) => {
                let below = world.view();
                check(&payload, &below);
                let mut after = below;
                after.apply_contents(&payload.contents);
                let expected = view(&lines.iter().map(String::as_str).collect::<Vec<_>>());
                prop_assert_eq!(listing(&after), listing(&expected));
            }
            (Err(_), None) => {}
            (Ok(payload), None) => panic!("no conflict was seen: {:?}", written(&payload)),
            (Err(error), Some(lines)) => panic!("{error}; {lines:?}"),
        }
    }

    #[test]
    fn the_order_in_which_packages_are_given_does_not_count(world in worlds(), turn in 0..3_usize, back: bool) {
        let plain: Vec<usize> = (0..world.packages.len()).collect();
        let mut order = plain.clone();
        order.rotate_left(turn % plain.len());
        if back {
            order.reverse();
        }
        match (world.lay(&plain), world.lay(&order)) {
            (Ok(a), Ok(b)) => {
                prop_assert_eq!(text(&a, &plain), text(&b, &order));
                prop_assert_eq!(a.contents.findings, b.contents.findings);
            }
            (a, b) => prop_assert_eq!(a.err(), b.err()),
        }
    }
}
