//! Any stacks of layers as base and artifact: what they come to, and the layer that puts one on the other.

#![no_main]

/// The model of the tests.
#[expect(dead_code, reason = "not everything of it is needed here")]
#[path = "../../model"]
mod model {
    pub(crate) mod emitted;
    pub(crate) mod fs;
    pub(crate) mod image;
    pub(crate) mod layer;
    pub(crate) mod place;
}

use std::collections::BTreeMap;
use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use overcoat::contents::{self, Allow, FirstPass, LayerContents, Operation, Take, View};
use overcoat::interrupt::Interrupt;
use overcoat::layer::{Codec, LayerIndex, LayerWriter, Trust};
use overcoat::limits::Limits;
use overcoat::rootfs::{Kind as OwnKind, Pattern, RootPath, Selection};
use overcoat_fuzz::blobs::{How, Stored};
use overcoat_fuzz::gunzip::gunzip;

use model::emitted;
use model::fs::{self, Attributes, Fs, Inode, Kind, Row};
use model::image::{self, ReadLayer};
use model::layer::{Item, Layer, What, apply, apply_all};
use model::place::{Glob, Placed, Taken, place};

fuzz_target!(|data: &[u8]| {
    let Some(Input { base, artifact, taken }) = Input::decode(data) else { return };
    let below_indexes: Vec<_> = base.iter().map(|layer| index(layer, Trust::Base)).collect();
    let Some((below, below_fs)) = checked_view(&below_indexes, &base) else { return };

    let indexes: Vec<_> = artifact.iter().map(|layer| index(layer, Trust::Artifact)).collect();
    let is_sound = indexes.iter().all(|index| index.faults.is_empty());
    let source = if is_sound { checked_view(&indexes, &artifact).map(|(_, fs)| fs) } else { None };
    let take = take(&taken);
    guess(&indexes, &take, &below);
    let contents = contents::artifact(&indexes, &take, &below, &Interrupt::default());
    let Ok(contents) = contents else {
        let has_to_work =
            source.filter(|source| !taken.is_nothing(source)).map(|source| place(&below_fs, &source, &taken));
        assert!(!matches!(has_to_work, Some(Placed::Always(_))), "{contents:?}");
        return;
    };
    let ours = written(&contents, &artifact);
    emitted::check(&ours, &below_fs, &[]).unwrap_or_else(|fault| panic!("{fault}"));
    let found = apply(&below_fs, &ours.items).expect("a layer of ours can be applied");
    check_applied(below, &contents, &found);
    if let Some(source) = source {
        assert!(!taken.is_nothing(&source), "nothing is selected, yet it is not refused");
        match place(&below_fs, &source, &taken) {
            Placed::Always(expected) => same(&found.rows(), &expected.rows()),
            Placed::Never => panic!("it is not refused"),
            Placed::Undecided => {}
        }
    }
});

struct Input {
    base: Vec<Layer>,
    artifact: Vec<Layer>,
    taken: Taken,
}

/// Bytes of an entry, and of all that stands before them.
const ENTRY: usize = 4;

impl Input {
    /// Four bytes on what is taken, then entries of four bytes each.
    fn decode(data: &[u8]) -> Option<Self> {
        let (head, entries) = data.split_first_chunk::<ENTRY>()?;
        let mut layers = vec![Layer::new()];
        for entry in entries.as_chunks::<ENTRY>().0.iter().take(48) {
            match item(*entry) {
                Some(item) => layers.last_mut()?.push(item),
                None => layers.push(Layer::new()),
            }
        }
        let artifact = layers.split_off(layers.len().min(usize::from(head[0] % 4)));
        Some(Self { base: layers, artifact, taken: taken(*head) })
    }
}

fn taken([mode, include, exclude, to]: [u8; ENTRY]) -> Taken {
    let glob = |byte: u8| match byte % 4 {
        0 => Glob::All,
        1 => Glob::Path(path(byte / 4)),
        2 => Glob::In(path(byte / 4)),
        _ => Glob::Named(["a", "b", "c"][usize::from(byte / 4 % 3)].to_owned()),
    };
    Taken {
        includes: vec![glob(include)],
        excludes: if mode & 4 == 0 { Vec::new() } else { vec![glob(exclude)] },
        to: if mode & 8 == 0 { String::new() } else { path(to) },
        uid: (mode & 16 != 0).then_some(9),
    }
}

/// A path of up to three letters.
fn path(byte: u8) -> String {
    let names = [byte & 3, byte >> 2 & 3, byte >> 4 & 3].map(|name| ["a", "b", "c", ""][usize::from(name)]);
    let path = names.into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>().join("/");
    if path.is_empty() { "a".to_owned() } else { path }
}

/// An entry, or the end of a layer.
fn item([at, what, argument, how]: [u8; ENTRY]) -> Option<Item> {
    let forms = ["PATH", "/PATH", "../PATH", "../../../PATH", "PATH/..", "./PATH/", "none/PATH", ".."];
    let target = forms[usize::from(argument >> 5)].replace("PATH", &path(argument));
    let length = [0, 1, 5, 511, 512, 513, 1500, 2][usize::from(argument & 7)];
    let mut attributes = attributes(how);
    let mut at = path(at);
    let what = match what % 16 {
        0..=3 => {
            attributes.mode &= !0o2000;
            if what & 0xf0 == 0xf0 {
                at.clear();
            }
            What::Thing(Kind::Directory)
        }
        4..=6 => What::Thing(Kind::File(vec![argument; length])),
        7..=8 => {
            attributes.mode = 0o777;
            What::Thing(Kind::Symlink(target))
        }
        9..=10 => What::Hardlink(path(argument)),
        11 => What::Thing(Kind::Fifo),
        12 => What::Thing(Kind::Device(1, argument.into())),
        13 => What::Whiteout,
        14 => What::Opaque,
        _ => return None,
    };
    if !matches!(what, What::Thing(Kind::File(_) | Kind::Directory)) {
        attributes.xattrs.clear();
    }
    Some(Item { path: at, what, attributes })
}

fn attributes(byte: u8) -> Attributes {
    let mode = [0o755, 0o755, 0o700, 0o644, 0o600, 0o1777, 0o4755, 0o2750][usize::from(byte & 7)];
    let owner = [(0, 0), (0, 0), (7, 8), (70_000, 3)][usize::from(byte >> 3 & 3)];
    let xattrs = if byte & 0xe0 == 0xe0 {
        BTreeMap::from([("user.test".to_owned(), b"\0one".to_vec())])
    } else {
        BTreeMap::new()
    };
    Attributes { mode, owner, mtime: 1_000_000_000, xattrs }
}

/// The index of a layer, read from its tar.
fn index(layer: &Layer, trust: Trust) -> Arc<LayerIndex> {
    let index = Stored::plain(&image::tar(layer)).survey(&How::new(trust, &Limits::default()));
    Arc::new(index.unwrap_or_else(|error| panic!("{error} in {layer:?}")))
}

/// What layers come to, for us as for the model; nothing where both cannot apply them.
fn checked_view(indexes: &[Arc<LayerIndex>], layers: &[Layer]) -> Option<(View, Fs)> {
    let interrupt = Interrupt::default();
    match (View::of(indexes.iter().cloned(), &interrupt), apply_all(layers)) {
        (Ok(view), Ok(fs)) => {
            let mut cut = View::default();
            for index in indexes {
                cut.apply(Arc::clone(index), &interrupt).expect("it was applied before");
            }
            assert!(view.iter().map(|(path, _)| path).eq(cut.iter().map(|(path, _)| path)));
            check_view(&view, &fs);
            Some((view, fs))
        }
        (Err(_), Err(_)) => None,
        (view, fs) => panic!("{:?}, expected {fs:?}", view.map(|view| view.layers())),
    }
}

fn check_view(view: &View, fs: &Fs) {
    let paths: Vec<_> = view.iter().map(|(path, _)| text(&path)).filter(|path| !path.is_empty()).collect();
    let mut expected: Vec<_> = fs.paths().map(str::to_owned).collect();
    expected.sort_by(|a, b| a.split('/').cmp(b.split('/')));
    assert_eq!(paths, expected);
    for path in &paths {
        let node = view.get(&own_path(path)).expect("it is there");
        let Inode { kind, attributes, is_implied } = fs.get(path).expect("it is there");
        let own = node.attributes();
        assert_eq!(
            (own.mode.bits(), (own.owner.uid, own.owner.gid)),
            (attributes.mode, attributes.owner),
            "{path}"
        );
        assert_eq!((own.mtime, own.xattrs.len()), (attributes.mtime, attributes.xattrs.len()), "{path}");
        assert_eq!(node.item().is_none(), *is_implied, "{path}");
        let is_same = match (&node.kind(), kind) {
            (OwnKind::Directory, Kind::Directory) | (OwnKind::Fifo, Kind::Fifo) => true,
            (OwnKind::File(content), Kind::File(bytes)) => content.size == bytes.len() as u64,
            (OwnKind::Symlink(target), Kind::Symlink(to)) => **target == *to.as_bytes(),
            (OwnKind::CharDevice(device), Kind::Device(major, minor)) => {
                (device.major, device.minor) == (*major, *minor)
            }
            _ => false,
        };
        assert!(is_same, "{path} is {:?}, expected {kind:?}", node.kind());
    }
}

fn take(taken: &Taken) -> Take {
    let patterns = |globs: &[Glob]| -> Vec<Pattern> {
        globs.iter().map(|glob| Pattern::parse(&glob.text()).expect("it is a pattern")).collect()
    };
    Take {
        selection: Selection::new(patterns(&taken.includes), patterns(&taken.excludes)),
        uid: taken.uid,
        gid: None,
        to: own_path(&taken.to),
        latest: None,
        allow: Allow::default(),
    }
}

/// The first pass guesses, and a guess may be wrong; but it ends.
fn guess(indexes: &[Arc<LayerIndex>], take: &Take, below: &View) {
    let mut pass = FirstPass::new(take, below, indexes.len().saturating_sub(1) as u32);
    for index in indexes.iter().rev() {
        for (ordinal, item) in (0..).zip(index.items.iter()) {
            pass.item(ordinal, &item);
        }
        pass.end_layer(index);
    }
    pass.finish();
}

/// Contents as they are written, and read back by somebody else.
fn written(contents: &LayerContents, artifact: &[Layer]) -> ReadLayer {
    let mut writer = LayerWriter::new(Vec::new(), Codec::Gzip, 1).expect("memory has room");
    for operation in contents.operations.iter() {
        let (written, data) = match operation {
            Operation::Entry { entry, data } => (writer.entry(&entry), data),
            Operation::Whiteout { path, mtime } => (writer.whiteout(&path, mtime), None),
            Operation::Opaque { dir, mtime } => (writer.opaque(&dir, mtime), None),
        };
        written.expect("what is laid out can be written");
        if let Some(at) = data {
            match &artifact[at.layer as usize][at.ordinal as usize].what {
                What::Thing(Kind::File(bytes)) => {
                    writer.data(bytes).expect("a file has the bytes of its size")
                }
                other => panic!("content is taken from {other:?}"),
            }
        }
    }
    let (blob, _) = writer.finish().expect("every file is complete");
    let (tar, _) = gunzip(&blob).expect("what is written is gzip");
    ReadLayer::read(&tar, blob)
}

/// A layer of ours means the same before it is written.
fn check_applied(mut below: View, contents: &LayerContents, found: &Fs) {
    below.apply_contents(contents);
    let paths: Vec<_> = below.iter().map(|(path, _)| text(&path)).filter(|path| !path.is_empty()).collect();
    let mut expected: Vec<_> = found.paths().map(str::to_owned).collect();
    expected.sort_by(|a, b| a.split('/').cmp(b.split('/')));
    assert_eq!(paths, expected);
}

fn same(found: &BTreeMap<String, Row>, expected: &BTreeMap<String, Row>) {
    fs::assert_same("overcoat", found, expected).unwrap_or_else(|fault| panic!("{fault}"));
}

fn own_path(text: &str) -> RootPath {
    RootPath::parse(text).expect("it is a path")
}

fn text(path: &RootPath) -> String {
    String::from_utf8(path.as_bytes().to_vec()).expect("names are letters")
}
