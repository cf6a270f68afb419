//! Images and files on random bases.

use std::cell::Cell;
use std::path::PathBuf;

use overcoat::code::Code;

use super::build::{Failed, How, build, customization};
use super::disk::{Overlay, Umoci, is_root, materialize, materialize_layer, memory};
use super::fs::{Fs, assert_same};
use super::image::{Image, Layout};
use super::layer::{Layer, apply, apply_all, is_plain, markers_first};
use super::place::{Placed, place};
use super::stack::{Of, stacks, taken};
use super::{assert_common, cases, emitted, for_random};

/// Other appliers than the model, where they are there.
pub(crate) struct Appliers {
    umoci: Option<Umoci>,
    overlay: Cell<bool>,
    /// How many images each of them was asked about.
    pub(crate) asked: Cell<(u32, u32)>,
}

impl Appliers {
    pub(crate) fn find() -> Self {
        Self { umoci: Umoci::find(), overlay: Cell::new(is_root()), asked: Cell::default() }
    }

    /// Fails where they differ on layers of ours over a base.
    pub(crate) fn check(&self, base: &[Layer], image: &Image, expected: &Fs) -> Result<(), String> {
        let (mut umoci_asked, mut overlay_asked) = self.asked.get();
        let (dir, ours) = (memory(), &image.layers[base.len()..]);
        if let Some(umoci) = self.umoci.as_ref().filter(|_| is_plain(base)) {
            let mut layout = Layout::new(dir.path().join("plain"));
            let plain: Vec<Layer> = base.iter().map(markers_first).collect();
            layout.add_below("image", &plain, ours);
            assert_same("umoci", &umoci.unpack(&layout.dir, "image")?.rows(), &expected.rows())?;
            umoci_asked += 1;
        }
        if self.overlay.get() && !ours.is_empty() {
            let below = apply_all(base).expect("bases are sound");
            let dirs: Vec<PathBuf> =
                (0..=ours.len()).map(|number| dir.path().join(number.to_string())).collect();
            materialize(&below, &dirs[0]);
            ours.iter().zip(&dirs[1..]).for_each(|(layer, dir)| materialize_layer(&layer.items, dir));
            match Overlay::mount(&dirs) {
                Some(overlay) => assert_same("overlayfs", &overlay.scan().rows(), &expected.rows())?,
                None => self.overlay.set(false),
            }
            overlay_asked += 1;
        }
        self.asked.set((umoci_asked, overlay_asked));
        Ok(())
    }

    pub(crate) fn assert_asked(&self) {
        let (umoci, overlay) = self.asked.get();
        assert_common("images unpacked by umoci", umoci, if self.umoci.is_some() { 6 } else { u32::MAX });
        assert_common("images mounted", overlay, if self.overlay.get() { 6 } else { u32::MAX });
    }
}

/// The view that a built image gives, every layer of ours checked on the way.
pub(crate) fn view(base: &[Layer], image: &Image, deleted: &[String]) -> Result<Fs, String> {
    let (lower, ours) = image.layers.split_at(base.len());
    for (layer, given) in lower.iter().zip(base) {
        assert_eq!(layer.items, *given, "layers of the base stay as they are");
    }
    let mut fs = apply_all(base).expect("bases are sound");
    for layer in ours {
        emitted::check(layer, &fs, deleted)?;
        fs = apply(&fs, &layer.items).map_err(|fault| format!("{fault:?}: {:?}", layer.items))?;
    }
    Ok(fs)
}

#[test]
fn m02_an_artifact_on_a_base_is_what_the_design_says_to_every_applier() {
    let appliers = Appliers::find();
    let [always, never, undecided] = [const { Cell::new(0_u32) }; 3];
    let count = |cell: &Cell<u32>| cell.set(cell.get() + 1);
    for_random((stacks(Of::Base), stacks(Of::Artifact), taken()), |(base, artifact, taken)| {
        let dir = memory();
        let mut layout = Layout::new(dir.path().join("in"));
        layout.add("base", &base);
        layout.add("artifact", &artifact);
        let taken_of_it = taken.yaml("oci:in:artifact");
        let yaml = customization(
            "oci:in:base",
            &format!("contents: {{artifacts: [{taken_of_it}]}}\ncompression: GZIP"),
        );
        let built = build(dir.path(), &yaml, How::default());
        let source = apply_all(&artifact).expect("stacks are sound");
        let below = apply_all(&base).expect("stacks are sound");
        if taken.is_nothing(&source) {
            return refused_as(Code::GlobEmpty, built);
        }
        let placed = place(&below, &source, &taken);
        let image = match (built, &placed) {
            (Ok(_), Placed::Never) => return Err("it was not refused".to_owned()),
            (Ok(image), _) => image,
            (Err(failed), Placed::Always(_)) => return Err(format!("{failed:?}")),
            (Err(Failed { code: Code::Conflict | Code::PathLoop, .. }), Placed::Never) => {
                count(&never);
                return Ok(());
            }
            (Err(Failed { code: Code::Conflict | Code::PathLoop, .. }), Placed::Undecided) => {
                count(&undecided);
                return Ok(());
            }
            (Err(failed), _) => return Err(format!("{failed:?}")),
        };
        let found = view(&base, &image, &[])?;
        match placed {
            Placed::Always(expected) => {
                count(&always);
                assert_same("overcoat", &found.rows(), &expected.rows())?;
            }
            _ => count(&undecided),
        }
        appliers.check(&base, &image, &found)
    });
    assert_common("images as the model has them", always.get(), 4);
    assert_common("refused", never.get(), 20);
    assert!(undecided.get() <= cases() / 10, "{undecided:?} undecided");
    appliers.assert_asked();
}

fn refused_as(code: Code, built: Result<Image, Failed>) -> Result<(), String> {
    match built {
        Err(failed) if failed.code == code => Ok(()),
        other => Err(format!("{other:?}, expected {code:?}")),
    }
}
