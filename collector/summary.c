/* SPDX-License-Identifier: Apache-2.0 */
/* summary.c -- missing captures grouped by reason, so that one cause is one line. */
#include "collector/summary.h"

#include "base/timestamp.h"

#include <string.h>

enum { GROUPS_SHOWN = 20, NAMES_SHOWN = 2 };

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

void
summary_print(const Manifest *manifest, const char *file, uint64_t bytes, uint64_t redactions,
              Buf *out)
{
    char size[TIMESTAMP_TEXT_BYTES];
    size_t complete = 0;
    size_t missing = summary_missing(manifest);
    size_t shown = 0;
    for (size_t i = 0; i < manifest->captures.count; i++)
        complete += manifest->captures.items[i].state == CAPTURE_COMPLETE;
    size_format(bytes, size);
    buf_printf(out, "%s: %s, %zu captures complete, %zu missing, %llu redactions\n", file, size,
               complete, missing, (unsigned long long)redactions);
    if (missing)
        buf_adds(out, "missing:\n");
    for (size_t i = 0; i < manifest->captures.count && shown < GROUPS_SHOWN; i++)
        if (summary_is_missing(&manifest->captures.items[i]) && is_first_of_cause(manifest, i)) {
            print_group(manifest, i, out);
            shown++;
        }
    buf_printf(out, "look inside:  meshcase-bundle list %s\nanalyse it:   meshcase-analyze %s\n",
               file, file);
}
