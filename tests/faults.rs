//! Outputs under fire: a build that is killed, refused or told to stop at any system call that changes something.
//!
//! The points are enumerated, not sampled: `strace` lists the calls that change something, and then one run for each of
//! them has the fault at just that call; builds that use a store are disturbed at the calls on it as well. With
//! `OVERCOAT_FAULTS=all` (`tests/faults/run`) every point is tried, else a part of them.

mod calls;
mod case;
mod durable;
mod fault;
mod kept;
mod many;
mod point;
mod trial;

use case::{Case, Prepared};
use fault::{Fault, Outcome};
use trial::Trials;

const ERRORS: [Fault; 3] = [Fault::Error("ENOSPC"), Fault::Error("EIO"), Fault::Error("EDQUOT")];
const HOLDS: [Fault; 2] = [Fault::Hold { kill: true }, Fault::Hold { kill: false }];
const SIGNALS: [Fault; 2] = [Fault::Signal("SIGINT", 130), Fault::Signal("SIGTERM", 143)];

#[test]
fn l02_a_build_killed_at_any_call_leaves_the_old_output_or_the_new_one() {
    let Some(trials) = Trials::of(&Case::ALL, &[Fault::Kill], 7) else { return };
    let counts = trials.run();
    assert!(counts[&Outcome::Old] > 0 && counts[&Outcome::New] > 0, "{counts:?}");
}

#[test]
fn l03_an_error_at_any_call_is_said_and_leaves_everything_as_it_was() {
    let Some(trials) = Trials::of(&Case::ALL, &ERRORS, 13) else { return };
    let counts = trials.run();
    assert!(counts[&Outcome::Refused] > counts.values().sum::<usize>() / 2, "{counts:?}");
}

#[test]
fn l04_every_file_is_on_the_disk_before_its_name_and_every_name_before_the_end() {
    if !calls::may_trace() {
        return;
    }
    for case in Case::ALL.into_iter().chain(Case::STORES) {
        let changes = durable::replay(&Prepared::new(case));
        println!("{}: the power may go after any of {changes} calls", case.name);
        assert!(changes > 15);
    }
}

#[test]
fn a_signal_at_any_call_stops_the_build_or_comes_too_late() {
    let Some(trials) = Trials::of(&Case::ALL, &SIGNALS, 13) else { return };
    let counts = trials.run();
    assert!(counts[&Outcome::Stopped] > 0 && counts[&Outcome::Finished] > 0, "{counts:?}");
}

#[test]
fn c03_a_build_killed_at_any_call_leaves_no_partial_entry() {
    let [new, filled, broken] = Case::STORES;
    let cases = [new, filled, broken, Case::BROKEN_BLOB];
    let Some(trials) = Trials::of(&cases, &[Fault::Kill], 9) else { return };
    let counts = trials.run();
    assert!(counts[&Outcome::Old] > 0 && counts[&Outcome::New] > 0, "{counts:?}");
}

#[test]
fn c03_a_build_beside_one_that_is_killed_or_held_at_any_call_is_unaffected() {
    let Some(trials) = Trials::of(&Case::STORES, &HOLDS, 13) else { return };
    let counts = trials.run();
    assert!(counts[&Outcome::Old] > 0 && counts[&Outcome::Finished] > 0, "{counts:?}");
}

#[test]
fn c03_an_error_of_the_store_at_any_call_is_said_and_fails_no_build() {
    let Some(trials) = Trials::of(&Case::STORES, &ERRORS, 7) else { return };
    let counts = trials.run();
    assert!(counts[&Outcome::Unstored] > 0 && counts[&Outcome::Refused] > 0, "{counts:?}");
}
