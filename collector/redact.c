/* SPDX-License-Identifier: Apache-2.0 */
/* redact.c -- what the streams of both passes share, and what is learnt between them. */
#include "collector/redact.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "collector/base64.h"
#include "collector/identity.h"
#include "collector/literal.h"
#include "collector/redact_private.h"
#include "collector/redact_state.h"

#include <string.h>

static const char *const NAMES[REDACT_COUNT] = {
#define REDACT(name, placeholder, where, sample, secret) [REDACT_##name] = placeholder,
#include "collector/redact.def"
#undef REDACT
};

static const char *const PLACEHOLDERS[REDACT_COUNT] = {
#define REDACT(name, placeholder, where, sample, secret)                                           \
    [REDACT_##name] = "<redacted:" placeholder ">",
#include "collector/redact.def"
#undef REDACT
};

const char *
redact_placeholder(RedactRule rule)
{
    return PLACEHOLDERS[rule];
}

const char *
redact_rule_name(RedactRule rule)
{
    return NAMES[rule];
}

const char *
redact_level_name(RedactLevel level)
{
    static const char *const LEVELS[] = {"secrets", "identity", "none"};
    return LEVELS[level];
}

Redactor *
redactor_new(RedactLevel level, Str pseudonym_key)
{
    Redactor *redactor = calloc(1, sizeof *redactor);    /* owns its parts */
    if (!redactor)
        return NULL;
    redactor->level = level;
    redactor->arena = arena_new(SIZE_MAX);
    redactor->scratch = arena_new(SIZE_MAX);
    redactor->book = secret_book_new();
    redactor->report.arena = redactor->arena;
    redactor->packed = BUF_INIT(LIMIT_PACKED_BYTES);
    if (level == REDACT_LEVEL_IDENTITY)
        redactor->pseudonyms = pseudonyms_new(pseudonym_key);
    if (!redactor->arena || !redactor->scratch || !redactor->book ||
        (level == REDACT_LEVEL_IDENTITY && !redactor->pseudonyms))
        return redactor_free(redactor);
    arena_keep_secret(redactor->scratch);
    return redactor;
}

Redactor *
redactor_free(Redactor *redactor)
{
    if (redactor) {
        arena_free(redactor->arena);
        arena_free(redactor->scratch);
        secret_book_free(redactor->book);
        literal_set_free(redactor->literals);
        pseudonyms_free(redactor->pseudonyms);
        buf_done(&redactor->packed);
        free(redactor);
    }
    return NULL;
}

void
cleanup_redactor(Redactor **redactor)
{
    *redactor = redactor_free(*redactor);
}

uint64_t
redactor_total(const Redactor *redactor)
{
    return redactor->report.total;
}

RedactLevel
redactor_level(const Redactor *redactor)
{
    return redactor->level;
}

void
redactor_add_known(Redactor *redactor, Str value)
{
    secret_book_add(redactor->book, value, SECRET_KNOWN);
}

const struct LiteralSet *
redactor_literals(const Redactor *redactor)
{
    return redactor->literals;
}

static void
ignore_hit(void *context, const RedactHit *hit)
{
    Redactor *redactor = context;
    if (!redactor->literals)
        secret_book_add(redactor->book, hit->value, hit->origin);
}

Str
redactor_clean(Redactor *redactor, Arena *arena, Str text)
{
    CLEANUP(buf_done) Buf clean = BUF_INIT(SIZE_MAX);
    if (redactor->level == REDACT_LEVEL_NONE)
        return arena_str(arena, text);
    RedactWalk walk = {.arena = redactor->scratch, .on_hit = ignore_hit, .context = redactor};
    (void)redact_whole_text(&walk, text, NULL, &clean);
    return clean.failed == ST_OK ? arena_str(arena, buf_str(&clean)) : (Str){0};
}

/* Packed texts were kept since they showed no secret; now it is known what else is one.
 * *ret_any: those that hold any are in the book. */
static Status
look_again(Redactor *redactor, bool *ret_any, Err *err)
{
    Str rest = buf_str(&redactor->packed);
    for (Str text; rest.n > 0 && str_cut(&rest, '\n', &text);) {
        CLEANUP(buf_done) Buf packed = BUF_INIT(SIZE_MAX);
        CLEANUP(buf_done) Buf inside = BUF_INIT(2 * LIMIT_REDACT_BYTES);
        LiteralMatch *matches;
        size_t count = 0;
        inside.secret = true;
        arena_reset(redactor->scratch);
        if (base64_decode(str_trim(text), &packed) && redact_gunzip(buf_str(&packed), &inside))
            TRY(literal_find(redactor->literals, buf_str(&inside), redactor->scratch, &matches, &count,
                             err));
        if (count > 0)
            secret_book_add_exact(redactor->book, text);
        *ret_any |= count > 0;
    }
    return ST_OK;
}

Status
redactor_seal(Redactor *redactor, Err *err)
{
    bool any = false;
    TRY(literal_set_new(redactor->book, &redactor->literals, err));
    if (literal_set_count(redactor->literals) > 0)
        TRY(look_again(redactor, &any, err));
    if (!any)
        return ST_OK;
    redactor->literals = literal_set_free(redactor->literals);
    return literal_set_new(redactor->book, &redactor->literals, err);
}

void
redactor_report(const Redactor *redactor, Buf *out)
{
    buf_printf(out,
               "{\"format\":\"meshcase-redactions/1\",\"level\":\"%s\",\"values\":%zu,"
               "\"values_left_out\":%llu}\n",
               redact_level_name(redactor->level), secret_book_count(redactor->book),
               (unsigned long long)secret_book_left_out(redactor->book));
    report_write(&redactor->report, out);
}
