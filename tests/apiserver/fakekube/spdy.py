# SPDX-License-Identifier: Apache-2.0
"""spdy -- as much of SPDY/3.1 as kubectl needs to attach streams: frames over one upgraded connection."""

import struct
import zlib

SYN_STREAM, SYN_REPLY, RST_STREAM, SETTINGS, PING, GOAWAY, HEADERS, WINDOW_UPDATE = 1, 2, 3, 4, 6, 7, 8, 9
FIN = 0x01
VERSION = 3
MAX_FRAME_BYTES = 1 << 20

# The words that both ends of a connection know in advance; the protocol fixes them.
WORDS = """options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow
authorization cache-control connection content-base content-encoding content-language content-length content-location
content-md5 content-range content-type date etag expect expires from host if-match if-modified-since if-none-match if-range
if-unmodified-since last-modified location max-forwards pragma proxy-authenticate proxy-authorization range referer retry-after
server te trailer transfer-encoding upgrade user-agent vary via warning www-authenticate method get status 200_OK version
HTTP/1.1 url public set-cookie keep-alive origin"""
TAIL = (
    "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505"
    "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden"
    "404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable"
    "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT"
    "chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,"
    "publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0."
)
DICTIONARY_ID = 0xE3C6A7C2  # its Adler-32, which every compressed header block names


def dictionary():
    words = [w.replace("_", " ").encode() for w in WORDS.split()]
    data = b"".join(struct.pack(">I", len(w)) + w for w in words) + TAIL.encode()
    if zlib.adler32(data) != DICTIONARY_ID:
        raise AssertionError("the dictionary is not the protocol's")
    return data


class Session:
    """The server's end.  reader and writer are binary files of the connection."""

    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer
        known = dictionary()
        self.inflate = zlib.decompressobj(zdict=known)
        self.deflate = zlib.compressobj(zdict=known)

    # -- frames that arrive ------------------------------------------------------------------------

    def next_stream(self):
        """(stream id, headers) of the next stream that the client opens; None at the end of the connection."""
        while True:
            frame = self.next_frame()
            if frame is None:
                return None
            kind, flags, payload = frame
            if kind == SYN_STREAM:
                stream = struct.unpack(">I", payload[:4])[0] & 0x7FFFFFFF
                return stream, self._headers(payload[10:])

    def next_frame(self):
        """(kind or None for data, flags, payload); answers pings itself; None at the end."""
        while True:
            head = self.reader.read(8)
            if len(head) < 8:
                return None
            first, rest = struct.unpack(">II", head)
            flags, size = rest >> 24, rest & 0xFFFFFF
            if size > MAX_FRAME_BYTES:
                return None
            payload = self.reader.read(size)
            if len(payload) < size:
                return None
            if not first >> 31:
                return None, flags, payload
            kind = first & 0xFFFF
            if kind == PING:
                self._send(PING, 0, payload)
            elif kind == GOAWAY:
                return None
            else:
                return kind, flags, payload

    def _headers(self, block):
        data = self.inflate.decompress(block)
        count, at = struct.unpack(">I", data[:4])[0], 4
        headers = {}
        for _ in range(count):
            pair = []
            for _ in range(2):
                size = struct.unpack(">I", data[at : at + 4])[0]
                pair.append(data[at + 4 : at + 4 + size].decode())
                at += 4 + size
            headers[pair[0].lower()] = pair[1]
        return headers

    # -- frames that leave -------------------------------------------------------------------------

    def _send(self, kind, flags, payload):
        self.writer.write(struct.pack(">II", 0x80000000 | VERSION << 16 | kind, flags << 24 | len(payload)) + payload)
        self.writer.flush()

    def accept(self, stream):
        block = self.deflate.compress(struct.pack(">I", 0)) + self.deflate.flush(zlib.Z_SYNC_FLUSH)
        self._send(SYN_REPLY, 0, struct.pack(">I", stream) + block)

    def write(self, stream, data, last=True):
        """Sends data on a stream, and ends our side of it."""
        for start in range(0, len(data), 16384):
            part = data[start : start + 16384]
            self.writer.write(struct.pack(">II", stream, len(part)) + part)
        if last:
            self.writer.write(struct.pack(">II", stream, FIN << 24))
        self.writer.flush()
