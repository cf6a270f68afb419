//! Layers as a whole: verified, bounded, shown to visitors.

use std::io;
use std::sync::atomic::Ordering;

use proptest::prelude::*;

use super::super::raw::{Memory, RawTar, Reader, artifact, base, entry, gzip, listing, zstd};
use super::*;
use crate::code::{Code, Coded};
use crate::layer::SourceError;
use crate::oci::{Compression, MediaType};

/// Writes down what it is shown, wanting files whose path ends in `+`.
#[derive(Default)]
struct Notes(Vec<String>);

impl Visitor for Notes {
    fn item(&mut self, ordinal: u32, item: &Item) -> io::Result<bool> {
        let ItemKind::Entry(entry) = &item.kind else { return Ok(false) };
        if let Kind::File(content) = entry.kind {
            assert_eq!(content.sha256, [0; 32], "not known yet");
        }
        self.0.push(format!("{ordinal} {}", entry.path));
        Ok(entry.path.as_bytes().ends_with(b"+"))
    }

    fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.push(format!("{} {}", bytes.len(), bytes[0] as char));
        Ok(())
    }
}

fn some_tar() -> Vec<u8> {
    RawTar::default()
        .dir("d/")
        .file("d/a+", &[b'a'; 5])
        .file("d/b", b"b")
        .file("d/.wh.x", b"")
        .file("d/c+", b"")
        .end()
}

#[test]
fn a_visitor_is_shown_items_in_order_and_bytes_it_wants() {
    let (memory, tar) = (Memory::default(), some_tar());
    let layer = memory.layer(Compression::Gzip, gzip(&tar), &tar);
    let expected = ["0 d", "1 d/a+", "5 a", "2 d/b", "4 d/c+"];
    let mut first = Notes::default();
    let index = read(&memory, &layer, &artifact().how(), &mut first).unwrap();
    assert_eq!(first.0, expected);
    assert_eq!(listing(&index), ["d/", "d/a+", "d/b", "-d/x", "d/c+"]);
    assert_eq!((index.size, index.diff_id), (tar.len() as u64, Digest::of(&tar)));
    let Kind::File(content) = entry(&index, 1).kind else { panic!("no file") };
    assert_eq!((Digest::Sha256(content.sha256), content.size), (Digest::of(b"aaaaa"), 5));
    let mut second = Notes::default();
    replay(&memory, &layer, &artifact().how(), &mut second).unwrap();
    assert_eq!(second.0, expected);
}

#[test]
fn t29_bytes_that_are_not_what_was_promised_are_refused() {
    let tar = some_tar();
    let blob = gzip(&tar);
    let memory = Memory::default();
    let right = memory.layer(Compression::Gzip, blob.clone(), &tar);
    let code = |layer: &LayerBlob| {
        let first = read(&memory, layer, &base().how(), &mut IndexOnly).err().map(|error| error.code());
        let again = replay(&memory, layer, &base().how(), &mut IndexOnly).err().map(|error| error.code());
        assert_eq!(first, again);
        first
    };
    assert_eq!(code(&right), None);
    for (size, expected) in [(-1, Code::Size), (1, Code::Size)] {
        let mut layer = right.clone();
        layer.descriptor.size = right.descriptor.size.strict_add_signed(size);
        assert_eq!(code(&layer), Some(expected), "{size}");
    }
    let other = LayerBlob { diff_id: Digest::of(b""), ..right.clone() };
    assert_eq!(code(&other), Some(Code::DiffId));
    for at in 0..blob.len() {
        let mut flipped = blob.clone();
        flipped[at] ^= 0x20;
        memory.put(&right.descriptor, flipped);
        assert_eq!(code(&right), Some(Code::Digest), "byte {at}: the digest explains whatever breaks");
    }
    memory.put(&right.descriptor, gzip(&tar[..tar.len() - 100]));
    assert!(matches!(code(&right), Some(Code::Size | Code::Digest)));
}

#[test]
fn a_sha512_of_an_input_is_verified_too() {
    let tar = some_tar();
    let mut hasher = format!("sha512:{}", "00".repeat(64)).parse::<Digest>().unwrap().hasher();
    hasher.update(&tar);
    let digest = hasher.finish();
    let descriptor = Descriptor::new(MediaType::Layer(Compression::None), digest, tar.len() as u64);
    let memory = Memory::default();
    memory.put(&descriptor, tar);
    let layer = LayerBlob { descriptor, diff_id: digest };
    assert_eq!(read(&memory, &layer, &base().how(), &mut IndexOnly).unwrap().items.len(), 5);
}

#[test]
fn t01_an_error_names_layer_and_entry() {
    for name in ["../x", "a/../../x"] {
        let tar = RawTar::default().file("before", b"x").file(name, b"").end();
        for reader in [base(), artifact()] {
            let error = reader.tar(&tar).unwrap_err();
            assert_eq!(error.code(), Code::TarPath);
            assert_eq!((error.layer, error.offset), (Digest::of(&tar), 1024));
            assert_eq!(error.entry.as_deref(), Some(name.as_bytes()));
            let text = error.to_string();
            assert!(
                text.starts_with(&format!("layer {}: entry `{name}` at byte 1024: ", error.layer)),
                "{text}"
            );
        }
    }
}

#[test]
fn t25_bombs_end_at_their_budget() {
    let zeros = vec![0; 64 << 20];
    for (compression, blob) in [(Compression::Gzip, gzip(&zeros)), (Compression::Zstd, zstd(&zeros))] {
        let mut reader = base();
        reader.limits.layer_bytes = 1 << 20;
        let error = reader.blob(compression, blob.clone(), b"").unwrap_err();
        assert_eq!(error.code(), Code::LimitBytes);
        let reader = Reader { budget: Budget::new(1 << 20), ..base() };
        assert_eq!(reader.blob(compression, blob.clone(), b"").unwrap_err().code(), Code::LimitBytes);
        let mut reader = base();
        reader.limits.layer_compressed_bytes = blob.len() as u64 - 1;
        assert_eq!(reader.blob(compression, blob, b"").unwrap_err().code(), Code::LimitBytes);
    }
}

#[test]
fn layers_of_one_build_share_a_budget() {
    let tar = some_tar();
    let reader = Reader { budget: Budget::new(tar.len() as u64 * 2), ..base() };
    assert_eq!(
        [reader.refusal(&tar), reader.refusal(&tar), reader.refusal(&tar)],
        [None, None, Some(Code::LimitBytes)]
    );
}

#[test]
fn indexes_of_one_build_share_budgets_for_what_they_hold() {
    let tar = RawTar::default().file("etc/passwd", b"root").link("a", b'2', "b").end();
    let refusals = |limits: Limits| {
        let reader = Reader { budget: Budget::of(&limits), limits, ..base() };
        [reader.refusal(&tar), reader.refusal(&tar)]
    };
    let enough = Limits { build_entries: 4, build_name_bytes: 24, build_kept_bytes: 8, ..Limits::default() };
    assert_eq!(refusals(enough.clone()), [None; 2]);
    assert_eq!(refusals(Limits { build_entries: 3, ..enough.clone() }), [None, Some(Code::LimitEntries)]);
    assert_eq!(refusals(Limits { build_name_bytes: 23, ..enough.clone() }), [None, Some(Code::LimitHeader)]);
    assert_eq!(refusals(Limits { build_kept_bytes: 7, ..enough }), [None, Some(Code::LimitBytes)]);
}

#[test]
fn a_layer_that_is_read_again_is_not_held_again() {
    let tar = some_tar();
    let memory = Memory::default();
    let layer = memory.layer(Compression::None, tar.clone(), &tar);
    let entries = base().tar(&tar).unwrap().items.len() as u64;
    let limits = Limits { build_entries: entries, ..Limits::default() };
    let reader = Reader { budget: Budget::of(&limits), limits, ..base() };
    assert!(read(&memory, &layer, &reader.how(), &mut IndexOnly).is_ok());
    assert!(replay(&memory, &layer, &reader.how(), &mut IndexOnly).is_ok());
    assert!(read(&memory, &layer, &reader.how(), &mut IndexOnly).is_err());
}

#[test]
fn a_visitor_s_own_error_comes_back_as_it_was() {
    struct Full(bool);
    impl Visitor for Full {
        fn item(&mut self, _: u32, _: &Item) -> io::Result<bool> {
            if self.0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(true) }
        }
        fn data(&mut self, _: &[u8]) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }
    }
    let (memory, tar) = (Memory::default(), some_tar());
    let layer = memory.layer(Compression::None, tar.clone(), &tar);
    for at_once in [true, false] {
        let error = read(&memory, &layer, &base().how(), &mut Full(at_once)).unwrap_err();
        assert_eq!(error.code(), Code::IoNoSpace);
        assert!(matches!(*error.kind, ReadErrorKind::Visitor(_)));
    }
}

#[test]
fn an_interrupt_ends_a_reading() {
    for (signal, code) in [(2, Code::Interrupted), (15, Code::Terminated)] {
        let reader = base();
        reader.interrupt.signal().store(signal, Ordering::Relaxed);
        assert_eq!(reader.refusal(&some_tar()), Some(code));
    }
}

#[test]
fn a_source_s_errors_are_told_apart_from_broken_bytes() {
    struct Broken;
    impl BlobSource for Broken {
        fn open(&self, _: &Descriptor) -> Result<Box<dyn Read + Send>, SourceError> {
            struct Fails(u32);
            impl Read for Fails {
                fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
                    self.0 += 1;
                    match self.0 {
                        1 => Err(io::ErrorKind::Interrupted.into()),
                        2 => Read::read(&mut &gzip(b"x")[..], &mut out[..4]),
                        _ => Err(io::ErrorKind::UnexpectedEof.into()),
                    }
                }
            }
            Ok(Box::new(Fails(0)))
        }
    }
    let descriptor = Descriptor::new(MediaType::Layer(Compression::Gzip), Digest::of(b""), 99);
    let layer = LayerBlob { descriptor, diff_id: Digest::of(b"") };
    let error = read(&Broken, &layer, &base().how(), &mut IndexOnly).unwrap_err();
    assert!(matches!(*error.kind, ReadErrorKind::Io(_)), "{error}");
    let error = read(&Memory::default(), &layer, &base().how(), &mut IndexOnly).unwrap_err();
    assert_eq!(error.code(), Code::SourceMissing);
}

#[test]
fn a_compression_unlike_the_media_type_is_followed_in_a_base_alone() {
    let tar = some_tar();
    let forms =
        [(Compression::None, tar.clone()), (Compression::Gzip, gzip(&tar)), (Compression::Zstd, zstd(&tar))];
    for (declared, _) in &forms {
        for (found, blob) in &forms {
            let index = base().blob(*declared, blob.clone(), &tar).unwrap();
            let warned = index.warnings.contains(&Warning::Compression);
            assert_eq!(warned, declared != found, "{declared} {found}");
            let refusal = artifact().blob(*declared, blob.clone(), &tar).err().map(|error| error.code());
            assert_eq!(refusal, (declared != found).then_some(Code::Compression), "{declared} {found}");
        }
    }
    let garbage = b"neither one nor the other".to_vec();
    for (declared, code) in [
        (Compression::Gzip, Code::Gzip),
        (Compression::Zstd, Code::Zstd),
        (Compression::None, Code::TarTruncated),
    ] {
        for reader in [base(), artifact()] {
            assert_eq!(reader.blob(declared, garbage.clone(), b"").unwrap_err().code(), code);
        }
    }
}

#[test]
fn a_layer_of_an_unknown_type_is_read_by_its_first_bytes_in_a_base() {
    let (memory, tar) = (Memory::default(), some_tar());
    let mut layer = memory.layer(Compression::Gzip, gzip(&tar), &tar);
    layer.descriptor.media_type = MediaType::Other("application/x-tgz".to_owned());
    let index = read(&memory, &layer, &base().how(), &mut IndexOnly).unwrap();
    assert_eq!(index.warnings, [Warning::Compression]);
    let error = read(&memory, &layer, &artifact().how(), &mut IndexOnly).unwrap_err();
    assert_eq!(error.code(), Code::Compression);
}

#[test]
fn small_files_that_are_listed_are_kept_within_their_limits() {
    let tar = RawTar::default()
        .file("etc/passwd", b"root")
        .file("etc/other", b"x")
        .file("etc/group", b"12345")
        .file("etc/shadow", b"1234")
        .file("etc/gshadow", b"12")
        .file("etc/os-release", b"")
        .end();
    let mut reader = base();
    reader.limits.kept_file_bytes = 4;
    reader.limits.kept_bytes = 9;
    let kept: Vec<_> =
        reader.tar(&tar).unwrap().kept.into_iter().map(|(at, bytes)| (at, bytes.to_vec())).collect();
    assert_eq!(kept, [(0, b"root".to_vec()), (3, b"1234".to_vec()), (5, Vec::new())]);
}

#[test]
fn the_content_of_a_sparse_file_cannot_be_wanted() {
    struct Greedy;
    impl Visitor for Greedy {
        fn item(&mut self, _: u32, _: &Item) -> io::Result<bool> {
            Ok(true)
        }
        fn data(&mut self, _: &[u8]) -> io::Result<()> {
            Ok(())
        }
    }
    let tar = RawTar::default().pax(&[("GNU.sparse.size", b"99")]).file("s", b"x").end();
    let memory = Memory::default();
    let layer = memory.layer(Compression::None, tar.clone(), &tar);
    let error = read(&memory, &layer, &base().how(), &mut Greedy).unwrap_err();
    assert_eq!(error.code(), Code::TarSparse);
}

#[test]
fn a_layer_larger_than_every_buffer_reads_the_same_in_every_form() {
    let content: Vec<u8> =
        (0..3_000_000_u32).flat_map(|n| (n.wrapping_mul(2_654_435_761) >> 27).to_le_bytes()).collect();
    let tar = RawTar::default().file("a", b"x").file("large", &content).file("z", b"y").end();
    let plain = base().tar(&tar).unwrap();
    let Kind::File(file) = entry(&plain, 1).kind else { panic!("no file") };
    assert_eq!(Digest::Sha256(file.sha256), Digest::of(&content));
    assert_eq!(base().blob(Compression::Gzip, gzip(&tar), &tar).unwrap(), plain);
    assert_eq!(base().blob(Compression::Zstd, zstd(&tar), &tar).unwrap(), plain);
}

/// An archive with something of everything, to be broken.
fn rich_tar() -> Vec<u8> {
    RawTar::default()
        .dir("usr/")
        .pax(&[("path", b"usr/long"), ("size", b"700"), ("SCHILY.xattr.user.a", b"b")])
        .file("f", &[7; 700])
        .extension(b'L', b"usr/other\0")
        .link("g", b'1', "usr/long")
        .link("s", b'2', "/usr")
        .file("usr/.wh.gone", b"")
        .member(b"dev", b'3', b"", |_| {})
        .pax(&[("GNU.sparse.size", b"99"), ("mtime", b"-1.5")])
        .file("sparse", b"x")
        .file("etc/passwd", b"root:x:0:0::/:/bin/sh\n")
        .end()
}

#[derive(Clone, Debug)]
enum Mutation {
    Set(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Double(prop::sample::Index, usize),
    Swap(prop::sample::Index, prop::sample::Index),
}

fn any_mutation() -> impl Strategy<Value = Mutation> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        6 => (at(), any::<u8>()).prop_map(|(at, byte)| Mutation::Set(at, byte)),
        1 => at().prop_map(Mutation::Cut),
        1 => (at(), 1..1500_usize).prop_map(|(at, length)| Mutation::Double(at, length)),
        1 => (at(), at()).prop_map(|(a, b)| Mutation::Swap(a, b)),
    ]
}

fn mutate(bytes: &mut Vec<u8>, mutations: &[Mutation]) {
    for mutation in mutations {
        if bytes.is_empty() {
            return;
        }
        match mutation {
            Mutation::Set(at, byte) => {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            Mutation::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Mutation::Double(at, length) => {
                let start = at.index(bytes.len());
                let end = (start + length).min(bytes.len());
                let piece = bytes[start..end].to_vec();
                bytes.splice(start..start, piece);
            }
            Mutation::Swap(a, b) => {
                let blocks = bytes.len() / 512;
                if blocks > 0 {
                    let (a, b) = (a.index(blocks) * 512, b.index(blocks) * 512);
                    (0..512).for_each(|at| bytes.swap(a + at, b + at));
                }
            }
        }
    }
}

/// Makes every header's checksum right again, so that mutations get past it.
fn repair(bytes: &mut [u8]) {
    for block in bytes.chunks_exact_mut(512) {
        if &block[257..262] == b"ustar" {
            let checked = super::super::raw::checked((&*block).try_into().unwrap());
            block.copy_from_slice(&checked);
        }
    }
}

/// What a reading of anything at all must hold: it ends, and it ends in an index only with everything verified.
fn assert_sane(compression: Compression, blob: Vec<u8>, tar: &[u8]) {
    for mut reader in [base(), artifact()] {
        reader.limits.layer_bytes = 1 << 20;
        reader.limits.layer_entries = 100;
        match reader.blob(compression, blob.clone(), tar) {
            Ok(index) => assert_eq!((index.diff_id, index.size), (Digest::of(tar), tar.len() as u64)),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn t19_a_broken_archive_is_read_whole_or_not_at_all(
        mutations in proptest::collection::vec(any_mutation(), 1..6),
        repaired in any::<bool>(),
    ) {
        let mut tar = rich_tar();
        mutate(&mut tar, &mutations);
        if repaired {
            repair(&mut tar);
        }
        assert_sane(Compression::None, tar.clone(), &tar);
    }

    #[test]
    fn t28_a_broken_stream_is_read_whole_or_not_at_all(
        mutations in proptest::collection::vec(any_mutation(), 1..4),
        is_zstd in any::<bool>(),
    ) {
        let tar = rich_tar();
        let (compression, mut blob) =
            if is_zstd { (Compression::Zstd, zstd(&tar)) } else { (Compression::Gzip, gzip(&tar)) };
        mutate(&mut blob, &mutations);
        assert_sane(compression, blob, &tar);
    }
}
