//! Where archives of other projects are.

use std::env;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

use walkdir::WalkDir;

use crate::support::{scratch, succeed, tool};

/// An archive of a suite, uncompressed.
pub(crate) struct Archive {
    /// Suite and file: `go/pax.tar`.
    pub(crate) name: String,
    pub(crate) tar: Vec<u8>,
    /// The same as a file.
    pub(crate) file: tempfile::NamedTempFile,
}

/// Bytes of the largest archive that is read: a sparse one of Go has more.
const LARGEST: usize = 16 << 20;

/// The suites that there may be.
const SUITES: &[&str] = &["go", "python", "tar-split", "containerregistry", "tokio-tar"];

/// All archives of all suites; says which suites are not there.
pub(crate) fn all() -> Option<Vec<Archive>> {
    let Some(dir) = env::var_os("OVERCOAT_SUITES").map(PathBuf::from) else {
        println!("skipped: OVERCOAT_SUITES does not say where archives are (tests/run fetches them)");
        return None;
    };
    let mut archives = Vec::new();
    for suite in SUITES {
        let before = archives.len();
        let depth = if *suite == "containerregistry" { 3 } else { 1 };
        // The suites are links themselves.
        let root = fs::canonicalize(dir.join(suite)).unwrap_or_default();
        let files = WalkDir::new(&root).max_depth(depth).sort_by_file_name().into_iter().flatten();
        for (name, tar) in files.filter_map(|file| open(suite, &root, file.path())) {
            archives.extend(parts(&name, &tar).into_iter().map(|(part, tar)| Archive::new(part, tar)));
            archives.push(Archive::new(name, tar));
        }
        println!("{suite}: {} archives", archives.len() - before);
    }
    (!archives.is_empty()).then_some(archives)
}

impl Archive {
    fn new(name: String, tar: Vec<u8>) -> Self {
        let file = tempfile::NamedTempFile::with_suffix_in(".tar", env!("CARGO_TARGET_TMPDIR"));
        let file = file.expect("the target directory can be written");
        fs::write(file.path(), &tar).expect("the target directory can be written");
        Self { name, tar, file }
    }
}

/// The parts of CPython's archive of everything before and after an owner that nobody can have, and before names that bsdtar
/// cannot read: about the whole the tools dispute.
fn parts(name: &str, tar: &[u8]) -> Vec<(String, Vec<u8>)> {
    let (owner, after, names) = (313_344, 321_024, 416_256);
    let is_known = name == "python/testtar.tar"
        && tar.get(owner..).is_some_and(|rest| rest.starts_with(b"gnu/regtype-gnu-uid"))
        && tar.get(after..names).is_some_and(|rest| rest.starts_with(b"misc/regtype-old-v7\0"));
    let parts = [("before", 0..owner), ("after", after..names)];
    let part = |(which, range): (&str, Range<usize>)| (format!("{name} {which}"), tar[range].to_vec());
    if is_known { parts.map(part).into() } else { Vec::new() }
}

/// The name and the bytes of an archive.
fn open(suite: &str, root: &Path, path: &Path) -> Option<(String, Vec<u8>)> {
    let name = path.strip_prefix(root).ok()?.to_str()?;
    let bytes = |path| fs::read(path).expect("archives can be read");
    let tar = match name.rsplit_once(".tar")?.1 {
        "" => bytes(path),
        ".gz" => inflated(&bytes(path)),
        ".bz2" => decoded("bz2.decompress", path)?,
        ".base64" => decoded("base64.b64decode", path)?,
        _ => return None,
    };
    if tar.len() > LARGEST {
        println!("{suite}/{name} is left out: it takes Python a minute");
        return None;
    }
    Some((format!("{suite}/{name}"), tar))
}

fn inflated(bytes: &[u8]) -> Vec<u8> {
    let mut tar = Vec::new();
    let mut decoder = flate2::read::MultiGzDecoder::new(bytes);
    std::io::Read::read_to_end(&mut decoder, &mut tar).expect("archives are intact");
    tar
}

/// What a function of Python makes of a file.
fn decoded(function: &str, path: &Path) -> Option<Vec<u8>> {
    let dir = scratch();
    let out = dir.path().join("decoded");
    let script =
        "import base64, bz2, sys; open(sys.argv[2], 'wb').write(FUNCTION(open(sys.argv[1], 'rb').read()))";
    let mut command = Command::new(tool("python3")?);
    succeed(command.arg("-c").arg(script.replace("FUNCTION", function)).args([path, &out]));
    Some(fs::read(out).expect("it was just written"))
}
