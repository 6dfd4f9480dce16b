# SPDX-License-Identifier: Apache-2.0
"""prom -- metrics text as Go's client library writes it."""

from decimal import Decimal


def number(value):
    """A float as Go's strconv prints it: shortest, with an exponent from 1e+06 on."""
    value = float(value)
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    text = "".join(map(str, digits)).rstrip("0") or "0"
    point = len(digits) + exponent - 1
    if -5 < point < 6:
        return repr(value)
    mantissa = text[0] + ("." + text[1:] if len(text) > 1 else "")
    return f"{'-' if sign else ''}{mantissa}e{'+' if point >= 0 else '-'}{abs(point):02d}"


def labels_text(labels, last=None):
    pairs = sorted(labels.items()) + ([last] if last else [])
    return "{" + ",".join(f'{k}="{v}"' for k, v in pairs) + "}" if pairs else ""


class Page:
    """Families in the order of their names, as a registry gathers them."""

    def __init__(self):
        self.families = {}

    def _lines(self, name, kind, text):
        return self.families.setdefault(name, (f"# HELP {name} {text}\n# TYPE {name} {kind}\n", []))[1]

    def counter(self, name, text, value, **labels):
        self._lines(name, "counter", text).append(f"{name}{labels_text(labels)} {number(value)}\n")

    def gauge(self, name, text, value, **labels):
        self._lines(name, "gauge", text).append(f"{name}{labels_text(labels)} {number(value)}\n")

    def summary(self, name, text, quantiles, total, count):
        lines = self._lines(name, "summary", text)
        lines += [f'{name}{{quantile="{number(q)}"}} {number(v)}\n' for q, v in quantiles]
        lines += [f"{name}_sum {number(total)}\n", f"{name}_count {count}\n"]

    def histogram(self, name, text, bounds, values, **labels):
        """values: what was observed, or {value: how often}."""
        seen = values if isinstance(values, dict) else {}
        if not isinstance(values, dict):
            for value in values:
                seen[value] = seen.get(value, 0) + 1
        lines = self._lines(name, "histogram", text)
        for bound in bounds:
            inside = sum(n for v, n in seen.items() if v <= bound)
            lines.append(f"{name}_bucket{labels_text(labels, ('le', number(bound)))} {inside}\n")
        count = sum(seen.values())
        lines.append(f"{name}_bucket{labels_text(labels, ('le', '+Inf'))} {count}\n")
        total = round(sum(v * n for v, n in seen.items()), 9)
        lines.append(f"{name}_sum{labels_text(labels)} {number(total)}\n")
        lines.append(f"{name}_count{labels_text(labels)} {count}\n")

    def text(self):
        return "".join(head + "".join(lines) for _, (head, lines) in sorted(self.families.items()))


GO_BYTES = (("alloc_bytes", "Number of bytes allocated and still in use.", 0.31),
            ("buck_hash_sys_bytes", "Number of bytes used by the profiling bucket hash table.", 0.05),
            ("gc_sys_bytes", "Number of bytes used for garbage collection system metadata.", 0.04),
            ("heap_alloc_bytes", "Number of heap bytes allocated and still in use.", 0.31),
            ("heap_idle_bytes", "Number of heap bytes waiting to be used.", 0.22),
            ("heap_inuse_bytes", "Number of heap bytes that are in use.", 0.36),
            ("heap_sys_bytes", "Number of heap bytes obtained from system.", 0.58),
            ("stack_inuse_bytes", "Number of bytes in use by the stack allocator.", 0.06),
            ("sys_bytes", "Number of bytes obtained from system.", 0.82))


def go_process(page, started, resident, fds, goroutines, cpu, max_fds=1048576):
    """What every Go component of the time tells about itself."""
    page.summary("go_gc_duration_seconds", "A summary of the GC invocation durations.",
                 ((0, 4.1e-05), (0.25, 0.000112), (0.5, 0.000186), (0.75, 0.000327), (1, 0.001403)), 0.014611, 61)
    page.gauge("go_goroutines", "Number of goroutines that currently exist.", goroutines)
    for name, text, share in GO_BYTES:
        page.gauge("go_memstats_" + name, text, int(resident * share) // 8 * 8)
    page.gauge("go_threads", "Number of OS threads created", 14)
    page.counter("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", cpu)
    page.gauge("process_max_fds", "Maximum number of open file descriptors.", max_fds)
    page.gauge("process_open_fds", "Number of open file descriptors.", fds)
    page.gauge("process_resident_memory_bytes", "Resident memory size in bytes.", resident)
    page.gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.", started)
    page.gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.", resident * 2)
