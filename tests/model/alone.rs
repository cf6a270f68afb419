//! All of an image as artifact on nothing.

use std::sync::atomic::{AtomicU32, Ordering};

use super::build::{How, build, customization};
use super::disk::{Umoci, memory};
use super::for_random;
use super::fs::Fs;
use super::fs::assert_same;
use super::image::Layout;
use super::layer::{apply, apply_all, is_plain, markers_first};
use super::stack::{Of, stacks};

#[test]
fn m01_all_of_an_image_is_what_the_model_and_umoci_make_of_it() {
    let umoci = Umoci::find();
    let (asked, built) = (AtomicU32::new(0), AtomicU32::new(0));
    for_random(stacks(Of::Artifact), |stack| {
        let dir = memory();
        let mut layout = Layout::new(dir.path().join("in"));
        layout.add("image", &stack);
        let expected = apply_all(&stack).expect("stacks are sound");
        if let Some(umoci) = umoci.as_ref().filter(|_| is_plain(&stack)) {
            let plain: Vec<_> = stack.iter().map(markers_first).collect();
            layout.add("plain", &plain);
            let unpacked = umoci.unpack(&layout.dir, "plain")?;
            assert_same("umoci", &unpacked.rows(), &expected.rows())?;
            asked.fetch_add(1, Ordering::Relaxed);
        }
        if expected.rows().is_empty() {
            return Ok(());
        }
        let yaml =
            customization("scratch", "contents: {artifacts: [{name: \"oci:in:image\", includes: [\"**\"]}]}");
        let image = build(dir.path(), &yaml, How::default()).map_err(|failed| format!("{failed:?}"))?;
        let [layer] = &image.layers[..] else { return Err(format!("{} layers", image.layers.len())) };
        let found =
            apply(&Fs::default(), &layer.items).map_err(|fault| format!("{fault:?}: {:?}", layer.items))?;
        assert_same("overcoat", &found.rows(), &expected.rows())?;
        if found.times() != expected.times() {
            return Err(format!("times {:?}, expected {:?}", found.times(), expected.times()));
        }
        built.fetch_add(1, Ordering::Relaxed);
        Ok(())
    });
    let (asked, built) = (asked.into_inner(), built.into_inner());
    println!("{built} images built, {asked} unpacked by umoci");
    assert!(built > 100 && (umoci.is_none() || asked > 100), "{built} {asked}");
}
