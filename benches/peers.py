"""One image, as overcoat and its peers make it: a Debian base for two platforms with a Java runtime, git, curl, a CA
bundle, a script, a file and a user."""
import json, os, shlex

from measure import run

HERE = os.path.dirname(os.path.abspath(__file__))
OVERCOAT = os.path.join(HERE, "..", "target", "release", "overcoat")  # `compare --binary` names another one
TRIPLES = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}

CUSTOMIZATION = """\
name: compared
targets: [{{destination: "{registry}{app}", base: "{registry}acme/base:{base}", tags: [app]}}]
platforms: [linux/amd64, linux/arm64]
contents:
  artifacts:
    - name: {registry}acme/jre:1
      includes: [usr/lib/jvm, etc/java-21-openjdk, "usr/lib/*-linux-gnu/lib*.so*"]
      excludes: ["usr/lib/*-linux-gnu/libc.so*", "usr/lib/*-linux-gnu/libc_*"]
    - name: {registry}acme/tools:1
      includes: [usr/bin/git, usr/bin/curl, "usr/lib/*-linux-gnu/lib*.so*", usr/lib/git-core, usr/share/git-core]
      excludes: ["usr/lib/*-linux-gnu/libc.so*", "usr/lib/*-linux-gnu/libc_*"]
    - name: {registry}acme/ca:1
      uid: {owner}
      includes: [etc/ssl/certs/ca-certificates.crt]
scripts: [{{path: /usr/local/bin/start, contents: "#!/usr/bin/env java\\n"}}]
paths: [{{path: /lib/marker, contents: "{marker}"}}]
accounts: {{runs-as: app, users: [{{name: app, uid: 10001}}]}}
environment: {{APP: "{value}"}}
labels: {{org.example.app: app}}
"""

# The same files by COPY; `lib[...]` leaves out the C library as the excludes above do.
CONTAINERFILE = """\
FROM {base}
COPY --from={jre} /usr/lib/jvm /usr/lib/jvm
COPY --from={jre} /etc/java-21-openjdk /etc/java-21-openjdk
COPY --from={jre} {libraries}
COPY --from={tools} /usr/bin/git /usr/bin/curl /usr/bin/
COPY --from={tools} {libraries}
COPY --from={tools} /usr/lib/git-core /usr/lib/git-core
COPY --from={tools} /usr/share/git-core /usr/share/git-core
COPY --from={ca} /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY start /usr/local/bin/start
COPY marker /usr/lib/marker
COPY --chown=10001:10001 home /home/app
ENV APP={value}
LABEL org.example.app=app
USER 10001
"""
LIBRARIES = "{0}/usr/lib/{1}/lib[A-Zabd-z]*.so* {0}/usr/lib/{1}/libc[a-z]*.so* {2}/usr/lib/{1}/"

# The same files by unpacking every image and copying; umoci sees one image of one platform at a time.
UMOCI = """\
set -e
for image in base jre tools ca; do umoci unpack --image {work}/images:$image-{arch} {work}/$image-{arch}; done
root={work}/base-{arch}/rootfs jre={work}/jre-{arch}/rootfs tools={work}/tools-{arch}/rootfs ca={work}/ca-{arch}/rootfs
mkdir -p $root/usr/lib/jvm $root/usr/lib/git-core $root/usr/share/git-core $root/etc/ssl/certs $root/usr/local/bin
cp -a $jre/usr/lib/jvm/. $root/usr/lib/jvm/
cp -a $jre/etc/java-21-openjdk $root/etc/
cp -a {jre_libraries}
cp -a $tools/usr/bin/git $tools/usr/bin/curl $root/usr/bin/
cp -a {tools_libraries}
cp -a $tools/usr/lib/git-core/. $root/usr/lib/git-core/
cp -a $tools/usr/share/git-core/. $root/usr/share/git-core/
cp -a $ca/etc/ssl/certs/ca-certificates.crt $root/etc/ssl/certs/
printf '#!/usr/bin/env java\\n' >$root/usr/local/bin/start; chmod 755 $root/usr/local/bin/start
printf here >$root/usr/lib/marker
mkdir -p $root/home/app; chown 10001:10001 $root/home/app
umoci repack --image {work}/images:app-{arch} {work}/base-{arch}
umoci config --image {work}/images:app-{arch} --config.env APP=1 --config.label org.example.app=app --config.user 10001
"""


def customization(registry="", app="acme/app", base="13", marker="here", owner=0, value="1"):
    """The customization as it is built; `registry` is empty or ends in a slash."""
    return CUSTOMIZATION.format(registry=registry, app=app, base=base, marker=marker, owner=owner, value=value)


def containerfile(arch, base, jre, tools, ca, value="1"):
    """The same for buildah, of images by these names."""
    libraries = LIBRARIES.format("", TRIPLES[arch], "")
    return CONTAINERFILE.format(base=base, jre=jre, tools=tools, ca=ca, libraries=libraries, value=value)


def write_context(work, marker="here"):
    """The files that buildah adds."""
    for name, content in (("start", "#!/usr/bin/env java\n"), ("marker", marker)):
        with open(os.path.join(work, name), "w") as out:
            out.write(content)
    os.makedirs(os.path.join(work, "home"), exist_ok=True)


class Overcoat:
    """The commands of overcoat in a directory of its own."""

    def __init__(self, workload, work):
        self.work = work
        maps = [f"docker.io/acme/base=oci:{workload}/base"]
        maps += [f"docker.io/acme/{tag}=oci:{workload}/artifacts:{tag}" for tag in ("jre", "tools", "ca")]
        self.flags = [flag for one in maps for flag in ("--registry-map", one)]

    def build(self, output, base="13", marker="here", owner=0, store=None):
        """One build into the layout `output`."""
        file = os.path.join(self.work, f"{base}-{marker}-{owner}.yaml")
        with open(file, "w") as out:
            out.write(customization(base=base, marker=marker, owner=owner))
        stored = ["--store", os.path.join(self.work, store)] if store else ["--no-store"]
        return [OVERCOAT, "build", file, *self.flags, *stored, "--quiet", "-o", f"oci:{self.work}/{output}"]


def overcoat(workload, work):
    return [Overcoat(workload, work).build("overcoat")]


def overcoat_with_store(workload, work):
    return [Overcoat(workload, work).build("overcoat", store="store")]


def buildah(workload, work):
    """Builds with new storage, and writes to a new layout."""
    write_context(work)
    images = {name: f"oci:{workload}/artifacts:{name}" for name in ("jre", "tools", "ca")}
    storage = ["buildah", "--root", f"{work}/root", "--runroot", f"{work}/run"]
    commands = []
    for arch in TRIPLES:
        file = os.path.join(work, f"Containerfile.{arch}")
        with open(file, "w") as out:
            out.write(containerfile(arch, f"oci:{workload}/base:13", **images))
        build = ["bud", "--layers=false", "--platform", f"linux/{arch}", "--manifest", "compared", "-f", file, work]
        commands.append([*storage, *build])
    return [*commands, [*storage, "manifest", "push", "--all", "compared", f"oci:{work}/buildah:compared"]]


def umoci(workload, work):
    """Unpacks, copies and repacks; the images of one platform each that umoci needs are made before, and not measured."""
    commands = []
    for arch, triple in TRIPLES.items():
        for name, image in (("base", "base:13"), ("jre", "artifacts:jre"), ("tools", "artifacts:tools"), ("ca", "artifacts:ca")):
            source, target = f"oci:{workload}/{image}", f"oci:{work}/images:{name}-{arch}"
            run(["skopeo", "copy", "--quiet", "--override-arch", arch, source, target])
        jre, tools = (LIBRARIES.format(f"${name}", triple, "$root") for name in ("jre", "tools"))
        script = UMOCI.format(work=shlex.quote(work), arch=arch, jre_libraries=jre, tools_libraries=tools)
        commands.append(["sh", "-c", script])
    return commands


def parts(workload, work):
    """The parts of overcoat's build alone, of exactly its bytes: its inputs inflated and hashed, its layers compressed."""
    run(Overcoat(workload, work).build("overcoat"))
    inputs = set()
    for image in ("base:13", "artifacts:jre", "artifacts:tools", "artifacts:ca"):
        inputs |= {layer for layers in layers_of(f"{workload}/{image}") for layer in layers}
    bases = {os.path.basename(layer) for layers in layers_of(f"{workload}/base:13") for layer in layers}
    made = {layer for layers in layers_of(f"{work}/overcoat:app_compared") for layer in layers}
    ours = sorted(layer for layer in made if os.path.basename(layer) not in bases)
    return ["--threads", "2", "--inputs", *sorted(inputs), "--layers", *ours]


def layers_of(image):
    """The files of the layers of each platform of an image in a layout."""
    layout, tag = image.rsplit(":", 1)

    def blob(digest):
        return os.path.join(layout, "blobs", *digest.split(":"))

    def document(path):
        with open(path) as file:
            return json.load(file)

    names = document(os.path.join(layout, "index.json"))["manifests"]
    index = next(one for one in names if one["annotations"]["org.opencontainers.image.ref.name"] == tag)
    manifests = document(blob(index["digest"]))["manifests"]
    return [[blob(layer["digest"]) for layer in document(blob(one["digest"]))["layers"]] for one in manifests]
