# SPDX-License-Identifier: Apache-2.0
"""archives.py -- A1 names, A2 types, A3 structure, A4 bombs, A5 duplicates, A6 manifests."""
import bz2
import functools
import hashlib
import io
import json
import lzma
import os
import pathlib
import random
import socket
import subprocess
import zipfile
import zlib

import lib
import tar
from lib import SOUND, Case


# ---- A1 names ----

# Those that are refused, and how the report shows them.
UNSAFE = {
    "parent first": b"../x", "parent alone": b"..", "parent in the middle": b"case/../x",
    "parent at the end": b"case/a/..", "parent thrice": b"../../../etc/passwd",
    "parent behind a dot": b"./../x", "absolute": b"/etc/passwd", "absolute below root": b"//etc/x",
    "root": b"/", "backslash": b"case/a\\b", "backslash parent": b"case\\..\\..\\x",
    "drive letter": b"C:/x", "drive letter alone": b"c:x", "drive letter with backslash": b"C:\\x",
    "trailing dot": b"case/a.", "trailing dot of a folder": b"case/a./b", "trailing blank": b"case/a ",
    "trailing blank of a folder": b"case/a /b", "three dots": b"case/.../x", "newline": b"case/a\nb",
    "carriage return": b"case/a\rb", "tab": b"case/a\tb", "escape": b"case/\x1b[2Jx", "bell": b"case/\ax",
    "delete": b"case/a\x7fb", "backspace": b"case/a\bb", "only control": b"case/\x01",
    "C1 control": "case/a\u009bb".encode(), "next line": "case/a\u0085b".encode(),
    "bidi override": "case/a\u202eb".encode(), "bidi embedding": "case/a\u202ab".encode(),
    "bidi isolate": "case/a\u2066b".encode(), "right-to-left mark": "case/a\u200fb".encode(),
    "arabic letter mark": "case/a\u061cb".encode(),
    "invalid UTF-8": b"case/a\xff", "lone continuation": b"case/\x80", "cut sequence": b"case/\xe2\x82",
    "overlong slash": b"case/..\xc0\xaf..", "overlong dot": b"case/\xc0\xae\xc0\xae/x",
    "surrogate": b"case/\xed\xa0\x80", "beyond Unicode": b"case/\xf4\x90\x80\x80",
    "Latin-1": b"case/caf\xe9",
}

# Those that are too long or too deep.
TOO_LONG = {
    "component of 256": b"case/" + b"a" * 256, "folder component of 256": b"case/" + b"a" * 256 + b"/x",
    "name of 1025": b"case/" + b"/".join([b"a" * 200] * 5) + b"/" + b"a" * 15,
    "33 deep": b"/".join([b"case"] + [b"d"] * 32), "1000 deep": b"case/" + b"d/" * 1000 + b"x",
    "name of 60000": b"case/" + b"n" * 60000,
}

# Those that are used: name in the archive -> name that meshcase-bundle lists.
SAFE = {
    "dot slash": (b"./case/x.json", "x.json"), "double slash": (b"case//x.json", "x.json"),
    "dot in the middle": (b"case/./x.json", "x.json"), "many slashes": (b"case////x.json", "x.json"),
    "component of 255": (b"case/" + b"a" * 255, "a" * 255),
    "name of 1024": (b"case/" + b"/".join([b"a" * 200] * 5) + b"/" + b"a" * 14, "a" * 14),
    "32 deep": (b"/".join([b"case"] + [b"d"] * 31), "d/" * 30 + "d"),
    "UTF-8": ("case/日本語".encode(), "日本語"), "NFC": ("case/\u00e9".encode(), "\u00e9"),
    "NFD": ("case/e\u0301".encode(), "e\u0301"), "inner blank": (b"case/a b", "a b"),
    "leading dash": (b"case/-rf", "-rf"), "leading dot": (b"case/.x", ".x"),
    "two dots inside": (b"case/a..b", "a..b"), "shell's own": (b"case/$(id)`id`;&|", "$(id)`id`;&|"),
    "quotes": (b"case/\"'", "\"'"), "star": (b"case/*?[a]", "*?[a]"),
    "colon": (b"case/ab:c", "ab:c"), "percent": (b"case/%s%n%x", "%s%n%x"),
}


def list_members(data, listed):
    """What meshcase-bundle lists of an archive holds a line."""
    return dict(data=data, argv=(str(lib.BUILD / "meshcase-bundle"), "list", "{}"), says=listed)


def names():
    for name, raw in UNSAFE.items():
        yield Case("A1", name, tar.archive(SOUND, tar.member(raw, b"{}")), keeps=True,
                   says="unsafe-name")
    for name, raw in TOO_LONG.items():
        yield Case("A1", name, tar.archive(SOUND, tar.member(raw, b"{}")), keeps=True, says=" limit: ")
    for name, raw in list(UNSAFE.items())[:12]:
        if len(raw) < 100:
            yield Case("A1", "first of all: " + name,
                       tar.member(raw, b"{}") + tar.archive(SOUND), keeps=True, says="unsafe-name")
    for name, (raw, listed) in SAFE.items():
        data = tar.archive(SOUND, tar.member(raw, b"{}"))
        yield Case("A1", name, data, keeps=True)
        yield Case("A1", "listed: " + name, **list_members(data, listed))
    yield Case("A1", "GNU long name with a parent", keeps=True, says="unsafe-name",
               data=tar.archive(SOUND, tar.gnu_long(b"case/" + b"a" * 120 + b"/../../../x"),
                                tar.header(b"case/a", 2), tar.padded(b"{}")))
    yield Case("A1", "prefix with a parent", keeps=True, says="unsafe-name",
               data=tar.archive(SOUND, tar.header(b"x", 2, prefix=b"case/.."), tar.padded(b"{}")))
    yield Case("A1", "empty name", keeps=True, data=tar.archive(SOUND, tar.member(b"", b"{}")))
    yield Case("A1", "dot alone", keeps=True, data=tar.archive(SOUND, tar.member(b".", b"{}")))
    yield Case("A1", "outside the top folder", keeps=True, says="second-top",
               data=tar.archive(SOUND, tar.member(b"other/x.json", b"{}")))
    yield Case("A1", "pax name with NUL", keeps=True,
               data=tar.archive(SOUND, tar.pax({b"path": b"case/a\0b"}), tar.header(b"case/c", 2),
                                tar.padded(b"{}")))
    yield Case("A1", "NFC and NFD are two", keeps=True,
               data=tar.archive(SOUND, tar.member("case/\u00e9".encode(), b"1"),
                                tar.member("case/e\u0301".encode(), b"2")))


# ---- A2 types ----

def entry_types():
    links = {
        "in": b"kubernetes/core/pods.json", "out": b"/etc/passwd", "up": b"../../../etc/passwd",
        "to itself": b"x", "to its parent": b"..", "nowhere": b"nosuch", "with escapes": b"\x1b[2J",
        "empty": b"",
    }
    for word, target in links.items():
        for kind, what in ((b"2", "symbolic link"), (b"1", "hard link")):
            yield Case("A2", f"{what} {word}", keeps=True,
                       says="special" if kind == b"1" and not target else "link",
                       data=tar.archive(SOUND, tar.member(b"case/x", b"", kind, target)))
    yield Case("A2", "through a link", keeps=True, says="link",
               data=tar.archive(SOUND, tar.member(b"case/l", b"", b"2", b"/tmp"),
                                tar.member(b"case/l/x.json", b"{}")))
    yield Case("A2", "link in the place of evidence", keeps=True, says="link", loses=("OWN-102",),
               data=tar.archive({n: d for n, d in SOUND.items() if "logs" not in n},
                                tar.member(b"case/logs/a/good/app.log", b"", b"2", b"/etc/passwd")))
    yield Case("A2", "hard link with data", keeps=True, says="link",
               data=tar.archive(SOUND, tar.member(b"case/x", b"data", b"1", b"case/y")))
    for kind, what in ((b"3", "character device"), (b"4", "block device"), (b"6", "fifo")):
        yield Case("A2", what, keeps=True, says="special",
                   data=tar.archive(SOUND, tar.member(b"case/x", b"", kind)))
        yield Case("A2", what + " with data", keeps=True, says="special",
                   data=tar.archive(SOUND, tar.member(b"case/x", b"data", kind)))
    # What tar programs disagree about: taken as a file, passed over, or the end; never a crash.
    for kind in b"7ADKMNVXZ~\x01\xff":
        yield Case("A2", f"type {bytes([kind])!r}",
                   tar.archive(SOUND, tar.member(b"case/x", b"", bytes([kind]))), keeps=True)
    yield Case("A2", "folder with data", keeps=True,
               data=tar.archive(SOUND, tar.member(b"case/d/", b"data" * 300, b"5")))
    yield Case("A2", "folder in the place of a file", keeps=True, loses=("OWN-102",),
               data=tar.archive({n: d for n, d in SOUND.items() if "logs" not in n},
                                tar.member(b"case/logs/a/good/app.log/", b"", b"5")))
    sparse = tar.pax({b"GNU.sparse.major": b"1", b"GNU.sparse.minor": b"0",
                      b"GNU.sparse.name": b"case/hole", b"GNU.sparse.realsize": b"1000000"})
    yield Case("A2", "sparse", keeps=True, data=tar.archive(
        SOUND, sparse, tar.header(b"case/x", 512), tar.padded(b"1\n0\n0\n")))
    yield Case("A2", "sparse map of garbage", keeps=True, data=tar.archive(
        SOUND, sparse, tar.header(b"case/x", 512), tar.padded(b"999999999999999999999\nx\n")))
    yield Case("A2", "sparse of 8 EiB", keeps=True, data=tar.archive(
        SOUND, tar.pax({b"GNU.sparse.major": b"1", b"GNU.sparse.minor": b"0",
                        b"GNU.sparse.name": b"case/hole", b"GNU.sparse.realsize": b"9223372036854775807"}),
        tar.header(b"case/x", 512), tar.padded(b"1\n9223372036854775806\n1\n")))
    yield from folders()


def folder_with(make):
    def build(path):
        for name, data in SOUND.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(data)
        make(path)
    return build


def folders():
    """The same in a folder on disk."""
    def listen(path):
        # a path of the file system may be too long for an address
        here = os.getcwd()
        listener = socket.socket(socket.AF_UNIX)
        try:
            listener.bind(os.path.relpath(path / "x", here) if len(str(path)) > 90 else str(path / "x"))
        finally:
            listener.close()
    makers = {
        "symbolic link out": (lambda p: (p / "x").symlink_to("/etc/passwd"), "link"),
        "symbolic link to itself": (lambda p: (p / "x").symlink_to("x"), "link"),
        "folder that is a link to its parent": (lambda p: (p / "x").symlink_to(".."), "link"),
        "fifo": (lambda p: os.mkfifo(p / "x"), "special"),
        "socket": (listen, "special"),
        "name that is not UTF-8": (lambda p: open(bytes(p) + b"/\xff", "wb").close(), "unsafe-name"),
        "name with an escape": (lambda p: (p / "\x1b[2J").write_bytes(b""), "unsafe-name"),
        "33 folders deep": (lambda p: (p / "/".join(["d"] * 33)).mkdir(parents=True) or
                            (p / "/".join(["d"] * 33) / "x").write_bytes(b""), ""),
        "link in the place of evidence": (lambda p: (p / "clocks.json").symlink_to("/etc/passwd"), "link"),
    }
    for name, (make, says) in makers.items():
        yield Case("A2", "in a folder: " + name, folder_with(make), keeps=True, says=says)


# ---- A3 structure ----

def unreadable(name, data, says, status=3):
    return Case("A3", name, data, status=status, says=says, quiet=True)


def beyond(name, *bad, says=(), **more):
    """Something bad behind the sound members."""
    return Case("A3", name, tar.archive(SOUND, *bad), keeps=True, says=says, **more)


def structure():
    noise = random.Random(1)
    yield unreadable("empty", b"", "is empty")
    yield unreadable("one byte", b"x", "no archive")
    yield unreadable("1 KiB of zeros", bytes(1024), "no archive")
    yield unreadable("1 MiB of zeros", bytes(1 << 20), "no archive")
    yield unreadable("text", b"hello\n" * 100, "no archive")
    yield unreadable("HTML", b"<!DOCTYPE html><html>\n", "no archive")
    yield unreadable("mtree", b"#mtree\n./etc/passwd type=file\n", "no archive")
    yield unreadable("cpio", b"070707" + b"0" * 200, "no archive")
    yield unreadable("ar", b"!<arch>\nx/              0           0     0     644     2         `\nhi", "no archive")
    yield unreadable("7z", b"7z\xbc\xaf\x27\x1c" + bytes(60), "no archive")
    yield unreadable("rar", b"Rar!\x1a\x07\x00" + bytes(60), "no archive")
    yield unreadable("lrzip", b"LRZI" + bytes(60), "no archive")
    yield unreadable("compress", b"\x1f\x9d\x90" + bytes(60), "no archive")
    yield unreadable("ISO 9660", bytes(32769) + b"CD001\x01" + bytes(4096), "no archive")
    yield unreadable("ELF", pathlib.Path("/bin/true").read_bytes()[:4096], "no archive")
    for n in (1, 2, 3, 9, 10, 17, 18):
        yield unreadable(f"{n} bytes of gzip", tar.squeeze(b"x")[:n], "")
    for n in (16, 512, 513, 4096, 100000):
        yield unreadable(f"{n} random bytes", b"\x00" + noise.randbytes(n - 1), "no archive")
    yield unreadable("gzip of nothing", tar.squeeze(b""), "")
    yield unreadable("gzip of text", tar.squeeze(b"hello\n" * 1000), "")
    yield unreadable("gzip of zeros", tar.squeeze(bytes(4096)), "")
    yield unreadable("gzip of random bytes", tar.squeeze(noise.randbytes(4096)), "")
    yield unreadable("gzip of a wrong method", b"\x1f\x8b\x07" + bytes(60), "no archive")
    yield unreadable("gzip with a reserved block", b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x07\0\0\0\0\0\0\0\0", "")
    yield unreadable("xz of garbage", b"\xfd7zXZ\0" + noise.randbytes(500), "")
    yield unreadable("zstd of garbage", b"\x28\xb5\x2f\xfd" + noise.randbytes(500), "")
    yield unreadable("bzip2 of garbage", b"BZh9" + noise.randbytes(500), "")
    yield unreadable("zip of garbage", b"PK\x03\x04" + noise.randbytes(500), "")
    yield unreadable("header with a wrong checksum", tar.header(b"case/x", 0, checksum=1) + tar.END, "")
    yield unreadable("archive without a member", tar.member(b"case/", b"", b"5") + tar.END, "no member")
    yield unreadable("pax header alone", tar.pax({b"path": b"x"}) + tar.END, "")
    yield unreadable("archive of links alone", tar.member(b"x", b"", b"2", b"y") + tar.END, "a link")

    whole = tar.archive(SOUND)
    yield Case("A3", "no end blocks", whole[:-1024], keeps=True)
    yield Case("A3", "one end block", whole[:-512], keeps=True)
    yield Case("A3", "zeros behind the end", whole + bytes(10240), keeps=True)
    yield Case("A3", "bytes behind the end", whole + b"garbage" * 100, keeps=True, says="trailing")
    yield Case("A3", "a second archive behind the end", whole + whole, keeps=True, says="trailing")
    yield Case("A3", "bytes behind gzip", tar.squeeze(whole) + b"garbage", keeps=True, says="trailing")
    yield Case("A3", "zeros behind gzip", tar.squeeze(whole) + bytes(1000), keeps=True)
    yield Case("A3", "two gzip members", tar.squeeze(whole[:700]) + tar.squeeze(whole[700:]), keeps=True)
    yield Case("A3", "a gzip member for every 100 bytes", keeps=True, data=b"".join(
        tar.squeeze(whole[i:i + 100]) for i in range(0, len(whole), 100)))
    yield Case("A3", "empty gzip members between", keeps=True,
               data=(tar.squeeze(b"") * 1000).join([tar.squeeze(whole[:700]), tar.squeeze(whole[700:])]))
    squeezed = tar.squeeze(whole)
    yield Case("A3", "gzip with a wrong CRC-32", squeezed[:-8] + b"\1\2\3\4" + squeezed[-4:], keeps=True,
               says="damaged")
    yield Case("A3", "gzip with a wrong length", squeezed[:-4] + b"\1\2\3\4", keeps=True, says="damaged")
    yield Case("A3", "gzip without its trailer", squeezed[:-8], keeps=True, says="cut-short")
    yield beyond("header with a wrong checksum behind", tar.header(b"case/x", 0, checksum=1), says="damaged")
    yield beyond("text behind", b"hello\n" * 100, says="damaged")
    for name, raw in (("negative", tar.base256(-1, 12)), ("most negative", tar.base256(-1 << 62, 12)),
                      ("2^62", tar.base256(1 << 62, 12)), ("2^63-1", tar.base256((1 << 63) - 1, 12)),
                      ("beyond 64 bits", b"\x80" + b"\xff" * 11), ("8 GiB - 1", b"77777777777\0"),
                      ("text", b"hello world\0"), ("empty", bytes(12)), ("blanks", b" " * 12)):
        yield beyond(f"size {name}", tar.header(b"case/x", raw_size=raw), tar.padded(b"abc"))
    yield beyond("size beyond the end", tar.header(b"case/x", 100000), says="cut-short")
    yield beyond("pax size of 2^62", tar.pax({b"size": b"%d" % (1 << 62)}), tar.header(b"case/x", 0))
    yield beyond("pax size of 10^30", tar.pax({b"size": b"1" + b"0" * 30}), tar.header(b"case/x", 0))
    yield beyond("pax size negative", tar.pax({b"size": b"-1"}), tar.header(b"case/x", 0))
    yield beyond("pax header of 1 MiB", tar.pax({b"comment": b"c" * (1 << 20)}), tar.member(b"case/x", b"1"))
    yield beyond("pax header of 10,000 records", tar.pax({b"k%d" % i: b"v" for i in range(10000)}),
                 tar.member(b"case/x", b"1"))
    yield beyond("pax record without length", tar.pax(b"path=x\n"), tar.member(b"case/x", b"1"))
    yield beyond("pax record of length 0", tar.pax(b"0 path=x\n"), tar.member(b"case/x", b"1"))
    yield beyond("pax record of a huge length", tar.pax(b"99999999999999999999 path=x\n"), tar.member(b"case/x", b"1"))
    yield beyond("pax record without newline", tar.pax(b"9 path=xx"), tar.member(b"case/x", b"1"))
    yield beyond("pax record without value", tar.pax(b"7 path\n"), tar.member(b"case/x", b"1"))
    yield beyond("1,000 pax headers", tar.pax({b"path": b"case/y"}) * 1000, tar.member(b"case/x", b"1"))
    yield beyond("global pax header", tar.pax({b"path": b"../x"}, b"g"), tar.member(b"case/x", b"1"))
    yield beyond("GNU long names on end", tar.gnu_long(b"case/y") * 1000, tar.member(b"case/x", b"1"))
    yield beyond("GNU long name of 1 MiB", tar.gnu_long(b"n" * (1 << 20)), tar.member(b"case/x", b"1"))
    yield beyond("GNU long link of 1 MiB", tar.gnu_long(b"n" * (1 << 20), b"K"), tar.member(b"case/x", b"", b"2"))
    yield beyond("date of the year 2^60", tar.header(b"case/x", 0, mtime=tar.base256(1 << 60, 12)))
    yield beyond("date of text", tar.header(b"case/x", 0, mtime=b"hello world\0"))
    yield beyond("mode of text", tar.header(b"case/x", 0, mode=b"rwxrwxr\0"))
    yield beyond("an archive inside", tar.member(b"case/inner.tar", whole))
    yield beyond("a compressed archive inside", tar.member(b"case/inner.tar.gz", squeezed))
    yield Case("A3", "gzip in gzip", tar.squeeze(squeezed), status=3, quiet=True)
    yield Case("A3", "v7 tar", keeps=True, data=b"".join(
        tar.member(b"case/" + n.encode(), d, magic=bytes(8)) for n, d in SOUND.items()) + tar.END)
    yield Case("A3", "damaged between members", damaged_between(whole), keeps=True, says="damaged")
    for name, rule in (("logs/a/good/app.log", "OWN-102"), ("http/prometheus/a/p/config.yaml", "OWN-103"),
                       ("metrics/pilot/istio-system/pilot-1.9093.1.prom", "OWN-104")):
        yield Case("A3", f"damaged header of {name}", keeps=True, says="damaged", loses=(rule,),
                   data=whole.replace(b"case/" + name.encode(), b"case/" + name[:-1].encode() + b"\xff"))
    for suffix, squeeze in (("bz2", bz2.compress), ("xz", lzma.compress)):
        yield Case("A3", f"sound tar.{suffix}", squeeze(whole), keeps=True)
        cut = squeeze(tar.archive(SOUND, tar.member(b"case/x", noise.randbytes(2 << 20))))[:1600000]
        yield Case("A3", f"a tar.{suffix} cut short", cut, keeps=True, says="cut-short")
    yield Case("A3", "sound zip", zipped(SOUND), keeps=True)
    yield Case("A3", "half a zip", zipped({**SOUND, "y": noise.randbytes(100000)})[:60000], keeps=True,
               says="cut-short")
    yield Case("A3", "zip with a parent", zipped(SOUND, ("case/../x", b"1")), keeps=True, says="unsafe-name")
    for at in range(0, tar.BLOCK, 8):
        flipped = bytearray(tar.archive(SOUND, tar.member(b"case/x", b"1")))
        flipped[-1024 - 1024 + at] ^= 0x80
        yield Case("A3", f"header with bit 7 of byte {at} flipped", bytes(flipped), keeps=True,
                   says="damaged")


def damaged_between(whole):
    """Noise behind the first member: its verdicts stay, what was behind is lost."""
    first = tar.BLOCK + len(tar.padded(SOUND["kubernetes/core/pods.json"]))
    return whole[:first] + b"\xff" * tar.BLOCK + whole[first:]


def zipped(members, *more):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in [*(("case/" + n, d) for n, d in members.items()), *more]:
            file.writestr(name, data)
    return out.getvalue()


# ---- truncation at every byte ----

@functools.cache
def small_bundle():
    """A bundle as meshcase-collect writes it, with one member of evidence."""
    import tempfile
    with tempfile.TemporaryDirectory() as folder:
        case = pathlib.Path(folder) / "case/kubernetes/core"
        case.mkdir(parents=True)
        (case / "pods.json").write_bytes(SOUND["kubernetes/core/pods.json"])
        subprocess.run([lib.BUILD / "tests/lib/mkbundle", pathlib.Path(folder) / "case",
                        pathlib.Path(folder) / "b"], check=True)
        return (pathlib.Path(folder) / "b").read_bytes()


def honest(result):
    """Of a bundle that was cut: what is said of a pod is what the whole would say."""
    if result.status == 3:
        return None if not result.out else "a report of what cannot be read"
    report = json.loads(result.out)
    for rule, subject, verdict, _ in lib.verdicts_of(report):
        right = {("OWN-101", "a/good"): "ok", ("OWN-101", "b/bad"): "finding",
                 ("OWN-101", "istio-system/pilot-1"): "ok"}.get((rule, subject))
        if verdict not in (right, "not_evaluated"):
            return f"{rule} says {verdict} of '{subject}'"
    return None


class AnyOf(int):
    """An exit status that may be the one or the other."""
    def __new__(cls, *choices):
        self = super().__new__(cls, choices[0])
        self.choices = choices
        return self

    def __eq__(self, other):
        return other in self.choices

    def __ne__(self, other):
        return other not in self.choices

    __hash__ = int.__hash__


def truncations():
    bundle = small_bundle()
    for n in range(len(bundle)):
        yield Case("A3+", f"the first {n} bytes", bundle[:n], status=AnyOf(0, 3), check=honest)
    whole = tar.archive({"kubernetes/core/pods.json": SOUND["kubernetes/core/pods.json"]})
    for n in range(len(whole)):
        if n % 512 in (0, 1, 100, 124, 136, 148, 156, 257, 511):
            yield Case("A3+", f"the first {n} bytes of a tar", whole[:n], status=AnyOf(0, 3), check=honest)


# ---- A4 bombs ----

def gzip_layers(count):
    data = tar.archive(SOUND)
    for _ in range(count):
        data = tar.squeeze(data)
    return data


def sized(front, byte_count, ratio=None):
    """A member of so many bytes behind what is sound, zeros but for as much noise as gives the ratio."""
    noise = b""
    if ratio:
        noise = random.Random(1).randbytes(byte_count // ratio - byte_count // 1029)
    return tar.squeeze(front + tar.header(b"case/x", byte_count) + noise) + \
        tar.repeated(byte_count - len(noise)) + tar.squeeze(tar.END)


def bombs():
    sound = tar.archive(SOUND, end=b"")
    mebibytes64 = tar.repeated(64 << 20)

    def huge(total):
        return tar.squeeze(sound + tar.header(b"case/x", total)) + mebibytes64 * (total >> 26) + \
            tar.squeeze(tar.END)
    yield Case("A4", "a member of 1 GiB of zeros", huge(1 << 30), keeps=True, says="bomb")
    yield Case("A4", "a member of 10 GiB of zeros", tar.squeeze(
        sound + tar.header(b"case/x", raw_size=tar.base256(10 << 30, 12))) + mebibytes64 * 160, keeps=True,
        says="bomb")
    yield Case("A4", "a log of 1 GiB of zeros", keeps=True, says="bomb", data=tar.squeeze(
        sound + tar.header(b"case/logs/b/bad/app.log", 1 << 30)) + mebibytes64 * 16)
    for count in (2, 3, 25):
        yield Case("A4", f"{count} layers of gzip", gzip_layers(count), status=3, quiet=True)
    yield Case("A4", "zeros behind the end of the archive", tar.squeeze(tar.archive(SOUND)) + mebibytes64 * 8,
               keeps=True)
    yield Case("A4", "80 MiB at 490 : 1", sized(sound, 80 << 20, 490), keeps=True)
    yield Case("A4", "80 MiB at 520 : 1", sized(sound, 80 << 20, 520), keeps=True, says="bomb")
    yield Case("A4", "60 MiB at 1,000 : 1", sized(sound, 60 << 20), keeps=True)
    empty = tar.squeeze(tar.member(b"case/e") * 10000)
    yield Case("A4", "1,000,000 empty members of one name", tar.squeeze(sound) + empty * 100, keeps=True,
               says="more than 200000 members")
    many = b"".join(tar.header(b"case/%d" % i) for i in range(200001))
    yield Case("A4", "200,001 members", tar.squeeze(sound + many + tar.END, 1), keeps=True, says="more than 200000 members")
    mebibyte = tar.repeated(1 << 20)
    yield Case("A4", "10,000 members of 1 MiB", keeps=True, says="bomb", data=tar.squeeze(sound) + b"".join(
        tar.squeeze(tar.header(b"case/%d" % i, 1 << 20), 1) + mebibyte for i in range(10000)))
    yield Case("A4", "zip of 1 GiB of zeros", keeps=True, says="bomb", data=zip_bomb(1 << 30))
    yield Case("A4", "xz of 1 GiB of zeros", lzma_bomb(sound, 1 << 30), keeps=True, says="bomb")
    yield Case("A4", "bzip2 of 1 GiB of zeros", keeps=True, says="bomb",
               data=bz2.compress(sound + tar.header(b"case/x", 1 << 30)) + bz2.compress(bytes(64 << 20)) * 16)


def zip_bomb(total):
    out = io.BytesIO(zipped(SOUND))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as file, file.open("case/x", "w") as member:
        for _ in range(total >> 20):
            member.write(bytes(1 << 20))
    return out.getvalue()


def lzma_bomb(front, total):
    squeeze = lzma.LZMACompressor(preset=0)
    out = [squeeze.compress(front + tar.header(b"case/x", total))]
    out += [squeeze.compress(bytes(1 << 20)) for _ in range(total >> 20)]
    return b"".join(out) + squeeze.flush()


# ---- A5 duplicates ----

def duplicates():
    other = b'{"kind": "PodList", "apiVersion": "v1", "items": [{"metadata": {"namespace": "z", "name": "bad"}}]}'
    name = b"kubernetes/core/pods.json"
    spellings = {
        "same name": b"case/" + name, "dot slash": b"./case/" + name, "double slash": b"case//" + name,
        "dot folder": b"case/./" + name, "slashes at the end of folders": b"case/kubernetes///core//pods.json",
    }
    for word, spelling in spellings.items():
        yield Case("A5", word, tar.archive(SOUND, tar.member(spelling, other)), keeps=True, says="duplicate")
        yield Case("A5", "verify: " + word, tar.archive(SOUND, tar.member(spelling, other)), status=1,
                   argv=(str(lib.BUILD / "meshcase-bundle"), "verify", "{}"), says="duplicate")
    yield Case("A5", "another case is another name", keeps=True,
               data=tar.archive(SOUND, tar.member(b"case/kubernetes/core/PODS.json", other)))
    yield Case("A5", "a thousand times", tar.archive(SOUND, tar.member(b"case/" + name, other) * 1000),
               keeps=True, says="duplicate")
    yield Case("A5", "a file, then a folder", keeps=True, data=tar.archive(
        SOUND, tar.member(b"case/" + name + b"/", b"", b"5"), tar.member(b"case/" + name + b"/x", b"{}")))
    yield Case("A5", "a folder, then a file", keeps=True, data=tar.archive(
        SOUND, tar.member(b"case/d/", b"", b"5"), tar.member(b"case/d", b"{}")))
    yield Case("A5", "a link, then a file", keeps=True, says="link",
               data=tar.member(b"case/" + name, b"", b"2", b"/etc/passwd") + tar.archive(SOUND))
    yield Case("A5", "two manifests", keeps=True, says="duplicate", data=tar.archive(
        {**SOUND, "manifest.json": manifest(SOUND)}, tar.member(b"case/manifest.json", b"{}")))
    yield Case("A5", "two indexes", keeps=True, data=tar.archive(
        SOUND, tar.member(b"stargz.index.json", b"{}") * 2))


# ---- A6 manifests ----

def capture(name, data, **changes):
    record = {"id": name, "kind": "exec", "source": {"verb": "GET", "path": "/x"},
              "started": "2018-06-01T12:00:00Z", "seconds": 0.1, "state": "complete", "class": "",
              "members": [{"name": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}]}
    return {**record, **changes}


def manifest(members, *more, **changes):
    sample = json.loads(small_manifest())
    sample["captures"] = [capture_like(sample, n, d) for n, d in members.items()] + list(more)
    sample.update(changes)
    return json.dumps(sample).encode()


@functools.cache
def small_manifest():
    """manifest.json of the small bundle, the pattern for ours."""
    result = subprocess.run([lib.BUILD / "meshcase-bundle", "cat", "-", "manifest.json"],
                            input=small_bundle(), capture_output=True, check=True)
    return result.stdout


def capture_like(sample, name, data):
    """A complete capture of one member, like the small bundle's."""
    like = json.loads(json.dumps(sample["captures"][0]))
    like.update(id=name, members=[{"name": name, "bytes": len(data),
                                   "sha256": hashlib.sha256(data).hexdigest()}])
    like.pop("covers", None)
    return like


def with_manifest(name, data, says=(), **more):
    return Case("A6", name, tar.archive({**SOUND, "manifest.json": data}), keeps=True, says=says, **more)


def manifests():
    good = manifest(SOUND)
    yield with_manifest("sound", good)
    yield Case("A6", "none", tar.archive(SOUND), keeps=True, says="no-manifest")
    unusable = {
        "empty": b"", "text": b"hello", "half": good[:len(good) // 2], "an array": b"[]", "null": b"null",
        "a number": b"1e999", "no format": b"{}", "NUL": b"\0" * 100, "UTF-16": good.decode().encode("utf-16"),
        "101 deep": b'{"a":' * 101 + b"1" + b"}" * 101, "100,000 deep": b"[" * 100000,
        "a future format": manifest(SOUND, format="meshcase-bundle/9"),
        "another tool's": json.dumps({"kind": "must-gather", "version": 3}).encode(),
        "captures that are text": manifest(SOUND, captures="x"),
        "captures that are null": manifest(SOUND, captures=None),
        "a key twice": good.replace(b'{', b'{"format": "x", ', 1),
        "trailing comma": good[:-1] + b",}",
    }
    for name, data in unusable.items():
        yield with_manifest("unusable: " + name, data, says="manifest")
    for field in json.loads(good)["captures"][0]:
        for word, value in (("null", None), ("a number", -1), ("a list", [[]]), ("huge", "x" * 100000)):
            if field in ("members", "covers") and word == "a list":
                continue
            sample = json.loads(good)
            sample["captures"].append({**sample["captures"][0], "id": "other", "members": [], field: value})
            yield Case("A6", f"{field} is {word}", tar.archive(
                {**SOUND, "manifest.json": json.dumps(sample).encode()}), check=None)
    lies = {
        "wrong digest": dict(sha256="0" * 64), "wrong size": dict(bytes=1), "size of 2^62": dict(bytes=1 << 62),
        "negative size": dict(bytes=-1), "size that is text": dict(bytes="x"), "digest that is short": dict(sha256="00"),
        "name with a parent": dict(name="../../etc/passwd"), "name of another": dict(name="nosuch"),
    }
    for name, changes in lies.items():
        sample = json.loads(good)
        sample["captures"][0]["members"][0].update(changes)
        data = tar.archive({**SOUND, "manifest.json": json.dumps(sample).encode()})
        yield Case("A6", f"verify: {name}", data, status=1, says="manifest",
                   argv=(str(lib.BUILD / "meshcase-bundle"), "verify", "{}"))
        yield Case("A6", f"--verify: {name}", data, status=3, quiet=True, argv=lib.analyze("--verify"))
    gone = {n: d for n, d in SOUND.items() if "logs" not in n}
    yield Case("A6", "missing member", tar.archive({**gone, "manifest.json": good}), keeps=True,
               loses=("OWN-102",), says="logs/a/good/app.log")
    yield Case("A6", "extra member", tar.archive({**SOUND, "host/x.txt": b"1", "manifest.json": good}),
               keeps=True)


FAMILIES = {
    "A1": ("names of members", names),
    "A2": ("types of members", entry_types),
    "A3": ("structure", structure),
    "A3+": ("cut at every byte", truncations),
    "A4": ("bombs", bombs),
    "A5": ("duplicates", duplicates),
    "A6": ("manifests", manifests),
}
