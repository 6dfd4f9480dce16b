# SPDX-License-Identifier: Apache-2.0
"""tar.py -- archives block by block, with whatever is wrong in them; Python's tarfile would mend it."""
import gzip
import zlib

BLOCK = 512
END = b"\0" * 1024


def octal(value, width):
    return b"%0*o\0" % (width - 1, value)


def base256(value, width):
    """GNU's binary numbers, for sizes that octal digits cannot tell; negative ones, too."""
    return ((value + (1 << 8 * width)) % (1 << 8 * width) | 1 << (8 * width - 1)).to_bytes(width, "big")


def header(name, size=0, kind=b"0", link=b"", *, raw_size=None, magic=b"ustar\x0000", prefix=b"",
           checksum=None, mode=b"0000600\0", mtime=b"02253464000\0"):
    block = bytearray(BLOCK)
    block[0:len(name[:100])] = name[:100]
    block[100:108] = mode
    block[108:116] = block[116:124] = b"0000000\0"
    block[124:136] = raw_size or octal(size, 12)
    block[136:148] = mtime
    block[148:156] = b" " * 8
    block[156:157] = kind
    block[157:157 + len(link[:100])] = link[:100]
    block[257:265] = magic
    block[345:345 + len(prefix[:155])] = prefix[:155]
    total = sum(block) if checksum is None else checksum
    block[148:156] = b"%06o\0 " % total
    return bytes(block)


def padded(data):
    return data + b"\0" * (-len(data) % BLOCK)


def pax(records, kind=b"x", name=b"PaxHeaders/x"):
    """An extended header; records: key -> value, or bytes as they are."""
    if not isinstance(records, bytes):
        text = b""
        for key, value in records.items():
            body = b" " + key + b"=" + value + b"\n"
            n = len(body) + 1
            while len(b"%d" % n) + len(body) != n:
                n += 1
            text += b"%d" % n + body
        records = text
    return header(name, len(records), kind) + padded(records)


def member(name, data=b"", kind=b"0", link=b"", **how):
    """One entry with its payload; a long name gets a pax header."""
    front = b""
    if len(name) > 100:
        front = pax({b"path": name})
    return front + header(name, len(data), kind, link, **how) + padded(data)


def gnu_long(name, kind=b"L"):
    return header(b"././@LongLink", len(name) + 1, kind, magic=b"ustar  \0") + padded(name + b"\0")


def archive(members, *bad, end=END, top=b"case/"):
    """The sound members below a top folder, then the bad entries, as bytes."""
    sound = b"".join(member(top + name.encode(), data) for name, data in members.items())
    return sound + b"".join(bad) + end


def squeeze(data, level=6):
    return gzip.compress(data, level, mtime=0)


def repeated(byte_count, byte=b"\0"):
    """A gzip member of so many equal bytes, made without holding them."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = byte * (1 << 20)
    out = [deflate.compress(block) for _ in range(byte_count >> 20)]
    out.append(deflate.compress(byte * (byte_count & ((1 << 20) - 1))))
    return b"".join(out) + deflate.flush()
