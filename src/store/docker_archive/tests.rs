use std::fs;

use tar::EntryType;

use super::*;
use crate::code::{Code, Coded};
use crate::layer::VerifiedReader;
use crate::store::sample::{gzip, tar};

const TWO_TARS: [&str; 2] = ["one", "two"];

/// An archive of these members: a path with its bytes, or with the target of a link.
fn archive(members: &[(&str, Result<&[u8], &str>)]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut builder = tar::Builder::new(file.as_file());
    for (path, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        match content {
            Ok(bytes) => {
                header.set_size(bytes.len() as u64);
                builder.append_data(&mut header, path, *bytes).unwrap();
            }
            Err(target) => {
                header.set_entry_type(EntryType::Symlink);
                header.set_size(0);
                builder.append_link(&mut header, path, target).unwrap();
            }
        }
    }
    builder.finish().unwrap();
    drop(builder);
    file
}

fn config(texts: &[&str]) -> Vec<u8> {
    let mut config = ImageConfig::empty(&"linux/amd64".parse().unwrap());
    for text in texts {
        config.push_layer(Digest::of(&tar(text)), "1980-01-01T00:00:00Z", "test");
    }
    config.to_bytes()
}

fn open(file: &tempfile::NamedTempFile, name: Option<&str>) -> Result<Image, ImageError> {
    super::open(file.path(), name, &Limits::default(), &Interrupt::default())
}

/// Every layer verified against its descriptor.
fn contents(image: &Image) -> Vec<Vec<u8>> {
    let content = |layer: &ImageLayer| {
        let mut bytes = Vec::new();
        let reader = image.blobs.open(&layer.descriptor).unwrap();
        VerifiedReader::new(reader, &layer.descriptor).read_to_end(&mut bytes).unwrap();
        bytes
    };
    image.layers.iter().map(content).collect()
}

#[test]
fn an_old_archive_shares_layers_by_links() {
    let (config, one) = (config(&["one", "one"]), tar("one"));
    let list = br#"[{"Config":"c.json","RepoTags":["acme/app:1"],"Layers":["a/layer.tar","b/layer.tar"]}]"#;
    let file = archive(&[
        ("a/", Ok(b"")),
        ("a/layer.tar", Ok(&one)),
        ("b/layer.tar", Err("../a/layer.tar")),
        ("c.json", Ok(&config)),
        ("manifest.json", Ok(list)),
        ("repositories", Ok(b"{}")),
    ]);
    let image = open(&file, None).unwrap();
    assert_eq!(contents(&image), [one.clone(), one]);
    assert!(image.layers.iter().all(|layer| layer.descriptor.digest == layer.diff_id));
    assert_eq!(image.layers[0].descriptor.media_type, MediaType::Layer(Compression::None));
    assert!(image.manifest.is_none());
}

#[test]
fn compressed_layers_have_the_digest_of_their_stored_bytes() {
    let stored: Vec<_> = TWO_TARS.iter().map(|text| gzip(&tar(text))).collect();
    let config = config(&TWO_TARS);
    let blob = |bytes: &[u8]| format!("blobs/sha256/{}", Digest::of(bytes).hex());
    let (config_path, layer_path) = (blob(&config), blob(&stored[1]));
    let list =
        format!(r#"[{{"Config":"{config_path}","RepoTags":null,"Layers":["old.tar.gz","{layer_path}"]}}]"#);
    let file = archive(&[
        (&config_path, Ok(&config)),
        ("old.tar.gz", Ok(&stored[0])),
        (&layer_path, Ok(&stored[1])),
        ("manifest.json", Ok(list.as_bytes())),
    ]);
    let image = open(&file, None).unwrap();
    assert_eq!(contents(&image), stored);
    assert_eq!(image.layers[0].descriptor.media_type, MediaType::Layer(Compression::Gzip));
}

#[test]
fn an_image_is_chosen_by_its_name_in_any_spelling() {
    let (one, two) = (config(&[]), config(&["two"]));
    let layer = tar("two");
    let list = br#"[{"Config":"1.json","RepoTags":["alpine:3"],"Layers":[]},{"Config":"2.json","RepoTags":["docker.io/acme/app:2","acme/app:latest"],"Layers":["l"]}]"#;
    let file = archive(&[
        ("1.json", Ok(&one)),
        ("2.json", Ok(&two)),
        ("l", Ok(&layer)),
        ("manifest.json", Ok(list)),
    ]);
    let layers = |name| open(&file, name).map(|image| image.layers.len()).map_err(|error| error.to_string());
    assert_eq!(layers(Some("docker.io/library/alpine:3")), Ok(0));
    assert_eq!(layers(Some("acme/app:2")), Ok(1));
    let names = "`alpine:3`, `docker.io/acme/app:2`, `acme/app:latest`";
    assert!(layers(None).unwrap_err().ends_with(names));
    assert!(layers(Some("acme/app:3")).unwrap_err().ends_with(names));
}

#[test]
fn t29_a_wrong_number_of_diff_ids_or_another_config_is_refused() {
    let config = config(&["one"]);
    let expect = |name: &str, list: &str| {
        let file = archive(&[(name, Ok(&config)), ("manifest.json", Ok(list.as_bytes()))]);
        open(&file, None).unwrap_err().code()
    };
    assert_eq!(expect("c.json", r#"[{"Config":"c.json","Layers":[]}]"#), Code::DiffId);
    assert_eq!(expect("c.json", r#"[{"Config":"c.json","Layers":["absent"]}]"#), Code::Layout);
    let other = format!("{}.json", Digest::of(b"other").hex());
    assert_eq!(expect(&other, &format!(r#"[{{"Config":"{other}","Layers":[]}}]"#)), Code::Digest);
}

#[test]
fn t33_one_layer_more_than_the_limit_is_refused() {
    let (config, one) = (config(&["one"; 126]), tar("one"));
    let layers = ["\"l\""; 126].join(",");
    let list = format!(r#"[{{"Config":"c.json","Layers":[{layers}]}}]"#);
    let file = archive(&[("l", Ok(&one)), ("c.json", Ok(&config)), ("manifest.json", Ok(list.as_bytes()))]);
    assert_eq!(open(&file, None).unwrap_err().code(), Code::LimitLayers);
}

#[test]
fn r04_a_list_of_images_that_is_no_strict_json_is_refused() {
    for list in
        [r#"[{"Config":"c","config":"d","Layers":[]}]"#, "{}", "[1]", r#"[{"Config":"c","Config":"c"}]"#]
    {
        let file = archive(&[("manifest.json", Ok(list.as_bytes()))]);
        assert_eq!(open(&file, None).unwrap_err().code(), Code::Layout, "{list}");
    }
    let file = archive(&[("manifest.json", Ok(b"[]"))]);
    assert_eq!(open(&file, None).unwrap_err().code(), Code::SourceMissing);
    fs::write(file.path(), gzip(b"x")).unwrap();
    assert!(open(&file, None).unwrap_err().to_string().contains("compressed with gzip"));
}

#[test]
fn hashing_a_layer_ends_with_an_interrupt() {
    let (layer, config) = (gzip(&tar("one")), config(&["one"]));
    let listed = br#"[{"Config":"config.json","Layers":["layer.tar"]}]"#;
    let file =
        archive(&[("layer.tar", Ok(&layer)), ("config.json", Ok(&config)), ("manifest.json", Ok(listed))]);
    let interrupt = Interrupt::default();
    let open =
        || super::open(file.path(), None, &Limits::default(), &interrupt).map_err(|error| error.code());
    assert!(open().is_ok());
    interrupt.signal().store(15, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(open().err(), Some(Code::Terminated));
}
