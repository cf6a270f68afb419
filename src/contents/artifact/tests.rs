use super::*;
use crate::contents::sample::{index, path, view_of};
use crate::contents::{Finding, FirstPass, Operation, Operations};
use crate::layer::{Elf, Item, ItemKind, LayerIndex};
use crate::rootfs::Pattern;

fn taking(includes: &[&str], excludes: &[&str]) -> Take {
    let patterns = |list: &[&str]| list.iter().map(|text| Pattern::parse(text).unwrap()).collect();
    Take {
        selection: Selection::new(patterns(includes), patterns(excludes)),
        uid: None,
        gid: None,
        to: RootPath::root(),
        latest: None,
        allow: Allow::default(),
    }
}

fn view(lines: &[&str]) -> View {
    view_of([index(lines)]).unwrap()
}

fn lay_out(layers: &[Arc<LayerIndex>], take: &Take, below: &View) -> Result<LayerContents, ArtifactError> {
    artifact(layers, take, below, &Interrupt::default())
}

/// Lays out the layers, lowest first, and says what is written; `~` marks what has another time than its own.
fn lay(layers: &[&[&str]], take: &Take, below: &View) -> Result<Vec<String>, ArtifactError> {
    let indexes: Vec<_> = layers.iter().map(|lines| Arc::new(index(lines))).collect();
    Ok(written(&lay_out(&indexes, take, below)?.operations))
}

fn written(operations: &Operations) -> Vec<String> {
    operations.iter().map(one).collect()
}

fn one(operation: Operation) -> String {
    let Operation::Entry { entry, .. } = operation else { panic!("artifacts delete nothing") };
    let mark = if entry.attributes.mtime == 1_000 { "" } else { "~" };
    let rest = match &entry.kind {
        Kind::Directory => format!("/ {}", entry.attributes.mode),
        Kind::Symlink(target) => format!(" -> {}", String::from_utf8_lossy(target)),
        Kind::Hardlink(target) => format!(" => {target}"),
        _ => String::new(),
    };
    format!("{mark}{}{rest}", entry.path)
}

#[test]
fn the_topmost_layer_comes_first_and_parents_before_children() {
    let lower: &[&str] = &["usr/", "usr/a", "usr/b", "usr/deep/x"];
    let upper: &[&str] = &["usr/c", "usr/.wh.b", "usr/a=new"];
    let laid = lay(&[lower, upper], &taking(&["usr"], &[]), &View::default()).unwrap();
    assert_eq!(laid, ["usr/ 0755", "usr/c", "usr/a", "~usr/deep/ 0755", "usr/deep/x"]);
}

#[test]
fn m04_what_is_written_is_included_and_not_excluded_plus_parents() {
    let lines: &[&str] = &["opt/ 0750", "opt/a/", "opt/a/x", "opt/a/y", "opt/b"];
    let laid = lay(&[lines], &taking(&["opt/a"], &["opt/a/y"]), &View::default()).unwrap();
    assert_eq!(laid, ["~opt/ 0750", "opt/a/ 0755", "opt/a/x"]);
    let error = lay(&[lines], &taking(&["opt/a"], &["opt"]), &View::default()).unwrap_err();
    assert_eq!(error, ArtifactError::AllExcluded);
}

#[test]
fn a_directory_that_links_below_lead_to_is_as_the_source_has_it() {
    let below = view(&["usr/lib/", "lib -> usr/lib"]);
    for lines in [&["lib/d/ 0700", "lib/d/x"], &["lib/d/x", "lib/d/ 0700"]] {
        let laid = lay(&[lines], &taking(&["lib"], &[]), &below).unwrap();
        assert_eq!(laid[2..], ["usr/lib/d/ 0700", "usr/lib/d/x"]);
        let laid = lay(&[lines], &taking(&["lib/d/x"], &[]), &below).unwrap();
        assert_eq!(laid[2..], ["~usr/lib/d/ 0700", "usr/lib/d/x"]);
    }
    let laid =
        lay(&[&["lib/d/ 0700"], &["lib/d/x"]], &taking(&["lib"], &[]), &view(&["lib -> none"])).unwrap();
    assert_eq!(laid, ["~none/ 0755", "none/d/ 0700", "none/d/x"]);
}

#[test]
fn the_directory_that_takes_an_artifact_in_has_nothing_of_its_root() {
    let mut take = taking(&["**"], &[]);
    take.to = path("b/a");
    let laid = lay(&[&["./ 0700", "x"]], &take, &view(&["b -> c"])).unwrap();
    assert_eq!(laid, ["~c/ 0755", "~c/a/ 0755", "c/a/x"]);
}

#[test]
fn a_place_that_is_made_as_a_parent_first_is_as_the_directory_that_belongs_there() {
    let below = view(&["a -> b", "b/c/x -> y"]);
    let mut take = taking(&["**"], &[]);
    take.to = path("a/c");
    let laid = lay(&[&["x/d/", "y/ 0700"]], &take, &below).unwrap();
    assert_eq!(laid[2..], ["b/c/y/ 0700", "b/c/y/d/ 0755"]);
}

#[test]
fn t05_what_cannot_be_used_is_refused_wherever_a_lower_link_has_led_it() {
    let upper = {
        let mut upper = index(&["lib/x", "etc"]);
        upper.faults.insert(0, Fault::Duplicate);
        upper.faults.insert(1, Fault::Type("named pipe"));
        Arc::new(upper)
    };
    let lower = Arc::new(index(&["lib -> usr/lib", "usr/lib/y", "etc/x"]));
    let lay = |include: &str| {
        let layers = [Arc::clone(&lower), Arc::clone(&upper)];
        lay_out(&layers, &taking(&[include], &[]), &View::default())
    };
    assert!(matches!(lay("usr/lib"), Err(ArtifactError::Fault { path: at, .. }) if at == path("usr/lib/x")));
    assert!(lay("usr/lib/y").is_ok());
    assert!(
        matches!(lay("etc/x"), Err(ArtifactError::Nothing { .. })),
        "a pipe has taken its directory's place"
    );
}

#[test]
fn what_overlayfs_keeps_in_attributes_of_a_parent_stays_below() {
    let mut below = index(&["opt/ 0700"]);
    let ItemKind::Entry(mut opt) = below.items.get(0).kind else { panic!() };
    for name in ["trusted.overlay.opaque", "user.own"] {
        opt.attributes.xattrs.set(name.as_bytes(), b"y");
    }
    below.items = [Item { kind: ItemKind::Entry(opt), offset: 0 }].into_iter().collect();
    let below = view_of([below]).unwrap();
    let contents = lay_out(&[Arc::new(index(&["opt/x"]))], &taking(&["opt/x"], &[]), &below).unwrap();
    let Operation::Entry { entry, .. } = contents.operations.get(0) else { panic!() };
    let names: Vec<_> = entry.attributes.xattrs.iter().map(|(name, _)| name).collect();
    assert_eq!(names, [b"user.own"]);
}

#[test]
fn a_directory_that_no_entry_describes_is_taken_all_the_same() {
    let layers: &[&[&str]] = &[&["d/e/x", "d/y"], &["d/e/.wh.x"]];
    let laid = lay(layers, &taking(&["**"], &[]), &View::default()).unwrap();
    assert_eq!(laid, ["~d/ 0755", "d/y", "~d/e/ 0755"]);
    let laid = lay(layers, &taking(&["**"], &[]), &view(&["d/", "d/e/ 0700"])).unwrap();
    assert_eq!(laid, ["~d/ 0755", "d/y"], "where there is one, it stays as it is");
    let error = lay(&[&["d/x"]], &taking(&["d"], &["d/x"]), &View::default()).unwrap_err();
    assert_eq!(error, ArtifactError::AllExcluded);
}

#[test]
fn s11_an_include_that_selects_nothing_names_what_is_like_it() {
    let lines: &[&str] = &["usr/lib/libz.so", "lib -> usr/lib"];
    let nothing = |include: &str| match lay(&[lines], &taking(&["usr", include], &[]), &View::default()) {
        Err(ArtifactError::Nothing { number: 1, physical, nearest, .. }) => (physical, nearest),
        other => panic!("{other:?}"),
    };
    assert_eq!(nothing("usr/lib/libzz.so"), (None, Some(path("usr/lib/libz.so"))));
    assert_eq!(nothing("lib/libz.so"), (Some(path("usr/lib/libz.so")), None));
}

#[test]
fn t06_a_path_below_a_link_of_the_base_lands_where_it_leads() {
    let below = view(&["usr/", "usr/lib/", "lib -> usr/lib"]);
    let laid = lay(&[&["lib/", "lib/x"]], &taking(&["lib"], &[]), &below).unwrap();
    assert_eq!(
        laid,
        ["~usr/ 0755", "~usr/lib/ 0755", "usr/lib/x"],
        "and the directory over the link is dropped"
    );
}

#[test]
fn the_same_link_again_is_not_written_and_another_one_is_refused() {
    let below = view(&["usr/lib/x", "lib -> usr/lib"]);
    let laid = lay(&[&["lib -> usr/lib", "y"]], &taking(&["**"], &[]), &below).unwrap();
    assert_eq!(laid, ["y"]);
    for lines in [&["lib -> usr/lib64"][..], &["lib"]] {
        let error = lay(&[lines], &taking(&["lib"], &[]), &below).unwrap_err();
        assert!(matches!(error, ArtifactError::Conflict(Conflict::OverLink { .. })), "{error}");
    }
    let error = lay(&[&["up"]], &taking(&["up"], &[]), &view(&["up -> .."])).unwrap_err();
    assert!(matches!(error, ArtifactError::Conflict(Conflict::OverLink { .. })), "{error}");
    let mut take = taking(&["lib"], &[]);
    take.allow.replace = true;
    assert_eq!(lay(&[&["lib"]], &take, &below).unwrap(), ["lib"]);
}

#[test]
fn a_file_over_a_directory_with_content_is_refused() {
    let error = lay(&[&["usr"]], &taking(&["usr"], &[]), &view(&["usr/x"])).unwrap_err();
    assert!(matches!(error, ArtifactError::Conflict(Conflict::OverDirectory { .. })), "{error}");
    assert_eq!(lay(&[&["usr"]], &taking(&["usr"], &[]), &view(&["usr/"])).unwrap(), ["usr"]);
}

#[test]
fn two_paths_on_one_place_are_written_once_if_they_are_the_same() {
    let below = view(&["usr/lib/", "lib -> usr/lib"]);
    let laid = lay(&[&["lib/x=1", "usr/lib/x=1"]], &taking(&["**"], &[]), &below).unwrap();
    assert_eq!(laid, ["~usr/ 0755", "~usr/lib/ 0755", "usr/lib/x"]);
    let error = lay(&[&["lib/x=1", "usr/lib/x=2"]], &taking(&["**"], &[]), &below).unwrap_err();
    assert!(matches!(error, ArtifactError::Conflict(Conflict::Twice { .. })), "{error}");
}

#[test]
fn m07_a_parent_keeps_what_it_has_below() {
    let below = view(&["opt/ 0700", "opt/in/ 0711"]);
    let laid = lay(&[&["opt/", "opt/in/", "opt/in/x"]], &taking(&["opt/in/x"], &[]), &below).unwrap();
    assert_eq!(laid, ["~opt/ 0700", "~opt/in/ 0711", "opt/in/x"]);
}

#[test]
fn a_hard_link_without_its_target_becomes_the_file() {
    let lines: &[&str] = &["a", "d/b => a", "d/c => a"];
    let laid = lay(&[lines], &taking(&["d"], &[]), &View::default()).unwrap();
    assert_eq!(laid, ["~d/ 0755", "d/b", "d/c => d/b"]);
    let laid = lay(&[lines], &taking(&["**"], &[]), &View::default()).unwrap();
    assert_eq!(laid, ["a", "~d/ 0755", "d/b => a", "d/c => a"]);
}

#[test]
fn a_hard_link_whose_target_is_replaced_above_keeps_its_content() {
    let laid = lay(&[&["a=old", "b => a"], &["a=new"]], &taking(&["**"], &[]), &View::default()).unwrap();
    assert_eq!(laid, ["a", "b"]);
}

#[test]
fn what_is_taken_gets_the_owner_and_directory_that_are_asked_for() {
    let mut take = taking(&["usr/bin"], &[]);
    (take.uid, take.gid, take.to) = (Some(7), Some(8), path("opt/tool"));
    let contents = lay_out(&[Arc::new(index(&["usr/bin/x"]))], &take, &View::default()).unwrap();
    assert_eq!(written(&contents.operations).last().unwrap(), "opt/tool/usr/bin/x");
    let Operation::Entry { entry, .. } = contents.operations.iter().last().unwrap() else { panic!() };
    assert_eq!(entry.attributes.owner.to_string(), "7:8");
}

#[test]
fn every_overwrite_is_a_finding() {
    let contents =
        lay_out(&[Arc::new(index(&["etc/passwd=1"]))], &taking(&["etc"], &[]), &view(&["etc/passwd=2"]))
            .unwrap();
    let [Finding::Overwrites(overwrite)] = &contents.findings[..] else { panic!("{:?}", contents.findings) };
    assert_eq!((overwrite.path.to_string().as_str(), overwrite.same), ("etc/passwd", false));
}

/// What a first pass gives for these layers, lowest first.
fn guess(layers: &[Arc<LayerIndex>], take: &Take, below: &View) -> Option<Operations> {
    let mut operations = Vec::new();
    let mut pass = FirstPass::new(take, below, layers.len() as u32 - 1);
    for layer in layers.iter().rev() {
        for (ordinal, item) in layer.items.iter().enumerate() {
            operations.extend(pass.item(ordinal as u32, &item));
        }
        pass.end_layer(layer);
    }
    pass.finish().then(|| operations.into_iter().collect())
}

#[test]
fn a_first_pass_is_right_where_nothing_comes_too_late() {
    let below = view(&["usr/lib/", "lib -> usr/lib"]);
    let lower = Arc::new(index(&[
        "usr/",
        "usr/lib/",
        "usr/lib/a",
        "usr/lib/b => usr/lib/a",
        "lib/",
        "lib/c",
        "x -> y",
    ]));
    let upper = Arc::new(index(&["usr/", "usr/.wh.gone", "usr/new", "usr/lib/", "usr/lib/d"]));
    for layers in [vec![lower.clone()], vec![lower, upper]] {
        let take = taking(&["**"], &["usr/lib/none"]);
        let exact = lay_out(&layers, &take, &below).unwrap();
        assert!(exact.writes_the_same(&guess(&layers, &take, &below).unwrap()));
    }
}

#[test]
fn a_first_pass_is_known_to_be_wrong_where_something_comes_too_late() {
    for (layers, include) in [
        ([index(&["d/x", "d/ 0700"])].map(Arc::new).to_vec(), "d/x"),
        ([index(&["a", "d/b => a"])].map(Arc::new).to_vec(), "d"),
        ([index(&["d/ 0700", "d/y"]), index(&["d/x"])].map(Arc::new).to_vec(), "d/x"),
        ([index(&["lib -> usr/lib"]), index(&["lib/x"])].map(Arc::new).to_vec(), "usr/lib/x"),
    ] {
        let take = taking(&[include], &[]);
        let exact = lay_out(&layers, &take, &View::default()).unwrap();
        let guess = guess(&layers, &take, &View::default());
        assert!(guess.is_none_or(|guess| !exact.writes_the_same(&guess)), "{include}");
    }
}

#[test]
fn a_library_is_one_under_every_name_in_whatever_layer_it_comes() {
    let mut libraries =
        index(&["usr/lib/libx.so.1", "usr/lib/libx.so.1.0 => usr/lib/libx.so.1", "usr/lib/x"]);
    let elf = Elf { machine: Elf::X86_64, soname: Some(b"libx.so.1"[..].into()) };
    libraries.elf.insert(0, elf.clone());
    let libraries = Arc::new(libraries);
    let below = view(&["lib -> usr/lib"]);
    let mut with_artifact = below.clone();
    let contents = lay_out(&[Arc::clone(&libraries)], &taking(&["usr"], &[]), &below).unwrap();
    with_artifact.apply_contents(&contents);
    let mut with_layer = below;
    with_layer.apply(libraries, &Interrupt::default()).unwrap();
    for view in [&with_artifact, &with_layer] {
        for (at, expected) in
            [("usr/lib/libx.so.1", Some(&elf)), ("usr/lib/libx.so.1.0", Some(&elf)), ("usr/lib/x", None)]
        {
            assert_eq!(view.elf(&path(at)), expected, "{at}");
        }
        let mut above = view.clone();
        above.apply(Arc::new(index(&["usr/lib/libx.so.1"])), &Interrupt::default()).unwrap();
        assert_eq!(above.elf(&path("usr/lib/libx.so.1")), None);
    }
}
