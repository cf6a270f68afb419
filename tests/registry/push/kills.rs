//! Pushes that end at any of their requests, however they end.

use std::os::unix::process::ExitStatusExt;
use std::process::Output;

use rustix::process::Signal;

use crate::registry::scene::Scene;
use crate::support::process::Victim;
use crate::support::registry::Fault;
use crate::support::tree;

/// What ends a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// SIGKILL, before anything is done.
    Killed,
    /// SIGKILL, when the request was done and not answered.
    KilledAfter,
    /// SIGTERM.
    Terminated,
    /// The connection, at this request and all after it.
    Unconnected,
}

/// What the tag led to before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    Nothing,
    /// Another image, of another layer.
    Older,
    /// Nothing; base and artifact are in the registry as well.
    Remote,
}

/// A push that is to end at one of its requests.
struct Trial {
    scene: Scene,
    /// What the tag led to.
    older: Option<String>,
    /// What the tag leads to where nothing ends the push.
    expected: String,
}

impl Trial {
    /// A push whose base is in the registry, and not known yet.
    fn remote() -> Self {
        let scene = Scene::new();
        let artifact = scene.name("demo/artifacts:tools");
        let keys = format!("contents:\n  artifacts:\n  - {{name: \"{artifact}\", includes: [usr/bin/h*]}}\n");
        scene.file("x.yaml", &(keys + "platforms: [linux/amd64]\n"));
        let expected =
            scene.sandbox.run(&["build", "x.yaml", "--quiet", "-o", "oci:expected"]).trim().to_owned();
        Self { scene, older: None, expected }
    }

    fn new(before: Before) -> Self {
        if before == Before::Remote {
            return Self::remote();
        }
        let scene = Scene::new();
        scene.local();
        let older = (before == Before::Older).then(|| {
            scene.file("x.yaml", &(scene.local_keys() + "paths: [{path: /older, contents: older}]\n"));
            scene.pushed("x.yaml", &["--no-store"]);
            scene.complete("demo/app", "1_x")
        });
        scene.local();
        let expected =
            scene.sandbox.run(&["build", "x.yaml", "--quiet", "-o", "oci:expected"]).trim().to_owned();
        Self { scene, older, expected }
    }

    /// Pushes, and ends it at a request; nothing where it needs fewer.
    fn end(&self, end: End, number: usize) -> Option<Output> {
        let (registry, victim) = (&self.scene.registry, Victim::default());
        let before = registry.log().len();
        let at = |number| Fault::at(before + number);
        match end {
            End::Killed => registry.fault(at(number).stop(victim.signal(Signal::KILL))),
            End::KilledAfter => registry.fault(at(number).stop_after(victim.signal(Signal::KILL))),
            End::Terminated => registry.fault(at(number).stop(victim.signal(Signal::TERM))),
            End::Unconnected => {
                (number..number + 100).for_each(|number| registry.fault(at(number).reset_at(0)))
            }
        }
        let ended = victim.run(&mut self.scene.push(&["x.yaml"], &[]));
        registry.clear_faults();
        (registry.log().len() >= before + number).then_some(ended)
    }

    /// Holds that the tag is old or new, and complete; then that the next run ends as it would have.
    fn assert_sound(&self, what: &str) {
        let tag = self.scene.tags().get(&("demo/app".to_owned(), "1_x".to_owned())).cloned();
        assert!(tag == self.older || tag.as_ref() == Some(&self.expected), "{what}: {tag:?}");
        if tag.is_some() {
            self.scene.complete("demo/app", "1_x");
        }
        let (report, _) = self.scene.pushed("x.yaml", &[]);
        assert_eq!(report["targets"][0]["index"]["digest"], self.expected, "{what}");
        assert_eq!(self.scene.complete("demo/app", "1_x"), self.expected, "{what}");
        // All that the store has is whole: a build that reads nothing else comes out the same.
        let again = self
            .scene
            .sandbox
            .command(&["build", "x.yaml", "--quiet", "-o", "oci:again"])
            .env("OVERCOAT_STORE", self.scene.store())
            .output();
        assert_eq!(
            String::from_utf8(again.expect("it can be run").stdout).unwrap().trim(),
            self.expected,
            "{what}"
        );
    }
}

/// Ends pushes at each of their requests, a few at a time; gives how many there were.
fn at_every_request(end: End, before: Before, check: impl Fn(&Trial, &Output) + Sync) -> usize {
    let points = (1..).take_while(|number| {
        let trial = Trial::new(before);
        let Some(output) = trial.end(end, *number) else { return false };
        check(&trial, &output);
        trial.assert_sound(&format!("{end:?} at request {number}, before it {before:?}"));
        true
    });
    let points = points.count();
    println!("{end:?} at {points} requests, before it {before:?}");
    assert!(points > 10, "{points}");
    points
}

#[test]
fn r18_a_push_that_is_killed_at_any_request_leaves_the_tag_old_or_complete() {
    for before in [Before::Nothing, Before::Older, Before::Remote] {
        at_every_request(End::Killed, before, |_, output| assert_eq!(output.status.signal(), Some(9)));
    }
}

#[test]
fn r18_a_push_that_is_killed_when_a_request_was_done_leaves_the_tag_old_or_complete() {
    at_every_request(End::KilledAfter, Before::Older, |_, output| {
        assert_eq!(output.status.signal(), Some(9))
    });
}

#[test]
fn r18_a_push_that_is_asked_to_end_at_any_request_leaves_nothing_behind() {
    at_every_request(End::Terminated, Before::Older, |trial, output| {
        let words = String::from_utf8_lossy(&output.stderr);
        // The last answers may be all that it waits for.
        assert!(matches!(output.status.code(), Some(143 | 0)), "{:?}: {words}", output.status);
        trial.scene.assert_clean();
    });
}

#[test]
fn r18_a_push_whose_registry_goes_away_at_any_request_leaves_nothing_behind() {
    at_every_request(End::Unconnected, Before::Older, |trial, output| {
        let words = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(4), "{words}");
        assert!(words.contains("error[E_REMOTE]"), "{words}");
        trial.scene.assert_clean();
    });
}

#[test]
fn a_push_that_was_killed_leaves_nothing_that_the_next_one_does_not_take_away() {
    let trial = Trial::new(Before::Nothing);
    let before = tree(&trial.scene.sandbox.path(""));
    assert_eq!(trial.end(End::Killed, 3).unwrap().status.signal(), Some(9));
    trial.scene.pushed("x.yaml", &[]);
    assert_eq!(tree(&trial.scene.sandbox.path("")), before);
}
