/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_exposition.c -- metrics text: the same samples however it is cut, in either format. */
#include "analyzer/text/exposition.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

typedef struct {
    uint64_t count;
    uint64_t hash;
} Seen;

static Status
on_sample(void *context, const ExpositionSample *sample)
{
    Seen *seen = context;
    LAW(sample->name.n > 0 && sample->line > 0);
    for (size_t i = 1; i < sample->labels.count; i++)
        LAW(str_cmp(sample->labels.items[i - 1].name, sample->labels.items[i].name) < 0);
    seen->count++;
    for (size_t i = 0; i < sample->name.n; i++)
        seen->hash = (seen->hash ^ (unsigned char)sample->name.p[i]) * 0x100000001b3ULL;
    return ST_OK;
}

static ExpositionSummary
read_text(Arena *arena, Str text, const ExpositionOptions *options, bool in_pieces, Seen *seen)
{
    ExpositionHandler handler = {.sample = on_sample, .context = seen};
    ExpositionParser *parser = NULL;
    ExpositionSummary summary = {0};
    Err err = {0};
    LAW(exposition_open(arena, options, &handler, &parser, &err) == ST_OK);
    if (!in_pieces && text.n > 0)
        LAW(exposition_feed(parser, text, &err) == ST_OK);
    for (Str rest = text; in_pieces && rest.n > 0;)
        LAW(exposition_feed(parser, fuzz_piece(&rest, (uint8_t)text.p[0]), &err) == ST_OK);
    LAW(exposition_close(parser, &summary, &err) == ST_OK);
    return summary;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int form = 0; form < 4; form++) {
        CLEANUP(cleanup_arena) Arena *arena = arena_new(256 << 20);
        ExpositionOptions options = {
            .format = form & 1 ? EXPOSITION_OPENMETRICS : EXPOSITION_PROMETHEUS,
            .strict = form & 2,
        };
        Str text = {(const char *)data, size};
        Seen whole = {0};
        Seen pieces = {0};
        ExpositionSummary one = read_text(arena, text, &options, false, &whole);
        ExpositionSummary other = read_text(arena, text, &options, true, &pieces);
        LAW(whole.count == pieces.count && whole.hash == pieces.hash);
        LAW(one.sample_count == other.sample_count && one.bad_line_count == other.bad_line_count);
        LAW(one.line_count == other.line_count && one.cut == other.cut);
    }
    return 0;
}
