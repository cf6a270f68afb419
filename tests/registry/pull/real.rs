//! docker-registry, as people run it: with TLS of an authority of their own, and a password.

use serde_json::json;

use super::login::entry;
use crate::support::Sandbox;
use crate::support::process::{DockerRegistry, PASSWORD, Process, USER};
use crate::support::registry::{Ask, Authority};

/// Puts the demo into a registry, and has `x.yaml` take it from there and go back there.
fn sandbox(registry: &Process, authority: Option<&Authority>) -> Sandbox {
    let (sandbox, host) = (Sandbox::new(), registry.host());
    registry.push_layout(&sandbox.path("base"), "1", "demo/base");
    registry.push_layout(&sandbox.path("artifacts"), "tools", "demo/artifacts");
    sandbox.spec(&format!(
        "targets: [{{destination: {host}/demo/app, base: {host}/demo/base:1, tags: [\"1\"]}}]\n\
         contents:\n  artifacts:\n  - {{name: {host}/demo/artifacts:tools, includes: [usr/bin]}}\n"
    ));
    sandbox.write("auth.json", &json!({"auths": {host.as_str(): entry(USER, PASSWORD)}}).to_string());
    sandbox.write("ca.pem", &authority.map_or_else(String::new, Authority::pem));
    sandbox
}

/// The digest that a tag of `demo/app` leads to.
fn pushed(registry: &Process, tag: &str) -> Option<String> {
    let ask = Ask::get(&format!("/v2/demo/app/manifests/{tag}"))
        .header("Accept", "application/vnd.oci.image.index.v1+json");
    let answer = registry.ask(ask).expect("the registry answers");
    answer.header("docker-content-digest").map(str::to_owned)
}

#[test]
fn docker_registry_is_read_from_and_pushed_to() {
    let Some(registry) = DockerRegistry::default().start() else { return };
    let sandbox = sandbox(&registry, None);
    let digest = sandbox.run(&["build", "x.yaml", "--push", "-o", "oci:out", "--quiet"]);
    let built = sandbox.layout("out");
    built.assert_whole();
    let name = &built.names()[0];
    assert_eq!(pushed(&registry, name).as_deref(), Some(digest.trim()));
    assert_eq!(built.named(name)["digest"], digest.trim());
}

#[test]
fn docker_registry_with_tls_and_a_password_is_read_from_and_pushed_to() {
    let authority = Authority::new();
    let Some(registry) = DockerRegistry::default().tls(&authority).password().start() else { return };
    let sandbox = sandbox(&registry, Some(&authority));
    let host = registry.host();
    let settings = format!("[registry.\"{host}\"]\nca = \"ca.pem\"\n");
    sandbox.write("registries.toml", &settings);
    let known = ["build", "x.yaml", "--registries", "registries.toml", "--authfile", "auth.json"];
    let digest = sandbox.run(&[&known[..], &["--push", "--quiet", "--store", "store"]].concat());
    let again =
        sandbox.run(&[&known[..], &["--push", "--quiet", "--store", "store", "-o", "oci:out"]].concat());
    assert_eq!(digest, again);
    let built = sandbox.layout("out");
    built.assert_whole();
    assert_eq!(pushed(&registry, &built.names()[0]).as_deref(), Some(digest.trim()));
}

#[test]
fn docker_registry_with_tls_and_a_password_takes_nobody_else() {
    let authority = Authority::new();
    let Some(registry) = DockerRegistry::default().tls(&authority).password().start() else { return };
    let sandbox = sandbox(&registry, Some(&authority));
    let ca = format!("{}=ca.pem", registry.host());
    let words = sandbox.refused(4, &["build", "x.yaml", "--push", "--ca", &ca]);
    assert!(words.starts_with("error[E_AUTH]: ") && words.contains("docker login"), "{words}");
    // Without an authority this machine is thought to speak no TLS.
    let words =
        sandbox.refused(4, &["build", "x.yaml", "--push", "--authfile", "auth.json", "--limit", "tries=1"]);
    assert!(words.starts_with("error[E_REMOTE]: ") && words.contains("status 400"), "{words}");
    sandbox.write("ca.pem", &Authority::new().pem());
    let words = sandbox.refused(4, &["build", "x.yaml", "--push", "--authfile", "auth.json", "--ca", &ca]);
    assert!(words.starts_with("error[E_TLS]: "), "{words}");
    assert_eq!(pushed(&registry, "1"), None);
}
