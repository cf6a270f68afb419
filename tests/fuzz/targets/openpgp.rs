//! Any bytes as an `InRelease`: its key has signed one text, so that no other is ever what was signed.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use overcoat::package::signature::openpgp::{self, Certificate};
use overcoat::package::{Keyring, Moment};

/// A key whose other half nobody has.
const KEY: &str = "\
-----BEGIN PGP PUBLIC KEY BLOCK-----

mDMEaVW5ABYJKwYBBAHaRw8BAQdA6Hc6dzrfUO+248etQ1xvfseJ15/vTl0vt69B
88N8xUG0F0Z1enogPGZ1enpAZXhhbXBsZS5jb20+iJAEExYIADgWIQQl7xW0F2Co
Rr/7tSSv32Ne9Mm2xwUCaVW5AAIbAwULCQgHAgYVCgkICwIEFgIDAQIeAQIXgAAK
CRCv32Ne9Mm2xyapAQCOxOs8Vk9oCvyjydavRhOYG5VaX3gulBolq/FxCoX7rgD/
aCI5lnVyTEuvkGBohuAtJxxXQkxPrfHYzHazwT2nzw8=
=8AMG
-----END PGP PUBLIC KEY BLOCK-----
";

/// What was signed with it, once.
const TEXT: &str = "Suite: test\n- dashed\n-----BEGIN\n\nDate: Fri, 20 Nov 2026 00:12:42 UTC";

const NOW: Moment = Moment(1_795_219_200);

static CERTIFICATES: LazyLock<Vec<Certificate>> = LazyLock::new(|| {
    let mut keyring = Keyring::default();
    keyring.add("key", KEY.into()).expect("it is a key");
    keyring.certificates(&[]).expect("nobody is named")
});

fuzz_target!(|bytes: &[u8]| {
    match openpgp::verify_clearsigned(bytes, &CERTIFICATES, NOW) {
        Ok(verified) => assert_eq!(verified.text, TEXT),
        Err(error) => assert!(!error.to_string().contains(char::is_control), "{error}"),
    }
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        let (text, signatures) = (&bytes[..at], &bytes[at + 1..]);
        let detached = openpgp::verify_detached(text, signatures, &CERTIFICATES, NOW);
        assert!(detached.is_err(), "nothing was ever signed so");
    }
    // Keys are read from files that people name.
    let _ = Keyring::default().add("key", bytes.to_vec());
});
