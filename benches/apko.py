"""Packages of apk's kind on an image, as overcoat and apko put them there: a Java runtime, git, curl, their libraries and a CA
bundle, cut into packages of a repository that is made and signed here."""
import base64, gzip, hashlib, io, os, shutil, subprocess, sys, tarfile

import peers
from measure import measure, run

KEY = "bench.rsa.pub"
PARTS = 20

CUSTOMIZATION = """\
name: packages
targets: [{{destination: acme/app, base: "oci:{work}/base:base", tags: [app]}}]
platforms: [linux/amd64]
contents:
  packages: [{names}]
  repositories: ["file:{work}/repository"]
  keyring: [{key}]
"""

BASE = """\
name: base
targets: [{destination: acme/base, base: scratch, tags: [base]}]
platforms: [linux/amd64]
paths:
  - {path: /etc/os-release, contents: "ID=dhi\\nID_LIKE=alpine\\n"}
  - {path: /etc/passwd, contents: "root:x:0:0:root:/root:/bin/sh\\n"}
  - {path: /etc/group, contents: "root:x:0:\\n"}
  - {path: /lib/apk/db/installed, contents: ""}
"""

APKO = """\
contents:
  packages: [{names}]
  repositories: [{work}/repository]
  keyring: [{work}/{key}]
archs: [x86_64]
"""


def compare(workload, runs, scratch, table):
    """Measures both in turn."""
    if not shutil.which("openssl"):
        print("openssl is not installed, and packages are left out")
        return
    makers = {"overcoat": overcoat, "overcoat with a new store": overcoat_with_store}
    makers["overcoat, the same again"] = overcoat_again
    if shutil.which("apko"):
        makers["apko"] = apko
        makers["apko, packages in its cache"] = apko_again
    else:
        print("apko is not installed, and left out")
    measured = {name: [] for name in makers}
    with scratch() as work:
        # In a process of its own: what this one has held would count as the peak of those it starts.
        names = run([sys.executable, os.path.abspath(__file__), workload, work, peers.OVERCOAT]).split()
        for _ in range(runs):
            for name, maker in makers.items():
                with scratch() as own:
                    before, commands = maker(work, own, names)
                    for command in before:
                        run(command)
                    os.sync()
                    measured[name].append(measure(commands))
    table(f"{len(names)} packages of apk, medians of {runs} runs in turn", measured, "overcoat")


def build(work, own, *how):
    output = os.path.join(own, "image")
    return [peers.OVERCOAT, "build", f"{work}/packages.yaml", "-o", f"oci:{output}", "--quiet", *how]


def overcoat(work, own, names):
    return [], [build(work, own, "--no-store")]


def overcoat_with_store(work, own, names):
    return [], [build(work, own, "--store", f"{own}/store")]


def overcoat_again(work, own, names):
    again = build(work, own, "--store", f"{own}/store")
    return [again], [again]


def apko_build(work, own, output):
    cache = ["--cache-dir", f"{own}/cache"]
    return ["apko", "build", f"{work}/apko.yaml", "app:1", f"{own}/{output}.tar", "--sbom=false", *cache]


def apko(work, own, names):
    return [], [apko_build(work, own, "image")]


def apko_again(work, own, names):
    return [apko_build(work, own, "first")], [apko_build(work, own, "image")]


def prepare(workload, work, overcoat):
    """Makes the repository, the base and what both are told; prints the names of the packages."""
    repository = os.path.join(work, "repository", "x86_64")
    os.makedirs(repository)
    records = []
    packages = dict(packages_of(workload))
    for name, entries in packages.items():
        apk, record = package(name, entries)
        records.append(record)
        with open(os.path.join(repository, f"{name}-1-r0.apk"), "wb") as out:
            out.write(apk)
    sign(work, repository, "\n".join(records) + "\n")
    names = ", ".join(packages)
    for path, text in (
        ("base.yaml", BASE),
        ("packages.yaml", CUSTOMIZATION.format(work=work, names=names, key=KEY)),
        ("apko.yaml", APKO.format(work=work, names=names, key=KEY)),
    ):
        with open(os.path.join(work, path), "w") as out:
            out.write(text)
    run([overcoat, "build", f"{work}/base.yaml", "-o", f"oci:{work}/base:base", "--no-store", "--quiet"])
    print("\n".join(packages))


def packages_of(workload):
    """Names, and the files and links each has, none of them twice."""
    seen = set()
    runtime = files(workload, "jre", ("usr/lib/jvm/", "etc/java-21-openjdk/"), seen)
    yield "runtime", runtime
    yield "certificates", files(workload, "ca", ("etc/ssl/",), seen, arch="")
    tools = files(workload, "tools", ("usr/bin/", "usr/lib/", "usr/share/git-core/"), seen)
    for part in range(PARTS):
        yield f"tools{part}", tools[part::PARTS]


def files(workload, tree, below, seen, arch="-amd64"):
    found = []
    with tarfile.open(os.path.join(workload, "tars", f"{tree}{arch}.tar")) as tar:
        for entry in tar:
            path = entry.name.removeprefix("./")
            if path.startswith(below) and path not in seen and (entry.isreg() or entry.issym()):
                seen.add(path)
                content = tar.extractfile(entry).read() if entry.isreg() else b""
                found.append((path, entry, content))
    return found


def package(name, entries):
    """A package of version 2, and its record in an index."""
    data = gzip.compress(data_tar(entries), 6, mtime=0)
    size = sum(len(content) for _, _, content in entries)
    info = f"pkgname = {name}\npkgver = 1-r0\npkgdesc = {name}\narch = x86_64\nsize = {size}\nlicense = MIT\n"
    info += f"datahash = {hashlib.sha256(data).hexdigest()}\n"
    control = gzip.compress(fragment(".PKGINFO", info.encode()), 6, mtime=0)
    sum_of_control = base64.b64encode(hashlib.sha1(control).digest()).decode()
    record = f"C:Q1{sum_of_control}\nP:{name}\nV:1-r0\nA:x86_64\nS:{len(control) + len(data)}\nI:{size}\nT:{name}\nL:MIT\n"
    return control + data, record


def data_tar(entries):
    out = io.BytesIO()
    directories = set()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path, entry, content in sorted(entries, key=lambda one: one[0]):
            parents = path.split("/")[:-1]
            for depth in range(1, len(parents) + 1):
                directory = "/".join(parents[:depth])
                if directory not in directories:
                    directories.add(directory)
                    tar.addfile(plain(directory, tarfile.DIRTYPE, 0o755))
            new = plain(path, entry.type if entry.issym() else tarfile.REGTYPE, entry.mode, len(content))
            new.linkname = entry.linkname if entry.issym() else ""
            named = entry.linkname.encode() if entry.issym() else content
            new.pax_headers = {"APK-TOOLS.checksum.SHA1": hashlib.sha1(named).hexdigest()}
            tar.addfile(new, io.BytesIO(content))
    return out.getvalue()


def plain(name, kind, mode, size=0):
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.size, info.uname, info.gname = kind, mode, size, "root", "root"
    return info


def fragment(name, content):
    """A file of a tar that goes on elsewhere: without the blocks at the end."""
    header = plain(name, tarfile.REGTYPE, 0o644, len(content)).tobuf(tarfile.USTAR_FORMAT)
    return header + content + b"\0" * (-len(content) % 512)


def sign(work, repository, records):
    """Writes the index, signed by a new key."""
    private, index = os.path.join(work, "key.pem"), os.path.join(work, "index")
    run(["openssl", "genrsa", "-out", private, "2048"])
    run(["openssl", "rsa", "-in", private, "-pubout", "-out", os.path.join(work, KEY)])
    content = gzip.compress(fragment("DESCRIPTION", b"bench") + fragment("APKINDEX", records.encode()) + b"\0" * 1024, 6, mtime=0)
    with open(index, "wb") as out:
        out.write(content)
    signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", private, index], check=True, capture_output=True).stdout
    with open(os.path.join(repository, "APKINDEX.tar.gz"), "wb") as out:
        out.write(gzip.compress(fragment(f".SIGN.RSA256.{KEY}", signature), 6, mtime=0) + content)


if __name__ == "__main__":
    prepare(*sys.argv[1:])
