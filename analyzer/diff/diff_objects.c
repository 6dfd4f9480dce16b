/* SPDX-License-Identifier: Apache-2.0 */
/* diff_objects.c -- objects added, removed, and changed by field. */
#include "analyzer/diff/diff_private.h"

#include "base/limits.h"

/* Two objects of one name that are compared. */
typedef struct {
    Comparison *c;
    Str subject;
    Buf path;               /* of the field, grows and shrinks */
} Pair;

static bool
is_ignored_key(Str key)
{
    static const char *const KEYS[] = {
#define IGNORED_RESOURCE(name)
#define IGNORED_FIELD(key) key,
#define IGNORED_PATH(path)
#include "analyzer/diff/ignored.def"
#undef IGNORED_FIELD
#undef IGNORED_PATH
    };
    for (size_t i = 0; i < sizeof KEYS / sizeof *KEYS; i++)
        if (str_is(key, KEYS[i]))
            return true;
    return false;
}

static bool
is_ignored_path(Str path)
{
    static const char *const PATHS[] = {
#define IGNORED_FIELD(key)
#define IGNORED_PATH(path) path,
#include "analyzer/diff/ignored.def"
#undef IGNORED_RESOURCE
#undef IGNORED_FIELD
#undef IGNORED_PATH
    };
    for (size_t i = 0; i < sizeof PATHS / sizeof *PATHS; i++)
        if (str_is(path, PATHS[i]))
            return true;
    return false;
}

/* ---- values ---- */

static bool
equal(const Node *a, const Node *b)
{
    if (a->type != b->type)
        return false;
    switch ((NodeType)a->type) {
    case NODE_NULL:
        return true;
    case NODE_BOOL:
        return a->boolean == b->boolean;
    case NODE_INT:
        return a->integer == b->integer;
    case NODE_DOUBLE:
        return !(a->number < b->number) && !(a->number > b->number);
    case NODE_STRING:
        return str_eq(a->string, b->string);
    case NODE_LIST:
        if (a->count != b->count)
            return false;
        for (uint32_t i = 0; i < a->count; i++)
            if (!equal(&a->items[i], &b->items[i]))
                return false;
        return true;
    case NODE_MAP:
        if (a->count != b->count)
            return false;
        for (uint32_t i = 0; i < a->count; i++) {
            const Node *other = node_get(b, a->pairs[i].key);
            if (!other || !equal(&a->pairs[i].value, other))
                return false;
        }
        return true;
    }
    return false;
}

/* A value as text, cut to what can be read. */
static Str
value_text(const Comparison *c, const Node *node)
{
    if (!node)
        return STR("");
    CLEANUP(buf_done) Buf out = BUF_INIT(LIMIT_ITEM_BYTES * 8);
    node_write_json(node, 0, &out);
    if (out.failed != ST_OK)
        return STR("(too long)");
    if (out.n <= LIMIT_EXCERPT_BYTES)
        return arena_str(c->arena, buf_str(&out));
    Str head = str_head(buf_str(&out), LIMIT_EXCERPT_BYTES);
    return arena_strf(c->arena, STR_FMT "...", STR_ARG(head));
}

static Status
note(Pair *pair, const Node *before, const Node *after)
{
    Comparison *c = pair->c;
    TRY(buf_status(&pair->path, c->err));
    ChangeWay way = !before ? CHANGE_ADDED : !after ? CHANGE_REMOVED : CHANGE_CHANGED;
    return add_change(c, &(Change){CHANGE_OBJECT, way, pair->subject,
                                   arena_str(c->arena, buf_str(&pair->path)),
                                   value_text(c, before), value_text(c, after)});
}

/* ---- trees ---- */

static Status compare(Pair *pair, const Node *before, const Node *after);

static void
go_back(Pair *pair, size_t n)
{
    if (pair->path.failed == ST_OK && pair->path.n > n) {
        pair->path.n = n;
        pair->path.data[n] = '\0';
    }
}

static Status
compare_key(Pair *pair, Str key, const Node *before, const Node *after)
{
    size_t n = pair->path.n;
    if (is_ignored_key(key))
        return ST_OK;
    buf_adds(&pair->path, n > 0 ? "." : "");
    buf_add_str(&pair->path, key);
    Status status = is_ignored_path(buf_str(&pair->path)) ? ST_OK : compare(pair, before, after);
    go_back(pair, n);
    return status;
}

static Status
compare_maps(Pair *pair, const Node *before, const Node *after)
{
    for (uint32_t i = 0; i < before->count; i++) {
        Str key = before->pairs[i].key;
        TRY(compare_key(pair, key, &before->pairs[i].value, node_get(after, key)));
    }
    for (uint32_t i = 0; i < after->count; i++) {
        Str key = after->pairs[i].key;
        if (!node_get(before, key))
            TRY(compare_key(pair, key, NULL, &after->pairs[i].value));
    }
    return ST_OK;
}

/* The first of some keys that tells every element of the list from the others; NULL: none. */
static const char *
key_of(const Node *list)
{
    static const char *const KEYS[] = {"name", "type", "key", "mountPath", "port", "ip", "host"};
    for (size_t k = 0; k < sizeof KEYS / sizeof *KEYS; k++) {
        bool fits = list->count > 0 && list->count <= 1000;
        for (uint32_t i = 0; i < list->count && fits; i++) {
            const Node *value = node_get(&list->items[i], str_of(KEYS[k]));
            fits = node_is(value, NODE_STRING);
            for (uint32_t j = 0; j < i && fits; j++)
                fits = !equal(value, node_get(&list->items[j], str_of(KEYS[k])));
        }
        if (fits)
            return KEYS[k];
    }
    return NULL;
}

static const Node *
find_element(const Node *list, const char *key, Str value)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (str_eq(node_string(node_get(&list->items[i], str_of(key))), value))
            return &list->items[i];
    return NULL;
}

static Status
compare_element(Pair *pair, const char *key, Str value, const Node *before, const Node *after)
{
    size_t n = pair->path.n;
    buf_printf(&pair->path, "[%s=", key);
    buf_add_str(&pair->path, value);
    buf_addc(&pair->path, ']');
    Status status = compare(pair, before, after);
    go_back(pair, n);
    return status;
}

static Status
compare_lists(Pair *pair, const Node *before, const Node *after)
{
    const char *key = key_of(before);
    const char *other = key_of(after);
    if (!key || key != other)
        return equal(before, after) ? ST_OK : note(pair, before, after);
    for (uint32_t i = 0; i < before->count; i++) {
        Str value = node_string(node_get(&before->items[i], str_of(key)));
        TRY(compare_element(pair, key, value, &before->items[i], find_element(after, key, value)));
    }
    for (uint32_t i = 0; i < after->count; i++) {
        Str value = node_string(node_get(&after->items[i], str_of(key)));
        if (!find_element(before, key, value))
            TRY(compare_element(pair, key, value, NULL, &after->items[i]));
    }
    return ST_OK;
}

static Status
compare(Pair *pair, const Node *before, const Node *after)
{
    if (node_is(before, NODE_MAP) && node_is(after, NODE_MAP))
        return compare_maps(pair, before, after);
    if (node_is(before, NODE_LIST) && node_is(after, NODE_LIST))
        return compare_lists(pair, before, after);
    if (before && after && equal(before, after))
        return ST_OK;
    return note(pair, before, after);
}

/* ---- objects ---- */

static Str
subject_of(const Comparison *c, const Object *object)
{
    return object->ns.n > 0
               ? arena_strf(c->arena, STR_FMT " " STR_FMT "/" STR_FMT, STR_ARG(object->kind),
                            STR_ARG(object->ns), STR_ARG(object->name))
               : arena_strf(c->arena, STR_FMT " " STR_FMT, STR_ARG(object->kind),
                            STR_ARG(object->name));
}

static Status
compare_pair(Comparison *c, const Object *before, const Object *after)
{
    Pair pair = {c, subject_of(c, before), BUF_INIT(64 << 10)};
    Status status = pair.subject.p ? compare(&pair, before->node, after->node)
                                   : err_nomem(c->err);
    buf_done(&pair.path);
    return status;
}

static Status
note_object(Comparison *c, const Object *object, ChangeWay way)
{
    return add_change(c, &(Change){CHANGE_OBJECT, way, subject_of(c, object), STR(""), STR(""),
                                   STR("")});
}

static int
order_of(const Object *a, const Object *b)
{
    int order = str_cmp(a->ns, b->ns);
    return order ? order : str_cmp(a->name, b->name);
}

/* Both lists are in the same order. */
static Status
merge(Comparison *c, const Objects *before, const Objects *after)
{
    for (size_t i = 0, j = 0; i < before->count || j < after->count;) {
        int order = i == before->count  ? 1
                    : j == after->count ? -1
                                        : order_of(before->items[i], after->items[j]);
        if (order == 0) {
            TRY(compare_pair(c, before->items[i++], after->items[j++]));
        } else if (order < 0) {
            /* What an incomplete list lacks may be there all the same. */
            if (after->state == EVIDENCE_COMPLETE)
                TRY(note_object(c, before->items[i], CHANGE_REMOVED));
            i++;
        } else {
            if (before->state == EVIDENCE_COMPLETE)
                TRY(note_object(c, after->items[j], CHANGE_ADDED));
            j++;
        }
    }
    return ST_OK;
}

Status
compare_objects(Comparison *c)
{
    Bundle *const bundles[2] = {c->sides[0]->bundle, c->sides[1]->bundle};
    ResourceNames names = {0};
    TRY(resource_names(bundles, c->arena, &names, c->err));
    for (size_t i = 0; i < names.count; i++) {
        Objects sides[2];
        for (size_t side = 0; side < 2; side++)
            TRY(model_objects(c->sides[side]->model, names.items[i], NULL, &sides[side], c->err));
        TRY(add_gap(c, names.items[i], sides[0].gap, sides[1].gap));
        TRY(merge(c, &sides[0], &sides[1]));
    }
    return ST_OK;
}
