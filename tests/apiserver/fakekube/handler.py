# SPDX-License-Identifier: Apache-2.0
"""handler -- one HTTP connection: faults, access, routing, answers and the request log."""

import json
import re
import select
import socket
import ssl
import struct
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler

from . import api as kube
from . import clock, logs, remotecommand

MAX_BODY_BYTES = 1 << 20
PARTIAL = re.compile(r"as=PartialObjectMetadataList\b[^,]*;v=(v1beta1|v1)\b")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 4 << 20  # an answer is logged before its last byte leaves
    disable_nagle_algorithm = True
    timeout = 300

    # server: carries api, backends, faults, watch, record(), latency_s, stopping

    def log_message(self, format, *args):  # the request log takes its place
        pass

    def date_time_string(self, timestamp=None):
        return self.server.watch.http_date(getattr(self, "date_skew_s", 0.0))

    def version_string(self):
        return ""

    def send_header(self, keyword, value):
        if keyword != "Server":  # an API server sends none
            super().send_header(keyword, value)

    # -- dispatch --------------------------------------------------------------------------------

    def do_GET(self):
        self._serve("GET")

    def do_POST(self):
        self._serve("POST")

    def do_PUT(self):
        self._serve("PUT")

    def do_PATCH(self):
        self._serve("PATCH")

    def do_DELETE(self):
        self._serve("DELETE")

    def do_HEAD(self):
        self._serve("HEAD")

    def _serve(self, method):
        start = time.monotonic()
        arrived = time.time()
        raw, _, query = self.path.partition("?")
        path = urllib.parse.unquote(raw)
        self.status = 0
        self.sent = 0
        self.note = {}
        self.date_skew_s = 0.0
        self.cut = None
        self.slow = None
        try:
            if self.server.latency_s:
                time.sleep(self.server.latency_s)
            body = self._body()
            if self.server.token and self.headers.get("Authorization") != f"Bearer {self.server.token}":
                raise kube.ApiError(401, "Unauthorized")
            fault = self.server.faults.take(method, path, query)
            if fault:
                self.note["fault"] = fault["action"]
            if not (fault and self._fault(fault, query)):
                self._route(method, raw, path, query, body)
        except kube.ApiError as error:
            self._json(error.status, error.document())
        except logs.LogError as error:
            self._json(error.status, kube.status_of(error.status, str(error)))
        except (BrokenPipeError, ConnectionResetError, TimeoutError):
            self.close_connection = True
            self.note["broken"] = True
        finally:
            self.server.record(
                {
                    "time": clock.iso(arrived, 6),
                    "method": method,
                    "path": path,
                    "query": query,
                    "user_agent": self.headers.get("User-Agent", ""),
                    "accept": self.headers.get("Accept", ""),
                    "status": self.status,
                    "bytes": self.sent,
                    "duration_ms": round((time.monotonic() - start) * 1000, 1),
                    **self.note,
                }
            )
            try:
                self.wfile.flush()
            except (OSError, ValueError):
                self.close_connection = True

    def _body(self):
        size = int(self.headers.get("Content-Length") or 0)
        if size > MAX_BODY_BYTES:
            raise kube.ApiError(413, "the request is too large")
        return self.rfile.read(size) if size else b""

    def _fault(self, fault, query):
        """Plays a fault; True when nothing more is to be said."""
        action = fault["action"]
        if action == "delay":
            self._sleep(fault.get("seconds", 1))
            return False
        if action == "truncate":
            self.cut = fault.get("bytes", 100)
            return False
        if action == "slow":
            self.slow = fault.get("bytes_per_second", 1024)
            return False
        if action == "hang":
            self._sleep(fault.get("seconds", 3600))
            self.close_connection = True
            return True
        if action == "endless":
            self._endless(fault.get("bytes_per_second"), fault.get("bytes", float("inf")))
            return True
        if action == "reset":
            self._reset()
            return True
        if action == "expire":
            asked = {k: v[-1] for k, v in urllib.parse.parse_qs(query).items()}
            raise self.server.api.expired(asked)
        headers = {"Retry-After": str(fault["retry_after"])} if "retry_after" in fault else {}
        status = fault.get("status", 500)
        if "body" in fault:
            self._answer(status, fault.get("type", "text/html"), fault["body"].encode(), headers)
        else:
            text = fault.get("message", kube.REASONS.get(status, "failure"))
            self._json(status, kube.status_of(status, text), headers)
        return True

    def _endless(self, bytes_per_second, most):
        """Lines of a log, for as long as anybody reads them."""
        self._head(200, "text/plain", {"Transfer-Encoding": "chunked"})
        self.slow = bytes_per_second
        block = b"".join(b"%s line %d of a log without end\n" % (clock.iso(time.time(), 9).encode(), n) for n in range(500))
        step = len(block) if not bytes_per_second else min(len(block), max(1, bytes_per_second // 10))
        while not self.server.stopping.is_set() and self.sent < most:
            for start in range(0, len(block), step):
                self._chunk(block[start : start + step])
        self._chunk(b"")

    def _sleep(self, seconds):
        """Waits, but no longer than the client does."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self.server.stopping.is_set():
            readable, _, _ = select.select([self.connection], [], [], min(left, 0.1))
            if readable and not isinstance(self.connection, ssl.SSLSocket):  # which cannot be peeked into
                if not self.connection.recv(1, socket.MSG_PEEK):
                    raise ConnectionResetError("the client has gone")
                self.server.stopping.wait(min(left, 0.1))  # it has sent its next request already

    def _reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    # -- routing ---------------------------------------------------------------------------------

    def _route(self, method, raw, path, query, body):
        api = self.server.api
        asked = {k: v[-1] for k, v in urllib.parse.parse_qs(query, keep_blank_values=True).items()}
        if path.rstrip("/") in ("/healthz", "/livez", "/readyz") and method in ("GET", "HEAD"):
            self._answer(200, "text/plain; charset=utf-8", b"ok")
            return
        if method in ("GET", "HEAD"):
            document = api.discovery(path)
            if document is not None:
                self._json(200, document)
                return
        target = kube.target_of(api.table, raw)
        if target is None:
            if not api.access.allows_path(method.lower(), path):
                raise kube.ApiError(403, f'forbidden: User "{api.access.user}" cannot {method.lower()} path "{path}"')
            self._answer(404, "text/plain; charset=utf-8", b"404 page not found\n")
            return
        if target.row.group == "authorization.k8s.io" and method == "POST":
            self._json(201, api.review(path, body))
            return
        self._resource(method, target, query, asked)

    def _resource(self, method, target, query, asked):
        api = self.server.api
        watching = asked.get("watch", "").lower() in ("1", "true") and not target.name
        verb = {
            "GET": "get" if target.name else "watch" if watching else "list",
            "HEAD": "get",
            "POST": "create",
            "PUT": "update",
            "PATCH": "patch",
            "DELETE": "delete",
        }[method]
        if target.sub in ("exec", "attach", "portforward"):
            verb = "get" if method == "GET" else "create"
        api.check(verb, target)
        if target.sub == "exec" and method in ("GET", "POST"):
            remotecommand.serve(self, target, urllib.parse.parse_qs(query, keep_blank_values=True))
        elif target.sub == "proxy":
            self._proxy(method, target, query)
        elif method not in ("GET", "HEAD"):
            self.note["write"] = True
            raise kube.ApiError(405, "the server does not allow this method on the requested resource")
        elif target.sub == "log":
            self._log(target, asked)
        elif target.sub in ("exec", "attach", "portforward"):
            raise kube.ApiError(
                400, "you must specify at least 1 port" if target.sub == "portforward" else "Upgrade request required"
            )
        elif watching:
            self._watch(target, asked)
        elif target.name:
            self._json(200, api.get(target))
        else:
            self._list(target, asked)

    def _list(self, target, asked):
        """A list; metadata alone for who accepts that, as the versions of Kubernetes understand it."""
        api = self.server.api
        accept = self.headers.get("Accept", "")
        wanted = PARTIAL.findall(accept)
        plain = (
            any(
                c.split(";")[0].strip() in ("application/json", "application/*", "*/*") and "as=" not in c
                for c in accept.split(",")
            )
            or not accept
        )
        version = next((v for v in wanted if v == "v1beta1" or api.cluster.minor >= 15), None)
        if wanted and version is None and not plain:
            raise kube.ApiError(
                406,
                "only the following media types are accepted: application/json, "
                "application/yaml, application/vnd.kubernetes.protobuf",
            )
        partial = f"meta.k8s.io/{version}" if version else False
        if target.row.plural == "secrets" and not partial:
            self.note["secret_data"] = True
        self._json(200, api.page(target, asked, partial))

    def _log(self, target, asked):
        api = self.server.api
        pod = api.cluster.pod(target.namespace, target.name)
        if pod is None:
            raise kube.not_found(api.table.find("", "v1", "pods"), target.name)
        data = logs.read(api.cluster, self.server.watch, pod, asked)
        if asked.get("follow", "").lower() not in ("1", "true"):
            self._answer(200, "text/plain", data, chunked=True)
            return
        self._head(200, "text/plain", {"Transfer-Encoding": "chunked"})
        self._chunk(data)
        self._sleep(3600)
        self.close_connection = True

    def _proxy(self, method, target, query):
        api = self.server.api
        place, port = api.backend(target)
        if method not in ("GET", "HEAD"):
            self.note["write"] = True
        answer = self.server.backends.http(place, port, urllib.parse.unquote(target.rest), query)
        if answer.delay_s:
            self._sleep(answer.delay_s)
        if answer.error:
            self._unreachable(place, port, target.rest, answer.error)
            return
        self.date_skew_s = answer.date_skew_s
        self._answer(answer.status, answer.type, answer.body, answer.headers)

    def _unreachable(self, place, port, path, error):
        """The API server's words for a backend that does not answer; they changed with 1.18."""
        cluster = self.server.api.cluster
        kind, _, name = place.partition("/")
        pod = cluster.pod(kind, name) or {}
        address = f"{pod.get('status', {}).get('podIP', name)}:{port}"
        syscall = "getsockopt" if cluster.minor < 11 else "connect"
        text = error if error == "EOF" else f"dial tcp {address}: {syscall}: {error}"
        if cluster.minor >= 18:
            self._json(503, kube.status_of(503, f"error trying to reach service: {text}"))
        else:
            self._answer(503, "", f"Error: '{text}'\nTrying to reach: 'http://{address}{path}'".encode())

    def _watch(self, target, asked):
        """ADDED for what there is (unless a version is named), then MODIFIED as leases are renewed."""
        api = self.server.api
        self._head(200, "application/json", {"Transfer-Encoding": "chunked"})
        end = time.monotonic() + float(asked.get("timeoutSeconds") or 1800)
        if not asked.get("resourceVersion") or asked["resourceVersion"] == "0":
            for obj in api.select(target, asked):
                self._event("ADDED", api.dress(obj, target))
        self.wfile.flush()
        due = {}
        while time.monotonic() < end and not self.server.stopping.is_set():
            now = time.monotonic()
            if target.row.plural == "leases":
                for number, obj in enumerate(api.select(target, asked)):
                    name = obj["metadata"]["name"]
                    if now >= due.setdefault(name, now + self.server.renew_s * (number + 1) / 8):
                        due[name] = now + self.server.renew_s
                        self._event("MODIFIED", self._renewed(api.dress(obj, target)))
                self.wfile.flush()
            self._sleep(0.02)
        self._chunk(b"")

    def _renewed(self, obj):
        """A lease as its kubelet renews it now, by the clock of that node."""
        skew = self.server.api.cluster.node_skew(obj["metadata"]["name"])
        api = self.server.api
        api.cluster.resource_version += 1
        return dict(
            obj,
            metadata=dict(obj["metadata"], resourceVersion=str(api.cluster.resource_version)),
            spec=dict(obj["spec"], renewTime=clock.iso(self.server.watch.now() + skew, 6)),
        )

    def _event(self, kind, obj):
        self._chunk(json.dumps({"type": kind, "object": obj}, separators=(",", ":")).encode() + b"\n")

    # -- answers ---------------------------------------------------------------------------------

    def _json(self, status, document, headers=None):
        self._answer(
            status,
            "application/json",
            json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode() + b"\n",
            headers,
        )

    def _head(self, status, content_type, headers):
        self.status = status
        self.send_response(status)
        if content_type:
            self.send_header("Content-Type", content_type)
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()

    def _answer(self, status, content_type, data, headers=None, chunked=False):
        headers = dict(headers or {})
        if chunked:
            headers["Transfer-Encoding"] = "chunked"
        else:
            headers["Content-Length"] = str(len(data))
        self._head(status, content_type, headers)
        if self.command == "HEAD":
            return
        if self.cut is not None and self.cut < len(data):
            data = data[: self.cut]
            self.wfile.write(data if not chunked else b"%x\r\n%s\r\n" % (len(data), data))
            self.wfile.flush()
            self.close_connection = True
            self.sent = len(data)
            return
        if chunked:
            for start in range(0, len(data), 32768):
                self._chunk(data[start : start + 32768])
            self._chunk(b"")
        else:
            self._write(data)

    def _chunk(self, data):
        if data:
            self.sent += len(data)
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        if self.slow:
            self.wfile.flush()
            self._sleep(len(data) / self.slow)

    def _write(self, data):
        if not self.slow:
            self.wfile.write(data)
            self.sent += len(data)
            return
        step = max(1, self.slow // 10)
        for start in range(0, len(data), step):
            self.wfile.write(data[start : start + step])
            self.wfile.flush()
            self.sent += len(data[start : start + step])
            self._sleep(0.1)
