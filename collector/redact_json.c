/* SPDX-License-Identifier: Apache-2.0 */
/* redact_json.c -- finds secrets by what a JSON document says they are. */
#include "collector/redact_private.h"
#include "collector/secret_name.h"
#include "collector/span.h"

#include "base/node.h"

#include <stdlib.h>
#include <string.h>

enum { NESTED_MAX = 4 };       /* JSON in a string in JSON in a string ... */

/* One replacement: the bytes [at, end) become text. */
typedef struct {
    uint32_t at;
    uint32_t end;
    Str text;
} Edit;

typedef struct {
    Arena *arena;
    SpanTree tree;
    unsigned nested;
    RedactHitFn *on_hit;
    void *context;
    VEC(Edit) edits;
    bool *taken;               /* by span: replaced already, with all below it */
    bool failed;               /* out of memory */
} Walk;

static bool edit_text(Arena *arena, Str text, const char *plural, unsigned nested,
                      RedactHitFn *on_hit, void *context, Str *ret, Err *err, Status *ret_status);

static void
replace(Walk *walk, uint32_t span, Str text)
{
    Edit *edit = VEC_PUSH(walk->arena, &walk->edits);
    if (!edit) {
        walk->failed = true;
        return;
    }
    *edit = (Edit){walk->tree.spans[span].at, walk->tree.spans[span].end, text};
    for (uint32_t i = span; i < walk->tree.spans[span].after; i++)
        walk->taken[i] = true;
}

/* Whether a value says nothing that is worth hiding. */
static bool
is_empty_value(Str value)
{
    return value.n == 0 || str_is(value, "true") || str_is(value, "false") ||
           str_starts(value, STR("<redacted")) || str_starts(value, STR("$("));
}

static void
hide(Walk *walk, uint32_t span, RedactRule rule)
{
    if (!span || walk->taken[span] || !span_is(&walk->tree, span, SPAN_STRING) ||
        is_empty_value(span_string(&walk->tree, span)))
        return;
    Str text = arena_strf(walk->arena, "\"%s\"", redact_placeholder(rule));
    if (!text.p)
        walk->failed = true;
    else
        replace(walk, span, text);
    walk->on_hit(walk->context, rule);
}

static bool
named_value_is_secret(Str name, Str value)
{
    SecretName named = secret_name(name);
    return named == SECRET_NAME_STRONG || (named == SECRET_NAME_WEAK && secret_value_likely(value));
}

static void
hide_secret_data(Walk *walk, uint32_t object)
{
    static const char *const FIELDS[] = {"data", "stringData"};
    for (size_t f = 0; f < sizeof FIELDS / sizeof *FIELDS; f++) {
        uint32_t data = span_get(&walk->tree, object, FIELDS[f]);
        for (uint32_t i = data ? span_first(&walk->tree, data) : 0; i;
             i = span_next(&walk->tree, data, i))
            hide(walk, i, REDACT_SECRET_DATA);
    }
}

/* A key or a store of keys as a file in a ConfigMap: base64, so that its shape says nothing. */
static void
hide_key_files(Walk *walk, uint32_t files)
{
    static const char *const ENDINGS[] = {".key", ".p12", ".pfx", ".jks", ".keystore", ".keytab"};
    const SpanTree *tree = &walk->tree;
    for (uint32_t i = files ? span_first(tree, files) : 0; i; i = span_next(tree, files, i))
        for (size_t e = 0; e < sizeof ENDINGS / sizeof *ENDINGS; e++)
            if (str_ends(span_key(tree, i), str_of(ENDINGS[e])))
                hide(walk, i, REDACT_KEY_VALUE);
}

/* {"name": "DB_PASSWORD", "value": "x"} and Envoy's {"key": ..., "value": ...}. */
static void
hide_named_value(Walk *walk, uint32_t object)
{
    const SpanTree *tree = &walk->tree;
    uint32_t value = span_get(tree, object, "value");
    if (!value)
        value = span_get(tree, object, "raw_value");
    if (!value)
        return;
    uint32_t name = span_get(tree, object, "name");
    if (!name)
        name = span_get(tree, object, "key");
    if (name && named_value_is_secret(span_string(tree, name), span_string(tree, value)))
        hide(walk, value, REDACT_ENV_VALUE);
}

static void
hide_in_object(Walk *walk, uint32_t object, const char *plural)
{
    const SpanTree *tree = &walk->tree;
    Str kind = span_string(tree, span_get(tree, object, "kind"));
    if (str_is(kind, "Secret") || (object == 0 && plural && strcmp(plural, "secrets") == 0))
        hide_secret_data(walk, object);
    hide_key_files(walk, span_get(tree, object, "binaryData"));
    hide_named_value(walk, object);
    for (uint32_t i = span_first(tree, object); i; i = span_next(tree, object, i))
        if (tree->spans[i].type == SPAN_STRING && !walk->taken[i] &&
            named_value_is_secret(span_key(tree, i), span_string(tree, i)))
            hide(walk, i, REDACT_KEY_VALUE);
}

/* ["--password", "x"] */
static void
hide_in_list(Walk *walk, uint32_t list)
{
    const SpanTree *tree = &walk->tree;
    uint32_t before = 0;
    for (uint32_t i = span_first(tree, list); i; before = i, i = span_next(tree, list, i)) {
        Str option = before ? span_string(tree, before) : (Str){0};
        if (str_starts(option, STR("-")) && !str_starts(span_string(tree, i), STR("-")) &&
            named_value_is_secret(option, span_string(tree, i)))
            hide(walk, i, REDACT_ARGUMENT);
    }
}

/* A string that is itself a JSON document, as kubectl's last-applied-configuration. */
static void
hide_in_string(Walk *walk, uint32_t span)
{
    Str text = span_string(&walk->tree, span);
    Str changed;
    Status ignored;
    if (walk->nested >= NESTED_MAX || text.n < 2 || (text.p[0] != '{' && text.p[0] != '['))
        return;
    if (!edit_text(walk->arena, text, NULL, walk->nested + 1, walk->on_hit, walk->context, &changed,
                   NULL, &ignored))
        return;
    CLEANUP(buf_done) Buf quoted = BUF_INIT(SIZE_MAX);
    Node node = {.type = NODE_STRING, .string = changed};
    node_write_json(&node, 0, &quoted);
    Str copy = arena_str(walk->arena, buf_str(&quoted));
    if (!copy.p || quoted.failed != ST_OK)
        walk->failed = true;
    else
        replace(walk, span, copy);
}

static int
by_position(const void *a, const void *b)
{
    uint32_t left = ((const Edit *)a)->at;
    uint32_t right = ((const Edit *)b)->at;
    return left < right ? -1 : left > right;
}

static bool
apply(Walk *walk, Str *ret)
{
    size_t bytes = walk->tree.text.n;
    for (size_t i = 0; i < walk->edits.count; i++)
        bytes += walk->edits.items[i].text.n;
    char *out = arena_alloc(walk->arena, bytes + 1);
    if (!out)
        return false;
    qsort(walk->edits.items, walk->edits.count, sizeof *walk->edits.items, by_position);
    size_t n = 0;
    size_t from = 0;
    for (size_t i = 0; i < walk->edits.count; i++) {
        const Edit *edit = &walk->edits.items[i];
        memcpy(out + n, walk->tree.text.p + from, edit->at - from);
        n += edit->at - from;
        memcpy(out + n, edit->text.p, edit->text.n);
        n += edit->text.n;
        from = edit->end;
    }
    memcpy(out + n, walk->tree.text.p + from, walk->tree.text.n - from);
    n += walk->tree.text.n - from;
    *ret = (Str){out, n};
    return true;
}

/* True where the text was changed; *ret_status tells why it was not. */
static bool
edit_text(Arena *arena, Str text, const char *plural, unsigned nested, RedactHitFn *on_hit,
          void *context, Str *ret, Err *err, Status *ret_status)
{
    Walk walk = {.arena = arena, .nested = nested, .on_hit = on_hit, .context = context};
    *ret_status = span_parse(arena, text, &walk.tree, err);
    if (*ret_status != ST_OK)
        return false;
    walk.taken = ARENA_ARRAY(arena, bool, walk.tree.count);
    walk.failed = !walk.taken;
    for (uint32_t i = 0; i < walk.tree.count && !walk.failed; i++) {
        if (walk.taken[i])
            continue;
        if (walk.tree.spans[i].type == SPAN_OBJECT)
            hide_in_object(&walk, i, plural);
        else if (walk.tree.spans[i].type == SPAN_LIST)
            hide_in_list(&walk, i);
        else if (walk.tree.spans[i].type == SPAN_STRING)
            hide_in_string(&walk, i);
    }
    if (walk.failed)
        *ret_status = err_nomem(err);
    if (walk.failed || walk.edits.count == 0)
        return false;
    if (!apply(&walk, ret)) {
        *ret_status = err_nomem(err);
        return false;
    }
    return true;
}

Status
redact_json(Arena *scratch, Str text, const char *plural, RedactHitFn *on_hit, void *context,
            Buf *out, Err *err)
{
    Status status;
    Str changed = text;
    if (!edit_text(scratch, text, plural, 0, on_hit, context, &changed, err, &status) &&
        status != ST_OK)
        return status;
    buf_add_str(out, changed);
    return buf_status(out, err);
}
