//! Any text as the place of an image.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use overcoat::oci::{Locator, RegistryName};
use overcoat_fuzz::grammar::{Parts, reference};

fuzz_target!(|text: &str| {
    match (text.parse::<RegistryName>(), reference(text)) {
        (Ok(name), Some(parts)) => check_name(&name, &parts),
        (Err(_), None) => {}
        // Addresses in brackets are not supported.
        (Err(_), Some(Parts { host: Some(host), .. })) if host.starts_with('[') => {}
        (own, slow) => panic!("{own:?}, expected {slow:?}"),
    }
    let locator = match text.parse::<Locator>() {
        Ok(locator) => locator,
        Err(error) => {
            assert!(error.to_string().contains(text), "{error}");
            return;
        }
    };
    let printed = locator.to_string();
    let again = printed.parse::<Locator>().expect("what is printed is parsed");
    assert_eq!(again.to_string(), printed);
    assert!(
        again == locator || matches!(locator, Locator::Registry(_)),
        "{printed} is {again:?}, expected {locator:?}"
    );
    let elsewhere = locator.clone().relative_to(Path::new("/dir"));
    assert_eq!(elsewhere.tag(), locator.tag());
    assert_eq!(elsewhere.clone().relative_to(Path::new("/other")), elsewhere, "an absolute path stays");
});

/// A name says what the grammar finds in it, and prints as what it is parsed from.
fn check_name(name: &RegistryName, parts: &Parts<'_>) {
    let host = parts.host.unwrap_or("docker.io");
    assert_eq!(name.host(), if host == "index.docker.io" { "docker.io" } else { host });
    let is_official = name.host() == "docker.io" && !parts.repository.contains('/');
    let prefix = if is_official { "library/" } else { "" };
    assert_eq!(name.repository(), format!("{prefix}{}", parts.repository));
    let latest = (parts.tag.is_none() && parts.digest.is_none()).then_some("latest");
    assert_eq!(name.tag(), parts.tag.or(latest));
    assert_eq!(name.digest().map(ToString::to_string).as_deref(), parts.digest);
    let printed = name.to_string();
    let again = printed.parse::<RegistryName>().expect("what is printed is parsed");
    assert_eq!(again.to_string(), printed);
    assert_eq!((again.host(), again.repository(), again.tag()), (name.host(), name.repository(), name.tag()));
}
