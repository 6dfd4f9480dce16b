/* SPDX-License-Identifier: Apache-2.0 */
/* session.c -- opening in order, closing in the reverse. */
#include "collector/session.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "base/timestamp.h"
#include "collector/credentials.h"
#include "collector/signals.h"
#include "config.h"

#include <string.h>
#include <unistd.h>

enum { LOG_BYTES = 32 << 20, KEY_FILE_BYTES = 64 << 10, KEY_FILE_BYTES_MIN = 16 };

Status
session_listen(Session *session, Err *err)
{
    return signals_init(&session->cancel_fd, err);
}

Status
session_create(Arena *arena, TempFile *file, const char *name, bool replace, Err *err)
{
    TRY(tempfile_create(file, name, replace, err));
    const char *slash = strrchr(name, '/');
    char *partial = arena_printf(arena, "%.*s%s", slash ? (int)(slash + 1 - name) : 0, name,
                                 file->partial);
    signals_cover_file(partial);
    return partial ? ST_OK : err_nomem(err);
}

void
session_close_file(TempFile *file)
{
    tempfile_done(file);
    signals_cover_file(NULL);
}

/* A key file that is short enough to be guessed protects nobody. */
static Status
session_open_redactor(Session *session, Err *err)
{
    const CollectOptions *options = session->run.options;
    Str key = STR("");
    if (options->pseudonym_key) {
        Status status = io_read_file(session->run.arena, options->pseudonym_key, KEY_FILE_BYTES, &key, err);
        if (status != ST_OK)
            return status == ST_NOMEM ? status : ST_USAGE;
        if (key.n < KEY_FILE_BYTES_MIN)
            return err_set(err, ST_USAGE, "--pseudonym-key '%s' holds less than %d bytes",
                           options->pseudonym_key, KEY_FILE_BYTES_MIN);
    }
    session->redactor = redactor_new((RedactLevel)options->redact, key);
    return session->redactor ? ST_OK : err_nomem(err);
}

/* What a collection and a repacking have in common. */
static Status
open_run(Session *session, const CollectOptions *options, const Plan *plan, Arena *arena, Err *err)
{
    Run *run = &session->run;
    progress_init(&session->progress, STDERR_FILENO, (ProgressMode)options->progress,
                  options->quiet);
    session->opened = true;
    *run = (Run){.arena = arena, .options = options, .plan = plan,
                  .kube = &session->kube, .log = BUF_INIT(LOG_BYTES)};
    cluster_init(&run->cluster, arena);
    run->cluster.istio_namespace = options->istio_namespace;
    run->cluster.namespaces = options->namespaces.items;
    run->cluster.namespace_count = options->namespaces.count;
    map_init(&run->recorded, arena);
    clocks_init(&run->clocks, arena);
    map_init(&run->chased, arena);
    limit_book_init(&run->limits, arena);
    run->manifest = manifest_new(arena);
    TRY(session_open_redactor(session, err));
    if (!run->manifest)
        return err_nomem(err);
    run->redactor = session->redactor;
    run->manifest->tool_name = STR("meshcase-collect");
    run->manifest->tool_version = STR(PACKAGE_VERSION);
    run->manifest->started_at_ns = timestamp_now();
    return ST_OK;
}

Status
session_open(Session *session, const CollectOptions *options, const Plan *plan, Arena *arena,
             Err *err)
{
    TRY(open_run(session, options, plan, arena, err));
    TRY(kube_open(arena,
                  &(KubeOptions){options->kubeconfig, options->context,
                                 options->request_timeout_ns, session->cancel_fd},
                  &session->kube, err));
    credentials_learn(&session->kube, session->redactor);
    return ST_OK;
}

Status
session_open_offline(Session *session, const CollectOptions *options, Arena *arena,
                     const char *name, Err *err)
{
    session->kube = (Kube){.proxy = SUBPROCESS_INIT, .cancel_fd = -1, .context = ""};
    TRY(open_run(session, options, NULL, arena, err));
    TRY(spool_new(arena, name, UINT64_MAX, &session->spool, err));
    session->run.spool = session->spool;
    return ST_OK;
}

/* A configuration that kubectl refuses is the user's to mend; anything else has a way round. */
static Status
start_proxy(Session *session, Err *err)
{
    static const char *const CONFIGURATION[] = {
        "does not exist",        "no such file", "error loading config",
        "invalid configuration", "yaml:",        "Please enter Username"};
    Err why = {0};
    Status status = kube_proxy_start(&session->kube, KUBE_PROXY_READ, &why);
    size_t at;
    if (status == ST_CANCELLED)
        *err = why;
    if (status == ST_OK || status == ST_NOMEM || status == ST_CANCELLED)
        return status;
    for (size_t i = 0; i < sizeof CONFIGURATION / sizeof *CONFIGURATION; i++)
        if (str_find(str_of(why.text), str_of(CONFIGURATION[i]), &at))
            return err_set(
                err, ST_USAGE,
                "kubectl cannot use its configuration: %s; see --kubeconfig and --context",
                why.text);
    run_log(&session->run, "kubectl proxy cannot be used, each request starts kubectl: %s",
            why.text);
    return ST_OK;
}

Status
session_start(Session *session, const char *name,
              void (*on_tick)(void *context, const FetchNews *news), Err *err)
{
    Run *run = &session->run;
    const CollectOptions *options = run->options;
    TRY(spool_new(run->arena, name, options->max_bundle_bytes, &session->spool, err));
    run->spool = session->spool;
    TRY(start_proxy(session, err));
    FetchOptions fetch = {.kube = &session->kube,
                          .jobs = (unsigned)options->jobs,
                          .rate = (unsigned)options->rate,
                          .request_timeout_ns = options->request_timeout_ns,
                          .deadline_ns = timestamp_monotonic() + options->deadline_ns,
                          .cancel_fd = session->cancel_fd,
                          .on_tick = on_tick,
                          .tick_context = session,
                          .on_answer = run_read_answer,
                          .answer_context = run};
    TRY(fetch_new(run->arena, &fetch, &session->fetch, err));
    run->fetch = session->fetch;
    run_log(run, "meshcase-collect %s, kubectl %s, context '%s', by %s", PACKAGE_VERSION,
            session->kube.version, session->kube.context,
            fetch_transport_name(session->fetch));
    return ST_OK;
}

void
session_end_transport(Session *session)
{
    kube_close(&session->kube);
}

void
cleanup_session(Session *session)
{
    cleanup_fetch(&session->fetch);
    if (session->opened) {
        kube_close(&session->kube);
        buf_done(&session->run.log);
    }
    cleanup_spool(&session->spool);
    session->redactor = redactor_free(session->redactor);
    cleanup_fd(&session->cancel_fd);
}
