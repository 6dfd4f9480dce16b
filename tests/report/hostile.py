#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""hostile.py FOLDER PODS -- a case whose every string tries something, and the rules to find it.

Writes FOLDER/case (a folder that meshcase-analyze reads) and FOLDER/rules.yaml.  PODS is how many
pods there are, hence how many findings of warning; each of the TRICKS stands in names, in logs and
in values.
"""
import json
import os
import sys

TRICKS = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "</details></summary></pre></code><h1>out</h1>",
    "<!-- --><!--",
    "]]><x/>",
    "&lt;b&gt; &amp; &#64;octocat",
    "@octocat #1 GH-1 octocat/hello#1 0123456789abcdef0123456789abcdef01234567 :tada:",
    "https://evil.example/ www.evil.example mailto:a@evil.example",
    "[x](javascript:alert(1)) ![y](https://evil.example/p.png) <https://evil.example>",
    "```\n# heading\n```\n~~~\n| a | b |\n|---|---|",
    "`code` ``two`` `",
    "* item\n    indented\n> quote\n1. one",
    "$(touch /tmp/owned); `touch /tmp/owned` 'q' \"q\"",
    "\u202egnp.exe\u2066x\u2069 \u200bzero\ufeff",
    "\x1b]0;title\x07\x1b[2J\x1b[31mred \x9b31m \x00 \x7f \r",
    "日本語 e\u0301 \U0001f600 \ufffe \uffff",
    "javascript:alert(1)//\u2028\u2029",
    "</script><script>alert(1)</script>",
    "';alert(1);'",
]

RULES = """language: 1
guide: "javascript:alert(1)"
rules:
- id: BAD-101
  title: a pod has a hostile name
  severity: warning
  guide: [anchor]
  refs: ["javascript:alert(1)"]
  each: {p: {k8s: {kind: Pod}}}
  when: 'true'
  message: "{{ p.metadata.?annotations['trick'].orValue(p.metadata.name) }}"
  why: names matter; ask <b>@octocat</b> at https://example.org/
  fix:
  - text: "rename {{ p.metadata.name }}"
    run: "kubectl delete pod {{ p.metadata.name }}"
    risk: it is gone
- id: BAD-102
  title: a log says something hostile
  severity: error
  each: {l: {logs: {match: '(?s)TRICK (?P<what>.*)', group_by: [namespace, pod]}}}
  message: "{{ l.values.what[0] }}"
- id: BAD-103
  title: "rules can be hostile, too: <script>alert(2)</script> @octocat"
  severity: info
  when: 'true'
  message: none
- id: BAD-104
  title: a rule that fails
  severity: critical
  each: {p: {k8s: {kind: Pod}}}
  when: p.spec.nothing == 1 && p.metadata.name.size() / 0 == 1
  message: none
- id: BAD-105
  title: evidence that is missing
  severity: critical
  let: {s: {k8s: {kind: Service}}}
  when: size(s) == 0
  message: none
"""


def pods(count):
    for i in range(count):
        trick = TRICKS[i % len(TRICKS)]
        yield {"metadata": {"namespace": f"ns-{i % 20}", "name": f"{trick}-{i}", "annotations": {"trick": trick}}}


def write_logs(folder):
    for i, trick in enumerate(TRICKS):
        # A file's name may hold anything but a slash and a NUL.
        pod = trick.replace("/", "_").replace("\0", "")[:60] if i % 2 else f"pod-{i}"
        path = os.path.join(os.fsencode(folder), b"logs", b"ns", os.fsencode(pod))
        os.makedirs(path, exist_ok=True)
        with open(os.path.join(path, b"c.log"), "wb") as log:
            text = trick.encode("utf-8", "surrogatepass")
            log.write(b"2018-06-01T12:00:00Z TRICK " + text + b"\xff\xfe\xc0\x80 end\n")
    path = os.path.join(folder, "logs", "ns", "long")
    os.makedirs(path)
    with open(os.path.join(path, "c.log"), "wb") as log:
        log.write(b"2018-06-01T12:00:00Z TRICK " + b"<b>" * 350000 + b"\n")


def main():
    folder, count = sys.argv[1], int(sys.argv[2])
    case = os.path.join(folder, "case")
    os.makedirs(os.path.join(case, "kubernetes", "core"))
    with open(os.path.join(case, "kubernetes", "core", "pods.json"), "w", encoding="utf-8") as out:
        items = ",\n".join(json.dumps(pod) for pod in pods(count))
        out.write('{"kind": "PodList", "apiVersion": "v1", "items": [\n' + items + "\n]}\n")
    with open(os.path.join(case, "kubernetes", "version.json"), "w", encoding="utf-8") as out:
        out.write('{"gitVersion": "v1.9.6"}\n')
    write_logs(case)
    with open(os.path.join(folder, "rules.yaml"), "w", encoding="utf-8") as out:
        out.write(RULES)


main()
