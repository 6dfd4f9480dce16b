/* SPDX-License-Identifier: Apache-2.0 */
/* discover_table.c -- what is served, as kubectl api-resources prints it: for where it can be
 * asked in no other way.  The columns stand below their names. */
#include "collector/discover.h"

typedef enum { COLUMN_NAME, COLUMN_GROUP, COLUMN_NAMESPACED, COLUMN_KIND, COLUMN_COUNT } Column;

/* Where each column begins; false where the line is no headline. */
static bool
read_headline(Str line, size_t at[COLUMN_COUNT])
{
    at[COLUMN_NAME] = 0;
    return str_starts(line, STR("NAME ")) &&
           (str_find(line, STR("APIVERSION"), &at[COLUMN_GROUP]) ||
            str_find(line, STR("APIGROUP"), &at[COLUMN_GROUP])) &&
           str_find(line, STR("NAMESPACED"), &at[COLUMN_NAMESPACED]) &&
           str_find(line, STR("KIND"), &at[COLUMN_KIND]);
}

/* The word that begins there; "" for none. */
static Str
word_at(Str line, size_t at)
{
    Str rest = str_from(line, at);
    size_t n = 0;
    while (n < rest.n && rest.p[n] != ' ')
        n++;
    return str_head(rest, n);
}

/* "apps/v1" and "v1" (APIVERSION), or "apps" and "" (APIGROUP of older kubectl). */
static void
split_group(Str text, Str *ret_group, Str *ret_version)
{
    size_t slash;
    bool version_alone = text.n > 1 && text.p[0] == 'v' && text.p[1] >= '0' && text.p[1] <= '9';
    *ret_group = version_alone ? STR("") : text;
    *ret_version = version_alone ? text : STR("");
    if (str_find_char(text, '/', &slash)) {
        *ret_group = str_head(text, slash);
        *ret_version = str_from(text, slash + 1);
    }
}

size_t
discover_read_table(Run *run, Str text)
{
    size_t at[COLUMN_COUNT];
    size_t read = 0;
    Str line;
    if (!str_cut(&text, '\n', &line) || !read_headline(line, at))
        return 0;
    while (str_cut(&text, '\n', &line)) {
        Resource resource = {
            .plural = word_at(line, at[COLUMN_NAME]),
            .kind = word_at(line, at[COLUMN_KIND]),
            .namespaced = str_is(word_at(line, at[COLUMN_NAMESPACED]), "true"),
        };
        split_group(word_at(line, at[COLUMN_GROUP]), &resource.group, &resource.version);
        read += discover_add(run, &resource);
    }
    return read;
}
