/* SPDX-License-Identifier: Apache-2.0 */
/* exposition_read.c -- a whole metrics text as arrays, each distinct string kept once. */
#include "analyzer/text/exposition.h"

#include "base/limits.h"

#include <string.h>

typedef struct {
    Arena *arena;
    Err *err;
    const Map *names;                           /* of the samples that are kept; NULL: all */
    const Map *labels;                          /* of those of other names; NULL: none is kept */
    const char *thin_name;                      /* the name of the last of those, as it is kept */
    Label chosen[256];                          /* of the sample at hand */
    char passed[128];                           /* the name that was last found not to be kept */
    size_t passed_bytes;
    Map strings;                                /* distinct strings; the value is unused */
    Map last_of_name;                           /* name -> index of its newest sample */
    VEC(ExpositionSample) samples;
    VEC(MetricFamily) families;
    VEC(ExpositionBadLine) bad_lines;
    Map family_of_name;                         /* name -> index of the family */
} Reader;

static Status
intern(Reader *reader, Str s, Str *ret)
{
    if (s.n == 0) {
        *ret = (Str){NULL, 0};
        return ST_OK;
    }
    const Str *known = map_get(&reader->strings, s);
    if (!known) {
        Str *copy = ARENA_NEW(reader->arena, Str);
        if (!copy)
            return err_nomem(reader->err);
        *copy = arena_str(reader->arena, s);
        if (!copy->p || !map_put(&reader->strings, *copy, copy))
            return err_nomem(reader->err);
        known = copy;
    }
    *ret = *known;
    return ST_OK;
}

/* Samples of a name mostly stand together, so that one look is enough for thousands. */
static bool
is_passed(Reader *reader, Str name)
{
    if (!reader->names)
        return false;
    if (str_eq((Str){reader->passed, reader->passed_bytes}, name))
        return true;
    if (map_has(reader->names, name))
        return false;
    reader->passed_bytes = name.n <= sizeof reader->passed ? name.n : 0;
    memcpy(reader->passed, name.p, reader->passed_bytes);
    return true;
}

/* Labels of the sample, all or those that are asked for. */
static void
choose_labels(const Reader *reader, bool all, const ExpositionSample *sample, Label *labels,
              size_t *ret_count)
{
    _Static_assert(sizeof reader->chosen / sizeof *reader->chosen >= LIMIT_LABEL_COUNT, "room");
    size_t count = 0;
    for (size_t i = 0; i < sample->labels.count; i++)
        if (all || map_has(reader->labels, sample->labels.items[i].name))
            labels[count++] = sample->labels.items[i];
    *ret_count = count;
}

static Status
keep_sample(void *context, const ExpositionSample *sample)
{
    Reader *reader = context;
    Label *chosen = reader->chosen;
    size_t count;
    bool passed = is_passed(reader, sample->name);
    if (passed && !reader->labels)
        return ST_OK;
    ExpositionSample *kept = VEC_PUSH(reader->arena, &reader->samples);
    if (!kept)
        return err_nomem(reader->err);
    *kept = *sample;
    TRY(intern(reader, sample->name, &kept->name));
    choose_labels(reader, !passed || kept->name.p != reader->thin_name, sample, chosen, &count);
    reader->thin_name = passed ? kept->name.p : NULL;
    Label *labels = ARENA_ARRAY(reader->arena, Label, count);
    if (!labels)
        return err_nomem(reader->err);
    kept->labels = (Labels){labels, count};
    for (size_t i = 0; i < count; i++) {
        TRY(intern(reader, chosen[i].name, &labels[i].name));
        TRY(intern(reader, chosen[i].value, &labels[i].value));
    }
    return ST_OK;
}

static Status
keep_metadata(void *context, const ExpositionMetadata *metadata)
{
    Reader *reader = context;
    Str name, text;
    TRY(intern(reader, metadata->name, &name));
    TRY(intern(reader, metadata->text, &text));
    void **slot = map_slot(&reader->family_of_name, name);
    if (!slot)
        return err_nomem(reader->err);
    if (!*slot) {
        MetricFamily *added = VEC_PUSH(reader->arena, &reader->families);
        if (!added)
            return err_nomem(reader->err);
        added->name = name;
        *slot = (void *)(uintptr_t)reader->families.count;
    }
    MetricFamily *family = &reader->families.items[(uintptr_t)*slot - 1];
    switch (metadata->keyword) {
    case EXPOSITION_HELP:
        family->help = text;
        break;
    case EXPOSITION_UNIT:
        family->unit = text;
        break;
    case EXPOSITION_TYPE:
    default:
        family->type = metadata->type;
        break;
    }
    return ST_OK;
}

static Status
keep_bad_line(void *context, uint32_t line, const char *reason)
{
    Reader *reader = context;
    if (reader->bad_lines.count == LIMIT_BAD_LINE_COUNT)
        return ST_OK;
    ExpositionBadLine *kept = VEC_PUSH(reader->arena, &reader->bad_lines);
    if (!kept)
        return err_nomem(reader->err);
    *kept = (ExpositionBadLine){line, reason};
    return ST_OK;
}

/* Chains the samples of each name in the order of the text. */
static Status
index_names(Reader *reader, Exposition *ret)
{
    size_t count = reader->samples.count;
    uint32_t *next = ARENA_ARRAY(reader->arena, uint32_t, count);
    if (!next)
        return err_nomem(reader->err);
    map_init(&ret->first_of_name, reader->arena);
    for (size_t i = 0; i < count; i++) {
        const ExpositionSample *sample = &reader->samples.items[i];
        next[i] = UINT32_MAX;
        /* Samples of a name mostly stand together: the last one is the one before. */
        if (i && sample[-1].name.p == sample->name.p && sample[-1].name.n == sample->name.n) {
            next[i - 1] = (uint32_t)i;
            continue;
        }
        if (i) {
            void **ended = map_slot(&reader->last_of_name, sample[-1].name);
            if (!ended)
                return err_nomem(reader->err);
            *ended = (void *)(uintptr_t)i;
        }
        uintptr_t last = (uintptr_t)map_get(&reader->last_of_name, sample->name);
        if (last)
            next[last - 1] = (uint32_t)i;
        else if (!map_put(&ret->first_of_name, sample->name,
                          &reader->samples.items[i]))
            return err_nomem(reader->err);
    }
    ret->next_same_name = next;
    return ST_OK;
}

/* Room for a sample a line where all are kept: growing would leave as much again behind in the
 * arena.  What is not used is never touched. */
static Status
reserve(Reader *reader, Str text)
{
    if (reader->names && !reader->labels)
        return ST_OK;
    size_t lines = 1;
    for (const char *at = text.p, *end = at + text.n;
         text.n && (at = memchr(at, '\n', (size_t)(end - at))) && ++at < end;)
        lines++;
    if (lines > LIMIT_SERIES_COUNT)
        lines = LIMIT_SERIES_COUNT;
    reader->samples.items = arena_alloc(reader->arena, lines * sizeof *reader->samples.items);
    reader->samples.capacity = lines;
    return reader->samples.items ? ST_OK : err_nomem(reader->err);
}

static bool
ends_with_eof(Str text)
{
    if (text.n && text.p[text.n - 1] == '\n')
        text.n--;
    return str_is(text, "# EOF") || str_ends(text, STR("\n# EOF"));
}

Status
exposition_read(Arena *arena, Str text, const ExpositionOptions *options, Exposition *ret,
                Err *err)
{
    ExpositionOptions chosen = options ? *options : (ExpositionOptions){0};
    if (chosen.format == EXPOSITION_AUTO)
        chosen.format = ends_with_eof(text) ? EXPOSITION_OPENMETRICS : EXPOSITION_PROMETHEUS;
    Reader reader = {.arena = arena, .err = err, .names = chosen.names,
                     .labels = chosen.names ? chosen.labels : NULL};
    map_init(&reader.strings, arena);
    map_init(&reader.last_of_name, arena);
    map_init(&reader.family_of_name, arena);
    ExpositionHandler handler = {keep_sample, keep_metadata, keep_bad_line, &reader};
    ExpositionParser *parser;
    Exposition made = {0};
    TRY(exposition_open(arena, &chosen, &handler, &parser, err));
    TRY(reserve(&reader, text));
    TRY(exposition_feed(parser, text, err));
    TRY(exposition_close(parser, &made.summary, err));
    TRY(index_names(&reader, &made));
    made.samples = reader.samples.items;
    made.sample_count = reader.samples.count;
    made.families = reader.families.items;
    made.family_count = reader.families.count;
    made.bad_lines = reader.bad_lines.items;
    made.bad_line_count = reader.bad_lines.count;
    *ret = made;
    return ST_OK;
}

const ExpositionSample *
exposition_first(const Exposition *exposition, Str name)
{
    return map_get(&exposition->first_of_name, name);
}

const ExpositionSample *
exposition_next(const Exposition *exposition, const ExpositionSample *sample)
{
    uint32_t next = exposition->next_same_name[sample - exposition->samples];
    return next == UINT32_MAX ? NULL : &exposition->samples[next];
}
