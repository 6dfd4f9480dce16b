#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""server.py -- serves a recorded cluster from a folder to real Kubernetes clients, on 127.0.0.1.

    server.py clusters/bookinfo-healthy --kubeconfig /tmp/x/kubeconfig
    kubectl --kubeconfig /tmp/x/kubeconfig get pods -A

The first line on standard output, "ready http://127.0.0.1:PORT", says that it answers.

    server.py clusters/bookinfo-healthy -- COMMAND ARG...

runs a command with KUBECONFIG set, and ends with the command's exit status.  See README.md.
"""

import argparse
import json
import os
import signal
import socketserver
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from http.server import HTTPServer

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

from fakekube import access, api, backends, clock, cluster, faults, handler  # noqa: E402


def tls_context(folder):
    """A certificate for 127.0.0.1, made by openssl: FOLDER/ca.crt is its own authority."""
    os.makedirs(folder, exist_ok=True)
    key, certificate = os.path.join(folder, "key.pem"), os.path.join(folder, "ca.crt")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=recorded", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


class Server(socketserver.ThreadingMixIn, HTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, options):
        recorded = cluster.Cluster(options.cluster)
        self.watch = clock.Clock(recorded.recorded_at, options.time == "live", options.skew)
        self.api = api.Api(recorded, self.watch, access.Access(recorded.rbac, recorded.table))
        self.backends = backends.Backends(recorded, self.watch)
        extra = cluster.load_json(options.faults) if options.faults else []
        self.faults = faults.Faults(extra + recorded.faults)
        self.latency_s = options.latency / 1000
        self.renew_s = options.renew
        self.stopping = threading.Event()
        self.log = open(options.log, "w", encoding="utf-8", buffering=1) if options.log else None
        self.log_lock = threading.Lock()
        self.token = options.token
        self.tls = tls_context(options.tls) if options.tls else None
        self.certificate = os.path.join(options.tls, "ca.crt") if options.tls else None
        super().__init__(("127.0.0.1", options.port), handler.Handler)

    def get_request(self):
        connection, address = super().get_request()
        if self.tls:  # the handshake is the connection's own thread's
            connection = self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def server_bind(self):
        socketserver.TCPServer.server_bind(self)  # HTTPServer's would ask the resolver for a name
        self.server_name, self.server_port = self.server_address[:2]

    def end(self, *_):
        """A signal handler: shutdown() waits for the loop, so it must not run in it."""
        threading.Thread(target=self.shutdown, daemon=True).start()

    def record(self, entry):
        if self.log:
            with self.log_lock:
                self.log.write(json.dumps(entry) + "\n")

    def handle_error(self, request, client_address):
        error = sys.exc_info()[1]
        if not isinstance(error, (ConnectionError, TimeoutError, ssl.SSLError)):
            super().handle_error(request, client_address)


def write_whole(path, text):
    """Writes a file that readers see whole or not at all."""
    with open(path + ".tmp", "w", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)) as file:
        file.write(text)
    os.replace(path + ".tmp", path)


def kubeconfig(server):
    user, cluster = {}, {"server": f"http://127.0.0.1:{server.server_port}"}
    if server.tls:
        cluster = {
            "server": f"https://127.0.0.1:{server.server_port}",
            "certificate-authority": os.path.abspath(server.certificate),
        }
    if server.token:
        user = {"token": server.token}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "recorded",
        "clusters": [{"name": "recorded", "cluster": cluster}],
        "contexts": [{"name": "recorded", "context": {"cluster": "recorded", "user": "tester"}}],
        "users": [{"name": "tester", "user": user}],
    }
    return json.dumps(config, indent=2) + "\n"


def watch_parent(server, pid, stdin):
    """Stops the server when its parent is gone or closes our standard input."""
    if stdin:

        def wait_eof():
            while os.read(0, 4096):
                pass
            server.shutdown()

        threading.Thread(target=wait_eof, daemon=True).start()
    if pid:

        def wait_gone():
            while True:
                try:
                    os.kill(pid, 0)
                except ProcessLookupError:
                    server.shutdown()
                    return
                time.sleep(0.5)

        threading.Thread(target=wait_gone, daemon=True).start()


def parse(argv):
    parser = argparse.ArgumentParser(prog="server.py", description=__doc__.split("\n")[0])
    parser.add_argument("cluster", metavar="CLUSTER_DIR")
    parser.add_argument("--port", type=int, default=0, help="0 (default): a free one")
    parser.add_argument("--port-file", metavar="FILE", help="gets the port number once it answers")
    parser.add_argument("--kubeconfig", metavar="FILE", help="gets a kubeconfig for this server")
    parser.add_argument("--log", metavar="FILE", help="one JSON object a request")
    parser.add_argument("--faults", metavar="FILE", help="faults beside those of the cluster; they come first")
    parser.add_argument(
        "--time",
        choices=("live", "recorded"),
        default="live",
        help="live (default): stamps move to the present; recorded: as in the files",
    )
    parser.add_argument("--skew", type=float, default=0.0, metavar="SECONDS", help="the API server's clock is ahead")
    parser.add_argument("--tls", metavar="FOLDER", help="serve https; FOLDER/ca.crt is the authority to trust")
    parser.add_argument("--token", metavar="TEXT", help="refuse requests without this bearer token")
    parser.add_argument("--latency", type=float, default=0.0, metavar="MS", help="before every answer")
    parser.add_argument("--renew", type=float, default=10.0, metavar="SECONDS", help="between renewals of a lease")
    parser.add_argument("--parent-pid", type=int, metavar="PID", help="stop when this process is gone")
    parser.add_argument("--stdin", action="store_true", help="stop at the end of standard input")
    return parser.parse_args(argv)


def run(server, command, kubeconfig_path):
    """Runs a command beside the server; its exit status, or 128 and its signal."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # which also ends the command
    threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="apiserver.") as folder:
        path = kubeconfig_path or os.path.join(folder, "kubeconfig")
        write_whole(path, kubeconfig(server))
        try:
            status = subprocess.run(command, env=dict(os.environ, KUBECONFIG=path), check=False).returncode
        except OSError as error:
            print(f"server.py: {error}", file=sys.stderr)
            status = 127
    server.shutdown()
    return status if status >= 0 else 128 - status


def main(argv):
    at = argv.index("--") if "--" in argv else len(argv)
    command = argv[at + 1 :]
    options = parse(argv[:at])
    try:
        server = Server(options)
    except (cluster.ClusterError, ValueError, OSError) as error:
        print(f"server.py: {error}", file=sys.stderr)
        return 2
    status = run(server, command, options.kubeconfig) if command else serve(server, options)
    server.stopping.set()
    server.server_close()
    return status


def serve(server, options):
    """Serves until a signal, or until the parent is gone."""
    signal.signal(signal.SIGTERM, server.end)
    signal.signal(signal.SIGINT, server.end)
    watch_parent(server, options.parent_pid, options.stdin)
    if options.kubeconfig:
        write_whole(options.kubeconfig, kubeconfig(server))
    if options.port_file:
        write_whole(options.port_file, f"{server.server_port}\n")
    print(f"ready http{'s' if server.tls else ''}://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever(poll_interval=0.1)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
