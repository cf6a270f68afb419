//! What an index of packages costs: reading it, keeping it and taking it back, and finding in several what there is.
//!
//! ```text
//! OVERCOAT_PACKAGES_LIST=main/Packages:updates/Packages:security/Packages cargo bench --bench packages
//! ```
//!
//! Lists are Debian's, decompressed, for amd64; the first is read by itself, all together are one market.

use std::env;
use std::fs;
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use overcoat::limits::Limits;
use overcoat::package::{Family, Index, Market, Offers, Repository, compare_versions};

fn packages(bench: &mut Criterion) {
    let lists: Vec<PathBuf> =
        env::var_os("OVERCOAT_PACKAGES_LIST").iter().flat_map(env::split_paths).collect();
    let texts: Vec<Vec<u8>> =
        lists.iter().map(|list| fs::read(list).expect("the list can be read")).collect();
    let Some(first) = texts.first() else {
        println!("says nothing without OVERCOAT_PACKAGES_LIST, which names lists of packages");
        return;
    };
    let indexes: Vec<Arc<Index>> = texts.iter().map(|text| Arc::new(index(text))).collect();
    let mut kept = Vec::new();
    indexes[0].write_to(&mut kept).expect("memory takes all");
    println!("{} packages of {} bytes are kept in {} bytes", indexes[0].len(), first.len(), kept.len());
    reading(bench, first, &kept);
    finding(bench, &indexes);
}

fn index(text: &[u8]) -> Index {
    Index::deb(text, "amd64", &Limits::default()).expect("it is a list of packages")
}

fn reading(bench: &mut Criterion, text: &[u8], kept: &[u8]) {
    let mut group = bench.benchmark_group("index");
    group.sample_size(10).throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("read", |bench| bench.iter(|| index(black_box(text))));
    group.bench_function("take back", |bench| {
        bench.iter(|| Index::read_from(&mut black_box(kept)).expect("it was just written"));
    });
    group.finish();
}

fn finding(bench: &mut Criterion, indexes: &[Arc<Index>]) {
    let repositories: Vec<Repository> =
        indexes.iter().map(|index| Repository { tag: None, indexes: vec![index.clone()] }).collect();
    let mut group = bench.benchmark_group("market");
    group.sample_size(10);
    group.bench_function("make", |bench| bench.iter(|| Market::new(black_box(&repositories).clone())));
    let market = Market::new(repositories);
    group.bench_function("find by name", |bench| bench.iter(|| market.named(black_box("libc6"))));
    let number = market.named("libc6").first().copied().unwrap_or(0) as usize % indexes[0].len();
    group.bench_function("read a package", |bench| bench.iter(|| indexes[0].package(black_box(number))));
    group.bench_function("compare versions", |bench| {
        bench.iter(|| {
            compare_versions(Family::Deb, black_box("1:2.38.1-5+b1"), black_box("1:2.38.1-5+deb12u3"))
        });
    });
    group.finish();
}

criterion_group!(benches, packages);
criterion_main!(benches);
