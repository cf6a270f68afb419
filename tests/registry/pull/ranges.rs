//! Parts of blobs that are not those that were asked for.

use super::Demo;
use crate::support::registry::{Fault, Method};

/// A demo whose base layer breaks off at the first request for it.
struct BrokenOff {
    demo: Demo,
    /// The digest of the base layer.
    layer: String,
    /// Bytes of the layer.
    length: usize,
    /// The digest of what a build makes.
    expected: serde_json::Value,
}

/// One platform, and a store: the layer is read once.
const ONCE: [&str; 4] = ["--platform", "linux/amd64", "--store", "store"];

impl BrokenOff {
    fn new() -> Self {
        let demo = Demo::start();
        let (layer, bytes) = demo.base_layer();
        let expected = demo.built(&ONCE[..2]);
        let broken_off = Self { demo, layer, length: bytes.len(), expected };
        broken_off.fault(|fault| fault.nth(1).reset_at(1_000));
        broken_off
    }

    /// Adds a fault of requests for the layer.
    fn fault(&self, fault: impl FnOnce(Fault) -> Fault) {
        self.demo.registry.fault(fault(Fault::on(Method::Get, &self.layer)));
    }

    /// Builds; gives for each request whether it asked for a part, and how many bytes it got.
    fn build(&self) -> Vec<(bool, u64)> {
        let before = self.demo.registry.log().len();
        assert_eq!(self.demo.built(&ONCE), self.expected);
        let log = self.demo.registry.log().after(before);
        log.of(Method::Get, &self.layer)
            .map(|entry| (entry.headers.get("range").is_some(), entry.sent))
            .collect()
    }

    /// What comes of a part that is none: the whole is asked for.
    fn whole_after(&self, part: u64) -> [(bool, u64); 3] {
        [(false, 1_000), (true, part), (false, self.length as u64)]
    }
}

#[test]
fn r15_a_part_that_is_another_is_thrown_away_and_the_whole_asked_for() {
    for number in 0..6 {
        let broken_off = BrokenOff::new();
        let length = broken_off.length;
        let range = [
            format!("bytes 0-{}/{length}", length - 1),
            format!("bytes 1001-{}/{length}", length - 1),
            format!("bytes 1000-{}/{length}", length - 2),
            format!("bytes 1000-{}/{}", length - 1, length + 1),
            "bytes 1000-1000/".to_owned(),
            "garbage".to_owned(),
        ][number]
            .clone();
        broken_off.fault(|fault| fault.nth(2).header("Content-Range", &range));
        assert_eq!(broken_off.build(), broken_off.whole_after(length as u64 - 1_000), "{range}");
    }
}

#[test]
fn r15_a_part_that_does_not_say_which_is_thrown_away_and_the_whole_asked_for() {
    let broken_off = BrokenOff::new();
    broken_off.fault(|fault| fault.nth(2).without("Content-Range"));
    assert_eq!(broken_off.build(), broken_off.whole_after(broken_off.length as u64 - 1_000));
}

#[test]
fn r15_the_whole_instead_of_a_part_is_read_from_its_beginning() {
    let broken_off = BrokenOff::new();
    broken_off.demo.registry.change(|behaviour| behaviour.ranges = false);
    assert_eq!(broken_off.build(), [(false, 1_000), (true, broken_off.length as u64)]);
}

#[test]
fn r15_a_refused_part_is_asked_for_as_a_whole() {
    let broken_off = BrokenOff::new();
    broken_off.fault(|fault| fault.nth(2).status(416).body(""));
    assert_eq!(broken_off.build(), broken_off.whole_after(0));
}

#[test]
fn r15_a_part_with_other_bytes_is_refused() {
    let broken_off = BrokenOff::new();
    broken_off.fault(|fault| fault.nth(2).body(vec![0; broken_off.length - 1_000]));
    let words = broken_off.demo.refused(7, &ONCE[..2]);
    assert!(words.starts_with("error[E_DIGEST]: ") && words.contains(&broken_off.layer), "{words}");
}
