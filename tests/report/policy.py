#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""policy.py PAGE -- the Content-Security-Policy of a page allows its own style and script, and nothing else."""
import base64
import hashlib
import re
import sys


def hash_of(text):
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        page = f.read()
    policy = re.search(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', page).group(1)
    style, = re.findall(r"<style>(.*?)</style>", page, re.S)
    script, = re.findall(r"<script>(.*?)</script>", page, re.S)
    wanted = {"default-src": ["'none'"], "style-src": [hash_of(style)], "script-src": [hash_of(script)],
              "base-uri": ["'none'"], "form-action": ["'none'"]}
    got = {words[0]: words[1:] for words in (part.split() for part in policy.split(";")) if words}
    assert got == wanted, (got, wanted)
    assert page.index("Content-Security-Policy") < page.index("<style>"), "the policy comes too late"
    rest = page.replace(style, "").replace(script, "")
    assert not re.search(r"<[^>]* (?:style|on\w+|src)=", rest), "an attribute that the policy forbids"


main()
