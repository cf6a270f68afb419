use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::sync::Arc;

use super::format::entries;
use crate::emulate::sample::{Image, layer, layer_of, package};
use crate::emulate::{Emulated, Made};
use crate::layer::{Elf, LayerIndex};
use crate::package::sample::fixture;

type Decoded = Vec<(u32, String, String, u64)>;

fn cache(made: &Emulated) -> Option<Decoded> {
    let cache = made.files.iter().find(|one| one.path.as_bytes() == b"etc/ld.so.cache")?;
    let Made::File(bytes) = &cache.made else { panic!("{cache:?}") };
    Some(entries(bytes))
}

/// A decoded cache of the fixtures.
fn golden(name: &str) -> Option<Decoded> {
    let text = String::from_utf8(fixture(&format!("golden/ldcache/{name}.tsv"))?).unwrap();
    let hex = |text: &str| u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap();
    let entry = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        (hex(fields[0]) as u32, fields[1].to_owned(), fields[2].to_owned(), hex(fields[3]))
    };
    Some(text.lines().map(entry).collect())
}

/// A layer with these libraries, each a file that calls itself so.
fn libraries(names: &[(String, String)]) -> Arc<LayerIndex> {
    let lines: Vec<&str> = names.iter().map(|(path, _)| path.as_str()).collect();
    let mut index = LayerIndex::clone(&layer(&lines));
    for (ordinal, (_, soname)) in (0..).zip(names) {
        let soname = (!soname.is_empty()).then(|| soname.as_bytes().into());
        index.elf.insert(ordinal, Elf { machine: Elf::X86_64, soname });
    }
    Arc::new(index)
}

const MERGED: [&str; 5] = [
    "lib -> usr/lib",
    "lib64 -> usr/lib64",
    "etc/ld.so.cache=old",
    "etc/ld.so.conf=include /etc/ld.so.conf.d/*.conf\n",
    "etc/ld.so.conf.d/libc.conf=# libc default configuration\n/usr/local/lib\n",
];

#[test]
fn entries_are_those_of_ldconfig_in_their_order() {
    for name in ["bookworm-minbase-amd64", "trixie-amd64+zlib1g+libcap2"] {
        let Some(expected) = golden(name) else { return };
        // In reverse, so that no order is there by chance.
        let names = expected.iter().rev().map(|(_, key, value, _)| (format!("usr{value}"), key.clone()));
        let names: Vec<(String, String)> = names.collect();
        let mut image = Image::new(&MERGED, vec![package("x", &[], &[])]);
        image.base.push(libraries(&names));
        assert_eq!(cache(&image.emulate()), Some(expected), "{name}");
    }
}

#[test]
fn ldconfig_writes_what_the_reader_of_these_tests_reads() {
    let (Some(bytes), Some(expected)) =
        (fixture("deb/db/ld.so.cache-bw-minbase-amd64"), golden("bookworm-minbase-amd64"))
    else {
        return;
    };
    assert_eq!(entries(&bytes), expected);
}

/// What ldconfig makes of a directory, where it is there.
fn ldconfig(root: &std::path::Path) -> Option<Decoded> {
    let run = Command::new("/usr/sbin/ldconfig").arg("-X").arg("-r").arg(root).output();
    match run {
        Ok(output) if output.status.success() => {}
        _ => {
            println!("skipped: ldconfig is not here");
            return None;
        }
    }
    Some(entries(&fs::read(root.join("etc/ld.so.cache")).unwrap()))
}

#[test]
fn real_libraries_come_to_what_ldconfig_makes_of_them() {
    let machine = if cfg!(target_arch = "x86_64") { "x86_64-linux-gnu" } else { "aarch64-linux-gnu" };
    let Ok(real) = fs::read_dir(format!("/usr/lib/{machine}")) else {
        println!("skipped: this is no Debian");
        return;
    };
    let mut names: Vec<String> =
        real.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.retain(|name| name.starts_with("lib") && name.contains(".so"));
    names.sort();
    let root = tempfile::tempdir().unwrap();
    let within = format!("usr/lib/{machine}");
    for dir in [within.as_str(), "etc/ld.so.conf.d", "opt/x/lib", "opt/x/lib/glibc-hwcaps/x86-64-v3"] {
        fs::create_dir_all(root.path().join(dir)).unwrap();
    }
    std::os::unix::fs::symlink("usr/lib", root.path().join("lib")).unwrap();
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let add = |files: &mut BTreeMap<_, _>, name: String, bytes: Vec<u8>| {
        fs::write(root.path().join(&name), &bytes).unwrap();
        files.insert(name, bytes);
    };
    add(&mut files, "etc/ld.so.conf".to_owned(), b"include /etc/ld.so.conf.d/*.conf\n".to_vec());
    add(&mut files, "etc/ld.so.conf.d/x.conf".to_owned(), b"# x\n/opt/x/lib\n/usr/local/lib\n".to_vec());
    for name in names.iter().take(120) {
        let real = std::path::Path::new("/usr/lib").join(machine).join(name);
        let Ok(meta) = fs::symlink_metadata(&real) else { continue };
        if meta.is_symlink() {
            let target = fs::read_link(&real).unwrap();
            let target = target.to_str().unwrap();
            std::os::unix::fs::symlink(target, root.path().join(&within).join(name)).unwrap();
            files.insert(format!("{within}/{name} -> {target}"), Vec::new());
        } else if meta.len() < 2 << 20 {
            add(&mut files, format!("{within}/{name}"), fs::read(&real).unwrap());
        }
    }
    let libz = fs::read(format!("/usr/lib/{machine}/libz.so.1")).unwrap_or_default();
    add(&mut files, "opt/x/lib/libz.so.1".to_owned(), libz.clone());
    add(&mut files, "opt/x/lib/glibc-hwcaps/x86-64-v3/libz.so.1.9".to_owned(), libz);
    let Some(expected) = ldconfig(root.path()) else { return };
    let base = layer_of(files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())));
    let mut image = Image::new(&["lib -> usr/lib", "etc/ld.so.cache=old"], vec![package("x", &[], &[])]);
    image.base.push(base);
    image.platform = if cfg!(target_arch = "x86_64") { "linux/amd64" } else { "linux/arm64" };
    let found = cache(&image.emulate()).unwrap();
    // Files that are no libraries of their links' targets were left out above, and so are the links.
    let values = |decoded: &Decoded| decoded.iter().map(|entry| format!("{entry:?}")).collect::<Vec<_>>();
    assert_eq!(values(&found), values(&expected));
    assert!(found.len() > 20, "{}", found.len());
}

#[test]
fn a_cache_is_written_for_what_ldconfig_would_find() {
    let library = |path: &str| vec![(path.to_owned(), "libx.so.1".to_owned())];
    let with = |base: &[&str], path: &str| {
        let mut image = Image::new(base, vec![package("x", &[], &[])]);
        image.packages[0].index = libraries(&library(path));
        cache(&image.emulate()).is_some()
    };
    let configured = ["etc/ld.so.conf=/opt/lib\n/usr/lib/x86_64-linux-gnu\n"];
    assert!(with(&[], "usr/lib/x86_64-linux-gnu/libx.so.1"), "ctypes asks the cache alone");
    assert!(with(&configured, "usr/lib/x86_64-linux-gnu/libx.so.1"));
    assert!(!with(&[], "opt/lib/libx.so.1"));
    assert!(with(&configured, "opt/lib/libx.so.1"));
    assert!(with(&["etc/ld.so.cache=old"], "usr/lib/libx.so.1"));
    let fragment = package("x", &[], &["etc/ld.so.conf.d/x.conf=/opt/lib\n"]);
    assert!(cache(&Image::new(&[], vec![fragment]).emulate()).is_some());
}

#[test]
fn an_image_of_apk_gets_a_cache_where_it_has_the_configuration() {
    let with = |base: &[&str]| {
        let package = crate::emulate::sample::apk("x", &[], &["usr/lib/x"]);
        cache(&Image::new(base, vec![package]).emulate()).is_some()
    };
    assert!(with(&["etc/ld.so.conf=/usr/lib\n"]));
    assert!(!with(&["usr/lib/"]));
}

#[test]
fn configurations_that_include_each_other_end() {
    let base = ["etc/ld.so.cache=old", "etc/ld.so.conf=include /etc/ld.so.conf\n/opt/lib\n"];
    assert_eq!(cache(&Image::new(&base, vec![package("x", &[], &[])]).emulate()), Some(Vec::new()));
}
