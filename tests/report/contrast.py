#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""contrast.py STYLE -- colours of the page against what they stand on, by WCAG 2.1 AA.

Text needs 4.5 to 1, lines and marks that mean something 3 to 1; in light, dark and on paper.
"""
import re
import sys

TEXT = [(colour, ground) for colour in ("fg", "muted", "link") for ground in ("bg", "panel")]
TEXT += [(name, name + "-bg") for name in ("critical", "error", "warning", "info", "ok")]
TEXT += [(name, "bg") for name in ("critical", "error", "warning", "info")]
TEXT += [("mark", "mark-bg"), ("fg", "mark-bg")]
MARKS = [("edge", "bg")] + [(name, ground) for name in ("critical", "error", "warning", "info", "link")
                            for ground in ("bg", "panel")]


def luminance(colour):
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    parts = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        style = f.read()
    blocks = re.findall(r":root \{(.*?)\}", style, re.S)
    assert len(blocks) == 3, "light, dark, paper"
    light = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", blocks[0]))
    bad = []
    for scheme, block in zip(("light", "dark", "paper"), blocks):
        colours = {**light, **dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))}
        for pairs, least in (TEXT, 4.5), (MARKS, 3.0):
            for colour, ground in pairs:
                ratio = contrast(colours[colour], colours[ground])
                if ratio < least:
                    bad.append(f"{scheme}: {colour} on {ground} is {ratio:.2f}, not {least}")
    # A colour that is no variable would escape this test.
    for number, line in enumerate(re.sub(r":root \{.*?\}", "", style, flags=re.S).splitlines(), 1):
        if re.search(r"#[0-9a-fA-F]{3,8}\b|\brgb", line):
            bad.append(f"line {number}: a colour of its own: {line.strip()}")
    print("\n".join(bad))
    sys.exit(1 if bad else 0)


main()
