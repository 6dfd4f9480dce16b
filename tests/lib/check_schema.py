#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# check_schema.py -- checks a JSON document against a schema: check_schema.py SCHEMA DOCUMENT.
#
# Knows the part of JSON Schema that docs/*.schema.json use, and fails on any other keyword.
import json
import re
import sys

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool}
ANNOTATIONS = {"$schema", "$id", "$defs", "definitions", "title", "description", "examples", "format"}


def is_type(value, name):
    if name == "null":
        return value is None
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def resolve(schema, root):
    while "$ref" in schema:
        node = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            node = node[part]
        schema = node
    return schema


def check(value, schema, root, where, faults):
    schema = resolve(schema, root)
    for keyword, wanted in schema.items():
        if keyword in ANNOTATIONS:
            continue
        if keyword == "type":
            names = wanted if isinstance(wanted, list) else [wanted]
            good = any(is_type(value, name) for name in names)
        elif keyword == "const":
            good = value == wanted
        elif keyword == "enum":
            good = value in wanted
        elif keyword == "pattern":
            good = not isinstance(value, str) or re.search(wanted, value) is not None
        elif keyword == "minLength":
            good = not isinstance(value, str) or len(value) >= wanted
        elif keyword == "minItems":
            good = not isinstance(value, list) or len(value) >= wanted
        elif keyword == "minimum":
            good = not is_type(value, "number") or value >= wanted
        elif keyword == "maximum":
            good = not is_type(value, "number") or value <= wanted
        elif keyword == "required":
            good = not isinstance(value, dict) or all(key in value for key in wanted)
        elif keyword == "properties":
            good = True
            for key in wanted:
                if isinstance(value, dict) and key in value:
                    check(value[key], wanted[key], root, f"{where}/{key}", faults)
        elif keyword == "additionalProperties":
            good = True
            extra = set(value) - set(schema.get("properties", {})) if isinstance(value, dict) else set()
            if wanted is False:
                good = not extra
            elif isinstance(wanted, dict):
                for key in sorted(extra):
                    check(value[key], wanted, root, f"{where}/{key}", faults)
        elif keyword == "items":
            good = True
            if isinstance(value, list):
                for number, item in enumerate(value):
                    check(item, wanted, root, f"{where}/{number}", faults)
        elif keyword == "oneOf":
            outcomes = []
            for branch in wanted:
                trial = []
                check(value, branch, root, where, trial)
                outcomes.append(not trial)
            good = outcomes.count(True) == 1
        else:
            sys.exit(f"check_schema: keyword '{keyword}' is not known here")
        if not good:
            faults.append(f"{where or '/'}: {keyword} {json.dumps(wanted)[:200]}")


def faults_of(document, schema):
    """What of the document does not fit, one text a fault."""
    faults = []
    check(document, schema, schema, "", faults)
    return faults


def main():
    schema, document = (json.load(open(path, encoding="utf-8")) for path in sys.argv[1:3])
    faults = faults_of(document, schema)
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
