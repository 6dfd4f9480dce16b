/* SPDX-License-Identifier: Apache-2.0 */
/* clocks.h -- how far other clocks are from the collector's, as intervals that must hold.
 *
 * Each reading brackets the difference: a stamp T of resolution r, seen in an answer to a
 * request sent at t1 and received at t4 (the collector's clock), says that the difference
 * lies in [T - t4, T + r - t1].  Readings of one clock are intersected, each the wider the
 * longer ago it was made, since clocks drift; where nothing is left the clock was set while it
 * was read, and that is said instead of a mean. */
#ifndef COLLECTOR_CLOCKS_H
#define COLLECTOR_CLOCKS_H

#include "base/buf.h"
#include "base/map.h"

typedef struct {
    Str subject;             /* "apiserver", node, "ns/pod", "ns/pod/container" */
    const char *kind;        /* "apiserver", "node", "pod", "container", "client", "collector" */
    Str node;
    int64_t low_ns;
    int64_t high_ns;
    int64_t union_low_ns;
    int64_t union_high_ns;
    int64_t read_ns;         /* the collector's clock at the last reading */
    unsigned readings;
    const char *method;      /* "http-date", "exec-date", "lease-watch", "pods", "option", "self" */
} Clock;

typedef struct {
    Arena *arena;
    VEC(Clock *) clocks;
    Map by_subject;
} ClockBook;

void clocks_init(ClockBook *book, Arena *arena);
/* Out of memory loses the reading only. */
void clocks_add(ClockBook *book, Str subject, const char *kind, Str node, const char *method,
                int64_t stamp_ns, int64_t resolution_ns, int64_t sent_ns, int64_t received_ns);
const Clock *clocks_get(const ClockBook *book, Str subject);
bool clock_stepped(const Clock *clock);
int64_t clock_error_ns(const Clock *clock);      /* half the interval's width */
/* When to send the next request so that it meets the clock's change of second: the local
 * time in [now, now + 1 s]. */
int64_t clock_next_second(const Clock *clock, int64_t now_ns);
/* Nodes from the pods and containers that run on them and agree with one another; once, at
 * the end. */
void clocks_join_nodes(ClockBook *book);
/* {"clocks": [{subject, kind, node, offset_s, error_s, method, readings}]} */
void clocks_write(const ClockBook *book, Buf *out);

/* What `date -u +%Y-%m-%dT%H:%M:%S.%NZ` prints, also where %N is not known. */
bool clock_parse_date(Str text, int64_t *ret_ns, int64_t *ret_resolution_ns);

#endif
