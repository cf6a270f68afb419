//! Any bytes as a layer's tar.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use overcoat::code::Coded;
use overcoat::layer::{Codec, Item, ItemKind, LayerIndex, LayerWriter, Trust};
use overcoat::limits::Limits;
use overcoat::oci::Compression;
use overcoat::rootfs::{Entry, Kind};
use overcoat_fuzz::blobs::{How, Shown, Stored, content};
use overcoat_fuzz::sealed;

fuzz_mutator!(|tar: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let size = fuzzer_mutate(tar, size, max_size);
    if !seed.is_multiple_of(8) {
        sealed::tar(&mut tar[..size]);
    }
    size
});

fuzz_target!(|tar: &[u8]| {
    let stored = Stored::plain(tar);
    let [base, artifact] = [Trust::Base, Trust::Artifact].map(|trust| checked(&stored, tar, trust));
    if let Some((index, shown)) = &base {
        check_written(index, shown);
    }
    check_judged(&stored, artifact.map(|(index, _)| index), base.map(|(index, _)| index));
});

/// Limits that small inputs reach.
fn limits() -> Limits {
    Limits {
        layer_bytes: 16 << 10,
        layer_entries: 24,
        tar_header_bytes: 2 << 10,
        link_target_bytes: 300,
        xattr_bytes: 200,
        xattrs: 3,
        layer_name_bytes: 3_000,
        kept_file_bytes: 100,
        kept_bytes: 150,
        ..Limits::default()
    }
}

/// The index, where there is one, and all that was shown: within limits and budget, in order, and the same once more.
fn checked(stored: &Stored, tar: &[u8], trust: Trust) -> Option<(LayerIndex, Shown)> {
    let (size, how) = (tar.len() as u64, || How::new(trust, &limits()));
    let (index, shown) = stored.read(&how());
    let (replayed, shown_again) = stored.replay(&how());
    // A replay does not judge items, as a reading does not that selects none.
    match (stored.survey(&how()), replayed) {
        (Ok(_), Ok(())) => {}
        (Err(error), Err(again)) => assert_eq!(error.to_string(), again.to_string()),
        (surveyed, replayed) => panic!("{surveyed:?}, but {replayed:?}"),
    }
    assert!(shown_again.items.starts_with(&shown.items));
    assert!(shown.bytes() <= size.min(limits().layer_bytes));
    let spent = stored.read(&how().budget(size.saturating_sub(1))).0;
    let Ok(index) = index else {
        assert!(spent.is_err());
        return None;
    };
    assert_eq!(shown, shown_again);
    assert!(spent.is_err() || size == 0, "a budget is kept");
    assert_eq!(stored.read(&how().budget(size)).0.expect("a budget is spent to its last byte"), index);
    assert_eq!(index, Stored::index(stored, &how()).expect("whether content is wanted does not matter"));
    assert_eq!(index.size, size);
    check_index(&index, &shown);
    Some((index, shown))
}

fn check_index(index: &LayerIndex, shown: &Shown) {
    let (limits, items) = (limits(), index.items.iter().collect::<Vec<_>>());
    assert!(index.size <= limits.layer_bytes && items.len() as u64 <= limits.layer_entries);
    assert!(items.iter().all(|item| item.offset % 512 == 0 && item.offset < index.size));
    assert!(items.is_sorted_by(|a, b| a.offset < b.offset), "every item has a header of its own");
    assert_eq!(items.len(), shown.items.len());
    for (ordinal, (item, shown_item)) in items.iter().zip(&shown.items).enumerate() {
        assert_eq!((item.offset, path(item)), (shown_item.offset, path(shown_item)));
        let (Some(content), Some(bytes)) = (content(item), shown.contents.get(&(ordinal as u32))) else {
            continue;
        };
        assert_eq!(content.size, bytes.len() as u64);
        assert_eq!(content.sha256, digest(bytes));
    }
    let mut kept = Vec::new();
    index.write_to(&mut kept).expect("memory is written without fault");
    assert_eq!(LayerIndex::read_from(&mut kept.as_slice()).expect("what is kept is read back"), *index);
    let kept: u64 = index.kept.values().map(|bytes| bytes.len() as u64).sum();
    assert!(kept <= limits.kept_bytes);
    for (ordinal, kept) in &index.kept {
        assert_eq!(**kept, shown.contents[ordinal]);
        assert!(kept.len() as u64 <= limits.kept_file_bytes);
    }
}

/// What is written of an index is read as the same, and written again as the same bytes.
fn check_written(index: &LayerIndex, shown: &Shown) {
    let Some((tar, blob)) = written(index, shown) else { return };
    let stored = Stored::new(Compression::Gzip, &blob, &tar);
    let how = How::new(Trust::Base, &Limits { kept_file_bytes: 100, kept_bytes: 150, ..Limits::default() });
    let (again, shown_again) = stored.read(&how);
    let again = again.expect("what is written can be read");
    let kinds = |index: &LayerIndex| index.items.iter().map(|item| item.kind).collect::<Vec<_>>();
    assert_eq!(kinds(&again), kinds(index));
    assert_eq!((&again.kept, &shown_again.contents), (&index.kept, &shown.contents));
    assert_eq!(again.warnings, []);
    assert_eq!(written(&again, &shown_again).expect("it was written once").0, tar);
}

/// The tar and the blob of the same items, unless one of them cannot be written.
fn written(index: &LayerIndex, shown: &Shown) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut writer = LayerWriter::new(Vec::new(), Codec::Gzip, 1).expect("memory is written without fault");
    for (ordinal, item) in index.items.iter().enumerate() {
        let written = match &item.kind {
            ItemKind::Entry(entry) => writer.entry(entry),
            ItemKind::Whiteout(path) => writer.whiteout(path, 0),
            ItemKind::Opaque(dir) => writer.opaque(dir, 0),
        };
        match written {
            Ok(()) => {}
            Err(_) if is_unwritable(&item) => return None,
            Err(error) => panic!("{item:?}: {error}"),
        }
        if let Some(content) = shown.contents.get(&(ordinal as u32)) {
            writer.data(content).expect("a file has the bytes of its size");
        }
    }
    let (blob, layer) = writer.finish().expect("every file is complete");
    let (tar, _) = overcoat_fuzz::gunzip::gunzip(&blob).expect("what is written is gzip");
    assert_eq!((layer.uncompressed, layer.size), (tar.len() as u64, blob.len() as u64));
    Some((tar, blob))
}

/// What the documentation of the writer excludes.
fn is_unwritable(item: &Item) -> bool {
    const LARGEST_DEVICE: u32 = 0o777_7777;
    match &item.kind {
        ItemKind::Entry(entry) => match &entry.kind {
            Kind::File(content) => content.sparse,
            Kind::CharDevice(device) | Kind::BlockDevice(device) => {
                device.major.max(device.minor) > LARGEST_DEVICE
            }
            _ => false,
        },
        _ => false,
    }
}

/// What an artifact may bring, a base may; and faults are those that end a reading which selects them.
fn check_judged(stored: &Stored, artifact: Option<LayerIndex>, base: Option<LayerIndex>) {
    let surveyed = stored.survey(&How::new(Trust::Artifact, &limits()));
    match (&artifact, surveyed) {
        (Some(artifact), Ok(surveyed)) => assert_eq!(*artifact, surveyed),
        (None, Ok(surveyed)) => assert!(!surveyed.faults.is_empty(), "all can be used, yet it is refused"),
        (Some(_), Err(error)) => panic!("what is not selected is refused: {error}"),
        (None, Err(error)) => assert!(!error.code().as_str().is_empty()),
    }
    let Some(artifact) = artifact else { return };
    let base = base.expect("a base is read where an artifact is");
    assert_eq!((artifact.faults.len(), artifact.items.len()), (0, base.items.len()));
    for (item, base) in artifact.items.iter().zip(base.items.iter()) {
        assert_eq!((item.offset, path(&item)), (base.offset, path(&base)));
        let is_link = entry(&base).is_some_and(|entry| matches!(entry.kind, Kind::Hardlink(_)));
        assert!(is_link || item == base, "only hard links are led elsewhere");
    }
}

fn entry(item: &Item) -> Option<&Entry> {
    match &item.kind {
        ItemKind::Entry(entry) => Some(entry),
        _ => None,
    }
}

fn path(item: &Item) -> &[u8] {
    match &item.kind {
        ItemKind::Entry(entry) => entry.path.as_bytes(),
        ItemKind::Whiteout(path) | ItemKind::Opaque(path) => path.as_bytes(),
    }
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    match overcoat::oci::Digest::of(bytes) {
        overcoat::oci::Digest::Sha256(sha256) => sha256,
        other => panic!("{other}"),
    }
}
