/* SPDX-License-Identifier: Apache-2.0 */
/* manifest_read.c -- manifest.json to a Manifest, strictly. */
#include "base/limits.h"
#include "base/timestamp.h"
#include "bundle/cursor.h"
#include "bundle/manifest_check.h"

#include <stdint.h>
#include <string.h>

/* Hundreds of thousands of captures must fit into memory: lists are gathered apart and kept
 * at their size, and a text that was just read is not kept twice. */
typedef struct {
    Cursor cursor;
    Manifest *manifest;
    Arena *scratch;        /* of the gathered lists */
    Capture *capture;      /* being read */
    Str kind;              /* of the capture before */
    Str verb;
    VEC(Str) strings;
    VEC(CaptureMember) members;
    Err *err;
} Reading;

/* One key of a map: how its value is read.  ends with a NULL name. */
typedef struct {
    const char *name;
    bool required;
    Status (*read)(Reading *reading);
} Key;

static Arena *
arena_of(Reading *reading)
{
    return reading->manifest->arena;
}

/* Reads a map whose keys are all in the table, none of them twice. */
static Status
read_map(Reading *reading, const Key *keys)
{
    Err *err = reading->err;
    uint32_t seen = 0;
    TRY(cursor_enter(&reading->cursor, '{', err));
    for (;;) {
        bool more;
        Str name;
        TRY(cursor_key(&reading->cursor, arena_of(reading), &more, &name, err));
        if (!more)
            break;
        size_t i = 0;
        while (keys[i].name && !str_is(name, keys[i].name))
            i++;
        if (!keys[i].name)
            return cursor_error(&reading->cursor, err, "unknown key '%.*s'",
                                STR_ARG(str_head(name, 100)));
        if (seen >> i & 1)
            return cursor_error(&reading->cursor, err, "key '%s' a second time", keys[i].name);
        seen |= UINT32_C(1) << i;
        TRY(keys[i].read(reading));
    }
    for (size_t i = 0; keys[i].name; i++)
        if (keys[i].required && !(seen >> i & 1))
            return cursor_error(&reading->cursor, err, "key '%s' is missing", keys[i].name);
    return ST_OK;
}

/* Strings outlive the text that was parsed.  Where it is the same, that of before is taken. */
static Status
read_string_again(Reading *reading, Str before, Str *ret)
{
    Str view;
    TRY(cursor_string(&reading->cursor, arena_of(reading), &view, reading->err));
    Str kept = before.n && str_eq(view, before) ? before : arena_str(arena_of(reading), view);
    if (!kept.p)
        return err_nomem(reading->err);
    *ret = kept;
    return ST_OK;
}

static Status
read_string(Reading *reading, Str *ret)
{
    return read_string_again(reading, STR(""), ret);
}

static Status
read_time(Reading *reading, int64_t *ret)
{
    Str text;
    TRY(cursor_string(&reading->cursor, arena_of(reading), &text, reading->err));
    if (!timestamp_parse(text, ret))
        return cursor_error(&reading->cursor, reading->err, "'%.*s' is no time",
                            STR_ARG(str_head(text, 40)));
    return ST_OK;
}

/* A word of a table: the name of one of count values. */
static Status
read_word(Reading *reading, const char *(*name_of)(unsigned), unsigned count, unsigned *ret)
{
    Str text;
    TRY(cursor_string(&reading->cursor, arena_of(reading), &text, reading->err));
    for (unsigned i = 0; i < count; i++) {
        if (text.n && str_is(text, name_of(i))) {
            *ret = i;
            return ST_OK;
        }
    }
    return cursor_error(&reading->cursor, reading->err, "unknown word '%.*s'",
                        STR_ARG(str_head(text, 40)));
}

static Status
read_int(Reading *reading, int64_t low, int64_t high, int64_t *ret)
{
    int64_t number;
    TRY(cursor_i64(&reading->cursor, &number, reading->err));
    if (number < low || number > high)
        return cursor_error(&reading->cursor, reading->err, "a number out of range");
    *ret = number;
    return ST_OK;
}

/* Copies a gathered list to where it stays. */
static Status
keep(Reading *reading, const void *items, size_t count, size_t size, const void **ret)
{
    void *kept = arena_array(arena_of(reading), count, size);
    if (!kept)
        return err_nomem(reading->err);
    if (count)
        memcpy(kept, items, count * size);
    *ret = kept;
    return ST_OK;
}

static Status
read_strings(Reading *reading, const Str **ret, size_t *ret_count)
{
    reading->strings.count = 0;
    TRY(cursor_enter(&reading->cursor, '[', reading->err));
    for (;;) {
        bool more;
        TRY(cursor_item(&reading->cursor, &more, reading->err));
        if (!more)
            break;
        Str *string = VEC_PUSH(reading->scratch, &reading->strings);
        if (!string)
            return err_nomem(reading->err);
        TRY(read_string_again(reading, reading->capture->id, string));
    }
    *ret_count = reading->strings.count;
    return keep(reading, reading->strings.items, reading->strings.count, sizeof(Str),
                (const void **)ret);
}

static Status
read_member(Reading *reading, CaptureMember *member)
{
    Err *err = reading->err;
    Cursor *cursor = &reading->cursor;
    unsigned seen = 0;
    TRY(cursor_enter(cursor, '{', err));
    for (;;) {
        bool more;
        Str key;
        TRY(cursor_key(cursor, arena_of(reading), &more, &key, err));
        if (!more)
            break;
        unsigned bit = str_is(key, "name") ? 1 : str_is(key, "bytes") ? 2 : 4;
        if ((bit == 4 && !str_is(key, "sha256")) || (seen & bit))
            return cursor_error(cursor, err, "key '%.*s' unknown or twice",
                                STR_ARG(str_head(key, 100)));
        seen |= bit;
        if (bit == 1) {
            TRY(read_string_again(reading, reading->capture->id, &member->name));
        } else if (bit == 2) {
            TRY(cursor_u64(cursor, &member->bytes, err));
        } else {
            Str hex;
            TRY(cursor_string(cursor, arena_of(reading), &hex, err));
            if (!digest_from_hex(hex, &member->sha256))
                return cursor_error(cursor, err, "no SHA-256");
        }
    }
    return seen == 7 ? ST_OK
                     : cursor_error(cursor, err, "a member needs name, bytes and sha256");
}

static Status
capture_id(Reading *reading)
{
    return read_string(reading, &reading->capture->id);
}

static Status
capture_kind(Reading *reading)
{
    TRY(read_string_again(reading, reading->kind, &reading->capture->kind));
    reading->kind = reading->capture->kind;
    return ST_OK;
}

static Status
source_verb(Reading *reading)
{
    TRY(read_string_again(reading, reading->verb, &reading->capture->source.verb));
    reading->verb = reading->capture->source.verb;
    return ST_OK;
}

static Status
source_path(Reading *reading)
{
    return read_string(reading, &reading->capture->source.path);
}

static Status
source_argv(Reading *reading)
{
    return read_strings(reading, &reading->capture->source.argv,
                        &reading->capture->source.argv_count);
}

static Status
capture_source(Reading *reading)
{
    static const Key KEYS[] = {
        {"verb", true, source_verb},
        {"path", false, source_path},
        {"argv", false, source_argv},
        {NULL, false, NULL},
    };
    return read_map(reading, KEYS);
}

static Status
capture_covers(Reading *reading)
{
    return read_strings(reading, &reading->capture->covers, &reading->capture->cover_count);
}

static Status
capture_members(Reading *reading)
{
    reading->members.count = 0;
    TRY(cursor_enter(&reading->cursor, '[', reading->err));
    for (;;) {
        bool more;
        TRY(cursor_item(&reading->cursor, &more, reading->err));
        if (!more)
            break;
        CaptureMember *member = VEC_PUSH(reading->scratch, &reading->members);
        if (!member)
            return err_nomem(reading->err);
        TRY(read_member(reading, member));
    }
    reading->capture->member_count = reading->members.count;
    return keep(reading, reading->members.items, reading->members.count, sizeof(CaptureMember),
                (const void **)&reading->capture->members);
}

static const char *
state_word(unsigned i)
{
    return capture_state_name((CaptureState)i);
}

static const char *
class_word(unsigned i)
{
    return capture_class_name((CaptureClass)i);
}

static const char *
truncated_word(unsigned i)
{
    return truncated_name((Truncated)i);
}

static Status
capture_state(Reading *reading)
{
    unsigned word;
    TRY(read_word(reading, state_word, CAPTURE_STATE_COUNT, &word));
    reading->capture->state = (CaptureState)word;
    return ST_OK;
}

static Status
capture_class(Reading *reading)
{
    unsigned word;
    TRY(read_word(reading, class_word, CAPTURE_CLASS_COUNT, &word));
    reading->capture->class = (CaptureClass)word;
    return ST_OK;
}

static Status
capture_truncated(Reading *reading)
{
    unsigned word;
    TRY(read_word(reading, truncated_word, TRUNCATED_COUNT, &word));
    reading->capture->truncated = (Truncated)word;
    return ST_OK;
}

static Status
capture_reason(Reading *reading)
{
    return read_string(reading, &reading->capture->reason);
}

static Status
capture_http_status(Reading *reading)
{
    int64_t number;
    TRY(read_int(reading, 1, 999, &number));
    reading->capture->http_status = (int)number;
    return ST_OK;
}

static Status
capture_exit_code(Reading *reading)
{
    int64_t number;
    TRY(read_int(reading, 0, 255, &number));
    reading->capture->exit_code = (int)number;
    return ST_OK;
}

static Status
capture_stderr(Reading *reading)
{
    return read_string(reading, &reading->capture->stderr_line);
}

static Status
capture_started_at(Reading *reading)
{
    return read_time(reading, &reading->capture->started_at_ns);
}

static Status
capture_duration_ms(Reading *reading)
{
    return read_int(reading, 0, INT64_MAX, &reading->capture->duration_ms);
}

static Status
capture_redactions(Reading *reading)
{
    return cursor_u64(&reading->cursor, &reading->capture->redactions, reading->err);
}

/* Room for all captures at once, by how often their first key occurs: an array that grows
 * would leave all its smaller ones behind. */
static Status
reserve_captures(Reading *reading)
{
    Manifest *manifest = reading->manifest;
    size_t count = cursor_count(&reading->cursor, STR("\"id\":"));
    manifest->captures.items = ARENA_ARRAY(manifest->arena, Capture, count);
    if (!manifest->captures.items)
        return err_nomem(reading->err);
    manifest->captures.capacity = count;
    return ST_OK;
}

static Status
read_captures(Reading *reading)
{
    static const Key KEYS[] = {
        {"id", true, capture_id},
        {"kind", true, capture_kind},
        {"source", true, capture_source},
        {"covers", false, capture_covers},
        {"members", true, capture_members},
        {"state", true, capture_state},
        {"class", false, capture_class},
        {"reason", false, capture_reason},
        {"http_status", false, capture_http_status},
        {"exit_code", false, capture_exit_code},
        {"stderr", false, capture_stderr},
        {"started_at", true, capture_started_at},
        {"duration_ms", true, capture_duration_ms},
        {"truncated", false, capture_truncated},
        {"redactions", false, capture_redactions},
        {NULL, false, NULL},
    };
    TRY(reserve_captures(reading));
    TRY(cursor_enter(&reading->cursor, '[', reading->err));
    for (;;) {
        bool more;
        TRY(cursor_item(&reading->cursor, &more, reading->err));
        if (!more)
            return ST_OK;
        reading->capture = manifest_add(reading->manifest);
        if (!reading->capture)
            return err_nomem(reading->err);
        TRY(read_map(reading, KEYS));
    }
}

static Status
read_format(Reading *reading)
{
    Str format;
    TRY(cursor_string(&reading->cursor, arena_of(reading), &format, reading->err));
    if (str_is(format, MANIFEST_FORMAT))
        return ST_OK;
    if (str_starts(format, STR("meshcase/")))
        return err_set(reading->err, ST_UNSUPPORTED,
                       "manifest.json: format '%.*s' is newer than this program, which reads "
                       MANIFEST_FORMAT, STR_ARG(str_head(format, 40)));
    return cursor_error(&reading->cursor, reading->err, "'%.*s' is no format of a manifest",
                        STR_ARG(str_head(format, 40)));
}

static Status
tool_name(Reading *reading)
{
    return read_string(reading, &reading->manifest->tool_name);
}

static Status
tool_version(Reading *reading)
{
    return read_string(reading, &reading->manifest->tool_version);
}

static Status
read_tool(Reading *reading)
{
    static const Key KEYS[] = {
        {"name", true, tool_name},
        {"version", true, tool_version},
        {NULL, false, NULL},
    };
    return read_map(reading, KEYS);
}

static Status
read_started_at(Reading *reading)
{
    return read_time(reading, &reading->manifest->started_at_ns);
}

static Status
read_ended_at(Reading *reading)
{
    return read_time(reading, &reading->manifest->ended_at_ns);
}

/* A map of texts under any keys; pairs may grow, so it is told where it lives. */
static Status
read_pairs(Reading *reading, ManifestPair **items, size_t *count, size_t *capacity)
{
    VEC(ManifestPair) pairs = {0};
    TRY(cursor_enter(&reading->cursor, '{', reading->err));
    for (;;) {
        bool more;
        Str key;
        TRY(cursor_key(&reading->cursor, arena_of(reading), &more, &key, reading->err));
        if (!more)
            break;
        for (size_t i = 0; i < pairs.count; i++)
            if (str_eq(pairs.items[i].key, key))
                return cursor_error(&reading->cursor, reading->err, "a key a second time");
        if (pairs.count == 100)
            return err_set(reading->err, ST_LIMIT, "manifest.json: more than 100 keys in a map");
        ManifestPair *pair = VEC_PUSH(arena_of(reading), &pairs);
        if (!pair || !(pair->key = arena_str(arena_of(reading), key)).p)
            return err_nomem(reading->err);
        TRY(read_string(reading, &pair->value));
    }
    *items = pairs.items;
    *count = pairs.count;
    *capacity = pairs.capacity;
    return ST_OK;
}

static Status
read_cluster(Reading *reading)
{
    Manifest *manifest = reading->manifest;
    return read_pairs(reading, &manifest->cluster.items, &manifest->cluster.count,
                      &manifest->cluster.capacity);
}

static Status
read_options(Reading *reading)
{
    Manifest *manifest = reading->manifest;
    return read_pairs(reading, &manifest->options.items, &manifest->options.count,
                      &manifest->options.capacity);
}

/* The format stands first and is looked at before anything a later one might change. */
static Status
check_format(Reading *reading)
{
    Cursor start = reading->cursor;
    bool more;
    Str key;
    TRY(cursor_enter(&reading->cursor, '{', reading->err));
    TRY(cursor_key(&reading->cursor, arena_of(reading), &more, &key, reading->err));
    if (!more || !str_is(key, "format"))
        return cursor_error(&reading->cursor, reading->err, "'format' must be the first key");
    TRY(read_format(reading));
    reading->cursor = start;
    return ST_OK;
}

Status
manifest_parse(Arena *arena, Str json, Manifest **ret, Err *err)
{
    static const Key KEYS[] = {
        {"format", true, read_format},
        {"tool", true, read_tool},
        {"started_at", true, read_started_at},
        {"ended_at", true, read_ended_at},
        {"cluster", true, read_cluster},
        {"options", true, read_options},
        {"captures", true, read_captures},
        {NULL, false, NULL},
    };
    if (json.n > LIMIT_MANIFEST_BYTES)
        return err_set(err, ST_LIMIT, "manifest.json: more than %u MiB",
                       (unsigned)(LIMIT_MANIFEST_BYTES >> 20));
    CLEANUP(cleanup_arena) Arena *scratch = arena_new(SIZE_MAX);
    Reading reading = {.cursor = cursor_of(json, "manifest.json"), .scratch = scratch,
                       .manifest = manifest_new(arena), .err = err};
    if (!reading.manifest || !scratch)
        return err_nomem(err);
    TRY(check_format(&reading));
    TRY(read_map(&reading, KEYS));
    TRY(cursor_end(&reading.cursor, err));
    TRY(manifest_check(reading.manifest, ST_FORMAT, err));
    for (size_t i = 0; i < reading.manifest->captures.count; i++) {
        Capture *capture = &reading.manifest->captures.items[i];
        if (capture->cover_count == 0) {
            capture->covers = &capture->id;
            capture->cover_count = 1;
        }
    }
    *ret = reading.manifest;
    return ST_OK;
}
