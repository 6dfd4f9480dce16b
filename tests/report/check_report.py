#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_report.py FORMAT FILE [SCHEMA] -- what a report in a format owes its readers.

json, ndjson: SCHEMA (docs/report.schema.json).  sarif: SCHEMA is that of SARIF 2.1.0, or ours
(tests/report/sarif.schema.json); beside it, what no schema says.  places: SCHEMA is the bundle's folder, see there.  junit: well-formed, and its numbers add up.  markdown: FILE is
what cmark-gfm made of it; nothing in it may be alive but what the report itself wrote.
"""
import html.parser
import json
import re
import sys
import xml.etree.ElementTree as ET

import jsonschema


def check_json(path, schema):
    with open(path, encoding="utf-8") as f:
        jsonschema.validate(json.load(f), schema)


def check_ndjson(path, schema):
    """Each line is one part of the document that json is."""
    document = {"verdicts": [], "coverage": []}
    with open(path, encoding="utf-8") as f:
        for line in f:
            (key, value), = json.loads(line).items()
            if key == "report":
                document.update(value)
            else:
                document[{"verdict": "verdicts", "coverage": "coverage"}[key]].append(value)
    jsonschema.validate(document, schema)


def check_sarif(path, schema):
    with open(path, encoding="utf-8") as f:
        log = json.load(f)
    if schema:
        validator = jsonschema.validators.validator_for(schema)
        validator(schema, format_checker=jsonschema.FormatChecker()).validate(log)
    run, = log["runs"]
    driver = run["tool"]["driver"]
    known = {d["id"] for d in driver["notifications"]}
    # 3.27.23, 3.27.24: told of every result, or of none.
    for key in "suppressions", "baselineState":
        assert len({key in result for result in run["results"]}) <= 1, f"some results have {key}"
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["partialFingerprints"]
        for location in result["locations"] + result.get("relatedLocations", []):
            uri = location["physicalLocation"]["artifactLocation"]["uri"]
            assert re.fullmatch(r"(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})+", uri) and not uri.startswith("/"), uri
            assert uri.split("/")[0] not in ("", ".", ".."), uri
            place = location["physicalLocation"]
            region, around = place.get("region"), place.get("contextRegion")
            # 3.29.5: what surrounds a region contains it.
            assert not around or around["startLine"] <= region["startLine"] <= around["endLine"], place
            assert not region or region.get("startColumn", 1) <= region.get("endColumn", 1 << 62), place
    for note in run["invocations"][0]["toolExecutionNotifications"]:
        assert note["descriptor"]["id"] in known
        if "associatedRule" in note:
            assert driver["rules"][note["associatedRule"]["index"]]["id"] == note["associatedRule"]["id"]
    failed = any(n["level"] == "error" for n in run["invocations"][0]["toolExecutionNotifications"])
    assert run["invocations"][0]["executionSuccessful"] is not failed


def check_places(path, _):
    """Every region with columns is, in the bundle's folder, what its snippet says; the rest of the
    command line names the members that must have one, and with a "-" before it those that must not."""
    with open(path, encoding="utf-8") as f:
        run, = json.load(f)["runs"]
    seen = set()
    for result in run["results"]:
        for location in result["locations"] + result.get("relatedLocations", []):
            place = location["physicalLocation"]
            region = place["region"]
            if "startColumn" not in region:
                continue
            uri = place["artifactLocation"]["uri"]
            with open(f"{sys.argv[3]}/{uri}", "rb") as f:
                line = f.read().split(b"\n")[region["startLine"] - 1].decode("utf-8", "replace")
            told = line[region["startColumn"] - 1:region["endColumn"] - 1]
            assert told == region["snippet"]["text"], (uri, region, told)
            context = place["contextRegion"]
            assert context["startLine"] <= region["startLine"] <= context["endLine"], context
            seen.add(uri)
    for member in sys.argv[4:]:
        assert (member.lstrip("-") in seen) is not member.startswith("-"), (member, seen)


def check_junit(path, _):
    root = ET.parse(path).getroot()
    assert root.tag == "testsuites"
    totals = {"tests": 0, "failures": 0, "errors": 0}
    for suite in root:
        cases = suite.findall("testcase")
        counts = {"tests": len(cases)}
        for outcome, attribute in ("failure", "failures"), ("error", "errors"), ("skipped", "skipped"):
            counts[attribute] = sum(1 for case in cases if case.find(outcome) is not None)
        for attribute, count in counts.items():
            if attribute in suite.attrib or count:
                assert int(suite.get(attribute)) == count, (suite.get("name"), attribute, count)
            if attribute in totals:
                totals[attribute] += count
        for case in cases:
            assert len([c for c in case if c.tag in ("failure", "error", "skipped")]) <= 1
    for attribute, count in totals.items():
        assert int(root.get(attribute)) == count, attribute


class Inert(html.parser.HTMLParser):
    """Fails on a tag that the report does not write, and on text outside code that a forge would follow."""
    ALLOWED = {"details", "summary", "b", "code", "pre", "p", "ul", "li", "strong", "h1"}
    ALIVE = re.compile(r"@\w|://|\bwww\.|#\d|\bGH-\d|\b[0-9a-f]{7,}\b|:\w+:|\\u\{202e\}")

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open = []

    def handle_starttag(self, tag, attrs):
        assert tag in self.ALLOWED, f"<{tag}> {attrs}"
        assert not attrs or (tag == "details" and attrs == [("open", None)]) or \
            (tag == "details" and attrs == [("open", "")]), f"<{tag} {attrs}>"
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_comment(self, data):
        raise AssertionError(f"<!--{data}-->")

    def handle_data(self, data):
        if not {"code", "pre"} & set(self.open):
            found = self.ALIVE.search(data)
            assert not found, f"{found.group()!r} is alive in {data!r}"


def check_markdown(path, _):
    inert = Inert()
    with open(path, encoding="utf-8") as f:
        inert.feed(f.read())
    inert.close()
    assert not inert.open, inert.open


def main():
    schema = None
    if len(sys.argv) > 3 and sys.argv[1] != "places":
        with open(sys.argv[3], encoding="utf-8") as f:
            schema = json.load(f)
    try:
        globals()["check_" + sys.argv[1]](sys.argv[2], schema)
    except jsonschema.ValidationError as error:
        sys.exit(f"{list(error.absolute_path)}: {error.message[:500]}")


main()
