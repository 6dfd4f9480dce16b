# SPDX-License-Identifier: Apache-2.0
"""programs.py -- C1 rule files, D1 command lines, D2 output, E5 death of the worker, G sameness."""
import functools
import json
import os
import resource

import lib
import tar
from lib import BUILD, SOUND, Case

ANALYZE = str(BUILD / "meshcase-analyze")
BUNDLE = str(BUILD / "meshcase-bundle")
RULES = str(BUILD / "meshcase-rules")
COLLECT = str(BUILD / "meshcase-collect")


# ---- C1 rule files ----

def rule(extra, head="id: X-101, title: x, severity: warning, message: m"):
    return f"language: 1\nrules:\n- {{{head}, {extra}}}\n".encode()


CEL_BAD = {
    "an open bracket": "(1", "two operators": "1 +* 2", "an unknown name": "nosuch == 1", "an unknown function": "foo(1)",
    "an unknown macro": "[1].foo(x, x)", "an assignment": "a = 1", "an open text": "'x", "a bad escape": "'\\q'",
    "a number too large": "99999999999999999999 == 1", "300 deep": "(" * 300 + "true" + ")" * 300,
    "65 KiB": "true && " * 9000 + "true", "empty": "", "NUL": "'\\0' == 'x'", "a comment": "// x", "a statement": "true; true",
    "a reserved word": "for == 1", "a dot at the end": "params.", "an index without end": "[1][", "a map without value": "{1:}",
    "a ternary without else": "true ? 1", "a bad pattern": "'x'.matches('(')", "a pattern with a back-reference": "'x'.matches('(a)\\\\1')",
    "a pattern with look-ahead": "'x'.matches('(?=a)')", "a pattern of 5 KiB": "'x'.matches('" + "a" * 5000 + "')",
    "nested counts in a pattern": "'x'.matches('((a{1,1000}){1,1000}){1,1000}')",
}

FILES = {
    "empty": b"", "NUL": b"\0" * 100, "a scalar": b"hello\n", "a list": b"- a\n", "null": b"~\n", "HTML": b"<html>\n",
    "no rules": b"language: 1\n", "rules that are a map": b"language: 1\nrules: {}\n", "rules that are text": b"language: 1\nrules: x\n",
    "a rule that is text": b"language: 1\nrules: [x]\n", "a rule that is null": b"language: 1\nrules: [~]\n",
    "no language": b"rules: []\n", "language 2": b"language: 2\nrules: []\n", "language of text": b"language: x\nrules: []\n",
    "an alias": b"language: 1\nrules: [&a {id: X-101}, *a]\n", "101 deep": b"language: 1\nrules: " + b"[" * 101 + b"]" * 101,
    "a duplicate key": rule("when: 'true', when: 'true'"), "a %TAG": b"%TAG ! x\n---\nlanguage: 1\n",
    "invalid UTF-8": b"language: 1\nrules: [\xff]\n", "1 MiB + 1": b"language: 1\n#" + b"x" * (1 << 20),
    "an unknown key": rule("when: 'true', foo: 1"), "an unknown key at the top": b"language: 1\nfoo: 1\nrules: []\n",
    "no id": rule("when: 'true'", "title: x, severity: warning, message: m"), "a bad id": rule("when: 'true'", "id: x, title: x, severity: warning, message: m"),
    "no title": rule("when: 'true'", "id: X-101, severity: warning, message: m"), "no message": rule("when: 'true'", "id: X-101, title: x, severity: warning"),
    "no condition": rule("why: x"), "a bad severity": rule("when: 'true'", "id: X-101, title: x, severity: bad, message: m"),
    "a severity that is a list": rule("when: 'true'", "id: X-101, title: x, severity: [], message: m"),
    "an id twice": b"language: 1\nrules:\n" + rule("when: 'true'")[len(b"language: 1\nrules:\n"):] * 2,
    "an unknown source": rule("let: {a: {foo: {}}}, when: 'true'"), "two sources in one": rule("let: {a: {k8s: {kind: Pod}, cel: '1'}}, when: 'true'"),
    "a name that rests on itself": rule("let: {a: {cel: a}}, when: a"), "names that rest on each other": rule("let: {a: {cel: b}, b: {cel: a}}, when: a"),
    "17 names on end": rule("let: {a0: {cel: 'true'}, " + ", ".join(f"a{i}: {{cel: a{i - 1}}}" for i in range(1, 40)) + "}, when: a39"),
    "a template that is open": rule("when: 'true'", "id: X-101, title: x, severity: warning, message: '{{ 1'"),
    "a template of bad CEL": rule("when: 'true'", "id: X-101, title: x, severity: warning, message: '{{ 1 + }}'"),
    "a bad PromQL query": rule("let: {m: {metric: {component: mixer, query: 'sum('}}}, when: m == 1"),
    "PromQL 300 deep": rule("let: {m: {metric: {component: mixer, query: '" + "(" * 300 + "a" + ")" * 300 + "'}}}, when: m == 1"),
    "a bad selector": rule("let: {m: {k8s: {kind: Pod, labels: 'a in ('}}}, when: size(m) == 1"),
    "a bad log pattern": rule("let: {m: {logs: {component: mixer, match: '('}}}, when: size(m) == 1"),
    "a log pattern with back-reference": rule("let: {m: {logs: {component: mixer, match: '(a)\\1'}}}, when: size(m) == 1"),
    "a log window of nonsense": rule("let: {m: {logs: {component: mixer, match: a, window: soon}}}, when: size(m) == 1"),
    "a fact that is not": rule("let: {m: {fact: nosuch}}, when: m == 1"), "a version that is none": rule("applies: {istio: '>=x'}, when: 'true'"),
    "a param without type": b"language: 1\nparams: {a: {default: 1}}\nrules: []\n", "a param of a wrong default": b"language: 1\nparams: {a: {type: int, default: x}}\nrules: []\n",
    "explains itself wrongly": rule("explains: x, when: 'true'"), "a fix that is text": rule("fix: x, when: 'true'"), "a name that is reserved": rule("let: {true: {cel: '1'}}, when: 'true'"),
    "a title with an escape": rule("when: 'true'", 'id: X-101, title: "\\e[2J", severity: warning, message: m, foo: 1'),
    "5,001 rules": b"language: 1\nrules:\n" + b"".join(b"- {id: X-%d, title: x, severity: info, message: m, when: 'true'}\n" % i for i in range(101, 5102)),
}


def rule_files():
    for name, text in {**FILES, **{f"CEL: {n}": rule("when: " + json.dumps(t)) for n, t in CEL_BAD.items()}}.items():
        too_much = {"1 MiB + 1": "more than 1048576 bytes", "5,001 rules": "more than 5000"}.get(name)
        yield Case("C1", "lint: " + name, lambda path, t=text: path.with_suffix(".yaml").write_bytes(t), argv=(RULES, "lint", "in.yaml"),
                   status=3 if too_much else 1, says=too_much or "in.yaml", check=clean_output)
    for name, text in list(FILES.items())[:30]:
        yield Case("C1", "analyze: " + name, lambda path, t=text: (path.with_suffix(".yaml").write_bytes(t), path.write_bytes(tar.archive(SOUND))),
                   argv=(ANALYZE, "-r", "in.yaml", "{}"), status=4, quiet=True)
    dear = {
        "10^12 steps": "size([1,2,3,4,5,6,7,8,9,10].map(a, [1,2,3,4,5,6,7,8,9,10].map(b, [1,2,3,4,5,6,7,8,9,10].map(c, [1,2,3,4,5,6,7,8,9,10].map(d, "
                       "[1,2,3,4,5,6,7,8,9,10].map(e, [1,2,3,4,5,6,7,8,9,10].map(f, [1,2,3,4,5,6,7,8,9,10].map(g, lists.range(100000))))))))) > 0",
        "a text that doubles": "cel.bind(a, 'xxxxxxxxxxxxxxxx', [" + ",".join("1" for _ in range(40)) + "].map(i, a + a + a).join(a).size() > 0) && "
                               "lists.range(100000).map(i, lists.range(100000)).size() > 0",
        "a pattern that backtracks": "lists.range(30).map(i, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab'.matches('^(a+)+$')).exists(x, x)",
        "a range of 2^40": "size(lists.range(1099511627776)) > 0", "a division by zero": "1 / 0 > 0", "an overflow": "9223372036854775807 + 1 > 0",
        "a key that is not there": "{'a': 1}.b == 1",
    }
    for name, text in dear.items():
        own = rule("when: " + json.dumps(text)) + (lib.RULES.read_bytes().partition(b"rules:\n")[2])
        yield Case("C1", "too dear: " + name, lambda path, t=own: (path.with_suffix(".yaml").write_bytes(t), path.write_bytes(tar.archive(SOUND))),
                   argv=(ANALYZE, "-r", "in.yaml", "-f", "json", "--fail-on", "never", "{}"), keeps=True, adds=(("X-101", "", "error"),))


def clean_output(result):
    foreign = [c for c in (result.out + result.err).decode("utf-8", "replace") if ord(c) < 32 and c not in "\n\t"]
    return f"{foreign[0]!r} is shown" if foreign else None


# ---- D1 command lines ----

def command_lines():
    programs = {"analyze": ANALYZE, "bundle list": (BUNDLE, "list"), "rules lint": (RULES, "lint"), "collect": COLLECT}
    for name, program in programs.items():
        base = program if isinstance(program, tuple) else (program,)
        for word, more in (("an unknown option", ("--nosuch",)), ("an unknown short option", ("-Z",)), ("a long unknown option", ("--" + "x" * 100000,)),
                           ("an option that is not UTF-8", (b"--\xff",)), ("an option with an escape", ("--\x1b[2J",)), ("a value where none belongs", ("--help=x",)),
                           ("an empty option name", ("--=x",))):
            yield Case("D1", f"{name}: {word}", argv=(*base, *more), status=2, quiet=True, check=clean_output)
    missing = {"rules": "-r", "overlay": "--overlay", "param": "-p", "format": "-f", "output": "-o", "fail-on": "--fail-on", "now": "--now",
               "baseline": "--baseline", "jobs": "-j", "why": "--why", "sandbox": "--sandbox", "long rules": "--rules", "long format": "--format",
               "completion": "--completion"}
    for name, option in missing.items():
        yield Case("D1", f"analyze: {name} without a value", argv=(ANALYZE, option), status=2, quiet=True)
    wrong = {"format": ("-f", "nosuch"), "fail-on": ("--fail-on", "often"), "now": ("--now", "yesterday"), "jobs": ("-j", "x"), "jobs of 2^70": ("-j", str(1 << 70)),
             "negative jobs": ("-j", "-1"), "sandbox": ("--sandbox", "maybe"), "param": ("-p", "x"), "unknown param": ("-p", "a=1"), "overlay": ("--overlay", "nosuch"),
             "baseline": ("--baseline", "nosuch"), "why": ("--why", "NO-999"), "rules": ("-r", "nosuch"), "empty rules": ("-r", ""), "empty format": ("-f", ""),
             "date of year 99999": ("--now", "99999-01-01T00:00:00Z"), "completion": ("--completion", "tcsh")}
    for name, options in wrong.items():
        yield Case("D1", f"analyze: a bad value of {name}", tar.archive(SOUND), argv=(ANALYZE, *options, "{}"), status=2, quiet=True)
    yield Case("D1", "analyze: nothing", argv=(ANALYZE,), status=2, quiet=True)
    yield Case("D1", "analyze: nothing behind --", argv=(ANALYZE, "--"), status=2, quiet=True)
    yield Case("D1", "analyze: two bundles", tar.archive(SOUND), argv=(ANALYZE, "{}", "{}"), status=2, quiet=True)
    yield Case("D1", "analyze: an empty name", argv=(ANALYZE, ""), status=3, quiet=True)
    yield Case("D1", "analyze: a name of 100,000 bytes", argv=(ANALYZE, "x" * 100000), status=3, quiet=True)
    yield Case("D1", "analyze: a name that is not UTF-8", argv=(ANALYZE, b"\xff\xfe"), status=3, quiet=True, check=clean_output)
    yield Case("D1", "analyze: a name with an escape", argv=(ANALYZE, "\x1b[2J"), status=3, quiet=True, check=clean_output)
    yield Case("D1", "analyze: 10,000 arguments", argv=(ANALYZE, *["x"] * 10000), status=2, quiet=True)
    yield Case("D1", "analyze: 10,000 rules", tar.archive(SOUND), argv=(ANALYZE, *["-r", str(lib.RULES)] * 5000, "-f", "json", "--fail-on", "never", "{}"), keeps=True)
    yield Case("D1", "analyze: an option behind the bundle", tar.archive(SOUND), argv=(*lib.analyze()[:-1], "{}", "--jobs=1"), keeps=True)
    yield Case("D1", "analyze: a device", argv=(ANALYZE, "/dev/zero"), status=3, quiet=True)
    yield Case("D1", "analyze: /dev/null", argv=(ANALYZE, "/dev/null"), status=3, quiet=True)
    yield Case("D1", "analyze: an empty standard input", argv=(ANALYZE, "-"), status=3, quiet=True)
    yield Case("D1", "bundle: no command", argv=(BUNDLE,), status=2, quiet=True)
    yield Case("D1", "bundle: an unknown command", argv=(BUNDLE, "lsit"), status=2, quiet=True, says="did you mean 'list'")
    yield Case("D1", "bundle: cat of nothing", tar.archive(SOUND), argv=(BUNDLE, "cat", "{}", "nosuch"), status=3, quiet=True)
    yield Case("D1", "bundle: diff of one", tar.archive(SOUND), argv=(BUNDLE, "diff", "{}"), status=2, quiet=True)
    yield Case("D1", "rules: an unknown command", argv=(RULES, "lnt"), status=2, quiet=True, says="did you mean 'lint'")
    yield Case("D1", "rules: explain of nothing", argv=(RULES, "explain", "NO-999"), status=2, quiet=True)
    yield Case("D1", "rules: eval of bad CEL", tar.archive(SOUND), argv=(RULES, "eval", "{}", "1 +"), status=2, quiet=True)
    yield Case("D1", "collect: an operand", argv=(COLLECT, "x"), status=2, quiet=True)


# ---- D2 output ----

def outputs():
    sound = tar.archive(SOUND)
    for form in ("text", "json", "ndjson", "sarif", "junit", "html", "markdown"):
        yield Case("D2", f"{form} to a full disk", sound, argv=(ANALYZE, "-r", str(lib.RULES), "-f", form, "{}"), status=6, stdout="/dev/full")
        yield Case("D2", f"{form} to a file that may hold 100 bytes", sound, status=6, quiet=True, limits=small_files, check=nothing_left,
                   argv=(ANALYZE, "-r", str(lib.RULES), "-f", form, "-o", "out", "{}"))
    for name, prepare, target in (
            ("a folder that is not there", lambda path: None, "nosuch/out"), ("a folder", lambda path: (path.parent / "out").mkdir(), "out"),
            ("a name below a file", lambda path: (path.parent / "f").write_bytes(b""), "f/out"), ("a name too long", lambda path: None, "n" * 300)):
        yield Case("D2", "to " + name, functools.partial(prepared, prepare), status=6, quiet=True, check=nothing_left,
                   argv=(ANALYZE, "-r", str(lib.RULES), "-o", target, "{}"))
    for name, command in (("list", (BUNDLE, "list", "{}")), ("cat", (BUNDLE, "cat", "{}", "**")), ("verify", (BUNDLE, "verify", "{}")),
                          ("lint", (RULES, "lint", str(lib.RULES))), ("explain", (RULES, "explain", "MIX-101")), ("--help", (ANALYZE, "--help"))):
        yield Case("D2", f"{name} to a full disk", sound, argv=command, status=6, stdout="/dev/full")


def prepared(prepare, path):
    path.write_bytes(tar.archive(SOUND))
    prepare(path)


def small_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))


def nothing_left(result):
    """No file but what was there before."""
    left = [p.name for p in result.folder.iterdir() if p.name not in ("in", "f", "out")]
    if left:
        return f"{left} was left"
    out = result.folder / "out"
    return "half a report was left" if out.is_file() else None


# ---- E5 death of the worker ----

def deaths():
    crash = BUILD / "tests/fault/crash.so"
    if lib.SANITIZED or not crash.exists():
        return
    marker = b"xyzzy-takes-it-down"
    places = {"log": ("logs/a/good/app.log", ("OWN-102",), ""), "document": ("http/prometheus/a/p/config.yaml", ("OWN-103",), "yaml"),
              "list": ("kubernetes/core/services.json", ("OWN-105",), ""), "metrics": ("metrics/pilot/istio-system/pilot-1.9093.1.prom", ("OWN-104",), ""),
              "stranger": ("host/other.txt", (), "")}
    for how in ("segv", "abort", "exit", "open", "spin"):
        for place, (name, loses, within) in places.items():
            env = {"LD_PRELOAD": str(crash), "CRASH_ON": marker.decode(), "CRASH_HOW": how}
            if within:
                env["CRASH_IN"] = within
            yield Case("E5", f"{how} over a {place}", functools.partial(deadly, name, marker), env=env, keeps=True,
                       loses=loses, says=name if loses else ())


def deadly(name, marker, path):
    text = SOUND.get(name, b"")
    for other, data in {**SOUND, name: text[:-1] + (b" # " if name.endswith(("yaml", "prom")) else b" ") + marker + b"\n"}.items():
        (path / other).parent.mkdir(parents=True, exist_ok=True)
        (path / other).write_bytes(data)


# ---- G sameness ----

def sameness():
    want = tar.archive(SOUND)
    shuffled = tar.archive(dict(reversed(list(SOUND.items()))))
    for word, data, env, options in (
            ("again", want, {}, ()), ("shuffled", shuffled, {}, ()), ("compressed", tar.squeeze(want), {}, ()), ("one thread", want, {}, ("-j", "1")),
            ("eight threads", want, {}, ("-j", "8")), ("LC_ALL=C", want, {"LC_ALL": "C"}, ()), ("LC_ALL=tr_TR.UTF-8", want, {"LC_ALL": "tr_TR.UTF-8"}, ()),
            ("LC_ALL=de_DE", want, {"LC_ALL": "de_DE.ISO-8859-1"}, ()), ("TZ=Pacific/Chatham", want, {"TZ": "Pacific/Chatham"}, ()),
            ("TZ of nonsense", want, {"TZ": "\x1b[2J"}, ()), ("no HOME", want, {"HOME": ""}, ()), ("no sandbox", want, {}, ("--sandbox=off",)),
            ("umask 000", want, {}, ())):
        yield Case("G", word, data, env=env, argv=lib.analyze(*options), check=the_same,
                   limits=(lambda: os.umask(0)) if word == "umask 000" else None)


@functools.cache
def reference():
    return lib.execute([a if a != "{}" else "-" for a in lib.analyze()], "/", stdin=tar.archive(SOUND)).out


def the_same(result):
    def plain(text):
        report = json.loads(text)
        report["bundle"].pop("name")
        return json.dumps(report)
    return None if plain(result.out) == plain(reference()) else "the report is another one"


FAMILIES = {
    "C1": ("rule files", rule_files),
    "D1": ("command lines", command_lines),
    "D2": ("output", outputs),
    "E5": ("death of the worker", deaths),
    "G": ("sameness", sameness),
}
