/* SPDX-License-Identifier: Apache-2.0 */
/* host.c -- the machine that collects: its clock, its limits, its system; and the books that
 * are closed when all answers are there. */
#include "collector/chase.h"
#include "collector/take.h"

#include "base/io.h"
#include "base/timestamp.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>

static void
add_host(Run *run, const char *what, RedactForm form, Str text)
{
    Str name;
    Err err = {0};
    if (member_name_host(run->arena, str_of(what), &name, &err) == ST_OK)
        take_text(run, MEMBER_HOST, name, "read", form, text);
    else
        run_log(run, "%s: %s", what, err.text);
}

static void
add_json(Run *run, const char *what, json_t *object)
{
    char *text = object ? json_dumps(object, JSON_INDENT(1)) : NULL;
    if (text)
        add_host(run, what, REDACT_JSON, str_of(text));
    else
        run_fail(run, ST_NOMEM, NULL);
    free(text);
    json_decref(object);
}

static void
add_date(Run *run)
{
    char now[TIMESTAMP_TEXT_BYTES];
    timestamp_format(timestamp_now(), now);
    const char *client = run->options->client_date;
    add_json(run, "date.json", json_pack("{s:s, s:s?}", "collector", now, "client", client));
}

/* Who keeps the clock, told by what each service leaves while it runs. */
static json_t *
time_services(void)
{
    static const struct {
        const char *name;
        const char *file;
    } SERVICES[] = {
        {"chrony", "/run/chrony/chronyd.pid"},
        {"chrony", "/run/chronyd.pid"},
        {"systemd-timesyncd", "/run/systemd/timesync/synchronized"},
        {"ntpd", "/run/ntpd.pid"},
        {"ntpd", "/var/run/ntpd.pid"},
    };
    json_t *list = json_array();
    const char *before = "";
    for (size_t i = 0; list && i < sizeof SERVICES / sizeof *SERVICES; i++) {
        if (access(SERVICES[i].file, F_OK) != 0 || strcmp(before, SERVICES[i].name) == 0)
            continue;
        before = SERVICES[i].name;
        (void)json_array_append_new(list, json_string(before));
    }
    return list;
}

/* What the kernel knows of its time service; asking changes nothing.  No answer, no member. */
static void
add_time_service(Run *run)
{
    struct timex state = {.modes = 0};
    int clock = adjtimex(&state);
    if (clock < 0)
        return;
    bool synchronised = clock != TIME_ERROR && !(state.status & STA_UNSYNC);
    double unit = state.status & STA_NANO ? 1e9 : 1e6;
    add_json(run, "ntp.json",
             json_pack("{s:b, s:f, s:f, s:f, s:f, s:o}", "synchronised", synchronised,
                       "max_error_s", (double)state.maxerror / 1e6, "estimated_error_s",
                       (double)state.esterror / 1e6, "offset_s", (double)state.offset / unit,
                       "frequency_ppm", (double)state.freq / 65536, "services", time_services()));
}

static void
add_system(Run *run)
{
    struct utsname name;
    if (uname(&name) != 0)
        return;
    add_json(run, "uname.json",
             json_pack("{s:s, s:s, s:s, s:s}", "system", name.sysname, "release", name.release,
                       "version", name.version, "machine", name.machine));
    add_json(run, "kubectl.json",
             json_pack("{s:s, s:s}", "version", run->kube->version, "context", run->kube->context));
}

void
capture_host(Run *run, const PlanCapture *capture)
{
    Str limits;
    (void)capture;
    add_date(run);
    add_time_service(run);
    add_system(run);
    if (io_read_file(run->arena, "/proc/self/limits", 64 << 10, &limits, NULL) == ST_OK)
        add_host(run, "limits.txt", REDACT_TEXT, limits);
}

void
capture_clocks(Run *run, const PlanCapture *capture)
{
    int64_t client;
    int64_t now = timestamp_now();
    (void)capture;
    clocks_add(&run->clocks, STR("collector"), "collector", STR(""), "self", now, 0, now, now);
    if (run->options->client_date && timestamp_parse(str_of(run->options->client_date), &client))
        clocks_add(&run->clocks, STR("client"), "client", STR(""), "option", client, NS_PER_S,
                   run->manifest->started_at_ns, run->manifest->started_at_ns);
    chase_apiserver(run);
    chase_leases(run);
}

void
capture_limits(Run *run, const PlanCapture *capture)
{
    (void)capture;      /* gathered from commands and metrics; written by capture_books() */
    limit_book_add_own(&run->limits);
}

static void
add_book(Run *run, MemberKind kind, const Buf *text)
{
    if (text->failed != ST_OK)
        run_fail(run, text->failed, NULL);
    else
        take_text(run, kind, member_name_fixed(kind), "measure", REDACT_JSON, buf_str(text));
}

void
capture_books(Run *run)
{
    for (size_t i = 0; i < run->plan->capture_count; i++) {
        CLEANUP(buf_done) Buf text = BUF_INIT(64 << 20);
        if (run->plan->captures[i].kind == PLAN_CLOCKS) {
            clocks_join_nodes(&run->clocks);
            clocks_write(&run->clocks, &text);
            add_book(run, MEMBER_CLOCKS, &text);
        } else if (run->plan->captures[i].kind == PLAN_LIMITS) {
            limit_book_write(&run->limits, &text);
            add_book(run, MEMBER_LIMITS, &text);
        }
    }
}
