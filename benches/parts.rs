//! What the parts of a build take by themselves: inflating and hashing its inputs, hashing and compressing its layers.
//!
//! ```text
//! cargo bench --bench parts -- --threads 2 --inputs BLOB... --layers BLOB...
//! ```
//!
//! Inputs are gzip or zstd blobs, each read, hashed, inflated and hashed again; layers are blobs of zstd, whose tars are
//! unpacked first, outside the measured time, and then hashed, compressed as they were and hashed again. The libraries
//! and their settings are those of the product. Prints wall and CPU seconds.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

/// Bytes that are handed on at once.
const PIECE: usize = 128 << 10;

/// One thing to do.
enum Part {
    /// Verify and inflate a blob.
    Input(PathBuf),
    /// Compress a tar that is in a file without a name.
    Layer(File),
}

fn main() {
    let Some(arguments) = Arguments::read() else {
        println!("says nothing without --inputs and --layers; benches/compare gives both");
        return;
    };
    let mut parts: Vec<(u64, Part)> = Vec::new();
    for path in arguments.inputs {
        parts.push((size(&path), Part::Input(path)));
    }
    for path in arguments.layers {
        parts.push((size(&path) * 4, Part::Layer(unpacked(&path))));
    }
    // The longest first, so that no thread waits for the other at the end.
    parts.sort_by_key(|(size, _)| std::cmp::Reverse(*size));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(arguments.threads).build();
    let pool = pool.expect("threads can be started");
    let (began, cpu) = (Instant::now(), cpu_seconds());
    pool.install(|| parts.par_iter().with_max_len(1).for_each(|(_, part)| part.run()));
    println!("{:.3} {:.3}", began.elapsed().as_secs_f64(), cpu_seconds() - cpu);
}

impl Part {
    fn run(&self) {
        match self {
            Self::Input(path) => input(path),
            Self::Layer(tar) => layer(tar),
        }
    }
}

fn input(path: &Path) {
    let file = File::open(path).expect("a blob can be read");
    let mut hashed = BufReader::with_capacity(PIECE, Hashed { inner: file, hasher: Sha256::new() });
    let is_gzip = io::BufRead::fill_buf(&mut hashed).expect("a blob can be read").starts_with(&[0x1f, 0x8b]);
    let inflated: &mut dyn Read = if is_gzip {
        &mut flate2::bufread::MultiGzDecoder::new(hashed)
    } else {
        &mut zstd::Decoder::with_buffer(hashed).expect("a decoder can be made")
    };
    let mut tar = Hashed { inner: inflated, hasher: Sha256::new() };
    copy(&mut tar, &mut io::sink());
    std::hint::black_box(tar.hasher.finalize());
}

fn layer(tar: &File) {
    let mut file = tar.try_clone().expect("a file can be used twice");
    file.seek(SeekFrom::Start(0)).expect("a file can be read again");
    let out = Hashed { inner: io::sink(), hasher: Sha256::new() };
    let mut encoder = zstd::Encoder::new(out, 3).expect("an encoder can be made");
    encoder.multithread(1).expect("zstd has threads");
    copy(&mut Hashed { inner: file, hasher: Sha256::new() }, &mut encoder);
    std::hint::black_box(encoder.finish().expect("a sink takes all").hasher.finalize());
}

/// The tar of a zstd blob, in a file without a name beside it.
fn unpacked(path: &Path) -> File {
    let mut tar =
        tempfile::tempfile_in(path.parent().expect("a blob lies in a directory")).expect("there is room");
    let blob = File::open(path).expect("a blob can be read");
    zstd::stream::copy_decode(blob, &mut tar).expect("a layer is zstd");
    tar
}

fn size(path: &Path) -> u64 {
    path.metadata().expect("a blob is there").len()
}

fn copy(from: &mut dyn Read, to: &mut dyn Write) {
    let mut buffer = vec![0; PIECE];
    loop {
        match from.read(&mut buffer).expect("what is measured is sound") {
            0 => return,
            read => to.write_all(&buffer[..read]).expect("a sink takes all"),
        }
    }
}

/// Hashes what passes.
struct Hashed<T> {
    inner: T,
    hasher: Sha256,
}

impl<T: Read> Read for Hashed<T> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(out)?;
        self.hasher.update(&out[..read]);
        Ok(read)
    }
}

impl<T: Write> Write for Hashed<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// CPU seconds of this process, those of the system for it included.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux tells");
    let after_name = stat.rsplit_once(')').expect("a name stands in parentheses").1;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks: f64 =
        fields[11..13].iter().map(|field| field.parse::<f64>().expect("ticks are numbers")).sum();
    ticks / rustix::param::clock_ticks_per_second() as f64
}

struct Arguments {
    threads: usize,
    inputs: Vec<PathBuf>,
    layers: Vec<PathBuf>,
}

impl Arguments {
    /// Reads the arguments; nothing where there are none, as when all benches are run.
    fn read() -> Option<Self> {
        let mut arguments = Self { threads: 2, inputs: Vec::new(), layers: Vec::new() };
        let mut list = String::new();
        for argument in std::env::args().skip(1) {
            match (argument.as_str(), list.as_str()) {
                (name, _) if name.starts_with("--") => list = argument,
                (number, "--threads") => {
                    arguments.threads = number.parse().expect("--threads takes a number")
                }
                (path, "--inputs") => arguments.inputs.push(path.into()),
                (path, "--layers") => arguments.layers.push(path.into()),
                _ => return None,
            }
        }
        (!arguments.inputs.is_empty()).then_some(arguments)
    }
}
