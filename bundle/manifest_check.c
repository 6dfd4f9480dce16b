/* SPDX-License-Identifier: Apache-2.0 */
/* manifest_check.c -- what is asked of a manifest's content, read or about to be written. */
#include "bundle/manifest_check.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "bundle/kind.h"

#include <stdio.h>

typedef struct {
    Manifest *manifest;
    Status status;         /* of a fault */
    const Capture *capture;
    Err *err;
} Check;

static Status PRINTF_LIKE(2, 3)
fault(Check *check, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (check->capture)
        return err_set(check->err, check->status, "manifest.json: capture '%.*s': %s",
                       STR_ARG(str_head(check->capture->id, 200)), text);
    return err_set(check->err, check->status, "manifest.json: %s", text);
}

static Status
check_outcome(Check *check)
{
    const Capture *capture = check->capture;
    if ((unsigned)capture->state >= CAPTURE_STATE_COUNT ||
        (unsigned)capture->class >= CAPTURE_CLASS_COUNT ||
        (unsigned)capture->truncated >= TRUNCATED_COUNT)
        return fault(check, "unknown state, class or truncation");
    bool complete = capture->state == CAPTURE_COMPLETE;
    if (complete != (capture->class == CAPTURE_CLASS_NONE))
        return fault(check, "state '%s' and class '%s' do not go together",
                     capture_state_name(capture->state), capture_class_name(capture->class));
    if (!complete && capture->reason.n == 0)
        return fault(check, "not complete, and no reason given");
    if (complete && capture->truncated > TRUNCATED_SINCE)
        return fault(check, "complete, and yet truncated");
    if (capture->http_status < 0 || capture->http_status > 999)
        return fault(check, "no HTTP status: %d", capture->http_status);
    if (capture->exit_code < -1 || capture->exit_code > 255)
        return fault(check, "no exit code: %d", capture->exit_code);
    if (capture->duration_ms < 0)
        return fault(check, "a negative duration");
    return ST_OK;
}

static Status
check_member(Check *check, const CaptureMember *member)
{
    Manifest *manifest = check->manifest;
    Str normal;
    Err why = {0};
    Status status = member_name_normalise(manifest->arena, member->name, &normal, &why);
    if (status == ST_NOMEM)
        return err_nomem(check->err);
    if (status != ST_OK)
        return fault(check, "%s", why.text);
    if (normal.n != member->name.n)
        return fault(check, "'%.*s' is not in its normal form", STR_ARG(member->name));
    void **slot = map_slot(&manifest->by_member, member->name);
    if (!slot)
        return err_nomem(check->err);
    if (*slot)
        return fault(check, "member '%.*s' is named twice", STR_ARG(member->name));
    *slot = (void *)(uintptr_t)check->capture;
    if (manifest->by_member.count > LIMIT_MEMBER_COUNT)
        return err_set(check->err, ST_LIMIT, "manifest.json: more than %u members",
                       (unsigned)LIMIT_MEMBER_COUNT);
    return ST_OK;
}

static Status
check_covers(Check *check, const Capture *capture)
{
    for (size_t i = 0; i < capture->cover_count; i++)
        if (capture->covers[i].n == 0 || capture->covers[i].n > LIMIT_MEMBER_NAME_BYTES)
            return fault(check, "a pattern of 'covers' is empty or too long");
    return ST_OK;
}

static Status
check_capture(Check *check, Capture *capture)
{
    Manifest *manifest = check->manifest;
    check->capture = capture;
    if (capture->id.n == 0 || capture->id.n > LIMIT_MEMBER_NAME_BYTES)
        return fault(check, "an id that is empty or too long");
    void **slot = map_slot(&manifest->by_id, capture->id);
    if (!slot)
        return err_nomem(check->err);
    if (*slot)
        return fault(check, "a second capture of that id");
    *slot = capture;
    if (capture->kind.n == 0 || capture->source.verb.n == 0)
        return fault(check, "without kind or verb");
    TRY(check_outcome(check));
    TRY(check_covers(check, capture));
    for (size_t i = 0; i < capture->member_count; i++)
        TRY(check_member(check, &capture->members[i]));
    return ST_OK;
}

Status
manifest_check(Manifest *manifest, Status status, Err *err)
{
    Check check = {.manifest = manifest, .status = status, .err = err};
    if (manifest->tool_name.n == 0)
        return fault(&check, "without the tool's name");
    if (manifest->captures.count > LIMIT_MEMBER_COUNT)
        return err_set(err, ST_LIMIT, "manifest.json: more than %u captures",
                       (unsigned)LIMIT_MEMBER_COUNT);
    for (size_t i = 0; i < manifest->captures.count; i++)
        TRY(check_capture(&check, &manifest->captures.items[i]));
    return ST_OK;
}
