//! What is chosen for a package on a real base, held against what apt chooses on the same lists.
//!
//! A few worlds in CI; `OVERCOAT_WORLDS=400` asks about as many. Where both differ, the set has to be closed for apt, and one of
//! two reasons has to count: a need of which apt takes the first alternative or provider, although a later one is there in the
//! end, so that its set is larger; or a package of the base that apt would make newer, which stays here, so that what comes
//! with it is as old. The latter cannot be where the base is as new as the lists: those of main alone, of which the base was
//! made, with `OVERCOAT_APT_SUITE=main`.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use overcoat::limits::Limits;
use overcoat::package::deb::status;
use overcoat::package::{
    Atom, Family, Index, Lockstep, Market, Note, Package, Problem, Repository, Request, Upgrade, solve_alike,
};

use crate::support::{scratch, succeed, tool, workload};

#[test]
fn the_sets_are_those_of_apt() {
    let asked = std::env::var("OVERCOAT_WORLDS").ok().and_then(|count| count.parse().ok()).unwrap_or(50);
    for (architecture, count) in [("amd64", asked), ("arm64", asked.min(50) / 2)] {
        let Some(worlds) = Worlds::of(architecture) else { return };
        worlds.compare(count);
    }
}

/// Lists, a base, and apt.
struct Worlds {
    dir: PathBuf,
    architecture: &'static str,
    market: Market,
    installed: Vec<Package>,
    _scratch: tempfile::TempDir,
}

impl Worlds {
    fn of(architecture: &'static str) -> Option<Self> {
        let workload = workload()?;
        tool("apt-get")?;
        let scratch = scratch();
        let dir = scratch.path().to_owned();
        let status = dir.join("status");
        let tar = workload.join(format!("tars/base-{architecture}.tar"));
        let bytes = Command::new("tar").arg("-xOf").arg(&tar).arg("./var/lib/dpkg/status").output().unwrap();
        assert!(bytes.status.success(), "{} has a status", tar.display());
        std::fs::write(&status, &bytes.stdout).unwrap();
        let lists = ask(&dir, architecture, "lists", &[status.to_str().unwrap()]);
        let repositories = lists.lines().map(|list| repository(Path::new(list), architecture)).collect();
        let installed = status::read(&bytes.stdout).unwrap().into_iter().map(|record| record.package);
        let (market, installed) = (Market::new(repositories), installed.collect());
        Some(Self { dir, architecture, market, installed, _scratch: scratch })
    }

    fn compare(&self, count: usize) {
        let names = ask(&self.dir, self.architecture, "names", &[&count.to_string()]);
        let names: Vec<&str> = names.lines().collect();
        let answers = match std::env::var_os("OVERCOAT_APT_ANSWERS") {
            Some(dir) => {
                std::fs::read_to_string(Path::new(&dir).join(format!("{}.tsv", self.architecture))).unwrap()
            }
            None => ask(&self.dir, self.architecture, "sets", &names),
        };
        let (mut equal, mut differing) = (0, Vec::new());
        for line in answers.lines() {
            let (name, apt) = line.split_once('\t').unwrap();
            let apt: BTreeSet<String> = apt.split_whitespace().map(str::to_owned).collect();
            let ours = self.solve(name);
            match &ours {
                Some((set, _)) if *set == apt => equal += 1,
                None if apt.contains("ERROR") => equal += 1,
                ours => differing.push(self.difference(name, ours.as_ref(), &apt)),
            }
        }
        println!("{}: {equal} of {} sets are apt's", self.architecture, answers.lines().count());
        differing.iter().for_each(|one| println!("  {}", one.words));
        let unexplained: Vec<_> = differing.iter().filter(|one| !one.is_known_kind).collect();
        assert!(unexplained.is_empty(), "{} differ otherwise", unexplained.len());
        assert!(equal * 20 >= answers.lines().count() * 19, "all but a few are equal");
    }

    /// The set for a package, and the groups that another than the first alternative meets.
    fn solve(&self, name: &str) -> Option<(BTreeSet<String>, Vec<Note>)> {
        let atom = Atom { name: name.to_owned(), qualifier: None, version: None };
        let problem = Problem {
            family: Family::Deb,
            architecture: self.architecture,
            offers: &self.market,
            installed: &self.installed,
            requests: &[Request::Install { atom, from: None }],
            upgrade: &Upgrade::No,
            assume: &[],
            locked: None,
        };
        let solution = solve_alike(&[problem], Lockstep::Required).ok()?.pop()?;
        let name = |package: &Package| format!("{}={}", package.name, package.version);
        Some((solution.added.iter().map(|choice| name(&choice.package)).collect(), solution.notes))
    }

    fn difference(
        &self,
        name: &str,
        ours: Option<&(BTreeSet<String>, Vec<Note>)>,
        apt: &BTreeSet<String>,
    ) -> Difference {
        let Some((ours, notes)) = ours else {
            return Difference { words: format!("{name}: no set, and apt has one"), is_known_kind: false };
        };
        let list = |set: BTreeSet<&String>| set.into_iter().cloned().collect::<Vec<_>>().join(" ");
        let (only_apt, only_ours) = (apt.difference(ours).collect(), ours.difference(apt).collect());
        let is_of_base = |one: &&String| {
            self.installed.iter().any(|package| one.split('=').next() == Some(package.name.as_str()))
        };
        let upgrades = apt.difference(ours).any(|one| is_of_base(&one));
        let is_smaller = ours.is_subset(apt);
        let met_later = notes.iter().any(|note| matches!(note, Note::Alternative { .. })) || is_smaller;
        let mut closed = Command::new(script());
        let set: Vec<&String> = ours.iter().collect();
        closed.arg(&self.dir).args([self.architecture, "closed"]).args(set);
        let is_closed = closed.status().unwrap().success();
        let words = format!(
            "{name}: apt alone has {}; we alone have {}; closed for apt: {is_closed}; a later alternative or provider: {met_later}; \
             apt upgrades the base: {upgrades}",
            list(only_apt),
            list(only_ours)
        );
        Difference { words, is_known_kind: is_closed && (met_later || upgrades) }
    }
}

struct Difference {
    words: String,
    is_known_kind: bool,
}

fn repository(list: &Path, architecture: &str) -> Repository {
    let index = Index::deb(File::open(list).unwrap(), architecture, &Limits::default()).unwrap();
    Repository { tag: None, indexes: vec![Arc::new(index)] }
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packages/ask_apt")
}

fn ask(dir: &Path, architecture: &str, verb: &str, arguments: &[&str]) -> String {
    succeed(Command::new(script()).arg(dir).args([architecture, verb]).args(arguments))
}
