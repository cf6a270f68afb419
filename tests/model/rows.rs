//! Single rows of the acceptance list, on built images.

use overcoat::code::Code;

use super::build::{How, build, customization};
use super::disk::{Overlay, is_root, materialize, materialize_layer, memory};
use super::fs::{Attributes, Fs, Kind, above};
use super::image::{Image, Layout, ReadLayer};
use super::layer::{Item, Layer, What, apply_all};
use super::on_base::view;
use super::place::Taken;
use super::stack::{Of, stacks, taken};
use super::{emitted, for_random};

/// A layer as text: `d/`, `d/ 0700`, `f`, `f=content`, `s -> target`, `h => target`, `-whiteout`.
fn layer(lines: &[&str]) -> Layer {
    lines.iter().map(|line| item(line)).collect()
}

fn item(line: &str) -> Item {
    let (text, mode) = match line.rsplit_once(' ') {
        Some((text, mode)) if mode.starts_with('0') => (text, u32::from_str_radix(mode, 8).unwrap()),
        _ => (line, 0o755),
    };
    let (path, what) = if let Some((path, target)) = text.split_once(" -> ") {
        (path, What::Thing(Kind::Symlink(target.to_owned())))
    } else if let Some((path, target)) = text.split_once(" => ") {
        (path, What::Hardlink(target.to_owned()))
    } else if let Some(path) = text.strip_prefix('-') {
        (path, What::Whiteout)
    } else if let Some(path) = text.strip_suffix('/') {
        (path, What::Thing(Kind::Directory))
    } else {
        let (path, content) = text.split_once('=').unwrap_or((text, text));
        (path, What::Thing(Kind::File(content.into())))
    };
    Item { path: path.to_owned(), what, attributes: Attributes { mode, ..Attributes::implied() } }
}

/// Builds an artifact and files on a base; an image without layers is none.
fn built(base: &[Layer], artifact: &[Layer], taken: &Taken, paths: &str) -> Result<Image, Code> {
    let dir = memory();
    let mut layout = Layout::new(dir.path().join("in"));
    layout.add("base", base);
    layout.add("artifact", artifact);
    let base = if base.is_empty() { "scratch" } else { "oci:in:base" };
    let artifact = if artifact.is_empty() { String::new() } else { taken.yaml("oci:in:artifact") };
    let yaml = customization(base, &format!("contents: {{artifacts: [{artifact}]}}\npaths: [{paths}]"));
    build(dir.path(), &yaml, How::default()).map_err(|failed| failed.code)
}

fn on(base: &[&[&str]], artifact: &[&[&str]], paths: &str) -> Result<(Fs, Vec<Layer>), Code> {
    let [base, artifact] =
        [base, artifact].map(|layers| layers.iter().map(|lines| layer(lines)).collect::<Vec<_>>());
    let image = built(&base, &artifact, &Taken::all(), paths)?;
    let ours = image.layers[base.len()..].iter().map(|layer| layer.items.clone()).collect();
    Ok((view(&base, &image, &[]).unwrap(), ours))
}

fn paths(fs: &Fs) -> Vec<&str> {
    fs.paths().collect()
}

#[test]
fn t05_an_artifact_writes_below_links_of_its_lower_layers_alone() {
    let (fs, _) = on(&[], &[&["lib -> usr/lib", "out -> ../../etc"], &["lib/x", "out/y"]], "").unwrap();
    assert_eq!(paths(&fs), ["etc", "etc/y", "lib", "out", "usr", "usr/lib", "usr/lib/x"]);
    assert_eq!(on(&[], &[&["lib -> usr/lib", "lib/x"]], "").unwrap_err(), Code::TarThroughSymlink);
    assert_eq!(on(&[], &[&["lib/x", "lib -> usr/lib"]], "").unwrap_err(), Code::TarThroughSymlink);
}

#[test]
fn t06_what_goes_below_a_link_of_the_base_leaves_the_link_as_it_is() {
    let base: &[&[&str]] = &[&["usr/", "usr/lib/ 0711", "usr/lib/old", "lib -> usr/lib"]];
    let (fs, ours) = on(base, &[&["lib/ 0700", "lib/x"]], "{path: /lib/y, contents: y}").unwrap();
    assert_eq!(paths(&fs), ["lib", "usr", "usr/lib", "usr/lib/old", "usr/lib/x", "usr/lib/y"]);
    assert!(fs.is_symlink("lib"));
    assert_eq!(fs.get("usr/lib").unwrap().attributes.mode, 0o711);
    assert_eq!(ours.len(), 2);
    if !is_root() {
        return;
    }
    let dir = memory();
    let dirs = ["base", "artifact", "files"].map(|name| dir.path().join(name));
    materialize(&apply_all(&[layer(base[0])]).unwrap(), &dirs[0]);
    ours.iter().zip(&dirs[1..]).for_each(|(layer, dir)| materialize_layer(layer, dir));
    if let Some(overlay) = Overlay::mount(&dirs) {
        assert_eq!(overlay.scan().rows(), fs.rows());
    }
}

#[test]
fn t07_links_that_lead_to_each_other_end_the_build() {
    let loops: &[&str] = &["a -> b", "b -> a"];
    assert_eq!(on(&[loops, &["a/x"]], &[], "").unwrap_err(), Code::PathLoop);
    assert_eq!(on(&[loops], &[&["a/x"]], "").unwrap_err(), Code::PathLoop);
    assert_eq!(on(&[loops], &[], "{path: /a/x, contents: x}").unwrap_err(), Code::PathLoop);
    assert!(on(&[loops], &[&["a", "c"]], "").is_ok(), "nobody goes there");
}

#[test]
fn t09_a_hard_link_never_leads_out_of_its_layer() {
    assert_eq!(on(&[&["f"]], &[&["h => f"]], "").unwrap_err(), Code::TarLinkTarget);
    assert_eq!(on(&[], &[&["f"], &["h => f"]], "").unwrap_err(), Code::TarLinkTarget);
    // Where the first name is replaced above, the second one has the content.
    let (fs, ours) = on(&[&["f=base"]], &[&["f=old", "h => f"], &["f=new"]], "").unwrap();
    assert_eq!(fs.get("h").unwrap().kind, Kind::File(b"old".into()));
    assert_ne!(fs.inode("h"), fs.inode("f"));
    assert!(ours[0].iter().all(|item| !matches!(item.what, What::Hardlink(_))));
}

#[test]
fn t10_a_path_that_stands_twice_is_refused_or_counts_last() {
    let twice: &[&str] = &["f=one", "f=two"];
    assert_eq!(on(&[], &[twice], "").unwrap_err(), Code::TarDuplicate);
    let (fs, _) = on(&[twice], &[&["g"]], "").unwrap();
    assert_eq!(fs.get("f").unwrap().kind, Kind::File(b"two".into()));
}

#[test]
fn a_layer_that_appliers_understand_differently_is_known() {
    let below = apply_all(&[layer(&["lib -> usr/lib", "d/x"])]).unwrap();
    for (row, lines) in [
        ("t09", &["d/", "d/h => d/x"][..]),
        ("t09", &["h => f", "f"]),
        ("t10", &["f", "f"]),
        ("t10", &["d/", "d/"]),
        ("t06", &["lib/"]),
        ("t06", &["lib/", "lib/x"]),
        ("m07", &["d/new"]),
        ("m07", &["d/new", "d/"]),
        ("m02", &["-d", "d/"]),
        ("m02", &["d/", "d/a", "-d/x"]),
    ] {
        let layer = ReadLayer::of(&layer(lines));
        assert!(emitted::check(&layer, &below, &[]).is_err(), "{row}: {lines:?}");
    }
    let sound = ReadLayer::of(&layer(&["d/", "-d/x", "d/f", "d/h => d/f"]));
    assert_eq!(emitted::check(&sound, &below, &[]), Ok(()));
}

#[test]
fn m03_two_artifacts_at_once_and_one_after_the_other_make_the_same_layers() {
    for_random((stacks(Of::Base), stacks(Of::Artifact), stacks(Of::Artifact)), |(base, one, other)| {
        let dir = memory();
        let mut layout = Layout::new(dir.path().join("in"));
        for (tag, layers) in [("base", &base), ("one", &one), ("other", &other)] {
            layout.add(tag, layers);
        }
        let [one, other] = ["oci:in:one", "oci:in:other"].map(|name| Taken::all().yaml(name));
        let contents = |artifacts: &str| format!("contents: {{artifacts: [{artifacts}]}}\ncompression: GZIP");
        let make = |base: &str, artifacts: &str| {
            build(dir.path(), &customization(base, &contents(artifacts)), How::default())
        };
        let at_once = make("oci:in:base", &format!("{one}, {other}"));
        let first = match make("oci:in:base", &one) {
            Ok(first) => first,
            Err(failed) if at_once.as_ref().is_err_and(|other| other.code == failed.code) => return Ok(()),
            Err(failed) => return Err(format!("{failed:?}, expected {at_once:?}")),
        };
        layout.add("first", &first.layers.iter().map(|layer| layer.items.clone()).collect::<Vec<_>>());
        let ours = |image: &Image| {
            image.layers.iter().skip(base.len()).map(|layer| layer.items.clone()).collect::<Vec<_>>()
        };
        match (&at_once, &make("oci:in:first", &other)) {
            (Ok(one), Ok(other)) if ours(one) == ours(other) => Ok(()),
            (Err(one), Err(other)) if one.code == other.code => Ok(()),
            (one, other) => Err(format!("{one:?}, expected {other:?}")),
        }
    });
}

#[test]
fn m04_what_comes_out_is_included_and_not_excluded_with_the_directories_above() {
    for_random((stacks(Of::Artifact), taken()), |(artifact, taken)| {
        let source = apply_all(&artifact).expect("stacks are sound");
        let taken = Taken { to: String::new(), ..taken };
        let mut expected: std::collections::BTreeSet<&str> =
            source.paths().filter(|path| taken.takes(path)).collect();
        let parents: Vec<&str> = expected.iter().flat_map(|path| above(path)).collect();
        expected.extend(parents);
        match built(&[], &artifact, &taken, "") {
            Err(Code::GlobEmpty) if taken.is_nothing(&source) => Ok(()),
            Ok(image) if !taken.is_nothing(&source) => {
                let fs = view(&[], &image, &[])?;
                let found: Vec<&str> = fs.paths().collect();
                let expected: Vec<&str> = expected.into_iter().collect();
                if found == expected { Ok(()) } else { Err(format!("{found:?}, expected {expected:?}")) }
            }
            other => Err(format!("{other:?}")),
        }
    });
}

#[test]
fn m07_parents_are_what_they_were_whatever_the_artifact_says_of_them() {
    let base: &[&[&str]] = &[&["opt/ 0700", "opt/in/ 01777"]];
    let (fs, ours) = on(base, &[], "{path: /opt/in/x, contents: x}").unwrap();
    assert_eq!([fs.get("opt"), fs.get("opt/in")].map(|dir| dir.unwrap().attributes.mode), [0o700, 0o1777]);
    assert_eq!(ours[0].len(), 3, "both stand in the layer");
    let base = [layer(base[0])];
    let artifact = [layer(&["opt/ 0755", "opt/in/ 0755", "opt/in/y"])];
    let taken = Taken { includes: vec![super::place::Glob::Path("opt/in/y".to_owned())], ..Taken::all() };
    let image = built(&base, &artifact, &taken, "").unwrap();
    let fs = view(&base, &image, &[]).unwrap();
    assert_eq!([fs.get("opt"), fs.get("opt/in")].map(|dir| dir.unwrap().attributes.mode), [0o700, 0o1777]);
}
