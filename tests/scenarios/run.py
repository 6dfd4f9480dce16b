#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run.py -- clusters with known faults, served to the real kubectl, collected and analysed offline.

    run.py [--full] [--real] [--jobs N] [--list] [--keep DIR] [PATTERN...]

Each scenario (see overlay.Scenario) says what must be found in it, and that is all that may be.  Without
--full no commands are run in containers but where a scenario is about them, for they are most of the work.
"""

import argparse
import collections
import fnmatch
import json
import multiprocessing
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import catalogue  # noqa: E402
import overlay  # noqa: E402
import server  # noqa: E402

BUILD = pathlib.Path(os.environ.get("MESHCASE_BUILDDIR", ".")).resolve()
SHORT = BUILD / "tests/scenarios"   # its kubectl.c shortens exec, and is the real one for all else
COLLECT = ["--rate", "1000", "--sample-interval", "100ms", "--quiet", "--force"]


def environment(options):
    return os.environ if options.real else {**os.environ, "PATH": f"{SHORT}:{os.environ['PATH']}",
                                            "MESHCASE_KUBECTL_ANSWERS": options.answers}


def about_commands(scenario):
    """Whether what is said of the scenario rests on commands in containers."""
    return bool(scenario.execs or scenario.about or "pods/exec" in json.dumps(scenario.rbac))


def collect(scenario, work, options):
    """Serves the scenario and collects it; the bundle and the requests that the server saw."""
    wanted = [*COLLECT, *scenario.collect]
    if not options.full and not about_commands(scenario) and "--no-exec" not in wanted:
        wanted.append("--no-exec")
    folder = work / "cluster"
    folder.mkdir()
    overlay.write(scenario, str(folder))
    serving = server.Server(server.parse([str(folder), "--log", str(work / "requests"), *scenario.serve]))
    threading.Thread(target=serving.serve_forever, args=(0.05,), daemon=True).start()
    try:
        config = work / "kubeconfig"
        server.write_whole(str(config), server.kubeconfig(serving))
        run = subprocess.run([BUILD / "meshcase-collect", "--kubeconfig", config, *wanted,
                              "-o", work / "case.tar.gz"], env=environment(options), capture_output=True, timeout=120)
    finally:
        serving.stopping.set()
        serving.shutdown()
        serving.server_close()
    if run.returncode > 1:
        raise RuntimeError(f"collect ended with {run.returncode}: {run.stderr.decode()[-500:]}")
    return work / "case.tar.gz", [json.loads(line) for line in open(work / "requests")]


def analyse(bundle):
    run = subprocess.run([BUILD / "meshcase-analyze", "-f", "json", "--fail-on", "never", bundle],
                         capture_output=True, timeout=60)
    if run.returncode:
        raise RuntimeError(f"analyze ended with {run.returncode}: {run.stderr.decode()[-500:]}")
    return json.loads(run.stdout)["verdicts"]


def rules_with(verdicts, kind):
    return {v["rule"]["id"] for v in verdicts if v["verdict"] == kind}


def complaints(scenario, verdicts, requests):
    found = rules_with(verdicts, "finding")
    unseen = rules_with(verdicts, "not_evaluated")
    if scenario.finds is None or found != set(scenario.finds):
        yield f"finds {sorted(found)}, not {scenario.finds}"
        for v in verdicts:
            if v["verdict"] == "finding" and v["rule"]["id"] not in (scenario.finds or []):
                yield f"  {v['rule']['id']} '{v['subject']}': {v['message'].splitlines()[0]}"
    sections = {s for v in verdicts if v["verdict"] == "finding" for s in v["rule"].get("guide", ())}
    for missing in sorted(set(scenario.guide) - sections):
        yield f"nothing is found for {missing}"
    for v in verdicts:
        if v["verdict"] == "finding" and not v["evidence"]:
            yield f"{v['rule']['id']} cites no evidence"
        if v["verdict"] == "error":
            yield f"{v['rule']['id']} failed: {v.get('reason')}"
    reasons = collections.defaultdict(set)
    for v in verdicts:
        if v["verdict"] == "not_evaluated" and not scenario.blind and v["rule"]["id"] not in scenario.unseen \
                and "--no-exec was given" not in v.get("reason", ""):
            reasons[v.get("reason")].add(v["rule"]["id"])
    for reason, rules in reasons.items():
        yield f"{', '.join(sorted(rules))} lacks evidence: {reason}"
    # What is said of one subject may rest on its own evidence, what is said of all may not.
    for v in verdicts:
        if v["verdict"] == "ok" and not v["subject"] and v["rule"]["id"] in scenario.blind:
            yield f"{v['rule']['id']} is ok on missing evidence"
    for rule in sorted(set(scenario.blind) - unseen):
        yield f"{rule} does not say that it lacks evidence"
    for request in requests:
        if request.get("write") or request.get("secret_data"):
            yield f"not read-only: {request}"


def journey(scenario, options):
    """What is wrong with what is said of the scenario, a line each."""
    with tempfile.TemporaryDirectory(prefix="scenario.") as folder:
        try:
            bundle, requests = collect(scenario, pathlib.Path(folder), options)
            if options.keep:
                shutil.copy(bundle, os.path.join(options.keep, scenario.name + ".tar.gz"))
            verdicts = analyse(bundle)
            if options.save:
                with open(options.save, "a", encoding="utf-8") as file:
                    file.write(json.dumps({scenario.name: sorted(rules_with(verdicts, "finding"))}) + "\n")
            return list(complaints(scenario, verdicts, requests))
        except Exception as error:  # whatever it is: this scenario failed
            return [f"{type(error).__name__}: {error}"]


def work_of(share, options, results):
    for scenario in iter(share.get, None):
        started = time.monotonic()
        found = journey(catalogue.named(scenario), options)
        results.put((scenario, found, time.monotonic() - started))


def run_all(names, options):
    """Yields (name, complaints, seconds) as they end."""
    share, results = multiprocessing.Queue(), multiprocessing.Queue()
    for name in [*names, *[None] * options.jobs]:
        share.put(name)
    workers = [multiprocessing.Process(target=work_of, args=(share, options, results))
               for _ in range(options.jobs)]
    for worker in workers:
        worker.start()
    for _ in names:
        yield results.get(timeout=300)
    for worker in workers:
        worker.join()


def parse():
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__.splitlines()[0])
    parser.add_argument("pattern", nargs="*", default=["*"], help="scenarios to run, default all")
    # A collection waits for the turns of clocks' seconds most of its time.
    jobs = 6 * len(os.sched_getaffinity(0))
    parser.add_argument("--jobs", type=int, default=jobs, help="at once, default six a processor")
    parser.add_argument("--list", action="store_true", help="only name them")
    parser.add_argument("--full", action="store_true", help="with all commands in containers")
    parser.add_argument("--real", action="store_true", help="the real kubectl for exec, too: it takes five times as long")
    parser.add_argument("--keep", metavar="DIR", help="where bundles are left")
    parser.add_argument("--save", metavar="FILE", help="where the rules that find something are left, as JSON")
    parser.add_argument("-v", action="store_true", help="say how long each took")
    return parser.parse_args()


def main():
    options = parse()
    names = [s.name for s in catalogue.SCENARIOS if any(fnmatch.fnmatchcase(s.name, p) for p in options.pattern)]
    if options.list:
        print(*(f"{s.name:40} {s.says}" for s in catalogue.SCENARIOS if s.name in names), sep="\n")
        return 0
    if not shutil.which("kubectl"):
        print("scenarios: skipped: no kubectl")
        return 77
    with tempfile.TemporaryDirectory(prefix="answers.") as options.answers:
        return report(names, options)


def report(names, options):
    failed = 0
    for name, found, seconds in run_all(names, options):
        failed += bool(found)
        if options.v:
            print(f"{name}: {seconds:.1f} s", flush=True)
        for complaint in found:
            print(f"{name}: {complaint}", flush=True)
    print(f"{len(names) - failed} passed, {failed} failed")
    return 1 if failed or not names else 0


if __name__ == "__main__":
    sys.exit(main())
