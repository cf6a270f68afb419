//! Tar headers that say what cannot be.

use overcoat::rootfs::RootPath;

use super::{Layer, MIB, header, odd, pax, refused};
use crate::support::{Sandbox, Tar};

/// A header with these bytes for its size.
fn sized(size: &[u8; 12]) -> Vec<u8> {
    let mut block = tar::Header::new_gnu();
    block.set_path("file").unwrap();
    block.set_mode(0o644);
    block.as_old_mut().size = *size;
    block.set_cksum();
    block.as_bytes().to_vec()
}

/// Compresses what is large but boring.
fn zstd(tar: &[u8]) -> Layer {
    Layer::endless("+zstd", zstd::encode_all(tar, 1).unwrap())
}

#[test]
fn t21_sizes_that_cannot_be_end_at_once_and_take_no_memory() {
    for size in [
        b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\xff\xff\xff\xff\x80\0\0\0\0\0\0\0",
        b"\x80\0\0\0\x80\0\0\0\0\0\0\0",
        b"\xbf\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"-0000000001\0",
    ] {
        refused(Layer::plain(sized(size)), "E_TAR_HEADER", 64, &[]);
    }
    for size in ["9223372036854775807", "9223372036854775808", "-1", "99999999999999999999"] {
        let record = format!(" size={size}\n");
        let length = record.len() + 2;
        refused(Layer::plain(pax(format!("{length}{record}").as_bytes())), "E_TAR_HEADER", 64, &[]);
    }
}

#[test]
fn t21_a_size_that_could_be_but_is_not_there_takes_no_memory() {
    refused(Layer::plain(header("file", 1 << 62)), "E_TAR_TRUNCATED", 64, &[]);
    refused(Layer::plain(header("etc/passwd", 15 << 20)), "E_TAR_TRUNCATED", 64, &[]);
}

#[test]
fn t23_a_record_without_length_ends() {
    for records in [&b"0 x=y\n"[..], b"0000000000 x=y\n", b"1 x=y\n", b" x=y\n", b"\0\0\0\0"] {
        refused(Layer::plain(pax(records)), "E_TAR_HEADER", 64, &[]);
    }
    // As CPython's recursion.tar: the header of a record that never ends, right before the end of the file.
    let mut cut = pax(b"0 hdrcharset=BINARY\n");
    cut.truncate(516);
    refused(Layer::plain(cut), "E_TAR_TRUNCATED", 64, &[]);
}

#[test]
fn t23_a_million_headers_without_a_name_end() {
    let mut block = tar::Header::new_ustar();
    block.set_size(0);
    block.set_mode(0o644);
    block.set_cksum();
    refused(zstd(&block.as_bytes().repeat(1_000_000)), "E_TAR_HEADER", 64, &[]);
}

#[test]
fn t23_entries_end_at_their_limits() {
    let tar: Vec<u8> = (0..20_000).flat_map(|n| header(&format!("{n:06}"), 0)).collect();
    for (code, limit) in [
        ("E_LIMIT_ENTRIES", "layer-entries=10000"),
        ("E_LIMIT_ENTRIES", "build-entries=10000"),
        ("E_LIMIT_HEADER", "layer-name-bytes=60000"),
        ("E_LIMIT_HEADER", "build-name-bytes=60000"),
    ] {
        refused(zstd(&tar), code, 64, &[limit]);
    }
}

#[test]
fn t24_a_large_pax_header_is_not_even_read() {
    for size in [(1 << 20) + 1, 1 << 40] {
        let mut block = tar::Header::new_gnu();
        block.set_entry_type(tar::EntryType::XHeader);
        block.set_size(size);
        block.set_cksum();
        refused(Layer::plain(block.as_bytes().to_vec()), "E_LIMIT_HEADER", 64, &[]);
    }
}

#[test]
fn t24_a_million_pax_records_are_too_many() {
    let records = b"6 a=b\n".repeat(1_000_000);
    refused(zstd(&pax(&records)), "E_LIMIT_HEADER", 64, &[]);
    // Where so many bytes are allowed, records that say nothing are held to no limit, and attributes to their own.
    let records: String = (0..100_000).map(|n| format!("28 SCHILY.xattr.user.{n:05}=\n")).collect();
    refused(zstd(&pax(records.as_bytes())), "E_LIMIT_PATH", 64, &["tar-header-bytes=16M"]);
}

#[test]
fn t24_headers_before_one_entry_are_counted_together() {
    let mut tar = Tar::default();
    for _ in 0..1_100 {
        tar = tar.entry(tar::EntryType::GNULongName, "long", 0o644, "", &[b'a'; 1_000]);
    }
    // In an artifact one repeated header is too many.
    let tar = tar.file("file", 0o644, "").finish();
    let sandbox = Sandbox::new();
    odd(&sandbox, "1", &[Layer::plain(tar)]);
    sandbox.spec_on("oci:odd:1", "");
    let words = sandbox.build_refused(5, &["--platform", "linux/amd64"]);
    assert!(words.starts_with("error[E_LIMIT_HEADER]: "), "{words}");
}

#[test]
fn t31_long_paths_are_refused_and_not_repeated() {
    let named = |name: &[u8]| {
        let tar = Tar::default().entry(tar::EntryType::GNULongName, "long", 0o644, "", name);
        Layer::plain(tar.file("file", 0o644, "").finish())
    };
    refused(named(&[b'a'; 256]), "E_LIMIT_PATH", 64, &[]);
    refused(named(&b"a".repeat(4097)), "E_LIMIT_PATH", 64, &[]);
    refused(named(&b"a/".repeat(2_048 + 1)), "E_LIMIT_PATH", 64, &[]);
    // A million levels do not fit a header; where they do, they fit no path.
    refused(named(&b"a/".repeat(1_000_000)), "E_LIMIT_HEADER", 64, &[]);
    refused(named(&b"a/".repeat(1_000_000)), "E_LIMIT_PATH", 64, &["tar-header-bytes=16M"]);
}

#[test]
fn t31_paths_as_deep_as_paths_can_be_take_little() {
    let deep = "a/".repeat(RootPath::LIMIT / 2 - 1);
    let tar = (0..5).fold(Tar::default(), |tar, n| {
        let name = format!("{deep}{n}");
        let tar = tar.entry(tar::EntryType::GNULongName, "long", 0o644, "", name.as_bytes());
        tar.file("file", 0o644, "")
    });
    let sandbox = Sandbox::new();
    odd(&sandbox, "1", &[Layer::plain(tar.finish())]);
    sandbox.spec_on("oci:odd:1", "");
    let args = ["build", "x.yaml", "-o", "oci:out", "--platform", "linux/amd64"];
    let Some(measured) = sandbox.run_measured(&args) else { return };
    assert!(measured.peak < 64 * MIB, "{} MiB", measured.peak / MIB);
}
