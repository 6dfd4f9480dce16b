# SPDX-License-Identifier: Apache-2.0
"""remotecommand -- pods/exec over an upgraded connection: SPDY/3.1, and WebSocket for servers from 1.30 on."""

import base64
import hashlib
import json
import struct

from . import api as kube
from . import logs, spdy

PROTOCOL = "v4.channel.k8s.io"
SOCKET_PROTOCOL = "v5.channel.k8s.io"
SOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
RECORDED = "recorded"  # no protocol of Kubernetes: for tests that run very many commands
STDOUT, STDERR, ERROR = 1, 2, 3


def serve(handler, target, query):
    """Answers an exec request: refuses it in HTTP, or upgrades and plays what is recorded."""
    cluster = handler.server.api.cluster
    pod = cluster.pod(target.namespace, target.name)
    if pod is None:
        raise kube.not_found(target.row, target.name)
    container = logs.choose_container(pod, query.get("container", [""])[0])
    argv = query.get("command", [])
    handler.note["exec"] = {"container": container, "argv": argv}
    if not argv:
        raise kube.ApiError(400, "you must specify at least one command for the container")
    upgrade = handler.headers.get("Upgrade", "").lower()
    wanted = {k for k in ("stdin", "stdout", "stderr", "tty") if query.get(k, [""])[0].lower() in ("1", "true")}
    if upgrade == "spdy/3.1":
        connect = over_spdy
    elif upgrade == "websocket" and cluster.minor >= 30:
        connect = over_websocket
    elif upgrade == RECORDED:
        connect = plainly
    elif upgrade == "websocket":
        raise kube.ApiError(403, "the server does not speak " + SOCKET_PROTOCOL)
    else:
        raise kube.ApiError(400, "Upgrade request required")
    result = handler.server.backends.exec(target.namespace, target.name, container, argv)
    handler.close_connection = True
    connect(handler, wanted, result)


def status_of(result):
    """The Status that ends a command, as the error stream carries it."""
    if result.exit == 0:
        return {"metadata": {}, "status": "Success"}
    return {
        "metadata": {},
        "status": "Failure",
        "reason": "NonZeroExitCode",
        "message": f"command terminated with non-zero exit code: exit status {result.exit}",
        "details": {"causes": [{"reason": "ExitCode", "message": str(result.exit)}]},
    }


def upgraded(handler, headers):
    handler.status = 101
    handler.send_response(101)
    handler.send_header("Connection", "Upgrade")
    for key, value in headers.items():
        handler.send_header(key, value)
    handler.end_headers()
    handler.wfile.flush()
    handler.connection.settimeout(30)


def over_spdy(handler, wanted, result):
    offered = ",".join(handler.headers.get_all("X-Stream-Protocol-Version") or [])
    if PROTOCOL not in offered:
        raise kube.ApiError(403, f"unable to upgrade: offered {offered}, known {PROTOCOL}")
    upgraded(handler, {"Upgrade": "SPDY/3.1", "X-Stream-Protocol-Version": PROTOCOL})
    session = spdy.Session(handler.rfile, handler.wfile)
    expected = {"error"} | (wanted - {"tty"}) | ({"resize"} if "tty" in wanted else set())
    streams = {}
    while expected - set(streams):
        opened = session.next_stream()
        if opened is None:
            return
        session.accept(opened[0])
        streams[opened[1].get("streamtype", "")] = opened[0]
    pause(handler, result)
    for name, data in (("stdout", result.stdout), ("stderr", result.stderr)):
        if name in streams:
            session.write(streams[name], data)
            handler.sent += len(data)
    session.write(streams["error"], json.dumps(status_of(result)).encode())
    while session.next_frame() is not None:
        pass


def over_websocket(handler, wanted, result):
    offered = [p.strip() for p in handler.headers.get("Sec-WebSocket-Protocol", "").split(",")]
    if SOCKET_PROTOCOL not in offered:
        raise kube.ApiError(400, f"unable to upgrade: offered {offered}, known {SOCKET_PROTOCOL}")
    key = handler.headers.get("Sec-WebSocket-Key", "") + SOCKET_GUID
    upgraded(
        handler,
        {
            "Upgrade": "websocket",
            "Sec-WebSocket-Protocol": SOCKET_PROTOCOL,
            "Sec-WebSocket-Accept": base64.b64encode(hashlib.sha1(key.encode()).digest()).decode(),
        },
    )
    pause(handler, result)
    for name, channel, data in (("stdout", STDOUT, result.stdout), ("stderr", STDERR, result.stderr)):
        if name in wanted:
            for start in range(0, len(data), 16384):
                socket_frame(handler, 2, bytes([channel]) + data[start : start + 16384])
            handler.sent += len(data)
    socket_frame(handler, 2, bytes([ERROR]) + json.dumps(status_of(result)).encode())
    socket_frame(handler, 8, struct.pack(">H", 1000))
    handler.wfile.flush()
    handler.connection.settimeout(2)
    try:
        while handler.rfile.read(1):  # the client's closing frame
            pass
    except OSError:
        pass


def plainly(handler, _, result):
    """Without an upgrade: the output, then the errors, and a header that tells them apart."""
    pause(handler, result)
    handler.status = 200
    handler.send_response(200)
    handler.send_header("X-Exec", f"{result.exit} {len(result.stdout)}")
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.wfile.write(result.stdout + result.stderr)
    handler.sent += len(result.stdout)


def socket_frame(handler, opcode, payload):
    size = len(payload)
    head = bytes([0x80 | opcode]) + (bytes([size]) if size < 126 else b"\x7e" + struct.pack(">H", size))
    handler.wfile.write(head + payload)


def pause(handler, result):
    if result.delay_s:
        handler.server.stopping.wait(result.delay_s)
