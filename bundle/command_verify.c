/* SPDX-License-Identifier: Apache-2.0 */
/* command_verify.c -- meshcase-bundle verify: is the bundle as it was written? */
#include "base/timestamp.h"
#include "bundle/command.h"
#include "bundle/verify.h"

#include <inttypes.h>
#include <stddef.h>

typedef struct {
    bool json;
} Settings;

static const Option OPTIONS[] = {
    {"json", 0, OPTION_FLAG, NULL, "one JSON document", .target = offsetof(Settings, json)},
    {.name = NULL},
};

static const OptionSet VERIFY_OPTIONS = {
    .program = "meshcase-bundle",
    .command = "verify",
    .usage = "[OPTION]... BUNDLE|DIRECTORY",
    .summary = "check every digest of a bundle",
    .description = "Compares chunks and members with the index, the index with the archive as "
                   "other programs unpack it, and all of it with the manifest. Each fault is a "
                   "line. It proves that the parts of a bundle belong together, not who wrote "
                   "it: for that compare its SHA-256 with the one you were told.",
    .exit_codes = COMMAND_EXIT_CODES,
    .options = OPTIONS,
    .min_operands = 1,
    .max_operands = 1,
};

static void
print_json(const Bundle *bundle, const VerifyReport *report, Buf *out)
{
    buf_adds(out, "{\"format\":\"meshcase-verify/1\",");
    command_add_bundle(bundle, out);
    buf_printf(out, ",\"good\":%s,\"members\":%" PRIu64 ",\"chunks\":%" PRIu64
               ",\"bytes\":%" PRIu64 ",\"index\":%s,\"manifest\":%s,\n",
               bundle_problems(bundle)->count ? "false" : "true", report->member_count,
               report->chunk_count, report->bytes, report->has_index ? "true" : "false",
               report->has_manifest ? "true" : "false");
    command_add_problems(bundle, out);
    buf_adds(out, "}\n");
}

static void
print_text(const Bundle *bundle, const VerifyReport *report, Buf *out)
{
    const BundleProblems *problems = bundle_problems(bundle);
    char size[TIMESTAMP_TEXT_BYTES];
    for (size_t i = 0; i < problems->count; i++) {
        command_add_problem(&problems->items[i], out);
        buf_addc(out, '\n');
    }
    if (problems->count) {
        buf_printf(out, "%zu problems\n", problems->count + problems->left_out);
        return;
    }
    size_format(report->bytes, size);
    buf_printf(out, "good: %" PRIu64 " members, %s; every digest is right\n",
               report->member_count, size);
}

static BundleExit
run(const CommandCall *call, Err *err)
{
    const Settings *settings = call->settings;
    CLEANUP(cleanup_bundle) Bundle *bundle = NULL;
    VerifyReport report = {0};
    Status status = command_open(call, &bundle, err);
    if (status == ST_OK)
        status = bundle_verify(bundle, &report, err);
    if (status != ST_OK)
        return command_exit(status);
    if (settings->json)
        print_json(bundle, &report, call->out);
    else
        print_text(bundle, &report, call->out);
    return bundle_problems(bundle)->count ? EXIT_FOUND : EXIT_GOOD;
}

const Command COMMAND_VERIFY = {"verify", &VERIFY_OPTIONS, sizeof(Settings), run};
