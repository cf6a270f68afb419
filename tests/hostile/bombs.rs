//! Layers that are small as they are stored, and without bound as they are read.

use super::{Layer, header, refused};
use crate::support::{Zeros, gzip};

const GIB: u64 = 1 << 30;

/// A tar of one file of zeros, and one of nothing but zeros: the end of an archive, and what may follow that.
fn tars(zeros: u64) -> [Zeros; 2] {
    [Zeros { head: header("zeros", zeros), zeros }, Zeros { head: Vec::new(), zeros }]
}

#[test]
fn t25_a_tebibyte_of_zeros_in_zstd_ends_at_the_budget() {
    for tar in tars(1024 * GIB) {
        let blob = tar.zstd(27);
        assert!(blob.len() < 64 << 20, "a bomb is small");
        refused(Layer::endless("+zstd", blob), "E_LIMIT_BYTES", 256, &["layer-bytes=300M"]);
    }
}

#[test]
fn t25_a_hundred_gibibytes_in_gzip_end_at_the_budget() {
    let [file, _] = tars(100 * GIB);
    let blob = file.gzip();
    assert!(blob.len() < 128 << 20, "a bomb is small");
    refused(Layer::endless("+gzip", blob), "E_LIMIT_BYTES", 256, &["layer-bytes=300M"]);
}

#[test]
fn t25_the_bytes_of_a_build_are_limited_as_well() {
    let [_, zeros] = tars(GIB);
    refused(Layer::endless("+zstd", zeros.zstd(20)), "E_LIMIT_BYTES", 256, &["build-bytes=30M"]);
}

#[test]
fn t26_a_window_of_two_gibibytes_is_refused_before_it_is_there() {
    let [_, zeros] = tars(GIB);
    refused(Layer::endless("+zstd", zeros.zstd(31)), "E_LIMIT_WINDOW", 64, &[]);
    refused(Layer::endless("+zstd", zeros.zstd(28)), "E_LIMIT_WINDOW", 64, &[]);
    // What the header promises is refused, whatever follows.
    refused(Layer::endless("+zstd", zeros.zstd(31)[..6].to_vec()), "E_LIMIT_WINDOW", 64, &[]);
}

#[test]
fn t27_more_members_than_allowed_are_refused() {
    let blob = gzip(b"").repeat(1_000_001);
    refused(Layer::endless("+gzip", blob), "E_LIMIT_MEMBERS", 64, &[]);
}
