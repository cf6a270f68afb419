//! The store: what a build keeps for those after it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value, json};
use walkdir::WalkDir;

use crate::support::{Sandbox, Tar, root, tree};

/// The work of a build: layers read, written and reused.
type Work = [u64; 3];

impl Sandbox {
    /// Builds `file` into the layout `out` with the store `store`; gives the index's digest and the work it was.
    fn build_stored(&self, file: &str, out: &str, more: &[&str]) -> (String, Work) {
        let out = format!("oci:{out}");
        let args = ["build", file, "-o", &out, "--store", "store", "--json"];
        let report: Value = serde_json::from_str(&self.run(&[&args, more].concat())).unwrap();
        let work = ["read", "written", "reused"].map(|what| report["work"][what]["layers"].as_u64().unwrap());
        (report["targets"][0]["index"]["digest"].as_str().unwrap().to_owned(), work)
    }

    /// Replaces every layer of a layout by zeros.
    fn blank_layers(&self, layout: &str) {
        for blob in files(&self.path(layout).join("blobs")) {
            let bytes = fs::read(&blob).unwrap();
            if bytes[0] != b'{' {
                fs::write(blob, vec![0; bytes.len()]).unwrap();
            }
        }
    }

    /// The files of the store but its marker.
    fn entries(&self) -> Vec<PathBuf> {
        let mut files = files(&self.path("store"));
        files.retain(|file| !file.ends_with("CACHEDIR.TAG"));
        files
    }
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let files = WalkDir::new(dir).sort_by_file_name().into_iter().map(|file| file.unwrap().into_path());
    files.filter(|file| file.is_file()).collect()
}

/// The digest of the demo without any store.
fn demo() -> String {
    Sandbox::new().run(&["build", "demo.yaml", "-o", "oci:out", "--quiet"]).trim().to_owned()
}

#[test]
fn a_second_build_reads_no_layer_and_writes_none() {
    let sandbox = Sandbox::new();
    // Both platforms have the same certificates and the same state.
    assert_eq!(sandbox.build_stored("demo.yaml", "out", &[]), (demo(), [8, 4, 0]));
    let made = tree(&sandbox.path("out"));
    sandbox.blank_layers("base");
    sandbox.blank_layers("artifacts");
    let second = sandbox.build_stored("demo.yaml", "out", &[]);
    assert_eq!(second, (demo(), [0, 0, 4]));
    assert_eq!(tree(&sandbox.path("out")), made);
}

#[test]
fn a_build_elsewhere_takes_its_layers_from_the_store() {
    let sandbox = Sandbox::new();
    let (digest, _) = sandbox.build_stored("demo.yaml", "out", &[]);
    sandbox.blank_layers("artifacts");
    for output in ["oci:other", "oci-archive:x.tar"] {
        let printed = sandbox.run(&["build", "demo.yaml", "-o", output, "--store", "store"]);
        assert!(printed.contains(&digest), "{printed}");
        assert!(printed.ends_with("4 of 4 new layers reused from the store\n"), "{printed}");
    }
    assert_eq!(tree(&sandbox.path("other")), tree(&sandbox.path("out")));
    sandbox.layout("other").assert_whole();
}

#[test]
fn without_a_store_the_bytes_are_the_same_and_nothing_is_kept() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&["build", "demo.yaml", "-o", "oci:out", "--no-store", "--quiet"]);
    command.env("OVERCOAT_STORE", sandbox.path("store")).env("HOME", sandbox.path("home"));
    assert_eq!(crate::support::succeed(&mut command).trim(), demo());
    assert!(!sandbox.path("store").exists() && !sandbox.path("home").exists());
}

#[test]
fn another_selection_of_one_artifact_makes_one_layer() {
    let sandbox = Sandbox::new();
    let one = ["--platform", "linux/amd64"];
    assert_eq!(sandbox.build_stored("demo.yaml", "out", &one).1, [4, 3, 0]);
    let changed = fs::read_to_string(sandbox.path("demo.yaml")).unwrap().replace("usr/bin/h*, ", "");
    sandbox.write("demo.yaml", &changed);
    assert_eq!(sandbox.build_stored("demo.yaml", "out", &one).1, [2, 1, 2]);
    assert_eq!(sandbox.build_stored("demo.yaml", "out", &one).1, [0, 0, 3]);
}

#[test]
fn another_codec_makes_all_layers_anew_from_known_indexes() {
    let sandbox = Sandbox::new();
    let one = ["--platform", "linux/amd64"];
    sandbox.build_stored("demo.yaml", "out", &one);
    let changed = fs::read_to_string(sandbox.path("demo.yaml")).unwrap() + "compression: GZIP\n";
    sandbox.write("demo.yaml", &changed);
    let stored = sandbox.build_stored("demo.yaml", "out", &one);
    assert_eq!(stored.1, [3, 3, 0]);
    let fresh = sandbox.run(&["build", "demo.yaml", "-o", "oci:new", "--quiet", "--platform", "linux/amd64"]);
    assert_eq!(stored.0, fresh.trim());
}

/// Makes a base `2`: what `1` is, and a layer with another user on top.
fn move_base(sandbox: &Sandbox) {
    let base = sandbox.layout("base");
    let image = |architecture: &str| base.image("1", &format!("linux/{architecture}"));
    let run = image("amd64").config["config"].clone();
    sandbox.image_by_platform("base", "2", run, |architecture| {
        let passwd = "root:x:0:0:root:/root:/sbin/nologin\nother:x:4000:4000::/:/\n";
        let patch = Tar::default().file("etc/passwd", 0o644, passwd).finish();
        let base = image(architecture);
        (0..base.layers.len()).map(|number| base.tar(number)).chain([patch]).collect()
    });
    let moved = fs::read_to_string(sandbox.path("demo.yaml")).unwrap().replace("oci:base:1", "oci:base:2");
    sandbox.write("moved.yaml", &moved);
}

#[test]
fn a_base_that_moved_remakes_the_state_layer_alone() {
    let sandbox = Sandbox::new();
    sandbox.build_stored("demo.yaml", "out", &[]);
    move_base(&sandbox);
    sandbox.blank_layers("artifacts");
    // Four layers of the new base are read; where both are known, none is.
    let (digest, work) = sandbox.build_stored("moved.yaml", "out", &[]);
    assert_eq!(work, [3, 1, 3]);
    assert_eq!(sandbox.build_stored("moved.yaml", "elsewhere", &[]), (digest, [0, 0, 4]));
}

#[test]
fn what_other_limits_and_allowances_admitted_is_judged_anew() {
    let sandbox = Sandbox::new();
    let devices =
        Tar::default().entry(tar::EntryType::Fifo, "run/pipe", 0o644, "", b"").file("etc/x", 0o644, "x");
    sandbox.image("artifacts", "devices", json!({}), vec![devices]);
    sandbox.spec_taking("oci:artifacts:devices", "run/pipe");
    sandbox.build_stored("x.yaml", "out", &["--allow", "devices"]);
    for (code, error, more) in [
        (3, "E_TAR_TYPE", &[][..]),
        (5, "E_LIMIT_ENTRIES", &["--allow", "devices", "--limit", "layer-entries=1"]),
    ] {
        let args = ["build", "x.yaml", "-o", "oci:refused", "--store", "store"];
        let output = sandbox.command(&[&args, more].concat()).output().unwrap();
        assert_eq!(output.status.code(), Some(code));
        assert!(String::from_utf8(output.stderr).unwrap().starts_with(&format!("error[{error}]")));
        assert!(!sandbox.path("refused").exists());
    }
}

#[test]
fn what_is_known_counts_against_the_limits_of_a_build() {
    let sandbox = Sandbox::new();
    let taken = |names: &[&str]| {
        let artifact = |name: &&str| format!("{{name: oci:artifacts:{name}, includes: [{name}]}}");
        let artifacts: Vec<String> = names.iter().map(artifact).collect();
        sandbox.spec(&format!("contents: {{artifacts: [{}]}}\n", artifacts.join(", ")));
    };
    let limit = ["--platform", "linux/amd64", "--limit", "build-entries=150"];
    for name in ["one", "two"] {
        let files = (0..100).fold(Tar::default(), |tar, n| tar.file(&format!("{name}/{n}"), 0o644, ""));
        sandbox.image("artifacts", name, json!({}), vec![files]);
        taken(&[name]);
        sandbox.build_stored("x.yaml", name, &limit);
    }
    taken(&["one", "two"]);
    let args = ["build", "x.yaml", "-o", "oci:both", "--store", "store"];
    let output = sandbox.command(&[&args[..], &limit].concat()).output().unwrap();
    assert_eq!(output.status.code(), Some(5), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn c01_a_store_with_random_bytes_flipped_is_mended_and_never_used() {
    let sandbox = Sandbox::new();
    let one = ["--platform", "linux/amd64"];
    let (digest, _) = sandbox.build_stored("demo.yaml", "out", &one);
    let sound = tree(&sandbox.path("store"));
    // Any number will do, as long as it is the same in every run. A unit test flips every bit of small entries.
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 0..25 {
        for entry in sandbox.entries() {
            let mut bytes = fs::read(&entry).unwrap();
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = usize::try_from(random >> 33).unwrap() % bytes.len();
            bytes[at] ^= 1 << (round % 8);
            fs::write(&entry, bytes).unwrap();
        }
        let out = format!("out{round}");
        assert_eq!(sandbox.build_stored("demo.yaml", &out, &one).0, digest, "{round}");
        sandbox.layout(&out).assert_whole();
        assert_eq!(tree(&sandbox.path("store")), sound, "{round}");
        fs::remove_dir_all(sandbox.path(out)).unwrap();
    }
}

#[test]
fn c01_a_layer_that_is_broken_in_the_store_alone_is_written_anew() {
    let sandbox = Sandbox::new();
    let (digest, _) = sandbox.build_stored("demo.yaml", "out", &[]);
    let blobs = files(&sandbox.path("store/blobs"));
    assert_eq!(blobs.len(), 4);
    for blob in &blobs {
        let length = fs::metadata(blob).unwrap().len();
        fs::write(blob, vec![0; usize::try_from(length).unwrap()]).unwrap();
    }
    assert_eq!(sandbox.build_stored("demo.yaml", "other", &[]), (digest.clone(), [5, 4, 0]));
    assert_eq!(tree(&sandbox.path("other")), tree(&sandbox.path("out")));
    assert_eq!(sandbox.build_stored("demo.yaml", "third", &[]), (digest, [0, 0, 4]));
}

#[test]
fn c02_a_store_that_others_may_enter_is_refused_with_a_hint() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("store")).unwrap();
    for mode in [0o777, 0o755, 0o770] {
        fs::set_permissions(sandbox.path("store"), fs::Permissions::from_mode(mode)).unwrap();
        let words = sandbox.refused(2, &["build", "demo.yaml", "-o", "oci:out", "--store", "store"]);
        let expected = format!(
            "error[E_STORE]: store `store` has mode {mode:04o}, so that other users may enter it\n\
             hint: close it to others: chmod 700 store\n"
        );
        assert_eq!(words, expected);
    }
    if root() {
        fs::set_permissions(sandbox.path("store"), fs::Permissions::from_mode(0o700)).unwrap();
        std::os::unix::fs::chown(sandbox.path("store"), Some(1), None).unwrap();
        let words = sandbox.refused(2, &["build", "demo.yaml", "-o", "oci:out", "--store", "store"]);
        assert!(words.contains("belongs to user 1, not to 0\nhint: name another directory"), "{words}");
    }
    std::os::unix::fs::symlink("elsewhere", sandbox.path("link")).unwrap();
    let words = sandbox.refused(2, &["build", "demo.yaml", "-o", "oci:out", "--store", "link"]);
    assert!(words.starts_with("error[E_STORE]: store `link` is a symbolic link"), "{words}");
    let words = sandbox.refused(2, &["build", "demo.yaml", "-o", "oci:out", "--store", "."]);
    assert!(words.starts_with("error[E_STORE]: store `.` "), "{words}");
}

#[test]
fn a_store_that_cannot_be_made_where_nobody_asked_for_it_is_done_without() {
    let sandbox = Sandbox::new();
    let build = ["build", "demo.yaml", "-o", "oci:out"];
    sandbox.write("file", "");
    let run = |home: &str, args: &[&str]| {
        let mut command = sandbox.command(&[&build, args].concat());
        let output = command.env("HOME", sandbox.path(home)).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let words = run("file", &[]);
    assert!(words.starts_with("warning[W_STORE]: there is no store"), "{words}");
    assert_eq!(run("file", &["--quiet"]), "");
    assert_eq!(run("home", &[]), "");
    assert!(sandbox.path("home/.cache/overcoat/CACHEDIR.TAG").is_file());
    sandbox.refused(6, &[&build[..], &["--store", "file/store"]].concat());
}

#[test]
fn builds_at_once_share_a_store_that_is_pruned_all_the_while() {
    let sandbox = Sandbox::new();
    let digest = demo();
    let is_done = AtomicBool::new(false);
    sandbox.build_stored("demo.yaml", "first", &[]);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                sandbox.run(&["store", "prune", "--all", "--store", "store"]);
            }
        });
        let builds: Vec<_> = (0..4)
            .map(|number| {
                let (sandbox, digest) = (&sandbox, &digest);
                scope.spawn(move || {
                    for _ in 0..5 {
                        let out = format!("out{number}");
                        assert_eq!(&sandbox.build_stored("demo.yaml", &out, &[]).0, digest);
                        sandbox.layout(&out).assert_whole();
                        fs::remove_dir_all(sandbox.path(out)).unwrap();
                    }
                })
            })
            .collect();
        let ended: Vec<_> = builds.into_iter().map(thread::ScopedJoinHandle::join).collect();
        is_done.store(true, Ordering::Relaxed);
        ended.into_iter().for_each(|build| build.unwrap());
    });
    sandbox.build_stored("demo.yaml", "last", &[]);
    assert_eq!(fs::read_dir(sandbox.path("store/new")).unwrap().count(), 0);
}

#[test]
fn c03_a_build_that_is_killed_leaves_no_partial_entry() {
    let sandbox = Sandbox::new();
    let digest = demo();
    for delay in (0..60).step_by(3) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_overcoat"));
        command.args(["build", "demo.yaml", "-o", "oci:killed", "--store", "store"]).env_clear();
        let mut build = command.current_dir(sandbox.path("")).stdout(Stdio::null()).spawn().unwrap();
        thread::sleep(std::time::Duration::from_millis(delay));
        build.kill().unwrap();
        build.wait().unwrap();
        assert_eq!(sandbox.build_stored("demo.yaml", "other", &[]).0, digest, "{delay}");
        sandbox.layout("other").assert_whole();
        assert_eq!(fs::read_dir(sandbox.path("store/new")).unwrap().count(), 0, "{delay}");
        fs::remove_dir_all(sandbox.path("store")).unwrap();
    }
}

#[test]
fn people_and_machines_read_what_the_store_holds_and_what_goes() {
    let sandbox = Sandbox::new();
    let missing = sandbox.refused(2, &["store", "info", "--store", "store"]);
    insta::assert_snapshot!(missing, @"
    error[E_STORE]: there is no store `store`
    hint: the first build with this store makes it
    ");
    sandbox.build_stored("demo.yaml", "out", &[]);
    let time = regular_times;
    insta::assert_snapshot!(time(&sandbox.run(&["store", "info", "--store", "store"])), @"
    store
      kind        entries    size  last use              longest unused since
      indexes           6  7.6 kB  2026-01-01T00:00:00Z  2026-01-01T00:00:00Z
      layers            4   912 B  2026-01-01T00:00:00Z  2026-01-01T00:00:00Z
      blobs             4  2.2 kB  2026-01-01T00:00:00Z  2026-01-01T00:00:00Z
      registries        0     0 B
      packages          0     0 B
    ");
    let report: Value =
        serde_json::from_str(&sandbox.run(&["store", "info", "--store", "store", "--json"])).unwrap();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/store-report.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
    jsonschema::draft202012::new(&schema).unwrap().validate(&report).unwrap();
    assert_eq!(report["holds"]["blobs"]["entries"], 4);

    let before = tree(&sandbox.path("store"));
    let trial = sandbox.run(&["store", "prune", "--max-size", "0", "--dry-run", "--store", "store"]);
    insta::assert_snapshot!(trial, @"
    store
      kind        entries  size  last use  longest unused since
      indexes           0   0 B
      layers            0   0 B
      blobs             0   0 B
      registries        0   0 B
      packages          0   0 B
    would remove 14 entries, 10.7 kB
    ");
    assert_eq!(tree(&sandbox.path("store")), before);
    sandbox.run(&["store", "prune", "--older-than", "1h", "--store", "store"]);
    assert_eq!(tree(&sandbox.path("store")), before);
    let pruned = sandbox.run(&["store", "prune", "--all", "--store", "store"]);
    insta::assert_snapshot!(pruned, @"
    store
      kind        entries  size  last use  longest unused since
      indexes           0   0 B
      layers            0   0 B
      blobs             0   0 B
      registries        0   0 B
      packages          0   0 B
    removed 14 entries, 10.7 kB
    ");
    assert!(sandbox.entries().is_empty());
    let usage = sandbox.refused(2, &["store", "prune", "--store", "store"]);
    assert!(usage.contains("--older-than"), "{usage}");
    for age in ["1", "d", "-1d", "1y", "1.5h"] {
        sandbox.refused(2, &["store", "prune", "--store", "store", "--older-than", age]);
    }
}

/// A text with every time in it as the same one.
fn regular_times(text: &str) -> String {
    let is_time = |word: &str| word.len() == 20 && word.ends_with('Z');
    let mut regular = text.to_owned();
    for word in text.split_whitespace().filter(|word| is_time(word)) {
        regular = regular.replace(word, "2026-01-01T00:00:00Z");
    }
    regular
}
