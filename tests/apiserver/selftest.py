#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""selftest.py -- the recorded clusters, asked by the real kubectl.  KUBECTL names another one than the one in PATH.

Prints what failed and one line "N passed, N failed"; the exit status is 0 when nothing failed, 77 without kubectl.
"""

import base64
import contextlib
import glob
import http.client
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
CLUSTERS = os.path.join(HERE, "clusters")
KUBECTL = os.environ.get("KUBECTL", "kubectl")
RECORDED = ("bookinfo-healthy", "bookinfo-broken", "bookinfo-0.5", "bookinfo-0.5-broken", "minimal")
NS = "istio-system"


class Result:
    def __init__(self, done):
        self.rc, self.out, self.err = done.returncode, done.stdout, done.stderr

    def __repr__(self):
        return f"rc {self.rc}\nstdout: {self.out[:800]}\nstderr: {self.err[:800]}"


class Running:
    """A server and what a test asks of it."""

    def __init__(self, process, folder):
        self.process = process
        self.folder = folder
        self.kubeconfig = os.path.join(folder, "kubeconfig")
        with open(os.path.join(folder, "port"), encoding="ascii") as file:
            self.port = int(file.read())

    def kubectl(self, *args, timeout=30):
        env = {
            "PATH": os.environ["PATH"],
            "HOME": self.folder,
            "KUBECONFIG": self.kubeconfig,
            "LC_ALL": "C",
            "TZ": "UTC",
        }
        return Result(
            subprocess.run(
                [KUBECTL, f"--cache-dir={self.folder}/cache", *args],
                env=env,
                timeout=timeout,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
        )

    def get(self, path, headers=None, method="GET", body=None):
        """(status, headers, text) without kubectl."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.closing(link):
            link.request(method, path, body, headers or {})
            answer = link.getresponse()
            return answer.status, answer.headers, answer.read().decode()

    def json(self, path, **more):
        return json.loads(self.get(path, **more)[2])

    def log(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def pod(self, selector, namespace=NS):
        items = self.json(f"/api/v1/namespaces/{namespace}/pods?labelSelector={urllib.parse.quote(selector)}")[
            "items"
        ]
        expect(len(items) == 1, f"{selector} selects {len(items)} pods")
        return items[0]["metadata"]["name"]


def expect(truth, message):
    if not truth:
        raise AssertionError(str(message))


def same(found, wanted, what=""):
    expect(found == wanted, f"{what}: found {found!r}, wanted {wanted!r}")


@contextlib.contextmanager
def serve(cluster, *options, faults=None):
    """A server of a recorded cluster, or of a folder."""
    folder = tempfile.mkdtemp(prefix="apiserver.")
    files = {name: os.path.join(folder, name) for name in ("kubeconfig", "port", "log", "faults")}
    command = [
        sys.executable,
        os.path.join(HERE, "server.py"),
        cluster if "/" in cluster else os.path.join(CLUSTERS, cluster),
        "--kubeconfig",
        files["kubeconfig"],
        "--port-file",
        files["port"],
        "--log",
        files["log"],
        *options,
    ]
    if faults is not None:
        with open(files["faults"], "w", encoding="utf-8") as file:
            json.dump(faults, file)
        command += ["--faults", files["faults"]]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        expect(line.startswith("ready http://127.0.0.1:"), f"the server said {line!r}")
        yield Running(process, folder)
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()
        process.stdin.close()
        shutil.rmtree(folder)


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def overlay(folder, base, **files):
    """A cluster folder for one test."""
    files.setdefault("cluster.json", {"base": os.path.join(CLUSTERS, base)})
    for name, content in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(content if isinstance(content, str) else json.dumps(content))


# -- objects -----------------------------------------------------------------------------------


def test_kubectl_lists_every_kind():
    with serve("bookinfo-healthy") as s:
        for kind, count in (
            ("nodes", 3),
            ("namespaces", 4),
            ("pods", 28),
            ("services", 19),
            ("deployments.apps", 19),
            ("deployments.extensions", 19),
            ("replicasets.apps", 19),
            ("jobs.batch", 2),
            ("secrets", 12),
            ("rules.config.istio.io", 5),
            ("metrics.config.istio.io", 6),
            ("logentries.config.istio.io", 1),
            ("prometheuses.config.istio.io", 1),
            ("virtualservices.networking.istio.io", 5),
            ("destinationrules.networking.istio.io", 6),
            ("mutatingwebhookconfigurations", 1),
        ):
            found = s.kubectl("get", kind, "-A", "-o", "json")
            same(found.rc, 0, f"{kind}: {found!r}")
            same(len(json.loads(found.out)["items"]), count, kind)
        same(s.json("/apis/apps/v1/deployments")["apiVersion"], "apps/v1")
        same(s.json("/apis/config.istio.io/v1alpha2/rules")["items"][0]["kind"], "rule")
        expect("kind" not in s.json("/api/v1/pods")["items"][0], "items of a typed list carry no kind")


def test_discovery_follows_the_version():
    with serve("bookinfo-healthy") as s:
        found = s.kubectl("api-resources", "--verbs=list", "-o", "name")
        names = found.out.split()
        for name in (
            "pods",
            "rules.config.istio.io",
            "deployments.extensions",
            "virtualservices.networking.istio.io",
        ):
            expect(name in names, f"{name} is not among {names}")
        expect("leases.coordination.k8s.io" not in names, "1.10 has no leases")
        expect("v1.10.3" in s.kubectl("version").out, "the server's version")
        missing = s.kubectl("get", "nonsense.example.com")
        expect("the server doesn't have a resource type" in missing.err, missing)
    with serve("minimal") as s:
        expect(
            "leases.coordination.k8s.io" in s.kubectl("api-resources", "-o", "name").out.split(), "1.27 has leases"
        )
        same(s.get("/apis/extensions/v1beta1")[0], 404)


def test_selectors_and_single_objects():
    with serve("bookinfo-healthy") as s:
        out = s.kubectl(
            "get", "pods", "-n", NS, "-l", "istio=mixer,istio-mixer-type in (telemetry)", "-o", "name"
        ).out
        same(len(out.split()), 1, out)
        out = s.kubectl("get", "pods", "-A", "--field-selector", "spec.nodeName=master-0", "-o", "name").out
        same(len(out.split()), 6, out)
        out = s.kubectl("get", "pods", "-A", "-l", "app!=reviews,app", "-o", "name").out
        expect("reviews" not in out and "details" in out, out)
        same(s.kubectl("get", "configmap", "istio", "-n", NS, "-o", "jsonpath={.metadata.name}").out, "istio")
        missing = s.kubectl("get", "pod", "nope")
        expect('Error from server (NotFound): pods "nope" not found' in missing.err, missing)
        same(s.get("/api/v1/pods?fieldSelector=spec.colour%3Dred")[0], 400)


def test_paging():
    with serve("bookinfo-healthy") as s:
        whole = s.kubectl("get", "pods", "-A", "-o", "name").out
        paged = s.kubectl("get", "pods", "-A", "-o", "name", "--chunk-size=5")
        same(paged.out, whole, paged)
        expect(sum("continue=" in r["query"] for r in s.log()) == 5, "28 pods by 5 are 5 further pages")
        meta = s.json("/api/v1/pods?limit=10")["metadata"]
        expect(meta["continue"] and "remainingItemCount" not in meta, f"1.10 does not count what remains: {meta}")
        same(s.get("/api/v1/pods?limit=10&continue=garbage")[0], 400)
    with serve("minimal") as s:
        meta = s.json("/api/v1/namespaces?limit=1")["metadata"]
        same(meta["remainingItemCount"], 2)
        rest = s.json("/api/v1/namespaces?limit=9&continue=" + meta["continue"])
        same((len(rest["items"]), rest["metadata"]["resourceVersion"]), (2, meta["resourceVersion"]))


def test_an_expired_page():
    faults = [{"path": "/api/v1/pods", "query": {"continue": "?*"}, "action": "expire", "count": 1}]
    with serve("bookinfo-healthy", faults=faults) as s:
        found = s.kubectl("get", "pods", "-A", "--chunk-size=5", "-o", "json")
        expect(found.rc == 1 and "(Expired)" in found.err, found)
        same(len(json.loads(found.out)["items"]), 5, "kubectl prints the page that it had")
    with serve("minimal", faults=[dict(faults[0], path="/api/v1/namespaces")]) as s:
        token = s.json("/api/v1/namespaces?limit=2")["metadata"]["continue"]
        status, _, text = s.get("/api/v1/namespaces?limit=2&continue=" + token)
        same(status, 410)
        on = json.loads(text)["metadata"]["continue"]
        same(len(s.json("/api/v1/namespaces?limit=2&continue=" + on)["items"]), 1)


def test_metadata_only_lists():
    accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v="
    with serve("bookinfo-healthy") as s:
        same(s.get("/api/v1/secrets", {"Accept": accept + "v1"})[0], 406, "1.10 knows v1beta1 only")
        listed = s.json("/api/v1/secrets", headers={"Accept": f"{accept}v1,{accept}v1beta1"})
        same((listed["kind"], listed["apiVersion"]), ("PartialObjectMetadataList", "meta.k8s.io/v1beta1"))
        expect('"data"' not in json.dumps(listed["items"]), "no data in metadata")
        same([r for r in s.log() if r.get("secret_data")], [], "nothing secret was fetched")
        expect(all(i["data"] for i in s.json("/api/v1/secrets")["items"]), "a plain list has the data")
        same(len([r for r in s.log() if r.get("secret_data")]), 1, "and the log says so")
    with serve("minimal") as s:
        listed = s.json("/api/v1/secrets", headers={"Accept": accept + "v1"})
        same(listed["apiVersion"], "meta.k8s.io/v1")


def test_watch_shows_leases_being_renewed():
    with serve("minimal", "--renew", "0.2") as s:
        link = http.client.HTTPConnection("127.0.0.1", s.port, timeout=10)
        link.request("GET", "/apis/coordination.k8s.io/v1/leases?watch=1&timeoutSeconds=1")
        events = [json.loads(line) for line in link.getresponse().read().decode().splitlines()]
        link.close()
        same(events[0]["type"], "ADDED")
        expect(len([e for e in events if e["type"] == "MODIFIED"]) >= 3, events)
        renewed = events[-1]["object"]["spec"]["renewTime"]
        age = time.time() - time.mktime(time.strptime(renewed[:19], "%Y-%m-%dT%H:%M:%S")) + time.timezone
        expect(-2 < age < 3, f"renewed {age} s ago")


# -- logs, ports, commands -----------------------------------------------------------------------


def test_logs():
    with serve("bookinfo-healthy") as s:
        mixer = s.pod("istio-mixer-type=telemetry")
        whole = s.kubectl("logs", "-n", NS, mixer, "-c", "mixer").out
        expect(whole.startswith("Mixer started with\n"), whole[:80])
        expect("\tinfo\tadapters\tserving prometheus metrics on 42422\t{" in whole, "tabs are kept")
        same(s.kubectl("logs", "-n", NS, mixer, "-c", "mixer", "--tail=2").out, "".join(whole.splitlines(True)[-2:]))
        same(s.kubectl("logs", "-n", NS, mixer, "-c", "mixer", "--limit-bytes=7").out, "Mixer s")
        stamped = s.kubectl("logs", "-n", NS, mixer, "-c", "mixer", "--timestamps").out.splitlines()
        expect(
            all(re.match(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z ?", line) for line in stamped),
            "each line is stamped",
        )
        recent = s.kubectl("logs", "-n", NS, mixer, "-c", "mixer", "--since=2m").out
        expect(0 < len(recent) < len(whole) / 3, "the last two minutes")
        for args, text in (
            (("-c", "nope"), "container nope is not valid for pod"),
            (("-c", "mixer", "--previous"), "previous terminated container"),
            ((), "a container name must be specified"),
        ):
            refused = s.kubectl("logs", "-n", NS, mixer, *args)
            if args or refused.rc:  # newer kubectl chooses a container by itself
                expect(refused.rc == 1 and text in refused.err, refused)
    with serve("minimal") as s:
        same(s.kubectl("logs", "web-1", "-c", "web", "--previous").out.splitlines()[-1], "fatal: cannot go on")


def test_ports_of_pods_and_services():
    with serve("bookinfo-healthy") as s:
        base = f"/api/v1/namespaces/{NS}"
        mixer = s.pod("istio-mixer-type=telemetry")
        reports = [
            re.search(
                r'handled_total\{grpc_code="OK",grpc_method="Report".* (\d+)',
                s.kubectl("get", "--raw", f"{base}/pods/{mixer}:9093/proxy/metrics").out,
            ).group(1)
            for _ in range(3)
        ]
        same(reports, ["146", "150", "150"], "the second sample is a later one, and stays")
        expect(
            "istio_request_count{" in s.get(f"{base}/services/istio-telemetry:prometheus/proxy/metrics")[2],
            "by port name",
        )
        expect(
            "istio_request_count{" in s.get(f"{base}/services/http:istio-telemetry:42422/proxy/metrics")[2],
            "by scheme and number",
        )
        status, headers, text = s.get(f"{base}/pods/{mixer}:9999/proxy/")
        expect(status == 503 and "getsockopt: connection refused" in text, text)
        registered = s.json(f"{base}/pods/http:{s.pod('istio=pilot')}:8080/proxy/v1/registration")
        expect(
            "productpage.default.svc.cluster.local|http" in [r["service-key"] for r in registered],
            "what Pilot registers",
        )
        key = urllib.parse.quote("details.default.svc.cluster.local|http")
        expect(
            '"hosts"' in s.get(f"{base}/services/istio-pilot:8080/proxy/v1/registration/{key}")[2],
            "one service of them",
        )
        now = float(s.json(f"{base}/services/prometheus:9090/proxy/api/v1/query?query=time()")["data"]["result"][0])
        expect(abs(now - time.time()) < 3, "Prometheus tells the time")
        targets = s.json(f"{base}/services/prometheus:9090/proxy/api/v1/targets")["data"]["activeTargets"]
        same(sorted({t["health"] for t in targets}), ["up"])
        same(s.get(f"{base}/services/nope:80/proxy/")[0], 404)
        same(s.get("/api/v1/nodes/worker-1/proxy/healthz")[2], "ok")
    with serve("minimal", "--skew", "30") as s:
        offset = lambda path: date_of(s.get(path)[1]) - time.time()  # noqa: E731
        expect(28 < offset("/version") < 31, "the API server's clock")
        expect(-62 < offset("/api/v1/namespaces/default/pods/web-1:8080/proxy/late") < -58, "the pod's clock")


def date_of(headers):
    return time.mktime(time.strptime(headers["Date"], "%a, %d %b %Y %H:%M:%S GMT")) - time.timezone


def test_exec():
    with serve("bookinfo-healthy") as s:
        pod = s.pod("istio=ingressgateway")
        limits = s.kubectl("exec", "-n", NS, pod, "--", "cat", "/proc/1/limits")
        expect(limits.rc == 0 and re.search(r"Max open files +1048576 +1048576", limits.out), limits)
        stamp = float(s.kubectl("exec", "-n", NS, pod, "--", "date", "+%s.%N").out)
        expect(abs(stamp - time.time()) < 3, stamp)
        mixer = s.pod("istio-mixer-type=policy")
        scratch = s.kubectl("exec", "-n", NS, mixer, "-c", "mixer", "--", "date")
        expect(scratch.rc == 126 and "executable file not found" in scratch.out, scratch)
        pilot = s.pod("istio=pilot")
        dump = s.kubectl(
            "exec", "-n", NS, pilot, "-c", "discovery", "--", "/usr/local/bin/pilot-discovery", "debug", "all", "ads"
        )
        expect(len(dump.out) > 20000 and dump.out.startswith(pilot), "a long answer arrives whole")
        for ask in (
            ("curl", "-s", "http://127.0.0.1:15000/config_dump"),
            ("/usr/local/bin/pilot-agent", "debug", "config_dump"),
        ):
            expect("clusters" in json.loads(s.kubectl("exec", "-n", NS, pod, "--", *ask).out)["configs"], ask)
        same([r["exec"]["argv"] for r in s.log() if "exec" in r][0], ["cat", "/proc/1/limits"])
    with serve("minimal") as s:
        both = s.kubectl("exec", "web-1", "-c", "web", "--", "both")
        same((both.rc, both.out, both.err.splitlines()[0]), (3, "to out\n", "to err"))
        unknown = s.kubectl("exec", "web-9", "-c", "web", "--", "both")
        expect(unknown.rc == 1 and "not found" in unknown.err, unknown)


def test_exec_over_a_websocket():
    with tempfile.TemporaryDirectory(prefix="apiserver.") as folder:
        version = load(os.path.join(CLUSTERS, "minimal", "version.json"))
        overlay(folder, "minimal", **{"version.json": dict(version, minor="30")})
        with serve(folder) as s, socket.create_connection(("127.0.0.1", s.port), timeout=10) as link:
            path = "/api/v1/namespaces/default/pods/web-1/exec?command=both&container=web&stdout=true&stderr=true"
            key = base64.b64encode(b"sixteen bytes ok").decode()
            link.sendall(
                f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n".encode()
            )
            stream = link.makefile("rb")
            same(stream.readline(), b"HTTP/1.1 101 Switching Protocols\r\n")
            while stream.readline() != b"\r\n":
                pass
            frames = {}
            while True:
                opcode, size = stream.read(2)
                if size == 126:
                    size = struct.unpack(">H", stream.read(2))[0]
                payload = stream.read(size)
                if opcode & 15 == 8:
                    break
                frames[payload[0]] = payload[1:]
            same((frames[1], frames[2]), (b"to out\n", b"to err\n"))
            same(json.loads(frames[3])["details"]["causes"][0]["message"], "3")
            stream.close()


# -- the proxy, access, faults, clocks ---------------------------------------------------------------


def test_kubectl_proxy_on_a_unix_socket():
    with serve("bookinfo-healthy") as s:
        path = os.path.join(s.folder, "proxy.sock")
        proxy = subprocess.Popen(
            [
                KUBECTL,
                "--kubeconfig",
                s.kubeconfig,
                "proxy",
                "--unix-socket",
                path,
                "--reject-methods=POST,PUT,PATCH,DELETE",
            ],
            stdout=subprocess.PIPE,
            text=True,
            env={"PATH": os.environ["PATH"], "HOME": s.folder},
        )
        try:
            expect("Starting to serve" in proxy.stdout.readline(), "the proxy starts")
            link = http.client.HTTPConnection("localhost")
            link.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            link.sock.connect(path)
            for path, status in (("/version", 200), ("/api/v1/pods?limit=3", 200), ("/api/v1/nope", 404)):
                link.request("GET", path)
                answer = link.getresponse()
                same((answer.status, bool(answer.read()), "Date" in answer.headers), (status, True, True), path)
            link.request("POST", "/api/v1/namespaces", "{}")
            same(link.getresponse().status, 403, "the proxy rejects writes")
            link.close()
            same([r for r in s.log() if r["method"] != "GET"], [], "and none arrives")
        finally:
            proxy.terminate()
            proxy.wait(10)
            proxy.stdout.close()


def test_access():
    rbac = {
        "user": "reader",
        "rules": [
            {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods", "namespaces"]},
            {"verbs": ["get"], "apiGroups": [""], "resources": ["pods/log"], "namespaces": [NS]},
        ],
    }
    with tempfile.TemporaryDirectory(prefix="apiserver.") as folder:
        overlay(folder, "bookinfo-healthy", **{"rbac.json": rbac})
        with serve(folder) as s:
            same(s.kubectl("get", "pods", "-A").rc, 0)
            refused = s.kubectl("get", "secrets", "-A", "-o", "json")
            expect(
                refused.rc == 1
                and '(Forbidden): secrets is forbidden: User "reader" cannot list secrets' in refused.err,
                refused,
            )
            expect(
                s.kubectl("logs", "-n", "default", s.pod("app=details", "default"), "-c", "details").rc == 1,
                "logs of another namespace",
            )
            expect(
                s.kubectl("exec", "-n", NS, s.pod("istio=pilot"), "-c", "discovery", "--", "date").rc == 1, "no exec"
            )
            same(s.kubectl("auth", "can-i", "list", "pods").out.strip(), "yes")
            same(s.kubectl("auth", "can-i", "list", "secrets").out.strip(), "no")
            listed = s.kubectl("auth", "can-i", "--list", "-n", NS).out
            expect("pods/log" in listed and "secrets" not in listed, listed)
            review = s.json(
                "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
                method="POST",
                body='{"kind":"SelfSubjectRulesReview","apiVersion":"authorization.k8s.io/v1","spec":{"namespace":"default"}}',
            )
            same(
                review["status"]["resourceRules"],
                [{"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods", "namespaces"]}],
            )
        overlay(folder, "bookinfo-healthy", **{"rbac.json": {"except": [{"verbs": ["*"], "resources": ["secrets"]}]}})
        with serve(folder) as s:
            same((s.kubectl("get", "secrets", "-A").rc, s.kubectl("get", "services", "-A").rc), (1, 0))


def test_faults():
    faults = [
        {"path": "/api/v1/nodes", "action": "status", "status": 403, "message": "nodes is forbidden", "count": 1},
        {"path": "/api/v1/services", "action": "status", "status": 401, "message": "Unauthorized"},
        {"path": "/api/v1/events", "action": "status", "status": 429, "retry_after": 1, "count": 2},
        {"path": "/api/v1/endpoints", "action": "status", "status": 503, "body": "<html>busy</html>"},
        {"path": "/api/v1/configmaps", "action": "hang", "seconds": 30},
        {"path": "/api/v1/serviceaccounts", "action": "reset"},
        {"path": "/api/v1/pods", "action": "truncate", "bytes": 300, "after": 1, "count": 1},
        {"path": "/api/v1/namespaces", "action": "delay", "seconds": 0.3},
    ]
    with serve("bookinfo-healthy", faults=faults) as s:
        expect("(Forbidden)" in s.kubectl("get", "--raw", "/api/v1/nodes").err, "403 once")
        same(s.kubectl("get", "--raw", "/api/v1/nodes").rc, 0, "and then no more")
        expect("Unauthorized" in s.kubectl("get", "--raw", "/api/v1/services").err, "401")
        status, headers, _ = s.get("/api/v1/events")
        same((status, headers["Retry-After"]), (429, "1"))
        same(s.get("/api/v1/endpoints")[2], "<html>busy</html>")
        start = time.monotonic()
        hung = s.kubectl("get", "--raw", "/api/v1/configmaps", "--request-timeout=500ms")
        expect(hung.rc == 1 and time.monotonic() - start < 5, hung)
        same(s.kubectl("get", "--raw", "/api/v1/serviceaccounts").rc, 1, "reset")
        same(s.get("/api/v1/pods")[0], 200)
        cut = s.kubectl("get", "--raw", "/api/v1/pods")
        expect(cut.rc == 1 and "unexpected EOF" in cut.err and len(cut.out) <= 300, cut)
        start = time.monotonic()
        s.get("/api/v1/namespaces")
        expect(time.monotonic() - start >= 0.3, "delay")
        time.sleep(0.3)  # the hung request ends when its client has gone
        same(
            {"status", "hang", "reset", "truncate", "delay"} - {r.get("fault") for r in s.log()},
            set(),
            "named in the log",
        )


def test_clocks():
    with serve("bookinfo-healthy", "--time", "recorded") as s:
        node = s.json("/api/v1/nodes/worker-1")
        same(node["metadata"]["creationTimestamp"], "2018-06-13T08:00:00Z")
        expect(
            "2018-06-14T08:" in s.kubectl("logs", "-n", NS, s.pod("istio=citadel"), "--timestamps").out,
            "logs as recorded",
        )
    with serve("bookinfo-healthy") as s:
        ready = s.json("/api/v1/nodes/worker-1")["status"]["conditions"][-1]["lastHeartbeatTime"]
        age = time.time() - (time.mktime(time.strptime(ready, "%Y-%m-%dT%H:%M:%SZ")) - time.timezone)
        expect(0 < age < 15, f"a heartbeat {age} s ago")
        text = s.get(f"/api/v1/namespaces/{NS}/services/istio-telemetry:9093/proxy/metrics")[2]
        start = float(re.search(r"^process_start_time_seconds (\S+)$", text, re.M).group(1))
        expect(3200 < time.time() - start < 3330, "Mixer started 55 minutes ago")
        envoy = s.kubectl(
            "logs", "-n", "default", s.pod("app=details", "default"), "-c", "istio-proxy", "--tail=1"
        ).out
        expect(time.strftime("[%Y-%m-%dT%H:", time.gmtime(time.time() - 20)) in envoy, envoy)


def test_the_server_ends_well():
    command = [sys.executable, os.path.join(HERE, "server.py")]
    for how in ("term", "stdin"):
        process = subprocess.Popen(
            command + [os.path.join(CLUSTERS, "minimal")] + (["--stdin"] if how == "stdin" else []),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        expect(process.stdout.readline().startswith(b"ready"), how)
        if how == "term":
            process.send_signal(signal.SIGTERM)
        process.stdin.close()
        same(process.wait(5), 0, how)
        process.stdout.close()
    child = subprocess.Popen(["sleep", "60"])
    process = subprocess.Popen(
        command + [os.path.join(CLUSTERS, "minimal"), "--parent-pid", str(child.pid)], stdout=subprocess.DEVNULL
    )
    time.sleep(0.3)
    child.kill()
    child.wait()
    same(process.wait(5), 0, "the parent is gone")
    for script, status in (('"$0" get namespaces -o name | wc -l; exit 7', 7), ("kill -TERM $$", 143)):
        beside = subprocess.run(
            [*command, os.path.join(CLUSTERS, "minimal"), "--", "sh", "-c", script, KUBECTL],
            capture_output=True,
            text=True,
            check=False,
        )
        same((beside.returncode, beside.stdout.strip()), (status, "3" if status == 7 else ""), "a command beside it")
    with tempfile.TemporaryDirectory(prefix="apiserver.") as folder:
        bad = subprocess.run(command + [folder], capture_output=True, text=True, check=False)
        expect(bad.returncode == 2 and "cluster.json" in bad.stderr, bad)
        overlay(folder, "minimal", **{"edits/x.json": [{"delete": "pods/default/ghost"}]})
        bad = subprocess.run(command + [folder], capture_output=True, text=True, check=False)
        expect(bad.returncode == 2 and "pods/default/ghost names no object" in bad.stderr, bad)


# -- the recordings --------------------------------------------------------------------------------


def test_overlays():
    edits = [
        {
            "patch": "pods/default/details-*",
            "merge": {"metadata": {"labels": {"version": None, "team": "books"}}},
            "ops": [{"op": "replace", "path": "/spec/containers/0/ports/0/containerPort", "value": 9081}],
        },
        {"add": {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "new"}}},
    ]
    with tempfile.TemporaryDirectory(prefix="apiserver.") as folder:
        overlay(folder, "bookinfo-broken", **{"edits/x.json": edits})
        with serve(folder) as s:
            [pod] = s.json("/api/v1/namespaces/default/pods?labelSelector=team%3Dbooks")["items"]
            same(
                (pod["metadata"]["labels"].get("version"), pod["spec"]["containers"][0]["ports"][0]["containerPort"]),
                (None, 9081),
            )
            same(s.get("/api/v1/namespaces/new")[0], 200)
            same(s.json("/apis/config.istio.io/v1alpha2/prometheuses")["items"], [], "two overlays deep")


def test_a_big_cluster():
    edits = [{"repeat": "pods/default/reviews-v1-*", "times": 1200}]
    with tempfile.TemporaryDirectory(prefix="apiserver.") as folder:
        overlay(folder, "bookinfo-healthy", **{"edits/x.json": edits})
        with serve(folder) as s:
            names = s.kubectl("get", "pods", "-n", "default", "-o", "name").out.split()
            same((len(names), len(set(names))), (1206, 1206))
            same(
                [r["query"].count("continue=") for r in s.log() if r["path"].endswith("/pods")],
                [0, 1, 1],
                "pages of 500",
            )


def test_the_broken_cluster_tells_one_story():
    with serve("bookinfo-broken") as s:
        base = f"/api/v1/namespaces/{NS}"
        mixer = s.pod("istio-mixer-type=telemetry")
        same(s.get(f"{base}/pods/{mixer}:42422/proxy/metrics")[0], 503)
        text = s.get(f"{base}/pods/{mixer}:9093/proxy/metrics")[2]
        value = lambda series: int(re.search("^" + re.escape(series) + r" (\d+)$", text, re.M).group(1))  # noqa: E731
        same(value('mixer_config_rule_config_error_count{configID="4"}'), 4)
        failed = value(
            'mixer_runtime_dispatch_count{adapter="prometheus",error="true",'
            'handler="handler.prometheus.istio-system",meshFunction="metric"}'
        )
        log = s.kubectl("logs", "-n", NS, mixer, "-c", "mixer").out
        same(
            log.count("\terror\tapi\tReport failed:1 error occurred:\n\n* failed to report"),
            failed,
            "logged and counted",
        )
        same(log.count("Handler not found: handler='handler.prometheus.istio-system'"), 2)
        health = {
            t["labels"]["job"]: t["health"]
            for t in s.json(f"{base}/services/prometheus:9090/proxy/api/v1/targets")["data"]["activeTargets"]
        }
        same((health.pop("istio-mesh"), set(health.values())), ("down", {"up"}))
        same(len(s.json("/apis/config.istio.io/v1alpha2/rules")["items"]), 5, "the rules are there")


def test_the_older_form():
    with serve("bookinfo-0.5-broken") as s:
        text = s.get(f"/api/v1/namespaces/{NS}/services/istio-mixer:9093/proxy/metrics")[2]
        expect(
            'mixer_config_resolve_count{error="true",target="reviews.default.svc.cluster.local"} 40' in text,
            "resolve count",
        )
        expect(
            'handler="handler.prometheus.default",meshFunction="metric",response_code="INTERNAL"} 4' in text,
            "dispatch count",
        )
        log = s.kubectl("logs", "-n", NS, s.pod("istio=mixer"), "-c", "mixer").out
        same(log.count("Report 0 returned with: INTERNAL (1 error occurred:"), 44)


def test_every_recording_is_whole():
    for name in RECORDED:
        with serve(name) as s:
            pods = s.json("/api/v1/pods")["items"]
            for pod in pods:
                m = pod["metadata"]
                for container in pod["spec"]["containers"]:
                    status, _, _ = s.get(
                        f"/api/v1/namespaces/{m['namespace']}/pods/{m['name']}/log?container={container['name']}"
                    )
                    same(status, 200, f"{name}: log of {m['name']}/{container['name']}")
            known = {f"{p['metadata']['namespace']}/{p['metadata']['name']}" for p in pods}
        folder = os.path.join(CLUSTERS, name)
        for path in glob.glob(os.path.join(folder, "logs", "*", "*")) + glob.glob(
            os.path.join(folder, "proxy", "*", "*")
        ):
            place = "/".join(path.split("/")[-2:])
            expect(place in known or place.startswith("_nodes/"), f"{path}: no such pod")
        for path in glob.glob(os.path.join(folder, "proxy", "*", "*", "*", "routes.json")):
            for route in load(path).values():
                for file in route.get("files", ()):
                    expect(
                        os.path.isfile(os.path.join(os.path.dirname(path), file)) or "broken" in name,
                        f"{path}: no {file}",
                    )


def test_the_healthy_cluster_is_healthy():
    with serve("bookinfo-healthy") as s:
        for svc in s.json("/api/v1/namespaces/default/services")["items"]:
            for port in svc["spec"]["ports"]:
                expect(re.match(r"(http|https|http2|grpc|tcp|mongo|redis)(-|$)", port.get("name", "")), port)
        for pod in s.json("/api/v1/namespaces/default/pods")["items"]:
            spec = pod["spec"]
            expect(not spec.get("hostNetwork"), "not on the host's network")
            same([c["name"] for c in spec["containers"]][1], "istio-proxy")
            same(spec["containers"][0]["ports"][0]["containerPort"], 9080)
            args = spec["containers"][1]["args"]
            same(args[args.index("--discoveryRefreshDelay") + 1], "10s", "as the mesh configuration says")
            expect({"app", "version"} <= set(pod["metadata"]["labels"]), "labels")
        webhook = s.json("/apis/admissionregistration.k8s.io/v1beta1/mutatingwebhookconfigurations")["items"][0][
            "webhooks"
        ][0]
        expect(
            b"BEGIN CERTIFICATE" in base64.b64decode(webhook["clientConfig"]["caBundle"]),
            "the injector put its CA there",
        )
        subsets = {
            (d["spec"]["host"], t["name"])
            for d in s.json("/apis/networking.istio.io/v1alpha3/destinationrules")["items"]
            for t in d["spec"].get("subsets", ())
        }
        for route in s.json("/apis/networking.istio.io/v1alpha3/virtualservices")["items"]:
            for http_route in route["spec"]["http"]:
                for to in http_route["route"]:
                    d = to["destination"]
                    expect("subset" not in d or (d["host"], d["subset"]) in subsets, f"{d} is defined")
        for pod in s.json(f"/api/v1/namespaces/{NS}/pods")["items"]:
            m = pod["metadata"]
            for container in pod["spec"]["containers"]:
                log = s.get(f"/api/v1/namespaces/{NS}/pods/{m['name']}/log?container={container['name']}")[2]
                expect(
                    "\terror\t" not in log and "[critical]" not in log, f"{m['name']}/{container['name']} complains"
                )


def test_the_generator_writes_what_is_committed():
    done = subprocess.run(
        [sys.executable, os.path.join(HERE, "generate"), "--check"], capture_output=True, text=True, check=False
    )
    same((done.returncode, done.stdout), (0, ""), "generate --check")


def main(names):
    if not shutil.which(KUBECTL):
        print(f"selftest.py: no {KUBECTL}: skipped")
        return 77
    failed = passed = 0
    for name, test in list(globals().items()):
        if not name.startswith("test_") or (names and name not in names):
            continue
        start = time.monotonic()
        try:
            test()
            passed += 1
            if os.environ.get("TIMES"):
                print(f"{time.monotonic() - start:5.1f} s  {name}")
        except Exception:  # noqa: BLE001 -- whatever a test raises is its failure
            failed += 1
            print(f"FAILED {name}\n{traceback.format_exc()}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main(sys.argv[1:]))
