/* SPDX-License-Identifier: Apache-2.0 */
/* version.c -- versions as people and builds write them, and ranges of them. */
#include "analyzer/model/version.h"

#include "base/ascii.h"

typedef enum {
    LESS,
    AT_MOST,
    EQUAL,
    OTHER,
    AT_LEAST,
    GREATER,
} Comparison;

/* Longer signs first: the first that fits is taken. */
static const struct {
    const char *sign;
    Comparison comparison;
} SIGNS[] = {
    {">=", AT_LEAST}, {"<=", AT_MOST}, {"!=", OTHER}, {"==", EQUAL},
    {">", GREATER},   {"<", LESS},     {"=", EQUAL},
};

typedef struct {
    Comparison comparison;
    Version version;
    bool new_alternative;       /* the first of a row */
} Bound;

struct VersionRange {
    VEC(Bound) bounds;
};

/* A number at the start of *s, which is cut off; false where there is none or it is huge. */
static bool
cut_number(Str *s, uint32_t *ret)
{
    size_t n = 0;
    while (n < s->n && ascii_is_digit(s->p[n]))
        n++;
    uint64_t number;
    if (n == 0 || !str_to_u64(str_head(*s, n), &number) || number > UINT32_MAX)
        return false;
    *ret = (uint32_t)number;
    *s = str_from(*s, n);
    return true;
}

/* The version at the start of *s, which is cut off behind its numbers. */
static bool
cut_version(Str *s, Version *ret)
{
    Version version = {0};
    Str rest = *s;
    if (rest.n && (*rest.p == 'v' || *rest.p == 'V'))
        rest = str_from(rest, 1);
    if (!cut_number(&rest, &version.numbers[0]))
        return false;
    for (version.count = 1; version.count < VERSION_NUMBERS; version.count++) {
        if (rest.n < 2 || *rest.p != '.' || !ascii_is_digit(rest.p[1]))
            break;
        rest = str_from(rest, 1);
        if (!cut_number(&rest, &version.numbers[version.count]))
            return false;
    }
    *ret = version;
    *s = rest;
    return true;
}

bool
version_parse(Str text, Version *ret)
{
    Str rest = str_trim(text);
    Version version;
    if (!cut_version(&rest, &version))
        return false;
    /* "20180531-18-09" and "6f9f420" are builds; a version has a point in it. */
    if (version.count < 2)
        return false;
    *ret = version;
    return true;
}

int
version_cmp(const Version *a, const Version *b)
{
    for (unsigned i = 0; i < VERSION_NUMBERS; i++)
        if (a->numbers[i] != b->numbers[i])
            return a->numbers[i] < b->numbers[i] ? -1 : 1;
    return 0;
}

static bool
cut_sign(Str *s, Comparison *ret)
{
    for (size_t i = 0; i < sizeof SIGNS / sizeof *SIGNS; i++) {
        Str sign = str_of(SIGNS[i].sign);
        if (str_starts(*s, sign)) {
            *s = str_from(*s, sign.n);
            *ret = SIGNS[i].comparison;
            return true;
        }
    }
    return false;
}

static void
skip_blanks(Str *s)
{
    while (s->n && (*s->p == ' ' || *s->p == ','))
        *s = str_from(*s, 1);
}

static unsigned
column(Str text, Str rest)
{
    return (unsigned)(text.n - rest.n) + 1;
}

Status
version_range_parse(Arena *arena, Str text, const VersionRange **ret, Err *err)
{
    VersionRange *range = ARENA_NEW(arena, VersionRange);
    if (!range)
        return err_nomem(err);
    bool new_alternative = true;
    Str rest = text;
    for (skip_blanks(&rest); rest.n; skip_blanks(&rest)) {
        if (*rest.p == '|' && !new_alternative) {
            new_alternative = true;
            rest = str_from(rest, str_starts(rest, STR("||")) ? 2 : 1);
            continue;
        }
        Bound bound = {.new_alternative = new_alternative};
        Str at = rest;
        if (!cut_sign(&rest, &bound.comparison))
            return err_at(err, ST_RULE, NULL, 0, column(text, at),
                          "expected one of >= > <= < = != in a version range");
        skip_blanks(&rest);
        at = rest;
        if (!cut_version(&rest, &bound.version) ||
            (rest.n && *rest.p != ' ' && *rest.p != '|' && *rest.p != ','))
            return err_at(err, ST_RULE, NULL, 0, column(text, at),
                          "expected a version like 1.2.3 in a version range");
        Bound *slot = VEC_PUSH(arena, &range->bounds);
        if (!slot)
            return err_nomem(err);
        *slot = bound;
        new_alternative = false;
    }
    if (new_alternative)
        return err_at(err, ST_RULE, NULL, 0, column(text, rest),
                      "a version range ends where a comparison is expected");
    *ret = range;
    return ST_OK;
}

static bool
bound_holds(const Bound *bound, const Version *version)
{
    int order = version_cmp(version, &bound->version);
    switch (bound->comparison) {
    case LESS:
        return order < 0;
    case AT_MOST:
        return order <= 0;
    case EQUAL:
        return order == 0;
    case OTHER:
        return order != 0;
    case AT_LEAST:
        return order >= 0;
    case GREATER:
        return order > 0;
    }
    return false;
}

bool
version_range_has(const VersionRange *range, const Version *version)
{
    bool holds = false;
    for (size_t i = 0; i < range->bounds.count; i++) {
        const Bound *bound = &range->bounds.items[i];
        if (bound->new_alternative) {
            if (holds)
                return true;
            holds = true;
        }
        holds = holds && bound_holds(bound, version);
    }
    return holds;
}
