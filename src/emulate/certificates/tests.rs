use std::fs;
use std::process::Command;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;
use sha2::{Digest as _, Sha256};

use super::*;
use crate::emulate::sample::{Image, apk, index_of, layer_of, listing, notes, package, package_of};
use crate::emulate::{Emulated, Made};
use crate::package::sample::fixture;

/// The four certificates of the fixtures' packages, in a package.
fn local() -> Option<Vec<(String, Vec<u8>)>> {
    let mut found = Vec::new();
    for number in [1, 2] {
        let apk = fixture(&format!("apk/repo/x86_64/custom-ca-certs-{number}-1.0.0-r0.apk"))?;
        let index = index_of(&mut MultiGzDecoder::new(apk.as_slice()));
        let kept = index.kept.iter().map(|(ordinal, bytes)| (index.items.path(*ordinal), bytes));
        let local = kept.filter(|(path, _)| path.as_bytes().starts_with(LOCAL.as_bytes()));
        found.extend(local.map(|(path, bytes)| (path.to_string(), bytes.to_vec())));
    }
    assert_eq!(found.len(), 4);
    Some(found)
}

fn files(list: &[(String, Vec<u8>)]) -> Arc<crate::layer::LayerIndex> {
    layer_of(list.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())))
}

fn file<'a>(made: &'a Emulated, at: &str) -> &'a [u8] {
    match &made.files.iter().find(|one| one.path.as_bytes() == at.as_bytes()).unwrap().made {
        Made::File(bytes) => bytes,
        other => panic!("{other:?}"),
    }
}

#[test]
fn bundle_and_links_are_those_of_update_ca_certificates() {
    let (Some(local), Some(links), Some(sum)) =
        (local(), fixture("golden/ca/links.tsv"), fixture("golden/ca/bundle.sha256"))
    else {
        return;
    };
    let mut image =
        Image::new(&[], vec![package("ca-certificates", &[], &["usr/sbin/update-ca-certificates"])]);
    image.packages.push(package_of("own", &[], files(&local)));
    let made = image.emulate();
    let links = String::from_utf8(links).unwrap();
    let expected: Vec<String> = links
        .lines()
        .map(|line| line.split_once('\t').unwrap())
        .map(|(name, target)| format!("etc/ssl/certs/{name} 777 0:0 -> {target}"))
        .collect();
    let found: Vec<String> = listing(&made).into_iter().filter(|line| line.contains("->")).collect();
    assert_eq!(found, expected);
    let bundle = hex::encode(Sha256::digest(file(&made, BUNDLE)));
    assert!(String::from_utf8(sum).unwrap().starts_with(&bundle));
    assert_eq!(made.notes, []);
}

#[test]
fn hashes_of_subjects_are_those_of_openssl() {
    let Some(mut list) = local() else { return };
    if let Ok(dir) = fs::read_dir("/usr/share/ca-certificates/mozilla") {
        let paths = dir.filter_map(|entry| Some(entry.ok()?.path()));
        list.extend(paths.map(|path| (path.display().to_string(), fs::read(&path).unwrap())));
    }
    for (name, text) in list {
        let root = tempfile::tempdir().unwrap();
        let at = root.path().join("one.pem");
        fs::write(&at, &text).unwrap();
        let run = Command::new("openssl").args(["x509", "-noout", "-subject_hash", "-in"]).arg(&at).output();
        let Ok(output) = run else {
            println!("skipped: openssl is not here");
            return;
        };
        let hash = der::subject_hash(&pem::certificates(&text)[0]).unwrap();
        assert_eq!(format!("{hash:08x}\n"), String::from_utf8_lossy(&output.stdout), "{name}");
    }
}

#[test]
fn certificates_that_somebody_deselected_stay_out() {
    let Some(local) = local() else { return };
    let pem = |number: usize| local[number].1.clone();
    let shared = |name: &str, number: usize| (format!("{SHARED}/mozilla/{name}.crt"), pem(number));
    let conf = (CONFIGURATION.to_owned(), b"# mine\n!mozilla/A.crt\nmozilla/gone.crt".to_vec());
    let mut image = Image::new(&[], Vec::new());
    image.base = vec![files(&[conf])];
    image.packages = vec![package_of("ca-certificates", &[], files(&[shared("B C", 1), shared("A", 0)]))];
    let made = image.emulate();
    let conf = String::from_utf8_lossy(file(&made, CONFIGURATION)).into_owned();
    assert_eq!(conf, "# mine\n!mozilla/A.crt\nmozilla/gone.crt\nmozilla/B C.crt\n");
    assert_eq!(pem::certificates(file(&made, BUNDLE)), pem::certificates(&pem(1)));
    let link = "etc/ssl/certs/B_C.pem 777 0:0 -> /usr/share/ca-certificates/mozilla/B C.crt";
    assert!(listing(&made).contains(&link.to_owned()));
}

#[test]
fn one_hash_of_several_certificates_is_numbered_and_one_certificate_is_linked_once() {
    let Some(local) = local() else { return };
    let at = |name: &str| format!("{LOCAL}/{name}.crt");
    let same = local[0].1.clone();
    // The same subject, and another certificate: its last byte is part of the signature.
    let mut der = pem::certificates(&same).swap_remove(0);
    *der.last_mut().unwrap() ^= 1;
    let list = [
        (at("a"), same.clone()),
        (at("b"), same),
        (at("c"), pem::print(&der)),
        (at("broken"), b"?".to_vec()),
    ];
    let mut image = Image::new(&["usr/sbin/update-ca-certificates"], Vec::new());
    image.packages = vec![package_of("own", &[], files(&list))];
    let made = image.emulate();
    let hashes: Vec<String> = listing(&made)
        .into_iter()
        .filter(|line| line.contains("-> a.pem") || line.contains("-> c.pem") || line.contains("-> b.pem"))
        .collect();
    let hash = format!("{:08x}", der::subject_hash(&der).unwrap());
    let expected = [
        format!("etc/ssl/certs/{hash}.0 777 0:0 -> a.pem"),
        format!("etc/ssl/certs/{hash}.1 777 0:0 -> c.pem"),
    ];
    assert_eq!(hashes, expected);
    assert_eq!(
        notes(&made),
        [
            "`ca-certificates`: `usr/local/share/ca-certificates/broken.crt` is no certificate and was left out"
        ]
    );
}

#[test]
fn certificates_of_the_machine_are_appended_to_every_bundle_that_is_there() {
    let Some(local) = local() else { return };
    let bundle = (BUNDLE.to_owned(), local[0].1.clone());
    let mut image = Image::new(&[], vec![apk("own", &[], &["x"])]);
    image.base =
        vec![files(&[bundle, ("etc/ssl/cert.pem -> certs/ca-certificates.crt".to_owned(), Vec::new())])];
    image.packages = vec![package_of("own", &[(".x", "")], files(&local))];
    let made = image.emulate();
    assert_eq!(made.files.len(), 1);
    let ders = |list: &[(String, Vec<u8>)]| {
        list.iter().flat_map(|(_, text)| pem::certificates(text)).collect::<Vec<_>>()
    };
    assert_eq!(pem::certificates(file(&made, BUNDLE)), ders(&local));
    // With all of them in it, nothing is left to be done.
    let whole: Vec<u8> = file(&made, BUNDLE).to_vec();
    image.base = vec![files(&[(BUNDLE.to_owned(), whole)])];
    assert_eq!(listing(&image.emulate()), [""; 0]);
}

#[test]
fn a_static_file_of_the_customization_is_a_certificate_too() {
    let Some(local) = local() else { return };
    let mut image = Image::new(&["usr/sbin/update-ca-certificates"], vec![package("x", &[], &[])]);
    image.files = vec![(path(&local[0].0), local[0].1.clone())];
    assert_eq!(pem::certificates(file(&image.emulate(), BUNDLE)), pem::certificates(&local[0].1));
}

#[test]
fn java_reads_the_store_that_is_made_of_the_certificates_in_use() {
    let Some(local) = local() else { return };
    let mut image = Image::new(&["usr/sbin/update-ca-certificates"], Vec::new());
    image.packages = vec![package("ca-certificates-java", &[], &[]), package_of("own", &[], files(&local))];
    let made = image.emulate();
    let root = tempfile::tempdir().unwrap();
    let store = root.path().join("cacerts");
    fs::write(&store, file(&made, "etc/ssl/certs/java/cacerts")).unwrap();
    let run =
        Command::new("keytool").args(["-list", "-storepass", "changeit", "-keystore"]).arg(&store).output();
    let Ok(output) = run else {
        println!("skipped: keytool is not here");
        return;
    };
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{listed}");
    for name in ["debian:cert-a.pem", "debian:cert-b.pem", "debian:cert-c.pem", "debian:cert-d.pem"] {
        assert!(listed.contains(name), "{listed}");
    }
    assert!(listed.contains("contains 4 entries"), "{listed}");
}

#[test]
fn java_without_certificates_is_told() {
    let jre = || {
        package(
            "openjdk-21-jre-headless",
            &[],
            &["usr/lib/jvm/x/lib/security/cacerts -> /etc/ssl/certs/java/cacerts"],
        )
    };
    let made = Image::new(&[], vec![jre()]).emulate();
    assert_eq!(
        notes(&made),
        ["`openjdk-21-jre-headless`: Java finds no certificates of authorities without ca-certificates-java"]
    );
    assert_eq!(notes(&Image::new(&["etc/ssl/certs/java/cacerts=x"], vec![jre()]).emulate()), [""; 0]);
}
