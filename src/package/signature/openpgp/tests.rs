use pgp::composed::KeyType;
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::SignatureType;
use pgp::types::{KeyDetails as _, PublicParams, RsaPublicParams};

use super::sample::{Key, MADE, Names, Signing, armoured, clearsigned};
use super::*;
use crate::package::Keyring;
use crate::package::sample::fixture;

/// 2026-11-21, when the fixtures were collected.
const NOW: Moment = Moment(1_795_219_200);
const DAY: i64 = 86_400;
const TEXT: &str = "Origin: A\n- dashed\n-----BEGIN\n\nDate: now";

/// The certificates of key files of the fixtures.
fn fixtures(names: &[&str]) -> Option<Vec<Certificate>> {
    let mut keyring = Keyring::default();
    for name in names {
        keyring.add(name, fixture(&format!("deb/keys/{name}"))?).unwrap();
    }
    keyring.certificates(&[]).ok()
}

const DEBIAN: &str = "debian-archive-keyring.gpg";
const TRIXIE: &str = "deb/archive/debian/dists/trixie/InRelease";
const SECURITY: &str = "deb/archive/debian-security/dists/trixie-security/InRelease";

fn certificates(keys: &[&Key]) -> Vec<Certificate> {
    keys.iter().flat_map(|key| Certificate::all(&key.certificate())).collect()
}

/// What becomes of a signature made as `how` says, with `key` alone in the keyring.
fn verdict(key: &Key, how: &Signing, now: Moment) -> Result<usize, Rejection> {
    match verify_clearsigned(key.clearsigned(TEXT, how).as_bytes(), &certificates(&[key]), now) {
        Ok(verified) => {
            assert_eq!(verified.text, TEXT);
            assert_eq!(verified.by, [certificates(&[key])[0].fingerprint()]);
            Ok(1)
        }
        Err(SignatureError::NoneCounts(refused)) => {
            assert_eq!(refused.len(), 1, "{refused:?}");
            Err(refused[0].why.clone())
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn debians_releases_count_for_all_who_signed_them() {
    let (Some(keys), Some(trixie), Some(security)) =
        (fixtures(&[DEBIAN]), fixture(TRIXIE), fixture(SECURITY))
    else {
        return;
    };
    assert_eq!(keys.len(), 9);
    let by = |signed: &[u8]| -> Vec<String> {
        let verified = verify_clearsigned(signed, &keys, NOW).unwrap();
        assert!(verified.text.starts_with("Origin: Debian\n"), "{}", verified.text);
        verified.by.iter().map(|one| one.to_string()[24..].to_owned()).collect()
    };
    assert_eq!(by(&trixie), ["B7C5D7D6350947F8", "225629DF75B188BD", "762F67A0B2C39DE4"]);
    assert_eq!(by(&security), ["254CF3B5AEC0A8F0", "9904613D4CCE68C6"]);
}

#[test]
fn p01_a_release_with_any_line_changed_is_signed_by_nobody() {
    let (Some(keys), Some(security)) = (fixtures(&[DEBIAN]), fixture(SECURITY)) else { return };
    let text = String::from_utf8(security).unwrap();
    for (from, to) in [
        ("Origin: Debian", "Origin: Debia"),
        ("Valid-Until: Fri, 27 Nov 2026", "Valid-Until: Fri, 27 Nov 2027"),
        ("Suite: stable-security\n", "Suite: stable-security\nSuite: stable-security\n"),
        ("\n\nOrigin", "\n\n\nOrigin"),
    ] {
        assert!(text.contains(from));
        let changed = text.replacen(from, to, 1);
        let error = verify_clearsigned(changed.as_bytes(), &keys, NOW).unwrap_err();
        assert!(error.to_string().contains("it is of other bytes"), "{error}");
    }
    let blanks = text.replacen("Origin: Debian\n", "Origin: Debian \t\r\n", 1);
    assert_eq!(
        verify_clearsigned(blanks.as_bytes(), &keys, NOW).unwrap(),
        verify_clearsigned(text.as_bytes(), &keys, NOW).unwrap()
    );
}

#[test]
fn p01_a_key_that_is_not_in_the_keyring_counts_for_nothing() {
    let (Some(other), Some(trixie)) = (fixtures(&["dhi-deb-gpg.D46852F6925E9F71.key"]), fixture(TRIXIE))
    else {
        return;
    };
    assert_eq!(other[0].fingerprint().to_string(), "B6081EE18F903EACC8B0F27CD46852F6925E9F71");
    let error = verify_clearsigned(&trixie, &other, NOW).unwrap_err();
    let SignatureError::NoneCounts(refused) = &error else { panic!("{error}") };
    assert_eq!(refused.iter().filter(|one| one.why == Rejection::Unknown).count(), 3);
    assert!(error.hint().unwrap().contains("contents.keyring"));
    assert!(verify_clearsigned(&trixie, &[], NOW).is_err());
}

#[test]
fn debians_keys_of_2021_end_in_2029() {
    let (Some(keys), Some(trixie)) = (fixtures(&[DEBIAN]), fixture(TRIXIE)) else { return };
    let count = |now| verify_clearsigned(&trixie, &keys, now).map_or(0, |verified| verified.by.len());
    let years = |years: i64| Moment(NOW.0 + years * 365 * DAY);
    assert_eq!([count(NOW), count(years(5)), count(years(7)), count(years(9))], [3, 2, 1, 0]);
    // Made on 2026-09-12 at 08:13 or so.
    assert_eq!(count(Moment(NOW.0 - 75 * DAY)), 0);
    let error = verify_clearsigned(&trixie, &keys, Moment(NOW.0 - 75 * DAY)).unwrap_err();
    assert!(error.to_string().contains("and this machine's clock says 2026-09-07T00:00:00Z"), "{error}");
}

#[test]
fn a_key_counts_as_long_as_it_says() {
    let how = Signing::at(MADE.after(10));
    let key = Key { expires: Some(100), ..Key::new(1) };
    assert_eq!(verdict(&key, &how, MADE.after(99)), Ok(1));
    let (at, now) = (MADE.after(100), MADE.after(100));
    assert_eq!(verdict(&key, &how, now), Err(Rejection::KeyExpired { at, now }));
    let endless = Key { expires: Some(0), ..Key::new(1) };
    assert_eq!(verdict(&endless, &how, NOW), Ok(1));
}

#[test]
fn a_subkey_counts_as_long_as_it_and_its_primary_key_do() {
    let how = Signing::at(MADE.after(10));
    let sub = |expires| Key { expires, ..Key::new(2) };
    for (primary, subkey, end) in [(None, Some(100), 100), (Some(100), None, 100), (Some(50), Some(100), 50)]
    {
        let key = Key { expires: primary, ..Key::new(1) }.with_subkey(sub(subkey));
        assert_eq!(verdict(&key, &how, MADE.after(end - 1)), Ok(1));
        let (at, now) = (MADE.after(end), MADE.after(end));
        assert_eq!(verdict(&key, &how, now), Err(Rejection::KeyExpired { at, now }));
    }
}

#[test]
fn a_signature_counts_from_its_making_to_its_end() {
    let key = Key::new(1);
    let at = MADE.after(DAY);
    let how = Signing { expires: Some(100), ..Signing::at(at) };
    let early = MADE.after(DAY - SLACK);
    assert_eq!(verdict(&key, &how, early), Ok(1));
    let now = early.after(-1);
    assert_eq!(verdict(&key, &how, now), Err(Rejection::NotYet { at, now }));
    assert_eq!(verdict(&key, &how, at.after(99)), Ok(1));
    let (at, now) = (at.after(100), at.after(100));
    assert_eq!(verdict(&key, &how, now), Err(Rejection::Expired { at, now }));
}

#[test]
fn a_key_counts_from_its_making() {
    let key = Key::new(1);
    let (at, now) = (MADE, MADE.after(-SLACK - 1));
    assert_eq!(verdict(&key, &Signing::at(now), now), Err(Rejection::KeyNotYet { at, now }));
    let before = MADE.after(-1);
    assert_eq!(verdict(&key, &Signing::at(before), NOW), Err(Rejection::BeforeKey { at: before, key: MADE }));
    assert_eq!(verdict(&key, &Signing::at(MADE), NOW), Ok(1));
}

#[test]
fn a_revoked_key_counts_for_nothing() {
    let how = Signing::at(MADE);
    let revoked = Key { is_revoked: true, ..Key::new(1) };
    let sub = |is_revoked| Key { is_revoked, ..Key::new(2) };
    for (key, expected) in [
        (revoked.clone(), Err(Rejection::KeyRevoked)),
        (revoked.clone().with_subkey(sub(false)), Err(Rejection::KeyRevoked)),
        (Key::new(1).with_subkey(sub(true)), Err(Rejection::KeyRevoked)),
        (Key::new(1).with_subkey(sub(false)), Ok(1)),
    ] {
        assert_eq!(verdict(&key, &how, NOW), expected);
    }
    // An older copy of the certificate knows nothing of it.
    let signed = Key::new(1).clearsigned(TEXT, &how);
    for copies in [[&Key::new(1), &revoked], [&revoked, &Key::new(1)]] {
        assert!(verify_clearsigned(signed.as_bytes(), &certificates(&copies), NOW).is_err());
    }
}

#[test]
fn of_two_copies_of_a_certificate_the_one_that_was_renewed_counts() {
    let how = Signing::at(MADE);
    let ended = Key { expires: Some(100), ..Key::new(1) };
    let renewed = Key { said: MADE.after(50), ..Key::new(1) };
    let signed = renewed.clearsigned(TEXT, &how);
    for copies in [[&ended, &renewed], [&renewed, &ended]] {
        assert!(verify_clearsigned(signed.as_bytes(), &certificates(&copies), NOW).is_ok());
    }
}

#[test]
fn a_key_that_is_not_for_signing_counts_for_nothing() {
    let how = Signing::at(MADE);
    let key = |signs| Key { signs, ..Key::new(1) };
    let sub = |signs| Key { signs, ..Key::new(2) };
    for (key, expected) in [
        (key(Some(false)), Err(Rejection::NotForSigning)),
        (key(None), Ok(1)),
        (key(Some(false)).with_subkey(sub(Some(true))), Ok(1)),
        (key(None).with_subkey(sub(None)), Err(Rejection::NotForSigning)),
        (key(None).with_subkey(sub(Some(false))), Err(Rejection::NotForSigning)),
    ] {
        assert_eq!(verdict(&key, &how, NOW), expected);
    }
}

#[test]
fn a_subkey_that_does_not_know_its_primary_key_counts_for_nothing() {
    let mut key = Key::new(1).with_subkey(Key::new(2));
    key.subkey.as_mut().unwrap().knows = false;
    assert_eq!(verdict(&key, &Signing::at(MADE), NOW), Err(Rejection::Unbound));
}

#[test]
fn digests_and_keys_that_can_be_forged_count_for_nothing() {
    let key = Key { kind: KeyType::Rsa(2048), ..Key::new(1) };
    let signed = |digest| Signing { digest, ..Signing::at(MADE) };
    for (digest, expected) in [
        (HashAlgorithm::Md5, Err(Rejection::WeakDigest("MD5".to_owned()))),
        (HashAlgorithm::Sha1, Err(Rejection::WeakDigest("SHA1".to_owned()))),
        (HashAlgorithm::Sha256, Ok(1)),
        (HashAlgorithm::Sha512, Ok(1)),
    ] {
        assert_eq!(verdict(&key, &signed(digest), NOW), expected, "{digest}");
    }
    let own = Key { digest: HashAlgorithm::Sha1, ..key };
    assert_eq!(verdict(&own, &signed(HashAlgorithm::Sha256), NOW), Err(Rejection::Unbound));
}

#[test]
fn an_rsa_key_has_2048_bits_at_least() {
    let key = |bits: u16| {
        let mut bytes = vec![0xff; usize::from(bits.div_ceil(8))];
        bytes[0] >>= bits.wrapping_neg() % 8;
        let written = [&bits.to_be_bytes()[..], &bytes, &[0, 17, 1, 0, 1]].concat();
        PublicParams::RSA(RsaPublicParams::try_from_reader(&written[..]).unwrap())
    };
    assert_eq!(strength::of_key(&key(2048)), Ok(()));
    assert_eq!(strength::of_key(&key(4096)), Ok(()));
    for bits in [1024, 2047] {
        assert_eq!(strength::of_key(&key(bits)), Err(Rejection::WeakKey(format!("RSA of {bits} bits"))));
    }
}

#[test]
fn a_signature_has_to_say_whose_it_is_and_nothing_that_is_not_understood() {
    let key = Key::new(1).with_subkey(Key::new(2));
    let how = Signing::at(MADE);
    for (how, expected) in [
        (Signing { names: Names::KeyId, ..how.clone() }, Ok(1)),
        (Signing { names: Names::Nothing, ..how.clone() }, Err(Rejection::Anonymous)),
        (Signing { demands: true, ..how.clone() }, Err(Rejection::Unsupported)),
        (Signing { typ: SignatureType::Binary, ..how.clone() }, Ok(1)),
    ] {
        assert_eq!(verdict(&key, &how, NOW), expected);
    }
}

#[test]
fn one_signature_that_counts_is_enough_and_each_who_signed_is_named_once() {
    let (a, b, c) = (Key::new(1), Key::new(2), Key { is_revoked: true, ..Key::new(3) });
    let how = Signing::at(MADE);
    let crlf = TEXT.replace('\n', "\r\n");
    let signatures = [&c, &b, &a, &b, &Key::new(4)].map(|key| key.signature(crlf.as_bytes(), &how));
    let signed = clearsigned(TEXT, &signatures);
    let keys = certificates(&[&a, &b, &c]);
    let by = verify_clearsigned(signed.as_bytes(), &keys, NOW).unwrap().by;
    assert_eq!(by, [keys[1].fingerprint(), keys[0].fingerprint()]);
    let error = verify_clearsigned(clearsigned(TEXT, &signatures[..1]).as_bytes(), &keys, NOW).unwrap_err();
    assert!(error.to_string().ends_with(": its key is revoked"), "{error}");
}

#[test]
fn signatures_beside_a_text_are_of_its_bytes() {
    let key = Key::new(1);
    let keys = certificates(&[&key]);
    let how = Signing { typ: SignatureType::Binary, ..Signing::at(MADE) };
    let text = "Origin: A\n - x \n";
    let signature = key.signature(text.as_bytes(), &how);
    let armour = armoured(std::slice::from_ref(&signature));
    let mut binary = Vec::new();
    pgp::packet::PacketTrait::to_writer_with_header(&signature, &mut binary).unwrap();
    for file in [armour.as_bytes(), &binary] {
        let verified = verify_detached(text.as_bytes(), file, &keys, NOW).unwrap();
        assert_eq!(verified.text, text);
        assert!(verify_detached(b"Origin: A\n - x\n", file, &keys, NOW).is_err());
        assert!(verify_detached(text.as_bytes(), &file[..file.len() / 2], &keys, NOW).is_err());
    }
    assert!(verify_detached(b"a\rb", &binary, &keys, NOW).is_err());
    let nothing = verify_detached(text.as_bytes(), b"", &keys, NOW).unwrap_err();
    assert_eq!(nothing.to_string(), "no signature counts: there is none");
    assert!(verify_detached(text.as_bytes(), &key.certificate(), &keys, NOW).is_err());
}

#[test]
fn p01_whatever_stands_around_what_is_signed_is_refused() {
    let key = Key::new(1);
    let keys = certificates(&[&key]);
    let signed = key.clearsigned(TEXT, &Signing::at(MADE));
    let form = |text: String| match verify_clearsigned(text.as_bytes(), &keys, NOW) {
        Err(SignatureError::Cleartext(problem)) => problem,
        other => panic!("{other:?}"),
    };
    assert!(verify_clearsigned(format!("{signed}\n\r\n").as_bytes(), &keys, NOW).is_ok());
    assert!(verify_clearsigned(signed.replace('\n', "\r\n").as_bytes(), &keys, NOW).is_ok());
    for (changed, problem) in [
        (format!("Origin: B\n{signed}"), FormProblem::NoStart),
        (format!("\n{signed}"), FormProblem::NoStart),
        (TEXT.to_owned(), FormProblem::NoStart),
        (String::new(), FormProblem::NoStart),
        (format!("{signed}Origin: B\n"), FormProblem::Trailing),
        (format!("{signed}{signed}"), FormProblem::Trailing),
        (signed.replace("Hash: SHA256\n", "Hash: SHA256\nOrigin: B\n"), FormProblem::Header),
        (signed.replace("Hash: SHA256\n\n", "Hash: SHA256\n \n"), FormProblem::Header),
        (signed.replace("- -----BEGIN", "-----BEGIN"), FormProblem::Escape),
        (signed.replace("- - dashed", "--dashed"), FormProblem::Escape),
        (signed.replace("-----END PGP SIGNATURE-----", ""), FormProblem::NoSignature),
        (signed.replace("-----BEGIN PGP SIGNATURE-----", ""), FormProblem::Escape),
        (signed.replace("Origin: A", "Origin: A\u{b}"), FormProblem::NoText),
        (signed.replace("Origin: A", "Origin: A\rOrigin: B"), FormProblem::NoText),
        (signed.replace("Origin: A", "Origin: A\0"), FormProblem::NoText),
        (signed.replace("SIGNATURE-----\n\n", "SIGNATURE-----\n\n!!!!\n"), FormProblem::Armour),
    ] {
        assert_eq!(form(changed.clone()), problem, "{changed}");
    }
}

#[test]
fn a_fingerprint_narrows_a_certificate_to_the_key_that_it_names() {
    let key = Key::new(1).with_subkey(Key::new(2));
    let [whole] = &certificates(&[&key])[..] else { panic!() };
    let signed = key.clearsigned(TEXT, &Signing::at(MADE));
    let by_primary = Key { subkey: None, ..key.clone() }.clearsigned(TEXT, &Signing::at(MADE));
    let subkey = key.public().public_subkeys[0].key.fingerprint().to_string();
    let primary = whole.narrowed(&whole.fingerprint().to_string()).unwrap();
    let only = whole.narrowed(&subkey).unwrap();
    let counts = |signed: &str, certificate: &Certificate| {
        verify_clearsigned(signed.as_bytes(), std::slice::from_ref(certificate), NOW).is_ok()
    };
    assert!(counts(&signed, &primary) && counts(&by_primary, &primary));
    assert!(counts(&signed, &only) && !counts(&by_primary, &only));
    assert!(whole.narrowed(&"0".repeat(40)).is_none());
    assert!(whole.narrowed(&subkey[24..]).is_none(), "the end of a fingerprint is no name");
}
