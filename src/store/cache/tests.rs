use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::*;
use crate::code::{Code, Coded};
use crate::layer::{Codec, LayerWriter};
use crate::oci::{Descriptor, MediaType};
use crate::store::Output;

fn index(size: u64) -> LayerIndex {
    LayerIndex {
        diff_id: Digest::of(b"tar"),
        size,
        items: Default::default(),
        kept: Default::default(),
        elf: Default::default(),
        faults: Default::default(),
        warnings: Vec::new(),
    }
}

/// A store, a staging place, and a layer that is complete in it.
struct Fixture {
    root: tempfile::TempDir,
    store: Store,
    staging: Staging,
    layer: WrittenLayer,
}

impl Fixture {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(&root.path().join("store")).unwrap();
        let output = Output::OciArchive { file: root.path().join("out.tar"), tag: None };
        let staging = Staging::beside(&output).unwrap();
        let writer = LayerWriter::new(staging.create().unwrap(), Codec::Zstd, 1).unwrap();
        let (file, layer) = writer.finish().unwrap();
        file.complete(layer.digest, layer.size).unwrap();
        Self { root, store, staging, layer }
    }

    /// Every file of the store but its marker.
    fn files(&self) -> Vec<std::path::PathBuf> {
        let files = walkdir::WalkDir::new(self.root.path().join("store")).sort_by_file_name();
        let files = files.into_iter().map(|file| file.unwrap().into_path());
        files.filter(|file| file.is_file() && !file.ends_with("CACHEDIR.TAG")).collect()
    }
}

fn key(text: &str) -> Key {
    Key::of("test", &text)
}

#[test]
fn what_is_kept_is_found_again_under_its_key_alone() {
    let Fixture { root, store, staging, layer } = Fixture::new();
    store.keep_index(&key("a"), &index(1));
    store.keep_index(&key("b"), &index(2));
    store.keep_layer(&key("a"), &layer, &staging);
    let again = Store::open(&root.path().join("store")).unwrap();
    assert_eq!(again.index(&key("a")), Some(index(1)));
    assert_eq!(again.index(&key("b")), Some(index(2)));
    assert_eq!(again.index(&key("c")), None);
    let (found, blob) = again.layer(&key("a")).unwrap();
    assert_eq!(found, layer);
    assert!(blob.is_sound());
    assert!(again.layer(&key("b")).is_none());
    assert!(store.problem().is_none());
}

#[test]
fn c01_an_entry_with_any_bit_flipped_is_never_used_and_goes() {
    let fixture = Fixture::new();
    let (store, layer) = (&fixture.store, &fixture.layer);
    let keep = || {
        store.keep_index(&key("a"), &index(1));
        store.keep_layer(&key("a"), layer, &fixture.staging);
    };
    keep();
    for file in fixture.files() {
        let sound = fs::read(&file).unwrap();
        for bit in 0..8 * sound.len() {
            let mut broken = sound.clone();
            broken[bit / 8] ^= 1 << (bit % 8);
            fs::write(&file, broken).unwrap();
            let (index, layer) = (store.index(&key("a")), store.layer(&key("a")));
            let is_blob = file.components().any(|part| part.as_os_str() == "blobs");
            if is_blob {
                assert!(store.forget_broken(&layer.unwrap().1));
            } else {
                assert!(index.is_none() || layer.is_none());
            }
            assert!(!file.exists(), "{}", file.display());
            keep();
            assert_eq!(fs::read(&file).unwrap(), sound);
        }
    }
}

#[test]
fn an_entry_under_another_key_or_cut_short_is_never_used() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    store.keep_index(&key("a"), &index(1));
    let [file] = fixture.files().try_into().unwrap();
    let sound = fs::read(&file).unwrap();
    fs::rename(&file, file.with_file_name(key("b").hex())).unwrap();
    assert_eq!(store.index(&key("b")), None);
    for length in 0..sound.len() {
        fs::write(&file, &sound[..length]).unwrap();
        assert_eq!(store.index(&key("a")), None);
    }
    fs::write(&file, [&sound[..], b"x"].concat()).unwrap();
    assert_eq!(store.index(&key("a")), None);
}

#[test]
fn a_blob_of_another_size_is_no_layer() {
    let fixture = Fixture::new();
    fixture.store.keep_layer(&key("a"), &fixture.layer, &fixture.staging);
    let blob = fixture.root.path().join("store/blobs/sha256").join(fixture.layer.digest.hex());
    fs::write(&blob, b"").unwrap();
    assert!(fixture.store.layer(&key("a")).is_none());
    fixture.store.keep_layer(&key("a"), &fixture.layer, &fixture.staging);
    assert!(fixture.store.layer(&key("a")).unwrap().1.is_sound());
}

#[test]
fn c02_a_directory_that_others_may_enter_or_that_is_no_store_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("store");
    let refused = |path: &Path| Store::open(path).unwrap_err().code();
    for mode in [0o777, 0o770, 0o755, 0o701] {
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(refused(&path), Code::Store, "{mode:o}");
        assert_eq!(fs::read_dir(&path).unwrap().count(), 0);
        fs::remove_dir(&path).unwrap();
    }
    Store::open(&path).unwrap();
    let link = root.path().join("link");
    symlink(&path, &link).unwrap();
    assert!(matches!(Store::open(&link), Err(StoreError::Link(_))));
    fs::write(root.path().join("file"), "").unwrap();
    assert!(Store::open(&root.path().join("file")).is_err());
    assert_eq!(refused(root.path()), Code::Store);
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&path, Some(12345), None).unwrap();
        assert!(matches!(Store::open(&path), Err(StoreError::Owner { owner: 12345, .. })));
    }
}

#[test]
fn a_new_store_is_closed_to_others_and_named_as_a_cache() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("a/b/store");
    drop(Store::open(&path).unwrap());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    let tag = fs::read_to_string(path.join("CACHEDIR.TAG")).unwrap();
    assert!(tag.starts_with("Signature: 8a477f597d28d172789f06886806bc55"));
}

#[test]
fn a_marker_that_was_never_finished_goes() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join(".overcoat-1"), "Signature").unwrap();
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o700)).unwrap();
    Store::open(root.path()).unwrap();
    let mut names: Vec<_> =
        fs::read_dir(root.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["CACHEDIR.TAG", "blobs", "indexes", "layers", "new", "packages", "registries"]);
}

#[test]
fn pruning_takes_what_was_used_longest_ago_first() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let day = |number: i64| 86_400 * number;
    let names = ["a", "b", "c"];
    for (number, name) in names.iter().enumerate() {
        store.keep_index(&key(name), &index(1));
        let file = fixture.root.path().join("store/indexes").join(key(name).hex());
        let used = SystemTime::UNIX_EPOCH + Duration::from_secs(86_400 * number as u64);
        fs::File::options().write(true).open(&file).unwrap().set_modified(used).unwrap();
    }
    let size = store.inventory().unwrap().indexes.bytes / 3;
    let trial = store.prune(&Room { since: Some(day(1)), bytes: None }, true).unwrap();
    assert_eq!((trial.removed.indexes.entries, trial.left.indexes.entries), (1, 2));
    assert_eq!(fixture.files().len(), 3);
    let pruned = store.prune(&Room { since: None, bytes: Some(2 * size) }, false).unwrap();
    assert_eq!((pruned.removed.indexes.bytes, pruned.left.indexes.bytes), (size, 2 * size));
    assert_eq!(pruned.left.indexes.oldest, Some(day(1)));
    assert_eq!(store.index(&key("a")), None);
    // Just used, so that it is younger than any day.
    assert_eq!(store.index(&key("b")), Some(index(1)));
    store.prune(&Room { since: Some(day(3)), bytes: None }, false).unwrap();
    assert_eq!([store.index(&key("b")), store.index(&key("c"))], [Some(index(1)), None]);
    store.prune(&Room { since: None, bytes: Some(0) }, false).unwrap();
    assert!(fixture.files().is_empty());
}

#[test]
fn a_blob_that_is_open_outlives_its_pruning() {
    let fixture = Fixture::new();
    fixture.store.keep_layer(&key("a"), &fixture.layer, &fixture.staging);
    let (_, blob) = fixture.store.layer(&key("a")).unwrap();
    fixture.store.prune(&Room { since: None, bytes: Some(0) }, false).unwrap();
    assert!(blob.is_sound() && fixture.store.layer(&key("a")).is_none());
}

#[test]
fn a_store_that_cannot_be_written_says_so_once_and_harms_nothing() {
    let fixture = Fixture::new();
    let new = fixture.root.path().join("store/new");
    fs::remove_dir(&new).unwrap();
    fixture.store.keep_index(&key("a"), &index(1));
    fixture.store.keep_layer(&key("a"), &fixture.layer, &fixture.staging);
    assert!(fixture.store.problem().is_some());
    assert!(fixture.store.index(&key("a")).is_none());
}

/// Flips a bit of the blob of a digest.
fn flip(fixture: &Fixture, digest: &Digest) {
    let path = fixture.root.path().join("store/blobs/sha256").join(digest.hex());
    let mut bytes = fs::read(&path).unwrap();
    bytes[0] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn c01_a_document_is_what_its_digest_says_or_goes() {
    let fixture = Fixture::new();
    let digest = Digest::of(b"{}");
    assert_eq!(fixture.store.document(&digest), None);
    fixture.store.keep_document(&digest, b"{}");
    assert_eq!(fixture.store.document(&digest).as_deref(), Some(&b"{}"[..]));
    flip(&fixture, &digest);
    assert_eq!(fixture.store.document(&digest), None);
    assert!(fixture.files().is_empty(), "{:?}", fixture.files());
}

/// Keeps the layer that `pieces` are, under the digest and size of `promised`.
fn keep(store: &Arc<Store>, promised: &[u8], pieces: &[&[u8]]) -> Descriptor {
    let descriptor = Descriptor::of(MediaType::Config, promised);
    let mut keeping = store.keep_input(&descriptor).unwrap();
    pieces.iter().for_each(|piece| keeping.add(piece));
    keeping.end();
    descriptor
}

#[test]
fn a_layer_is_kept_once_all_of_it_was_read() {
    let fixture = Fixture::new();
    let store = Arc::new(Store::open(&fixture.root.path().join("store")).unwrap());
    for (promised, pieces) in [(&b"abc"[..], &[&b"ab"[..]][..]), (b"", &[b"a"])] {
        let descriptor = keep(&store, promised, pieces);
        assert!(store.input(&descriptor).is_none());
    }
    let descriptor = keep(&store, b"abc", &[b"a", b"bc"]);
    assert!(store.input(&descriptor).is_some());
    assert!(store.keep_input(&descriptor).is_none(), "it is there");
    assert_eq!(fixture.files().len(), 1, "{:?}", fixture.files());
}

#[test]
fn c01_a_layer_of_other_bytes_is_never_used_and_goes() {
    let fixture = Fixture::new();
    let path = fixture.root.path().join("store");
    let store = Arc::new(Store::open(&path).unwrap());
    let descriptor = keep(&store, b"abc", &[b"xyz"]);
    assert!(store.input(&descriptor).is_none());
    let descriptor = keep(&store, b"abc", &[b"abc"]);
    flip(&fixture, &descriptor.digest);
    assert!(Store::open(&path).unwrap().input(&descriptor).is_none());
    assert!(fixture.files().is_empty(), "{:?}", fixture.files());
}

#[test]
fn what_was_learned_of_a_registry_is_of_that_registry() {
    let Fixture { root: _root, store, .. } = Fixture::new();
    store.keep_learned("a.example.com", &(Some(true), None::<bool>));
    assert_eq!(store.learned("a.example.com"), Some((Some(true), None::<bool>)));
    assert_eq!(store.learned::<(Option<bool>, Option<bool>)>("b.example.com"), None);
}

#[test]
fn a_layer_that_goes_to_no_output_is_kept_without_a_copy() {
    use std::os::unix::fs::MetadataExt;
    let fixture = Fixture::new();
    let scratch = Staging::within(fixture.root.path()).unwrap();
    let writer = LayerWriter::new(scratch.create().unwrap(), Codec::Zstd, 1).unwrap();
    let (file, layer) = writer.finish().unwrap();
    file.complete(layer.digest, layer.size).unwrap();
    fixture.store.keep_layer(&key("a"), &layer, &scratch);
    let blob = fixture.root.path().join("store/blobs/sha256").join(layer.digest.hex());
    assert_eq!(fs::metadata(&blob).unwrap().nlink(), 2);
    drop(scratch);
    assert!(fixture.store.layer(&key("a")).unwrap().1.is_sound());
    fs::write(&blob, "other").unwrap();
    fixture.store.keep_layer(&key("a"), &fixture.layer, &fixture.staging);
    assert_eq!(fs::metadata(&blob).unwrap().nlink(), 1);
    assert!(fixture.store.layer(&key("a")).unwrap().1.is_sound());
}

#[test]
fn a_blob_that_comes_in_is_there_once_it_is_kept_and_goes_otherwise() {
    let fixture = Fixture::new();
    let store = Arc::new(Store::open(&fixture.root.path().join("store")).unwrap());
    let (digest, size) = (Digest::of(b"abc"), 3);
    let mut incoming = store.incoming().unwrap();
    incoming.write_all(b"abc").unwrap();
    assert!(!store.has_input(&digest, size));
    drop(incoming);
    assert!(fixture.files().is_empty(), "{:?}", fixture.files());
    let mut incoming = store.incoming().unwrap();
    incoming.write_all(b"abc").unwrap();
    let file = incoming.file().unwrap();
    assert!(incoming.keep(&digest));
    assert!(store.has_input(&digest, size) && !store.has_input(&digest, 4));
    assert!(KeptBlob::of(file, digest, size).is_sound());
    assert_eq!(fixture.files().len(), 1);
    store.incoming().unwrap().fail(io::ErrorKind::StorageFull.into(), 7);
    assert!(store.problem().unwrap().to_string().contains("the file needs 7 bytes"));
}

#[test]
fn what_is_known_of_packages_is_found_again_under_its_key_alone() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    store.keep_noted(&key("a"), &7_u64);
    store.keep_fact(&key("b"), |out| out.write_all(b"text"));
    assert_eq!((store.noted::<u64>(&key("a")), store.noted::<u64>(&key("c"))), (Some(7), None));
    let text = store.fact(&key("b"), |input| {
        let mut text = String::new();
        input.read_to_string(&mut text).map(|_| text)
    });
    assert_eq!(text.as_deref(), Some("text"));
    assert_eq!(store.inventory().unwrap().packages.entries, 2);
    store.prune(&Room { since: None, bytes: Some(0) }, false).unwrap();
    assert_eq!(store.noted::<u64>(&key("a")), None);
}
