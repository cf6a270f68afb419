//! Any index over any images, in an archive of an image layout.

#![no_main]

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Seek, Write};
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::sync::OnceLock;

use arbitrary::{Arbitrary, Unstructured};
use libfuzzer_sys::fuzz_target;
use overcoat::code::{Code, Coded};
use overcoat::image::{Found, PlatformMismatch};
use overcoat::interrupt::Interrupt;
use overcoat::limits::Limits;
use overcoat::oci::{Digest, Locator, Platform};
use overcoat::store;
use serde_json::{Value, json};

fuzz_target!(|documents: Documents| {
    let limits = Limits { index_entries: 8, index_depth: 3, ..Limits::default() };
    let found = find(documents.archive(), &limits);
    match (found, documents.select(&limits)) {
        (Ok(found), Ok(candidates)) => documents.check(&found, &candidates),
        (Err(code), Err(expected)) => assert_eq!(code, expected),
        (found, candidates) => panic!("{:?}, expected {candidates:?}", found.map(|found| found.platforms())),
    }
});

fn find(archive: PathBuf, limits: &Limits) -> Result<Found, Code> {
    let locator = Locator::OciArchive { file: archive, tag: None, digest: None };
    let found = store::find(&locator, limits, PlatformMismatch::Refuse, &Interrupt::default());
    found.map_err(|error| error.code())
}

/// Documents, each made of those before it; the last is the image that is named.
#[derive(Debug)]
struct Documents {
    list: Vec<Document>,
    /// What `index.json` says of the last one.
    root: Entry,
}

#[derive(Debug)]
enum Document {
    Image(Image),
    Index(Vec<Entry>),
}

#[derive(Arbitrary, Debug)]
struct Image {
    platform: Spelling,
    is_docker: bool,
    /// Of something that is no image.
    is_other: bool,
    layers: u8,
    diff_ids: u8,
}

/// An entry of an index.
#[derive(Arbitrary, Debug)]
struct Entry {
    /// Which document, counted back from this one; 0 is one that is not there.
    back: u8,
    platform: Option<Spelling>,
    says: Says,
}

/// What an entry says its document is.
#[derive(Arbitrary, Clone, Copy, Debug, PartialEq)]
enum Says {
    Truth,
    Manifest,
    Index,
    Other,
}

/// A platform as it is spelled.
#[derive(Arbitrary, Clone, Copy, Debug)]
struct Spelling(u8);

const SPELLINGS: &[(&str, &str, Option<&str>, Option<&str>)] = &[
    ("linux", "amd64", None, Some("linux/amd64")),
    ("linux", "arm64", None, Some("linux/arm64")),
    ("linux", "arm64", Some("v8"), Some("linux/arm64")),
    ("linux", "aarch64", Some(""), Some("linux/arm64")),
    ("linux", "arm", None, Some("linux/arm/v7")),
    ("Linux", "arm", Some("v6"), Some("linux/arm/v6")),
    ("unknown", "unknown", None, Some("unknown/unknown")),
    ("linux", "am d64", None, None),
];

impl Spelling {
    fn fields(self) -> (&'static str, &'static str, Option<&'static str>, Option<&'static str>) {
        SPELLINGS[usize::from(self.0) % SPELLINGS.len()]
    }

    fn json(self) -> Value {
        let (os, architecture, variant, _) = self.fields();
        let mut json = json!({"os": os, "architecture": architecture});
        if let Some(variant) = variant {
            json["variant"] = variant.into();
        }
        json
    }

    fn normal(self) -> Option<&'static str> {
        self.fields().3
    }
}

impl<'a> Arbitrary<'a> for Documents {
    fn arbitrary(data: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let root = Entry { back: 1, ..data.arbitrary()? };
        let mut list = Vec::new();
        while !data.is_empty() && list.len() < 10 {
            list.push(match data.ratio(1, 2)? {
                true => Document::Image(data.arbitrary()?),
                false => Document::Index(data.arbitrary_iter()?.take(9).collect::<arbitrary::Result<_>>()?),
            });
        }
        Ok(Self { list, root })
    }
}

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const DOCKER: &str = "application/vnd.docker.distribution.manifest.v2+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";

impl Document {
    fn media_type(&self) -> &'static str {
        match self {
            Self::Image(Image { is_docker: true, .. }) => DOCKER,
            Self::Image(_) => MANIFEST,
            Self::Index(_) => INDEX,
        }
    }
}

/// Writing: documents to an archive.
impl Documents {
    /// The path of an archive that no name in any directory has.
    fn archive(&self) -> PathBuf {
        static FILE: OnceLock<File> = OnceLock::new();
        let file = FILE.get_or_init(|| tempfile::tempfile().expect("files can be made"));
        let mut rewound = file;
        rewound.rewind().and_then(|()| file.set_len(0)).expect("the file is ours");
        let mut tar = Archive { tar: tar::Builder::new(file), names: BTreeSet::new() };
        let mut documents: Vec<Value> = Vec::new();
        for document in &self.list {
            let described = self.write(&mut tar, document, &documents);
            documents.push(described);
        }
        let manifests: Vec<_> = self.list.last().map(|_| self.root.json(&documents)).into_iter().collect();
        tar.append("index.json", &json!({"schemaVersion": 2, "manifests": manifests}));
        tar.append("oci-layout", &json!({"imageLayoutVersion": "1.0.0"}));
        tar.tar.into_inner().and_then(|mut file| file.flush()).expect("the file is ours");
        PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
    }

    fn write(&self, tar: &mut Archive<'_>, document: &Document, before: &[Value]) -> Value {
        let json = match document {
            Document::Index(entries) => {
                let entries: Vec<_> = entries.iter().map(|entry| entry.json(before)).collect();
                json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries})
            }
            Document::Image(image) => {
                let list = |count: u8, what: &Value| vec![what.clone(); usize::from(count % 4)];
                let digest = Digest::of(b"layer").to_string();
                let layer = json!({"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest, "size": 5});
                let mut config = image.platform.json();
                config["rootfs"] =
                    json!({"type": "layers", "diff_ids": list(image.diff_ids, &digest.into())});
                let mut config = tar.blob(CONFIG, &config);
                if image.is_other {
                    config["mediaType"] = "application/x".into();
                }
                let layers = list(image.layers, &layer);
                json!({"schemaVersion": 2, "mediaType": document.media_type(), "config": config, "layers": layers})
            }
        };
        tar.blob(document.media_type(), &json)
    }
}

impl Entry {
    fn json(&self, documents: &[Value]) -> Value {
        let digest = Digest::of(b"nothing").to_string();
        let absent = json!({"mediaType": MANIFEST, "digest": digest, "size": 7});
        let mut json = self.of(documents).cloned().unwrap_or(absent);
        match self.says {
            Says::Truth => {}
            Says::Manifest => json["mediaType"] = MANIFEST.into(),
            Says::Index => json["mediaType"] = INDEX.into(),
            Says::Other => json["mediaType"] = "application/x".into(),
        }
        if let Some(platform) = self.platform {
            json["platform"] = platform.json();
        }
        json
    }

    /// The document it means among those before it.
    fn of<'d, T>(&self, documents: &'d [T]) -> Option<&'d T> {
        let back = usize::from(self.back) % (documents.len() + 1);
        (back > 0).then(|| &documents[documents.len() - back])
    }
}

/// An archive in which no name stands twice.
struct Archive<'f> {
    tar: tar::Builder<&'f File>,
    names: BTreeSet<String>,
}

impl Archive<'_> {
    /// Adds a blob and gives back its descriptor.
    fn blob(&mut self, media_type: &str, json: &Value) -> Value {
        let bytes = json.to_string();
        let digest = Digest::of(bytes.as_bytes());
        self.append(&format!("blobs/sha256/{}", digest.hex()), json);
        json!({"mediaType": media_type, "digest": digest.to_string(), "size": bytes.len()})
    }

    fn append(&mut self, path: &str, json: &Value) {
        if !self.names.insert(path.to_owned()) {
            return;
        }
        let bytes = json.to_string();
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        self.tar.append_data(&mut header, path, bytes.as_bytes()).expect("the file is ours");
    }
}

/// A manifest of something else where an image has to be.
const NO_IMAGE: Code = Code::SourceMissing;

/// A platform that is offered, and the image it leads to, as far as that can be read.
type Candidate<'d> = (&'static str, &'d Entry, &'d [Document]);

/// Reading, slowly.
impl Documents {
    fn select(&self, limits: &Limits) -> Result<Vec<Candidate<'_>>, Code> {
        // Layouts without any image.
        if self.list.is_empty() {
            return Err(Code::SourceMissing);
        }
        if self.root.media_type(&self.list) != INDEX {
            let image = self.root.image(&self.list)?.ok_or(NO_IMAGE)?;
            let platform = self.root.platform.and_then(Spelling::normal);
            let platform = platform.or(image.platform.normal()).expect("a config has a platform");
            return Ok(vec![(platform, &self.root, &self.list)]);
        }
        let mut found: Vec<Candidate<'_>> = Vec::new();
        let mut entries = 0;
        walk(
            &self.root,
            &self.list,
            limits.index_depth,
            &mut |count| {
                entries += count;
                if entries > limits.index_entries { Err(Code::LimitIndex) } else { Ok(()) }
            },
            &mut |candidate: Candidate<'_>| {
                if candidate.0 != "unknown/unknown"
                    && found.iter().all(|(platform, ..)| *platform != candidate.0)
                {
                    found.push(candidate);
                }
            },
        )?;
        Ok(found)
    }

    fn check(&self, found: &Found, candidates: &[Candidate<'_>]) {
        let platforms: Vec<_> = found.platforms().iter().map(ToString::to_string).collect();
        let expected: Vec<_> = candidates.iter().map(|(platform, ..)| (*platform).to_owned()).collect();
        assert_eq!(platforms, expected);
        for (_, _, _, platform) in SPELLINGS {
            let Some(platform) = platform else { continue };
            let wanted: Platform = platform.parse().expect("it is one");
            let image = found.image(&wanted).map_err(|error| error.code());
            let candidate = candidates.iter().find(|(candidate, ..)| candidate == platform);
            let expected = candidate.ok_or(Code::PlatformAbsent).and_then(|(_, entry, documents)| {
                let image = entry.image(documents)?.ok_or(NO_IMAGE)?;
                match image.platform.normal() {
                    _ if image.layers % 4 != image.diff_ids % 4 => Err(Code::DiffId),
                    normal if normal != Some(platform) => Err(Code::Platform),
                    _ => Ok(usize::from(image.layers % 4)),
                }
            });
            assert_eq!(image.map(|image| image.layers.len()), expected, "{platform}");
        }
    }
}

/// Goes through everything below an index, in order.
fn walk<'d>(
    entry: &'d Entry,
    documents: &'d [Document],
    depth: usize,
    count: &mut dyn FnMut(usize) -> Result<(), Code>,
    each: &mut dyn FnMut(Candidate<'d>),
) -> Result<(), Code> {
    if depth == 0 {
        return Err(Code::LimitIndex);
    }
    let (entries, before) = match entry.resolved(documents)? {
        (Document::Index(entries), before) => (entries, before),
        (Document::Image(_), _) => return Err(Code::Ambiguous),
    };
    count(entries.len())?;
    for entry in entries {
        match entry.media_type(before) {
            INDEX => walk(entry, before, depth - 1, count, each)?,
            MANIFEST | DOCKER => match entry.platform.and_then(Spelling::normal) {
                Some(platform) => each((platform, entry, before)),
                None => {
                    let platform = entry.image(before)?.and_then(|image| image.platform.normal());
                    platform.into_iter().for_each(|platform| each((platform, entry, before)));
                }
            },
            _ => {}
        }
    }
    Ok(())
}

impl Entry {
    fn media_type(&self, documents: &[Document]) -> &'static str {
        match (self.says, self.of(documents)) {
            (Says::Truth, Some(document)) => document.media_type(),
            (Says::Truth | Says::Manifest, _) => MANIFEST,
            (Says::Index, _) => INDEX,
            (Says::Other, _) => "application/x",
        }
    }

    /// The document it means, where it is what the entry says, and those before it.
    fn resolved<'d>(&self, documents: &'d [Document]) -> Result<(&'d Document, &'d [Document]), Code> {
        let document = self.of(documents).ok_or(Code::SourceMissing)?;
        if document.media_type() != self.media_type(documents) {
            return Err(Code::Ambiguous);
        }
        let at = documents.len() - usize::from(self.back) % (documents.len() + 1);
        Ok((document, &documents[..at]))
    }

    /// The image it means, whose config says a platform; nothing where it is something else.
    fn image<'d>(&self, documents: &'d [Document]) -> Result<Option<&'d Image>, Code> {
        match self.resolved(documents)?.0 {
            Document::Index(_) => Err(Code::Ambiguous),
            Document::Image(image) if image.is_other => Ok(None),
            Document::Image(image) if image.platform.normal().is_none() => Err(Code::Json),
            Document::Image(image) => Ok(Some(image)),
        }
    }
}
