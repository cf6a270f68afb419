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
//! reads the same lists, chooses packages on the base of STATUS, and has apt do the same: each from the lists, and each from
//! what it keeps of them.

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
    let kept = kept(&indexes[0]);
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
        bench.iter(|| take_back(black_box(kept)));
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
    let kept: Vec<Vec<u8>> = lists.iter().map(|list| kept(&read(list))).collect();
    println!(
        "{:<28}{:>10}{:>14}{:>8}{:>14}{:>14}{:>8}{:>10}",
        "milliseconds to a set",
        "overcoat",
        "apt-get -s",
        "ratio",
        "again",
        "apt, cached",
        "ratio",
        "packages"
    );
    for name in ["curl", "git", "python3", "nginx", "ca-certificates", "openjdk-21-jre-headless"] {
        let (count, ours) = timed(|| choose(lists.iter().map(|list| read(list)), &status, name));
        let (same, again) = timed(|| choose(kept.iter().map(|kept| take_back(kept)), &status, name));
        let (apts, apt) =
            timed(|| ask_apt(dir, name, &["-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache="]));
        ask_apt(dir, name, &[]);
        let (_, cached) = timed(|| ask_apt(dir, name, &[]));
        assert_eq!((count, count), (same, apts), "{name}");
        println!(
            "{name:<28}{ours:>10.0}{apt:>14.0}{:>7.1}x{again:>14.0}{cached:>14.0}{:>7.1}x{count:>10}",
            apt / ours,
            cached / again
        );
    }
    let memory = fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!("{}", memory.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM: unknown"));
}

/// What something gives, and the milliseconds it takes.
fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let began = Instant::now();
    let made = work();
    (made, began.elapsed().as_secs_f64() * 1000.0)
}

/// How many packages apt would install.
fn ask_apt(dir: &Path, name: &str, options: &[&str]) -> usize {
    let mut apt = Command::new("apt-get");
    apt.args(options).args(["install", "-s", "--no-install-recommends", name]);
    let asked = apt.env("APT_CONFIG", dir.join("apt.conf")).output().expect("apt-get can be run");
    String::from_utf8_lossy(&asked.stdout).lines().filter(|line| line.starts_with("Inst ")).count()
}

fn read(list: &Path) -> Index {
    let text = fs::File::open(list).expect("the list can be read");
    Index::deb(text, "amd64", &Limits::default()).expect("it is a list of packages")
}

fn kept(index: &Index) -> Vec<u8> {
    let mut kept = Vec::new();
    index.write_to(&mut kept).expect("memory takes all");
    kept
}

fn take_back(mut kept: &[u8]) -> Index {
    Index::read_from(&mut kept).expect("it was just written")
}

/// How many packages one needs on a base.
fn choose(indexes: impl Iterator<Item = Index>, status: &[u8], name: &str) -> usize {
    let repository = |index| Repository { tag: None, indexes: vec![Arc::new(index)] };
    let market = Market::new(indexes.map(repository).collect());
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
