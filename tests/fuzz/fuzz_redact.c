/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_redact.c -- the redactor: the same bytes however they are cut, valid JSON stays valid, and
 * a canary behind a new line never survives. */
#include "analyzer/text/json.h"
#include "collector/redact.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#define CANARY "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjYW5hcnktY2FuYXJ5In0.c2lnbmF0dXJlLW9mLXRoZS1jYW5hcnk"

static Status
sink(void *context, const char *bytes, size_t n, Err *err)
{
    buf_add(context, bytes, n);
    return buf_status(context, err);
}

static void
pass(RedactForm form, Str text, bool in_pieces, Buf *out)
{
    Err err = {0};
    CLEANUP(cleanup_redactor) Redactor *redactor = redactor_new(REDACT_LEVEL_SECRETS, STR(""));
    RedactStream *stream = NULL;
    LAW(redactor != NULL);
    LAW(redact_stream_new(redactor, "m", form, sink, out, &stream, &err) == ST_OK);
    if (!in_pieces && text.n > 0)
        LAW(redact_stream_feed(stream, text.p, text.n, &err) == ST_OK);
    for (Str rest = text; in_pieces && rest.n > 0;) {
        Str piece = fuzz_piece(&rest, (uint8_t)text.p[0]);
        LAW(redact_stream_feed(stream, piece.p, piece.n, &err) == ST_OK);
    }
    LAW(redact_stream_end(stream, &err) == ST_OK);
    stream = redact_stream_free(stream);
}

static bool
is_json(Str text)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(256 << 20);
    const Node *node = NULL;
    return json_parse(arena, text, NULL, &node, NULL) == ST_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(buf_done) Buf with = BUF_INIT(16 << 20);
    CLEANUP(buf_done) Buf whole = BUF_INIT(64 << 20);
    CLEANUP(buf_done) Buf pieces = BUF_INIT(64 << 20);
    size_t at;
    Str text = {(const char *)data, size};
    buf_add_str(&with, text);
    buf_adds(&with, "\nauthorization: Bearer " CANARY "\n");
    pass(REDACT_TEXT, buf_str(&with), false, &whole);
    pass(REDACT_TEXT, buf_str(&with), true, &pieces);
    LAW(str_eq(buf_str(&whole), buf_str(&pieces)));
    LAW(!str_find(buf_str(&whole), STR(CANARY), &at));
    buf_clear(&whole);
    pass(REDACT_JSON, text, false, &whole);
    LAW(!is_json(text) || is_json(buf_str(&whole)));
    return 0;
}
