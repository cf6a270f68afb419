//! What an index of packages costs: reading it, keeping it and taking it back, and finding in several what there is.
//!
//! ```text
//! OVERCOAT_PACKAGES_LIST=main/Packages:updates/Packages:security/Packages cargo bench --bench packages
//! ```
//!
//! Lists are Debian's, decompressed, for amd64; the first is read by itself, all together are one market.
//!
//! ```text
//! tests/packages/ask_apt DIR amd64 lists STATUS && OVERCOAT_APT=DIR/amd64 cargo bench --bench packages
//! ```
//!
//! reads the same lists, chooses packages on the base of STATUS, and has apt do the same, each from nothing.

use std::env;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use overcoat::limits::Limits;
use overcoat::package::deb::status;
use overcoat::package::{
    Atom, Family, Index, Lockstep, Market, Offers, Package, Problem, Repository, Request, Upgrade,
    compare_versions, solve_alike,
};

fn packages(bench: &mut Criterion) {
    if let Some(dir) = env::var_os("OVERCOAT_APT") {
        beside_apt(Path::new(&dir));
    }
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

/// What is chosen here and by apt, each from lists to the set.
fn beside_apt(dir: &Path) {
    let mut lists: Vec<PathBuf> = fs::read_dir(dir.join("var/lib/apt/lists"))
        .expect("apt has lists here")
        .map(|entry| entry.expect("the directory can be read").path())
        .collect();
    lists.retain(|path| path.to_string_lossy().ends_with("_Packages"));
    lists.sort();
    let status = fs::read(dir.join("var/lib/dpkg/status")).expect("the base has a database");
    println!(
        "{:<28}{:>12}{:>12}{:>8}{:>10}",
        "lists to a set", "overcoat", "apt-get -s", "ratio", "packages"
    );
    for name in ["curl", "git", "python3", "nginx", "ca-certificates", "openjdk-21-jre-headless"] {
        let began = Instant::now();
        let count = choose(&lists, &status, name);
        let ours = began.elapsed();
        let began = Instant::now();
        let asked = Command::new("apt-get")
            .args(["install", "-s", "--no-install-recommends", name])
            .env("APT_CONFIG", dir.join("apt.conf"))
            .output()
            .expect("apt-get can be run");
        let apts = began.elapsed();
        let lines = String::from_utf8_lossy(&asked.stdout);
        assert_eq!(lines.lines().filter(|line| line.starts_with("Inst ")).count(), count, "{name}");
        let ratio = apts.as_secs_f64() / ours.as_secs_f64();
        println!("{name:<28}{:>9} ms{:>9} ms{ratio:>7.1}x{count:>10}", ours.as_millis(), apts.as_millis());
    }
    let memory = fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!("{}", memory.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM: unknown"));
}

/// How many packages one needs on a base.
fn choose(lists: &[PathBuf], status: &[u8], name: &str) -> usize {
    let repository = |list: &PathBuf| {
        let text = fs::File::open(list).expect("the list can be read");
        let index = Index::deb(text, "amd64", &Limits::default()).expect("it is a list of packages");
        Repository { tag: None, indexes: vec![Arc::new(index)] }
    };
    let market = Market::new(lists.iter().map(repository).collect());
    let installed = status::read(status).expect("it is a database").into_iter().map(|record| record.package);
    let installed: Vec<Package> = installed.collect();
    let atom = Atom { name: name.to_owned(), qualifier: None, version: None };
    let problem = Problem {
        family: Family::Deb,
        architecture: "amd64",
        offers: &market,
        installed: &installed,
        requests: &[Request::Install { atom, from: None }],
        upgrade: &Upgrade::No,
        assume: &[],
        locked: None,
    };
    solve_alike(&[problem], Lockstep::Required).expect("Debian's packages go together")[0].added.len()
}

criterion_group!(benches, packages);
criterion_main!(benches);
