/* SPDX-License-Identifier: Apache-2.0 */
/* feed_bundle.c -- members from a bundle. */
#include "analyzer/model/model.h"
#include "base/pool.h"

static Status
scan_bundle(void *context, const BundleVisitor *visitors, unsigned lanes, Err *err)
{
    return bundle_scan_lanes(context, visitors, lanes, err);
}

static const Manifest *
manifest_of_bundle(void *context)
{
    return bundle_manifest(context);
}

/* Problems after which there may have been more than what was read. */
static bool
hides_members(ProblemKind kind)
{
    return kind == PROBLEM_CUT_SHORT || kind == PROBLEM_DAMAGED || kind == PROBLEM_UNSAFE_NAME ||
           kind == PROBLEM_LIMIT || kind == PROBLEM_BOMB || kind == PROBLEM_LINK ||
           kind == PROBLEM_UNREADABLE || kind == PROBLEM_FATAL || kind == PROBLEM_MANIFEST;
}

static const char *
damage_of_bundle(void *context)
{
    const BundleProblems *problems = bundle_problems(context);
    for (size_t i = 0; i < problems->count; i++)
        if (hides_members(problems->items[i].kind))
            return problem_sentence(problems->items[i].kind);
    return problems->left_out ? "it has too many problems to tell" : NULL;
}

ModelFeed
model_feed_of_bundle(Bundle *bundle, unsigned lanes)
{
    return (ModelFeed){.scan = scan_bundle, .manifest = manifest_of_bundle, .context = bundle,
                       .damage = damage_of_bundle, .watch = bundle_watch(bundle),
                       .lanes = lanes ? lanes : pool_cores()};
}
