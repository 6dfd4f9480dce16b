# SPDX-License-Identifier: Apache-2.0
"""e2e_report.py REPORT EXPECTED STATUS REQUESTS -- what is wrong with a report and the requests behind it.

EXPECTED: {"findings": [rule ids], "not_evaluated": [rule ids that may lack evidence]}.  Prints a line a
complaint and nothing where all is as it should be.
"""
import json
import sys


def complaints(report, expected, status, requests):
    verdicts = report["verdicts"]
    findings = [v for v in verdicts if v["verdict"] == "finding"]
    found = sorted({v["rule"]["id"] for v in findings})
    wanted = sorted(expected["findings"])
    if found != wanted:
        yield f"found {found}, expected {wanted}"
    for v in findings:
        if v["rule"]["id"] not in wanted:
            yield f"  {v['rule']['id']} {v['subject']}: {v['message']}"
        if not v["evidence"]:
            yield f"{v['rule']['id']} {v['subject']} cites no evidence"
    for v in verdicts:
        if v["verdict"] == "error":
            yield f"{v['rule']['id']} failed: {v.get('reason')}"
        if v["verdict"] == "not_evaluated" and v["rule"]["id"] not in expected.get("not_evaluated", []):
            yield f"{v['rule']['id']} was not evaluated: {v.get('reason')}"
    loud = [v for v in findings if v["rule"]["severity"] != "info"]
    if status != (1 if loud else 0):
        yield f"exit status {status} with {len(loud)} findings"
    for line in requests:
        request = json.loads(line)
        if request.get("write") or request.get("secret_data"):
            yield f"not read-only: {line.strip()}"


def main():
    report, expected, status, requests = sys.argv[1:]
    with open(report) as r, open(expected) as e, open(requests) as q:
        for complaint in complaints(json.load(r), json.load(e), int(status), q):
            print(complaint)


if __name__ == "__main__":
    main()
