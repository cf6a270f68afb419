#!/usr/bin/env python3
"""Adds an image to an OCI image layout: for each platform the given tars, each as one gzip layer.

    mkimage.py LAYOUT TAG [--user U] [--env NAME=VALUE]... [--label NAME=VALUE]... OS/ARCH=TAR[,TAR]...

Needs Python's standard library alone and knows nothing of overcoat, whose input it makes. The same input gives the same
digests with one version of zlib. A run that is cut short leaves the layout as it was but for blobs that nothing names,
and at most files whose names end in `.tmp`.
"""

import argparse
import concurrent.futures
import hashlib
import itertools
import json
import os
import zlib

CREATED = "2026-01-01T00:00:00Z"
TYPE = "application/vnd.oci.image."
TAG = "org.opencontainers.image.ref.name"
CHUNK = 1 << 20


def main():
    args = arguments()
    blobs = os.path.join(args.layout, "blobs", "sha256")
    os.makedirs(blobs, exist_ok=True)
    tars = dict.fromkeys(tar for _, tars in args.images for tar in tars)
    with concurrent.futures.ThreadPoolExecutor() as threads:
        layers = dict(zip(tars, threads.map(put_layer, tars, itertools.repeat(blobs), itertools.count())))
    manifests = [put_image(blobs, args, platform, [layers[tar] for tar in tars]) for platform, tars in args.images]
    index = put_document(blobs, "index.v1+json", {"manifests": manifests})
    put_file(os.path.join(args.layout, "oci-layout"), encode({"imageLayoutVersion": "1.0.0"}))
    add_tag(os.path.join(args.layout, "index.json"), args.tag, index)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("layout")
    parser.add_argument("tag")
    parser.add_argument("--user", default="")
    parser.add_argument("--env", action="append", default=[])
    parser.add_argument("--label", action="append", default=[], type=pair)
    parser.add_argument("images", nargs="+", metavar="OS/ARCH=TAR[,TAR]...", type=image)
    return parser.parse_args()


def pair(text):
    name, value = text.split("=", 1)
    return name, value


def image(text):
    platform, tars = pair(text)
    system, architecture = platform.split("/")
    return {"architecture": architecture, "os": system}, tars.split(",")


def put_layer(tar, blobs, number):
    """Compresses a tar into a blob, and gives its descriptor and the digest of the tar. No two share a number."""
    # 31 asks zlib for gzip, whose header then holds neither a time nor a name.
    gzip = zlib.compressobj(6, zlib.DEFLATED, 31)
    plain, packed = hashlib.sha256(), hashlib.sha256()
    temporary = os.path.join(blobs, f"layer-{number}.tmp")
    with open(tar, "rb") as source, open(temporary, "wb") as target:

        def write(data):
            packed.update(data)
            target.write(data)

        while chunk := source.read(CHUNK):
            plain.update(chunk)
            write(gzip.compress(chunk))
        write(gzip.flush())
        size = target.tell()
    os.replace(temporary, os.path.join(blobs, packed.hexdigest()))
    return descriptor("layer.v1.tar+gzip", packed, size), "sha256:" + plain.hexdigest()


def put_image(blobs, args, platform, layers):
    run = {"User": args.user, "Env": args.env, "WorkingDir": "/", "Labels": dict(args.label)}
    config = {
        "created": CREATED,
        **platform,
        "config": run,
        "rootfs": {"type": "layers", "diff_ids": [diff_id for _, diff_id in layers]},
        "history": [{"created": CREATED, "created_by": "tests/workload/make"} for _ in layers],
    }
    manifest = {
        "config": put_bytes(blobs, "config.v1+json", encode(config)),
        "layers": [layer for layer, _ in layers],
    }
    return {**put_document(blobs, "manifest.v1+json", manifest), "platform": platform}


def put_document(blobs, kind, document):
    return put_bytes(blobs, kind, encode({"schemaVersion": 2, "mediaType": TYPE + kind, **document}))


def put_bytes(blobs, kind, data):
    digest = hashlib.sha256(data)
    put_file(os.path.join(blobs, digest.hexdigest()), data)
    return descriptor(kind, digest, len(data))


def descriptor(kind, digest, size):
    return {"mediaType": TYPE + kind, "digest": "sha256:" + digest.hexdigest(), "size": size}


def add_tag(path, tag, index):
    """Lets a tag mean an index, in place of what it meant before."""
    entries = []
    if os.path.exists(path):
        with open(path, "rb") as file:
            entries = json.load(file)["manifests"]
    entries = [entry for entry in entries if entry.get("annotations", {}).get(TAG) != tag]
    entries.append({**index, "annotations": {TAG: tag}})
    put_file(path, encode({"schemaVersion": 2, "manifests": entries}))


def put_file(path, data):
    with open(path + ".tmp", "wb") as file:
        file.write(data)
    os.replace(path + ".tmp", path)


def encode(document):
    return json.dumps(document, separators=(",", ":")).encode()


if __name__ == "__main__":
    main()
