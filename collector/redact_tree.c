/* SPDX-License-Identifier: Apache-2.0 */
/* redact_tree.c -- finds secrets by what a document says they are. */
#include "collector/redact_private.h"

#include "base/cleanup.h"
#include "base/node.h"
#include "collector/identity.h"
#include "collector/redact_argument.h"
#include "collector/redact_assign.h"
#include "collector/secret_name.h"

#include <stdlib.h>
#include <string.h>

enum { STRING_MIN = 6 };       /* shorter ones hold nothing that has a shape */

/* One replacement: the bytes [at, end) become text. */
typedef struct {
    uint32_t at;
    uint32_t end;
    Str text;
} Edit;

typedef struct {
    const RedactWalk *shared;
    const SpanTree *tree;
    const RedactSpot *outer;
    VEC(Edit) edits;
    bool *taken;               /* by span: replaced already, with all below it */
    Status failed;             /* ST_NOMEM */
} Tree;

static void
replace(Tree *tree, uint32_t span, Str text)
{
    const Span *place = &tree->tree->spans[span];
    Edit *edit = VEC_PUSH(tree->shared->arena, &tree->edits);
    if (!edit || !text.p) {
        tree->failed = ST_NOMEM;
        return;
    }
    *edit = (Edit){place->at, place->end, text};
    for (uint32_t i = span; i < place->after; i++)
        tree->taken[i] = true;
}

/* A value that says nothing which is worth hiding. */
static bool
is_empty_value(Str value)
{
    return value.n == 0 || str_is(value, "true") || str_is(value, "false") || str_is(value, "null") ||
           str_starts(value, STR("<redacted")) || str_starts(value, STR("$("));
}

/* Block scalars of YAML end with their line's end. */
static Str
with_line_end(Tree *tree, uint32_t span, Str text)
{
    Str raw = span_raw(tree->tree, span);
    bool block = tree->tree->strings && raw.n > 0 && raw.p[raw.n - 1] == '\n';
    return block ? arena_strf(tree->shared->arena, "%.*s\n", STR_ARG(text)) : text;
}

static void
hide(Tree *tree, uint32_t span, RedactRule rule)
{
    const SpanTree *t = tree->tree;
    if (!span || tree->taken[span] || t->spans[span].type == SPAN_WORD)
        return;
    bool is_string = t->spans[span].type == SPAN_STRING;
    Str value = is_string ? span_string(t, span) : span_raw(t, span);
    if (is_empty_value(value))
        return;
    RedactSpot spot = {t, span, tree->outer};
    tree->shared->on_hit(tree->shared->context,
                         &(RedactHit){rule, SECRET_BY_STRUCTURE, value, &spot});
    Str text = arena_strf(tree->shared->arena, "\"%s\"", redact_placeholder(rule));
    replace(tree, span, with_line_end(tree, span, text));
}

/* All values of a map, whatever they are. */
static void
hide_values(Tree *tree, uint32_t map, RedactRule rule)
{
    for (uint32_t i = map ? span_first(tree->tree, map) : 0; i; i = span_next(tree->tree, map, i))
        hide(tree, i, rule);
}

static void
hide_secret_data(Tree *tree, uint32_t object)
{
    hide_values(tree, span_get(tree->tree, object, "data"), REDACT_SECRET_DATA);
    hide_values(tree, span_get(tree->tree, object, "stringData"), REDACT_SECRET_DATA);
}

/* A Secret by its kind, or by a type that only Secrets have. */
static bool
is_secret(const SpanTree *tree, uint32_t object, const char *plural)
{
    static const char *const TYPES[] = {"Opaque", "kubernetes.io/", "istio.io/", "helm.sh/release",
                                        "bootstrap.kubernetes.io/"};
    if (str_is(span_string(tree, span_get(tree, object, "kind")), "Secret") ||
        (object == 0 && plural && strcmp(plural, "secrets") == 0))
        return true;
    Str type = span_string(tree, span_get(tree, object, "type"));
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES && type.n > 0; i++)
        if (str_starts(type, str_of(TYPES[i])))
            return true;
    return false;
}

static void
hide_secret_list(Tree *tree, uint32_t object)
{
    uint32_t items = span_get(tree->tree, object, "items");
    for (uint32_t i = items ? span_first(tree->tree, items) : 0; i;
         i = span_next(tree->tree, items, i))
        hide_secret_data(tree, i);
}

/* A key or a store of keys as a file in a ConfigMap: its bytes say nothing of it. */
static void
hide_key_files(Tree *tree, uint32_t files)
{
    const SpanTree *t = tree->tree;
    for (uint32_t i = files ? span_first(t, files) : 0; i; i = span_next(t, files, i))
        if (secret_file_name(span_key(t, i)))
            hide(tree, i, REDACT_KEY_VALUE);
}

/* {"name": "DB_PASSWORD", "value": "x"} and Envoy's {"key": ..., "value": ...}. */
static void
hide_named_value(Tree *tree, uint32_t object)
{
    static const char *const NAMES[] = {"name", "key", "header_name", "Name", "Key"};
    static const char *const VALUES[] = {"value", "raw_value", "Value", "string_value", "stringValue"};
    const SpanTree *t = tree->tree;
    uint32_t value = 0;
    uint32_t name = 0;
    for (size_t i = 0; i < sizeof VALUES / sizeof *VALUES && !value; i++)
        value = span_get(t, object, VALUES[i]);
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES && !name && value; i++)
        name = span_get(t, object, NAMES[i]);
    if (value && name && redact_named_value(span_string(t, name), span_string(t, value)))
        hide(tree, value, REDACT_ENV_VALUE);
}

/* A key below a secret's name that tells where it is, or what kind it is of. */
static bool
is_reference(Str key)
{
    static const char *const KEYS[] = {"name", "key", "namespace", "type", "kind", "description", "format",
                                       "pattern", "path", "file", "filename", "optional", "id", "title",
                                       "default", "example", "ttl", "mountPath", "header", "in", "apiVersion"};
    static const char *const ENDINGS[] = {"Name", "Ref", "From", "Type", "_name", "_ref", "_type",
                                          "Path", "_path", "File"};
    for (size_t i = 0; i < sizeof KEYS / sizeof *KEYS; i++)
        if (str_is(key, KEYS[i]))
            return true;
    for (size_t i = 0; i < sizeof ENDINGS / sizeof *ENDINGS; i++)
        if (str_ends(key, str_of(ENDINGS[i])))
            return true;
    return false;
}

static bool
is_object_holder(Str key)
{
    return str_ends(key, STR("From")) || str_ends(key, STR("Ref")) || str_ends(key, STR("_ref")) ||
           str_is(key, "properties") || str_is(key, "items");
}

/* A value somewhere below a key named like a secret.  likely: only what looks like one. */
static void
hide_one_below(Tree *tree, uint32_t i, bool likely)
{
    const SpanTree *t = tree->tree;
    Str value = span_string(t, i);
    bool taken = t->spans[i].type == SPAN_STRING &&
                 (likely ? redact_is_likely(value) : !secret_value_is_path(value));
    if (taken || (!likely && t->spans[i].type == SPAN_NUMBER && span_raw(t, i).n >= 4))
        hide(tree, i, REDACT_KEY_VALUE);
}

/* Values of a list or a map that may be called "secrets". */
static void
hide_children(Tree *tree, uint32_t span)
{
    const SpanTree *t = tree->tree;
    for (uint32_t i = span_first(t, span); i; i = span_next(t, span, i))
        if (!tree->taken[i] && (!t->spans[i].has_key || !is_reference(span_key(t, i))))
            hide_one_below(tree, i, true);
}

/* All that stands below a key named like a secret but for what only refers to it. */
static void
hide_below(Tree *tree, uint32_t span, bool likely)
{
    const SpanTree *t = tree->tree;
    uint32_t skip = 0;                   /* subtrees that end before it only refer */
    if (t->spans[span].type == SPAN_NUMBER)
        hide_one_below(tree, span, likely);
    for (uint32_t i = span + 1; i < t->spans[span].after; i++) {
        Str key = t->spans[i].has_key ? span_key(t, i) : (Str){0};
        if (i < skip || tree->taken[i])
            continue;
        if (t->spans[i].type == SPAN_OBJECT || t->spans[i].type == SPAN_LIST)
            skip = is_object_holder(key) ? t->spans[i].after : skip;
        else if (!t->spans[i].has_key || !is_reference(key))
            hide_one_below(tree, i, likely);
    }
}

/* The schema of a kind of object: it has names and no values. */
static bool
is_schema(const SpanTree *t, uint32_t span)
{
    static const char *const TYPES[] = {"object", "string", "array", "boolean", "integer", "number"};
    if (t->spans[span].type != SPAN_OBJECT)
        return false;
    Str type = span_string(t, span_get(t, span, "type"));
    bool typed = false;
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++)
        typed |= str_is(type, TYPES[i]);
    return typed || span_get(t, span, "properties") || span_get(t, span, "$ref");
}

/* The list, map or number of that key. */
static void
hide_by_holder(Tree *tree, uint32_t span, Str key)
{
    SecretName named = secret_name(key);
    bool keys = str_is(key, "keys") || str_ends(key, STR("ticket_keys")) || str_ends(key, STR("TicketKeys"));
    if (is_schema(tree->tree, span))
        return;
    if (keys || named == SECRET_NAME_STRONG)
        hide_below(tree, span, secret_name_is_topic(key));
    else if (named == SECRET_NAME_WEAK && secret_name_is_plural(key))
        hide_children(tree, span);
}

static void
hide_by_keys(Tree *tree, uint32_t object)
{
    const SpanTree *t = tree->tree;
    for (uint32_t i = span_first(t, object); i; i = span_next(t, object, i)) {
        if (tree->taken[i])
            continue;
        Str key = span_key(t, i);
        if (t->spans[i].type == SPAN_STRING) {
            if (redact_named_value(key, span_string(t, i)))
                hide(tree, i, REDACT_KEY_VALUE);
        } else {
            hide_by_holder(tree, i, key);
        }
    }
}

/* {"kty": "RSA", "d": "x"}: what is private of a JSON web key. */
static void
hide_web_key(Tree *tree, uint32_t object)
{
    static const char *const MEMBERS[] = {"d", "p", "q", "dp", "dq", "qi", "k", "oth"};
    if (!span_get(tree->tree, object, "kty"))
        return;
    for (size_t i = 0; i < sizeof MEMBERS / sizeof *MEMBERS; i++)
        hide(tree, span_get(tree->tree, object, MEMBERS[i]), REDACT_KEY_VALUE);
}

/* {"kind": "User", "name": "jane"} of a role binding. */
static void
rename_user(Tree *tree, uint32_t object)
{
    const SpanTree *t = tree->tree;
    Str kind = span_string(t, span_get(t, object, "kind"));
    uint32_t name = span_get(t, object, "name");
    if (!tree->shared->pseudonyms || !name || tree->taken[name] ||
        (!str_is(kind, "User") && !str_is(kind, "Group")))
        return;
    CLEANUP(buf_done) Buf quoted = BUF_INIT(4096);
    CLEANUP(buf_done) Buf made = BUF_INIT(2048);
    if (!identity_user(tree->shared->pseudonyms, span_string(t, name), &made))
        return;
    node_write_json_string(buf_str(&made), &quoted);
    replace(tree, name, arena_str(tree->shared->arena, buf_str(&quoted)));
}

static void
hide_in_object(Tree *tree, uint32_t object, const char *plural)
{
    const SpanTree *t = tree->tree;
    if (is_secret(t, object, plural))
        hide_secret_data(tree, object);
    if (str_is(span_string(t, span_get(t, object, "kind")), "SecretList"))
        hide_secret_list(tree, object);
    hide_key_files(tree, span_get(t, object, "binaryData"));
    hide_key_files(tree, span_get(t, object, "data"));
    hide_named_value(tree, object);
    hide_web_key(tree, object);
    hide_by_keys(tree, object);
    rename_user(tree, object);
}

/* ["--password", "x"], ["mysql", "-px"] and ["cookie", "x=y"] */
static void
hide_in_list(Tree *tree, uint32_t list)
{
    const SpanTree *t = tree->tree;
    Str program = {0};
    uint32_t before = 0;
    for (uint32_t i = span_first(t, list); i; before = i, i = span_next(t, list, i)) {
        Str option = before ? span_string(t, before) : (Str){0};
        Str value = span_string(t, i);
        program = before ? program : value;
        bool attached = str_starts(program, STR("mysql")) && str_starts(value, STR("-p")) && value.n > 4;
        bool pair = before && !str_starts(option, STR("-")) && !secret_value_is_word(value) &&
                    redact_named_value(option, value);
        if (attached || pair || redact_argument(program, option, value))
            hide(tree, i, REDACT_ARGUMENT);
    }
}

/* A string that is itself a document, as kubectl's last-applied-configuration, or that holds
 * something with a shape. */
static void
hide_in_string(Tree *tree, uint32_t span)
{
    Str text = span_string(tree->tree, span);
    if (text.n < STRING_MIN)
        return;
    CLEANUP(buf_done) Buf changed = BUF_INIT(SIZE_MAX);
    CLEANUP(buf_done) Buf quoted = BUF_INIT(SIZE_MAX);
    RedactSpot spot = {tree->tree, span, tree->outer};
    RedactWalk deeper = *tree->shared;
    deeper.depth++;
    deeper.parsed = false;
    changed.secret = true;
    quoted.secret = true;
    if (!redact_content(&deeper, text, NULL, &spot, &changed, &tree->failed))
        return;
    node_write_json_string(buf_str(&changed), &quoted);
    if (changed.failed != ST_OK || quoted.failed != ST_OK)
        tree->failed = ST_NOMEM;
    else
        replace(tree, span,
                with_line_end(tree, span, arena_str(tree->shared->arena, buf_str(&quoted))));
}

static int
by_position(const void *a, const void *b)
{
    uint32_t left = ((const Edit *)a)->at;
    uint32_t right = ((const Edit *)b)->at;
    return left < right ? -1 : left > right;
}

static void
apply(Tree *tree, Buf *out)
{
    Str text = tree->tree->text;
    size_t from = 0;
    if (tree->edits.count)
        qsort(tree->edits.items, tree->edits.count, sizeof *tree->edits.items, by_position);
    for (size_t i = 0; i < tree->edits.count; i++) {
        const Edit *edit = &tree->edits.items[i];
        buf_add_str(out, str_sub(text, from, edit->at - from));
        buf_add_str(out, edit->text);
        from = edit->end;
    }
    buf_add_str(out, str_from(text, from));
}

bool
redact_tree(const RedactWalk *walk, const SpanTree *t, const char *plural, const RedactSpot *outer,
            Buf *out, Status *ret_status)
{
    Tree tree = {.shared = walk, .tree = t, .outer = outer};
    tree.taken = ARENA_ARRAY(walk->arena, bool, t->count);
    tree.failed = tree.taken ? ST_OK : ST_NOMEM;
    for (uint32_t i = 0; i < t->count && tree.failed == ST_OK; i++) {
        if (tree.taken[i])
            continue;
        if (t->spans[i].type == SPAN_OBJECT)
            hide_in_object(&tree, i, plural);
        else if (t->spans[i].type == SPAN_LIST)
            hide_in_list(&tree, i);
        else if (t->spans[i].type == SPAN_STRING)
            hide_in_string(&tree, i);
    }
    if (tree.failed != ST_OK) {
        *ret_status = tree.failed;
        return false;
    }
    apply(&tree, out);
    return tree.edits.count > 0;
}
