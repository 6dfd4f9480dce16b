# SPDX-License-Identifier: Apache-2.0
"""lib.py -- what a case of tests/bad is, and how it is tried.

A case is one bad input.  Whatever it is: no signal, no report of a sanitizer, 5 s of processor time,
512 MiB, the exit status and the words that it states.  A case with `keeps` is a bundle in which
something is bad beside the sound members of SOUND: their verdicts must be those of SOUND alone, and
nothing may be added to them but "not evaluated" and what the case says.
"""
import dataclasses
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import typing

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
BUILD = pathlib.Path(os.environ.get("MESHCASE_BUILDDIR", SOURCE / "build")).resolve()
RULES = HERE / "rules.yaml"
NOW = "2018-06-20T00:00:00Z"


def is_sanitized():
    """Sanitizers multiply time and memory, and take no preloaded library."""
    program = (BUILD / "meshcase-analyze").read_bytes()
    return b"__asan_init" in program or b"__tsan_init" in program


SANITIZED = is_sanitized()
CPU_SECONDS = 30 if SANITIZED else 5
WALL_SECONDS = 240 if SANITIZED else 120     # the machine may be busy; only what hangs takes so long
RSS_KIB = (2048 if SANITIZED else 512) << 10

# The sound members: one for every kind of evidence, each with a rule in rules.yaml.
SOUND = {
    "kubernetes/core/pods.json":
        b'{"kind": "PodList", "apiVersion": "v1", "items": [\n'
        b'{"metadata": {"namespace": "a", "name": "good"}, "spec": {"containers": [{"name": "app"}]}},\n'
        b'{"metadata": {"namespace": "b", "name": "bad"}},\n'
        b'{"metadata": {"namespace": "istio-system", "name": "pilot-1", "labels": {"istio": "pilot"}},\n'
        b' "spec": {"containers": [{"name": "discovery"}]}, "status": {"phase": "Running"}}]}\n',
    "kubernetes/core/services.json":
        b'{"kind": "ServiceList", "apiVersion": "v1", "items": [\n'
        b'{"metadata": {"namespace": "a", "name": "web"}, "spec": {"ports": [{"port": 80}]}}]}\n',
    "logs/a/good/app.log": b"2018-06-01T12:00:00Z first line\n2018-06-01T12:00:01Z last line\n",
    "metrics/pilot/istio-system/pilot-1.9093.1.prom":
        b"# TYPE pilot_total counter\npilot_total{code=\"ok\"} 3\n",
    "http/prometheus/a/p/config.yaml": b"global: {scrape_interval: 5s}\nscrape_configs: []\n",
}


@dataclasses.dataclass
class Case:
    """argv: "{}" is the input's name.  data: its bytes; or a function that makes it, given its name;
    or None.  says: words of the report's coverage or of standard error."""
    family: str
    name: str
    data: typing.Any = None
    argv: tuple = ()
    status: int = 0
    says: typing.Any = ()
    keeps: bool = False
    loses: tuple = ()              # rules whose sound verdicts go, and must say why
    adds: tuple = ()               # verdicts beside the sound ones: (rule, subject, verdict)
    env: dict = dataclasses.field(default_factory=dict)
    stdin: typing.Any = None       # bytes
    stdout: str = ""               # a file instead of ours
    quiet: bool = False            # nothing on standard output
    check: typing.Any = None       # check(result) -> complaint or None
    limits: typing.Any = None      # called in the process before the program starts


@dataclasses.dataclass
class Result:
    status: int
    out: bytes
    err: bytes
    cpu: float
    rss_kib: int
    timed_out: bool
    folder: pathlib.Path           # that the case stands in


def analyze(*options):
    return (str(BUILD / "meshcase-analyze"), "-r", str(RULES), "-f", "json", "--fail-on", "never",
            "--now", NOW, *options, "{}")


def execute(argv, folder, env=None, stdin=None, stdout="", limits=None):
    """Runs a program to its end, or to the end of our patience."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, \
            tempfile.TemporaryFile() as given:
        given.write(stdin or b"")
        given.seek(0)
        target = open(stdout, "wb") if stdout else out
        process = subprocess.Popen(
            [os.fsencode(a) for a in argv], stdin=given, stdout=target, stderr=err, cwd=folder,
            env={**os.environ, "LC_ALL": "C.UTF-8", **(env or {})}, start_new_session=True,
            preexec_fn=limits)
        late = threading.Event()

        def end():
            late.set()
            os.killpg(process.pid, signal.SIGKILL)
        timer = threading.Timer(WALL_SECONDS, end)
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        if stdout:
            target.close()
        out.seek(0)
        err.seek(0)
        return Result(process.returncode, out.read(), err.read(), usage.ru_utime + usage.ru_stime,
                      usage.ru_maxrss, late.is_set(), pathlib.Path(folder))


def verdicts_of(report):
    """(rule, subject, verdict, message) of every verdict that says something of the mesh or fails."""
    for v in report["verdicts"]:
        yield v["rule"]["id"], v["subject"], v["verdict"], v.get("message", "")


def words_of(report):
    """What the report says beside its verdicts, one line a record."""
    lines = [f"{c['evidence']} {c['state']}: {c['reason']}" for c in report["coverage"]]
    for v in report["verdicts"]:
        if v["verdict"] in ("not_evaluated", "error"):
            lines.append(f"{v['rule']['id']} {v['verdict']}: {json.dumps(v, ensure_ascii=False)}")
    return "\n".join(lines)


def compare(case, sound, report):
    """How the verdicts of the sound members changed."""
    got = list(verdicts_of(report))
    for verdict in sound:
        if verdict[0] not in case.loses and verdict not in got:
            return f"lost {verdict}"
    for rule in case.loses:
        if not any(g[0] == rule and g[2] == "not_evaluated" for g in got):
            return f"{rule} does not say that it lacks something"
    for verdict in got:
        if verdict not in sound and verdict[2] != "not_evaluated" and verdict[:3] not in case.adds:
            return f"{verdict} came from nowhere"
    for rule, subject, kind in case.adds:
        if not any(g[:3] == (rule, subject, kind) for g in got):
            return f"no {kind} of {rule} for '{subject}'"
    return None


def judge(case, result, sound):
    """What is wrong with how a program took a case; None: nothing.  Also all that it said."""
    said = (result.err + result.out).decode("utf-8", "replace")
    if result.timed_out:
        return "hangs", said
    if result.status < 0:
        return f"signal {-result.status}", said
    if b"Sanitizer" in result.err or b"runtime error:" in result.err:
        return "a sanitizer complains", said
    if result.cpu > CPU_SECONDS:
        return f"{result.cpu:.1f} s of processor time", said
    if result.rss_kib > RSS_KIB:
        return f"{result.rss_kib >> 10} MiB", said
    if result.status != case.status:
        return f"exit status {result.status}, not {case.status}", said
    if case.quiet and result.out:
        return "something is on standard output", said
    if case.keeps:
        try:
            report = json.loads(result.out)
        except ValueError as error:
            return f"the report is no JSON: {error}", said
        said = words_of(report) + "\n" + result.err.decode("utf-8", "replace")
        complaint = compare(case, sound, report)
        if complaint:
            return complaint, said
    folded = " ".join(said.split())
    for text in [case.says] if isinstance(case.says, str) else case.says:
        if text not in said and text not in folded:
            return f"'{text}' is not said", said
    return case.check(result) if case.check else None, said


def attempt(case, work, number, sound):
    """Makes the input of a case, runs it, judges, and clears up."""
    folder = work / str(number)
    folder.mkdir()
    try:
        name = folder / "in"
        if callable(case.data):
            case.data(name)
        elif case.data is not None:
            name.write_bytes(case.data)
        where = {"{}": str(name), "{.}": str(folder)}
        argv = [where.get(a, a) for a in case.argv or analyze()]
        result = execute(argv, folder, case.env, case.stdin, case.stdout, case.limits)
        return judge(case, result, sound)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sound_verdicts(bundle):
    """Those of the sound members alone."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "in"
        path.write_bytes(bundle)
        result = execute([a.replace("{}", str(path)) for a in analyze()], folder)
    if result.status != 0:
        sys.exit("the sound bundle is not: " + result.err.decode())
    return list(verdicts_of(json.loads(result.out)))
