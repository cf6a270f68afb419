"""One image, as overcoat and its peers build it from a registry and push it there. Each has a directory of its own and
gives its commands for each row; nothing that a command needs is prepared while it is measured."""
import collections, json, os, tarfile

import peers
from measure import run

TAG = "app_compared"
APP_ENVIRONMENT = {"PATH": "/usr/lib/jvm/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "JAVA_VERSION": "21"}

# What is to be built: where to, what a file holds, what an environment variable is, and what `acme/ca:1` means.
Recipe = collections.namedtuple("Recipe", "app marker value ca")


class Overcoat:
    """Builds with a store that is new at first."""

    repeats = 5

    def __init__(self, registry, work, _tars):
        self.registry, self.work = registry, work

    def build(self, recipe, base="13"):
        file = os.path.join(self.work, "app.yaml")
        with open(file, "w") as out:
            names = {"app": recipe.app, "marker": recipe.marker, "value": recipe.value, "base": base}
            out.write(peers.customization(registry=f"{self.registry.host}/", **names))
        return [[peers.OVERCOAT, "build", file, "--push", "--quiet", "--store", os.path.join(self.work, "store")]]

    first = same = artifact_moved = config_changed = base_moved = build

    def know_patched(self, recipe):
        """Lets the store index the other base, with files that no measured build has."""
        return self.build(recipe._replace(app="acme/elsewhere", marker="elsewhere"), base="13-patched")


class Buildah:
    """Builds with a cache of its layers, which is empty at first, and its images newly asked for. Each platform has storage of
    its own, so that both are built and pushed at a time."""

    repeats, layers = 1, "true"

    def __init__(self, registry, work, _tars):
        self.registry, self.work = registry, work
        self.buildah = f"buildah --root {work}/root-$1 --runroot {work}/run-$1"

    def build(self, recipe):
        context = os.path.join(self.work, "context")
        os.makedirs(context, exist_ok=True)
        peers.write_context(context, recipe.marker)
        images = {name: f"{self.registry.host}/acme/{name}:1" for name in ("jre", "tools", "ca")}
        for arch in peers.TRIPLES:
            with open(os.path.join(self.work, f"Containerfile.{arch}"), "w") as out:
                out.write(peers.containerfile(arch, f"{self.registry.host}/acme/base:13", **images, value=recipe.value))
        app = f"{self.registry.host}/{recipe.app}"
        build = f"bud --layers={self.layers} --pull-always --tls-verify=false --platform linux/$1"
        one = [
            f"{self.buildah} {build} -t app -f {self.work}/Containerfile.$1 {context}",
            f"{self.buildah} push --tls-verify=false app docker://{app}:app-$1",
        ]
        index = self.buildah.replace("$1", "amd64")
        return script(
            one,
            f"{index} manifest create --tls-verify=false app-list docker://{app}:app-amd64 docker://{app}:app-arm64",
            f"{index} manifest push --rm --all --tls-verify=false app-list docker://{app}:{TAG}",
        )

    first = same = artifact_moved = config_changed = base_moved = build

    def know_patched(self, _):
        return script([f"{self.buildah} pull --tls-verify=false --arch $1 {self.registry.host}/acme/base:13-patched"])


class BuildahOnce(Buildah):
    """Builds without a cache of layers, which is its fastest way to build once."""

    repeats, layers = 0, "false"


class Crane:
    """Appends ready tars, whose making is not measured: so much less work than the others have. The large ones are below a
    tag of their own, by which a small one can be exchanged. Both platforms are made at a time."""

    repeats = 1

    def __init__(self, registry, _work, tars):
        self.registry, self.tars = registry, tars

    def first(self, recipe):
        app, base = self.names(recipe)
        jre, tools, _, _ = self.tars.paths(recipe)
        stage = f"crane append --platform linux/$1 -b {base} -f {jre} -f {tools} -t {app}:stage-$1"
        return self.script(recipe, stage, *self.upper(recipe))

    same = build = first

    def artifact_moved(self, recipe):
        return self.script(recipe, *self.upper(recipe))

    def config_changed(self, recipe):
        app, _ = self.names(recipe)
        return self.script(recipe, f"crane mutate {app}:app-$1 -e APP={recipe.value} -t {app}:app-$1")

    def base_moved(self, recipe):
        app, base = self.names(recipe)
        bases = f"--old_base {base}-first --new_base {base}"
        return self.script(recipe, f"crane rebase --platform linux/$1 {app}:app-$1 {bases} -t {app}:app-$1")

    def know_patched(self, _):
        return []

    def upper(self, recipe):
        app, _ = self.names(recipe)
        _, _, ca, state = self.tars.paths(recipe)
        environment = " ".join(f"-e {name}={value}" for name, value in {**APP_ENVIRONMENT, "APP": recipe.value}.items())
        yield f"crane append -b {app}:stage-$1 -f {ca} -f {state} -t {app}:app-$1"
        yield f"crane mutate {app}:app-$1 {environment} -l org.example.app=app -u app -t {app}:app-$1"

    def script(self, recipe, *commands):
        app, _ = self.names(recipe)
        return script(commands, f"crane index append -m {app}:app-amd64 -m {app}:app-arm64 -t {app}:{TAG}")

    def names(self, recipe):
        return f"{self.registry.host}/{recipe.app}", f"{self.registry.host}/acme/base:13"


class Regctl:
    """Adds ready tars as crane does. It cannot set the user, which is left out."""

    repeats = 1

    def __init__(self, registry, _work, tars):
        self.registry, self.tars = registry, tars
        self.mod = ["regctl", "--host", f"reg={registry.host},tls=disabled", "image", "mod"]

    def first(self, recipe):
        app, base = self.names(recipe)
        stage = [*self.mod, base, "--create", f"{app}:stage", *self.layers(recipe, slice(0, 2))]
        return [stage, *self.artifact_moved(recipe)]

    same = build = first

    def artifact_moved(self, recipe):
        app, _ = self.names(recipe)
        names = {**APP_ENVIRONMENT, "APP": recipe.value}.items()
        environment = [flag for name, value in names for flag in ("--env", f"{name}={value}")]
        layers = self.layers(recipe, slice(2, 4))
        return [[*self.mod, f"{app}:stage", "--create", f"{app}:{TAG}", *layers, *environment, "--label", "org.example.app=app"]]

    def config_changed(self, recipe):
        app, _ = self.names(recipe)
        return [[*self.mod, f"{app}:{TAG}", "--replace", "--env", f"APP={recipe.value}"]]

    def base_moved(self, recipe):
        app, base = self.names(recipe)
        return [[*self.mod, f"{app}:{TAG}", "--replace", "--rebase-ref", f"{base}-first,{base}"]]

    def know_patched(self, _):
        return []

    def layers(self, recipe, which):
        added = ((arch, tar) for arch in peers.TRIPLES for tar in self.tars.paths(recipe)[which])
        return [flag for arch, tar in added for flag in ("--layer-add", f"tar={tar.replace('$1', arch)},platform=linux/{arch}")]

    def names(self, recipe):
        return f"{self.registry.host}/{recipe.app}", f"{self.registry.host}/acme/base:13"


def script(one, *both):
    """Commands for each platform, `$1`, at a time, and then for both."""
    lines = ["set -e", "one() {", *one, "}", "one amd64 & other=$!", "one arm64", "wait $other", *both]
    return [["sh", "-c", "\n".join(lines)]]


class Tars:
    """The layers of a recipe as plain tars, for those that cannot make them: as overcoat selects and makes them."""

    def __init__(self, registry, work):
        self.registry, self.work = registry, work

    def paths(self, recipe):
        """The tars of a Java runtime, tools, certificates and the rest, in which `$1` stands for the architecture."""
        directory = os.path.join(self.work, f"tars-{recipe.ca}-{recipe.marker}")
        if not os.path.exists(directory):
            for arch in peers.TRIPLES:
                self.make(recipe, arch, os.path.join(directory, arch))
        return [os.path.join(directory, "$1", f"{number}.tar") for number in range(4)]

    def make(self, recipe, arch, directory):
        os.makedirs(directory)
        overcoat = Overcoat(self.registry, self.work, None)
        archive = os.path.join(directory, "archive.tar")
        command = [flag for flag in overcoat.build(recipe)[0] if flag != "--push"]
        run([*command, "--platform", f"linux/{arch}", "-o", f"docker-archive:{archive}"])
        with tarfile.open(archive) as tar:
            layers = json.load(tar.extractfile("manifest.json"))[0]["Layers"][-4:]
            for number, layer in enumerate(layers):
                tar.extract(layer, directory)
                os.rename(os.path.join(directory, layer), os.path.join(directory, f"{number}.tar"))
        os.remove(archive)
