//! What one layer costs: reading and indexing it, keeping its index, placing and selecting its entries, compressing it.

use std::hint::black_box;
use std::io::{self, Cursor, Read};
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use overcoat::contents::{self, Allow, Take, View};
use overcoat::interrupt::Interrupt;
use overcoat::layer::{
    self, BlobSource, Codec, LayerBlob, LayerIndex, LayerWriter, Reading, SourceError, Survey, Trust,
};
use overcoat::limits::{Budget, Limits};
use overcoat::oci::{Compression, Descriptor, Digest, MediaType};
use overcoat::rootfs::{Attributes, Entry, FileContent, Kind, Mode, Owner, Pattern, RootPath, Selection};

/// One blob.
struct Blob(Vec<u8>);

impl BlobSource for Blob {
    fn open(&self, _: &Descriptor) -> Result<Box<dyn Read + Send>, SourceError> {
        Ok(Box::new(Cursor::new(self.0.clone())))
    }
}

/// A layer of `files` files of `size` bytes in directories of fifty, compressed.
fn layer_of(files: usize, size: usize, codec: Codec) -> (Blob, LayerBlob, u64) {
    let mut writer = LayerWriter::new(Vec::new(), codec, 1).expect("a compressor can be made");
    let mut content = vec![0; size];
    for number in 0..files {
        if number % 50 == 0 {
            writer.entry(&entry(&directory(number), Kind::Directory)).expect("memory takes all");
        }
        // Bytes that compress as programs do, to about a third.
        let mut state = number as u64;
        for chunk in content.chunks_mut(3) {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            chunk[0] = (state >> 56) as u8;
        }
        let file = FileContent { size: size as u64, sha256: [0; 32], sparse: false };
        let path = format!("{}/file-with-a-name-{number}", directory(number));
        writer.entry(&entry(&path, Kind::File(file))).expect("memory takes all");
        writer.data(&content).expect("memory takes all");
    }
    let (bytes, written) = writer.finish().expect("memory takes all");
    let compression = if codec == Codec::Gzip { Compression::Gzip } else { Compression::Zstd };
    let descriptor = Descriptor::new(MediaType::Layer(compression), Digest::of(&bytes), bytes.len() as u64);
    (Blob(bytes), LayerBlob { descriptor, diff_id: written.diff_id }, written.uncompressed)
}

fn directory(number: usize) -> String {
    format!("usr/share/package-{}/directory-{}", number / 2_500, number / 50)
}

fn entry(path: &str, kind: Kind) -> Entry {
    let path = RootPath::parse(path).expect("it is a path");
    Entry { path, kind, attributes: Attributes::new(Mode::new(0o644), Owner::ROOT) }
}

fn index(blob: &Blob, layer: &LayerBlob) -> LayerIndex {
    let limits = Limits::default();
    let (budget, interrupt) = (Budget::new(u64::MAX), Interrupt::default());
    let how = Reading {
        trust: Trust::Artifact,
        allow_devices: false,
        limits: &limits,
        budget: &budget,
        interrupt: &interrupt,
    };
    layer::read(blob, layer, &how, &mut Survey).expect("the layer is sound")
}

fn take(patterns: &[&str]) -> Take {
    let pattern = |text: &&str| Pattern::parse(text).expect("it is a pattern");
    Take {
        selection: Selection::new(patterns.iter().map(pattern).collect(), Vec::new()),
        uid: None,
        gid: None,
        to: RootPath::root(),
        latest: None,
        allow: Allow::default(),
    }
}

fn reading(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("read and index");
    group.sample_size(10);
    for codec in [Codec::Zstd, Codec::Gzip] {
        let (blob, layer, bytes) = layer_of(2_000, 16 << 10, codec);
        group.throughput(Throughput::Bytes(bytes));
        group.bench_function(codec.to_string(), |bench| bench.iter(|| index(&blob, &layer)));
    }
    group.finish();
}

fn indexing(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("entries");
    group.sample_size(10);
    for files in [1_000, 10_000, 100_000] {
        let (blob, layer, _) = layer_of(files, 0, Codec::Zstd);
        let index = Arc::new(index(&blob, &layer));
        let mut kept = Vec::new();
        index.write_to(&mut kept).expect("memory takes all");
        group.throughput(Throughput::Elements(files as u64));
        group.bench_function(BenchmarkId::new("read", files), |bench| {
            bench.iter(|| self::index(&blob, &layer))
        });
        group.bench_function(BenchmarkId::new("keep index", files), |bench| {
            bench.iter(|| index.write_to(&mut io::sink()));
        });
        group.bench_function(BenchmarkId::new("known index", files), |bench| {
            bench.iter(|| LayerIndex::read_from(&mut kept.as_slice()).expect("it was kept"));
        });
        let (below, all, interrupt) = (View::default(), take(&["**"]), Interrupt::default());
        group.bench_function(BenchmarkId::new("place", files), |bench| {
            bench.iter(|| {
                contents::artifact(&[Arc::clone(&index)], &all, &below, &interrupt).expect("it fits")
            });
        });
    }
    group.finish();
}

fn selecting(bench: &mut Criterion) {
    let paths: Vec<RootPath> = (0..100_000)
        .map(|number| entry(&format!("{}/f{number}", directory(number)), Kind::Fifo).path)
        .collect();
    let mut group = bench.benchmark_group("select among 100,000 paths");
    group.sample_size(10).throughput(Throughput::Elements(paths.len() as u64));
    let many: Vec<String> =
        (0..1_000).map(|number| format!("usr/**/package-{number}/**/f*{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for (name, patterns) in [("one pattern", &["usr/share"][..]), ("1,000 patterns", &many)] {
        let selection = take(patterns).selection;
        group.bench_function(name, |bench| {
            bench.iter(|| {
                let mut cursor = selection.cursor();
                paths.iter().filter(|path| cursor.takes(black_box(path))).count()
            });
        });
    }
    group.finish();
}

fn compressing(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("write");
    group.sample_size(10);
    for codec in [Codec::Zstd, Codec::Gzip] {
        let (_, _, bytes) = layer_of(1_000, 16 << 10, codec);
        group.throughput(Throughput::Bytes(bytes));
        group.bench_function(codec.to_string(), |bench| bench.iter(|| layer_of(1_000, 16 << 10, codec)));
    }
    group.finish();
}

criterion_group!(benches, reading, indexing, selecting, compressing);
criterion_main!(benches);
