# SPDX-License-Identifier: Apache-2.0
"""formats.py -- B1 JSON, B2 YAML, B3 logs, B5 metrics text."""
import functools

import lib
import tar
from lib import SOUND, Case

SERVICES = SOUND["kubernetes/core/services.json"].rstrip()
assert SERVICES.endswith(b"]}")


# ---- B1 JSON ----

def with_list(text):
    """Another list of services."""
    return tar.archive({**SOUND, "kubernetes/core/services.json": text})


def with_item(item):
    """The services, and one more item behind them."""
    return with_list(SERVICES[:-2] + b",\n" + item + b"]}\n")


def service(extra):
    """A sound service but for what follows its ports."""
    return b'{"metadata": {"namespace": "c", "name": "more"}, "spec": {"ports": []}, ' + extra + b"}"


def nested(depth, opening=b'{"a":', closing=b"}", inner=b"1"):
    """An item so deep: the item and its field are two, the list it stands in two more."""
    return service(b'"x": ' + opening * (depth - 1) + inner + closing * (depth - 1))


# Texts that no JSON parser may take; each as the value of a field of an item.
BAD_VALUES = {
    "a bare word": b"word", "single quotes": b"'x'", "a trailing comma in a list": b"[1,]",
    "a trailing comma in a map": b'{"a":1,}', "a leading comma": b"[,1]", "two commas": b"[1,,2]",
    "a missing colon": b'{"a" 1}', "a missing value": b'{"a":}', "a number for a key": b"{1:2}",
    "no quotes around a key": b"{a:1}", "a comment": b"/* x */ 1", "a line comment": b"// x\n1",
    "a hash comment": b"# x\n1", "a leading zero": b"01", "a leading plus": b"+1", "a bare minus": b"-",
    "a bare dot": b".5", "a trailing dot": b"5.", "a bare exponent": b"1e", "an exponent with a sign alone": b"1e+",
    "hexadecimal": b"0x10", "NaN": b"NaN", "Infinity": b"Infinity", "-Infinity": b"-Infinity",
    "True": b"True", "nul": b"nul", "tru": b"tru", "undefined": b"undefined",
    "a bad escape": b'"\\x41"', "a short escape": b'"\\u12"', "no hexadecimal": b'"\\u12zz"',
    "a lone high surrogate": b'"\\ud800"', "a lone low surrogate": b'"\\udc00"',
    "two high surrogates": b'"\\ud800\\ud800"', "a high surrogate and text": b'"\\ud800x"',
    "a newline in a text": b'"a\nb"', "a tab in a text": b'"a\tb"', "a control in a text": b'"\x01"',
    "a NUL in a text": b'"a\0b"', "invalid UTF-8": b'"\xff"',
    "overlong UTF-8": b'"\xc0\xaf"', "a surrogate in UTF-8": b'"\xed\xa0\x80"', "a cut sequence": b'"\xe2\x82"',
    "beyond Unicode": b'"\xf4\x90\x80\x80"', "an escape of a quote alone": b'"\\"',
    "a duplicate key": b'{"a":1,"a":2}', "a duplicate key by escape": b'{"a":1,"\\u0061":2}',
    "1e999": b"1e999", "-1e999": b"-1e999", 
    "10,000 digits": b"9" * 10000, "a form feed": b"\f1", "a vertical tab": b"\v1", "a no-break space": b"\xc2\xa01",
    "a byte order mark inside": b"\xef\xbb\xbf1",
}

GOOD_VALUES = {
    "an escaped NUL": b'"\\u0000"', "2^64": b"18446744073709551616", "-2^63-1": b"-9223372036854775809",
    "-0": b"-0", "-0.0": b"-0.0", "1e308": b"1e308", "1e-999": b"1e-999", "2^63-1": b"9223372036854775807",
    "-2^63": b"-9223372036854775808", "a pair of surrogates": b'"\\ud83d\\ude00"', "an empty key": b'{"":1}',
    "a noncharacter": b'"\xef\xbf\xbf"', "an escaped slash": b'"\\/"', "del": b'"\x7f"',
    "a text of 1 MiB": b'"' + b"x" * (1 << 20) + b'"', "a key of 1 MiB": b'{"' + b"k" * (1 << 20) + b'":1}',
    "100,000 empty maps": b"[" + b"{}," * 99999 + b"{}]", "100,000 zeros": b"[" + b"0," * 99999 + b"0]",
    "200,000 keys": b"{" + b",".join(b'"%d":0' % i for i in range(200000)) + b"}",
    "escapes of a terminal": b'"\\u001b[2J"', "U+2028": b'"\xe2\x80\xa8"',
}


def json_texts():
    for name, value in BAD_VALUES.items():
        yield Case("B1", "item with " + name, with_item(service(b'"x": ' + value)), keeps=True,
                   says="kubernetes/core/services.json")
    for name, value in GOOD_VALUES.items():
        yield Case("B1", "item with " + name, with_item(service(b'"x": ' + value)), keeps=True,
                   adds=(("OWN-105", "c/more", "ok"),))
    for word, opening, closing in (("maps", b'{"a":', b"}"), ("lists", b"[", b"]")):
        yield Case("B1", f"item of {word} 100 deep", with_item(nested(100, opening, closing)), keeps=True,
                   adds=(("OWN-105", "c/more", "ok"),))
        for depth in (101, 102, 2048, 2056, 1000000):
            yield Case("B1", f"item of {word} {depth} deep", with_item(nested(depth, opening, closing)),
                       keeps=True, says="kubernetes/core/services.json")
    whole = service(b'"x": ""')
    for over, expected in ((-1, True), (0, True), (1, False)):
        fill = b"x" * ((4 << 20) - len(whole) + over)
        yield Case("B1", f"item of 4 MiB {over:+}", with_item(service(b'"x": "' + fill + b'"')), keeps=True,
                   adds=(("OWN-105", "c/more", "ok"),) if expected else (),
                   says=() if expected else "kubernetes/core/services.json")
    for name, item in (("null", b"null"), ("a number", b"1"), ("a text", b'"x"'), ("a list", b"[]"),
                       ("true", b"true")):
        yield Case("B1", f"item that is {name}", with_item(item), keeps=True)
    # An object without a name is one that a rule may look at: what it says is its own affair.
    for name, item in (("an empty map", b"{}"), ("a map without metadata", b'{"spec": {}}')):
        yield Case("B1", f"item that is {name}", with_item(item))
    yield Case("B1", "list with blanks around it", with_list(b" \n\t" + SERVICES + b" \n" * 1000), keeps=True)
    for name, text in (("an empty list", b"[]"), ("a list of items that are null", b'{"kind": "ServiceList", "items": null}')):
        yield Case("B1", name, with_list(text), check=functools.partial(verdict_is, "OWN-105", ("ok",)))
    lost = {
        "a BOM before it": b"\xef\xbb\xbf" + SERVICES,
        "UTF-16": SERVICES.decode().encode("utf-16"), "UTF-32": SERVICES.decode().encode("utf-32"), "empty": b"",
        "blank": b" \n", "NUL": b"\0" * 1000, "null": b"null", "a number": b"17", "a text": b'"items"',
        "true": b"true", "an empty map": b"{}", "no items": b'{"kind": "ServiceList"}',
        "items that are a map": b'{"kind": "ServiceList", "items": {}}',
        "items that are a number": b'{"kind": "ServiceList", "items": 7}',
        "items that are a text": b'{"kind": "ServiceList", "items": "x"}',
        "a Status": b'{"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 403}',
        "HTML": b"<html><body>502 Bad Gateway</body></html>", "NDJSON": b'{"a":1}\n{"b":2}\n',
        "half an item": SERVICES[:60], "1,000,000 opened": b"[" * 1000000, "1,000,000 opened maps": b'{"a":' * 1000000,
    }
    for name, text in lost.items():
        yield Case("B1", f"list that is {name}", with_list(text), keeps=True, loses=("OWN-105",),
                   says="kubernetes/core/services.json")
    behind = {
        "garbage": b"garbage", "another list": SERVICES, "a comma": b",", "a bracket": b"]",
    }
    for name, text in behind.items():
        yield Case("B1", f"list with {name} behind it", with_list(SERVICES + text), keeps=True,
                   says="kubernetes/core/services.json")
    yield Case("B1", "list with items twice", keeps=True,
               data=with_list(SERVICES[:-1] + b', "items": []}'), says="kubernetes/core/services.json")
    million = b'{"kind": "ServiceList", "items": [' + b"{}," * 999999 + b"{}]}"
    yield Case("B1", "1,000,000 empty items", keeps=True, data=tar.archive(
        {**SOUND, "kubernetes/core/nodes.json": million}))
    yield Case("B1", "1,000,001 empty items that a rule reads", with_list(million[:-2] + b",{}]}"))


# ---- B2 YAML ----

CONFIG = SOUND["http/prometheus/a/p/config.yaml"]


def with_yaml(text):
    """Another text for the document that OWN-103 reads."""
    return tar.archive({**SOUND, "http/prometheus/a/p/config.yaml": text})


BAD_YAML = {
    "an alias": b"a: &x 1\nb: *x\n", "an anchor": b"a: &x 1\n", "an alias to itself": b"&a [*a]\n",
    "a merge key": b"a: {<<: {b: 1}}\n", "a merge of an alias": b"a: &x {b: 1}\nc: {<<: *x}\n",
    "laughs": b"a: &a [x]\n" + b"".join(b"%c: &%c [%s]\n" % (c, c, b",".join([b"*%c" % (c - 1)] * 9))
                                          for c in range(ord("b"), ord("k"))),
    "a tag of Python": b"a: !!python/object/apply:os.system [id]\n", "a tag of its own": b"a: !own x\n",
    "a binary tag": b"a: !!binary aGVsbG8=\n", "a set": b"a: !!set {b, c}\n",
    "a verbatim tag": b"a: !<tag:example.com,2000:x> y\n",
    "a %TAG": b"%TAG ! tag:example.com,2000:\n---\na: 1\n",
    "100,000 %TAG": b"".join(b"%%TAG !t%d! x\n" % i for i in range(100000)) + b"---\na: 1\n",
    "%YAML 9.9": b"%YAML 9.9\n---\na: 1\n", "an unknown directive": b"%FOO bar\n---\na: 1\n",
    "a directive without a document": b"%YAML 1.1\n", "1,000,000 [": b"[" * 1000000,
    "1,000,000 {": b"{" * 1000000, "1,000,000 ? ": b"? " * 1000000, "1,000,000 - ": b"- " * 1000000,
    "1,000,000 open maps": b"{a: " * 1000000, "a staircase of maps":
        b"".join(b" " * i + b"a:\n" for i in range(2000)), "101 deep": b"a: " + b"[" * 101 + b"]" * 101,
    "100,000 anchors": b"".join(b"- &a%d x\n" % i for i in range(100000)),
    "a tab to indent": b"a:\n\tb: 1\n", "a duplicate key": b"a: 1\na: 2\n", "an unterminated quote": b'a: "x\n',
    "an unterminated apostrophe": b"a: 'x\n", "a bad escape": b'a: "\\q"\n', "an open list": b"a: [1, 2\n",
    "an open map": b"a: {b: 1\n", "a wrong bracket": b"a: [1, 2}\n", "a lone colon": b":\n:\n::\n: :",
    "20,001 documents": b"--- 1\n" * 20001,
    "a NUL": b"a: x\0y\n", "invalid UTF-8": b"a: \xff\n", "overlong UTF-8": b"a: \xc0\xaf\n",
    "a control character": b"a: \x01\n", "half a UTF-16": "a: 1".encode("utf-16")[:-1],
    "indentation that goes back": b"a:\n    b: 1\n  c: 2\n", "a list among a map": b"a: 1\n- b\n",
    "a plain @": b"a: @x\n", "a plain backtick": b"a: `x`\n", "a percent at the start": b"%x\n",
    "a complex key": b"? [a, b]\n: c\n", "a map for a key": b"{{a: 1}: b}\n", "a block in a flow": b"a: [|\n x]\n",
    "a block scalar with bad indentation": b"a: |99\n x\n", "17 MiB": b"a: " + b"x" * (17 << 20),
    "5,000,000 nodes": b"[" + b"1," * 5000000 + b"1]", "100,000 digits": b"a: " + b"9" * 100000 + b"\n",
}

OTHER_YAML = {
    "empty": b"", "blank": b"\n\n \n", "a comment alone": b"# x\n", "a scalar": b"hello\n", "a list": b"- a\n- b\n",
    "null": b"~\n", "HTML": b"<html><body>502</body></html>\n", "two documents": b"a: 1\n---\nb: 2\n",
}

# What may stand beside what OWN-103 looks at.
GOOD_YAML = {
    "%YAML 1.1": b"%YAML 1.1\n---\n" + CONFIG, "a document's end": CONFIG + b"...\n",
    "a document's start": b"---\n" + CONFIG, "a BOM": b"\xef\xbb\xbf" + CONFIG, "comments": b"# x\n" * 1000 + CONFIG,
    "CRLF": CONFIG.replace(b"\n", b"\r\n"), "no newline at its end": CONFIG.rstrip(b"\n"),
    "Norway": CONFIG + b"a: no\n", "octal": CONFIG + b"a: 0777\n", "1e3": CONFIG + b"a: 1e3\n",
    "hexadecimal": CONFIG + b"a: 0xff\n", "sexagesimal": CONFIG + b"a: 1:30:00\n", "a date": CONFIG + b"a: 2001-01-01\n",
    ".inf": CONFIG + b"a: .inf\n", ".nan": CONFIG + b"a: .nan\n", "2^64": CONFIG + b"a: 18446744073709551616\n",
    "a core tag": CONFIG + b"a: !!str 1\n",
    "98 deep": CONFIG + b"a: " + b"[" * 98 + b"]" * 98 + b"\n", "a null": CONFIG + b"a:\n",
    "a key of 100 KiB": CONFIG + b"\"" + b"k" * 1000 + b"\": 1\n", "NEL and LS": CONFIG + "a: \"x\u0085y\u2028z\"\n".encode(),
    "a block scalar": CONFIG + b"a: |\n  x\n  y\nb: >-\n  z\n", "a text of 1 MiB": CONFIG + b"a: " + b"x" * (1 << 20) + b"\n",
    "escapes": CONFIG + b'a: "\\e[2J\\x1b\\u202e"\n', "100,000 keys": CONFIG + b"".join(b"k%d: 1\n" % i for i in range(100000)),
}


def yaml_texts():
    for name, text in BAD_YAML.items():
        yield Case("B2", name, with_yaml(text), keeps=True, loses=("OWN-103",),
                   says="http/prometheus/a/p/config.yaml")
    yield Case("B2", "a block scalar of 64 MiB", keeps=True, loses=("OWN-103",),
               says="http/prometheus/a/p/config.yaml",
               data=with_yaml(b"a: |\n" + b"  line of a block\n" * ((64 << 20) // 18)))
    # Sound YAML of another shape: what the rule says of it is its own affair.
    for name, text in OTHER_YAML.items():
        yield Case("B2", name, with_yaml(text))
    for name, text in GOOD_YAML.items():
        yield Case("B2", "sound: " + name, with_yaml(text), keeps=True)


# ---- B3 logs ----

LOG = SOUND["logs/a/good/app.log"]
PADDING = b"x" * (64 << 10)

# Logs in which the last line can be found: OWN-102's verdict stays.
LOGS = {
    "no newline at the end": LOG.rstrip(b"\n"), "CRLF": LOG.replace(b"\n", b"\r\n"), "CR alone between": LOG + b"a\rb\rc",
    "NUL before": b"\0\0\0\n" + LOG, "NUL inside a line": b"a\0b\n" + LOG, "1 MiB of NUL": bytes(1 << 20) + b"\n" + LOG,
    "invalid UTF-8": b"\xff\xfe\x80\n" + LOG, "overlong UTF-8": b"\xc0\xaf\n" + LOG, "UTF-16 before": "hello\n".encode("utf-16") + b"\n" + LOG,
    "a BOM": b"\xef\xbb\xbf" + LOG, "ANSI colours": b"\x1b[31mred\x1b[0m\n" + LOG, "OSC 8": b"\x1b]8;;http://x\x07y\x1b]8;;\x07\n" + LOG,
    "OSC 52": b"\x1b]52;c;aGk=\x07\n" + LOG, "DCS": b"\x1bPq\x1b\\\n" + LOG, "C1 controls": b"\xc2\x9b2J\n" + LOG,
    "bidi": "\u202e\u2066\n".encode() + LOG, "a line of 64 KiB": PADDING + b"\n" + LOG, "a line of 64 KiB + 1": PADDING + b"x\n" + LOG,
    "a line of 64 KiB - 1": PADDING[1:] + b"\n" + LOG, "a line of 16 MiB": PADDING * 256 + b"\n" + LOG,
    "1,000,000 empty lines": b"\n" * 1000000 + LOG, "1,000,000 lines": b"2018-06-01T11:00:00Z x\n" * 1000000 + LOG,
    "time that goes back": b"2018-06-02T00:00:00Z x\n" + LOG, "the year 9999": b"9999-12-31T23:59:59Z x\n" + LOG,
    "the year 0": b"0000-00-00T00:00:00Z x\n" + LOG, "the year 10000": b"10000-01-01T00:00:00Z x\n" + LOG,
    "a leap second": b"2016-12-31T23:59:60Z x\n" + LOG, "February 30": b"2018-02-30T00:00:00Z x\n" + LOG,
    "hour 25": b"2018-06-01T25:00:00Z x\n" + LOG, "no zone": b"2018-06-01T12:00:00 x\n" + LOG,
    "a zone of +99:99": b"2018-06-01T12:00:00+99:99 x\n" + LOG, "50 digits of a second": b"2018-06-01T12:00:00." + b"9" * 50 + b"Z x\n" + LOG,
    "klog": b"I0601 12:00:00.000000       1 x.go:1] y\n" + LOG, "klog of month 13": b"E1399 99:99:99.9 1 x.go:1] y\n" + LOG,
    "Envoy": b"[2018-06-01 12:00:00.000][1][info][main] x:1] y\n" + LOG, "an access log": b'[2018-06-01T12:00:00.000Z] "GET / HTTP/1.1" 200 - 0 0 1 - "-" "-" "-" "-" "-"\n' + LOG,
    "JSON lines": b'{"ts": 1e999, "msg": "x"}\n{"ts": -1}\n{"time":' + b"[" * 1000 + b"\n" + LOG,
    "mixed formats": b"I0601 12:00:00.0 1 x.go:1] y\n[2018-06-01 12:00:00.000][1][info] z\n{}\n" + LOG,
    "a half line first": b"01T11:59:59Z half a line\n" + LOG, "rotated": b"2018-06-01T11:59:59Z rotated\n" + LOG + b"\n" + LOG,
    "a stack trace": b"panic: x\n\ngoroutine 1 [running]:\n" + b"\tmain.f()\n" * 10000 + LOG,
    "a line of digits": b"9" * 100000 + b"\n" + LOG, "blanks": b" " * 1000000 + b"\n" + LOG, "tabs": b"\t" * 100000 + b"\n" + LOG,
    "what looks like a member": b"case/x\0\0\0ustar\n" + LOG, "gzip inside": tar.squeeze(LOG) + b"\n" + LOG,
}


def logs():
    for name, text in LOGS.items():
        yield Case("B3", name, tar.archive({**SOUND, "logs/a/good/app.log": text}), keeps=True)
        if name in ("ANSI colours", "OSC 8", "OSC 52", "DCS", "C1 controls", "bidi", "NUL inside a line", "invalid UTF-8"):
            yield Case("B3", "shown: " + name, tar.archive({**SOUND, "logs/a/good/app.log": text.replace(b"\n", b" last line\n", 1)}),
                       argv=(str(lib.BUILD / "meshcase-analyze"), "-r", str(lib.RULES), "--fail-on", "never", "{}"), check=clean)
    yield Case("B3", "the match lies behind 64 KiB of its line", tar.archive(
        {**SOUND, "logs/a/good/app.log": PADDING + b" last line\n"}), check=functools.partial(verdict_is, "OWN-102", ("ok", "not_evaluated")))
    yield Case("B3", "the match ends at 64 KiB", tar.archive(
        {**SOUND, "logs/a/good/app.log": PADDING[9:] + b"last line" + b"x" * 100 + b"\n"}), keeps=True)
    yield Case("B3", "an empty log", tar.archive({**SOUND, "logs/a/good/app.log": b""}),
               check=functools.partial(verdict_is, "OWN-102", ("ok", "not_evaluated")))
    yield Case("B3", "a line of 100 MiB", keeps=True, data=lambda path: path.write_bytes(tar.squeeze(
        tar.archive({**SOUND, "logs/b/bad/app.log": b"y" * (100 << 20)}), 1)))


def clean(result):
    """Nothing that a terminal obeys is shown."""
    text = result.out.decode("utf-8", "replace")
    foreign = [c for c in text if (ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160 or c in "\u202e\u2066\u061c\u200f"]
    return f"{foreign[0]!r} is shown" if foreign else None


def verdict_is(rule, choices, result):
    import json
    got = {v["verdict"] for v in json.loads(result.out)["verdicts"] if v["rule"]["id"] == rule}
    return None if got <= set(choices) else f"{rule} says {got}"


# ---- B5 metrics text ----

PROM = SOUND["metrics/pilot/istio-system/pilot-1.9093.1.prom"]

BAD_LINES = {
    "text": b"hello world how are you\n", "no value": b"a{b=\"c\"}\n", "no number": b"a 1x\n", "an open brace": b"a{\n",
    "an open quote": b'a{b="c} 1\n', "no quotes": b"a{b=c} 1\n", "no equals sign": b'a{b"c"} 1\n', "a bad name": b"1a 1\n",
    "a bad label": b'a{1b="c"} 1\n', "a label twice": b'a{b="c",b="d"} 1\n', "two values": b"a 1 2 3\n", "a bad time": b"a 1 x\n",
    "a NUL": b"a\0 1\n", "invalid UTF-8": b'a{b="\xff"} 1\n', "a bad escape": b'a{b="\\q"} 1\n', "a bad type": b"# TYPE a foo\n",
    "a type twice": b"# TYPE a counter\n# TYPE a gauge\n", "a carriage return": b"a 1\r\n", "257 labels":
        b"a{" + b",".join(b'l%d="x"' % i for i in range(257)) + b"} 1\n", "a line of 1 MiB + 1": b"a" * ((1 << 20) + 1) + b" 1\n",
    "HTML": b"<html><body>502</body></html>\n", "a bucket without le": b"# TYPE h histogram\nh_bucket 1\n",
    "hexadecimal": b"a 0x1p3\n", "an underscore in a number": b"a 1_000\n", "a comma first": b'a{,b="c"} 1\n', "an empty label name": b'a{="c"} 1\n',
}

GOOD_LINES = {
    "NaN": b"a NaN\n", "+Inf": b"a +Inf\n", "-Inf": b"a -Inf\n", "1e999": b"a 1e308\n", "a comment": b"# anything at all\n",
    "an empty line": b"\n", "blanks": b"a   1\n", "256 labels": b"a{" + b",".join(b'l%d="x"' % i for i in range(256)) + b"} 1\n",
    "a time": b"a 1 1527811200000\n", "HELP with escapes": b"# HELP a \\n\\\\ \x1b[2J\n", "100,000 series":
        b"".join(b'a{i="%d"} 1\n' % i for i in range(100000)), "a label of 100 KiB": b'a{b="' + b"x" * 100000 + b'"} 1\n',
    "an empty label": b'a{b=""} 1\n', "a comma last": b'a{b="c",} 1\n',
}


def metrics():
    name = "metrics/pilot/istio-system/pilot-1.9093.1.prom"
    for word, line in BAD_LINES.items():
        yield Case("B5", "beside " + word, tar.archive({**SOUND, name: PROM + line}),
                   check=functools.partial(verdict_is, "OWN-104", ("finding", "not_evaluated")))
        yield Case("B5", "nothing but " + word, tar.archive({**SOUND, name: line}),
                   check=functools.partial(verdict_is, "OWN-104", ("not_evaluated", "ok")))
    for word, line in GOOD_LINES.items():
        yield Case("B5", "sound: " + word, tar.archive({**SOUND, name: PROM + line}), keeps=True)
    for word, data in (("a half line", PROM[:-4]), ("no newline", PROM[:-1]), ("NUL", bytes(1000))):
        yield Case("B5", word, tar.archive({**SOUND, name: data}),
                   check=functools.partial(verdict_is, "OWN-104", ("not_evaluated", "finding")))
    # A scrape may be empty: then nothing was counted.
    yield Case("B5", "empty", tar.archive({**SOUND, name: b""}),
               check=functools.partial(verdict_is, "OWN-104", ("ok",)))


FAMILIES = {
    "B1": ("JSON", json_texts),
    "B2": ("YAML", yaml_texts),
    "B3": ("logs", logs),
    "B5": ("metrics text", metrics),
}
