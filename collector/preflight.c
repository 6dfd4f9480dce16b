/* SPDX-License-Identifier: Apache-2.0 */
/* preflight.c -- which rights are missing, before anything is fetched. */
#include "collector/collect.h"

#include "base/timestamp.h"
#include "collector/rights.h"
#include "collector/session.h"

static Status
discover(Session *session, Err *err)
{
    Run *run = &session->run;
    discover_start(run);
    TRY(fetch_run(run->fetch, err));
    discover_end(run);
    if (!fetch_ever_answered(run->fetch))
        return err_set(err, ST_UNREACHABLE, "the API server does not answer: %.*s",
                       STR_ARG(run->cluster.discovery_reason));
    if (run->cluster.resources.count == 0)
        return err_set(err, ST_FORBIDDEN, "the API server tells nothing of what it serves: %.*s",
                       STR_ARG(run->cluster.discovery_reason));
    return ST_OK;
}

CollectExit
collect_preflight(const CollectOptions *options, const Plan *plan, Arena *arena, Buf *out, Err *err)
{
    CLEANUP(cleanup_session) Session session = SESSION_INIT;
    Needs needs = {0};
    Str user = STR("");
    Status status = session_listen(&session, err);
    if (status == ST_OK)
        status = session_open(&session, options, plan, arena, err);
    if (status == ST_OK)
        status = session_start(&session, session.kube.socket, NULL, err);
    if (status == ST_OK)
        status = discover(&session, err);
    if (status == ST_OK)
        status = rights_needed(&session.run, &needs, err);
    if (status == ST_OK)
        status = review_needs(&session.kube, arena, needs.items, needs.count,
                              (unsigned)options->rate, session.cancel_fd, err);
    if (status == ST_OK && rights_missing(&needs))
        status = review_user(&session.kube, arena, needs.items, needs.count, &user, err);
    if (status != ST_OK)
        return status == ST_USAGE ? COLLECT_USAGE : COLLECT_NOTHING;
    rights_print(&needs, user, out);
    return rights_missing(&needs) ? COLLECT_MISSING : COLLECT_COMPLETE;
}
