"""A docker-registry on loopback that ends with this process, and what was asked of it."""
import collections, ctypes, json, os, re, shutil, signal, socket, subprocess, sys, time, urllib.request

from measure import run

DOCUMENTS = ",".join(
    [f"application/vnd.oci.image.{kind}.v1+json" for kind in ("index", "manifest")]
    + [f"application/vnd.docker.distribution.{kind}.v2+json" for kind in ("manifest.list", "manifest")]
)
LINE = re.compile(r'"(?P<method>[A-Z]+) (?P<path>\S+) HTTP/[\d.]+" (?P<status>\d+) (?P<bytes>\d+)')
UPLOADED = re.compile(r"/blobs/uploads/.*[?&]digest=sha256(?::|%3A)(?P<hex>[0-9a-f]{64})")

# What clients asked: requests, and bytes of blobs as they were sent to clients and by them.
Traffic = collections.namedtuple("Traffic", "requests down up")


class Registry:
    """A registry in a directory of its own, on one port for as long as it lives."""

    def __init__(self, work):
        self.storage, self.kept = os.path.join(work, "storage"), os.path.join(work, "kept")
        self.config = os.path.join(work, "registry.yml")
        self.log, self.errors = os.path.join(work, "access.log"), os.path.join(work, "errors.log")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.host = f"127.0.0.1:{self.port}"
        with open(self.config, "w") as out:
            out.write(f"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {self.storage}}}}}\n")
            out.write(f"http: {{addr: '{self.host}', secret: one process alone}}\n")
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        command = ["docker-registry", "serve", self.config]
        with open(self.log, "w") as log, open(self.errors, "w") as errors:
            self.process = subprocess.Popen(command, stdout=log, stderr=errors, preexec_fn=end_with_parent)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except ConnectionRefusedError:
                if self.process.poll() is not None:
                    with open(self.errors) as errors:
                        sys.exit(f"docker-registry: failed\n{errors.read()}")
                time.sleep(0.05)
        sys.exit("docker-registry does not answer")

    def stop(self):
        self.process.kill()
        self.process.wait()

    def keep(self):
        """Keeps what the registry has, for `restore`."""
        self.stop()
        os.rename(self.storage, self.kept)
        self.start()

    def restore(self):
        """Starts anew with what was kept. Blobs are written once and never again, so that links to them are enough."""
        self.stop()
        shutil.rmtree(self.storage, ignore_errors=True)
        shutil.copytree(self.kept, self.storage, copy_function=link_blob)
        self.start()

    def fill(self, source, target):
        """Copies an image of all its platforms."""
        run(["skopeo", "copy", "--quiet", "--all", "--dest-tls-verify=false", source, f"docker://{self.host}/{target}"])

    def blob_bytes(self):
        """The sizes of all blobs."""
        return sum(entry.stat().st_size for entry in entries(os.path.join(self.storage, "docker", "registry", "v2", "blobs")))

    def get(self, path, accept=DOCUMENTS):
        """The body and the media type of a document."""
        request = urllib.request.Request(f"http://{self.host}/v2/{path}", headers={"Accept": accept})
        with urllib.request.urlopen(request) as answer:
            return answer.read(), answer.headers["Content-Type"]

    def tag(self, repository, name, tag):
        """Lets a tag mean what another name means."""
        body, media_type = self.get(f"{repository}/manifests/{name}")
        url = f"http://{self.host}/v2/{repository}/manifests/{tag}"
        request = urllib.request.Request(url, body, {"Content-Type": media_type}, method="PUT")
        urllib.request.urlopen(request).close()

    def configs(self, repository, tag):
        """The configs of an image by architecture."""

        def document(kind, name):
            return json.loads(self.get(f"{repository}/{kind}/{name}", DOCUMENTS if kind == "manifests" else "*/*")[0])

        configs = {}
        for one in document("manifests", tag)["manifests"]:
            manifest = document("manifests", one["digest"])
            configs[one["platform"]["architecture"]] = document("blobs", manifest["config"]["digest"])
        return configs

    def mark(self):
        """A place in the access log."""
        return os.path.getsize(self.log)

    def since(self, mark):
        """What was asked since then."""
        time.sleep(0.05)  # An answer can arrive before its line is written.
        with open(self.log) as log:
            log.seek(mark)
            requests = [found for line in log if (found := LINE.search(line))]
        down = sum(int(one["bytes"]) for one in requests if one["method"] == "GET" and "/blobs/sha256" in one["path"])
        created = [found["hex"] for one in requests if one["status"] == "201" and (found := UPLOADED.search(one["path"]))]
        return Traffic(len(requests), down, sum(map(self.blob_size, created)))

    def blob_size(self, name):
        return os.path.getsize(f"{self.storage}/docker/registry/v2/blobs/sha256/{name[:2]}/{name}/data")


def end_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # 1 is PR_SET_PDEATHSIG.


def link_blob(source, target):
    if os.path.basename(source) == "data":
        os.link(source, target)
    else:
        shutil.copyfile(source, target)


def entries(directory):
    """All files below a directory."""
    for entry in os.scandir(directory):
        if entry.is_dir():
            yield from entries(entry.path)
        else:
            yield entry
