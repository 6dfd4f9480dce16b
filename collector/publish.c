/* SPDX-License-Identifier: Apache-2.0 */
/* publish.c -- the same captures give the same order, whichever answer came first. */
#include "collector/publish.h"

#include "base/cleanup.h"
#include "base/timestamp.h"
#include "bundle/writer.h"
#include "collector/take.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The first folder of a name, in the order of the bundle. */
static int
rank_of(Str name)
{
    static const char *const ORDER[] = {"kubernetes/", "metrics/", "http/",
                                        "exec/",       "logs/",    "host/"};
    for (int i = 0; i < (int)(sizeof ORDER / sizeof *ORDER); i++)
        if (str_starts(name, str_of(ORDER[i])))
            return i;
    return (int)(sizeof ORDER / sizeof *ORDER);
}

static int
by_place(const void *a, const void *b)
{
    const RunMember *left = a;
    const RunMember *right = b;
    int difference = rank_of(left->name) - rank_of(right->name);
    return difference ? difference : str_cmp(left->name, right->name);
}

static int
by_id(const void *a, const void *b)
{
    return str_cmp(((const Capture *)a)->id, ((const Capture *)b)->id);
}

static Status
to_writer(void *context, Str bytes, Err *err)
{
    return writer_data(context, bytes, err);
}

static Status
write_member(Run *run, Writer *writer, const RunMember *member, Err *err)
{
    WriterMember written;
    TRY(writer_begin(writer, member->name, spool_file_bytes(member->file), err));
    TRY(spool_read(member->file, to_writer, writer, err));
    TRY(writer_end(writer, &written, err));
    CaptureMember *list = ARENA_NEW(run->arena, CaptureMember);
    if (!list)
        return err_nomem(err);
    *list = (CaptureMember){member->name, written.bytes, written.sha256};
    Capture *record = &run->manifest->captures.items[member->capture];
    record->members = list;
    record->member_count = 1;
    return ST_OK;
}

static void
add_pair(Run *run, bool option, const char *key, Str value)
{
    ManifestPair *pair = option ? VEC_PUSH(run->arena, &run->manifest->options)
                                : VEC_PUSH(run->arena, &run->manifest->cluster);
    if (pair)
        *pair = (ManifestPair){str_of(key), value};
    else
        run_fail(run, ST_NOMEM, NULL);
}

static Str
duration(Run *run, int64_t ns)
{
    char text[TIMESTAMP_TEXT_BYTES];
    duration_format(ns, text);
    return arena_str(run->arena, str_of(text));
}

static void
describe(Run *run)
{
    const CollectOptions *options = run->options;
    CLEANUP(buf_done) Buf namespaces = BUF_INIT(1 << 20);
    for (size_t i = 0; i < options->namespaces.count; i++)
        buf_printf(&namespaces, "%s%s", i ? "," : "", options->namespaces.items[i]);
    add_pair(run, false, "context", run_clean(run, run->kube->context));
    add_pair(run, false, "server_version", run->cluster.server_version);
    add_pair(run, false, "istio_namespace", str_of(run->cluster.istio_namespace));
    add_pair(run, false, "nodes", arena_strf(run->arena, "%zu", run->cluster.nodes));
    add_pair(run, false, "pods", arena_strf(run->arena, "%zu", run->cluster.pods.count));
    add_pair(run, true, "plan", run->plan->name);
    if (namespaces.n)
        add_pair(run, true, "namespace", arena_str(run->arena, buf_str(&namespaces)));
    add_pair(run, true, "since", duration(run, options->since_ns));
    add_pair(run, true, "tail", arena_strf(run->arena, "%llu", (unsigned long long)options->tail));
    add_pair(run, true, "max_log_bytes",
             arena_strf(run->arena, "%llu", (unsigned long long)options->max_log_bytes));
    add_pair(run, true, "max_bundle_bytes",
             arena_strf(run->arena, "%llu", (unsigned long long)options->max_bundle_bytes));
    add_pair(run, true, "request_timeout", duration(run, options->request_timeout_ns));
    add_pair(run, true, "deadline", duration(run, options->deadline_ns));
    add_pair(run, true, "sample_interval", duration(run, options->sample_interval_ns));
    add_pair(run, true, "redact",
             options->redact == REDACT_LEVEL_NONE ? STR("none") : STR("secrets"));
    add_pair(run, true, "exec", options->no_exec ? STR("no") : STR("yes"));
    add_pair(run, true, "transport", str_of(fetch_transport_name(run->fetch)));
}

/* What is written at the end must fit even where the budget is used up: it is small. */
static void
add_reports(Run *run)
{
    CLEANUP(buf_done) Buf redactions = BUF_INIT(64 << 20);
    redactor_report(run->redactor, &redactions);
    spool_raise_budget(run->spool);
    take_text(run, MEMBER_COLLECTOR_LOG, member_name_fixed(MEMBER_COLLECTOR_LOG), "write",
              REDACT_TEXT, run->log.n ? buf_str(&run->log) : STR("\n"));
    take_text(run, MEMBER_REDACTIONS, member_name_fixed(MEMBER_REDACTIONS), "write", REDACT_TEXT,
              redactions.n ? buf_str(&redactions) : STR(""));
}

static Status
write_all(Run *run, Writer *writer, Err *err)
{
    CLEANUP(buf_done) Buf json = BUF_INIT(SIZE_MAX);
    qsort(run->members.items, run->members.count, sizeof *run->members.items, by_place);
    for (size_t i = 0; i < run->members.count; i++)
        TRY(write_member(run, writer, &run->members.items[i], err));
    qsort(run->manifest->captures.items, run->manifest->captures.count,
          sizeof *run->manifest->captures.items, by_id);
    run->manifest->ended_at_ns = timestamp_now();
    TRY(manifest_write(run->manifest, &json, err));
    return writer_finish(writer, buf_str(&json), err);
}

Status
publish(Run *run, TempFile *file, Str top, uint64_t *ret_bytes, Err *err)
{
    CLEANUP(cleanup_writer) Writer *writer = NULL;
    struct stat info;
    describe(run);
    add_reports(run);
    if (run->failed != ST_OK)
        return err_nomem(err);
    TRY(writer_new(file->fd, &(WriterOptions){.top_folder = top}, &writer, err));
    TRY(write_all(run, writer, err));
    if (fstat(file->fd, &info) != 0)
        return err_errno(err, ST_IO, "stat the bundle");
    *ret_bytes = (uint64_t)info.st_size;
    return tempfile_publish(file, err);
}
