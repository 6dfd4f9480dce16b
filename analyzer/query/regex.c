/* SPDX-License-Identifier: Apache-2.0 */
/* regex.c -- matching by PCRE2, within limits. */
#include "analyzer/query/regex.h"

#include <pthread.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "analyzer/query/regex_syntax.h"
#include "base/limits.h"
#include "base/utf8.h"

struct Regex {
    pcre2_code *code;
    RegexNames names;
    Str translation;
    bool is_anchored;
};

/* What one thread needs to match: made at its first match, given back at its end. */
typedef struct {
    Arena *arena;               /* holds this struct */
    pcre2_match_context *context;
    pcre2_match_data *data;
    pcre2_jit_stack *stack;
    uint32_t pairs;
} Scratch;

enum {
    HEAP_KIB = 32 * 1024,
    JIT_STACK_FIRST = 32 * 1024,
    JIT_STACK_MOST = 1024 * 1024,
    SPANS_FIRST = 32,
};

static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;
static bool scratch_keyed;

static void
scratch_free(void *pointer)
{
    Scratch *scratch = pointer;
    if (!scratch)
        return;
    pcre2_match_data_free(scratch->data);
    pcre2_match_context_free(scratch->context);
    pcre2_jit_stack_free(scratch->stack);
    (void)arena_free(scratch->arena);
}

/* For pthread_once(). */
static void
scratch_key_make(void)
{
    scratch_keyed = pthread_key_create(&scratch_key, scratch_free) == 0;
}

static Scratch *
scratch_new(void)
{
    Arena *arena = arena_new(SIZE_MAX);
    Scratch *scratch = arena ? ARENA_NEW(arena, Scratch) : NULL;
    if (!scratch) {
        (void)arena_free(arena);
        return NULL;
    }
    scratch->arena = arena;
    scratch->pairs = SPANS_FIRST;
    scratch->data = pcre2_match_data_create(SPANS_FIRST, NULL);
    scratch->context = pcre2_match_context_create(NULL);
    scratch->stack = pcre2_jit_stack_create(JIT_STACK_FIRST, JIT_STACK_MOST, NULL);
    if (!scratch->data || !scratch->context || pthread_setspecific(scratch_key, scratch) != 0) {
        scratch_free(scratch);
        return NULL;
    }
    /* Without memory for its own stack machine code runs on 32 KiB of ours. */
    if (scratch->stack)
        pcre2_jit_stack_assign(scratch->context, NULL, scratch->stack);
    (void)pcre2_set_match_limit(scratch->context, (uint32_t)LIMIT_REGEX_STEPS);
    (void)pcre2_set_heap_limit(scratch->context, HEAP_KIB);
    return scratch;
}

/* The thread's scratch with room for so many spans; NULL when out of memory. */
static Scratch *
scratch_get(uint32_t pairs)
{
    (void)pthread_once(&scratch_once, scratch_key_make);
    if (!scratch_keyed)
        return NULL;
    Scratch *scratch = pthread_getspecific(scratch_key);
    if (!scratch)
        scratch = scratch_new();
    if (!scratch || pairs <= scratch->pairs)
        return scratch;
    pcre2_match_data *data = pcre2_match_data_create(pairs, NULL);
    if (!data)
        return NULL;
    pcre2_match_data_free(scratch->data);
    scratch->data = data;
    scratch->pairs = pairs;
    return scratch;
}

static void *
code_malloc(size_t bytes, void *arena)
{
    return arena_alloc(arena, bytes);
}

/* The arena gives everything back at once. */
static void
code_free(void *memory, void *arena)
{
    (void)memory;
    (void)arena;
}

static Status
compile_code(Arena *arena, Str text, unsigned flags, pcre2_code **ret, Err *err)
{
    pcre2_general_context *general = pcre2_general_context_create(code_malloc, code_free, arena);
    pcre2_compile_context *context = general ? pcre2_compile_context_create(general) : NULL;
    if (!context)
        return err_nomem(err);
    (void)pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C;
    if (flags & REGEX_IGNORE_CASE)
        options |= PCRE2_CASELESS;
    int code = 0;
    PCRE2_SIZE offset = 0;
    *ret = pcre2_compile((PCRE2_SPTR)text.p, text.n, options, &code, &offset, context);
    if (*ret)
        return ST_OK;
    if (code == PCRE2_ERROR_HEAP_FAILED || code == PCRE2_ERROR_NOMEMORY)
        return err_nomem(err);
    /* Our own reader found no fault; what is left are names of properties and sizes. */
    PCRE2_UCHAR message[256] = {0};
    (void)pcre2_get_error_message(code, message, sizeof message);
    return err_at(err, ST_RULE, NULL, 0, 0, "regular expression: %s", (const char *)message);
}

Status
regex_compile(Arena *arena, Str pattern, unsigned flags, const Regex **ret, Err *err)
{
    if (pattern.n > LIMIT_PATTERN_BYTES)
        return err_set(err, ST_LIMIT, "regular expression longer than %llu bytes",
                       (unsigned long long)LIMIT_PATTERN_BYTES);
    size_t bad = 0;
    if (!utf8_valid(pattern, &bad))
        return err_at(err, ST_RULE, NULL, 0, (unsigned)utf8_count(str_head(pattern, bad)) + 1,
                      "regular expression: not valid UTF-8");
    CLEANUP(buf_done) Buf text = BUF_INIT(64 * LIMIT_PATTERN_BYTES);
    Regex *regex = ARENA_NEW(arena, Regex);
    if (!regex)
        return err_nomem(err);
    TRY(regex_translate(arena, pattern, flags, &text, &regex->names, err));
    TRY(buf_status(&text, err));
    TRY(compile_code(arena, buf_str(&text), flags, &regex->code, err));
    regex->is_anchored = flags & REGEX_ANCHORED;
    regex->translation = arena_strf(arena, "%s" STR_FMT,
                                    flags & REGEX_IGNORE_CASE ? "(?i)" : "",
                                    STR_ARG(buf_str(&text)));
    if (!regex->translation.p)
        return err_nomem(err);
    if (flags & REGEX_MANY_MATCHES)
        (void)pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE);
    *ret = regex;
    return ST_OK;
}

void
regex_done(const Regex *regex)
{
    if (regex)
        pcre2_code_free(regex->code);
}

Str
regex_translation(const Regex *regex)
{
    return regex->translation;
}

size_t
regex_group_count(const Regex *regex)
{
    return regex->names.count;
}

Str
regex_group_name(const Regex *regex, size_t group)
{
    return group >= 1 && group <= regex->names.count ? regex->names.items[group - 1] : STR("");
}

size_t
regex_group_find(const Regex *regex, Str name)
{
    for (size_t i = 0; i < regex->names.count; i++) {
        if (name.n && str_eq(regex->names.items[i], name))
            return i + 1;
    }
    return 0;
}

RegexResult
regex_match(const Regex *regex, Str text, size_t from, RegexSpan *spans, size_t span_count)
{
    if (from > text.n)
        return REGEX_NONE;
    Scratch *scratch = scratch_get((uint32_t)regex->names.count + 1);
    if (!scratch)
        return REGEX_LIMIT;
    int n = pcre2_match(regex->code, (PCRE2_SPTR)(text.p ? text.p : ""), text.n, from, 0,
                        scratch->data, scratch->context);
    if (n == PCRE2_ERROR_NOMATCH || n == PCRE2_ERROR_BADUTFOFFSET)
        return REGEX_NONE;
    if (n <= 0)
        return REGEX_LIMIT;
    const PCRE2_SIZE *pairs = pcre2_get_ovector_pointer(scratch->data);
    /* To PCRE2 a text ends, and begins, where bytes are no UTF-8. */
    if (regex->is_anchored && (pairs[0] != 0 || pairs[1] != text.n))
        return REGEX_NONE;
    for (size_t i = 0; i < span_count; i++) {
        bool set = i < (size_t)n && pairs[2 * i] != PCRE2_UNSET;
        spans[i].start = set ? pairs[2 * i] : REGEX_UNSET;
        spans[i].end = set ? pairs[2 * i + 1] : REGEX_UNSET;
    }
    return REGEX_FOUND;
}

void
regex_quote(Str text, Buf *out)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] && strchr("\\.+*?()|[]{}^$", text.p[i]))
            buf_addc(out, '\\');
        buf_addc(out, text.p[i]);
    }
}
