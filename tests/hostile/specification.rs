//! Customizations that ask for too much.

use super::{Layer, MIB, header, odd};
use crate::support::Sandbox;

/// Holds that a file is refused with this exit code and text, below 64 MiB.
fn refused(text: &str, exit: i32, words: &str) {
    let sandbox = Sandbox::new();
    sandbox.write("x.yaml", text);
    let Some(measured) = sandbox.refused_measured(exit, &["build", "x.yaml", "-o", "oci:out"]) else {
        return;
    };
    assert!(measured.stderr.contains(words), "{}", measured.stderr);
    assert!(measured.stderr.len() < 10_000, "an input fills the screen");
    println!("{exit}: {} MiB", measured.peak / MIB);
    assert!(measured.peak < 64 * MIB, "{} MiB", measured.peak / MIB);
}

#[test]
fn s01_a_customization_that_asks_for_too_much_is_refused_with_its_line() {
    let mut aliases = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (below, level) in ('a'..='h').zip('b'..='i') {
        let below = vec![format!("*{below}"); 9].join(", ");
        aliases += &format!("{level}: &{level} [{below}]\n");
    }
    refused(&aliases, 5, "x.yaml:");
    refused(&"[".repeat(100_000), 5, "x.yaml:1:");
    refused(&format!("name: {}", "[".repeat(100_000)), 5, "x.yaml:1:");
    refused(&format!("name: x\n# {}\n", "x".repeat(2 << 20)), 5, "error[E_LIMIT_SPEC]: ");
    refused("name: !!python/object/apply:os.system [id]\n", 2, "x.yaml:1:");
    refused("name: x\n---\nname: y\n", 2, "x.yaml:");
}

#[test]
fn s12_a_thousand_patterns_that_match_late_take_little() {
    let sandbox = Sandbox::new();
    let name = |n: u32| format!("{:02}/{:02}/a{n}b{}", n % 50, n / 50 % 50, "c".repeat(20));
    let tar = (0..20_000).flat_map(|n| header(&name(n), 0)).chain([0; 1024]).collect();
    odd(&sandbox, "1", &[Layer::plain(tar)]);
    let patterns: Vec<_> = (0..999).map(|n| format!("\"**/**/**/a*b*c*{n}\"")).collect();
    sandbox.spec(&format!(
        "platforms: [linux/amd64]\ncontents:\n  artifacts:\n  - name: oci:odd:1\n    includes: [\"00\"]\n    excludes: [{}]\n",
        patterns.join(", ")
    ));
    let Some(measured) = sandbox.run_measured(&["build", "x.yaml", "-o", "oci:out"]) else { return };
    println!("1,000 patterns on 20,000 paths: {} MiB", measured.peak / MIB);
    assert!(measured.peak < 256 * MIB, "{} MiB", measured.peak / MIB);
    assert_eq!(sandbox.layout("out").image("1_x", "linux/amd64").layers.len(), 2);
}
