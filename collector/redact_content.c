/* SPDX-License-Identifier: Apache-2.0 */
/* redact_content.c -- what a text is, and the way inside. */
#include "collector/redact_private.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "collector/base64.h"
#include "collector/identity.h"
#include "collector/redact_assign.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
    ENCODED_BYTES_MIN = 16,
    YAML_TEXT_MAX = 1 << 20,        /* libyaml is slow */
};

/* What zlib kept of a secret goes with its memory. */
static void *
wiped_alloc(void *context, unsigned count, unsigned size)
{
    (void)context;
    return calloc(count, size);          /* zlib's, until wiped_free() */
}

static void
wiped_free(void *context, void *memory)
{
    (void)context;
    if (memory)
        explicit_bzero(memory, malloc_usable_size(memory));
    free(memory);
}

bool
redact_gunzip(Str packed, Buf *out)
{
    z_stream z = {.zalloc = wiped_alloc, .zfree = wiped_free};
    if (inflateInit2(&z, 15 + 16) != Z_OK)
        return false;
    z.next_in = (Bytef *)(uintptr_t)packed.p;
    z.avail_in = (uInt)packed.n;
    int result = Z_OK;
    while (result == Z_OK && out->n < LIMIT_REDACT_BYTES) {
        char *room = buf_reserve(out, 64 << 10);
        if (!room)
            break;
        z.next_out = (Bytef *)room;
        z.avail_out = 64 << 10;
        result = inflate(&z, Z_NO_FLUSH);
        out->n += (64 << 10) - z.avail_out;
    }
    (void)inflateEnd(&z);
    return result == Z_STREAM_END && z.avail_in == 0;
}

/* Appends gzip of the bytes, in base64; the same for the same bytes. */
static bool
pack(Str bytes, Buf *out)
{
    CLEANUP(buf_done) Buf packed = BUF_INIT(SIZE_MAX);
    z_stream z = {.zalloc = wiped_alloc, .zfree = wiped_free};
    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    uLong room = deflateBound(&z, bytes.n);
    z.next_in = (Bytef *)(uintptr_t)bytes.p;
    z.avail_in = (uInt)bytes.n;
    z.next_out = (Bytef *)buf_reserve(&packed, room);
    z.avail_out = (uInt)room;
    bool done = z.next_out && deflate(&z, Z_FINISH) == Z_STREAM_END;
    packed.n = z.total_out;
    (void)deflateEnd(&z);
    if (done)
        base64_encode(buf_str(&packed), out);
    return done && out->failed == ST_OK;
}

bool
redact_packed(const RedactWalk *walk, Str text, Str packed, const RedactSpot *spot, Buf *out)
{
    CLEANUP(buf_done) Buf inside = BUF_INIT(2 * LIMIT_REDACT_BYTES);
    CLEANUP(buf_done) Buf clean = BUF_INIT(SIZE_MAX);
    CLEANUP(buf_done) Buf again = BUF_INIT(SIZE_MAX);
    RedactWalk deeper = *walk;
    Status status = ST_OK;
    inside.secret = true;
    clean.secret = true;
    deeper.depth++;
    deeper.parsed = false;
    if (walk->keep_packed && redact_gunzip(packed, &inside)) {
        bool changed = redact_content(&deeper, buf_str(&inside), NULL, spot, &clean, &status);
        bool made = status == ST_OK && (!changed || pack(buf_str(&clean), &again));
        Str result = changed ? buf_str(&again) : text;
        if (made && walk->keep_packed(walk->context, result)) {
            buf_add_str(out, result);
            return changed;
        }
    }
    walk->on_hit(walk->context, &(RedactHit){REDACT_COMPRESSED, SECRET_BY_SHAPE, STR(""), spot});
    buf_adds(out, redact_placeholder(REDACT_COMPRESSED));
    return true;
}

/* A whole text that is base64: *ret_changed tells whether it was written to out.
 * False where it is no base64 of anything that can be looked into. */
static bool
try_base64(const RedactWalk *walk, Str text, const RedactSpot *spot, Buf *out, bool *ret_changed,
           Status *ret_status)
{
    CLEANUP(buf_done) Buf plain = BUF_INIT(LIMIT_REDACT_BYTES);
    plain.secret = true;
    if (text.n < ENCODED_BYTES_MIN || !base64_decode(str_trim(text), &plain))
        return false;
    if (redact_is_der_key(buf_str(&plain))) {
        walk->on_hit(walk->context,
                     &(RedactHit){REDACT_PRIVATE_KEY, SECRET_BY_STRUCTURE, text, spot});
        buf_adds(out, redact_placeholder(REDACT_PRIVATE_KEY));
        *ret_changed = true;
        return true;
    }
    if (redact_is_opaque(buf_str(&plain))) {
        *ret_changed = redact_packed(walk, text, buf_str(&plain), spot, out);
        return true;
    }
    if (!base64_is_text(buf_str(&plain)))
        return false;
    CLEANUP(buf_done) Buf inside = BUF_INIT(SIZE_MAX);
    RedactWalk deeper = *walk;
    inside.secret = true;
    deeper.depth++;
    deeper.parsed = false;
    *ret_changed = redact_content(&deeper, buf_str(&plain), NULL, spot, &inside, ret_status);
    if (walk->pseudonyms)       /* nobody comes by here again: it is encoded from now on */
        *ret_changed |= identity_replace(walk->pseudonyms, &inside);
    if (*ret_changed)
        base64_encode(buf_str(&inside), out);
    else
        buf_add_str(out, text);
    return true;
}

static bool
is_json(Str text)
{
    text = str_trim(text);
    return text.n >= 2 && ((text.p[0] == '{' && text.p[text.n - 1] == '}') ||
                           (text.p[0] == '[' && text.p[text.n - 1] == ']'));
}

/* Several lines, some of which are "key: value" or "key:". */
static bool
is_yaml(Str text)
{
    size_t at;
    return text.n <= YAML_TEXT_MAX && str_find_char(text, '\n', &at) &&
           (str_find(text, STR(": "), &at) || str_find(text, STR(":\n"), &at));
}

static void
no_hit(void *context, const RedactHit *hit)
{
    (void)context;
    (void)hit;
}

/* The second look at a JSON document, as a text.  What it finds across the document's own
 * punctuation is no value of it (each string was looked into before) and would break it: then
 * the document is passed on as it came. */
static bool
look_again(const RedactWalk *walk, Str json, const RedactSpot *spot, Buf *out, Status *ret_status)
{
    CLEANUP(buf_done) Buf scanned = BUF_INIT(SIZE_MAX);
    SpanTree tree;
    RedactWalk quiet = *walk;
    RedactWalk loud = *walk;
    scanned.secret = true;
    quiet.on_hit = no_hit;
    quiet.parsed = loud.parsed = true;
    bool found = redact_whole_text(&quiet, json, spot, &scanned);
    Status status = found ? span_parse(walk->arena, buf_str(&scanned), &tree, NULL) : ST_FORMAT;
    if (status == ST_OK)
        return redact_whole_text(&loud, json, spot, out);
    if (status == ST_NOMEM)
        *ret_status = status;
    buf_add_str(out, json);
    return false;
}

bool
redact_content(const RedactWalk *walk, Str text, const char *plural, const RedactSpot *spot,
               Buf *out, Status *ret_status)
{
    bool changed = false;
    if (walk->depth >= REDACT_DEPTH_MAX)
        return redact_whole_text(walk, text, spot, out);
    if (walk->depth > 0 && try_base64(walk, text, spot, out, &changed, ret_status))
        return changed;
    SpanTree tree;
    Status status = ST_FORMAT;
    if (is_json(text))
        status = span_parse(walk->arena, text, &tree, NULL);
    bool is_document = status == ST_OK;
    if (status == ST_FORMAT && is_yaml(text))
        status = span_parse_yaml(walk->arena, text, &tree, NULL);
    if (status == ST_NOMEM) {
        *ret_status = status;
        return false;
    }
    if (status != ST_OK)
        return redact_whole_text(walk, text, spot, out);
    CLEANUP(buf_done) Buf edited = BUF_INIT(SIZE_MAX);
    edited.secret = true;
    changed = redact_tree(walk, &tree, plural, spot, &edited, ret_status);
    bool more = is_document ? look_again(walk, buf_str(&edited), spot, out, ret_status)
                            : redact_whole_text(walk, buf_str(&edited), spot, out);
    return more || changed;
}
