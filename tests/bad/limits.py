# SPDX-License-Identifier: Apache-2.0
"""limits.py -- L: every row of base/limits.def: at the limit it is taken, one over it is told.

A row is tried here, or in the test that ELSEWHERE names (a file and words that stand in it), or OUT_OF_REACH
says why no input of a test gets there.  A row that is in none of them fails.
"""
import re

import lib
import tar
from formats import CONFIG, with_yaml
from lib import SOUND, Case
from programs import RULES, rule

DEFINED = (lib.SOURCE / "base/limits.def").read_text()
ROWS = re.findall(r"^LIMIT\((\w+),", DEFINED, re.M)

ELSEWHERE = {
    "DELIVERED_BYTES": ("tests/unit/test_reader.c", "too_many_bytes_end_the_scan"),
    "MEMBER_NAME_BYTES": ("tests/bad/archives.py", "name of 1025"),
    "MEMBER_NAME_COMPONENT_BYTES": ("tests/bad/archives.py", "component of 256"),
    "MEMBER_NAME_DEPTH": ("tests/bad/archives.py", "33 deep"),
    "DOCUMENT_BYTES": ("tests/unit/test_json.c", "LIMIT_DOCUMENT_BYTES"),
    "ITEM_BYTES": ("tests/bad/formats.py", "item of 4 MiB"),
    "ITEM_COUNT": ("tests/bad/formats.py", "1,000,001 empty items"),
    "JSON_DEPTH": ("tests/bad/formats.py", "100 deep"),
    "YAML_DEPTH": ("tests/unit/test_yaml.c", "depth_100_is_read_and_101_is_not"),
    "YAML_EVENT_COUNT": ("tests/bad/formats.py", "5,000,000 nodes"),
    "YAML_DOCUMENT_COUNT": ("tests/bad/formats.py", "20,001 documents"),
    "LOG_LINE_BYTES": ("tests/bad/formats.py", "a line of 64 KiB + 1"),
    "CEL_STEPS": ("tests/bad/programs.py", "10^12 steps"),
    "CEL_RULE_STEPS": ("tests/unit/test_cel.c", "the_steps_of_a_rule_are_shared"),
    "EVIDENCE_COUNT": ("tests/unit/test_evaluate.c", "citations_are_limited"),
    "CEL_BYTES": ("tests/unit/test_cel.c", "LIMIT_CEL_BYTES"),
    "LABEL_COUNT": ("tests/bad/formats.py", "257 labels"),
    "METRIC_LINE_BYTES": ("tests/bad/formats.py", "a line of 1 MiB + 1"),
    "BAD_LINE_COUNT": ("tests/unit/test_exposition.c", "LIMIT_BAD_LINE_COUNT"),
    "REGEX_STEPS": ("tests/bad/programs.py", "a pattern that backtracks"),
    "REDACT_BYTES": ("tests/unit/test_redact.c", "LIMIT_REDACT_BYTES"),
    "FRAME_BYTES": ("tests/unit/test_worker.c", "LIMIT_FRAME_BYTES"),
    "WORKER_CPU_SECONDS": ("tests/fault/crash.c", "RLIMIT_CPU"),
    "EXCERPT_BYTES": ("tests/bad/shapes.py", '"x" * 70000'),
}

OUT_OF_REACH = {
    "MANIFEST_BYTES": "a text of 256 MiB would be half of what a case may use",
    "INDEX_BYTES": "as the manifest",
    "FINDING_COUNT": "tests/cli/report.sh makes 10,000 findings for every format",
    "VERDICT_COUNT": "half a million verdicts take longer than a case may",
    "SAMPLE_COUNT": "a bound of what a rule may ask for; no bundle reaches it",
    "LOG_HIT_COUNT": "a million hits of one pattern take longer than a case may under sanitizers",
    "SERIES_COUNT": "five million series are a text of 100 MiB and more",
    "QUERY_SAMPLES": "fifty million samples take longer than a case may",
    "LABEL_VALUE_BYTES": "a label of 1 MiB does not fit into a line of METRIC_LINE_BYTES, so a query must grow it",
    "GALLERY_COUNT": "a cut of what is drawn, by which nothing is judged",
    "ANSWER_BYTES": "1 GiB of answers from a worker: twice what a case may use",
    "COVERAGE_COUNT": "a million records of holes: more than the members that a bundle may have",
    "WORKER_ADDRESS_BYTES": "4 GiB: eight times what a case may use",
    "WORKER_DEATH_COUNT": "seventeen deaths in one run are as many starts; tests/cli/worker.sh tries one and two",
    "CHANGE_COUNT": "a hundred thousand changes between two bundles take longer than a case may",
    "PACKED_BYTES": "the collector's: what it unpacks of a cluster's answer; no bundle reaches it",
    "PLAN_BYTES": "the user's own file, read whole",
    "SECRET_VALUES": "the collector's own book; no bundle reaches it",
    "SECRET_BYTES": "the collector's own book; no bundle reaches it",
}


def lint(name, row, text, says):
    """A rule file that is sound, or refused with these words."""
    return Case("L", f"{row}: {name}", lambda path: path.with_suffix(".yaml").write_bytes(text),
                argv=(RULES, "lint", "in.yaml"), status=status_of(says), says=says)


def status_of(says):
    if says == "0 errors":
        return 0
    return 3 if says.startswith("more than") else 1


def names(count):
    chain = ", ".join(f"a{i}: {{cel: a{i - 1}}}" for i in range(1, count))
    return rule(f"let: {{a0: {{cel: 'true'}}, {chain}}}, when: a{count - 1}")


def many_rules(count):
    return b"language: 1\nrules:\n" + b"".join(
        b"- {id: X-%d, title: x, severity: info, message: m, when: 'true'}\n" % i for i in range(1001, 1001 + count))


def around():
    """(row, at the limit, one over it, what is said then)."""
    sound = rule("when: 'true'")

    def when(text):
        return rule(f"when: \"{text}\"")

    def brackets(count, inner):
        return "(" * count + inner + ")" * count

    def query(text):
        return rule(f"let: {{m: {{metric: {{component: mixer, query: 'sum({text})'}}}}}}, when: size(m) > 0")
    most = 64 << 10
    yield "RULE_FILE_BYTES", sound + b"#" * ((1 << 20) - len(sound)), sound + b"#" * ((1 << 20) - len(sound) + 1), "more than 1048576 bytes"
    yield "RULE_COUNT", many_rules(5000), many_rules(5001), "more than 5000"
    yield "NAME_DEPTH", names(16), names(18), "in.yaml:"
    yield "EXPRESSION_BYTES", when("'" + "a" * (most - 8) + "' == ''"), when("'" + "a" * (most - 7) + "' == ''"), "in.yaml:"
    yield "PATTERN_BYTES", when("'x'.matches('" + "a" * 4096 + "')"), when("'x'.matches('" + "a" * 4097 + "')"), "in.yaml:"
    yield "CEL_DEPTH", when(brackets(240, "true")), when(brackets(251, "true")), "in.yaml:"
    yield "QUERY_DEPTH", query(brackets(190, "a")), query(brackets(201, "a")), "in.yaml:"


def limits():
    tried = {"YAML_BYTES", "MEMBER_COUNT"}
    for row, at, over, says in around():
        tried.add(row)
        yield lint("at it", row, at, "0 errors")
        yield lint("over it", row, over, says)
    fill = CONFIG + b"#" * ((16 << 20) - len(CONFIG) - 1) + b"\n"
    yield Case("L", "YAML_BYTES: at it", with_yaml(fill), keeps=True)
    yield Case("L", "YAML_BYTES: over it", with_yaml(fill + b"\n"), keeps=True, loses=("OWN-103",), says="more than 16777216 bytes")
    for name, count, says in (("at it", 200000, ()), ("over it", 200001, "more than 200000 members")):
        headers = b"".join(tar.header(b"case/%d" % i) for i in range(count - len(SOUND)))
        yield Case("L", f"MEMBER_COUNT: {name}", tar.squeeze(tar.archive(SOUND, headers), 1), keeps=True, says=says,
                   check=None if says else no_limit)
    for row in ROWS:
        if row in ELSEWHERE:
            file, words = ELSEWHERE[row]
            known = words in (lib.SOURCE / file).read_text()
        else:
            known = row in tried or row in OUT_OF_REACH
        yield Case("L", f"{row} has a test or a reason", argv=("true",) if known else ("false",))


def no_limit(result):
    return "a limit is told" if b'"state": "limit"' in result.out else None


FAMILIES = {"L": ("limits", limits)}
