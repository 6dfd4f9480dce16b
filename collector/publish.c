/* SPDX-License-Identifier: Apache-2.0 */
/* publish.c -- the same captures give the same order, whichever answer came first. */
#include "collector/publish.h"

#include "base/cleanup.h"
#include "base/timestamp.h"
#include "bundle/writer.h"
#include "collector/redact_check.h"
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
to_final(void *context, Str bytes, Err *err)
{
    return redact_final_feed(context, bytes.p, bytes.n, err);
}

static Status
to_writer(void *context, const char *bytes, size_t n, Err *err)
{
    return writer_data(context, (Str){bytes, n}, err);
}

static void
cleanup_final(RedactFinal **final)
{
    *final = redact_final_free(*final);
}

/* A name that holds a secret, or whom it is about, changes as the manifest will. */
static Status
final_name(Run *run, const RunMember *member, Str *ret, Err *err)
{
    return redactor_finish_text(run->redactor, run->arena, member->name, ret, err);
}

static Status
write_member(Run *run, Writer *writer, const RunMember *member, Err *err)
{
    CLEANUP(cleanup_final) RedactFinal *final = NULL;
    WriterMember written;
    Str name;
    TRY(final_name(run, member, &name, err));
    TRY(writer_begin(writer, name, WRITER_SIZE_UNKNOWN, err));
    TRY(redact_final_new(run->redactor, member->name.p, spool_file_dropped_lines(member->file),
                         to_writer, writer, &final, err));
    TRY(spool_read(member->file, to_final, final, err));
    TRY(redact_final_end(final, err));
    TRY(writer_end(writer, &written, err));
    Capture *record = &run->manifest->captures.items[member->capture];
    CaptureMember *list = ARENA_ARRAY(run->arena, CaptureMember, record->member_count + 1);
    if (!list)
        return err_nomem(err);
    if (record->member_count)
        memcpy(list, record->members, record->member_count * sizeof *list);
    list[record->member_count++] = (CaptureMember){member->name, written.bytes, written.sha256};
    record->members = list;
    record->redactions += redact_final_hits(final);
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
             str_of(redact_level_name((RedactLevel)options->redact)));
    add_pair(run, true, "exec", options->no_exec ? STR("no") : STR("yes"));
    add_pair(run, true, "transport", str_of(fetch_transport_name(run->fetch)));
}

/* What is written at the end must fit even where the budget is used up: it is small. */
static void
add_log(Run *run)
{
    spool_raise_budget(run->spool);
    take_text(run, MEMBER_COLLECTOR_LOG, member_name_fixed(MEMBER_COLLECTOR_LOG), "write",
              REDACT_TEXT, run->log.n ? buf_str(&run->log) : STR("\n"));
}

/* The report of the redaction: last, since members are redacted while they are written. */
static Status
write_report(Run *run, Writer *writer, Err *err)
{
    CLEANUP(buf_done) Buf report = BUF_INIT(64 << 20);
    WriterMember written;
    Str name = member_name_fixed(MEMBER_REDACTIONS);
    Str text;
    redactor_report(run->redactor, &report);
    TRY(buf_status(&report, err));
    TRY(redactor_finish_text(run->redactor, run->arena, buf_str(&report), &text, err));
    TRY(writer_begin(writer, name, text.n, err));
    TRY(writer_data(writer, text, err));
    TRY(writer_end(writer, &written, err));
    Capture *record = run_record(run, name);
    CaptureMember *list = ARENA_NEW(run->arena, CaptureMember);
    if (!record || !list)
        return err_nomem(err);
    *list = (CaptureMember){name, written.bytes, written.sha256};
    record->kind = str_of(MEMBER_KINDS[MEMBER_REDACTIONS].name);
    record->source.verb = STR("write");
    record->started_at_ns = timestamp_now();
    record->members = list;
    record->member_count = 1;
    return ST_OK;
}

static Status
write_manifest(Run *run, Writer *writer, Err *err)
{
    CLEANUP(buf_done) Buf json = BUF_INIT(SIZE_MAX);
    Str text;
    qsort(run->manifest->captures.items, run->manifest->captures.count,
          sizeof *run->manifest->captures.items, by_id);
    if (!run->manifest->ended_at_ns)         /* that of another collection is kept */
        run->manifest->ended_at_ns = timestamp_now();
    TRY(manifest_write(run->manifest, &json, err));
    TRY(redactor_finish_text(run->redactor, run->arena, buf_str(&json), &text, err));
    return writer_finish(writer, text, err);
}

static Status
write_all(Run *run, Writer *writer, Err *err)
{
    qsort(run->members.items, run->members.count, sizeof *run->members.items, by_place);
    for (size_t i = 0; i < run->members.count; i++)
        TRY(write_member(run, writer, &run->members.items[i], err));
    TRY(write_report(run, writer, err));
    return write_manifest(run, writer, err);
}

Status
publish(Run *run, TempFile *file, Str top, uint64_t *ret_bytes, Err *err)
{
    CLEANUP(cleanup_writer) Writer *writer = NULL;
    struct stat info;
    if (run->fetch)
        describe(run);
    add_log(run);
    if (run->failed != ST_OK)
        return err_nomem(err);
    TRY(redactor_seal(run->redactor, err));
    TRY(writer_new(file->fd, &(WriterOptions){.top_folder = top}, &writer, err));
    TRY(write_all(run, writer, err));
    if (redactor_level(run->redactor) != REDACT_LEVEL_NONE)
        TRY(redact_check(redactor_literals(run->redactor), file->fd, "the bundle", err));
    if (fstat(file->fd, &info) != 0)
        return err_errno(err, ST_IO, "stat the bundle");
    *ret_bytes = (uint64_t)info.st_size;
    return tempfile_publish(file, err);
}
