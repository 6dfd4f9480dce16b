#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# check_rule_schema.py -- holds the JSON Schemas of meshcase-rules against a validator of
# others: check_rule_schema.py MESHCASE-RULES SOURCE-TREE.
#
# Every rule file, test and pack of the tree must fit, and every mistake below must not: each
# is one that `lint` refuses, too, so that an editor says what lint says.
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

import jsonschema
import yaml

RULE = """language: 1
rules:
- id: OWN-101
  title: t
  severity: error
  let: {x: {k8s: {kind: Pod}}}
  when: size(x) == 0
  message: m
"""

# What replaces what in RULE.
MISTAKES = [
    ("language: 1", "language: 2"),
    ("language: 1", "lang: 1"),
    ("OWN-101", "own-101"),
    ("OWN-101", "OWN-1"),
    ("title: t", "title: ''"),
    ("title: t", "titel: t"),
    ("  title: t\n", ""),
    ("error", "eror"),
    ("  when: size(x) == 0\n", ""),
    ("  message: m\n", ""),
    ("message: m", "message: [m]"),
    ("message: m", "message: m\n  confidence: certain"),
    ("message: m", "message: m\n  confidence: {default: high, low_fi: 'true'}"),
    ("message: m", "message: m\n  status: old"),
    ("message: m", "message: m\n  replaced_by: OWN-102"),
    ("message: m", "message: m\n  applies: {istoi: '>=1.0'}"),
    ("message: m", "message: m\n  explains: OWN-102"),
    ("message: m", "message: m\n  fix: [{run: ls}]"),
    ("message: m", "message: m\n  cases: [{when: 'true'}]"),
    ("message: m", "message: m\n  with: {y: {k8s: {kind: Pod}}}"),
    ("when: size(x) == 0", "cases: []"),
    ("when: size(x) == 0", "when: {size: x}"),
    ("when: size(x) == 0", "each: {a: {cel: x}, b: {cel: x}}"),
    ("x: {k8s", "1x: {k8s"),
    ("x: {k8s", "x-y: {k8s"),
    ("{kind: Pod}", "{}"),
    ("{kind: Pod}", "[Pod]"),
    ("{kind: Pod}", "{kind: []}"),
    ("{kind: Pod}", "{kind: 5}"),
    ("{kind: Pod}", "{kind: Pod, label: a=b}"),
    ("{kind: Pod}", "{kind: Pod, labels: [a]}"),
    ("{kind: Pod}", "{kind: Pod, where: ''}"),
    ("{k8s: {kind: Pod}}", "{k8z: {kind: Pod}}"),
    ("{k8s: {kind: Pod}}", "{k8s: {kind: Pod}, cel: '1'}"),
    ("{k8s: {kind: Pod}}", "{}"),
    ("{k8s: {kind: Pod}}", "{related: {kind: Pod, owned_by: y}}"),
    ("{k8s: {kind: Pod}}", "{cel: ''}"),
    ("{k8s: {kind: Pod}}", "{fact: msh}"),
    ("{k8s: {kind: Pod}}", "{prometheus: targts}"),
    ("{k8s: {kind: Pod}}", "{clocks: {subjects: [nod]}}"),
    ("{k8s: {kind: Pod}}", "{limits: {pod: x}}"),
    ("{k8s: {kind: Pod}}", "{captures: {state: compleet}}"),
    ("{k8s: {kind: Pod}}", "{document: {format: json}}"),
    ("{k8s: {kind: Pod}}", "{document: {path: '*', format: jsn}}"),
    ("{k8s: {kind: Pod}}", "{metric: {query: up}}"),
    ("{k8s: {kind: Pod}}", "{metric: {component: mixr, query: up}}"),
    ("{k8s: {kind: Pod}}", "{metric: {component: mixer}}"),
    ("{k8s: {kind: Pod}}", "{metric: {component: mixer, query: up, port: 0}}"),
    ("{k8s: {kind: Pod}}", "{metric: {component: mixer, query: up, empty: none}}"),
    ("{k8s: {kind: Pod}}", "{logs: {component: pilot}}"),
    ("{k8s: {kind: Pod}}", "{logs: {component: pilot, match: x, min: 0}}"),
    ("{k8s: {kind: Pod}}", "{logs: {component: pilot, match: x, window: 10}}"),
    ("{k8s: {kind: Pod}}", "{logs: {component: pilot, match: x, window: 10x}}"),
    ("{k8s: {kind: Pod}}", "{logs: {component: pilot, match: x, group_by: pod}}"),
    ("{k8s: {kind: Pod}}", "{logs: {component: pilot, match: x, samples: many}}"),
    ("{k8s: {kind: Pod}}", "{logs: {component: pilot, match: x, previous: never}}"),
    ("{k8s: {kind: Pod}}", "{logs: {component: pilot, match: x, context: {befor: 1}}}"),
    ("{k8s: {kind: Pod}}", "{logs: {component: pilot, match: x, context: {before: 51}}}"),
    ("{k8s: {kind: Pod}}", "{logs: {component: pilot, match: x, near: {of: y}}}"),
]

# What must still fit.
VARIANTS = [
    ("when: size(x) == 0", "when: true"),
    ("message: m", "message: m\n  with: {y: {related: {kind: Node, selects: p}}}\n"
                   "  each: {p: {k8s: {kind: [Pod, Node], labels: {a: b}}}}"),
    ("{k8s: {kind: Pod}}", "{metric: {component: [mixer, 'istio-*', '*'], query: up, empty: 1e9}}"),
    ("{k8s: {kind: Pod}}", "{logs: {component: pilot, match: [x, y], previous: no, group_by: [],"
                           " window: 1h30m, near: {of: z, within: 1.5s}, context: {after: 2}}}"),
    ("  when: size(x) == 0\n  message: m\n", "  cases: [{when: 'true', message: m}]\n"),
]


class Core(yaml.SafeLoader):
    """YAML 1.2's words: no is a string, 2018-06-01 is one, 1e9 is a number."""


Core.yaml_implicit_resolvers = {
    first: [rule for rule in rules if rule[0].split(":")[-1] in ("null", "int", "merge")]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()}
Core.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))
Core.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?([0-9]+[.][0-9]*([eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)$"),
    list("-+0123456789"))


def load(text):
    return yaml.load(text, Core)


def schema_of(program, kind):
    printed = subprocess.run([program, "schema", "--of", kind], capture_output=True, check=True)
    schema = json.loads(printed.stdout)
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def kind_of(path):
    if os.path.basename(path) == "pack.yaml":
        return "pack"
    return "tests" if os.path.basename(os.path.dirname(path)) == "tests" else "rules"


def check_tree(validators, tree):
    paths = glob.glob(f"{tree}/rules/*/**/*.yaml", recursive=True)
    paths += glob.glob(f"{tree}/tests/rules/**/*.yaml", recursive=True)
    for path in sorted(paths):
        for fault in validators[kind_of(path)].iter_errors(load(open(path, encoding="utf-8"))):
            yield f"{path}: {list(fault.absolute_path)}: {fault.message[:200]}"
    if len(paths) < 30:
        yield f"only {len(paths)} files below {tree}"


def lint_refuses(program, text):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        return subprocess.run([program, "lint", file.name], capture_output=True).returncode == 1


def check_mistakes(program, validator):
    if not validator.is_valid(load(RULE)):
        yield "the sound rule does not fit"
    for old, new in VARIANTS:
        faults = [fault.message for fault in validator.iter_errors(load(RULE.replace(old, new)))]
        if faults:
            yield f"{new}: {faults[0][:200]}"
    for old, new in MISTAKES:
        text = RULE.replace(old, new)
        if text == RULE:
            yield f"{old}: is not in the rule"
        elif validator.is_valid(load(text)):
            yield f"{new or 'without ' + old.strip()}: fits"
        elif not lint_refuses(program, text):
            yield f"{new or 'without ' + old.strip()}: lint takes it"


def main():
    program, tree = sys.argv[1:3]
    validators = {kind: schema_of(program, kind) for kind in ("rules", "tests", "pack", "overlay")}
    faults = list(check_tree(validators, tree)) + list(check_mistakes(program, validators["rules"]))
    print("\n".join(faults))
    sys.exit(1 if faults else 0)


main()
