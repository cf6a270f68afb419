//! Any bytes as a layer in gzip.

#![no_main]

use std::io::Read;

use flate2::read::MultiGzDecoder;
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use overcoat::code::Code;
use overcoat::layer::Codec;
use overcoat::limits::Limits;
use overcoat::oci::Compression;
use overcoat_fuzz::blobs::{check_stream, check_written, written};
use overcoat_fuzz::gunzip::{End, gunzip};
use overcoat_fuzz::sealed;

fuzz_mutator!(|blob: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let size = fuzzer_mutate(blob, size, max_size);
    if !seed.is_multiple_of(4) {
        sealed::gzip(&mut blob[..size]);
    }
    size
});

fuzz_target!(|blob: &[u8]| match blob {
    [0x1f, 0x8b, ..] => check(blob),
    // May be read as something else, and so is something to compress.
    content => check_own(content),
});

fn check_own(content: &[u8]) {
    let (own, layer) = written(Codec::Gzip, content);
    let (tar, end) = gunzip(&own).expect("what is written is gzip");
    assert_eq!(end, End::Clean);
    check_written(Codec::Gzip, content, &own, &layer, &tar);
}

fn check(blob: &[u8]) {
    let expected = gunzip(blob);
    if let Some((content, End::Clean)) = &expected {
        let mut bytes = Vec::new();
        MultiGzDecoder::new(blob).read_to_end(&mut bytes).expect("both references agree");
        assert_eq!(bytes, *content);
    }
    let limits = Limits { layer_bytes: 1 << 20, ..Limits::default() };
    let expected = expected.as_ref().map(|(tar, end)| (&tar[..], *end == End::Clean));
    check_stream(Compression::Gzip, blob, &limits, expected, Code::Gzip, false);
}
