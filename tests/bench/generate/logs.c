/* SPDX-License-Identifier: Apache-2.0 */
/* logs.c -- logs of sidecars, applications, Mixer and Pilot, as containers write them and the
 * API server serves them with time stamps. */
#include "generate.h"

#include "base/cleanup.h"
#include "bundle/kind.h"

enum { FLUSH_BYTES = 1 << 18 };
#define START_MS INT64_C(30000000)      /* 08:20 of the day */

/* One log and where it stands. */
typedef struct {
    const World *world;
    Chance chance;
    Pod pod;
    int64_t ms;                 /* of the day */
    Buf *out;
} Log;

typedef void LineFn(Log *log);

static void
add_digits(Buf *out, uint64_t value, unsigned width)
{
    char text[24];
    for (unsigned i = width; i > 0; i--, value /= 10)
        text[i - 1] = (char)('0' + value % 10);
    buf_add(out, text, width);
}

/* "2018-06-14T08:20:01.123" */
static void
add_time(Buf *out, int64_t ms, char between)
{
    uint64_t day = 14 + (uint64_t)ms / 86400000;
    uint64_t seconds = (uint64_t)ms / 1000 % 86400;
    buf_adds(out, "2018-06-");
    add_digits(out, day % 30 + 1, 2);
    buf_addc(out, between);
    add_digits(out, seconds / 3600, 2);
    buf_addc(out, ':');
    add_digits(out, seconds / 60 % 60, 2);
    buf_addc(out, ':');
    add_digits(out, seconds % 60, 2);
    buf_addc(out, '.');
    add_digits(out, (uint64_t)ms % 1000, 3);
}

static void
add_hex(Buf *out, uint64_t bits, unsigned digits)
{
    char text[16];
    for (unsigned i = 0; i < digits; i++, bits >>= 4)
        text[i] = "0123456789abcdef"[bits & 15];
    buf_add(out, text, digits);
}

static void
add_uuid(Log *log)
{
    uint64_t high = chance_bits(&log->chance), low = chance_bits(&log->chance);
    add_hex(log->out, high, 8);
    for (unsigned i = 0; i < 3; i++, high >>= 8) {
        buf_addc(log->out, '-');
        add_hex(log->out, high >> 32, 4);
    }
    buf_addc(log->out, '-');
    add_hex(log->out, low, 12);
}

static void
add_number(Log *log, uint64_t limit)
{
    uint64_t value = chance_below(&log->chance, limit);
    unsigned width = 1;
    for (uint64_t rest = value; rest >= 10; rest /= 10)
        width++;
    add_digits(log->out, value, width);
}

/* Most traffic goes to few applications. */
static void
choose_peer(Log *log, Pod *ret)
{
    uint64_t most = log->world->pods;
    if (chance_below(&log->chance, 4))
        most = most < 64 ? most : 64;
    pod_of(chance_below(&log->chance, most), ret);
}

static const char *
choose(Log *log, const char *const *from, size_t count)
{
    return from[chance_below(&log->chance, count)];
}
#define CHOOSE(log, array) choose((log), (array), sizeof(array) / sizeof *(array))

static const char *const PATHS[] = {"/api/v1/orders/", "/api/v1/cart/", "/details/", "/reviews/",
                                    "/ratings/", "/healthz?probe=", "/api/v2/search?q=item&page=",
                                    "/static/js/app.js?v=", "/api/v1/users/"};
static const char *const AGENTS[] = {"python-requests/2.18.4", "Go-http-client/1.1", "curl/7.58.0",
                                     "Apache-CXF/3.1.11",
                                     "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"};
static const char *const METHODS[] = {"GET", "GET", "GET", "POST", "PUT"};

static void
access_line(Log *log)
{
    static const char *const CODES[] = {"200 -", "200 -", "200 -", "200 -", "200 -", "200 -",
        "201 -",
                                        "304 -", "404 -", "500 -"};
    Pod peer;
    choose_peer(log, &peer);
    buf_addc(log->out, '[');
    add_time(log->out, log->ms, 'T');
    buf_adds(log->out, "Z] \"");
    buf_adds(log->out, CHOOSE(log, METHODS));
    buf_addc(log->out, ' ');
    buf_adds(log->out, CHOOSE(log, PATHS));
    add_number(log, 100000);
    buf_adds(log->out, " HTTP/1.1\" ");
    buf_adds(log->out, CHOOSE(log, CODES));
    buf_adds(log->out, " 0 ");
    add_number(log, 6000);
    buf_addc(log->out, ' ');
    add_number(log, 90);
    buf_addc(log->out, ' ');
    add_number(log, 90);
    buf_adds(log->out, " \"-\" \"");
    buf_adds(log->out, CHOOSE(log, AGENTS));
    buf_adds(log->out, "\" \"");
    add_uuid(log);
    buf_adds(log->out, "\" \"");
    buf_adds(log->out, peer.app_name);
    buf_adds(log->out, ":9080\" \"");
    buf_adds(log->out, peer.ip);
    buf_adds(log->out, ":9080\"");
}

static void
app_line(Log *log)
{
    static const char *const LOGGERS[] = {"c.example.shop.OrderController",
        "c.example.shop.CartService",
                                          "o.s.web.servlet.DispatcherServlet",
                                          "c.zaxxer.hikari.pool.HikariPool",
                                              "o.a.k.c.consumer.Fetcher"};
    static const char *const TEXTS[] = {
        "connection pool stats (total=10, active=2, idle=8, waiting=0) request ",
        "Completed 200 OK in 12 ms, session cache hit for ",
        "event bus delivered batch, job scheduler picked worker ",
        "circuit breaker closed, retry budget at 100%, trace ",
        "search index refreshed, shard replica in sync, generation "};
    static const char *const THREADS[] = {"http-nio-9080-exec-1", "http-nio-9080-exec-7", "main",
                                          "scheduling-1"};
    add_time(log->out, log->ms, ' ');
    buf_adds(log->out, "  INFO 1 --- [");
    buf_adds(log->out, CHOOSE(log, THREADS));
    buf_adds(log->out, "] ");
    buf_adds(log->out, CHOOSE(log, LOGGERS));
    buf_adds(log->out, " : ");
    buf_adds(log->out, CHOOSE(log, TEXTS));
    add_uuid(log);
}

static void
mixer_line(Log *log)
{
    Pod from, to;
    choose_peer(log, &from);
    choose_peer(log, &to);
    Buf *out = log->out;
    buf_adds(out, "{\"level\":\"info\",\"time\":\"");
    add_time(out, log->ms, 'T');
    buf_adds(out, "000Z\",\"instance\":\"accesslog.logentry.istio-system\",\"apiClaims\":\"\","
                  "\"apiKey\":\"\",\"apiName\":\"\",\"apiVersion\":\"\",\"connectionMtls\":false,"
                  "\"destinationIp\":\"");
    buf_adds(out, to.ip);
    buf_adds(out, "\",\"destinationNamespace\":\"");
    buf_adds(out, to.ns);
    buf_adds(out, "\",\"destinationService\":\"");
    buf_adds(out, to.app_name);
    buf_addc(out, '.');
    buf_adds(out, to.ns);
    buf_adds(out, ".svc.cluster.local\",\"latency\":\"");
    add_number(log, 90);
    buf_adds(out, "ms\",\"method\":\"");
    buf_adds(out, CHOOSE(log, METHODS));
    buf_adds(out, "\",\"originIp\":\"0.0.0.0\",\"protocol\":\"http\",\"receivedBytes\":");
    add_number(log, 2000);
    buf_adds(out, ",\"referer\":\"\",\"requestOperation\":\"\",\"requestSize\":0,"
                  "\"responseCode\":200,\"responseSize\":");
    add_number(log, 6000);
    buf_adds(out, ",\"sourceIp\":\"");
    buf_adds(out, from.ip);
    buf_adds(out, "\",\"sourceNamespace\":\"");
    buf_adds(out, from.ns);
    buf_adds(out, "\",\"sourceUser\":\"kubernetes://");
    buf_adds(out, from.name);
    buf_addc(out, '.');
    buf_adds(out, from.ns);
    buf_adds(out, "\",\"url\":\"");
    buf_adds(out, CHOOSE(log, PATHS));
    add_number(log, 100000);
    buf_adds(out, "\",\"userAgent\":\"");
    buf_adds(out, CHOOSE(log, AGENTS));
    buf_adds(out, "\"}");
}

static void
pilot_line(Log *log)
{
    static const char *const TEXTS[] = {"CDS: PUSH for ", "EDS: PUSH for ", "LDS: PUSH for node:",
                                        "RDS: PUSH for node: ", "ADS:CDS: ACK "};
    Pod peer;
    choose_peer(log, &peer);
    add_time(log->out, log->ms, 'T');
    buf_adds(log->out, "000Z\tinfo\tads\t");
    buf_adds(log->out, CHOOSE(log, TEXTS));
    buf_adds(log->out, "sidecar~");
    buf_adds(log->out, peer.ip);
    buf_addc(log->out, '~');
    buf_adds(log->out, peer.name);
    buf_addc(log->out, '.');
    buf_adds(log->out, peer.ns);
    buf_adds(log->out, "~");
    buf_adds(log->out, peer.ns);
    buf_adds(log->out, ".svc.cluster.local clusters ");
    add_number(log, 4000);
    buf_adds(log->out, " version ");
    add_number(log, 100000000);
}

static void
hit_line(Log *log)
{
    add_time(log->out, log->ms, 'T');
    buf_adds(log->out, "000Z\t");
    pattern_hit(chance_below(&log->chance, PATTERN_HIT), &log->chance, log->out);
}

static Status
make_log(Log *log, Sink *sink, Str name, LineFn *line, uint64_t bytes, Err *err)
{
    TRY(sink_begin(sink, name, err));
    uint64_t written = 0;
    log->ms = START_MS;
    while (written + log->out->n < bytes) {
        log->ms += (int64_t)chance_below(&log->chance, 40);
        add_time(log->out, log->ms, 'T');
        buf_adds(log->out, "417000Z ");
        if (chance_below(&log->chance, 100) < log->world->sizes->density)
            hit_line(log);
        else
            line(log);
        buf_addc(log->out, '\n');
        if (log->out->n >= FLUSH_BYTES) {
            TRY(sink_data(sink, buf_str(log->out), err));
            written += log->out->n;
            buf_clear(log->out);
        }
    }
    TRY(buf_status(log->out, err));
    TRY(sink_data(sink, buf_str(log->out), err));
    buf_clear(log->out);
    return sink_end(sink, err);
}

/* Mixer's, Pilot's, and then those of applications and their sidecars in turn. */
static Status
make_one(const World *world, Sink *sink, uint64_t number, Buf *out, Err *err)
{
    static const struct {
        const char *container;
        LineFn *line;
    } KINDS[] = {{"app", app_line}, {"istio-proxy", access_line}};
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    if (!arena)
        return err_nomem(err);
    Log log = {.world = world, .chance = {mix(world->sizes->seed ^ number << 40)}, .out = out};
    uint64_t bytes = world->sizes->log_bytes / world->sizes->log_count;
    Str name;
    if (number < 2) {
        const ControlPod *pod = &CONTROL_PODS[number ? 2 : 0];
        TRY(member_name_log(arena, STR(CONTROL_NAMESPACE), str_of(pod->name),
            str_of(pod->container), false, &name, err));
        return make_log(&log, sink, name, number ? pilot_line : mixer_line, bytes, err);
    }
    pod_of((number - 2) / 2, &log.pod);
    TRY(member_name_log(arena, str_of(log.pod.ns), str_of(log.pod.name),
        str_of(KINDS[number % 2].container), false, &name, err));
    return make_log(&log, sink, name, KINDS[number % 2].line, bytes, err);
}

Status
make_logs(const World *world, Sink *sink, Err *err)
{
    CLEANUP(buf_done) Buf out = BUF_INIT(4 << 20);
    for (uint64_t i = 0; i < world->sizes->log_count; i++)
        TRY(make_one(world, sink, i, &out, err));
    return ST_OK;
}
