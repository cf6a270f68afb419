use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::os::unix::fs::symlink;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::code::{Code, Coded};
use crate::oci::{Compression, Platform};
use crate::store::sample::{HandMade, copying, on, two_platforms};
use crate::store::{Output, write};

const AMD64: &str = "linux/amd64";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

fn seek(locator: &str) -> Result<Found, ImageError> {
    find(&locator.parse().unwrap(), &Limits::default(), PlatformMismatch::Refuse, &Interrupt::default())
}

fn platform(text: &str) -> Platform {
    text.parse().unwrap()
}

/// A layout whose one index has these entries.
fn of_index(entries: impl FnOnce(&HandMade<'_>) -> Vec<Value>) -> (TempDir, String) {
    let root = tempfile::tempdir().unwrap();
    let made = HandMade(root.path());
    let index = made.index(&entries(&made));
    made.tagged(&[("1", index)]);
    let locator = format!("oci:{}", root.path().display());
    (root, locator)
}

fn code(found: Result<Found, ImageError>) -> Code {
    match found {
        Ok(found) => found.image(&platform(AMD64)).unwrap_err().code(),
        Err(error) => error.code(),
    }
}

#[test]
fn what_is_written_is_found_again() {
    let root = tempfile::tempdir().unwrap();
    let publication = two_platforms("x");
    for text in ["oci:ROOT/layout:1", "oci-archive:ROOT/archive.tar:1"] {
        let text = text.replace("ROOT", root.path().to_str().unwrap());
        write(&text.parse::<Output>().unwrap(), &[], &publication, &copying()).unwrap();
        let found = seek(&text).unwrap();
        assert_eq!(found.index().map(|index| index.digest), Some(publication.descriptor().digest));
        assert_eq!(found.platforms(), [platform(AMD64), platform("linux/arm64")]);
        for published in &publication.images {
            let image = found.image(&published.platform).unwrap();
            assert_eq!(image.config.to_bytes(), published.config);
            assert_eq!(image.manifest.map(|m| m.digest), Some(Digest::of(&published.manifest)));
            for (layer, expected) in image.layers.iter().zip(&published.layers) {
                assert_eq!((&layer.descriptor, &layer.diff_id), (&expected.descriptor, &expected.diff_id));
                let mut bytes = Vec::new();
                image.blobs.open(&layer.descriptor).unwrap().read_to_end(&mut bytes).unwrap();
                assert_eq!(Digest::of(&bytes), layer.descriptor.digest);
            }
        }
    }
}

#[test]
fn a_tag_is_chosen_by_name_by_the_end_of_a_name_or_as_the_only_one() {
    let root = tempfile::tempdir().unwrap();
    let made = HandMade(root.path());
    let image = |text: &str| made.image(AMD64, made.blob(LAYER, text.as_bytes()));
    let fallback = format!("sha256-{}", "ab".repeat(32));
    let names = ["docker.io/acme/app:1", "docker.io/acme/app:2", "docker.io/acme/web:2", "edge"];
    let mut entries: Vec<_> = names.iter().map(|name| (*name, image(name))).collect();
    entries.push((&fallback, image("referrers")));
    made.tagged(&entries);
    let place = root.path().display();
    let digest = |entry: &Value| entry["digest"].as_str().unwrap().to_owned();
    let found = |tag: &str| -> Result<String, Code> {
        let found = seek(&format!("oci:{place}{tag}")).map_err(|error| error.code())?;
        Ok(found.image(&platform(AMD64)).unwrap().manifest.unwrap().digest.to_string())
    };
    assert_eq!(found(":1"), Ok(digest(&entries[0].1)));
    assert_eq!(found(":edge"), Ok(digest(&entries[3].1)));
    assert_eq!(found(":2"), Err(Code::SourceMissing));
    assert_eq!(found(""), Err(Code::SourceMissing));
    assert_eq!(found(&format!("@{}", digest(&entries[1].1))), Ok(digest(&entries[1].1)));
    assert_eq!(found(&format!(":edge@{}", digest(&entries[1].1))), Ok(digest(&entries[1].1)));
    assert_eq!(found(&format!("@{}", Digest::of(b"x"))), Err(Code::SourceMissing));
    let error = seek(&format!("oci:{place}:egde")).err().unwrap();
    assert_eq!(error.hint().as_deref(), Some("did you mean `edge`?"));
    assert!(error.to_string().contains("`docker.io/acme/web:2`"), "{error}");
    assert!(!error.to_string().contains("sha256-"), "{error}");
    let named: Vec<_> = tags(root.path(), &Limits::default()).unwrap();
    assert_eq!(named.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), names);
    made.tagged(&entries[3..]);
    assert_eq!(found(""), Ok(digest(&entries[3].1)));
}

#[test]
fn a_blob_below_an_index_is_found_by_its_digest() {
    let root = tempfile::tempdir().unwrap();
    let made = HandMade(root.path());
    let image = made.image(AMD64, made.blob(LAYER, b"tar"));
    let index = made.index(&[on(AMD64, image.clone())]);
    made.tagged(&[("1", made.index(std::slice::from_ref(&index)))]);
    let at = |value: &Value| format!("oci:{}@{}", root.path().display(), value["digest"].as_str().unwrap());
    assert!(seek(&at(&image)).unwrap().index().is_none());
    assert!(seek(&at(&index)).unwrap().index().is_some());
    let error = seek(&at(&made.blob("a/b", b"{}"))).err().unwrap();
    assert!(matches!(error, ImageError::NoImage { .. }), "{error}");
}

#[test]
fn what_is_no_layout_says_why() {
    let root = tempfile::tempdir().unwrap();
    let locator = format!("oci:{}", root.path().display());
    let made = HandMade(root.path());
    assert_eq!(code(seek(&format!("{locator}/nowhere"))), Code::SourceMissing);
    assert_eq!(code(seek(&locator)), Code::Layout);
    made.tagged(&[]);
    assert_eq!(code(seek(&locator)), Code::SourceMissing);
    fs::write(root.path().join("oci-layout"), r#"{"imageLayoutVersion":"2.0.0"}"#).unwrap();
    let error = seek(&locator).err().unwrap();
    assert_eq!(error.code(), Code::Layout);
    assert!(error.to_string().ends_with("version `2.0.0` is not 1.0.0"), "{error}");
    made.tagged(&[]);
    fs::write(root.path().join("index.json"), r#"{"schemaVersion":2,"manifests":[],"Manifests":[]}"#)
        .unwrap();
    assert_eq!(code(seek(&locator)), Code::Layout);
    assert_eq!(code(seek("alpine")), Code::Unsupported);
}

#[test]
fn a_link_in_place_of_a_blob_is_refused() {
    let (root, locator) = of_index(|made| vec![on(AMD64, made.image(AMD64, made.blob(LAYER, b"tar")))]);
    let blobs = root.path().join("blobs/sha256");
    let aside = root.path().join("aside");
    for name in fs::read_dir(&blobs).unwrap().map(|entry| entry.unwrap().file_name()) {
        let path = blobs.join(&name);
        fs::rename(&path, &aside).unwrap();
        symlink("../../aside", &path).unwrap();
        let opened = seek(&locator).and_then(|found| {
            let image = found.image(&platform(AMD64))?;
            Ok(image.blobs.open(&image.layers[0].descriptor).map(|_| ())?)
        });
        let error = opened.unwrap_err();
        assert!(error.to_string().ends_with("is no regular file"), "{error}");
        assert_eq!(error.code(), Code::Layout);
        fs::rename(&aside, &path).unwrap();
    }
}

#[test]
fn r03_a_document_of_two_meanings_is_refused() {
    for (media_type, document) in [
        (MANIFEST, json!({"schemaVersion": 2, "manifests": []})),
        (MANIFEST, json!({"schemaVersion": 2, "manifests": [], "layers": [], "config": {}})),
        (INDEX, json!({"schemaVersion": 2, "manifests": [], "layers": []})),
        (INDEX, json!({"schemaVersion": 2, "mediaType": MANIFEST, "manifests": []})),
        (LAYER, json!({"schemaVersion": 2, "manifests": []})),
    ] {
        let root = tempfile::tempdir().unwrap();
        let made = HandMade(root.path());
        made.tagged(&[("1", made.document(media_type, &document))]);
        let found = seek(&format!("oci:{}", root.path().display()));
        assert_eq!(found.err().map(|error| error.code()), Some(Code::Ambiguous), "{document}");
    }
    let (_root, locator) = of_index(|made| {
        let document = json!({"schemaVersion": 2, "manifests": [], "layers": [], "config": {}});
        vec![on(AMD64, made.document(MANIFEST, &document))]
    });
    assert_eq!(code(seek(&locator)), Code::Ambiguous);
}

#[test]
fn r06_an_index_too_deep_or_too_long_is_refused() {
    let (_root, locator) = of_index(|made| {
        let image = on(AMD64, made.image(AMD64, made.blob(LAYER, b"tar")));
        vec![made.index(&[made.index(&[image])])]
    });
    assert_eq!(code(seek(&locator)), Code::LimitIndex);
    let (_root, locator) =
        of_index(|made| vec![on(AMD64, made.image(AMD64, made.blob(LAYER, b"tar"))); 10_001]);
    assert_eq!(code(seek(&locator)), Code::LimitIndex);
}

#[test]
fn r07_an_absent_platform_lists_those_available() {
    let (_root, locator) = of_index(|made| {
        let image = |platform: &str, text: &str| made.image(platform, made.blob(LAYER, text.as_bytes()));
        vec![
            on("unknown/unknown", image("unknown/unknown", "attestation")),
            image("linux/riscv64", "platform in the config alone"),
            on("linux/arm64", image("linux/arm64", "first")),
            on("linux/arm64", image("linux/arm64", "second")),
            made.document(
                MANIFEST,
                &json!({"schemaVersion": 2, "layers": [],
                "artifactType": "a/b", "config": made.blob("application/vnd.oci.empty.v1+json", b"{}")}),
            ),
            json!({"mediaType": "a/b", "digest": Digest::of(b"absent").to_string(), "size": 6}),
        ]
    });
    let found = seek(&locator).unwrap();
    assert_eq!(found.platforms(), [platform("linux/riscv64"), platform("linux/arm64")]);
    let first = found.image(&platform("linux/arm64/v8")).unwrap();
    assert_eq!(first.layers[0].descriptor.digest, Digest::of(b"first"));
    let error = found.image(&platform(AMD64)).unwrap_err();
    assert_eq!(error.code(), Code::PlatformAbsent);
    assert_eq!(error.to_string(), "no image for linux/amd64; there is `linux/riscv64`, `linux/arm64`");
}

#[test]
fn r08_another_platform_in_the_config_is_refused_unless_allowed() {
    let (_root, locator) =
        of_index(|made| vec![on(AMD64, made.image("linux/arm64", made.blob(LAYER, b"tar")))]);
    let error = seek(&locator).unwrap().image(&platform(AMD64)).unwrap_err();
    assert_eq!(error.code(), Code::Platform);
    let allowed =
        find(&locator.parse().unwrap(), &Limits::default(), PlatformMismatch::Allow, &Interrupt::default())
            .unwrap();
    assert_eq!(allowed.image(&platform(AMD64)).unwrap().platform, platform(AMD64));
}

#[test]
fn r09_a_foreign_layer_is_never_asked_for() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/layer", listener.local_addr().unwrap());
    let (_root, locator) = of_index(|made| {
        let layer = json!({"mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
            "digest": Digest::of(b"foreign").to_string(), "size": 7, "urls": [url]});
        vec![on(AMD64, made.image(AMD64, layer))]
    });
    let image = seek(&locator).unwrap().image(&platform(AMD64)).unwrap();
    let descriptor = &image.layers[0].descriptor;
    assert_eq!(descriptor.media_type, MediaType::NonDistributableLayer(Compression::Gzip));
    assert_eq!(descriptor.urls, [url]);
    assert_eq!(image.blobs.open(descriptor).err().unwrap().code(), Code::Foreign);
    assert!(listener.accept().is_err(), "nobody may connect");
}

#[test]
fn t29_documents_of_other_bytes_and_a_wrong_number_of_diff_ids_are_refused() {
    let (root, locator) = of_index(|made| vec![on(AMD64, made.image(AMD64, made.blob(LAYER, b"tar")))]);
    let blobs = root.path().join("blobs/sha256");
    for name in fs::read_dir(&blobs).unwrap().map(|entry| entry.unwrap().path()) {
        let bytes = fs::read(&name).unwrap();
        if bytes == b"tar" {
            continue;
        }
        let changed =
            String::from_utf8(bytes.clone()).unwrap().replace("\"schemaVersion\":2", "\"schemaVersion\":3");
        let changed = changed.replace("linux", "linus");
        for (other, expected) in [
            (changed.into_bytes(), Code::Digest),
            ([bytes.as_slice(), b" "].concat(), Code::Size),
            (bytes[..bytes.len() - 1].to_vec(), Code::Size),
        ] {
            fs::write(&name, other).unwrap();
            assert_eq!(code(seek(&locator)), expected);
        }
        fs::write(&name, bytes).unwrap();
    }
    let (_root, locator) = of_index(|made| {
        let config =
            json!({"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": []}});
        let config = made.document(MediaType::Config.as_str(), &config);
        let layers = [made.blob(LAYER, b"tar")];
        vec![on(
            AMD64,
            made.document(MANIFEST, &json!({"schemaVersion": 2, "config": config, "layers": layers})),
        )]
    });
    assert_eq!(code(seek(&locator)), Code::DiffId);
}

#[test]
fn t33_one_layer_more_than_the_limit_is_refused_with_a_hint() {
    let (_root, locator) = of_index(|made| {
        let layer = made.blob(LAYER, b"tar");
        let diff_ids = vec![Digest::of(b"tar").to_string(); 126];
        let config = json!({"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": diff_ids}});
        let config = made.document(MediaType::Config.as_str(), &config);
        let layers = vec![layer; 126];
        vec![on(
            AMD64,
            made.document(MANIFEST, &json!({"schemaVersion": 2, "config": config, "layers": layers})),
        )]
    });
    let image = |layers| {
        let limits = Limits { layers, ..Limits::default() };
        let found = find(&locator.parse().unwrap(), &limits, PlatformMismatch::Refuse, &Interrupt::default())
            .unwrap();
        found.image(&platform(AMD64))
    };
    assert_eq!(image(126).unwrap().layers.len(), 126);
    let error = image(Limits::default().layers).unwrap_err();
    assert_eq!(error.code(), Code::LimitLayers);
    assert!(error.hint().unwrap().contains("squash"));
}

#[test]
fn docker_types_become_those_of_oci() {
    let root = tempfile::tempdir().unwrap();
    let made = HandMade(root.path());
    let config = json!({"os": "linux", "architecture": "amd64",
        "rootfs": {"type": "layers", "diff_ids": [Digest::of(b"tar").to_string()]}});
    let config = made.document("application/vnd.docker.container.image.v1+json", &config);
    let layer = made.blob("application/vnd.docker.image.rootfs.diff.tar.gzip", b"stored");
    let manifest = json!({"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": config, "layers": [layer]});
    let manifest = made.document("application/vnd.docker.distribution.manifest.v2+json", &manifest);
    made.tagged(&[("1", manifest)]);
    let image = seek(&format!("oci:{}", root.path().display())).unwrap().image(&platform(AMD64)).unwrap();
    let expected = Descriptor::of(MediaType::Layer(Compression::Gzip), b"stored");
    assert_eq!(image.layers[0].descriptor, expected);
}
