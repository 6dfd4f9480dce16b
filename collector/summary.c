/* SPDX-License-Identifier: Apache-2.0 */
/* summary.c -- missing captures grouped by reason, so that one cause is one line. */
#include "collector/summary.h"

#include "base/timestamp.h"

#include <string.h>

enum { GROUPS_SHOWN = 20, NAMES_SHOWN = 2, ATTACHMENT_BYTES = 25000000 };

bool
summary_is_missing(const Capture *capture)
{
    static const CaptureClass NOTHING_LOST[] = {CAPTURE_CLASS_UNKNOWN_TYPE, CAPTURE_CLASS_ABSENT,
                                                CAPTURE_CLASS_OPTION, CAPTURE_CLASS_NOT_FOUND};
    if (capture->state == CAPTURE_COMPLETE)
        return false;
    for (size_t i = 0; i < sizeof NOTHING_LOST / sizeof *NOTHING_LOST; i++)
        if (capture->class == NOTHING_LOST[i])
            return false;
    return true;
}

size_t
summary_missing(const Manifest *manifest)
{
    size_t missing = 0;
    for (size_t i = 0; i < manifest->captures.count; i++)
        missing += summary_is_missing(&manifest->captures.items[i]);
    return missing;
}

/* What two captures of one cause have in common. */
static bool
same_cause(const Capture *a, const Capture *b)
{
    return a->class == b->class && str_eq(a->kind, b->kind) && a->state == b->state;
}

static void
print_group(const Manifest *manifest, size_t first, Buf *out)
{
    const Capture *head = &manifest->captures.items[first];
    size_t count = 0;
    buf_printf(out, "  %-9s %-13s", capture_state_name(head->state),
               capture_class_name(head->class));
    for (size_t i = first; i < manifest->captures.count; i++) {
        const Capture *capture = &manifest->captures.items[i];
        if (summary_is_missing(capture) && same_cause(head, capture) && count++ < NAMES_SHOWN)
            buf_printf(out, "%s%.*s", count > 1 ? ", " : " ", STR_ARG(capture->id));
    }
    if (count > NAMES_SHOWN)
        buf_printf(out, " and %zu more", count - NAMES_SHOWN);
    buf_printf(out, "\n    %.*s\n", STR_ARG(head->reason));
}

static bool
is_first_of_cause(const Manifest *manifest, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (summary_is_missing(&manifest->captures.items[i]) &&
            same_cause(&manifest->captures.items[i], &manifest->captures.items[at]))
            return false;
    return true;
}

/* What the person can do about it. */
static const struct {
    CaptureClass class;
    const char *hint;
} HINTS[] = {
    {CAPTURE_CLASS_FORBIDDEN, "meshcase-collect --preflight prints the roles to add"},
    {CAPTURE_CLASS_UNAUTHORIZED, "the credentials ended on the way: log in again, then repeat"},
    {CAPTURE_CLASS_DEADLINE, "a longer --deadline takes more"},
    {CAPTURE_CLASS_BUDGET, "a larger --max-bundle-bytes takes more"},
    {CAPTURE_CLASS_TIMEOUT, "a longer --request-timeout waits for what is slow"},
    {CAPTURE_CLASS_UNSUPPORTED, "a newer kubectl can ask for more"},
};

static const char *
hint_of(CaptureClass class)
{
    for (size_t i = 0; i < sizeof HINTS / sizeof *HINTS; i++)
        if (HINTS[i].class == class)
            return HINTS[i].hint;
    return NULL;
}

static void
print_missing(const Manifest *manifest, Buf *out)
{
    bool hinted[CAPTURE_CLASS_COUNT] = {false};
    size_t shown = 0;
    for (size_t i = 0; i < manifest->captures.count && shown < GROUPS_SHOWN; i++) {
        const Capture *capture = &manifest->captures.items[i];
        if (!summary_is_missing(capture) || !is_first_of_cause(manifest, i))
            continue;
        print_group(manifest, i, out);
        shown++;
        if (hint_of(capture->class) && !hinted[capture->class])
            buf_printf(out, "    %s\n", hint_of(capture->class));
        hinted[capture->class] = true;
    }
}

/* What a reader of the bundle will learn. */
static const char *const LEAVES[] = {
    [REDACT_LEVEL_SECRETS] = "names, addresses, configuration, metrics and logs; without Secrets' data, and without the\n"
                             "              credentials, keys and tokens that were recognised (redactions.ndjson lists them)",
    [REDACT_LEVEL_IDENTITY] = "names of objects, configuration, metrics and logs, with pseudonyms for addresses, hosts and\n"
                              "              users; without Secrets' data, credentials, keys and tokens (see redactions.ndjson)",
    [REDACT_LEVEL_NONE] = "everything that was read, CREDENTIALS INCLUDED: --redact none was given; do not attach it in\n"
                          "              public",
};

void
summary_print(const Manifest *manifest, const SummaryFacts *facts, Buf *out)
{
    char size[TIMESTAMP_TEXT_BYTES];
    const char *file = facts->file;
    size_t complete = 0;
    size_t missing = summary_missing(manifest);
    for (size_t i = 0; i < manifest->captures.count; i++)
        complete += manifest->captures.items[i].state == CAPTURE_COMPLETE;
    size_format(facts->bytes, size);
    buf_printf(out, "%s: %s, %zu captures complete, %zu missing, %llu redactions\n", file, size,
               complete, missing, (unsigned long long)facts->redactions);
    if (missing)
        buf_adds(out, "missing, and why:\n");
    print_missing(manifest, out);
    buf_printf(out,
               "it holds:     %s\n"
               "look inside:  meshcase-bundle list %s    meshcase-bundle cat %s MEMBER\n"
               "analyse it:   meshcase-analyze %s\n"
               "attach it:    to your issue (Istio's: https://github.com/istio/istio/issues) or support case\n",
               LEAVES[facts->level], file, file, file);
    if (facts->bytes > ATTACHMENT_BYTES)
        buf_adds(out, "              it is too large for GitHub (25 MB): a smaller --max-log-bytes, --since or -n helps\n");
}
