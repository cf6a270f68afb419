//! Budgets of a build, which its threads share.

use super::{Layer, odd};
use crate::support::{Sandbox, Tar};

/// Builds on a base of four layers by four threads; gives the code it is refused with.
fn refusal(limit: &str) -> Option<String> {
    let sandbox = Sandbox::new();
    let layers: Vec<_> = (0..4)
        .map(|n| Tar::default().file(&format!("etc/apk/keys/{n}"), 0o644, "12345678").finish())
        .map(Layer::plain)
        .collect();
    odd(&sandbox, "1", &layers);
    sandbox.spec_on("oci:odd:1", "platforms: [linux/amd64]\n");
    let args = ["build", "x.yaml", "-o", "oci:out", "--jobs", "4", "--limit", limit];
    if sandbox.command(&args).output().unwrap().status.success() {
        return None;
    }
    let words = sandbox.refused(5, &args);
    let code = words.strip_prefix("error[")?.split(']').next()?;
    assert!(words.contains(&format!("--limit {}=VALUE", limit.split('=').next()?)), "{words}");
    Some(code.to_owned())
}

#[test]
fn a_budget_of_a_build_is_one_for_all_its_threads() {
    for (limit, enough, code) in [
        ("build-bytes", 4 * (512 + 512 + 1024), "E_LIMIT_BYTES"),
        ("build-entries", 4, "E_LIMIT_ENTRIES"),
        ("build-name-bytes", 4 * 14, "E_LIMIT_HEADER"),
        ("build-kept-bytes", 4 * 8, "E_LIMIT_BYTES"),
    ] {
        assert_eq!(refusal(&format!("{limit}={enough}")), None, "{limit}");
        assert_eq!(refusal(&format!("{limit}={}", enough - 1)).as_deref(), Some(code), "{limit}");
    }
}
