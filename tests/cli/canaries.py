#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Secrets to be planted in a recorded cluster, and the search for them afterwards.

    canaries.py plant BASE FOLDER    makes an overlay cluster of BASE in FOLDER, and FOLDER/canaries.json
    canaries.py hunt FOLDER FILE...  prints every canary that is found in a file, in any encoding; a .tar.gz
                                     is unpacked, and base64 and gzip inside of members are looked into

Each canary has a kind (what it looks like, and what announces it), a wrapping (plain, base64, JSON in a
string, percent escapes, gzip in base64) and a source (logs, ConfigMaps, annotations, variables, ...)."""
import base64
import gzip
import hashlib
import io
import json
import os
import re
import sys
import tarfile
import urllib.parse

COUNT = 400
ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def noise(seed, n, alphabet=ALNUM):
    out = ""
    counter = 0
    while len(out) < n:
        for byte in hashlib.sha256(f"{seed}/{counter}".encode()).digest():
            out += alphabet[byte % len(alphabet)]
        counter += 1
    return out[:n]


def b64(text):
    return base64.b64encode(text.encode()).decode()


def pem(seed, name):
    lines = [noise(f"{seed}{i}", 64) for i in range(4)]
    return lines, f"-----BEGIN {name}-----\n" + "\n".join(lines) + f"\n-----END {name}-----\n"


# Each kind: seed -> (secrets, the text that holds them).
def simple(form, n=24, alphabet=ALNUM, prefix=""):
    def make(seed):
        secret = prefix + noise(seed, n - 1, alphabet) + "7"
        return [secret], form.replace("@", secret)
    return make


def key(name):
    def make(seed):
        return pem(seed, name)
    return make


def jwt(seed):
    body = base64.urlsafe_b64encode(json.dumps({"sub": noise(seed, 12)}).encode()).decode().rstrip("=")
    token = "eyJhbGciOiJSUzI1NiIsImtpZCI6IiJ9." + body + "." + noise(seed + "s", 43)
    return [body, token.split(".")[2]], f"validated {token} for request"


def basic(seed):
    password = noise(seed, 18)
    return [password], f"Authorization: Basic {b64('jenkins:' + password)}"


def docker(seed):
    password = noise(seed, 20)
    return [password], json.dumps({"auths": {"registry.corp.example": {"auth": b64("ci:" + password)}}})


def kubeconfig(seed):
    token = noise(seed, 40)
    return [token], ("apiVersion: v1\nkind: Config\nusers:\n- name: remote\n  user:\n"
                     f"    token: {token}\n")


def secret_yaml(seed):
    value = noise(seed, 22)
    return [value], f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\ndata:\n  anything: {b64(value)}\n"


def env_yaml(seed):
    value = noise(seed, 22)
    return [value], f"env:\n- name: MYSQL_ROOT_PASSWORD\n  value: {value}\n- name: PORT\n  value: \"3306\"\n"


KINDS = {
    "aws-key": simple("using AKIA@ for s3", 16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
    "aws-secret": simple("aws_secret_access_key = @", 40, ALNUM + "+/"),
    "gcp-key": simple("maps key=AIza@", 35),
    "google-oauth": simple("got ya29.@ back", 60),
    "azure-key": simple("DefaultEndpointsProtocol=https;AccountName=x;AccountKey=@==;EndpointSuffix=core", 86),
    "github": simple("cloning with ghp_@", 36),
    "gitlab": simple("cloning with glpat-@", 20),
    "slack": simple("posting as xoxb-123456789012-@", 24),
    "stripe": simple("charged with sk_live_@", 24),
    "npm": simple("//npm.corp.example/:_authToken=npm_@", 36),
    "sendgrid": simple("mail by SG.@.x", 44),
    "vault": simple("renewed hvs.@", 24),
    "jwt": jwt,
    "bearer": simple("> Authorization: Bearer @", 32),
    "basic": basic,
    "api-key-header": simple("> X-Api-Key: @", 32),
    "cookie": simple("Cookie: theme=dark; session=@", 32),
    "set-cookie": simple("Set-Cookie: sid=@; Path=/; HttpOnly", 32),
    "rsa-key": key("RSA PRIVATE KEY"),
    "ec-key": key("EC PRIVATE KEY"),
    "openssh-key": key("OPENSSH PRIVATE KEY"),
    "pgp-key": key("PGP PRIVATE KEY BLOCK"),
    "url-password": simple("connecting to postgres://app:@@db.prod:5432/orders".replace("@@", "@\x00"), 20),
    "query-token": simple("GET /cb?state=1&access_token=@&x=2 HTTP/1.1", 32),
    "query-signature": simple("PUT https://x.blob.core.windows.net/c?sv=2019&sig=@&se=1", 43),
    "ini-password": simple("[db]\nuser = app\npassword = @\n", 20),
    "json-password": simple('{"user":"app","password":"@","port":1}', 20),
    "yaml-password": simple("db:\n  user: app\n  password: @\n", 20),
    "xml-password": simple("<server><username>a</username><password>@</password></server>", 20),
    "option": simple("exec /app/run --db-password @ --verbose", 20),
    "option-equals": simple("exec /app/run --api-token=@ --verbose", 24),
    "mysql": simple("mysql -u root -p@ orders", 20),
    "sql": simple("CREATE USER app IDENTIFIED BY '@'", 20),
    "jdbc": simple("jdbc:sqlserver://db:1433;user=sa;password=@;encrypt=true", 20),
    "go-struct": simple("config: &{User:app Password:@ Port:5432}", 20),
    "docker-auth": docker,
    "kubeconfig": kubeconfig,
    "secret-yaml": secret_yaml,
    "env-yaml": env_yaml,
    "netrc": simple("machine git.corp.example login ci password @", 20),
    "telegram": simple("bot 123456789:AA@ started", 33),
}

WRAPPINGS = {
    "plain": lambda text: text,
    "base64": b64,
    "json": lambda text: json.dumps({"spec": {"note": text}}),
    "percent": lambda text: urllib.parse.quote(text, safe=""),
    "gzip": lambda text: base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode(),
}


def canaries():
    kinds = list(KINDS)
    for i in range(COUNT):
        kind = kinds[i % len(kinds)]
        wrapping = list(WRAPPINGS)[i // len(kinds) % len(WRAPPINGS)]
        secrets, text = KINDS[kind](f"canary {i}")
        text = text.replace("\x00", "@")
        yield {"id": i, "kind": kind, "wrapping": wrapping, "secrets": secrets,
               "text": WRAPPINGS[wrapping](text)}


# --- planting ---

POD = "details-v1-cfgchflgdh-94hr6"
STAMP = "2018-06-14T08:05:%02d.%09dZ "


def log_lines(text, i):
    return "".join((STAMP % (i % 60, i)) + line + "\n" for line in text.split("\n") if line)


# What an application prints of a value that is only known from a variable of it.
def forms(value):
    return [f"open {value} now", f"c={b64(value)}", f"c={b64('x' + value)}", f"c={b64('xy' + value)}",
            "q=" + urllib.parse.quote(value, safe=""), "h=" + value.encode().hex(),
            "h=" + value.encode().hex().upper(), "u=" + "".join(f"%{b:02x}" for b in value.encode()),
            "j=" + json.dumps(json.dumps(value))]


def plant(base, folder):
    everything = list(canaries())
    for sub in ("objects", "exec", "edits", f"logs/default/{POD}", "proxy/istio-system"):
        os.makedirs(os.path.join(folder, sub), exist_ok=True)
    sources = {name: [] for name in ("log", "previous", "configmap", "annotation", "env", "args", "http", "exec", "metrics",
                                     "event", "custom")}
    for c in everything:
        c["source"] = list(sources)[c["id"] % len(sources)]
        sources[c["source"]].append(c)
    texts = {name: [c["text"] for c in group] for name, group in sources.items()}
    bare = [{"id": 1000 + i, "kind": "known", "wrapping": "bare", "source": "env",
             "secrets": [noise(f"bare {i}", 14) + tail]} for i, tail in enumerate(["7", "!$q", '"\\x', "/+=", "@%y", "-end"])]
    everything += bare

    def write(path, content):
        with open(os.path.join(folder, path), "w", encoding="utf-8") as out:
            out.write(content if isinstance(content, str) else json.dumps(content))

    write("cluster.json", {"description": "canaries", "base": os.path.relpath(base, folder)})
    with open(os.path.join(base, f"logs/default/{POD}/details.log"), encoding="utf-8") as old:
        log = old.read()
    log += "".join(log_lines(text, i) for i, text in enumerate(texts["log"]))
    for c in bare:
        log += "".join(log_lines(form, c["id"]) for form in forms(c["secrets"][0]))
    write(f"logs/default/{POD}/details.log", log)
    write(f"logs/default/{POD}/details.previous.log",
          "".join(log_lines(text, i) for i, text in enumerate(texts["previous"])))
    meta = {"namespace": "default"}
    objects = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"canary-{i}", **meta},
                "data": {"file": text}} for i, text in enumerate(texts["configmap"])]
    objects += [{"apiVersion": "v1", "kind": "ConfigMap",
                 "metadata": {"name": f"noted-{i}", "annotations": {"note": text}, **meta}, "data": {"a": "b"}}
                for i, text in enumerate(texts["annotation"])]
    objects += [{"apiVersion": "v1", "kind": "Event", "metadata": {"name": f"canary-{i}", **meta}, "type": "Warning",
                 "reason": "Failed", "message": text, "involvedObject": {"kind": "Pod", "name": POD, **meta},
                 "count": 1, "lastTimestamp": "2018-06-14T08:00:00Z"} for i, text in enumerate(texts["event"])]
    objects += [{"apiVersion": "config.istio.io/v1alpha2", "kind": "rule",
                 "metadata": {"name": f"canary-{i}", **meta}, "spec": {"match": text, "actions": []}}
                for i, text in enumerate(texts["custom"])]
    write("objects/canaries.json", objects)
    env = [{"name": f"SETTING_{i}", "value": text} for i, text in enumerate(texts["env"])]
    env += [{"name": f"DB_{i}_PASSWORD", "value": c["secrets"][0]} for i, c in enumerate(bare)]
    write("edits/canaries.json", [
        {"patch": f"pods/default/{POD}", "ops": [
            {"op": "add", "path": "/spec/containers/0/env", "value": env},
            {"op": "add", "path": "/spec/containers/0/args", "value": texts["args"]}]},
        {"patch": f"pods/default/{POD}", "ops": [
            {"op": "add", "path": "/status/containerStatuses/0/restartCount", "value": 1}]}])
    plant_answers(base, folder, texts)
    write("canaries.json", everything)


def plant_answers(base, folder, texts):
    """In what ports and commands answer: those of the base, with more in them."""
    root = os.path.join(base, "proxy/istio-system")
    for pod in os.listdir(root):
        for port in os.listdir(os.path.join(root, pod)):
            path = os.path.join(root, pod, port, "routes.json")
            with open(path, encoding="utf-8") as routes_file:
                routes = json.load(routes_file)
            for route, answer in routes.items():
                if "debug/configz" in route or "status/flags" in route:
                    answer["body"] = json.dumps({"status": "success", "data": texts["http"]})
                    answer.pop("files", None)
                elif route.startswith("/metrics") and "pilot" in pod:
                    lines = "".join('canary_total{n="%d",text=%s} 1\n' % (i, json.dumps(text))
                                    for i, text in enumerate(texts["metrics"]))
                    answer["body"] = "# TYPE canary_total counter\n" + lines
                    answer.pop("files", None)
            target = os.path.join(folder, "proxy/istio-system", pod, port)
            os.makedirs(target, exist_ok=True)
            with open(os.path.join(target, "routes.json"), "w", encoding="utf-8") as out:
                json.dump(routes, out)
            for name in os.listdir(os.path.join(root, pod, port)):
                if name != "routes.json":
                    os.symlink(os.path.abspath(os.path.join(root, pod, port, name)), os.path.join(target, name))
    half = len(texts["exec"]) // 2
    answers = [{"pods": "default/details-*", "container": "istio-proxy", "argv": ["cat", "/proc/1/status"],
                "stdout": "\n".join(texts["exec"][:half])},
               {"pods": "default/details-*", "container": "istio-proxy", "argv": ["cat", "/proc/1/limits"],
                "stderr": "\n".join(texts["exec"][half:]), "stdout": "", "exit": 1}]
    with open(os.path.join(base, "exec", "basics.json"), encoding="utf-8") as old:
        answers += json.load(old)
    with open(os.path.join(folder, "exec", "basics.json"), "w", encoding="utf-8") as out:
        json.dump(answers, out)


# --- hunting ---

def core(secret, shift):
    """The base64 digits that the secret alone decides, behind so many other bytes."""
    data = b"\0" * shift + secret
    digits = base64.b64encode(data + b"\0" * 3).decode()
    return digits[-(-8 * shift // 6):8 * len(data) // 6]


def needles(secret):
    raw = secret.encode()
    found = {raw, urllib.parse.quote(secret, safe="").encode(), raw.hex().encode(), raw.hex().upper().encode(),
             json.dumps(secret)[1:-1].encode()}
    for shift in range(3):
        digits = core(raw, shift)
        found |= {digits.encode(), digits.replace("+", "-").replace("/", "_").encode()}
    return found


def members(path):
    if path.endswith((".tar.gz", ".tgz")):
        with tarfile.open(path) as tar:
            yield path + " names", "\n".join(tar.getnames()).encode()
        with tarfile.open(path) as tar:
            for entry in tar:
                if entry.isfile():
                    yield entry.name, tar.extractfile(entry).read()
    else:
        with open(path, "rb") as data:
            yield path, data.read()


def deeper(data):
    """What is packed inside: base64 of text and of gzip."""
    for match in re.finditer(rb"[A-Za-z0-9+/]{24,}={0,2}", data):
        for skip in range(4):
            text = match.group()[skip:].rstrip(b"=")
            try:
                plain = base64.b64decode(text[:len(text) // 4 * 4])
            except ValueError:
                continue
            if plain[:2] == b"\x1f\x8b":
                try:
                    yield gzip.GzipFile(fileobj=io.BytesIO(plain)).read()
                except (OSError, EOFError):
                    pass
            elif b"\n" in plain or b" " in plain or b":" in plain:
                yield plain


def hunt(folder, paths):
    with open(os.path.join(folder, "canaries.json"), encoding="utf-8") as planted:
        everything = json.load(planted)
    looked = [(c, needle) for c in everything for secret in c["secrets"] for needle in needles(secret)]
    survivors = {}
    for path in paths:
        for name, data in members(path):
            texts = [data]
            texts += list(deeper(data))
            for text in texts:
                for c, needle in looked:
                    if needle in text:
                        survivors.setdefault((c["id"], c["kind"], c["wrapping"], c["source"]), name)
    for (number, kind, wrapping, source), name in sorted(survivors.items()):
        print(f"canary {number}, {kind}, {wrapping}, planted in {source}: found in {name}")
    print(f"{len(everything)} canaries of {len({c['kind'] for c in everything})} kinds, {len(survivors)} survivors")
    return 1 if survivors else 0


if __name__ == "__main__":
    if sys.argv[1] == "plant":
        plant(sys.argv[2], sys.argv[3])
    else:
        sys.exit(hunt(sys.argv[2], sys.argv[3:]))
