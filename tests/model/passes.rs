//! One pass, two passes, and any number of threads.

use std::cell::Cell;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::select;

use super::build::{Failed, How, Readings, build, build_counted, customization};
use super::disk::memory;
use super::for_random;
use super::fs::{self, Fs, Kind, is_below};
use super::image::{Image, Layout};
use super::layer::{Item, Layer, What, apply_all};
use super::place::Taken;
use super::stack::{Of, stacks, taken};

const WAYS: [How; 4] = [
    How { jobs: 1, two_passes: false, replace: false },
    How { jobs: 1, two_passes: true, replace: false },
    How { jobs: 2, two_passes: false, replace: false },
    How { jobs: 8, two_passes: true, replace: false },
];

fn digests(built: &Result<Image, Failed>) -> Result<Vec<&str>, &Failed> {
    built.as_ref().map(|image| image.layers.iter().map(|layer| layer.digest.as_str()).collect())
}

#[test]
fn m05_one_pass_and_two_with_any_number_of_jobs_give_the_same_bytes() {
    // The same images twice, so that artifacts share layers; and such as break rules, whose refusal has to be the same.
    let images = prop::collection::vec(prop_oneof![6 => stacks(Of::Artifact), 1 => stacks(Of::Base)], 2);
    let artifacts = prop::collection::vec((0..2_usize, taken()), 1..3);
    let codec = select(&["GZIP", "ZSTD"][..]);
    let (made, refused) = (Cell::new(0), Cell::new(0));
    for_random((stacks(Of::Base), images, artifacts, codec), |(base, images, artifacts, codec)| {
        let dir = memory();
        let mut layout = Layout::new(dir.path().join("in"));
        layout.add("base", &base);
        images.iter().enumerate().for_each(|(number, image)| layout.add(&number.to_string(), image));
        let artifacts: Vec<_> =
            artifacts.iter().map(|(number, taken)| taken.yaml(&format!("oci:in:{number}"))).collect();
        let rest = format!("contents: {{artifacts: [{}]}}\ncompression: {codec}", artifacts.join(", "));
        let yaml = customization("oci:in:base", &rest);
        let built = WAYS.map(|how| build(dir.path(), &yaml, how));
        for (how, other) in WAYS.iter().zip(&built).skip(1) {
            match (digests(&built[0]), digests(other)) {
                (Ok(one), Ok(other)) if one == other => made.set(made.get() + 1),
                (Err(_), Err(_)) => refused.set(refused.get() + 1),
                (one, other) => return Err(format!("{how:?}: {other:?}, expected {one:?}")),
            }
        }
        Ok(())
    });
    println!("{} builds are the same, {} are refused alike", made.get(), refused.get());
    assert!(made.get() > 50 && refused.get() > 50);
}

/// A layer of a whole filesystem as archivers write it: parents first, and the first name of a file before its others.
fn archived(fs: &Fs) -> Layer {
    let mut first = std::collections::BTreeMap::new();
    let item = |path: &str| {
        let (inode, number) = (fs.get(path).expect("it is there"), fs.inode(path));
        let name = first.entry(number).or_insert(path.to_owned()).clone();
        let what = if name == path { What::Thing(inode.kind.clone()) } else { What::Hardlink(name) };
        Item { path: path.to_owned(), what, attributes: inode.attributes.clone() }
    };
    fs.paths().map(item).collect()
}

/// What `above` changes: new paths with the directories that lead to them.
fn changed(below: &Fs, above: &Fs) -> Layer {
    let leads_on = |dir: &str| below.get(dir).is_none() || below.is_directory(dir);
    let is_new = |path: &str| below.get(path).is_none() && fs::above(path).all(leads_on);
    let leads_to_new = |path: &str| above.paths().any(|new| is_new(new) && is_below(new, path));
    let is_kept = |item: &Item| is_new(&item.path) || item.is_directory() && leads_to_new(&item.path);
    let links_to_new = |item: &Item| !matches!(&item.what, What::Hardlink(target) if !is_new(target));
    archived(above).into_iter().filter(|item| is_kept(item) && links_to_new(item)).collect()
}

#[test]
fn an_image_in_which_parents_come_first_is_read_once() {
    let read = Cell::new(0);
    for_random((stacks(Of::Artifact), stacks(Of::Artifact)), |(lower, upper)| {
        let dir = memory();
        let mut layout = Layout::new(dir.path().join("in"));
        let [below, above] = [lower, upper].map(|stack| apply_all(&stack).expect("stacks are sound"));
        let layers = [archived(&below), changed(&below, &above)];
        let layers: Vec<Layer> = layers.into_iter().filter(|layer| !layer.is_empty()).collect();
        if apply_all(&layers).is_err() || layers.is_empty() {
            return Ok(());
        }
        layout.add("artifact", &layers);
        let readings = readings(dir.path(), How::default())?;
        let again = self::readings(dir.path(), How { two_passes: true, ..How::default() })?;
        if readings == layers.len() && again > readings {
            read.set(read.get() + 1);
            return Ok(());
        }
        let is_nothing =
            layers.iter().flatten().all(|item| !matches!(&item.what, What::Thing(Kind::File(_))));
        if readings == layers.len() && is_nothing {
            return Ok(());
        }
        Err(format!("{readings} readings of {layers:?}, {again} in two passes"))
    });
    println!("{} images are read once", read.get());
    assert!(read.get() > 50, "{}", read.get());
}

/// How often layers of the artifact are read.
fn readings(dir: &Path, how: How) -> Result<usize, String> {
    let artifact = Taken::all().yaml("oci:in:artifact");
    let yaml = customization("scratch", &format!("contents: {{artifacts: [{artifact}]}}"));
    let readings = Readings::default();
    build_counted(dir, &yaml, how, &readings).map_err(|failed| format!("{failed:?}"))?;
    Ok(readings.of(&format!("oci:{}", dir.join("in").display())))
}
