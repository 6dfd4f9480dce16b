# SPDX-License-Identifier: Apache-2.0
"""protobuf -- reads the access reviews that newer clients post in Kubernetes' binary form."""

MAGIC = b"k8s\0"
RESOURCE = {1: "namespace", 2: "verb", 3: "group", 4: "version", 5: "resource", 6: "subresource", 7: "name"}
PATH = {1: "path", 2: "verb"}


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def fields(data):
    """{number: bytes} of the fields with a length; the numbers among them are skipped."""
    found, at = {}, 0
    while at < len(data):
        tag, at = varint(data, at)
        size, at = varint(data, at)
        if tag & 7 == 2:
            found[tag >> 3] = data[at : at + size]
            at += size
        elif tag & 7 != 0:
            raise ValueError(f"wire type {tag & 7}")
    return found


def texts(data, names):
    return {names[n]: v.decode() for n, v in fields(data).items() if n in names and v}


def review(body):
    """The review as JSON would have it; ValueError for anything else."""
    try:
        envelope = fields(body[len(MAGIC) :])
        kind = texts(envelope[1], {1: "apiVersion", 2: "kind"})
        spec = fields(fields(envelope[2])[2])
        if kind["kind"] == "SelfSubjectRulesReview":
            return {**kind, "spec": {"namespace": spec.get(1, b"").decode()}}
        if 1 in spec:
            return {**kind, "spec": {"resourceAttributes": texts(spec[1], RESOURCE)}}
        return {**kind, "spec": {"nonResourceAttributes": texts(spec[2], PATH)}}
    except (KeyError, IndexError) as error:
        raise ValueError(f"not a review: {error!r}") from error
