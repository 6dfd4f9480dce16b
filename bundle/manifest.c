/* SPDX-License-Identifier: Apache-2.0 */
/* manifest.c -- the tables of the manifest, its look-ups, and how it is written. */
#include "bundle/manifest.h"

#include "base/limits.h"
#include "base/node.h"
#include "base/timestamp.h"
#include "bundle/kind.h"
#include "bundle/manifest_check.h"

#include <inttypes.h>

static const char *const STATES[CAPTURE_STATE_COUNT] = {
    [CAPTURE_COMPLETE] = "complete",
    [CAPTURE_PARTIAL] = "partial",
    [CAPTURE_FAILED] = "failed",
    [CAPTURE_SKIPPED] = "skipped",
};

static const char *const TRUNCATIONS[TRUNCATED_COUNT] = {
    [TRUNCATED_NO] = "",
    [TRUNCATED_SINCE] = "since",
    [TRUNCATED_TAIL] = "tail",
    [TRUNCATED_BYTES] = "bytes",
    [TRUNCATED_BROKEN] = "broken",
};

static const struct {
    const char *name;
    const char *help;
} CLASSES[CAPTURE_CLASS_COUNT] = {
#define CLASS(id, name, help) [CAPTURE_CLASS_##id] = {name, help},
#include "bundle/classes.def"
#undef CLASS
};

const char *
capture_state_name(CaptureState state)
{
    return (unsigned)state < CAPTURE_STATE_COUNT ? STATES[state] : "unknown";
}

const char *
capture_class_name(CaptureClass class)
{
    return (unsigned)class < CAPTURE_CLASS_COUNT ? CLASSES[class].name : "unknown";
}

const char *
capture_class_help(CaptureClass class)
{
    return (unsigned)class < CAPTURE_CLASS_COUNT ? CLASSES[class].help : "unknown";
}

const char *
truncated_name(Truncated truncated)
{
    return (unsigned)truncated < TRUNCATED_COUNT ? TRUNCATIONS[truncated] : "unknown";
}

CaptureClass
capture_class_of_http(int status)
{
    switch (status) {
    case 401: return CAPTURE_CLASS_UNAUTHORIZED;
    case 403: return CAPTURE_CLASS_FORBIDDEN;
    case 404: return CAPTURE_CLASS_NOT_FOUND;
    case 408: return CAPTURE_CLASS_TIMEOUT;
    case 410: return CAPTURE_CLASS_EXPIRED;
    case 429: return CAPTURE_CLASS_RATE_LIMITED;
    case 504: return CAPTURE_CLASS_TIMEOUT;
    default: break;
    }
    if (status >= 500 && status <= 599)
        return CAPTURE_CLASS_SERVER_ERROR;
    return status >= 400 && status <= 499 ? CAPTURE_CLASS_BAD_REQUEST : CAPTURE_CLASS_MALFORMED;
}

Manifest *
manifest_new(Arena *arena)
{
    Manifest *manifest = ARENA_NEW(arena, Manifest);
    if (manifest) {
        manifest->arena = arena;
        map_init(&manifest->by_id, arena);
        map_init(&manifest->by_member, arena);
    }
    return manifest;
}

Capture *
manifest_add(Manifest *manifest)
{
    Capture *capture = VEC_PUSH(manifest->arena, &manifest->captures);
    if (capture)
        capture->exit_code = -1;
    return capture;
}

const Capture *
manifest_capture_of(const Manifest *manifest, Str member)
{
    return map_get(&manifest->by_member, member);
}

static bool
covers(const Capture *capture, Str name)
{
    for (size_t i = 0; i < capture->cover_count; i++)
        if (str_glob(capture->covers[i], name, true))
            return true;
    return false;
}

void
manifest_covering(const Manifest *manifest, Str name,
                  bool (*visit)(void *context, const Capture *capture), void *context)
{
    for (size_t i = 0; i < manifest->captures.count; i++) {
        const Capture *capture = &manifest->captures.items[i];
        if (covers(capture, name) && !visit(context, capture))
            return;
    }
}

static Str
pair_value(const ManifestPair *pairs, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (str_is(pairs[i].key, key))
            return pairs[i].value;
    return STR("");
}

Str
manifest_cluster(const Manifest *manifest, const char *key)
{
    return pair_value(manifest->cluster.items, manifest->cluster.count, key);
}

Str
manifest_option(const Manifest *manifest, const char *key)
{
    return pair_value(manifest->options.items, manifest->options.count, key);
}

static void
write_string(Buf *out, const char *key, Str value)
{
    buf_printf(out, ",\"%s\":", key);
    node_write_json_string(value, out);
}

static void
write_strings(Buf *out, const char *key, const Str *values, size_t count)
{
    buf_printf(out, ",\"%s\":[", key);
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_addc(out, ',');
        node_write_json_string(values[i], out);
    }
    buf_addc(out, ']');
}

static void
write_pairs(Buf *out, const char *key, const ManifestPair *pairs, size_t count)
{
    buf_printf(out, ",\"%s\":{", key);
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_addc(out, ',');
        node_write_json_string(pairs[i].key, out);
        buf_addc(out, ':');
        node_write_json_string(pairs[i].value, out);
    }
    buf_addc(out, '}');
}

static void
write_time(Buf *out, const char *key, int64_t ns)
{
    char text[TIMESTAMP_TEXT_BYTES];
    timestamp_format(ns, text);
    write_string(out, key, str_of(text));
}

static void
write_source(Buf *out, const Capture *capture)
{
    buf_adds(out, ",\"source\":{\"verb\":");
    node_write_json_string(capture->source.verb, out);
    if (capture->source.path.n)
        write_string(out, "path", capture->source.path);
    if (capture->source.argv_count)
        write_strings(out, "argv", capture->source.argv, capture->source.argv_count);
    buf_addc(out, '}');
}

static void
write_members(Buf *out, const Capture *capture)
{
    buf_adds(out, ",\"members\":[");
    for (size_t i = 0; i < capture->member_count; i++) {
        const CaptureMember *member = &capture->members[i];
        char hex[DIGEST_HEX_BYTES];
        digest_hex(&member->sha256, hex);
        buf_adds(out, i ? ",{\"name\":" : "{\"name\":");
        node_write_json_string(member->name, out);
        buf_printf(out, ",\"bytes\":%" PRIu64 ",\"sha256\":\"%s\"}", member->bytes, hex);
    }
    buf_addc(out, ']');
}

/* What is as it usually is has no key: most captures are complete. */
static void
write_outcome(Buf *out, const Capture *capture)
{
    write_string(out, "state", str_of(capture_state_name(capture->state)));
    if (capture->class != CAPTURE_CLASS_NONE)
        write_string(out, "class", str_of(capture_class_name(capture->class)));
    if (capture->reason.n)
        write_string(out, "reason", capture->reason);
    if (capture->http_status)
        buf_printf(out, ",\"http_status\":%d", capture->http_status);
    if (capture->exit_code >= 0)
        buf_printf(out, ",\"exit_code\":%d", capture->exit_code);
    if (capture->stderr_line.n)
        write_string(out, "stderr", capture->stderr_line);
    write_time(out, "started_at", capture->started_at_ns);
    buf_printf(out, ",\"duration_ms\":%" PRId64, capture->duration_ms);
    if (capture->truncated != TRUNCATED_NO)
        write_string(out, "truncated", str_of(truncated_name(capture->truncated)));
    if (capture->redactions)
        buf_printf(out, ",\"redactions\":%" PRIu64, capture->redactions);
}

static void
write_capture(Buf *out, const Capture *capture)
{
    buf_adds(out, "{\"id\":");
    node_write_json_string(capture->id, out);
    write_string(out, "kind", capture->kind);
    write_source(out, capture);
    if (capture->cover_count > 1 ||
        (capture->cover_count == 1 && !str_eq(capture->covers[0], capture->id)))
        write_strings(out, "covers", capture->covers, capture->cover_count);
    write_members(out, capture);
    write_outcome(out, capture);
    buf_addc(out, '}');
}

Status
manifest_write(const Manifest *manifest, Buf *out, Err *err)
{
    /* the check fills the look-ups of a copy: the caller's may be half filled */
    CLEANUP(cleanup_arena) Arena *scratch = arena_new(SIZE_MAX);
    if (!scratch)
        return err_nomem(err);
    Manifest copy = *manifest;
    copy.arena = scratch;
    map_init(&copy.by_id, scratch);
    map_init(&copy.by_member, scratch);
    TRY(manifest_check(&copy, ST_USAGE, err));

    buf_adds(out, "{\"format\":\"" MANIFEST_FORMAT "\",\"tool\":{\"name\":");
    node_write_json_string(copy.tool_name, out);
    write_string(out, "version", copy.tool_version);
    buf_addc(out, '}');
    write_time(out, "started_at", copy.started_at_ns);
    write_time(out, "ended_at", copy.ended_at_ns);
    write_pairs(out, "cluster", copy.cluster.items, copy.cluster.count);
    write_pairs(out, "options", copy.options.items, copy.options.count);
    buf_adds(out, ",\"captures\":[");
    for (size_t i = 0; i < copy.captures.count; i++) {
        buf_adds(out, i ? ",\n" : "\n");
        write_capture(out, &copy.captures.items[i]);
    }
    buf_adds(out, "\n]}\n");
    return buf_status(out, err);
}
