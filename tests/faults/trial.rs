//! Trials: the runs in which something happens, on all processors, and what became of them.

use std::any::Any;
use std::collections::BTreeMap;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::calls::{may_trace, strace};
use super::case::{Case, Prepared, Tree, is_of_store};
use super::fault::{Fault, Outcome};
use super::point::{Point, points};
use crate::support::tree;

/// How often each outcome was seen.
pub(super) type Counts = BTreeMap<Outcome, usize>;

/// A run in which something happens.
#[derive(Debug)]
struct Trial {
    case: usize,
    point: Point,
    fault: Fault,
}

/// Trials, in the order of their points.
pub(super) struct Trials {
    cases: Vec<Prepared>,
    trials: Vec<Trial>,
}

impl Trials {
    /// Those of every fault at every point of every case; nothing where processes cannot be traced.
    ///
    /// Where not all are asked for, it is every `nth` of them, and those at calls that give files their places.
    pub(super) fn of(cases: &[Case], faults: &[Fault], nth: usize) -> Option<Self> {
        if !may_trace() {
            return None;
        }
        let cases: Vec<Prepared> = cases.iter().map(|case| Prepared::new(*case)).collect();
        let mut trials = Vec::new();
        for (case, prepared) in cases.iter().enumerate() {
            let (hidden, points): (Vec<_>, Vec<_>) =
                points(&prepared.undisturbed(), &prepared.root("undisturbed"))
                    .into_iter()
                    .partition(Point::is_hidden);
            println!("{}: {}", prepared.case.name, by_call(&points, hidden.len()));
            assert!(hidden.len() <= points.len() / 7, "{hidden:?}");
            for point in points {
                trials.extend(faults.iter().map(|&fault| Trial { case, point: point.clone(), fault }));
            }
        }
        let all = env::var_os("OVERCOAT_FAULTS").is_some_and(|which| which == "all");
        let is_chosen = |(number, trial): &(usize, Trial)| {
            // The calls of an output are the same with a store.
            let is_tried = cases[trial.case].case.has_store() && !trial.point.is_of_store();
            all || number % nth == 0 || (!is_tried && trial.fault.is_crucial(&trial.point.call))
        };
        let trials = trials.into_iter().enumerate().filter(is_chosen).map(|(_, trial)| trial).collect();
        Some(Self { cases, trials })
    }

    /// Runs them, prints what became of them, and fails where one did not end as it should.
    pub(super) fn run(&self) -> Counts {
        let next = AtomicUsize::new(0);
        let outcomes = Mutex::new(Vec::new());
        let work = || loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(trial) = self.trials.get(number) else { return };
            let attempt = AssertUnwindSafe(|| self.cases[trial.case].attempt(number, trial));
            let outcome = catch_unwind(attempt).map_err(words);
            outcomes.lock().expect("nobody panics with it").push((trial, outcome));
        };
        thread::scope(|scope| {
            for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
                scope.spawn(work);
            }
        });
        self.sum(&outcomes.into_inner().expect("nobody panics with it"))
    }

    fn sum(&self, outcomes: &[(&Trial, Result<Outcome, String>)]) -> Counts {
        let mut counts = Counts::new();
        let mut table: BTreeMap<_, BTreeMap<String, usize>> = BTreeMap::new();
        for (Trial { case, point, fault }, outcome) in outcomes {
            let text = match outcome {
                Ok(outcome) if outcome.names_calls() => format!("{outcome:?} {}", point.call),
                Ok(outcome) => format!("{outcome:?}"),
                Err(_) => "FAILED".to_owned(),
            };
            *table.entry((*case, *fault)).or_default().entry(text).or_default() += 1;
            if let Ok(outcome) = outcome {
                *counts.entry(*outcome).or_default() += 1;
            }
        }
        for ((case, fault), row) in table {
            println!("{}: {fault:?}: {}", self.cases[case].case.name, counted(&row));
        }
        println!("{} points: {counts:?}", outcomes.len());
        let failed = outcomes.iter().filter_map(|(trial, outcome)| Some((trial, outcome.as_ref().err()?)));
        let failed: Vec<String> = failed.map(|(trial, words)| format!("{trial:?}: {words}")).collect();
        assert!(failed.is_empty(), "{} points failed:\n{}", failed.len(), failed.join("\n"));
        counts
    }
}

/// How many points there are of each call.
fn by_call(points: &[Point], hidden: usize) -> String {
    let mut calls = BTreeMap::new();
    for point in points {
        *calls.entry(point.call.clone()).or_default() += 1;
    }
    format!("{} points, {hidden} more cannot be told from others: {}", points.len(), counted(&calls))
}

fn counted(row: &BTreeMap<String, usize>) -> String {
    let row: Vec<String> = row.iter().map(|(what, count)| format!("{count} {what}")).collect();
    row.join(", ")
}

impl Prepared {
    /// Runs a trial, and holds that all is as it should be, then and after the next build.
    fn attempt(&self, number: usize, trial: &Trial) -> Outcome {
        let (dir, log) = (format!("trial-{number}"), self.path(&format!("trial-{number}.log")));
        self.make(&dir);
        let arguments = trial.point.arguments(trial.fault, &self.root(&dir));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let strace = strace(&log, &arguments).expect("it is there");
        let output = match trial.fault {
            Fault::Hold { kill } => self.hold(strace, &log, &dir, kill),
            _ => self.command(strace, &dir).output().expect("strace can be run"),
        };
        let printed = fs::read_to_string(&log).expect("strace prints text");
        let hits = trial.point.hits(trial.fault, &printed);
        let mut words = String::from_utf8_lossy(&output.stderr).into_owned();
        if hits > 1 && trial.point.call == "write" && words.is_empty() {
            // The calls of each thread are counted apart: the words were hit as well.
            words = trial.fault.words().to_owned();
        }
        let report = String::from_utf8_lossy(&output.stdout);
        let outcome = trial.fault.outcome(output.status.code(), &words, &report, &trial.point);
        let outcome = outcome.unwrap_or_else(|| panic!("{}: {words}", output.status));
        let outcome = self.check(&dir, outcome);
        self.rebuild(&dir);
        assert_same(&tree(&self.path(&dir)), &self.after, "after the next build");
        fs::remove_dir_all(self.path(&dir)).expect("the sandbox can be written");
        outcome
    }

    /// Holds a build at its point while another one uses the same store.
    fn hold(&self, strace: Command, log: &Path, dir: &str, kill: bool) -> Output {
        let mut command = self.command(strace, dir);
        let mut held =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("strace can be run");
        let is_over = |held: &mut Child| held.try_wait().expect("it is a child").is_some();
        while !fs::read_to_string(log).is_ok_and(|log| log.contains("--- stopped by SIGSTOP"))
            && !is_over(&mut held)
        {
            thread::sleep(PAUSE);
        }
        self.build_beside(dir);
        // Another of its threads may be held as well later on.
        while !kill && !is_over(&mut held) {
            kill_process(Pid::from_child(&held), Signal::CONT).expect("it is a child");
            thread::sleep(PAUSE);
        }
        if kill {
            held.kill().expect("it is a child");
        }
        held.wait_with_output().expect("it is a child")
    }

    /// Holds that a directory is as an outcome says; of a build that was killed, says which outcome it is.
    fn check(&self, dir: &str, outcome: Outcome) -> Outcome {
        let found = tree(&self.path(dir));
        let (kept, mut output): (Tree, Tree) = found.into_iter().partition(|(path, _)| is_of_store(path));
        self.assert_sound(&kept, outcome);
        let [before, after] = [&self.before, &self.after].map(output_of);
        match outcome {
            Outcome::Old if self.is_new(dir) => return Outcome::New,
            Outcome::Old | Outcome::New => {}
            Outcome::Refused | Outcome::Stopped => assert_same(&output, &before, "P0"),
            Outcome::Tolerated => {
                // What could not be removed is left to the next build.
                output.retain(|path, _| !path.iter().any(is_temporary));
                assert_same(&output, &after, "an error that counts for nothing");
            }
            Outcome::Unstored => assert_same(&output, &after, "an error of the store"),
            Outcome::Unreported | Outcome::Finished => assert_same(&output, &after, "a whole output"),
        }
        outcome
    }

    /// Holds that each entry that is kept is whole, or broken as it was before; only builds that were killed, or could not
    /// remove a file, leave one that is no entry.
    fn assert_sound(&self, kept: &Tree, outcome: Outcome) {
        for (path, content) in kept {
            if path.iter().any(is_temporary) {
                let may_stay = matches!(outcome, Outcome::Old | Outcome::New | Outcome::Tolerated);
                assert!(may_stay, "{} stays", path.display());
            } else {
                let is_known = [&self.after, &self.before].iter().any(|tree| tree.get(path) == Some(content));
                assert!(is_known, "{} is a partial entry", path.display());
            }
        }
    }
}

/// All of a tree but the store.
fn output_of(tree: &Tree) -> Tree {
    let of_output = tree.iter().filter(|(path, _)| !is_of_store(path));
    of_output.map(|(path, content)| (path.clone(), content.clone())).collect()
}

/// Between two looks at a process.
const PAUSE: Duration = Duration::from_millis(2);

fn is_temporary(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".overcoat-")
}

fn assert_same(found: &Tree, expected: &Tree, when: &str) {
    let only = |one: &Tree, other: &Tree| -> Vec<PathBuf> {
        one.iter()
            .filter(|(path, what)| other.get(*path) != Some(what))
            .map(|(path, _)| path.clone())
            .collect()
    };
    let (surplus, missing) = (only(found, expected), only(expected, found));
    assert!(surplus.is_empty() && missing.is_empty(), "{when}: surplus {surplus:?}, missing {missing:?}");
}

/// What a thread said when it panicked.
fn words(panic: Box<dyn Any + Send>) -> String {
    match panic.downcast::<String>() {
        Ok(words) => *words,
        Err(panic) => panic.downcast_ref::<&str>().map_or("?", |words| words).to_owned(),
    }
}
