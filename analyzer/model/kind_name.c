/* SPDX-License-Identifier: Apache-2.0 */
/* kind_name.c -- how rules name kinds of objects, and which resources a name means. */
#include "analyzer/model/kind_name.h"

#include <string.h>

const ResourceRow RESOURCES[] = {
#define RESOURCE(kind, plural, group, namespaced) {kind, plural, group, namespaced, false},
#define ALIAS(kind, plural, group) {kind, plural, group, true, true},
#include "analyzer/model/kinds.def"
#undef RESOURCE
#undef ALIAS
};
const size_t RESOURCE_COUNT = sizeof RESOURCES / sizeof *RESOURCES;

const char *const RESOURCE_KINDS[] = {
#define RESOURCE(kind, plural, group, namespaced) kind,
#define ALIAS(kind, plural, group)
#include "analyzer/model/kinds.def"
#undef RESOURCE
#undef ALIAS
    NULL,
};

const ResourceRow *
resource_row(Str group, Str plural)
{
    for (size_t i = 0; i < RESOURCE_COUNT; i++)
        if (str_is(plural, RESOURCES[i].plural) && str_is(group, RESOURCES[i].group))
            return &RESOURCES[i];
    return NULL;
}

static bool
is_word_of(const ResourceRow *row, Str word)
{
    return str_is(word, row->kind) || str_is(word, row->plural);
}

void
kind_name_parse(Str text, KindName *ret)
{
    KindName name = {.text = text, .word = text};
    size_t at;
    if (str_find_char(text, '.', &at)) {
        name.word = str_head(text, at);
        name.group = str_from(text, at + 1);
        name.has_group = true;
        if (str_is(name.group, "core"))
            name.group = STR("");
    }
    name.is_glob = str_is_glob(text);
    for (size_t i = 0; i < RESOURCE_COUNT && !name.is_glob && !name.first; i++) {
        const ResourceRow *row = &RESOURCES[i];
        if (!is_word_of(row, name.word) || (name.has_group && !str_is(name.group, row->group)))
            continue;
        name.first = row;
        name.row_count = 1;
        while (!name.has_group && i + name.row_count < RESOURCE_COUNT &&
               row[name.row_count].is_alias)
            name.row_count++;
    }
    *ret = name;
}

/* Kubernetes' own guess at a plural: its code generators and kubectl make the same. */
static bool
is_plural_of(Str plural, Str kind)
{
    if (kind.n == 0 || plural.n < kind.n - 1)
        return false;
    if (plural.n == kind.n)
        return str_eq_nocase(plural, kind);
    Str stem = str_head(kind, kind.n - 1);
    char last = kind.p[kind.n - 1];
    if (last == 'y' && str_eq_nocase(str_head(plural, stem.n), stem) &&
        str_is(str_from(plural, stem.n), "ies"))
        return true;
    Str suffix = str_from(plural, kind.n);
    return str_eq_nocase(str_head(plural, kind.n), kind) &&
           (str_is(suffix, "s") || str_is(suffix, "es"));
}

/* Whether the glob fits "word" or "word.group". */
static bool
glob_means(Str glob, Str word, Str group)
{
    if (str_glob(glob, word, false))
        return true;
    char text[512];
    size_t n = word.n + 1 + group.n;
    if (n > sizeof text)
        return false;
    memcpy(text, word.p, word.n);
    text[word.n] = '.';
    if (group.n)
        memcpy(text + word.n + 1, group.p, group.n);
    return str_glob(glob, (Str){text, n}, false);
}

bool
kind_name_means(const KindName *name, Str group, Str plural, Str kind)
{
    if (name->is_glob) {
        const ResourceRow *row = resource_row(group, plural);
        Str shown = group.n ? group : STR("core");
        return glob_means(name->text, plural, shown) ||
               (row && glob_means(name->text, str_of(row->kind), shown)) ||
               (kind.n && glob_means(name->text, kind, shown));
    }
    for (size_t i = 0; i < name->row_count; i++)
        if (str_is(plural, name->first[i].plural) && str_is(group, name->first[i].group))
            return true;
    if (name->row_count || (name->has_group && !str_eq(name->group, group)))
        return false;
    return str_eq(plural, name->word) || str_eq(kind, name->word) ||
           is_plural_of(plural, name->word);
}
