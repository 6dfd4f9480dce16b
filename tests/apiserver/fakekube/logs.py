# SPDX-License-Identifier: Apache-2.0
"""logs -- container logs with the API's options.

A recorded log has one line per line, each led by the runtime's stamp, as `kubectl logs --timestamps`
prints it: 2018-06-14T08:03:01.123456789Z text.
"""

import re

from . import clock

STAMP = re.compile(rb"^(20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d(?:\.\d+)?Z) ?")


class LogError(Exception):
    """status and message of the API's refusal."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def containers(pod):
    """Names by part: init containers, then containers."""
    spec = pod["spec"]
    return [c["name"] for c in spec.get("initContainers", ())], [c["name"] for c in spec["containers"]]


def choose_container(pod, asked):
    first, main = containers(pod)
    name = pod["metadata"]["name"]
    if asked:
        if asked not in first + main:
            raise LogError(400, f"container {asked} is not valid for pod {name}")
        return asked
    if len(main) == 1:
        return main[0]
    text = f"a container name must be specified for pod {name}, choose one of: [{' '.join(main)}]"
    if first:
        text += f" or one of the init containers: [{' '.join(first)}]"
    raise LogError(400, text)


def _number(query, key):
    try:
        return int(query[key]) if query.get(key) else None
    except ValueError:
        raise LogError(400, f'strconv.ParseInt: parsing "{query[key]}": invalid syntax') from None


def read(cluster, watch, pod, query):
    """The bytes of a log request.  query: container previous tailLines limitBytes sinceSeconds sinceTime timestamps."""
    meta = pod["metadata"]
    container = choose_container(pod, query.get("container"))
    previous = query.get("previous", "").lower() in ("true", "1")
    name = f"logs/{meta['namespace']}/{meta['name']}/{container}{'.previous' if previous else ''}.log"
    path = cluster.file(name)
    if path is None:
        if previous:
            raise LogError(400, f'previous terminated container "{container}" in pod "{meta["name"]}" not found')
        _must_have_started(pod, container)
        return b""
    with open(path, encoding="utf-8") as file:
        lines = watch.move(file.read()).encode().splitlines(keepends=True)
    since = _since(watch, query)
    kept = []
    last = None
    for line in lines:
        match = STAMP.match(line)
        if match:
            last = match.group(1)
        if since is not None and last is not None and clock.parse(last.decode()) < since:
            continue
        if query.get("timestamps", "").lower() not in ("true", "1") and match:
            line = line[match.end() :]
        kept.append(line)
    tail = _number(query, "tailLines")
    if tail is not None:
        kept = kept[len(kept) - tail if tail < len(kept) else 0 :] if tail else []
    data = b"".join(kept)
    limit = _number(query, "limitBytes")
    return data if limit is None else data[:limit]


def _since(watch, query):
    seconds = _number(query, "sinceSeconds")
    if seconds is not None:
        return (watch.now() if watch.live else watch.recorded) - seconds
    if query.get("sinceTime"):
        return clock.parse(query["sinceTime"])
    return None


def _must_have_started(pod, container):
    status = pod.get("status", {})
    for entry in status.get("initContainerStatuses", []) + status.get("containerStatuses", []):
        waiting = entry.get("state", {}).get("waiting")
        if entry["name"] == container and waiting and not entry.get("lastState"):
            raise LogError(
                400,
                f'container "{container}" in pod "{pod["metadata"]["name"]}" is waiting to start: '
                f"{waiting.get('reason', 'ContainerCreating')}",
            )
