/* SPDX-License-Identifier: Apache-2.0 */
/* clocks.c -- intervals intersected, and told as a middle and a half width. */
#include "collector/clocks.h"

#include "base/timestamp.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

enum { DRIFT_PPM = 200 };          /* of clocks that nobody disciplines */

void
clocks_init(ClockBook *book, Arena *arena)
{
    *book = (ClockBook){.arena = arena};
    map_init(&book->by_subject, arena);
}

static Clock *
find_or_add(ClockBook *book, Str subject, const char *kind, Str node, const char *method)
{
    Clock *clock = map_get(&book->by_subject, subject);
    if (clock)
        return clock;
    clock = ARENA_NEW(book->arena, Clock);
    Clock **place = clock ? VEC_PUSH(book->arena, &book->clocks) : NULL;
    if (!place)
        return NULL;
    *clock = (Clock){.subject = arena_str(book->arena, subject),
                     .kind = kind,
                     .node = arena_str(book->arena, node),
                     .low_ns = INT64_MIN,
                     .high_ns = INT64_MAX,
                     .union_low_ns = INT64_MAX,
                     .union_high_ns = INT64_MIN,
                     .method = method};
    *place = clock;
    (void)!map_put(&book->by_subject, clock->subject, clock);
    return clock;
}

/* How much two clocks may have drifted apart in that time. */
static int64_t
drift_ns(int64_t passed_ns)
{
    return (passed_ns < 0 ? -passed_ns : passed_ns) / 1000000 * DRIFT_PPM;
}

static void
narrow(Clock *clock, int64_t low, int64_t high, int64_t read_ns)
{
    bool later = clock->readings == 0 || read_ns >= clock->read_ns;
    int64_t drift = clock->readings ? drift_ns(read_ns - clock->read_ns) : 0;
    if (clock->readings == 0) {
        clock->low_ns = low;
        clock->high_ns = high;
    }
    int64_t old_low = clock->low_ns - (later ? drift : 0);
    int64_t old_high = clock->high_ns + (later ? drift : 0);
    low -= later ? 0 : drift;
    high += later ? 0 : drift;
    clock->low_ns = low > old_low ? low : old_low;
    clock->high_ns = high < old_high ? high : old_high;
    if (low < clock->union_low_ns)
        clock->union_low_ns = low;
    if (high > clock->union_high_ns)
        clock->union_high_ns = high;
    clock->read_ns = later ? read_ns : clock->read_ns;
    clock->readings++;
}

void
clocks_add(ClockBook *book, Str subject, const char *kind, Str node, const char *method,
           int64_t stamp_ns, int64_t resolution_ns, int64_t sent_ns, int64_t received_ns)
{
    Clock *clock = find_or_add(book, subject, kind, node, method);
    if (clock && received_ns >= sent_ns)
        narrow(clock, stamp_ns - received_ns, stamp_ns + resolution_ns - sent_ns, received_ns);
}

const Clock *
clocks_get(const ClockBook *book, Str subject)
{
    return map_get(&book->by_subject, subject);
}

bool
clock_stepped(const Clock *clock)
{
    return clock->low_ns > clock->high_ns;
}

int64_t
clock_error_ns(const Clock *clock)
{
    return (clock->high_ns - clock->low_ns) / 2;
}

int64_t
clock_next_second(const Clock *clock, int64_t now_ns)
{
    int64_t offset = clock->low_ns / 2 + clock->high_ns / 2;
    int64_t there = now_ns + offset;
    int64_t rest = there % NS_PER_S;
    if (rest < 0)
        rest += NS_PER_S;
    return now_ns + (NS_PER_S - rest);
}

/* Whether both can be readings of one clock. */
static bool
agree(const Clock *a, const Clock *b)
{
    return a->low_ns <= b->high_ns && b->low_ns <= a->high_ns;
}

static bool
tells_of(const Clock *clock, Str node)
{
    return node.n > 0 && strcmp(clock->kind, "node") != 0 && !clock_stepped(clock) &&
           str_eq(clock->node, node);
}

/* Of what runs on a node the one that most others agree with: a container whose clock is
 * strange must not pass for its node. */
static const Clock *
most_agreed(const ClockBook *book, size_t count, Str node)
{
    const Clock *best = NULL;
    size_t most = 0;
    for (size_t i = 0; i < count; i++) {
        const Clock *clock = book->clocks.items[i];
        size_t agreed = 0;
        for (size_t k = 0; tells_of(clock, node) && k < count; k++)
            agreed += tells_of(book->clocks.items[k], node) && agree(clock, book->clocks.items[k]);
        if (agreed > most) {
            most = agreed;
            best = clock;
        }
    }
    return best;
}

void
clocks_join_nodes(ClockBook *book)
{
    size_t count = book->clocks.count;
    for (size_t i = 0; i < count; i++) {
        const Clock *clock = book->clocks.items[i];
        if (!tells_of(clock, clock->node))
            continue;
        Clock *node = map_get(&book->by_subject, clock->node);
        if (!node) {
            const Clock *first = most_agreed(book, count, clock->node);
            node = find_or_add(book, clock->node, "node", clock->node, "pods");
            if (!node)
                continue;
            narrow(node, first->low_ns, first->high_ns, first->read_ns);
            node->readings = 0;         /* its turn comes */
        }
        if (!clock_stepped(node) && agree(node, clock))
            narrow(node, clock->low_ns, clock->high_ns, clock->read_ns);
    }
}

static json_t *
entry(const Clock *clock)
{
    bool stepped = clock_stepped(clock);
    double low = (double)(stepped ? clock->union_low_ns : clock->low_ns) / 1e9;
    double high = (double)(stepped ? clock->union_high_ns : clock->high_ns) / 1e9;
    char offset[32];
    char error[32];
    (void)snprintf(offset, sizeof offset, "%.6f", (low + high) / 2);
    (void)snprintf(error, sizeof error, "%.6f", (high - low) / 2);
    json_t *object =
        json_pack("{s:s%, s:s, s:o, s:f, s:f, s:s, s:i}", "subject", clock->subject.p,
                  clock->subject.n, "kind", clock->kind, "node",
                  clock->node.n ? json_stringn(clock->node.p, clock->node.n) : json_null(),
                  "offset_s", strtod(offset, NULL), "error_s", strtod(error, NULL), "method",
                  clock->method, "readings", (int)clock->readings);
    if (object && stepped)
        (void)json_object_set_new(object, "stepped", json_true());
    return object;
}

void
clocks_write(const ClockBook *book, Buf *out)
{
    buf_adds(out, "{\"clocks\": [");
    for (size_t i = 0; i < book->clocks.count; i++) {
        json_t *object = entry(book->clocks.items[i]);
        char *text = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(12)) : NULL;
        if (text)
            buf_printf(out, "%s\n%s", i ? "," : "", text);
        else
            out->failed = ST_NOMEM;
        free(text);
        json_decref(object);
    }
    buf_adds(out, "\n]}\n");
}

bool
clock_parse_date(Str text, int64_t *ret_ns, int64_t *ret_resolution_ns)
{
    char plain[TIMESTAMP_TEXT_BYTES];
    size_t dot;
    text = str_trim(text);
    if (!str_find_char(text, '.', &dot) || dot + 2 >= sizeof plain)
        return false;
    bool digits = dot + 1 < text.n && text.p[dot + 1] >= '0' && text.p[dot + 1] <= '9';
    *ret_resolution_ns = digits ? 1 : NS_PER_S;
    if (digits)
        return timestamp_parse(text, ret_ns);
    memcpy(plain, text.p, dot);             /* "…:03.%NZ" or "…:03.NZ" of a small date */
    plain[dot] = 'Z';
    return timestamp_parse((Str){plain, dot + 1}, ret_ns);
}
