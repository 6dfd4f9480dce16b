/* SPDX-License-Identifier: Apache-2.0 */
/* repack_member.c -- a member as what it is: a document, a List too large to be held, a text, a
 * compressed text, or bytes that nobody can look into. */
#include "collector/repack_member.h"

#include "base/limits.h"
#include "base/node.h"
#include "collector/list_split.h"
#include "collector/redact_assign.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { HEAD_BYTES = 4096, UNPACKED_BYTES = 64 << 10 };
static const uint64_t UNPACKED_MAX = 4ull << 30;      /* of one compressed log */

typedef enum { WAY_UNKNOWN, WAY_TEXT, WAY_DOCUMENT, WAY_LIST, WAY_GZIP, WAY_NONE } Way;

struct RepackMember {
    Run *run;
    const Member *member;
    Str name;
    Way way;
    Buf held;              /* the head, until the way is known; then a document */
    SpoolFile *file;
    RedactStream *stream;
    ListSplit split;
    uint64_t items;
    const char *plural;
    z_stream z;
    bool inflating;
    bool gzip_ended;
    uint64_t unpacked;
    const char *reason;
};

static Status
to_spool(void *context, const char *bytes, size_t n, Err *err)
{
    RepackMember *member = context;
    return spool_write(member->file, bytes, n, err);
}

Status
repack_member_new(Run *run, const Member *from, RepackMember **ret, Err *err)
{
    RepackMember *member = calloc(1, sizeof *member);     /* owns its buffers */
    if (!member)
        return err_nomem(err);
    *member = (RepackMember){.run = run, .member = from, .name = from->name};
    member->held = BUF_INIT(LIMIT_REDACT_BYTES);
    member->held.secret = true;
    MemberName parts;
    member_name_parse(from->name, &parts);
    member->plural = parts.kind == MEMBER_K8S_LIST && parts.group.n == 0 && str_is(parts.plural, "secrets")
                         ? "secrets"
                         : NULL;
    *ret = member;
    return ST_OK;
}

RepackMember *
repack_member_free(RepackMember *member)
{
    if (member) {
        if (member->inflating)
            (void)inflateEnd(&member->z);
        buf_done(&member->held);
        list_split_done(&member->split);
        redact_stream_free(member->stream);
        free(member);
    }
    return NULL;
}

static bool
is_document(Str name)
{
    MemberFormat format = member_name_format(name);
    return format == MEMBER_FORMAT_JSON || format == MEMBER_FORMAT_LIST || format == MEMBER_FORMAT_YAML;
}

static Status
open_stream(RepackMember *member, RedactForm form, Err *err)
{
    TRY(spool_begin(member->run->spool, 0, &member->file, err));
    char *name = arena_cstr(member->run->arena, member->name);
    if (!name)
        return err_nomem(err);
    return redact_stream_new(member->run->redactor, name, form, to_spool, member, &member->stream,
                             err);
}

/* Bytes without any NUL are a text. */
static bool
is_binary(Str head)
{
    return head.n && memchr(head.p, '\0', head.n);
}

static Status
begin_gzip(RepackMember *member, Err *err)
{
    if (inflateInit2(&member->z, 15 + 16) != Z_OK)
        return err_nomem(err);
    member->inflating = true;
    if (str_ends(member->name, STR(".gz")))
        member->name.n -= 3;
    return open_stream(member, REDACT_TEXT, err);
}

static Status
choose_way(RepackMember *member, Err *err)
{
    Str head = buf_str(&member->held);
    bool nothing = redactor_level(member->run->redactor) == REDACT_LEVEL_NONE;
    if (!nothing && str_starts(head, STR("\x1f\x8b\x08"))) {
        member->way = WAY_GZIP;
        return begin_gzip(member, err);
    }
    if (!nothing && (redact_is_opaque(head) || is_binary(head))) {
        member->way = WAY_NONE;
        member->reason = "it is compressed or binary, so that nothing can be removed from it";
        return ST_OK;
    }
    member->way = is_document(member->member->name) ? WAY_DOCUMENT : WAY_TEXT;
    return open_stream(member, member->way == WAY_TEXT ? REDACT_TEXT : REDACT_JSON, err);
}

static Status
take_item(void *context, Str item, Err *err)
{
    RepackMember *member = context;
    if (member->items++ > 0)
        TRY(to_spool(member, ",\n", 2, err));
    return redact_stream_item(member->stream, item, member->plural, err);
}

/* Too large to be held: a List is taken item by item, anything else cannot be redacted. */
static Status
feed_list(RepackMember *member, Str bytes, Err *err)
{
    Status status = list_split_feed(&member->split, bytes.p, bytes.n, err);
    if (status != ST_FORMAT && status != ST_LIMIT)
        return status;
    err_clear(err);
    member->way = WAY_NONE;
    member->reason = "it is no List and too large to be held and redacted";
    return ST_OK;
}

static Status
begin_list(RepackMember *member, Err *err)
{
    member->way = WAY_LIST;
    list_split_init(&member->split, take_item, member);
    Status status = feed_list(member, buf_str(&member->held), err);
    buf_done(&member->held);
    return status;
}

static Status
feed_gzip(RepackMember *member, Str bytes, Err *err)
{
    char out[UNPACKED_BYTES / 8];
    member->z.next_in = (Bytef *)(uintptr_t)bytes.p;
    member->z.avail_in = (uInt)bytes.n;
    while (member->z.avail_in > 0 && !member->reason) {
        member->z.next_out = (Bytef *)out;
        member->z.avail_out = sizeof out;
        int result = inflate(&member->z, Z_NO_FLUSH);
        size_t n = sizeof out - member->z.avail_out;
        member->unpacked += n;
        if (member->unpacked > UNPACKED_MAX)
            member->reason = "it unpacks to more than 4 GiB";
        else if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
            member->reason = "its compressed bytes are damaged";
        TRY(redact_stream_feed(member->stream, out, n, err));
        member->gzip_ended = result == Z_STREAM_END;
        if (member->gzip_ended && member->z.avail_in > 0 && inflateReset(&member->z) != Z_OK)
            return err_nomem(err);
        if (result == Z_BUF_ERROR)
            break;
    }
    explicit_bzero(out, sizeof out);
    return ST_OK;
}

/* Bytes go where the way leads. */
static Status
pass(RepackMember *member, Str bytes, Err *err)
{
    switch (member->way) {
    case WAY_TEXT:
        return redact_stream_feed(member->stream, bytes.p, bytes.n, err);
    case WAY_DOCUMENT:
        if (bytes.n > LIMIT_REDACT_BYTES - member->held.n) {
            TRY(begin_list(member, err));
            return pass(member, bytes, err);
        }
        buf_add_str(&member->held, bytes);
        return buf_status(&member->held, err);
    case WAY_LIST:
        return feed_list(member, bytes, err);
    case WAY_GZIP:
        return feed_gzip(member, bytes, err);
    case WAY_UNKNOWN:
    case WAY_NONE:
        break;
    }
    return ST_OK;
}

Status
repack_member_feed(RepackMember *member, Str bytes, Err *err)
{
    if (member->way == WAY_UNKNOWN) {
        Str head = str_head(bytes, HEAD_BYTES - member->held.n);
        buf_add_str(&member->held, head);
        TRY(buf_status(&member->held, err));
        bytes = str_from(bytes, head.n);
        if (member->held.n < HEAD_BYTES)
            return ST_OK;
        TRY(choose_way(member, err));
        if (member->way != WAY_DOCUMENT) {
            TRY(pass(member, buf_str(&member->held), err));
            buf_clear(&member->held);
        }
    }
    return bytes.n ? pass(member, bytes, err) : ST_OK;
}

/* {"apiVersion":...,"kind":...,"metadata":{...},"items":[ before the items, and what closes it. */
static Status
end_list(RepackMember *member, Err *err)
{
    ListHead head;
    CLEANUP(buf_done) Buf text = BUF_INIT(1 << 20);
    Status status = list_split_end(&member->split, member->run->arena, &head, err);
    if (status == ST_NOMEM)
        return status;
    if (status != ST_OK) {
        err_clear(err);
        head = (ListHead){.kind = STR("List"), .api_version = STR("v1"), .resource_version = STR("")};
        member->reason = "the List ends early";
    } else if (member->split.oversized) {
        member->reason = "objects of it were too large and are left out";
    }
    buf_adds(&text, "{\"apiVersion\":");
    node_write_json_string(head.api_version, &text);
    buf_adds(&text, ",\"kind\":");
    node_write_json_string(head.kind, &text);
    buf_adds(&text, ",\"metadata\":{\"resourceVersion\":");
    node_write_json_string(head.resource_version, &text);
    buf_adds(&text, "},\"items\":[\n");
    TRY(buf_status(&text, err));
    TRY(to_spool(member, "\n]}\n", 4, err));
    TRY(spool_end(member->file, err));
    return spool_prepend(member->file, buf_str(&text), err);
}

static Status
end_way(RepackMember *member, Err *err)
{
    if (member->way == WAY_UNKNOWN) {
        TRY(choose_way(member, err));
        if (member->way != WAY_DOCUMENT)
            TRY(pass(member, buf_str(&member->held), err));
    }
    if (member->way == WAY_GZIP && !member->gzip_ended && !member->reason)
        member->reason = "its compressed bytes end early";
    if (member->way == WAY_LIST)
        return end_list(member, err);
    if (member->way == WAY_NONE) {
        member->file = NULL;
        return ST_OK;
    }
    if (member->way == WAY_DOCUMENT)
        TRY(redact_stream_feed(member->stream, buf_str(&member->held).p, member->held.n, err));
    TRY(redact_stream_end(member->stream, err));
    return spool_end(member->file, err);
}

Status
repack_member_end(RepackMember *member, Repacked *ret, Err *err)
{
    TRY(end_way(member, err));
    *ret = (Repacked){.name = member->name, .file = member->file, .reason = member->reason,
                      .redactions = member->stream ? redact_stream_hits(member->stream) : 0};
    return ST_OK;
}
