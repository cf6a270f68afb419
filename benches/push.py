"""Builds from a registry with a push to it, after one thing has changed or nothing has."""
import io, os, random, shutil, sys, tarfile

import pushers
from measure import measure, medians, memory, run, seconds, size
from pushers import TAG, Recipe
from registry import Registry

HERE = os.path.dirname(os.path.abspath(__file__))
FIRST, SAME, ARTIFACT, CONFIG, BASE = ROWS = (
    "first build, nothing there",
    "nothing changed",
    "one artifact's tag moved",
    "an environment variable changed",
    "base moved, both bases known",
)
TOOLS = {
    "overcoat": (pushers.Overcoat, None),
    "crane": (pushers.Crane, "crane"),
    "regctl": (pushers.Regctl, "regctl"),
    "buildah": (pushers.Buildah, "buildah"),
    "buildah without cached layers": (pushers.BuildahOnce, "buildah"),
}
# The slow ones are measured less often.
MOST_RUNS = {"crane": 2, "regctl": 2, "buildah": 1, "buildah without cached layers": 1}

# How many times as long as overcoat a tool has to take at least.
GOALS = {FIRST: {"buildah": 10, "crane": 1, "regctl": 1}, SAME: {"buildah": 50, "crane": 1, "regctl": 1}}
SECONDS_OF_BASE_MOVED = 0.15
BYTES_OF_BASE_MOVED = 16_000  # documents, and the small layers of accounts and files


def compare(workload, runs, scratch):
    """Measures all tools in turn."""
    if not is_there("docker-registry") or not is_there("skopeo"):
        return
    tools = {name: make for name, (make, program) in TOOLS.items() if program is None or is_there(program)}
    with scratch() as work, Registry(work) as registry:
        fill(registry, workload, work)
        tars = pushers.Tars(registry, work)
        measured, images = {row: {} for row in ROWS}, {}
        in_turn = [(number, name) for number in range(runs) for name in tools if number < MOST_RUNS.get(name, runs)]
        for number, name in in_turn:
            print(f"run {number + 1} of {name}", file=sys.stderr, flush=True)
            registry.restore()
            with scratch() as own:
                for row, recipe, taken in measure_rows(tools[name](registry, own, tars), registry):
                    measured[row].setdefault(name, []).append(taken)
                    check(name, row, recipe, registry, images)
    print("crane and regctl are given ready tars: selecting files from artifacts is work that they are not measured for")
    for row, of_tools in measured.items():
        table(row, of_tools)


def is_there(program):
    there = shutil.which(program) is not None
    if not there:
        print(f"{program} is not installed, and left out")
    return there


def fill(registry, workload, work):
    """Fills the registry with the workload, and with certificates to which the tag of an artifact can be moved."""
    for tag, source in (("13", "13"), ("13-first", "13"), ("13-patched", "13-patched")):
        registry.fill(f"oci:{workload}/base:{source}", f"acme/base:{tag}")
    for name in ("ca", "jre", "tools"):
        registry.fill(f"oci:{workload}/artifacts:{name}", f"acme/{name}:1")
    make_image = os.path.join(HERE, "..", "tests", "workload", "mkimage.py")
    for number in range(pushers.Overcoat.repeats):
        tar = os.path.join(work, "ca.tar")
        write_certificates(tar, number)
        run([sys.executable, make_image, f"{work}/moved", f"{number}", f"linux/amd64={tar}", f"linux/arm64={tar}"])
        registry.fill(f"oci:{work}/moved:{number}", f"acme/ca:moved-{number}")
    print(f"the registry is filled with {size(registry.blob_bytes())} of blobs", flush=True)
    registry.keep()


def write_certificates(path, seed):
    content = random.Random(seed).randbytes(150_000).hex().encode()
    with tarfile.open(path, "w") as tar:
        info = tarfile.TarInfo("etc/ssl/certs/ca-certificates.crt")
        info.size, info.mode = len(content), 0o644
        tar.addfile(info, io.BytesIO(content))


def measure_rows(tool, registry):
    """Measures each row of a tool so often as it repeats them; gives the row, what was to be built, and what it took."""

    def taken(commands):
        os.sync()
        mark = registry.mark()
        return (*measure(commands), *registry.since(mark))

    recipe = Recipe("acme/app0", "here-0", "1", "first")
    yield FIRST, recipe, taken(tool.first(recipe))
    for number in range(tool.repeats):
        if number == 0:
            prepare(tool.know_patched(recipe))
        else:
            registry.tag("acme/base", "13-first", "13")
            recipe = recipe._replace(app=f"acme/app{number}", marker=f"here-{number}")
            prepare(tool.build(recipe))
        yield SAME, recipe, taken(tool.same(recipe))
        registry.tag("acme/ca", f"moved-{number}", "1")
        recipe = recipe._replace(ca=f"moved-{number}")
        yield ARTIFACT, recipe, taken(tool.artifact_moved(recipe))
        recipe = recipe._replace(value=f"changed-{number}")
        yield CONFIG, recipe, taken(tool.config_changed(recipe))
        registry.tag("acme/base", "13-patched", "13")
        yield BASE, recipe, taken(tool.base_moved(recipe))


def prepare(commands):
    for command in commands:
        run(command)


def check(name, row, recipe, registry, images):
    """Says where a tool has not pushed what it was to: overcoat, which is first, and the tools that take its tars have to
    agree in every layer, and all in the layers of the base and in the environment."""
    pushed = registry.configs(recipe.app, TAG)
    bases = registry.configs("acme/base", "13")
    for arch in ("amd64", "arm64"):
        layers, base = (configs[arch]["rootfs"]["diff_ids"] for configs in (pushed, bases))
        expected = images.setdefault((row, recipe, arch), layers)
        if name in ("crane", "regctl") and layers != expected or layers[: len(base)] != base:
            sys.exit(f"{name}: {row}: other layers of {arch}")
        if f"APP={recipe.value}" not in pushed[arch]["config"]["Env"]:
            sys.exit(f"{name}: {row}: another environment of {arch}")


def table(row, of_tools):
    print(row)
    columns = f"{'runs':>4} {'wall':>8} {'CPU':>8} {'peak':>8} {'requests':>8} {'down':>9} {'up':>9} {'wall, ratio':>12}"
    print(f"  {'':30} {columns}  goal")
    ours, *_ = medians(of_tools["overcoat"])
    for name, runs in of_tools.items():
        wall, cpu, peak, requests, down, up = medians(runs)
        times = f"{len(runs):4} {seconds(wall):>8} {seconds(cpu):>8} {memory(peak):>8}"
        traffic = f"{requests:8.0f} {size(down):>9} {size(up):>9}"
        print(f"  {name:30} {times} {traffic} {wall / ours:11.2f}x  {goal(row, name, wall, ours, down + up)}", flush=True)


def goal(row, name, wall, ours, moved):
    if name != "overcoat":
        factor = GOALS.get(row, {"crane": 1, "regctl": 1}).get(name.split()[0])
        return f"{factor}x: {held(wall >= factor * ours)}" if factor else ""
    if row != BASE:
        return ""
    is_quick = f"under {seconds(SECONDS_OF_BASE_MOVED)}: {held(wall < SECONDS_OF_BASE_MOVED)}"
    return f"{is_quick}, no payload moved: {held(moved < BYTES_OF_BASE_MOVED)}"


def held(is_so):
    return "held" if is_so else "MISSED"
