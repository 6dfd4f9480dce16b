/* SPDX-License-Identifier: Apache-2.0 */
/* log_spec.c -- compiles what a `logs` source looks for. */
#include "analyzer/query/log_spec.h"

#include "base/limits.h"
#include "base/timestamp.h"
#include "base/utf8.h"
#include "base/yaml_position.h"

#include <stdio.h>

enum { DEFAULT_SAMPLES = 5 };

/* Fields of groups and samples: a capture of that name would hide one. */
static const char *const FIELDS[] = {
    "count", "first", "last", "namespace", "pod", "container", "samples", "values", "at_least",
    "line", "time", "text", "member", "before", "after", NULL,
};
static const char *const PLACES[] = {"namespace", "pod", "container", NULL};

typedef struct {
    Arena *arena;
    const SourceDiagnostics *diagnostics;
    LogSpec *spec;
    VEC(Str) captures;
    bool bad;
} Compiler;

static void PRINTF_LIKE(3, 4)
complain(Compiler *c, const Node *node, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    c->diagnostics->report(c->diagnostics->context, false, node->line, node->column, text);
    c->bad = true;
}

/* Of the text of a pattern, at a column of it. */
static void
complain_inside(Compiler *c, const Node *node, unsigned column, const char *text)
{
    const SourceDiagnostics *d = c->diagnostics;
    unsigned line = node->line;
    unsigned place = node->column;
    size_t offset = 0;
    if (d->text.n && utf8_offset(node->string, column ? column - 1 : 0, &offset))
        yaml_position(d->text, node, offset, &line, &place);
    d->report(d->context, false, line, place, text);
    c->bad = true;
}

static bool
is_one_of(Str name, const char *const *list)
{
    for (; *list; list++)
        if (str_is(name, *list))
            return true;
    return false;
}

static bool
has_capture(const Compiler *c, Str name)
{
    for (size_t i = 0; i < c->captures.count; i++)
        if (str_eq(c->captures.items[i], name))
            return true;
    return false;
}

static Status
add_captures(Compiler *c, const Node *node, const Regex *regex, Err *err)
{
    for (size_t group = 1; group <= regex_group_count(regex); group++) {
        Str name = regex_group_name(regex, group);
        if (name.n == 0 || has_capture(c, name))
            continue;
        if (is_one_of(name, FIELDS)) {
            complain(c, node, "the group '" STR_FMT "' has the name of a field; rename it",
                     STR_ARG(name));
            continue;
        }
        Str *slot = VEC_PUSH(c->arena, &c->captures);
        if (!slot)
            return err_nomem(err);
        *slot = name;
    }
    return ST_OK;
}

static Status
compile_pattern(Compiler *c, const Node *node, LogPattern *ret, Err *err)
{
    if (node->type != NODE_STRING || node->string.n == 0) {
        complain(c, node, "a pattern must be a text that is not empty, not a %s",
                 node_type_name((NodeType)node->type));
        return ST_OK;
    }
    Err local = {0};
    Status status = regex_compile(c->arena, node->string, REGEX_MANY_MATCHES, &ret->regex, &local);
    if (status == ST_NOMEM)
        return err_nomem(err);
    if (status != ST_OK) {
        complain_inside(c, node, local.column, local.text);
        return ST_OK;
    }
    if (regex_group_count(ret->regex) > LOG_PATTERN_GROUPS)
        complain(c, node, "the pattern has more than %d groups; use (?:…) for those that capture "
                 "nothing", LOG_PATTERN_GROUPS);
    if (regex_match(ret->regex, STR(""), 0, NULL, 0) == REGEX_FOUND)
        complain(c, node, "the pattern matches the empty text, so it would match every line");
    return ST_OK;
}

/* One pattern or a list of alternatives. */
static Status
compile_patterns(Compiler *c, const Node *node, LogPattern **ret, size_t *ret_count, Err *err)
{
    bool list = node->type == NODE_LIST;
    size_t count = list ? node->count : 1;
    if (count == 0)
        complain(c, node, "an empty list of patterns matches nothing");
    LogPattern *patterns = ARENA_ARRAY(c->arena, LogPattern, count ? count : 1);
    if (!patterns)
        return err_nomem(err);
    for (size_t i = 0; i < count; i++)
        TRY(compile_pattern(c, list ? &node->items[i] : node, &patterns[i], err));
    *ret = patterns;
    *ret_count = count;
    return ST_OK;
}

/* Which group of each pattern holds each capture of the spec. */
static Status
bind_captures(Compiler *c, Err *err)
{
    LogSpec *spec = c->spec;
    spec->captures = c->captures.items;
    spec->capture_count = c->captures.count;
    for (size_t i = 0; i < spec->match_count; i++) {
        LogPattern *pattern = &spec->match[i];
        pattern->capture_groups = ARENA_ARRAY(c->arena, size_t, spec->capture_count);
        if (!pattern->capture_groups)
            return err_nomem(err);
        for (size_t k = 0; k < spec->capture_count; k++)
            pattern->capture_groups[k] = regex_group_find(pattern->regex, spec->captures[k]);
    }
    return ST_OK;
}

static Status
compile_group_by(Compiler *c, const Node *node, Err *err)
{
    LogSpec *spec = c->spec;
    if (!node) {
        spec->group_by = ARENA_ARRAY(c->arena, Str, 3);
        if (!spec->group_by)
            return err_nomem(err);
        for (; PLACES[spec->group_by_count]; spec->group_by_count++)
            spec->group_by[spec->group_by_count] = str_of(PLACES[spec->group_by_count]);
        return ST_OK;
    }
    if (node->type != NODE_LIST) {
        complain(c, node, "'group_by' must be a list of names");
        return ST_OK;
    }
    spec->group_by = ARENA_ARRAY(c->arena, Str, node->count);
    if (!spec->group_by)
        return err_nomem(err);
    for (size_t i = 0; i < node->count; i++) {
        Str name = node_string(&node->items[i]);
        if (!is_one_of(name, PLACES) && !has_capture(c, name))
            complain(c, &node->items[i],
                     "'group_by' takes namespace, pod, container and named groups of 'match', "
                     "not '" STR_FMT "'", STR_ARG(name));
        spec->group_by[spec->group_by_count++] = name;
    }
    return ST_OK;
}

static void
read_count(Compiler *c, const Node *node, const char *key, int64_t least, int64_t most,
           int64_t fallback, int64_t *ret)
{
    *ret = fallback;
    if (!node)
        return;
    if (node->type != NODE_INT || node->integer < least || node->integer > most)
        complain(c, node, "'%s' must be a whole number from %lld to %lld", key, (long long)least,
                 (long long)most);
    else
        *ret = node->integer;
}

static void
read_duration(Compiler *c, const Node *node, const char *key, int64_t *ret)
{
    if (!node)
        return;
    if (!duration_parse(node_string(node), ret) || *ret <= 0)
        complain(c, node, "'%s' must be a length of time such as 10m or 30s", key);
}

static void
check_keys(Compiler *c, const Node *node, const char *name, const char *const *keys)
{
    if (node->type != NODE_MAP) {
        complain(c, node, "'%s' must be a mapping", name);
        return;
    }
    for (size_t i = 0; i < node->count; i++) {
        const NodePair *pair = &node->pairs[i];
        if (is_one_of(pair->key, keys))
            continue;
        const char *nearest = str_nearest(pair->key, keys);
        Node place = {.line = pair->line, .column = pair->column};
        complain(c, &place, "unknown key '" STR_FMT "' in '%s'%s%s%s", STR_ARG(pair->key), name,
                 nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    }
}

static void
compile_numbers(Compiler *c, const Node *mapping)
{
    LogSpec *spec = c->spec;
    int64_t number;
    read_duration(c, node_get(mapping, STR("window")), "window", &spec->window_ns);
    read_count(c, node_get(mapping, STR("min")), "min", 1, INT64_MAX, 1, &number);
    spec->min = (uint64_t)number;
    read_count(c, node_get(mapping, STR("samples")), "samples", 1, (int64_t)LIMIT_SAMPLE_COUNT,
               DEFAULT_SAMPLES, &number);
    spec->samples = (uint32_t)number;
    const Node *context = node_get(mapping, STR("context"));
    if (!context)
        return;
    static const char *const KEYS[] = {"before", "after", NULL};
    check_keys(c, context, "context", KEYS);
    read_count(c, node_get(context, STR("before")), "before", 0, LOG_CONTEXT_LINES, 0, &number);
    spec->before = (uint32_t)number;
    read_count(c, node_get(context, STR("after")), "after", 0, LOG_CONTEXT_LINES, 0, &number);
    spec->after = (uint32_t)number;
}

static void
compile_near(Compiler *c, const Node *node)
{
    static const char *const KEYS[] = {"of", "within", NULL};
    if (!node)
        return;
    check_keys(c, node, "near", KEYS);
    c->spec->near_of = node_string(node_get(node, STR("of")));
    read_duration(c, node_get(node, STR("within")), "within", &c->spec->near_ns);
    if (node->type == NODE_MAP && (c->spec->near_of.n == 0 || c->spec->near_ns == 0))
        complain(c, node, "'near' needs 'of', the name of another logs source, and 'within'");
}

Status
log_spec_compile(Arena *arena, const Node *mapping, const CelProgram *where,
                 const SourceDiagnostics *diagnostics, const LogSpec **ret, Err *err)
{
    Compiler c = {.arena = arena, .diagnostics = diagnostics, .spec = ARENA_NEW(arena, LogSpec)};
    if (!c.spec)
        return err_nomem(err);
    const Node *match = node_get(mapping, STR("match"));
    const Node *drop = node_get(mapping, STR("not"));
    if (match)
        TRY(compile_patterns(&c, match, &c.spec->match, &c.spec->match_count, err));
    else
        complain(&c, mapping, "'logs' needs 'match', a pattern or a list of them");
    if (drop)
        TRY(compile_patterns(&c, drop, &c.spec->drop, &c.spec->drop_count, err));
    for (size_t i = 0; i < c.spec->match_count; i++)
        if (c.spec->match[i].regex)
            TRY(add_captures(&c, match, c.spec->match[i].regex, err));
    c.spec->where = where;
    TRY(compile_group_by(&c, node_get(mapping, STR("group_by")), err));
    compile_numbers(&c, mapping);
    compile_near(&c, node_get(mapping, STR("near")));
    if (c.bad)
        return err_set(err, ST_RULE, "errors in a logs source");
    TRY(bind_captures(&c, err));
    *ret = c.spec;
    return ST_OK;
}

bool
log_spec_keeps_hits(const LogSpec *spec)
{
    return spec->where || spec->window_ns || spec->near_of.n;
}
