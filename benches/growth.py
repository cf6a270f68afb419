"""How a build grows with the size of a layer, its entries, and the number of artifacts: images made for it, in a layout."""
import gzip, hashlib, io, json, os, random, tarfile

import peers
from measure import measure

MIB = 1 << 20


def sizes(work):
    """Builds with one artifact whose layer is one file of random bytes and zeros, a third of it random."""
    for mib in (16, 128, 1024, 8192):
        yield f"layer of {mib} MiB", build(work, [layer(work, big_file(mib * MIB))])


def entries(work):
    """Builds with one artifact of so many empty files."""
    for number in (1_000, 10_000, 100_000, 980_000):
        yield f"{number:,} entries", build(work, [layer(work, small_files(number, 0))])


def base_entries(work):
    """Builds on a base of so many empty files, with an artifact of one."""
    for number in (1_000, 10_000, 100_000, 980_000):
        base = layer(work, small_files(number, 0))
        yield f"{number:,} entries in the base", build(work, [layer(work, small_files(1, 1))], base)


def artifacts(work):
    """Builds with so many artifacts of 2 MiB."""
    for number in (1, 4, 16, 64):
        yield f"{number} artifacts", build(work, [layer(work, small_files(100, seed, 20_000)) for seed in range(1, number + 1)])


def build(work, layers, base=None):
    """Measures a build of these layers, each an artifact of its own, on a base."""
    image(work, "base", base or layer(work, small_files(10, 0)))
    artifacts = "".join(f'    - {{name: "oci:{work}/images:{number}", includes: ["**"]}}\n' for number in range(len(layers)))
    for number, one in enumerate(layers):
        image(work, str(number), one)
    file = os.path.join(work, "grown.yaml")
    with open(file, "w") as out:
        out.write(f'name: grown\ntargets: [{{destination: acme/app, base: "oci:{work}/images:base", tags: [app]}}]\n')
        out.write(f"platforms: [linux/amd64]\ncontents:\n  artifacts:\n{artifacts}")
    output = os.path.join(work, "grown")
    measured = measure([[peers.OVERCOAT, "build", file, "--no-store", "--quiet", "-o", f"oci:{output}"]])
    for directory in (output, os.path.join(work, "images")):
        remove(directory)
    return measured


def remove(directory):
    for path, _, files in os.walk(directory, topdown=False):
        for file in files:
            os.remove(os.path.join(path, file))
        os.rmdir(path)


def big_file(size):
    """A tar of one file: every third MiB is random."""
    noise = random.Random(1).randbytes(MIB)

    def write(tar):
        info = tarfile.TarInfo("data/large")
        info.size = size
        content = (noise if number % 3 == 0 else bytes(MIB) for number in range(size // MIB))
        tar.addfile(info, Chunks(content))

    return write


def small_files(number, seed, size=0):
    """A tar of many files with paths of some fifty bytes, fifty in a directory."""
    content = random.Random(seed).randbytes(size)

    def write(tar):
        for one in range(number):
            if one % 50 == 0:
                info = tarfile.TarInfo(f"usr/share/set-{seed}/package-{one // 50:05}")
                info.type, info.mode = tarfile.DIRTYPE, 0o755
                tar.addfile(info)
            info = tarfile.TarInfo(f"usr/share/set-{seed}/package-{one // 50:05}/file-with-a-name-{one:07}")
            info.size = size
            tar.addfile(info, io.BytesIO(content))
            # What this process holds would count as the peak of those it starts.
            tar.members.clear()

    return write


class Chunks:
    """Pieces of bytes as a file."""

    def __init__(self, pieces):
        self.pieces, self.rest = pieces, b""

    def read(self, size):
        while len(self.rest) < size:
            self.rest += next(self.pieces)
        piece, self.rest = self.rest[:size], self.rest[size:]
        return piece


class Hashed(io.RawIOBase):
    """A file that hashes and counts what is written to it."""

    def __init__(self, inner):
        self.inner, self.hash, self.size = inner, hashlib.sha256(), 0

    def writable(self):
        return True

    def write(self, data):
        self.hash.update(data)
        self.size += len(data)
        self.inner.write(data)
        return len(data)


def layer(work, fill):
    """Writes a layer into the layout, and gives its descriptor and its diff ID."""
    blobs = os.path.join(work, "images", "blobs", "sha256")
    os.makedirs(blobs, exist_ok=True)
    path = os.path.join(blobs, "new")
    with open(path, "wb") as file:
        stored = Hashed(file)
        with gzip.GzipFile(fileobj=stored, mode="wb", compresslevel=1, mtime=0) as compressed:
            unpacked = Hashed(compressed)
            with tarfile.open(fileobj=unpacked, mode="w|", format=tarfile.GNU_FORMAT, bufsize=MIB) as tar:
                fill(tar)
    digest = f"sha256:{stored.hash.hexdigest()}"
    os.rename(path, os.path.join(blobs, stored.hash.hexdigest()))
    descriptor = {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": digest, "size": stored.size}
    return descriptor, f"sha256:{unpacked.hash.hexdigest()}"


def image(work, name, one):
    """Names an image of one layer in the layout."""
    layout = os.path.join(work, "images")
    descriptor, diff_id = one

    def document(media_type, value):
        data = json.dumps(value).encode()
        digest = hashlib.sha256(data).hexdigest()
        with open(os.path.join(layout, "blobs", "sha256", digest), "wb") as file:
            file.write(data)
        return {"mediaType": f"application/vnd.oci.image.{media_type}.v1+json", "digest": f"sha256:{digest}", "size": len(data)}

    platform = {"os": "linux", "architecture": "amd64"}
    config = document("config", {**platform, "config": {}, "rootfs": {"type": "layers", "diff_ids": [diff_id]}})
    manifest = document("manifest", {"schemaVersion": 2, "config": config, "layers": [descriptor]})
    index = document("index", {"schemaVersion": 2, "manifests": [{**manifest, "platform": platform}]})
    path = os.path.join(layout, "index.json")
    names = json.load(open(path))["manifests"] if os.path.exists(path) else []
    names.append({**index, "annotations": {"org.opencontainers.image.ref.name": name}})
    for file, value in (("index.json", {"schemaVersion": 2, "manifests": names}), ("oci-layout", {"imageLayoutVersion": "1.0.0"})):
        with open(os.path.join(layout, file), "w") as out:
            json.dump(value, out)
