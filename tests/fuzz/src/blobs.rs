//! Blobs in memory, and what reading them shows.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
use std::sync::Arc;

use overcoat::code::{Code, Coded};
use overcoat::interrupt::Interrupt;
use overcoat::layer::{
    self, BlobSource, Codec, IndexOnly, Item, ItemKind, LayerBlob, LayerIndex, LayerWriter, ReadError,
    ReadErrorKind, Reading, SourceError, Survey, Trust, Uncompressed, Visitor, WrittenLayer,
};
use overcoat::limits::{Budget, Limits};
use overcoat::oci::{Compression, Descriptor, Digest, MediaType};
use overcoat::rootfs::{Attributes, Entry, FileContent, Kind, Mode, Owner, RootPath};

/// A layer whose one blob is in memory.
pub struct Stored {
    bytes: Arc<[u8]>,
    /// What the layer is called.
    pub layer: LayerBlob,
}

impl BlobSource for Stored {
    fn open(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send>, SourceError> {
        assert_eq!(*descriptor, self.layer.descriptor, "only the layer that is read is asked for");
        Ok(Box::new(Cursor::new(Arc::clone(&self.bytes))))
    }
}

/// How a layer is read here.
pub struct How {
    /// Whose layer it is.
    pub trust: Trust,
    /// The limits.
    pub limits: Limits,
    /// What may be read in all.
    pub budget: Budget,
    interrupt: Interrupt,
}

impl How {
    /// Within these limits, and a budget that no layer spends.
    pub fn new(trust: Trust, limits: &Limits) -> Self {
        Self { trust, limits: limits.clone(), budget: Budget::new(u64::MAX), interrupt: Interrupt::default() }
    }

    /// The same with a budget of so many bytes.
    pub fn budget(self, bytes: u64) -> Self {
        Self { budget: Budget::new(bytes), ..self }
    }

    fn reading(&self) -> Reading<'_> {
        let Self { trust, limits, budget, interrupt } = self;
        Reading { trust: *trust, allow_devices: false, limits, budget, interrupt }
    }
}

impl Stored {
    /// A layer of this blob; `tar` is what it should come to.
    pub fn new(compression: Compression, blob: &[u8], tar: &[u8]) -> Self {
        let descriptor = Descriptor::of(MediaType::Layer(compression), blob);
        Self { bytes: blob.into(), layer: LayerBlob { descriptor, diff_id: Digest::of(tar) } }
    }

    /// A layer that is a tar as it is.
    pub fn plain(tar: &[u8]) -> Self {
        Self::new(Compression::None, tar, tar)
    }

    /// Reads it for the first time, every item selected and every content wanted.
    pub fn read(&self, how: &How) -> (Result<LayerIndex, ReadError>, Shown) {
        let mut shown = Shown::default();
        (layer::read(self, &self.layer, &how.reading(), &mut shown), shown)
    }

    /// Reads it once more.
    pub fn replay(&self, how: &How) -> (Result<(), ReadError>, Shown) {
        let mut shown = Shown::default();
        (layer::replay(self, &self.layer, &how.reading(), &mut shown), shown)
    }

    /// Reads it without wanting any bytes.
    pub fn index(&self, how: &How) -> Result<LayerIndex, ReadError> {
        layer::read(self, &self.layer, &how.reading(), &mut IndexOnly)
    }

    /// Reads it with nothing selected, so that faults of single items do not end the reading.
    pub fn survey(&self, how: &How) -> Result<LayerIndex, ReadError> {
        layer::read(self, &self.layer, &how.reading(), &mut Survey)
    }

    /// Its tar, which should have `size` bytes: all that came before an error, and the error.
    pub fn uncompressed(&self, size: u64, how: &How) -> (Vec<u8>, Result<(), ReadErrorKind>) {
        let reading = how.reading();
        let mut bytes = Vec::new();
        let result = match Uncompressed::open(self, &self.layer, size, &reading) {
            Ok(mut tar) => tar
                .read_to_end(&mut bytes)
                .map(drop)
                .map_err(|error| error.downcast().expect("a reader of layers fails with errors of layers")),
            Err(error) => Err(error),
        };
        (bytes, result)
    }
}

/// A visitor that remembers everything.
#[derive(Debug, Default, PartialEq)]
pub struct Shown {
    /// The items as they were shown.
    pub items: Vec<Item>,
    /// Content by ordinal.
    pub contents: BTreeMap<u32, Vec<u8>>,
    wanted: u32,
}

impl Shown {
    /// Bytes of all content.
    pub fn bytes(&self) -> u64 {
        self.contents.values().map(|content| content.len() as u64).sum()
    }
}

impl Visitor for Shown {
    fn item(&mut self, ordinal: u32, item: &Item) -> io::Result<bool> {
        assert_eq!(ordinal as usize, self.items.len(), "every item is shown once, in order");
        self.items.push(item.clone());
        let wanted = content(item).is_some_and(|content| !content.sparse);
        if wanted {
            self.wanted = ordinal;
            self.contents.insert(ordinal, Vec::new());
        }
        Ok(wanted)
    }

    fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        let content = self.contents.get_mut(&self.wanted).expect("bytes come for a file that was wanted");
        content.extend_from_slice(bytes);
        Ok(())
    }
}

/// The content of an item, where it is a file.
pub fn content(item: &Item) -> Option<FileContent> {
    match &item.kind {
        ItemKind::Entry(entry) => match entry.kind {
            Kind::File(content) => Some(content),
            _ => None,
        },
        _ => None,
    }
}

/// A layer of ours that holds `content` as its only file: its blob, and what it is called.
pub fn written(codec: Codec, content: &[u8]) -> (Vec<u8>, WrittenLayer) {
    let mut writer = LayerWriter::new(Vec::new(), codec, 1).expect("memory has room");
    let path = RootPath::parse("file").expect("it is a path");
    let file = FileContent { size: content.len() as u64, sha256: [0; 32], sparse: false };
    let attributes = Attributes::new(Mode::new(0o644), Owner::ROOT);
    writer.entry(&Entry { path, kind: Kind::File(file), attributes }).expect("an entry can be written");
    writer.data(content).expect("a file has the bytes of its size");
    writer.finish().expect("the file is complete")
}

/// Fails unless a layer of ours is what it is said to be, and comes to `tar`.
pub fn check_written(codec: Codec, content: &[u8], blob: &[u8], written: &WrittenLayer, tar: &[u8]) {
    let (digest, diff_id) = (Digest::of(blob), Digest::of(tar));
    let (size, uncompressed) = (blob.len() as u64, tar.len() as u64);
    assert_eq!(*written, WrittenLayer { digest, size, diff_id, uncompressed });
    let compression = codec.media_type().layer_compression().expect("codecs are of layers");
    let stored = Stored::new(compression, blob, tar);
    let how = How::new(Trust::Artifact, &Limits::default());
    let (index, shown) = stored.read(&how);
    assert_eq!(index.expect("what is written can be read").warnings, []);
    assert_eq!(shown.contents.into_values().collect::<Vec<_>>(), [content]);
}

/// Reads a compressed layer as a base and as an artifact, and fails unless both come to what `expected` says.
///
/// `expected` is what the blob comes to for somebody else, and whether an artifact may be so; nothing where it is broken.
/// `window` says whether a zstd window may be too large for us.
pub fn check_stream(
    compression: Compression,
    blob: &[u8],
    limits: &Limits,
    expected: Option<(&[u8], bool)>,
    broken: Code,
    window: bool,
) {
    for trust in [Trust::Base, Trust::Artifact] {
        let how = || How::new(trust, limits);
        // No layer has this size, so that one which ends well ends as too short.
        let (bytes, result) = Stored::new(compression, blob, b"").uncompressed(u64::MAX, &how());
        let code = result.expect_err("no layer is that large").code();
        assert!(bytes.len() as u64 <= limits.layer_bytes);
        let expected = expected.filter(|(_, clean)| *clean || trust == Trust::Base);
        match (expected, code) {
            (_, Code::LimitWindow) if window => {}
            (Some((tar, _)), Code::LimitBytes) => assert!(tar.len() as u64 > limits.layer_bytes),
            (Some((tar, _)), Code::Size) => {
                assert_eq!(bytes, tar);
                check_budget(&Stored::new(compression, blob, tar), tar, how);
            }
            (None, Code::LimitBytes) => {}
            (None, code) => assert_eq!(code, broken),
            (Some((tar, _)), code) => panic!("{code} for a blob of {} bytes", tar.len()),
        }
    }
}

fn check_budget(stored: &Stored, tar: &[u8], how: impl Fn() -> How) {
    let size = tar.len() as u64;
    let (bytes, result) = stored.uncompressed(size, &how().budget(size));
    result.expect("a budget may be spent to its last byte");
    assert_eq!(bytes, tar);
    if size > 0 {
        let error = stored.uncompressed(size, &how().budget(size - 1)).1.expect_err("a budget is kept");
        assert_eq!(error.code(), Code::LimitBytes);
    }
}
