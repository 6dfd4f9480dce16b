/* SPDX-License-Identifier: Apache-2.0 */
/* promql_labels.c -- sets of labels: cut, changed, and made keys of. */
#include "analyzer/query/promql_internal.h"

#include <string.h>

bool
promql_is_in(Names names, Str name)
{
    for (size_t i = 0; i < names.count; i++)
        if (str_eq(names.items[i], name))
            return true;
    return false;
}

Status
promql_labels_filter(Eval *eval, Labels labels, LabelFilter *keep, void *context, Labels *ret)
{
    Label *kept = ARENA_ARRAY(eval->arena, Label, labels.count);
    if (!kept)
        return err_nomem(eval->err);
    size_t count = 0;
    for (size_t i = 0; i < labels.count; i++)
        if (keep(context, labels.items[i].name))
            kept[count++] = labels.items[i];
    *ret = (Labels){kept, count};
    return ST_OK;
}

static bool
is_listed(void *context, Str name)
{
    return promql_is_in(*(const Names *)context, name);
}

Status
promql_labels_only(Eval *eval, Labels labels, Names names, Labels *ret)
{
    return promql_labels_filter(eval, labels, is_listed, &names, ret);
}

static bool
is_not_listed(void *context, Str name)
{
    return !promql_is_in(*(const Names *)context, name);
}

Status
promql_labels_without(Eval *eval, Labels labels, Names names, Labels *ret)
{
    return promql_labels_filter(eval, labels, is_not_listed, &names, ret);
}

static bool
is_no_metadata(Str name)
{
    /* Every label name is compared: first by what nearly all of them lack. */
    return name.n < 8 || name.p[0] != '_'
           || !(str_is(name, "__name__") || str_is(name, "__type__") || str_is(name, "__unit__"));
}

static bool
is_no_metadata_filter(void *context, Str name)
{
    (void)context;
    return is_no_metadata(name);
}

Status
promql_labels_drop_name(Eval *eval, Labels labels, Labels *ret)
{
    bool any = false;
    for (size_t i = 0; i < labels.count; i++)
        any = any || !is_no_metadata(labels.items[i].name);
    if (any)
        return promql_labels_filter(eval, labels, is_no_metadata_filter, NULL, ret);
    *ret = labels;
    return ST_OK;
}

Status
promql_labels_set(Eval *eval, Labels labels, Str name, Str value, Labels *ret)
{
    Label *set = ARENA_ARRAY(eval->arena, Label, labels.count + 1);
    if (!set)
        return err_nomem(eval->err);
    size_t count = 0;
    bool placed = value.n == 0;
    for (size_t i = 0; i < labels.count; i++) {
        int order = str_cmp(labels.items[i].name, name);
        if (order >= 0 && !placed) {
            set[count++] = (Label){name, value};
            placed = true;
        }
        if (order != 0)
            set[count++] = labels.items[i];
    }
    if (!placed)
        set[count++] = (Label){name, value};
    *ret = (Labels){set, count};
    return ST_OK;
}

static Status
key_add(Eval *eval, Str part)
{
    size_t wanted = eval->key_bytes + part.n + 1;
    if (wanted > eval->key_capacity) {
        size_t capacity = wanted * 2 + 256;
        char *grown = arena_alloc(eval->arena, capacity);
        if (!grown)
            return err_nomem(eval->err);
        if (eval->key_bytes)
            memcpy(grown, eval->key, eval->key_bytes);
        eval->key = grown;
        eval->key_capacity = capacity;
    }
    if (part.n)
        memcpy(eval->key + eval->key_bytes, part.p, part.n);
    eval->key_bytes += part.n;
    eval->key[eval->key_bytes++] = '\xff';      /* in no valid UTF-8 */
    return ST_OK;
}

Status
promql_key(Eval *eval, Labels labels, Names names, bool on, bool with_name, Str *ret)
{
    eval->key_bytes = 0;
    for (size_t i = 0; i < labels.count; i++) {
        Label label = labels.items[i];
        if (promql_is_in(names, label.name) != on)
            continue;
        if (!with_name && str_is(label.name, "__name__"))
            continue;
        TRY(key_add(eval, label.name));
        TRY(key_add(eval, label.value));
    }
    *ret = (Str){eval->key, eval->key_bytes};
    return ST_OK;
}

Status
promql_group(Eval *eval, Map *groups, Str key, size_t *ret, bool *ret_new)
{
    uintptr_t known = (uintptr_t)map_get(groups, key);
    *ret_new = known == 0;
    if (known) {
        *ret = known - 1;
        return ST_OK;
    }
    Str kept = arena_str(eval->arena, key);
    *ret = groups->count;
    if (!kept.p || !map_put(groups, kept, (void *)(uintptr_t)(groups->count + 1)))
        return err_nomem(eval->err);
    return ST_OK;
}
