"""Many customizations on one base in one call, beside what the registry itself can take."""
import collections, hashlib, json, os, re, socket, sys, threading, time

import peers, push
from measure import measure, medians, memory, seconds, size
from registry import Registry

NUMBER, THREADS, REPOSITORY = 200, 4, "acme/many"
CPU_GOAL, REQUESTS_GOAL = 0.010, 8
SHARED_REQUESTS = 20  # for the inputs and for layers, once in a call

CUSTOMIZATION = """\
name: {name}
targets: [{{destination: "{host}/{repository}", base: "{host}/acme/base:13", tags: [many]}}]
platforms: [{platforms}]
contents:
  artifacts:
    - name: {host}/acme/tools:1
      includes: [usr/bin/git, usr/bin/curl, usr/lib/git-core, usr/share/git-core]
    - name: {host}/acme/ca:1
      includes: [etc/ssl/certs/ca-certificates.crt]
accounts: {{runs-as: app, users: [{{name: app, uid: 10001}}]}}
environment: {{NAME: "{name}"}}
"""

# What one run took, of overcoat or of a client that does nothing but ask.
Taken = collections.namedtuple("Taken", "wall cpu peak requests down up")


def compare(workload, runs, scratch):
    """Measures calls for images of one platform and of two."""
    if not push.is_there("docker-registry") or not push.is_there("skopeo"):
        return
    with scratch() as work, Registry(work) as registry:
        push.fill(registry, workload, work)
        for architectures in (["amd64"], ["amd64", "arm64"]):
            measured = collections.defaultdict(list)
            for _ in range(runs):
                registry.restore()
                with scratch() as own:
                    measure_rows(Many(registry, own, architectures), registry, measured)
            table(architectures, measured, runs)


class Many:
    """Calls of overcoat with many files and one store."""

    def __init__(self, registry, work, architectures):
        self.registry, self.work = registry, work
        self.platforms = ", ".join(f"linux/{arch}" for arch in architectures)

    def build(self, directory, names):
        """One call for files of these names, each with an environment of its own."""
        directory = os.path.join(self.work, directory)
        os.makedirs(directory, exist_ok=True)
        for name in names:
            with open(os.path.join(directory, f"{name}.yaml"), "w") as out:
                where = {"host": self.registry.host, "repository": REPOSITORY, "platforms": self.platforms}
                out.write(CUSTOMIZATION.format(name=name, **where))
        return [[peers.OVERCOAT, "build", directory, "--push", "--quiet", "--store", os.path.join(self.work, "store")]]


def measure_rows(many, registry, measured):
    names = [f"c{number}" for number in range(NUMBER)]
    rows = {
        "the first of all, one customization": ("one", ["one"]),
        f"{NUMBER} more, their layers made": ("many", names),
        "the same again": ("many", names),
    }
    for row, (directory, names) in rows.items():
        commands = many.build(directory, names)
        os.sync()
        mark = registry.mark()
        measured[row].append(Taken(*measure(commands), *registry.since(mark)))
    images = [list(requests_of(image)) for image in likes(registry, "many_one")]
    heads = [[image[-1]] for image in images]
    for row, sequences in (("the registry itself, as many images", images), ("the registry itself, again", heads)):
        os.sync()
        mark = registry.mark()
        wall = flood(registry.port, sequences)
        measured[row].append(Taken(wall, 0, 0, *registry.since(mark)))


class Request:
    """What is sent, and the status that is expected. An upload without a path goes where the last answer said."""

    def __init__(self, method, path, status=200, body=b"", media_type=None):
        self.method, self.path, self.status, self.body, self.media_type = method, path, status, body, media_type


def likes(registry, tag):
    """As many images like this one, each with an environment of its own: its tag, configs, manifests and index."""
    index, _ = registry.get(f"{REPOSITORY}/manifests/{tag}")
    index = json.loads(index)
    manifests = [json.loads(registry.get(f"{REPOSITORY}/manifests/{one['digest']}")[0]) for one in index["manifests"]]
    configs = [json.loads(registry.get(f"{REPOSITORY}/blobs/{one['config']['digest']}", "*/*")[0]) for one in manifests]
    for number in range(NUMBER):
        new_configs, new_manifests = [], []
        for config, manifest, descriptor in zip(configs, manifests, index["manifests"]):
            config["config"]["Env"][-1] = f"NAME=itself-{number}"
            new_configs.append(encode(config))
            manifest["config"].update(describe(new_configs[-1]))
            new_manifests.append(encode(manifest))
            descriptor.update(describe(new_manifests[-1]))
        yield f"itself-{number}", new_configs, new_manifests, encode(index)


def encode(document):
    return json.dumps(document, separators=(",", ":")).encode()


def describe(data):
    return {"digest": f"sha256:{hashlib.sha256(data).hexdigest()}", "size": len(data)}


def requests_of(image):
    """What overcoat sends for an image whose layers are there. The upload of a config goes where its answer says."""
    tag, configs, manifests, index = image
    media_type = "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json"
    by_digest = f"{REPOSITORY}/manifests/{describe(index)['digest']}"
    by_tag = f"{REPOSITORY}/manifests/{tag}"
    yield Request("HEAD", by_tag, 404)
    for config in configs:
        yield Request("POST", f"{REPOSITORY}/blobs/uploads/", 202)
        yield Request("PUT", None, 201, config)
    for manifest in manifests:
        yield Request("PUT", f"{REPOSITORY}/manifests/{describe(manifest)['digest']}", 201, manifest, media_type[0])
    yield Request("PUT", by_digest, 201, index, media_type[1])
    yield Request("GET", by_digest)
    yield Request("PUT", by_tag, 201, index, media_type[1])
    yield Request("HEAD", by_tag)


def flood(port, sequences):
    """Sends sequences of requests from some threads, each over a connection that it keeps; gives the wall seconds."""
    rest, failures = iter(sequences), []

    def work():
        try:
            connection = Connection(port)
            while True:
                with lock:
                    sequence = next(rest, None)
                if sequence is None:
                    return
                for request in sequence:
                    connection.send(request)
        except Exception as failure:
            failures.append(failure)

    lock = threading.Lock()
    threads = [threading.Thread(target=work, daemon=True) for _ in range(THREADS)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        sys.exit(f"the registry itself: {failures[0]}")
    return time.monotonic() - began


class Connection:
    """A connection with no more of HTTP than these requests need, so that the client takes little of the machine."""

    LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
    LOCATION = re.compile(rb"\r\nlocation: https?://[^/]+(/\S+)", re.IGNORECASE)

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.host, self.location = f"127.0.0.1:{port}", None

    def send(self, request):
        path = f"/v2/{request.path}" if request.path else f"{self.location}&digest={describe(request.body)['digest']}"
        head = f"{request.method} {path} HTTP/1.1\r\nHost: {self.host}\r\nAccept: */*\r\nContent-Length: {len(request.body)}\r\n"
        if request.media_type or request.path is None:
            head += f"Content-Type: {request.media_type or 'application/octet-stream'}\r\n"
        elif "/manifests/" in path:
            head += "Accept: application/vnd.oci.image.index.v1+json\r\n"
        self.socket.sendall(head.encode() + b"\r\n" + request.body)
        answer = self.receive(request.method)
        status = int(answer[9:12])
        if status != request.status:
            raise RuntimeError(f"{request.method} {path}: {status}")
        if location := self.LOCATION.search(answer):
            self.location = location[1].decode()

    def receive(self, method):
        data = b""
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self.more()
        head, rest = data[: end + 2], len(data) - end - 4
        length = self.LENGTH.search(head)
        if method != "HEAD" and length:
            while rest < int(length[1]):
                rest += len(self.more())
        return head

    def more(self):
        data = self.socket.recv(1 << 16)
        if not data:
            raise RuntimeError("the registry closed a connection")
        return data


def table(architectures, measured, runs):
    print(f"{NUMBER} customizations in one call, for {' and '.join(architectures)}, medians of {runs} runs; each is one's share")
    times = f"{'wall':>8} {'images/s':>9} {'CPU each':>9} {'peak':>8}"
    print(f"  {'':38} {times} {'requests':>8} {'requests/s':>10} {'down':>9} {'up':>9}  goals")
    for row, of_runs in measured.items():
        taken = Taken(*medians(of_runs))
        number = 1 if row.startswith("the first") else NUMBER
        ours = not row.startswith("the registry")
        times = f"{seconds(taken.wall):>8} {number / taken.wall:9.1f} {f'{taken.cpu / number * 1000:.2f} ms' if ours else '':>9}"
        peak = memory(taken.peak) if ours else ""
        asked = f"{taken.requests / number:8.2f} {taken.requests / taken.wall:10.0f}"
        moved = f"{size(taken.down / number):>9} {size(taken.up / number):>9}"
        print(f"  {row:38} {times} {peak:>8} {asked} {moved}  {goals(row, taken, len(architectures))}", flush=True)


def goals(row, taken, platforms):
    if "more" not in row:
        return ""
    cpu = f"CPU under {seconds(CPU_GOAL)}: {push.held(taken.cpu / NUMBER < CPU_GOAL)}"
    # Of two platforms each has a manifest and a config more.
    requests = REQUESTS_GOAL + 3 * (platforms - 1)
    return f"{cpu}, {requests} requests: {push.held(taken.requests <= requests * NUMBER + SHARED_REQUESTS)}"
